-- What administrators set on the pages: settings, workflows and texts of a tenant. Drafts, what was published, and the secrets in it.

-- Never changed. The newest of a kind and name holds; an empty content takes it back, so that what the files say holds again.
CREATE TABLE publication (
    tenant_id    INTEGER NOT NULL REFERENCES tenant (id),
    id           INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('settings', 'workflow', 'text')),
    -- A workflow's name, LANGUAGE/SET of a text, nothing for settings.
    name         TEXT    NOT NULL,
    -- TOML.
    content      TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    published_by TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX publication_of ON publication (tenant_id, kind, name, id);

-- What is being written. It holds nowhere.
CREATE TABLE draft (
    tenant_id  INTEGER NOT NULL REFERENCES tenant (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('settings', 'workflow', 'text')),
    name       TEXT    NOT NULL,
    content    TEXT    NOT NULL,
    -- The publication that it began from.
    based_on   INTEGER,
    changed_at INTEGER NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, kind, name)
) STRICT;

-- Passwords and keys that settings name by their id; sealed with a key that is not in the database.
CREATE TABLE sealed_secret (
    tenant_id INTEGER NOT NULL REFERENCES tenant (id),
    id        INTEGER NOT NULL,
    -- The key that it stands for, such as smtp.password.
    purpose   TEXT    NOT NULL,
    sealed    BLOB    NOT NULL,
    set_at    INTEGER NOT NULL,
    set_by    TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;

-- What all timers of a tenant were computed with: the hash of its zone and holidays. Another one now: they are computed anew.
ALTER TABLE tenant ADD COLUMN calendar BLOB;

CREATE TRIGGER publication_no_update BEFORE UPDATE ON publication BEGIN SELECT RAISE(ABORT, 'publications are append-only'); END;
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication BEGIN SELECT RAISE(ABORT, 'publications are append-only'); END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('publication', 'sqlite_autoindex_publication_1', '1000 100 1'),
    ('publication', 'publication_of', '1000 100 30 4 1'),
    ('draft', 'sqlite_autoindex_draft_1', '100 10 3 1'),
    ('sealed_secret', 'sqlite_autoindex_sealed_secret_1', '100 10 1');
ANALYZE sqlite_schema;
