-- A number per tenant that grows whenever its facts may have changed: who read them at the same number need not read again.
ALTER TABLE tenant ADD COLUMN facts_seq INTEGER NOT NULL DEFAULT 0;

-- One index per state that is looked for: SQLite uses a partial index only where the statement's own words contain its condition,
-- so that `state IN (…)` was never used and every round of the planner walked through all steps that there ever were.
DROP INDEX step_busy;
-- A step is not claimed any more before it starts: what was claimed is queued again.
UPDATE step SET state = 'queued', owner = NULL, lease_until = NULL, epoch = epoch + 1 WHERE state = 'claimed';
CREATE INDEX step_queued ON step (tenant_id, due_at) WHERE state = 'queued';
CREATE INDEX step_retry ON step (tenant_id, due_at) WHERE state = 'retry';
CREATE INDEX step_started ON step (tenant_id, lease_until) WHERE state = 'started';
DELETE FROM sqlite_stat1 WHERE idx = 'step_busy';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('step', 'step_queued', '10000 10000 10'),
    ('step', 'step_retry', '1000 1000 10'),
    ('step', 'step_started', '1000 1000 10');
ANALYZE sqlite_schema;
