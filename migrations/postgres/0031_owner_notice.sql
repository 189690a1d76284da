-- Mails to the creditor about invoices that reached the end of their ladder: at most one a day, its intent before it leaves, its outcome after.
CREATE TABLE owner_notice (
    tenant_id   BIGINT NOT NULL REFERENCES tenant (id),
    id          BIGINT NOT NULL,
    -- The tenant's civil date; one mail a date.
    on_date     TEXT COLLATE "C" NOT NULL,
    -- It tells of what stands in the chain behind after_seq, up to upto_seq.
    after_seq   BIGINT NOT NULL,
    upto_seq    BIGINT NOT NULL,
    -- How many invoices it names.
    invoices    BIGINT NOT NULL,
    recipient   TEXT COLLATE "C" NOT NULL,
    -- begins: no mail, the place of the chain from which on is told. retry: nothing has left, it is tried again at due_at.
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('begins', 'started', 'retry', 'sent', 'failed', 'unknown')),
    attempt     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    -- The mail as it leaves.
    mail_hash   BYTEA,
    -- The server's own words, or why it failed.
    reply       TEXT COLLATE "C",
    started_at  BIGINT NOT NULL,
    -- Then nobody can know any more how it ended.
    lease_until BIGINT NOT NULL,
    ended_at    BIGINT,
    owner       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX owner_notice_day ON owner_notice (tenant_id, on_date) WHERE state <> 'begins';

-- Where instances reached the end of their ladder.
CREATE INDEX transition_exhausted ON transition (tenant_id, seq) WHERE to_state = 'exhausted';
