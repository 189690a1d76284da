//! What a person decides for a tenant as a whole: whether notices leave, and what becomes of its backlog. Each needs a reason;
//! it stands on the tenant's chain.

use super::Engine;
use super::backlog::{later_stage, start};
use super::error::EngineError;
use super::operate::{Cause, because};
use super::unit::Unit;
use crate::domain::backlog::{Backlog, Choice, Start};
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::instance::Command;
use crate::store::blocks::NewBlock;
use crate::store::cases::Case;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Instances that are looked at together.
const PAGE: i64 = 1000;

/// What a choice did to the backlog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Instances that had nothing behind them.
    pub looked_at: usize,
    /// Those that start at a later stage.
    pub advanced: usize,
    /// Those that rest.
    pub resting: usize,
}

/// Why an invoice rests that is older than the owner wants to dun.
#[must_use]
pub fn too_old(date: NaiveDate) -> String {
    format!("dated before {date}, where the backlog that is dunned begins")
}

impl Engine {
    /// Switches a tenant's sending on or off; whether that changed anything. Switched off, nothing is issued and no step is started;
    /// switched on, each instance goes on as after a downtime.
    ///
    /// # Errors
    /// When it is to be switched on before the backlog's choice is made, or the ledger fails.
    pub async fn switch_sending(&self, tenant: TenantId, on: bool, cause: &Cause) -> Result<bool, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        if on && unit.tx.gate.backlog == Some(Backlog::Asked) {
            let name = &unit.tenant.settings.name;
            return Err(EngineError::Invalid(format!(
                "what becomes of the invoices that are overdue already is not decided: `mahnwerk backlog preview --tenant {name} --choice all` \
                 shows the days to come, `mahnwerk backlog confirm` decides"
            )));
        }
        if unit.tx.gate.off != on {
            return Ok(false);
        }
        unit.tx.set_sending(on).await?;
        let (from, to) = if on { ("off", "on") } else { ("on", "off") };
        unit.note("sending", from, to, because(cause));
        unit.commit().await?;
        Ok(true)
    }

    /// Holds a tenant's notices back until a person has chosen what becomes of its backlog: for invoices of a source that is new.
    /// Whether it was asked for only now.
    ///
    /// # Errors
    /// When its notices leave already, or the ledger fails.
    pub async fn ask_backlog(&self, tenant: TenantId, cause: &Cause) -> Result<bool, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let (backlog, off) = (unit.tx.gate.backlog, unit.tx.gate.off);
        if backlog == Some(Backlog::Asked) {
            return Ok(false);
        }
        if !off && (backlog.is_some() || unit.tx.has_notices().await?) {
            let name = &unit.tenant.settings.name;
            return Err(EngineError::Invalid(format!(
                "tenant {name} is at work already: nothing is held back by asking. `mahnwerk sending off --tenant {name}` first, or take the \
                 invoices in without"
            )));
        }
        unit.tx.set_backlog(Backlog::Asked).await?;
        unit.note("backlog", "", "asked", because(cause));
        unit.commit().await?;
        Ok(true)
    }

    /// Asks for the backlog where a source is new to the ledger: its first listing brings everything that is overdue at once. A tenant
    /// that is at work already goes on. Whether it was asked for.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn ask_for_new_source(&self, tenant: TenantId, source: &str) -> Result<bool, EngineError> {
        if self.store.source(tenant, source).await?.is_some() {
            return Ok(false);
        }
        let cause = Cause { actor: format!("source:{source}"), reason: format!("{source} was connected") };
        match self.ask_backlog(tenant, &cause).await {
            Err(EngineError::Invalid(_)) => Ok(false),
            asked => asked,
        }
    }

    /// Keeps that the preview of this choice was shown; only what was seen may be confirmed.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn backlog_previewed(&self, tenant: TenantId, choice: Choice) -> Result<(), EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        if tx.gate.backlog == Some(Backlog::Asked) {
            tx.set_previewed(choice).await?;
        }
        Ok(tx.commit_keeping_facts().await?)
    }

    /// Makes the owner's choice: instances that have nothing behind them start where it says, and notices leave from now on, unless
    /// sending is switched off. What comes in later and is as old falls under it, too.
    ///
    /// # Errors
    /// When nobody asked, its preview was not the last that was shown, or the ledger fails.
    pub async fn confirm_backlog(&self, tenant: TenantId, choice: Choice, cause: &Cause) -> Result<Chosen, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let name = unit.tenant.settings.name.clone();
        if unit.tx.gate.backlog != Some(Backlog::Asked) {
            return Err(EngineError::Invalid(format!("tenant {name} has no backlog that waits for a choice")));
        }
        if unit.tx.gate.previewed.as_deref() != Some(choice.to_string().as_str()) {
            return Err(EngineError::Invalid(format!(
                "look at what it would do first: `mahnwerk backlog preview --tenant {name} --choice \"{choice}\"`"
            )));
        }
        let on = unit.now.date_in(unit.tenant.settings.zone);
        let chosen = start_backlog(&mut unit, choice, on, cause).await?;
        unit.tx.set_backlog(Backlog::Chosen { choice, on }).await?;
        let mut detail = because(cause);
        detail.insert("choice".to_owned(), Value::String(choice.to_string()));
        detail.insert("advanced".to_owned(), chosen.advanced.into());
        detail.insert("resting".to_owned(), chosen.resting.into());
        unit.note("backlog", "asked", choice.word(), detail);
        unit.commit().await?;
        Ok(chosen)
    }
}

