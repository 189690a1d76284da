-- What administrators set on the pages: settings, workflows and texts of a tenant. Drafts, what was published, and the secrets in it.

-- Never changed. The newest of a kind and name holds; an empty content takes it back, so that what the files say holds again.
CREATE TABLE publication (
    tenant_id    BIGINT NOT NULL REFERENCES tenant (id),
    id           BIGINT NOT NULL,
    kind         TEXT COLLATE "C"    NOT NULL CHECK (kind IN ('settings', 'workflow', 'text')),
    -- A workflow's name, LANGUAGE/SET of a text, nothing for settings.
    name         TEXT COLLATE "C"    NOT NULL,
    -- TOML.
    content      TEXT COLLATE "C"    NOT NULL,
    published_at BIGINT NOT NULL,
    published_by TEXT COLLATE "C"    NOT NULL,
    reason       TEXT COLLATE "C"    NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX publication_of ON publication (tenant_id, kind, name, id);

-- What is being written. It holds nowhere.
CREATE TABLE draft (
    tenant_id  BIGINT NOT NULL REFERENCES tenant (id),
    kind       TEXT COLLATE "C"    NOT NULL CHECK (kind IN ('settings', 'workflow', 'text')),
    name       TEXT COLLATE "C"    NOT NULL,
    content    TEXT COLLATE "C"    NOT NULL,
    -- The publication that it began from.
    based_on   BIGINT,
    changed_at BIGINT NOT NULL,
    changed_by TEXT COLLATE "C"    NOT NULL,
    PRIMARY KEY (tenant_id, kind, name)
);

-- Passwords and keys that settings name by their id; sealed with a key that is not in the database.
CREATE TABLE sealed_secret (
    tenant_id BIGINT NOT NULL REFERENCES tenant (id),
    id        BIGINT NOT NULL,
    -- The key that it stands for, such as smtp.password.
    purpose   TEXT COLLATE "C"    NOT NULL,
    sealed    BYTEA    NOT NULL,
    set_at    BIGINT NOT NULL,
    set_by    TEXT COLLATE "C"    NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- What all timers of a tenant were computed with: the hash of its zone and holidays. Another one now: they are computed anew.
ALTER TABLE tenant ADD COLUMN calendar BYTEA;

CREATE TRIGGER publication_append_only BEFORE UPDATE OR DELETE ON publication FOR EACH STATEMENT EXECUTE FUNCTION append_only();
