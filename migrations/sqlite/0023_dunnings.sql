-- Dunnings that a source makes itself: what was intended, what is there, and what nobody knows.

CREATE TABLE source_dunning (
    tenant_id     INTEGER NOT NULL REFERENCES tenant (id),
    id            INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    claim_id      TEXT    NOT NULL,
    claim_kind    TEXT    NOT NULL,
    instance_id   INTEGER NOT NULL,
    stage         INTEGER NOT NULL,
    stage_key     TEXT    NOT NULL,
    -- Stands in its text, so that it is found again.
    token         TEXT    NOT NULL,
    -- intended: it may be there, its outcome is not known; made; unknown: it was looked for long enough, a person is asked; not_made: it is
    -- certainly not there; gone: it was made and is not there any more.
    state         TEXT    NOT NULL CHECK (state IN ('intended', 'made', 'unknown', 'not_made', 'gone')),
    -- The notice that it was intended for, or that took it up last. No key of that table: each new notice would be looked up here.
    notice_id     TEXT    NOT NULL,
    -- What it says.
    open_minor    INTEGER NOT NULL,
    fee_minor     INTEGER NOT NULL,
    dated         TEXT    NOT NULL,
    pay_by        TEXT    NOT NULL,
    -- The source's id, and its document.
    external_id   TEXT,
    document_hash BLOB,
    intended_at   INTEGER NOT NULL,
    -- Until then somebody may be at it.
    lease_until   INTEGER NOT NULL,
    -- How often it was looked for, and when it is looked for next.
    looks         INTEGER NOT NULL,
    next_at       INTEGER NOT NULL,
    error         TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instance (tenant_id, id),
    CHECK ((state IN ('made', 'gone')) = (external_id IS NOT NULL))
) STRICT;
-- Nothing is intended beside what may be there.
CREATE UNIQUE INDEX source_dunning_once ON source_dunning (tenant_id, instance_id, stage) WHERE state = 'intended';
CREATE UNIQUE INDEX source_dunning_external ON source_dunning (tenant_id, source, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX source_dunning_instance ON source_dunning (tenant_id, instance_id);
CREATE INDEX source_dunning_doubt ON source_dunning (tenant_id, next_at) WHERE state IN ('intended', 'unknown');

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('source_dunning', 'sqlite_autoindex_source_dunning_1', '100000 100000 1'),
    ('source_dunning', 'source_dunning_once', '10 10 1 1'),
    ('source_dunning', 'source_dunning_external', '100000 100000 100000 1'),
    ('source_dunning', 'source_dunning_instance', '100000 100000 2'),
    ('source_dunning', 'source_dunning_doubt', '10 10 1');
ANALYZE sqlite_schema;
