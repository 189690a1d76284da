-- The people who sign in to the pages, what each may do where, and what they did to accounts. Accounts belong to the installation.

CREATE TABLE account (
    id           TEXT PRIMARY KEY,
    -- In small letters.
    email        TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    -- Argon2id, as a PHC string.
    password     TEXT NOT NULL,
    language     TEXT NOT NULL CHECK (language IN ('de', 'en')),
    theme        TEXT NOT NULL CHECK (theme IN ('auto', 'light', 'dark')),
    -- The secret of the second factor, sealed with a key that is not in the database; NULL: there is none.
    totp_secret  BLOB,
    -- The last time step whose code was taken: each counts once.
    totp_step    INTEGER NOT NULL,
    -- Wrong passwords and codes in a row, and until when nobody may try again.
    failures     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    disabled_at  INTEGER
) STRICT;

-- What an account may do at a tenant; tenant 0 stands for all of them, those to come included.
CREATE TABLE membership (
    account_id TEXT NOT NULL REFERENCES account (id),
    tenant_id  INTEGER NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('owner', 'administrator', 'operator', 'auditor')),
    PRIMARY KEY (account_id, tenant_id)
) STRICT;
CREATE INDEX membership_tenant ON membership (tenant_id);

CREATE TABLE session (
    -- SHA-256 of what the browser holds.
    token_hash BLOB PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    -- What forms of this session carry.
    csrf       TEXT NOT NULL,
    -- 1: the password was right, the second factor is still to come.
    pending    INTEGER NOT NULL CHECK (pending IN (0, 1)),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

-- A link that makes an account or sets its password, once.
CREATE TABLE invitation (
    token_hash BLOB PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('first', 'invite', 'reset')),
    account_id TEXT REFERENCES account (id),
    email      TEXT NOT NULL,
    tenant_id  INTEGER NOT NULL,
    role       TEXT NOT NULL,
    made_by    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    CHECK ((kind = 'reset') = (account_id IS NOT NULL))
) STRICT;

-- What was done with accounts: signed in, refused, invited, changed. Appended, never changed.
CREATE TABLE account_event (
    id        TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    -- `user:E-MAIL`, or `system`.
    actor     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    -- Whom or what it concerns.
    subject   TEXT NOT NULL,
    tenant_id INTEGER NOT NULL,
    detail    TEXT NOT NULL
) STRICT;
CREATE INDEX account_event_at ON account_event (at, id);
CREATE TRIGGER account_event_no_update BEFORE UPDATE ON account_event BEGIN SELECT RAISE(ABORT, 'account events are append-only'); END;
CREATE TRIGGER account_event_no_delete BEFORE DELETE ON account_event BEGIN SELECT RAISE(ABORT, 'account events are append-only'); END;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('account', 'sqlite_autoindex_account_1', '100 1'),
    ('account', 'sqlite_autoindex_account_2', '100 1'),
    ('membership', 'sqlite_autoindex_membership_1', '100 2 1'),
    ('membership', 'membership_tenant', '100 10'),
    ('session', 'sqlite_autoindex_session_1', '1000 1'),
    ('session', 'session_account', '1000 10'),
    ('session', 'session_expiry', '1000 1'),
    ('invitation', 'sqlite_autoindex_invitation_1', '100 1'),
    ('account_event', 'sqlite_autoindex_account_event_1', '10000 1'),
    ('account_event', 'account_event_at', '10000 1 1');
ANALYZE sqlite_schema;
