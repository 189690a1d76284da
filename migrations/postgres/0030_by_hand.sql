-- What people decide by hand about an instance or a customer: another version of a workflow, another way, another language.

-- Made under a version that its instance has left since: `stage` is a position there.
ALTER TABLE notice_line ADD COLUMN past BIGINT NOT NULL DEFAULT 0 CHECK (past IN (0, 1));
-- Nobody is dunned twice for the same stage: whatever the version, the same key is the same stage.
DROP INDEX notice_line_once;
CREATE UNIQUE INDEX notice_line_once ON notice_line (tenant_id, instance_id, stage_key) WHERE recalled = 0;

-- How its next notice goes, whatever its stage and its customer say. NULL: nobody decided.
ALTER TABLE instance ADD COLUMN channel TEXT COLLATE "C" CHECK (channel IN ('email', 'post', 'email_and_post'));

-- A person's word, which stands above what sources bring. NULL: there is none.
ALTER TABLE customer ADD COLUMN language_by_hand TEXT COLLATE "C";
ALTER TABLE customer ADD COLUMN channel_by_hand TEXT COLLATE "C" CHECK (channel_by_hand IN ('email', 'post', 'email_and_post'));
-- The name of the workflow that its invoices to come are dunned under.
ALTER TABLE customer ADD COLUMN workflow_by_hand TEXT COLLATE "C";
