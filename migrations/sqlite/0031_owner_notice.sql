-- Mails to the creditor about invoices that reached the end of their ladder: at most one a day, its intent before it leaves, its outcome after.
CREATE TABLE owner_notice (
    tenant_id   INTEGER NOT NULL REFERENCES tenant (id),
    id          INTEGER NOT NULL,
    -- The tenant's civil date; one mail a date.
    on_date     TEXT NOT NULL,
    -- It tells of what stands in the chain behind after_seq, up to upto_seq.
    after_seq   INTEGER NOT NULL,
    upto_seq    INTEGER NOT NULL,
    -- How many invoices it names.
    invoices    INTEGER NOT NULL,
    recipient   TEXT NOT NULL,
    -- begins: no mail, the place of the chain from which on is told. retry: nothing has left, it is tried again at due_at.
    state       TEXT NOT NULL CHECK (state IN ('begins', 'started', 'retry', 'sent', 'failed', 'unknown')),
    attempt     INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    -- The mail as it leaves.
    mail_hash   BLOB,
    -- The server's own words, or why it failed.
    reply       TEXT,
    started_at  INTEGER NOT NULL,
    -- Then nobody can know any more how it ended.
    lease_until INTEGER NOT NULL,
    ended_at    INTEGER,
    owner       TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE UNIQUE INDEX owner_notice_day ON owner_notice (tenant_id, on_date) WHERE state <> 'begins';

-- Where instances reached the end of their ladder.
CREATE INDEX transition_exhausted ON transition (tenant_id, seq) WHERE to_state = 'exhausted';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('owner_notice', 'sqlite_autoindex_owner_notice_1', '1000 1000 1'),
    ('owner_notice', 'owner_notice_day', '1000 1000 1'),
    ('transition', 'transition_exhausted', '30000 30000 1');
ANALYZE sqlite_schema;
