//! Strays: what nobody would ever look at again. Whatever happens, a ledger has none; `doctor` looks, for a promise that nothing is
//! forgotten is worth what can be seen of it.
//!
//! Each rule holds after every commit. It is told in SQL alone and asks nothing of the engine, whose faults it is to find.

use super::db::{Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use crate::domain::ids::TenantId;

static FIND: Statement = Statement::new(
    "strays",
    "SELECT f.rule, f.name FROM (
        SELECT 'place' AS rule, v.number AS name FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
            WHERE i.tenant_id = $1 AND i.slot_seq IS NOT NULL AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.tenant_id = i.tenant_id AND s.seq = i.slot_seq)
        UNION ALL SELECT 'under_way' AS rule, v.number AS name FROM instance i JOIN invoice v ON v.tenant_id = i.tenant_id AND v.id = i.id
            WHERE i.tenant_id = $1 AND i.state IN ('proposed', 'issued', 'failed') AND NOT EXISTS (SELECT 1 FROM notice n
                WHERE n.tenant_id = i.tenant_id AND n.id = i.notice_id AND ((i.state = 'proposed' AND n.state = 'proposed')
                    OR (i.state = 'failed' AND n.state = 'failed') OR (i.state = 'issued' AND n.state IN ('released', 'unknown'))))
        UNION ALL SELECT 'notice' AS rule, n.id AS name FROM notice n
            WHERE n.tenant_id = $1 AND n.state = 'released' AND NOT EXISTS (SELECT 1 FROM step s
                WHERE s.tenant_id = n.tenant_id AND s.notice_id = n.id AND s.state IN ('queued', 'claimed', 'started', 'retry'))
        UNION ALL SELECT 'places' AS rule, t.name AS name FROM tenant t
            WHERE t.id = $1 AND (t.places <> (SELECT COUNT(*) FROM instance i WHERE i.tenant_id = $1 AND i.place = 1)
                OR t.place_queue <> (SELECT COUNT(*) FROM instance i WHERE i.tenant_id = $1 AND i.state = 'queued_by_quota'))
     ) AS f ORDER BY f.rule, f.name LIMIT $2",
);

pub(super) const STATEMENTS: &[&Statement] = &[&FIND];

/// Why nobody would look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// An invoice stands at a place in a sender's queue that there is not.
    Place,
    /// An invoice is under way on a notice that is not, or is in another state.
    UnderWay,
    /// A notice is on its way, and none of its steps is.
    Notice,
    /// A tenant counts more or fewer invoices at its places, or waiting for one, than there are.
    Places,
}

/// Something that nobody would look at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    pub rule: Rule,
    /// An invoice's number, a notice's id, or the tenant's name.
    pub name: String,
}

fn rule(word: &str) -> Result<Rule, StoreError> {
    match word {
        "place" => Ok(Rule::Place),
        "under_way" => Ok(Rule::UnderWay),
        "notice" => Ok(Rule::Notice),
        "places" => Ok(Rule::Places),
        _ => Err(StoreError::Corrupt { table: "strays", column: "rule", why: format!("`{word}` is no rule") }),
    }
}

impl Store {
    /// The first `limit` strays of a tenant, by rule and name. Walks through all of its instances and notices.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn strays(&self, tenant: TenantId, limit: i64) -> Result<Vec<Stray>, StoreError> {
        let rows = self.rows(&FIND, &[Value::Int(tenant.0), Value::Int(limit)]).await?;
        rows.iter().map(|row| Ok(Stray { rule: rule(&row.text("rule")?)?, name: row.text("name")? })).collect()
    }
}
