//! A notice whose facts changed before it left: it is recalled and what is left of it is composed anew, in the same
//! transaction and slot.

use super::error::EngineError;
use super::issue::{Issued, Ready, issue};
use super::plan::{compose_rest, every_seconds};
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::{InvoiceId, NoticeId};
use crate::domain::instance::Command;
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::store::cases::Case;
use crate::store::notices::{NoticeOutcome, NoticeRow};
use crate::store::steps::StepRow;
use serde_json::Map;
use std::collections::BTreeMap;

/// Takes the notice back and composes what is left of it anew. A letter that is out already stays a dispatch.
pub(super) async fn drop_out(
    unit: &mut Unit,
    step: &StepRow,
    notice: &NoticeRow,
    cases: &mut BTreeMap<InvoiceId, Case>,
) -> Result<Vec<Ready>, EngineError> {
    unit.facts_moved = true;
    if partly_out(unit, step).await? {
        return finish_without(unit, notice, cases).await;
    }
    unit.save().await?;
    unit.tx.recall_notices(&[(&notice.id, "an invoice was paid, blocked or changed before it left")]).await?;
    let mut rest = Vec::new();
    for line in &notice.lines {
        let Some(case) = cases.get_mut(&line.instance) else { continue };
        unit.act(case, &Command::Recall { notice: notice.id.clone() }, Map::new())?;
        rest.push(case.clone());
    }
    unit.save().await?;
    let drafts = compose_rest(unit, rest).await?;
    if drafts.is_empty() {
        free_slot(unit, notice).await?;
        return Ok(Vec::new());
    }
    let issued = issue(unit, drafts).await?;
    unit.save().await?;
    Ok(issued.iter().filter_map(Issued::ready).collect())
}

/// Whether an earlier step of the notice has reached the customer.
async fn partly_out(unit: &mut Unit, step: &StepRow) -> Result<bool, EngineError> {
    if step.position == 0 {
        return Ok(false);
    }
    let steps = unit.tx.steps_of(&[&step.notice]).await?;
    Ok(steps.iter().any(|(other, state)| other.pool != Pool::Print && state == StepState::Done.word()))
}

/// Leaves the remaining steps out: the notice was dispatched by the earlier one.
async fn finish_without(unit: &mut Unit, notice: &NoticeRow, cases: &mut BTreeMap<InvoiceId, Case>) -> Result<Vec<Ready>, EngineError> {
    let reason = "the letter was out when an invoice was paid, blocked or changed; the e-mail was left out".to_owned();
    unit.tx.cancel_rest(&[&notice.id]).await?;
    let id: &NoticeId = &notice.id;
    let sent = NoticeOutcome { id: id.clone(), state: "sent", reason: Some(reason), reply: None, dispatched_at: Some(unit.now) };
    unit.tx.save_outcomes(&[sent]).await?;
    let on = unit.edition(notice.workflow)?.calendar.date(unit.now);
    for line in &notice.lines {
        if let Some(case) = cases.get_mut(&line.instance) {
            unit.act(case, &Command::Deliver { notice: id.clone(), stage: line.stage, on }, Map::new())?;
        }
    }
    unit.save().await?;
    Ok(Vec::new())
}

/// Nothing of the notice is left: the slot that it took is free for those behind it.
async fn free_slot(unit: &mut Unit, notice: &NoticeRow) -> Result<(), EngineError> {
    let sender = match notice.channel.as_str() {
        "email" => Sender::Mail,
        "post" => Sender::Post,
        _ => return Ok(()),
    };
    let every = every_seconds(&unit.tenant.clone(), sender);
    if every > 0 && unit.tx.last_slot(sender).await? == Some(notice.slot_at) {
        unit.tx.set_last_slot(sender, notice.slot_at.plus_seconds(-i64::from(every))).await?;
    }
    Ok(())
}
