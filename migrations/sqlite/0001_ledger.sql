-- The ledger. Instants are milliseconds UTC, dates are ISO text, money is minor units; ids come from tenant.next_id.
-- The same tables stand in migrations/postgres with that database's types.

CREATE TABLE tenant (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    -- The next row id of this tenant, and the head of its hash chain; locked once per batch.
    next_id    INTEGER NOT NULL,
    chain_seq  INTEGER NOT NULL,
    chain_hash BLOB    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A sender's throttle: at most one dispatch each every_seconds after last_slot_at.
CREATE TABLE sender (
    tenant_id    INTEGER NOT NULL REFERENCES tenant (id),
    name         TEXT    NOT NULL CHECK (name IN ('mail', 'post')),
    last_slot_at INTEGER,
    PRIMARY KEY (tenant_id, name)
) STRICT;

-- Published versions; the same content is the same version.
CREATE TABLE workflow (
    tenant_id    INTEGER NOT NULL REFERENCES tenant (id),
    id           INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    hash         TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, hash)
) STRICT;

CREATE TABLE customer (
    tenant_id     INTEGER NOT NULL REFERENCES tenant (id),
    id            INTEGER NOT NULL,
    number        TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    -- Why the address is not used: a bounce, a person's word. NULL: it is used.
    email_blocked TEXT,
    street        TEXT    NOT NULL,
    postcode      TEXT    NOT NULL,
    city          TEXT    NOT NULL,
    country       TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('business', 'consumer', 'unknown')),
    -- Key of the commitments that stand for this customer's data in the chain.
    secret        BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number)
) STRICT;

CREATE TABLE document (
    tenant_id  INTEGER NOT NULL REFERENCES tenant (id),
    hash       BLOB    NOT NULL,
    media_type TEXT    NOT NULL,
    bytes      BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, hash)
) STRICT;

CREATE TABLE invoice (
    tenant_id     INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    customer_id   INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    external_id   TEXT    NOT NULL,
    number        TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('invoice', 'revenue_voucher', 'down_payment', 'instalment', 'credit_note')),
    currency      TEXT    NOT NULL,
    amount_minor  INTEGER NOT NULL CHECK (amount_minor > 0),
    invoice_date  TEXT    NOT NULL,
    due_date      TEXT    NOT NULL,
    document_hash BLOB,
    cancelled_at  INTEGER,
    learned_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
) STRICT;
CREATE INDEX invoice_customer ON invoice (tenant_id, customer_id);

-- Payments and credits are facts: appended, never changed. A return debit is a negative amount.
CREATE TABLE payment (
    tenant_id    INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    invoice_id   INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    external_id  TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('payment', 'credit', 'return_debit', 'settled_by_hand')),
    amount_minor INTEGER NOT NULL,
    effective_at INTEGER NOT NULL,
    learned_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
) STRICT;
CREATE INDEX payment_invoice ON payment (tenant_id, invoice_id);

-- Why a customer or an invoice rests; several may overlap. With an amount only that part rests.
CREATE TABLE block (
    tenant_id    INTEGER NOT NULL,
    id           INTEGER NOT NULL,
    customer_id  INTEGER NOT NULL,
    invoice_id   INTEGER,
    amount_minor INTEGER,
    kind         TEXT    NOT NULL CHECK (kind IN ('pause', 'dispute', 'promise', 'instalment_plan')),
    reason       TEXT    NOT NULL,
    owner        TEXT    NOT NULL,
    starts_at    INTEGER NOT NULL,
    -- The first day on which it no longer holds, and that day's first instant.
    until_date   TEXT,
    until_at     INTEGER,
    ended_at     INTEGER,
    ended_by     TEXT,
    end_reason   TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id),
    CHECK ((until_date IS NULL) = (until_at IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE INDEX block_open ON block (tenant_id, customer_id) WHERE ended_at IS NULL;
CREATE INDEX block_until ON block (tenant_id, until_at) WHERE ended_at IS NULL AND until_at IS NOT NULL;

-- The instance of an invoice has the invoice's id. Stages are positions in its workflow.
CREATE TABLE instance (
    tenant_id     INTEGER NOT NULL,
    id            INTEGER NOT NULL,
    workflow_id   INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'proposed', 'issued', 'failed', 'blocked', 'settled', 'withdrawn', 'handed_over', 'exhausted')),
    stage         INTEGER,
    stage_date    TEXT,
    wake_at       INTEGER,
    -- The version of the time-zone database that wake_at was computed with.
    tzdb          TEXT,
    notice_id     TEXT,
    reason        TEXT,
    until_date    TEXT,
    passed        INTEGER,
    dispatched_on TEXT,
    -- Its place in a sender's queue, while it waits there for a slot.
    slot_seq      INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES invoice (tenant_id, id),
    FOREIGN KEY (tenant_id, workflow_id) REFERENCES workflow (tenant_id, id),
    CHECK ((state = 'waiting') = (wake_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (stage_date IS NOT NULL)),
    CHECK ((state IN ('proposed', 'issued', 'failed')) = (notice_id IS NOT NULL)),
    CHECK (slot_seq IS NULL OR state = 'waiting')
) STRICT;
CREATE INDEX instance_due ON instance (tenant_id, wake_at) WHERE wake_at IS NOT NULL AND slot_seq IS NULL;
CREATE INDEX instance_slot ON instance (tenant_id, slot_seq) WHERE slot_seq IS NOT NULL;

-- Who waits for a sender's next slot, first in, first out.
CREATE TABLE slot (
    tenant_id   INTEGER NOT NULL REFERENCES tenant (id),
    seq         INTEGER NOT NULL,
    sender      TEXT    NOT NULL,
    workflow_id INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    currency    TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) STRICT;
CREATE INDEX slot_order ON slot (tenant_id, sender, workflow_id, seq);
CREATE INDEX slot_customer ON slot (tenant_id, customer_id);

CREATE TABLE notice (
    tenant_id      INTEGER NOT NULL,
    id             TEXT    NOT NULL,
    customer_id    INTEGER NOT NULL,
    workflow_id    INTEGER NOT NULL,
    -- The highest stage among its lines.
    stage          INTEGER NOT NULL,
    stage_key      TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('proposed', 'released', 'paper', 'sent', 'failed', 'unknown', 'recalled')),
    channel        TEXT    NOT NULL CHECK (channel IN ('email', 'post', 'paper')),
    -- Why it ends as paper, failed, unknown or recalled.
    reason         TEXT,
    currency       TEXT    NOT NULL,
    open_minor     INTEGER NOT NULL,
    fee_minor      INTEGER NOT NULL,
    -- The planned instant: the slot it took.
    slot_at        INTEGER NOT NULL,
    -- The earliest instant at which its invoices were due to be dunned; the difference is its lateness.
    due_at         INTEGER NOT NULL,
    -- The civil date of slot_at: a customer gets at most one notice a day.
    local_date     TEXT    NOT NULL,
    issued_at      INTEGER NOT NULL,
    dispatched_at  INTEGER,
    recipient      TEXT,
    recipient_rule TEXT,
    mail_hash      BLOB,
    letter_hash    BLOB,
    reply          TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
) STRICT;
CREATE INDEX notice_attention ON notice (tenant_id, state) WHERE state IN ('proposed', 'failed', 'unknown');
CREATE INDEX notice_customer ON notice (tenant_id, customer_id, local_date);

