-- What holds a tenant's notices back beside a fence, how many may be dunned at once, and the addresses of customers.

-- A person's word: `off` means that nothing is issued or sent.
ALTER TABLE tenant ADD COLUMN sending TEXT NOT NULL DEFAULT 'on' CHECK (sending IN ('on', 'off'));
-- What becomes of invoices that were old when dunning began. NULL: nobody asked, all start at the first stage. `asked`: nothing
-- leaves until a person has chosen `all`, `by_age` or `from`.
ALTER TABLE tenant ADD COLUMN backlog TEXT CHECK (backlog IN ('asked', 'all', 'by_age', 'from'));
-- With `from`: invoices of before this date rest.
ALTER TABLE tenant ADD COLUMN backlog_from TEXT CHECK ((backlog_from IS NULL) = (COALESCE(backlog, '') <> 'from'));
-- The day of the choice: what was due before it is the backlog.
ALTER TABLE tenant ADD COLUMN backlog_on TEXT;
-- The choice whose preview was shown last; only that one may be confirmed.
ALTER TABLE tenant ADD COLUMN backlog_preview TEXT;
-- How many of its instances hold a place, and how many wait for one.
ALTER TABLE tenant ADD COLUMN places INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenant ADD COLUMN place_queue INTEGER NOT NULL DEFAULT 0;
-- How many entries of the chain are about the tenant itself; they bear the instance 0.
ALTER TABLE tenant ADD COLUMN own_seq INTEGER NOT NULL DEFAULT 0;
-- The order by which customer.email was chosen.
ALTER TABLE tenant ADD COLUMN address_rule TEXT NOT NULL DEFAULT '';

-- Whether it holds one of the tenant's places.
ALTER TABLE instance ADD COLUMN place INTEGER NOT NULL DEFAULT 0 CHECK (place IN (0, 1) AND (place = 0 OR state IN ('waiting', 'proposed', 'issued')));
-- One more state. SQLite can't change a check; what is stored does not change, so the table is not copied but its text is
-- (https://sqlite.org/lang_altertable.html, section 7): a ledger of a million instances is migrated at once, with its keys and indices.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''waiting'', ''proposed'', ''issued'', ''failed'', ''blocked'', ''settled''', 'state IN (''waiting'', ''queued_by_quota'', ''proposed'', ''issued'', ''failed'', ''blocked'', ''settled''')
    WHERE type = 'table' AND name = 'instance';
PRAGMA writable_schema = RESET;
UPDATE instance SET place = 1 WHERE state IN ('proposed', 'issued') OR (state = 'waiting' AND dispatched_on IS NOT NULL);
UPDATE tenant SET places = (SELECT COUNT(*) FROM instance WHERE instance.tenant_id = tenant.id AND instance.place = 1);
CREATE INDEX instance_quota ON instance (tenant_id) WHERE state = 'queued_by_quota';

-- A customer's e-mail addresses. customer.email is the first usable one in the order of the tenant's rule.
ALTER TABLE customer ADD COLUMN email_rule TEXT NOT NULL DEFAULT 'business';
CREATE TABLE customer_address (
    tenant_id   INTEGER NOT NULL,
    customer_id INTEGER NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('by_hand', 'business', 'contact_person', 'office', 'private', 'other')),
    -- Its place among those of its kind, as the source orders them; a primary contact person comes first.
    position    INTEGER NOT NULL,
    address     TEXT    NOT NULL,
    -- Why it is not used: a bounce, a person's word. NULL: it is used.
    blocked     TEXT,
    PRIMARY KEY (tenant_id, customer_id, kind, position),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
) STRICT;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('instance', 'instance_quota', '10000 10000'),
    ('customer_address', 'sqlite_autoindex_customer_address_1', '1000000 1000000 2 2 1');
ANALYZE sqlite_schema;