/// Lets what has nothing behind it start where the choice says.
async fn start_backlog(unit: &mut Unit, choice: Choice, on: NaiveDate, cause: &Cause) -> Result<Chosen, EngineError> {
    let mut chosen = Chosen::default();
    let mut after = InvoiceId(0);
    loop {
        let page = unit.tx.unbegun(after, PAGE).await?;
        let Some(last) = page.last().copied() else { return Ok(chosen) };
        after = last;
        let mut resting = Vec::new();
        // One that stands on a notice which is not out yet has begun.
        for mut case in unit.tx.cases(page).await?.into_iter().filter(|case| case.standing.is_none()) {
            chosen.looked_at += 1;
            let edition = unit.edition(case.instance.workflow)?;
            match start(&edition, &case, choice, on, unit.now) {
                Start::First => {}
                Start::After(passed) => {
                    if let Some(stage) = later_stage(&edition, &case, passed) {
                        chosen.advanced += usize::from(unit.act(&mut case, &Command::Jump { stage }, told(choice, cause))?);
                    }
                }
                Start::Rests => resting.push(case),
            }
        }
        unit.save().await?;
        chosen.resting += rest(unit, &resting, choice, cause).await?;
    }
}

/// Lets these cases rest for good, until a person resumes one.
async fn rest(unit: &mut Unit, cases: &[Case], choice: Choice, cause: &Cause) -> Result<usize, EngineError> {
    let Some(date) = choice.from_date().filter(|_| !cases.is_empty()) else { return Ok(0) };
    let block = |case: &Case| NewBlock {
        customer: case.customer,
        invoice: Some(case.instance.id),
        amount_minor: None,
        kind: "pause",
        reason: too_old(date),
        owner: cause.actor.clone(),
        until: None,
    };
    let now = unit.now;
    unit.tx.insert_blocks(&cases.iter().map(block).collect::<Vec<_>>(), now).await?;
    let ids: BTreeSet<_> = cases.iter().map(|case| case.instance.id).collect();
    for mut case in unit.tx.cases(ids).await? {
        unit.act(&mut case, &Command::Assess, told(choice, cause))?;
    }
    unit.save().await?;
    Ok(cases.len())
}

fn told(choice: Choice, cause: &Cause) -> Map<String, Value> {
    let mut detail = because(cause);
    detail.insert("backlog".to_owned(), Value::String(choice.to_string()));
    detail
}
