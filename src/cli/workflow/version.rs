//! Which published version is meant: its number as `workflow versions` shows it, or a name for the newest version of that name.

use crate::cli::ledger::Desk;
use crate::domain::format::presentable;
use crate::domain::ids::WorkflowId;
use crate::domain::instance::Foothold;
use crate::engine::edition::Edition;
use crate::engine::migrate::Target;
use anyhow::{Context, anyhow, bail};
use std::sync::Arc;

/// The version that is meant.
///
/// # Errors
/// When the tenant has no such version.
pub(in crate::cli) async fn find(desk: &Desk, wanted: &str) -> anyhow::Result<Arc<Edition>> {
    let held = desk.engine.tenant_with_editions(desk.tenant).await?;
    let found = match wanted.parse() {
        Ok(id) => held.known(WorkflowId(id)),
        Err(_) => held.newest(wanted),
    };
    found.ok_or_else(|| {
        let wanted = presentable(wanted);
        anyhow!("tenant {} has no workflow version {wanted}: `mahnwerk workflow versions` shows them all", desk.settings.name)
    })
}

/// What a person says of the stages that count as passed there.
///
/// # Errors
/// When the version has no such stage.
fn foothold(edition: &Edition, after: Option<&str>) -> anyhow::Result<Foothold> {
    Ok(match after {
        None => Foothold::SameKey,
        Some("none") => Foothold::Beginning,
        Some(key) => Foothold::After(edition.workflow.position(key).with_context(|| no_stage(edition, key))?),
    })
}

fn no_stage(edition: &Edition, key: &str) -> String {
    let keys: Vec<_> = edition.workflow.stages.iter().map(|stage| stage.key.as_str()).collect();
    format!("workflow {} has no stage `{}`; it has {}, and `none` begins it", edition.workflow.name, presentable(key), keys.join(", "))
}

/// The version that is meant, with what counts as passed there.
///
/// # Errors
/// As [`find`] and [`foothold`].
pub(in crate::cli) async fn target(desk: &Desk, wanted: &str, after: Option<&str>) -> anyhow::Result<(Arc<Edition>, Target)> {
    let edition = find(desk, wanted).await?;
    let target = Target { workflow: edition.id, foothold: foothold(&edition, after)? };
    Ok((edition, target))
}

/// A version as messages call it.
pub(in crate::cli) fn named(edition: &Edition) -> String {
    format!("{} (version {})", edition.workflow.name, edition.id)
}

/// Refuses a word that would be taken for nothing.
pub(in crate::cli) fn differ(from: &Edition, to: &Edition) -> anyhow::Result<()> {
    if from.id == to.id {
        bail!("--from and --to are the same version, {}: name two", named(from));
    }
    Ok(())
}
