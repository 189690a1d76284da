-- PostgreSQL compares a CHECK's list as an array: those stay. The indexes name their rows in the words of the statements, which serve both databases.
DROP INDEX notice_attention;
CREATE INDEX notice_attention ON notice (tenant_id, state) WHERE state = 'proposed' OR state = 'failed' OR state = 'unknown';
DROP INDEX step_wanting;
CREATE INDEX step_wanting ON step (tenant_id, id) WHERE state = 'gave_up' OR state = 'unknown' OR state = 'cancelled';
