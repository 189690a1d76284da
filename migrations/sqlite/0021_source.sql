-- Synchronised sources: how far a tenant's ledger is in step with its accounting system, and what is known of each claim there.

CREATE TABLE source (
    tenant_id    INTEGER NOT NULL REFERENCES tenant (id),
    -- The adapter's word, such as `lexoffice`; invoices and payments name it too.
    name         TEXT    NOT NULL,
    -- Whose account it is: the first organisation that answered. A key of another one is refused.
    organisation TEXT,
    account      TEXT,
    -- The key that was accepted last: one that was accepted and is refused now was revoked.
    key_hash     BLOB,
    state        TEXT    NOT NULL CHECK (state IN ('new', 'connected', 'syncing', 'in_step', 'unreachable', 'bad_key', 'revoked_key',
        'wrong_organisation', 'no_contract', 'malformed', 'too_large', 'redirected', 'refused')),
    -- Since when it is in this state, and what was answered.
    since        INTEGER NOT NULL,
    error        TEXT,
    -- Failures in a row, and the instant before which nobody tries again.
    failures     INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    -- The number of the run that was begun last, and where it is (JSON); NULL: none is under way.
    run          INTEGER NOT NULL,
    cursor       TEXT,
    -- Rows that this run has listed, and how many it expects.
    listed       INTEGER NOT NULL,
    expected     INTEGER NOT NULL,
    -- When the last complete listing of what is open began, the last listing of changes, and the last answer of any kind came.
    swept_at     INTEGER,
    changes_at   INTEGER,
    heard_at     INTEGER,
    -- The process that keeps it in step.
    owner        TEXT,
    lease_until  INTEGER,
    PRIMARY KEY (tenant_id, name)
) STRICT;

CREATE TABLE source_claim (
    tenant_id   INTEGER NOT NULL REFERENCES tenant (id),
    source      TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    -- NULL: it is not in the ledger; `reason` says why.
    invoice_id  INTEGER,
    number      TEXT    NOT NULL,
    contact_id  TEXT,
    claim_date  TEXT,
    due_date    TEXT,
    term_id     TEXT,
    term        TEXT,
    -- The source's own stamp of its last change.
    updated_at  INTEGER NOT NULL,
    -- Whether it was open when it was last heard of.
    open        INTEGER NOT NULL CHECK (open IN (0, 1)),
    -- The last run that has seen it.
    seen_run    INTEGER NOT NULL,
    -- When the answer was asked for that its payments are known from.
    checked_at  INTEGER NOT NULL,
    -- When its details were read; NULL: they are to be read before it is dunned.
    detailed_at INTEGER,
    -- When to try its details again, after they could not be read.
    retry_at    INTEGER NOT NULL,
    -- Why it is not dunned though it is open.
    reason      TEXT,
    PRIMARY KEY (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX source_claim_invoice ON source_claim (tenant_id, invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX source_claim_open ON source_claim (tenant_id, source, seen_run, external_id) WHERE open = 1;
CREATE INDEX source_claim_undetailed ON source_claim (tenant_id, source, due_date, external_id) WHERE open = 1 AND detailed_at IS NULL;
CREATE INDEX source_claim_reason ON source_claim (tenant_id, source, reason, external_id) WHERE open = 1 AND reason IS NOT NULL;
CREATE INDEX source_claim_contact ON source_claim (tenant_id, source, contact_id) WHERE open = 1;

CREATE TABLE source_contact (
    tenant_id   INTEGER NOT NULL REFERENCES tenant (id),
    source      TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    customer_id INTEGER NOT NULL,
    -- When it was read whole; NULL: only its name is known.
    read_at     INTEGER,
    archived    INTEGER NOT NULL CHECK (archived IN (0, 1)),
    PRIMARY KEY (tenant_id, source, external_id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
) STRICT;

-- When a key may be used next. One row for each key, whoever uses it.
CREATE TABLE source_pace (
    key_hash BLOB    PRIMARY KEY,
    next_at  INTEGER NOT NULL
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('source', 'sqlite_autoindex_source_1', '100 1 1'),
    ('source_claim', 'sqlite_autoindex_source_claim_1', '1000000 1000000 1000000 1'),
    ('source_claim', 'source_claim_invoice', '1000000 1000000 1'),
    ('source_claim', 'source_claim_open', '100000 100000 100000 10000 1'),
    ('source_claim', 'source_claim_undetailed', '50000 50000 50000 100 1'),
    ('source_claim', 'source_claim_reason', '10000 10000 10000 1000 1'),
    ('source_claim', 'source_claim_contact', '100000 100000 100000 10'),
    ('source_contact', 'sqlite_autoindex_source_contact_1', '100000 100000 100000 1'),
    ('source_pace', 'sqlite_autoindex_source_pace_1', '100 1');
ANALYZE sqlite_schema;
