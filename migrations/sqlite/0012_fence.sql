-- Fences: what keeps a ledger that was restored from a backup from sending again what it has forgotten.

-- The fence that holds; NULL: none, and notices leave.
ALTER TABLE tenant ADD COLUMN fence TEXT;
-- The fence that was lifted last: a ledger that does not know it is older than that.
ALTER TABLE tenant ADD COLUMN lineage TEXT NOT NULL DEFAULT '';
-- Up to this instant nobody knows what was sent: what was to leave until then becomes `unknown`. NULL: all is known.
ALTER TABLE tenant ADD COLUMN uncertain_until INTEGER;

CREATE TABLE fence (
    tenant_id  INTEGER NOT NULL REFERENCES tenant (id),
    id         TEXT    NOT NULL,
    raised_at  INTEGER NOT NULL,
    -- `restored` by the command, `behind` the mark that is kept outside the ledger, or `forked` from it.
    cause      TEXT    NOT NULL CHECK (cause IN ('restored', 'behind', 'forked')),
    -- How far this ledger's chain was, and when its last entry was written.
    ledger_seq INTEGER NOT NULL,
    ledger_at  INTEGER,
    -- How far the chain had been, and when, as the mark says; NULL where there was none.
    mark_seq   INTEGER,
    mark_at    INTEGER,
    lifted_at  INTEGER,
    lifted_by  TEXT,
    reason     TEXT,
    -- By what it was lifted, and what was found: JSON.
    detail     TEXT,
    PRIMARY KEY (tenant_id, id),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CHECK ((lifted_at IS NULL) = (reason IS NULL))
) STRICT;

-- When the ledger was last copied and the copy verified.
CREATE TABLE backup (
    made_at INTEGER PRIMARY KEY,
    made_by TEXT NOT NULL,
    entries INTEGER NOT NULL
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('fence', 'sqlite_autoindex_fence_1', '10 10 1');
ANALYZE sqlite_schema;
