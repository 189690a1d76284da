-- What the query planner must know: a tenant's rows are all rows, a row's own key finds one.
--
-- Without it SQLite takes ten rows for what a tenant has, walks all of them and looks through the batch for each, so that
-- an import of 60,000 invoices takes minutes. The figures are not counted but set: they hold for any ledger, and
-- an empty one must be planned like the full one that it will be. Each line: rows, then rows for one value of the index's
-- first column, of its first two, and so on.

ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('customer', 'sqlite_autoindex_customer_1', '1000000 1000000 1'),
    ('customer', 'sqlite_autoindex_customer_2', '1000000 1000000 1'),
    ('document', 'sqlite_autoindex_document_1', '1000000 1000000 1'),
    ('invoice', 'sqlite_autoindex_invoice_1', '1000000 1000000 1'),
    ('invoice', 'sqlite_autoindex_invoice_2', '1000000 1000000 500000 1'),
    ('invoice', 'invoice_customer', '1000000 1000000 10'),
    ('payment', 'sqlite_autoindex_payment_1', '1000000 1000000 1'),
    ('payment', 'sqlite_autoindex_payment_2', '1000000 1000000 500000 1'),
    ('payment', 'payment_invoice', '1000000 1000000 2'),
    ('block', 'sqlite_autoindex_block_1', '100000 100000 1'),
    ('block', 'block_open', '10000 10000 2'),
    ('block', 'block_until', '10000 10000 10'),
    ('instance', 'sqlite_autoindex_instance_1', '1000000 1000000 1'),
    ('instance', 'instance_due', '500000 500000 1000'),
    ('instance', 'instance_slot', '10000 10000 2'),
    ('slot', 'sqlite_autoindex_slot_1', '10000 10000 1'),
    ('slot', 'slot_order', '10000 10000 5000 5000 1'),
    ('slot', 'slot_customer', '10000 10000 2'),
    ('notice', 'sqlite_autoindex_notice_1', '1000000 1000000 1'),
    ('notice', 'notice_attention', '10000 10000 5000'),
    ('notice', 'notice_customer', '1000000 1000000 10 1'),
    ('notice_line', 'sqlite_autoindex_notice_line_1', '2000000 2000000 2 1'),
    ('notice_line', 'notice_line_once', '2000000 2000000 2 1'),
    ('notice_line', 'notice_line_instance', '2000000 2000000 2'),
    ('step', 'sqlite_autoindex_step_1', '1000000 1000000 1'),
    ('step', 'sqlite_autoindex_step_2', '1000000 1000000 1 1'),
    ('step', 'step_busy', '10000 10000 5000 10'),
    ('transition', 'sqlite_autoindex_transition_1', '3000000 3000000 1'),
    ('transition', 'transition_instance', '3000000 3000000 3 1');
-- Lets this connection read them; others do when they open.
ANALYZE sqlite_schema;