CREATE TABLE notice_line (
    tenant_id   INTEGER NOT NULL,
    notice_id   TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    instance_id INTEGER NOT NULL,
    stage       INTEGER NOT NULL,
    stage_key   TEXT    NOT NULL,
    open_minor  INTEGER NOT NULL,
    -- The fee that this notice charges stands at its first line of the highest stage.
    fee_minor   INTEGER NOT NULL,
    recalled    INTEGER NOT NULL DEFAULT 0 CHECK (recalled IN (0, 1)),
    PRIMARY KEY (tenant_id, notice_id, position),
    FOREIGN KEY (tenant_id, notice_id) REFERENCES notice (tenant_id, id),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instance (tenant_id, id)
) STRICT;
-- Nobody is dunned twice for the same stage.
CREATE UNIQUE INDEX notice_line_once ON notice_line (tenant_id, instance_id, stage) WHERE recalled = 0;
CREATE INDEX notice_line_instance ON notice_line (tenant_id, instance_id);

CREATE TABLE step (
    tenant_id   INTEGER NOT NULL,
    id          INTEGER NOT NULL,
    notice_id   TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    pool        TEXT    NOT NULL CHECK (pool IN ('print', 'send', 'post')),
    -- Whether its end is the notice's end.
    last        INTEGER NOT NULL CHECK (last IN (0, 1)),
    state       TEXT    NOT NULL CHECK (state IN ('ready', 'queued', 'claimed', 'started', 'done', 'retry', 'gave_up', 'unknown', 'cancelled')),
    attempt     INTEGER NOT NULL,
    -- When it may be queued, while it is `retry`; when the bell was last rung, while it is `queued`.
    due_at      INTEGER NOT NULL,
    -- Grows with each claim; settlement compares it.
    epoch       INTEGER NOT NULL,
    owner       TEXT,
    lease_until INTEGER,
    started_at  INTEGER,
    ended_at    INTEGER,
    error       TEXT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, notice_id, position),
    FOREIGN KEY (tenant_id, notice_id) REFERENCES notice (tenant_id, id),
    CHECK ((state IN ('claimed', 'started')) = (owner IS NOT NULL))
) STRICT;
CREATE INDEX step_busy ON step (tenant_id, state, due_at) WHERE state IN ('queued', 'claimed', 'started', 'retry');

-- The history: append-only, one hash chain per tenant.
CREATE TABLE transition (
    tenant_id    INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    instance_id  INTEGER NOT NULL,
    instance_seq INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    business_at  INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    cause        TEXT    NOT NULL,
    from_state   TEXT    NOT NULL,
    to_state     TEXT    NOT NULL,
    stage        TEXT    NOT NULL,
    detail       TEXT    NOT NULL,
    hash         BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, seq)
) STRICT;
CREATE UNIQUE INDEX transition_instance ON transition (tenant_id, instance_id, instance_seq);

CREATE TRIGGER transition_no_update BEFORE UPDATE ON transition BEGIN SELECT RAISE(ABORT, 'transitions are append-only'); END;
CREATE TRIGGER transition_no_delete BEFORE DELETE ON transition BEGIN SELECT RAISE(ABORT, 'transitions are append-only'); END;
CREATE TRIGGER payment_no_update BEFORE UPDATE ON payment BEGIN SELECT RAISE(ABORT, 'payments are append-only'); END;
CREATE TRIGGER payment_no_delete BEFORE DELETE ON payment BEGIN SELECT RAISE(ABORT, 'payments are append-only'); END;
CREATE TRIGGER document_no_update BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'documents are immutable'); END;

-- A process that runs pools; on PostgreSQL its advisory lock proves it alive.
CREATE TABLE process (
    id         TEXT    PRIMARY KEY,
    lock_key   INTEGER NOT NULL,
    started_at INTEGER NOT NULL
) STRICT;
