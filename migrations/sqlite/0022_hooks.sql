-- What sources tell by themselves (webhooks): events as they came, and whether each source was asked to send them.

CREATE TABLE source_event (
    tenant_id   INTEGER NOT NULL REFERENCES tenant (id),
    source      TEXT    NOT NULL,
    -- What it happened to, by its id at the source, and the source's own word for what happened, such as `payment.changed`.
    resource    TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    -- When it happened, as the source says. What is told twice is the same event.
    happened_at INTEGER NOT NULL,
    -- What is to be asked because of it.
    kind        TEXT    NOT NULL CHECK (kind IN ('payment', 'claim', 'contact', 'access', 'other')),
    received_at INTEGER NOT NULL,
    -- How often it was told: the source's stamps may be as coarse as a second, so once more may be something new.
    times       INTEGER NOT NULL,
    -- NULL: nobody has asked yet.
    taken_at    INTEGER,
    PRIMARY KEY (tenant_id, source, resource, event, happened_at)
) STRICT;
CREATE INDEX source_event_waiting ON source_event (tenant_id, source, received_at) WHERE taken_at IS NULL;
CREATE INDEX source_event_received ON source_event (tenant_id, source, received_at);

CREATE TABLE source_hooks (
    tenant_id  INTEGER NOT NULL REFERENCES tenant (id),
    source     TEXT    NOT NULL,
    -- Where the source was asked to call; NULL: nowhere, and nothing of ours is left there.
    callback   TEXT,
    -- Addresses before that one, a line each, at which subscriptions of ours may be left.
    former     TEXT    NOT NULL,
    -- How many kinds of events are wanted, and how many of them it is subscribed to. Fewer: the gap is not closed yet.
    wanted     INTEGER NOT NULL,
    subscribed INTEGER NOT NULL,
    -- When the subscriptions were last seen, and when they are looked at again.
    checked_at INTEGER,
    next_at    INTEGER NOT NULL,
    -- Failures in a row, and the last one.
    failures   INTEGER NOT NULL,
    error      TEXT,
    PRIMARY KEY (tenant_id, source)
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('source_event', 'sqlite_autoindex_source_event_1', '100000 10000 10000 5 2 1'),
    ('source_event', 'source_event_waiting', '100 10 10 1'),
    ('source_event', 'source_event_received', '100000 10000 10000 1'),
    ('source_hooks', 'sqlite_autoindex_source_hooks_1', '100 1 1');
ANALYZE sqlite_schema;
