-- What programs hold and ask for: tokens of the HTTP API, requests that are to count once, and webhooks that tell of transitions.

-- A token belongs to one tenant. What its holder sends is never kept, only its hash.
CREATE TABLE api_token (
    id         TEXT PRIMARY KEY,
    tenant_id  INTEGER NOT NULL REFERENCES tenant (id),
    -- As the history names it, `token:NAME`; never given twice.
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    -- Words with a space between them.
    scopes     TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    used_at    INTEGER,
    UNIQUE (tenant_id, name)
) STRICT;

-- A request that named an Idempotency-Key: what it was, and how it was answered; kept for a day.
CREATE TABLE api_request (
    token_id    TEXT NOT NULL REFERENCES api_token (id),
    request_key TEXT NOT NULL,
    hash        BLOB NOT NULL,
    -- The process that carries it out.
    owner       TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    -- NULL until it was answered; the answer is sealed with a key that is not in the database.
    status      INTEGER,
    answer      TEXT,
    PRIMARY KEY (token_id, request_key)
) STRICT;
CREATE INDEX api_request_started ON api_request (started_at);

-- Where transitions are told to. How far it has been told is a place in the tenant's chain.
CREATE TABLE webhook (
    tenant_id  INTEGER NOT NULL REFERENCES tenant (id),
    id         TEXT NOT NULL,
    url        TEXT NOT NULL,
    -- The key of its signatures, sealed with a key that is not in the database.
    secret     BLOB NOT NULL,
    -- Causes with a space between them; empty: all.
    causes     TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    told_seq   INTEGER NOT NULL,
    told_at    INTEGER,
    -- Failures in a row, since when, and when it is tried again.
    failures   INTEGER NOT NULL,
    failing_at INTEGER,
    retry_at   INTEGER NOT NULL,
    error      TEXT,
    -- Nobody answered for days: nothing is told until a person starts it again.
    stopped_at INTEGER,
    PRIMARY KEY (tenant_id, id)
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('api_token', 'sqlite_autoindex_api_token_1', '100 1'),
    ('api_token', 'sqlite_autoindex_api_token_2', '100 1'),
    ('api_token', 'sqlite_autoindex_api_token_3', '100 10 1'),
    ('api_request', 'sqlite_autoindex_api_request_1', '10000 1000 1'),
    ('api_request', 'api_request_started', '10000 2'),
    ('webhook', 'sqlite_autoindex_webhook_1', '100 10 1');
ANALYZE sqlite_schema;
