-- Dunnings that a source makes itself: what was intended, what is there, and what nobody knows.

CREATE TABLE source_dunning (
    tenant_id     BIGINT NOT NULL REFERENCES tenant (id),
    id            BIGINT NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    claim_id      TEXT COLLATE "C" NOT NULL,
    claim_kind    TEXT COLLATE "C" NOT NULL,
    instance_id   BIGINT NOT NULL,
    stage         BIGINT NOT NULL,
    stage_key     TEXT COLLATE "C" NOT NULL,
    -- Stands in its text, so that it is found again.
    token         TEXT COLLATE "C" NOT NULL,
    -- intended: it may be there, its outcome is not known; made; unknown: it was looked for long enough, a person is asked; not_made: it is
    -- certainly not there; gone: it was made and is not there any more.
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('intended', 'made', 'unknown', 'not_made', 'gone')),
    -- The notice that it was intended for, or that took it up last. No key of that table: each new notice would be looked up here.
    notice_id     TEXT COLLATE "C" NOT NULL,
    -- What it says.
    open_minor    BIGINT NOT NULL,
    fee_minor     BIGINT NOT NULL,
    dated         TEXT COLLATE "C" NOT NULL,
    pay_by        TEXT COLLATE "C" NOT NULL,
    -- The source's id, and its document.
    external_id   TEXT COLLATE "C",
    document_hash BYTEA,
    intended_at   BIGINT NOT NULL,
    -- Until then somebody may be at it.
    lease_until   BIGINT NOT NULL,
    -- How often it was looked for, and when it is looked for next.
    looks         BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    error         TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instance (tenant_id, id),
    CHECK ((state IN ('made', 'gone')) = (external_id IS NOT NULL))
);
-- Nothing is intended beside what may be there.
CREATE UNIQUE INDEX source_dunning_once ON source_dunning (tenant_id, instance_id, stage) WHERE state = 'intended';
CREATE UNIQUE INDEX source_dunning_external ON source_dunning (tenant_id, source, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX source_dunning_instance ON source_dunning (tenant_id, instance_id);
CREATE INDEX source_dunning_doubt ON source_dunning (tenant_id, next_at) WHERE state IN ('intended', 'unknown');
