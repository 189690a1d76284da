-- What programs hold and ask for: tokens of the HTTP API, requests that are to count once, and webhooks that tell of transitions.

-- A token belongs to one tenant. What its holder sends is never kept, only its hash.
CREATE TABLE api_token (
    id         TEXT COLLATE "C" PRIMARY KEY,
    tenant_id  BIGINT NOT NULL REFERENCES tenant (id),
    -- As the history names it, `token:NAME`; never given twice.
    name       TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    -- Words with a space between them.
    scopes     TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_at    BIGINT,
    UNIQUE (tenant_id, name)
);

-- A request that named an Idempotency-Key: what it was, and how it was answered; kept for a day.
CREATE TABLE api_request (
    token_id    TEXT COLLATE "C" NOT NULL REFERENCES api_token (id),
    request_key TEXT COLLATE "C" NOT NULL,
    hash        BYTEA NOT NULL,
    -- The process that carries it out.
    owner       TEXT COLLATE "C" NOT NULL,
    started_at  BIGINT NOT NULL,
    -- NULL until it was answered; the answer is sealed with a key that is not in the database.
    status      BIGINT,
    answer      TEXT COLLATE "C",
    PRIMARY KEY (token_id, request_key)
);
CREATE INDEX api_request_started ON api_request (started_at);

-- Where transitions are told to. How far it has been told is a place in the tenant's chain.
CREATE TABLE webhook (
    tenant_id  BIGINT NOT NULL REFERENCES tenant (id),
    id         TEXT COLLATE "C" NOT NULL,
    url        TEXT COLLATE "C" NOT NULL,
    -- The key of its signatures, sealed with a key that is not in the database.
    secret     BYTEA NOT NULL,
    -- Causes with a space between them; empty: all.
    causes     TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    told_seq   BIGINT NOT NULL,
    told_at    BIGINT,
    -- Failures in a row, since when, and when it is tried again.
    failures   BIGINT NOT NULL,
    failing_at BIGINT,
    retry_at   BIGINT NOT NULL,
    error      TEXT COLLATE "C",
    -- Nobody answered for days: nothing is told until a person starts it again.
    stopped_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
