//! Settings tried out before they are published: whatever would keep a tenant from being taken on with them, by the key that it is about.

use super::tenant::{missing, sends_outward};
use super::{letter_engine, mailer, pictures, source, workflow};
use crate::config::{Config, NamedTenant, Problem, Severity, Smtp};
use crate::domain::calendar::Region;
use crate::domain::ids::TenantId;
use crate::engine::Engine;

/// Nobody waits for a whole delivery's patience on a page.
const TIMEOUT_SECONDS: u32 = 10;

/// What a text of settings comes to.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What it makes; `None`: it can't be read.
    pub tenant: Option<NamedTenant>,
    /// What is wrong with it; the field is a key's dotted path.
    pub problems: Vec<Problem>,
}

fn problem(field: &str, message: String) -> Problem {
    Problem { severity: Severity::Error, line: 0, column: 0, field: field.to_owned(), message }
}

/// Everything that this machine can tell by itself.
///
/// # Errors
/// When the ledger fails.
pub(super) async fn problems(
    engine: &Engine,
    config: &Config,
    id: TenantId,
    tenant: &NamedTenant,
    held: Option<&NamedTenant>,
) -> anyhow::Result<Vec<Problem>> {
    let mut found = Vec::new();
    if let Err(error) = Region::parse(&tenant.tenant.holidays) {
        found.push(problem("holidays", error.to_string()));
    }
    if sends_outward(tenant) {
        found.extend(
            missing(tenant).into_iter().map(|key| problem(key, "is missing: nothing can be sent to the world without it".to_owned())),
        );
    }
    if let Err(error) = mailer(&tenant.smtp, &tenant.mail) {
        found.push(problem("smtp.host", format!("{error:#}")));
    }
    // Engines read fonts and start programs: not for a look that holds already.
    if held.is_none_or(|held| held.letterhead != tenant.letterhead || held.layout != tenant.layout) {
        found.extend(letter_problem(engine, config, id, tenant).await?);
    }
    found.extend(workflow_problem(engine, config, id, tenant).await);
    Ok(found)
}

/// Only the operator of the machine may name a file: on a page a path would read what is none of a tenant's business.
async fn workflow_problem(engine: &Engine, config: &Config, id: TenantId, tenant: &NamedTenant) -> Option<Problem> {
    let wanted = &tenant.lexoffice.as_ref()?.workflow;
    let is_configured =
        config.tenants.values().filter_map(|tenant| tenant.lexoffice.as_ref()).any(|lexoffice| lexoffice.workflow == *wanted);
    if !is_configured && !workflow::is_name(wanted) {
        return Some(problem("lexoffice.workflow", format!("`{wanted}` is no workflow's name")));
    }
    let found = workflow::of_tenant(wanted, &engine.store, id, config).await;
    found.err().map(|error| problem("lexoffice.workflow", format!("{error:#}")))
}

async fn letter_problem(engine: &Engine, config: &Config, id: TenantId, tenant: &NamedTenant) -> anyhow::Result<Option<Problem>> {
    let pictures = match pictures(&engine.store, id, tenant).await {
        Ok(pictures) => pictures,
        Err(error) => return Ok(Some(problem("letterhead", format!("{error:#}")))),
    };
    let (print, layout) = (config.print.clone(), tenant.layout.clone());
    let made = tokio::task::spawn_blocking(move || letter_engine(&print, &pictures, &layout).map(drop)).await?;
    Ok(made.err().map(|error| problem(about(&error.to_string()), format!("{error:#}"))))
}

/// Which setting an engine of letters complains about.
fn about(words: &str) -> &'static str {
    let keys = [("letterhead", "letterhead"), ("logo", "layout.logo"), ("footer", "layout.footer")];
    keys.into_iter().find(|(word, _)| words.contains(word)).map_or("", |(_, key)| key)
}

/// Asks the accounting system whether it lets us in, where its key is not the one that holds.
pub(super) async fn source_problems(engine: &Engine, tenant: &NamedTenant, held: Option<&NamedTenant>) -> Vec<Problem> {
    let Some(lexoffice) = &tenant.lexoffice else { return Vec::new() };
    let known = held.and_then(|held| held.lexoffice.as_ref());
    if known.is_some_and(|known| known.api_key == lexoffice.api_key && known.base_url == lexoffice.base_url) {
        return Vec::new();
    }
    let refused = source::lets_in(engine, lexoffice).await.err();
    refused.map(|why| problem("lexoffice.api_key_secret", why)).into_iter().collect()
}

/// Logs in to a tenant's mail server, or looks at its outbox, and sends nothing: what it is called, and what it said.
pub async fn try_mail_server(tenant: &NamedTenant) -> (String, Result<String, String>) {
    let smtp = Smtp { timeout_seconds: tenant.smtp.timeout_seconds.min(TIMEOUT_SECONDS), ..tenant.smtp.clone() };
    match mailer(&smtp, &tenant.mail) {
        Ok(mailer) => (mailer.describe(), mailer.check().await),
        Err(error) => (smtp.host.clone(), Err(format!("{error:#}"))),
    }
}
