-- The ledger. Instants are milliseconds UTC, dates are ISO text, money is minor units; ids come from tenant.next_id.
-- The same tables stand in migrations/sqlite with that database's types.

CREATE TABLE tenant (
    id         BIGINT PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL UNIQUE,
    -- The next row id of this tenant, and the head of its hash chain; locked once per batch.
    next_id    BIGINT NOT NULL,
    chain_seq  BIGINT NOT NULL,
    chain_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- A sender's throttle: at most one dispatch each every_seconds after last_slot_at.
CREATE TABLE sender (
    tenant_id    BIGINT NOT NULL REFERENCES tenant (id),
    name         TEXT COLLATE "C" NOT NULL CHECK (name IN ('mail', 'post')),
    last_slot_at BIGINT,
    PRIMARY KEY (tenant_id, name)
);

-- Published versions; the same content is the same version.
CREATE TABLE workflow (
    tenant_id    BIGINT NOT NULL REFERENCES tenant (id),
    id           BIGINT NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL,
    source       TEXT COLLATE "C" NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, hash)
);

CREATE TABLE customer (
    tenant_id     BIGINT NOT NULL REFERENCES tenant (id),
    id            BIGINT NOT NULL,
    number        TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    email         TEXT COLLATE "C" NOT NULL,
    -- Why the address is not used: a bounce, a person's word. NULL: it is used.
    email_blocked TEXT COLLATE "C",
    street        TEXT COLLATE "C" NOT NULL,
    postcode      TEXT COLLATE "C" NOT NULL,
    city          TEXT COLLATE "C" NOT NULL,
    country       TEXT COLLATE "C" NOT NULL,
    language      TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('business', 'consumer', 'unknown')),
    -- Key of the commitments that stand for this customer's data in the chain.
    secret        BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number)
);

CREATE TABLE document (
    tenant_id  BIGINT NOT NULL REFERENCES tenant (id),
    hash       BYTEA NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    bytes      BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);

CREATE TABLE invoice (
    tenant_id     BIGINT NOT NULL,
    id            BIGINT NOT NULL,
    customer_id   BIGINT NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    external_id   TEXT COLLATE "C" NOT NULL,
    number        TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL CHECK (kind IN ('invoice', 'revenue_voucher', 'down_payment', 'instalment', 'credit_note')),
    currency      TEXT COLLATE "C" NOT NULL,
    amount_minor  BIGINT NOT NULL CHECK (amount_minor > 0),
    invoice_date  TEXT COLLATE "C" NOT NULL,
    due_date      TEXT COLLATE "C" NOT NULL,
    document_hash BYTEA,
    cancelled_at  BIGINT,
    learned_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
);
CREATE INDEX invoice_customer ON invoice (tenant_id, customer_id);

-- Payments and credits are facts: appended, never changed. A return debit is a negative amount.
CREATE TABLE payment (
    tenant_id    BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    invoice_id   BIGINT NOT NULL,
    source       TEXT COLLATE "C" NOT NULL,
    external_id  TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('payment', 'credit', 'return_debit', 'settled_by_hand')),
    amount_minor BIGINT NOT NULL,
    effective_at BIGINT NOT NULL,
    learned_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
CREATE INDEX payment_invoice ON payment (tenant_id, invoice_id);

