-- The board: steps that want a person, found without walking through those that are done. Nothing on the way of a step that goes well writes here.

CREATE INDEX step_wanting ON step (tenant_id, id) WHERE state IN ('gave_up', 'unknown', 'cancelled');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('step', 'step_wanting', '1000 1000 1');
ANALYZE sqlite_schema;
