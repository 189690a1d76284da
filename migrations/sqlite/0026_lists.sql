-- What lists of invoices, customers and notices are read by: each page in the order of an index, from where the last one ended.

-- What a customer is found by, in small letters and without umlauts (`store/lists/words.rs` folds what is searched for in the same way).
ALTER TABLE customer ADD COLUMN search TEXT GENERATED ALWAYS AS (lower(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(number || ' ' || name || ' ' || email || ' ' || postcode || ' ' || city, 'ä', 'ae'), 'Ä', 'ae'), 'ö', 'oe'), 'Ö', 'oe'), 'ü', 'ue'), 'Ü', 'ue'), 'ß', 'ss'), 'ẞ', 'ss'), 'é', 'e'), 'É', 'e'), 'è', 'e'), 'È', 'e'), 'á', 'a'), 'Á', 'a'), 'à', 'a'), 'À', 'a'), 'ç', 'c'), 'Ç', 'c'))) VIRTUAL;
CREATE INDEX customer_search ON customer (tenant_id, search, id);
-- Unique, as an id in it is: so that the order within one customer follows from the next table's index.
CREATE UNIQUE INDEX customer_name ON customer (tenant_id, name, id);

CREATE INDEX invoice_number ON invoice (tenant_id, number, id);
CREATE INDEX invoice_due ON invoice (tenant_id, due_date, id);
CREATE INDEX invoice_amount ON invoice (tenant_id, amount_minor, id);
DROP INDEX invoice_customer;
CREATE INDEX invoice_customer ON invoice (tenant_id, customer_id, id);

-- Those that wake at the same instant, in order.
DROP INDEX instance_due;
CREATE INDEX instance_due ON instance (tenant_id, wake_at, id) WHERE wake_at IS NOT NULL AND slot_seq IS NULL;
-- What neither waits nor is on its way. No stage in the ordinary course passes through it, so it costs a burst nothing.
CREATE INDEX instance_still ON instance (tenant_id, state, id) WHERE state NOT IN ('waiting', 'issued');

CREATE INDEX notice_issued ON notice (tenant_id, issued_at, id);
CREATE INDEX notice_aside ON notice (tenant_id, state, id) WHERE state IN ('paper', 'recalled');

DELETE FROM sqlite_stat1 WHERE idx IN ('invoice_customer', 'instance_due');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('customer', 'customer_search', '1000000 1000000 1 1'),
    ('customer', 'customer_name', '1000000 1000000 2 1'),
    ('invoice', 'invoice_number', '1000000 1000000 1 1'),
    ('invoice', 'invoice_due', '1000000 1000000 500 1'),
    ('invoice', 'invoice_amount', '1000000 1000000 100 1'),
    ('invoice', 'invoice_customer', '1000000 1000000 10 1'),
    ('instance', 'instance_due', '500000 500000 1000 1'),
    ('instance', 'instance_still', '500000 500000 100000 1'),
    ('notice', 'notice_issued', '1000000 1000000 100 1'),
    ('notice', 'notice_aside', '10000 10000 5000 1');
ANALYZE sqlite_schema;
