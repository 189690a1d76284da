//! Composition: the configuration becomes a ledger, tenants and an engine. The place where parts meet.

use super::Globals;
use crate::adapters::texts::TextSets;
use crate::config::{Config, NamedTenant};
use crate::domain::calendar::Region;
use crate::domain::ids::TenantId;
use crate::domain::tenant::{MailIdentity, TenantSettings};
use crate::domain::workflow::{Parsed, References, Workflow, parse_with};
use anyhow::{Context, bail};
use std::path::Path;

/// Reads the configuration that the command line names.
///
/// # Errors
/// Every problem of it, with file and line.
pub fn config(globals: &Globals) -> anyhow::Result<Config> {
    Ok(crate::config::load(globals.config.as_deref(), std::env::vars())?)
}

/// The text sets that the configuration names.
///
/// # Errors
/// Every problem of them, with file and line.
pub fn texts(config: &Config) -> anyhow::Result<TextSets> {
    let folder = &config.templates.folder;
    TextSets::load(Some(folder.as_path()).filter(|folder| !folder.as_os_str().is_empty())).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the texts can't be used:\n{}", lines.join("\n"))
    })
}

/// Reads and checks a workflow file.
///
/// # Errors
/// When it can't be read.
pub fn workflow_file(path: &Path, texts: &TextSets) -> anyhow::Result<Parsed> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the workflow file {}", path.display()))?;
    let known_region = |code: &str| Region::parse(code).map(drop).map_err(|error| error.to_string());
    let known_template = |name: &str| {
        let known = texts.templates().join(", ");
        if texts.has(name) { Ok(()) } else { Err(format!("there is no text set `{name}`; there are {known}")) }
    };
    Ok(parse_with(&text, &References { known_region: &known_region, known_template: &known_template }))
}

/// Reads a workflow file that must be without errors.
///
/// # Errors
/// Every problem of it, with file and line.
pub fn sound_workflow(path: &Path, texts: &TextSets) -> anyhow::Result<Workflow> {
    let parsed = workflow_file(path, texts)?;
    let shown = path.display().to_string();
    match parsed.workflow {
        Some(workflow) => Ok(workflow),
        None => {
            let lines: Vec<_> = parsed.problems.iter().map(|problem| problem.in_file(&shown).to_string()).collect();
            bail!("the workflow can't be used:\n{}", lines.join("\n"))
        }
    }
}

/// A tenant as the engine wants it.
///
/// # Errors
/// When its holidays are unknown.
pub fn tenant_settings(id: TenantId, name: &str, config: &NamedTenant) -> anyhow::Result<TenantSettings> {
    let (tenant, mail) = (&config.tenant, &config.mail);
    let region = Region::parse(&tenant.holidays).with_context(|| format!("tenant {name}: holidays"))?;
    Ok(TenantSettings {
        id,
        name: name.to_owned(),
        zone: tenant.zone,
        region,
        holidays_added: tenant.holidays_added.clone(),
        holidays_removed: tenant.holidays_removed.clone(),
        language: tenant.language.clone(),
        currency: tenant.currency,
        creditor: tenant.creditor.clone(),
        mail: MailIdentity {
            from: mail.from.clone(),
            from_name: if mail.from_name.is_empty() { tenant.creditor.name.clone() } else { mail.from_name.clone() },
            reply_to: Some(mail.reply_to.clone()).filter(|address| !address.is_empty()),
            cc: mail.cc.clone(),
            bcc: mail.bcc.clone(),
        },
        mail_every_seconds: mail.every_seconds,
        post_every_seconds: 0,
    })
}
