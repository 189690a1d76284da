//! Sources: whether they can tell of changes by themselves. They are not asked anything here: `source status` says how they stand.

use super::{Finding, Findings, Held};
use crate::assembly;
use crate::config::{Config, Lexoffice};

/// Looks at each tenant's source that is to call.
pub(super) fn webhooks(config: &Config, tenants: &[Held], findings: &mut Findings) {
    for Held { name, tenant, .. } in tenants {
        if let Some(lexoffice) = tenant.lexoffice.as_ref().filter(|lexoffice| lexoffice.sync && lexoffice.webhooks) {
            findings.add(webhook(name, lexoffice, &config.server.public_url));
        }
    }
}

fn webhook(name: &str, lexoffice: &Lexoffice, public_url: &str) -> Finding {
    const PART: &str = "webhooks";
    let instead = "or write webhooks = false in [tenants.NAME.lexoffice]";
    if let Err(error) = assembly::webhook_key(lexoffice) {
        return Finding::failed(PART, format!("{name}: {error}"), "correct it, or leave it empty for lexoffice's own key");
    }
    if public_url.is_empty() {
        let what = format!("{name}: lexoffice can't call when something changes, so it is asked every quarter of an hour");
        let advice = format!("write the https:// address under which lexoffice reaches [server] listen as [server] public_url, {instead}");
        return Finding::warning(PART, what, advice);
    }
    if public_url.starts_with("http://") && lexoffice.base_url.starts_with("https://") {
        let what = format!("{name}: [server] public_url {public_url} leads to this machine only; lexoffice calls https:// addresses");
        return Finding::warning(
            PART,
            what,
            format!("put a proxy with TLS in front of [server] listen and write its address there, {instead}"),
        );
    }
    Finding::ok(PART, format!("{name}: lexoffice is to call {public_url}"))
}