-- Why a customer or an invoice rests; several may overlap. With an amount only that part rests.
CREATE TABLE block (
    tenant_id    BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    customer_id  BIGINT NOT NULL,
    invoice_id   BIGINT,
    amount_minor BIGINT,
    kind         TEXT COLLATE "C" NOT NULL CHECK (kind IN ('pause', 'dispute', 'promise', 'instalment_plan')),
    reason       TEXT COLLATE "C" NOT NULL,
    owner        TEXT COLLATE "C" NOT NULL,
    starts_at    BIGINT NOT NULL,
    -- The first day on which it no longer holds, and that day's first instant.
    until_date   TEXT COLLATE "C",
    until_at     BIGINT,
    ended_at     BIGINT,
    ended_by     TEXT COLLATE "C",
    end_reason   TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id),
    CHECK ((until_date IS NULL) = (until_at IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX block_open ON block (tenant_id, customer_id) WHERE ended_at IS NULL;
CREATE INDEX block_until ON block (tenant_id, until_at) WHERE ended_at IS NULL AND until_at IS NOT NULL;

-- The instance of an invoice has the invoice's id. Stages are positions in its workflow.
CREATE TABLE instance (
    tenant_id     BIGINT NOT NULL,
    id            BIGINT NOT NULL,
    workflow_id   BIGINT NOT NULL,
    seq           BIGINT NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'proposed', 'issued', 'failed', 'blocked', 'settled', 'withdrawn', 'handed_over', 'exhausted')),
    stage         BIGINT,
    stage_date    TEXT COLLATE "C",
    wake_at       BIGINT,
    -- The version of the time-zone database that wake_at was computed with.
    tzdb          TEXT COLLATE "C",
    notice_id     TEXT COLLATE "C",
    reason        TEXT COLLATE "C",
    until_date    TEXT COLLATE "C",
    passed        BIGINT,
    dispatched_on TEXT COLLATE "C",
    -- Its place in a sender's queue, while it waits there for a slot.
    slot_seq      BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES invoice (tenant_id, id),
    FOREIGN KEY (tenant_id, workflow_id) REFERENCES workflow (tenant_id, id),
    CHECK ((state = 'waiting') = (wake_at IS NOT NULL)),
    CHECK ((state = 'waiting') = (stage_date IS NOT NULL)),
    CHECK ((state IN ('proposed', 'issued', 'failed')) = (notice_id IS NOT NULL)),
    CHECK (slot_seq IS NULL OR state = 'waiting')
);
CREATE INDEX instance_due ON instance (tenant_id, wake_at) WHERE wake_at IS NOT NULL AND slot_seq IS NULL;
CREATE INDEX instance_slot ON instance (tenant_id, slot_seq) WHERE slot_seq IS NOT NULL;

-- Who waits for a sender's next slot, first in, first out.
CREATE TABLE slot (
    tenant_id   BIGINT NOT NULL REFERENCES tenant (id),
    seq         BIGINT NOT NULL,
    sender      TEXT COLLATE "C" NOT NULL,
    workflow_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    currency    TEXT COLLATE "C" NOT NULL,
    due_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX slot_order ON slot (tenant_id, sender, workflow_id, seq);
CREATE INDEX slot_customer ON slot (tenant_id, customer_id);

CREATE TABLE notice (
    tenant_id      BIGINT NOT NULL,
    id             TEXT COLLATE "C" NOT NULL,
    customer_id    BIGINT NOT NULL,
    workflow_id    BIGINT NOT NULL,
    -- The highest stage among its lines.
    stage          BIGINT NOT NULL,
    stage_key      TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'released', 'paper', 'sent', 'failed', 'unknown', 'recalled')),
    channel        TEXT COLLATE "C" NOT NULL CHECK (channel IN ('email', 'post', 'paper')),
    -- Why it ends as paper, failed, unknown or recalled.
    reason         TEXT COLLATE "C",
    currency       TEXT COLLATE "C" NOT NULL,
    open_minor     BIGINT NOT NULL,
    fee_minor      BIGINT NOT NULL,
    -- The planned instant: the slot it took.
    slot_at        BIGINT NOT NULL,
    -- The earliest instant at which its invoices were due to be dunned; the difference is its lateness.
    due_at         BIGINT NOT NULL,
    -- The civil date of slot_at: a customer gets at most one notice a day.
    local_date     TEXT COLLATE "C" NOT NULL,
    issued_at      BIGINT NOT NULL,
    dispatched_at  BIGINT,
    recipient      TEXT COLLATE "C",
    recipient_rule TEXT COLLATE "C",
    mail_hash      BYTEA,
    letter_hash    BYTEA,
    reply          TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
);
CREATE INDEX notice_attention ON notice (tenant_id, state) WHERE state IN ('proposed', 'failed', 'unknown');
CREATE INDEX notice_customer ON notice (tenant_id, customer_id, local_date);

