-- Fences: what keeps a ledger that was restored from a backup from sending again what it has forgotten.

-- The fence that holds; NULL: none, and notices leave.
ALTER TABLE tenant ADD COLUMN fence TEXT COLLATE "C";
-- The fence that was lifted last: a ledger that does not know it is older than that.
ALTER TABLE tenant ADD COLUMN lineage TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Up to this instant nobody knows what was sent: what was to leave until then becomes `unknown`. NULL: all is known.
ALTER TABLE tenant ADD COLUMN uncertain_until BIGINT;

CREATE TABLE fence (
    tenant_id  BIGINT NOT NULL REFERENCES tenant (id),
    id         TEXT COLLATE "C" NOT NULL,
    raised_at  BIGINT NOT NULL,
    -- `restored` by the command, `behind` the mark that is kept outside the ledger, or `forked` from it.
    cause      TEXT COLLATE "C" NOT NULL CHECK (cause IN ('restored', 'behind', 'forked')),
    -- How far this ledger's chain was, and when its last entry was written.
    ledger_seq BIGINT NOT NULL,
    ledger_at  BIGINT,
    -- How far the chain had been, and when, as the mark says; NULL where there was none.
    mark_seq   BIGINT,
    mark_at    BIGINT,
    lifted_at  BIGINT,
    lifted_by  TEXT COLLATE "C",
    reason     TEXT COLLATE "C",
    -- By what it was lifted, and what was found: JSON.
    detail     TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, id),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CHECK ((lifted_at IS NULL) = (reason IS NULL))
);

-- When the ledger was last copied and the copy verified.
CREATE TABLE backup (
    made_at BIGINT PRIMARY KEY,
    made_by TEXT COLLATE "C" NOT NULL,
    entries BIGINT NOT NULL
);
