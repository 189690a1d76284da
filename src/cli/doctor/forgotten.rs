//! Whether the ledger holds something that nobody would ever look at again.

use super::{Finding, Findings};
use crate::domain::ids::TenantId;
use crate::store::strays::{Rule, Stray};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many of them are looked for in each tenant.
const LOOKED_FOR: i64 = 1000;
/// So many of a kind are named.
const NAMED: usize = 5;
const REPORT: &str = "This must not happen: please report it";

/// Looks through every tenant.
///
/// # Errors
/// When the database fails.
pub(super) async fn look(store: &Store, tenants: &[(TenantId, String)], findings: &mut Findings) -> Result<(), StoreError> {
    let mut all_is_well = true;
    for (tenant, name) in tenants {
        let mut kinds: BTreeMap<Rule, Vec<String>> = BTreeMap::new();
        for Stray { rule, name } in store.strays(*tenant, LOOKED_FOR).await? {
            kinds.entry(rule).or_default().push(name);
        }
        all_is_well &= kinds.is_empty();
        kinds.into_iter().for_each(|(rule, names)| findings.add(finding(name, rule, &names)));
    }
    if all_is_well && !tenants.is_empty() {
        findings.add(Finding::ok("forgotten", "nothing: every invoice and notice that is open is looked at when its time comes"));
    }
    Ok(())
}

fn finding(tenant: &str, rule: Rule, names: &[String]) -> Finding {
    let (what, advice) = match rule {
        Rule::Place => ("invoices at a place in the queue that there is not", "`mahnwerk instance pause NUMBER`, then `resume`"),
        Rule::UnderWay => ("invoices under way on a notice that is not", "`mahnwerk instance pause NUMBER`, then `resume`"),
        Rule::Notice => ("notices on their way without a step that is", "`mahnwerk notice show ID`, then `recall`"),
        Rule::Places => ("places counted wrongly", "set [tenant] max_active to 0 until it is mended"),
    };
    let mut named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        let _ = write!(named, " and {} more", names.len() - NAMED);
    }
    Finding::failed("forgotten", format!("tenant {tenant}: {what}: {named}"), format!("{advice}. {REPORT}"))
}