CREATE TABLE notice_line (
    tenant_id   BIGINT NOT NULL,
    notice_id   TEXT COLLATE "C" NOT NULL,
    position    BIGINT NOT NULL,
    instance_id BIGINT NOT NULL,
    stage       BIGINT NOT NULL,
    stage_key   TEXT COLLATE "C" NOT NULL,
    open_minor  BIGINT NOT NULL,
    -- The fee that this notice charges stands at its first line of the highest stage.
    fee_minor   BIGINT NOT NULL,
    recalled    BIGINT NOT NULL DEFAULT 0 CHECK (recalled IN (0, 1)),
    PRIMARY KEY (tenant_id, notice_id, position),
    FOREIGN KEY (tenant_id, notice_id) REFERENCES notice (tenant_id, id),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instance (tenant_id, id)
);
-- Nobody is dunned twice for the same stage.
CREATE UNIQUE INDEX notice_line_once ON notice_line (tenant_id, instance_id, stage) WHERE recalled = 0;
CREATE INDEX notice_line_instance ON notice_line (tenant_id, instance_id);

CREATE TABLE step (
    tenant_id   BIGINT NOT NULL,
    id          BIGINT NOT NULL,
    notice_id   TEXT COLLATE "C" NOT NULL,
    position    BIGINT NOT NULL,
    pool        TEXT COLLATE "C" NOT NULL CHECK (pool IN ('print', 'send', 'post')),
    -- Whether its end is the notice's end.
    last        BIGINT NOT NULL CHECK (last IN (0, 1)),
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('ready', 'queued', 'claimed', 'started', 'done', 'retry', 'gave_up', 'unknown', 'cancelled')),
    attempt     BIGINT NOT NULL,
    -- When it may be queued, while it is `retry`; when the bell was last rung, while it is `queued`.
    due_at      BIGINT NOT NULL,
    -- Grows with each claim; settlement compares it.
    epoch       BIGINT NOT NULL,
    owner       TEXT COLLATE "C",
    lease_until BIGINT,
    started_at  BIGINT,
    ended_at    BIGINT,
    error       TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, notice_id, position),
    FOREIGN KEY (tenant_id, notice_id) REFERENCES notice (tenant_id, id),
    CHECK ((state IN ('claimed', 'started')) = (owner IS NOT NULL))
);
CREATE INDEX step_busy ON step (tenant_id, state, due_at) WHERE state IN ('queued', 'claimed', 'started', 'retry');

-- The history: append-only, one hash chain per tenant.
CREATE TABLE transition (
    tenant_id    BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    instance_id  BIGINT NOT NULL,
    instance_seq BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL,
    business_at  BIGINT NOT NULL,
    actor        TEXT COLLATE "C" NOT NULL,
    cause        TEXT COLLATE "C" NOT NULL,
    from_state   TEXT COLLATE "C" NOT NULL,
    to_state     TEXT COLLATE "C" NOT NULL,
    stage        TEXT COLLATE "C" NOT NULL,
    detail       TEXT COLLATE "C" NOT NULL,
    hash         BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE UNIQUE INDEX transition_instance ON transition (tenant_id, instance_id, instance_seq);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER transition_append_only BEFORE UPDATE OR DELETE ON transition FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER payment_append_only BEFORE UPDATE OR DELETE ON payment FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER document_immutable BEFORE UPDATE ON document FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- A process that runs pools; on PostgreSQL its advisory lock proves it alive.
CREATE TABLE process (
    id         TEXT COLLATE "C"    PRIMARY KEY,
    lock_key   BIGINT NOT NULL,
    started_at BIGINT NOT NULL
);
