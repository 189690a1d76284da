-- What a packed document was packed beside: another document of the same tenant, which it can't be read without.
ALTER TABLE document ADD COLUMN dictionary BYTEA;
