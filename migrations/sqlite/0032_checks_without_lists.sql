-- SQLite builds the list of an IN with three or more words anew for every row that a CHECK or a partial index is evaluated for, as a table of
-- its own: half of what writing a step cost. As a chain of OR it costs nothing that could be seen. The words stay the same, so the rows need not
-- be read: only the text of the schema changes (sqlite.org/lang_altertable.html, 'Making Other Kinds Of Table Schema Changes').
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'kind IN (''business'', ''consumer'', ''unknown'')',
    '(kind = ''business'' OR kind = ''consumer'' OR kind = ''unknown'')'),
    'channel_by_hand IN (''email'', ''post'', ''email_and_post'')',
    '(channel_by_hand = ''email'' OR channel_by_hand = ''post'' OR channel_by_hand = ''email_and_post'')')
WHERE type = 'table' AND name = 'customer';
UPDATE sqlite_schema SET sql = replace(sql,
    'kind IN (''invoice'', ''revenue_voucher'', ''down_payment'', ''instalment'', ''credit_note'')',
    '(kind = ''invoice'' OR kind = ''revenue_voucher'' OR kind = ''down_payment'' OR kind = ''instalment'' OR kind = ''credit_note'')')
WHERE type = 'table' AND name = 'invoice';
UPDATE sqlite_schema SET sql = replace(sql,
    'kind IN (''payment'', ''credit'', ''return_debit'', ''settled_by_hand'')',
    '(kind = ''payment'' OR kind = ''credit'' OR kind = ''return_debit'' OR kind = ''settled_by_hand'')')
WHERE type = 'table' AND name = 'payment';
UPDATE sqlite_schema SET sql = replace(sql,
    'kind IN (''pause'', ''dispute'', ''promise'', ''instalment_plan'')',
    '(kind = ''pause'' OR kind = ''dispute'' OR kind = ''promise'' OR kind = ''instalment_plan'')')
WHERE type = 'table' AND name = 'block';
UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql,
    'state IN (''waiting'', ''queued_by_quota'', ''proposed'', ''issued'', ''failed'', ''blocked'', ''settled'', ''withdrawn'', ''handed_over'', ''exhausted'')',
    '(state = ''waiting'' OR state = ''queued_by_quota'' OR state = ''proposed'' OR state = ''issued'' OR state = ''failed'' OR state = ''blocked'' OR state = ''settled'' OR state = ''withdrawn'' OR state = ''handed_over'' OR state = ''exhausted'')'),
    'state IN (''waiting'', ''proposed'', ''issued'')',
    '(state = ''waiting'' OR state = ''proposed'' OR state = ''issued'')'),
    'channel IN (''email'', ''post'', ''email_and_post'')',
    '(channel = ''email'' OR channel = ''post'' OR channel = ''email_and_post'')'),
    'state IN (''proposed'', ''issued'', ''failed'')',
    '(state = ''proposed'' OR state = ''issued'' OR state = ''failed'')')
WHERE type = 'table' AND name = 'instance';
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'state IN (''proposed'', ''released'', ''paper'', ''sent'', ''failed'', ''unknown'', ''recalled'')',
    '(state = ''proposed'' OR state = ''released'' OR state = ''paper'' OR state = ''sent'' OR state = ''failed'' OR state = ''unknown'' OR state = ''recalled'')'),
    'channel IN (''email'', ''post'', ''paper'')',
    '(channel = ''email'' OR channel = ''post'' OR channel = ''paper'')')
WHERE type = 'table' AND name = 'notice';
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'pool IN (''print'', ''send'', ''post'')',
    '(pool = ''print'' OR pool = ''send'' OR pool = ''post'')'),
    'state IN (''ready'', ''queued'', ''claimed'', ''started'', ''done'', ''retry'', ''gave_up'', ''unknown'', ''cancelled'')',
    '(state = ''ready'' OR state = ''queued'' OR state = ''claimed'' OR state = ''started'' OR state = ''done'' OR state = ''retry'' OR state = ''gave_up'' OR state = ''unknown'' OR state = ''cancelled'')')
WHERE type = 'table' AND name = 'step';
PRAGMA writable_schema = RESET;

-- These also tell other connections that the schema has changed.
DROP INDEX notice_attention;
CREATE INDEX notice_attention ON notice (tenant_id, state) WHERE state = 'proposed' OR state = 'failed' OR state = 'unknown';
DROP INDEX step_wanting;
CREATE INDEX step_wanting ON step (tenant_id, id) WHERE state = 'gave_up' OR state = 'unknown' OR state = 'cancelled';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('notice', 'notice_attention', '10000 10000 5000'),
    ('step', 'step_wanting', '1000 1000 1');
