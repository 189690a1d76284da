-- What sources tell by themselves (webhooks): events as they came, and whether each source was asked to send them.

CREATE TABLE source_event (
    tenant_id   BIGINT NOT NULL REFERENCES tenant (id),
    source      TEXT COLLATE "C" NOT NULL,
    -- What it happened to, by its id at the source, and the source's own word for what happened, such as `payment.changed`.
    resource    TEXT COLLATE "C" NOT NULL,
    event       TEXT COLLATE "C" NOT NULL,
    -- When it happened, as the source says. What is told twice is the same event.
    happened_at BIGINT NOT NULL,
    -- What is to be asked because of it.
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('payment', 'claim', 'contact', 'access', 'other')),
    received_at BIGINT NOT NULL,
    -- How often it was told: the source's stamps may be as coarse as a second, so once more may be something new.
    times       BIGINT NOT NULL,
    -- NULL: nobody has asked yet.
    taken_at    BIGINT,
    PRIMARY KEY (tenant_id, source, resource, event, happened_at)
);
CREATE INDEX source_event_waiting ON source_event (tenant_id, source, received_at) WHERE taken_at IS NULL;
CREATE INDEX source_event_received ON source_event (tenant_id, source, received_at);

CREATE TABLE source_hooks (
    tenant_id  BIGINT NOT NULL REFERENCES tenant (id),
    source     TEXT COLLATE "C" NOT NULL,
    -- Where the source was asked to call; NULL: nowhere, and nothing of ours is left there.
    callback   TEXT COLLATE "C",
    -- Addresses before that one, a line each, at which subscriptions of ours may be left.
    former     TEXT COLLATE "C" NOT NULL,
    -- How many kinds of events are wanted, and how many of them it is subscribed to. Fewer: the gap is not closed yet.
    wanted     BIGINT NOT NULL,
    subscribed BIGINT NOT NULL,
    -- When the subscriptions were last seen, and when they are looked at again.
    checked_at BIGINT,
    next_at    BIGINT NOT NULL,
    -- Failures in a row, and the last one.
    failures   BIGINT NOT NULL,
    error      TEXT COLLATE "C",
    PRIMARY KEY (tenant_id, source)
);
