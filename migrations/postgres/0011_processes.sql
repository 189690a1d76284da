-- When a process signed off or was found dead; from then on its leases are void.
ALTER TABLE process ADD COLUMN ended_at BIGINT;
