-- The people who sign in to the pages, what each may do where, and what they did to accounts. Accounts belong to the installation.

CREATE TABLE account (
    id           TEXT COLLATE "C" PRIMARY KEY,
    -- In small letters.
    email        TEXT COLLATE "C" NOT NULL UNIQUE,
    name         TEXT COLLATE "C" NOT NULL,
    -- Argon2id, as a PHC string.
    password     TEXT COLLATE "C" NOT NULL,
    language     TEXT COLLATE "C" NOT NULL CHECK (language IN ('de', 'en')),
    theme        TEXT COLLATE "C" NOT NULL CHECK (theme IN ('auto', 'light', 'dark')),
    -- The secret of the second factor, sealed with a key that is not in the database; NULL: there is none.
    totp_secret  BYTEA,
    -- The last time step whose code was taken: each counts once.
    totp_step    BIGINT NOT NULL,
    -- Wrong passwords and codes in a row, and until when nobody may try again.
    failures     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT
);

-- What an account may do at a tenant; tenant 0 stands for all of them, those to come included.
CREATE TABLE membership (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    tenant_id  BIGINT NOT NULL,
    role       TEXT COLLATE "C" NOT NULL CHECK (role IN ('owner', 'administrator', 'operator', 'auditor')),
    PRIMARY KEY (account_id, tenant_id)
);
CREATE INDEX membership_tenant ON membership (tenant_id);

CREATE TABLE session (
    -- SHA-256 of what the browser holds.
    token_hash BYTEA PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    -- What forms of this session carry.
    csrf       TEXT COLLATE "C" NOT NULL,
    -- 1: the password was right, the second factor is still to come.
    pending    BIGINT NOT NULL CHECK (pending IN (0, 1)),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

-- A link that makes an account or sets its password, once.
CREATE TABLE invitation (
    token_hash BYTEA PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('first', 'invite', 'reset')),
    account_id TEXT COLLATE "C" REFERENCES account (id),
    email      TEXT COLLATE "C" NOT NULL,
    tenant_id  BIGINT NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    made_by    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    CHECK ((kind = 'reset') = (account_id IS NOT NULL))
);

-- What was done with accounts: signed in, refused, invited, changed. Appended, never changed.
CREATE TABLE account_event (
    id        TEXT COLLATE "C" PRIMARY KEY,
    at        BIGINT NOT NULL,
    -- `user:E-MAIL`, or `system`.
    actor     TEXT COLLATE "C" NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    -- Whom or what it concerns.
    subject   TEXT COLLATE "C" NOT NULL,
    tenant_id BIGINT NOT NULL,
    detail    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX account_event_at ON account_event (at, id);
CREATE TRIGGER account_event_append_only BEFORE UPDATE OR DELETE ON account_event FOR EACH STATEMENT EXECUTE FUNCTION append_only();
