-- When a planner last looked at this ledger with a clock that it trusted; one row, made by the first planner.
-- A clock that stands far before it, or has leapt away from it, is not trusted until it is right or a person confirms it.
CREATE TABLE clock (
    id           BIGINT PRIMARY KEY CHECK (id = 1),
    seen_at      BIGINT NOT NULL,
    -- The last confirmation: when by the confirmed clock, what had been trusted until then, who and why.
    confirmed_at BIGINT,
    replaced_at  BIGINT,
    confirmed_by TEXT COLLATE "C",
    reason       TEXT COLLATE "C",
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
);

-- The version of the time-zone database that until_at was computed with; NULL: unknown, it is computed anew.
ALTER TABLE block ADD COLUMN tzdb TEXT COLLATE "C";
