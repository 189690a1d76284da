-- Synchronised sources: how far a tenant's ledger is in step with its accounting system, and what is known of each claim there.

CREATE TABLE source (
    tenant_id    BIGINT NOT NULL REFERENCES tenant (id),
    -- The adapter's word, such as `lexoffice`; invoices and payments name it too.
    name         TEXT COLLATE "C" NOT NULL,
    -- Whose account it is: the first organisation that answered. A key of another one is refused.
    organisation TEXT COLLATE "C",
    account      TEXT COLLATE "C",
    -- The key that was accepted last: one that was accepted and is refused now was revoked.
    key_hash     BYTEA,
    state        TEXT COLLATE "C" NOT NULL CHECK (state IN ('new', 'connected', 'syncing', 'in_step', 'unreachable', 'bad_key', 'revoked_key',
        'wrong_organisation', 'no_contract', 'malformed', 'too_large', 'redirected', 'refused')),
    -- Since when it is in this state, and what was answered.
    since        BIGINT NOT NULL,
    error        TEXT COLLATE "C",
    -- Failures in a row, and the instant before which nobody tries again.
    failures     BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    -- The number of the run that was begun last, and where it is (JSON); NULL: none is under way.
    run          BIGINT NOT NULL,
    cursor       TEXT COLLATE "C",
    -- Rows that this run has listed, and how many it expects.
    listed       BIGINT NOT NULL,
    expected     BIGINT NOT NULL,
    -- When the last complete listing of what is open began, the last listing of changes, and the last answer of any kind came.
    swept_at     BIGINT,
    changes_at   BIGINT,
    heard_at     BIGINT,
    -- The process that keeps it in step.
    owner        TEXT COLLATE "C",
    lease_until  BIGINT,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE source_claim (
    tenant_id   BIGINT NOT NULL REFERENCES tenant (id),
    source      TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    -- NULL: it is not in the ledger; `reason` says why.
    invoice_id  BIGINT,
    number      TEXT COLLATE "C" NOT NULL,
    contact_id  TEXT COLLATE "C",
    claim_date  TEXT COLLATE "C",
    due_date    TEXT COLLATE "C",
    term_id     TEXT COLLATE "C",
    term        TEXT COLLATE "C",
    -- The source's own stamp of its last change.
    updated_at  BIGINT NOT NULL,
    -- Whether it was open when it was last heard of.
    open        BIGINT NOT NULL CHECK (open IN (0, 1)),
    -- The last run that has seen it.
    seen_run    BIGINT NOT NULL,
    -- When the answer was asked for that its payments are known from.
    checked_at  BIGINT NOT NULL,
    -- When its details were read; NULL: they are to be read before it is dunned.
    detailed_at BIGINT,
    -- When to try its details again, after they could not be read.
    retry_at    BIGINT NOT NULL,
    -- Why it is not dunned though it is open.
    reason      TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
CREATE UNIQUE INDEX source_claim_invoice ON source_claim (tenant_id, invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX source_claim_open ON source_claim (tenant_id, source, seen_run, external_id) WHERE open = 1;
CREATE INDEX source_claim_undetailed ON source_claim (tenant_id, source, due_date, external_id) WHERE open = 1 AND detailed_at IS NULL;
CREATE INDEX source_claim_reason ON source_claim (tenant_id, source, reason, external_id) WHERE open = 1 AND reason IS NOT NULL;
CREATE INDEX source_claim_contact ON source_claim (tenant_id, source, contact_id) WHERE open = 1;

CREATE TABLE source_contact (
    tenant_id   BIGINT NOT NULL REFERENCES tenant (id),
    source      TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    customer_id BIGINT NOT NULL,
    -- When it was read whole; NULL: only its name is known.
    read_at     BIGINT,
    archived    BIGINT NOT NULL CHECK (archived IN (0, 1)),
    PRIMARY KEY (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
);

-- When a key may be used next. One row for each key, whoever uses it.
CREATE TABLE source_pace (
    key_hash BYTEA    PRIMARY KEY,
    next_at  BIGINT NOT NULL
);
