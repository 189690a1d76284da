-- When a process signed off or was found dead; from then on its leases are void.
ALTER TABLE process ADD COLUMN ended_at INTEGER;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('process', 'sqlite_autoindex_process_1', '10 1');
ANALYZE sqlite_schema;
