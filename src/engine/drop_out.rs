//! A notice whose facts changed before it left: it is recalled and what is left of it is composed anew, in the same
//! transaction and slot.

use super::error::EngineError;
use super::issue::{Issued, Ready, issue};
use super::late::put_off_composed_anew;
use super::plan::{compose_rest, every_seconds};
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::{InvoiceId, NoticeId};
use crate::domain::instance::Command;
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::store::begun::{StartStep, StepOutcome};
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
    if let Some(left_at) = partly_out(unit, step).await? {
        return finish_without(unit, notice, left_at, cases).await;
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
    put_off_composed_anew(unit, issued.iter().filter_map(Issued::ready).collect(), notice).await
}

/// Whether the letter may have been handed over by a worker that died. A repetition would change nothing; but what it
/// says is no longer so.
pub(super) fn may_be_out(step: &StepRow) -> bool {
    step.pool == Pool::Post && step.started_at.is_some()
}

/// Neither taking it back nor handing it over is right: a person looks whether the letter is there.
pub(super) async fn lose_sight(unit: &mut Unit, step: &StepRow, notice: &NoticeRow, owner: &str) -> Result<(), EngineError> {
    let reason = "the worker ended while the letter was handed over, and an invoice was paid, blocked or changed since".to_owned();
    unit.facts_moved = true;
    let at = step.started_at.unwrap_or(unit.now);
    unit.tx.start_steps(&[StartStep { id: step.id, attempt: step.attempt, epoch: step.epoch, at, lease_until: unit.now }], owner).await?;
    let outcome = StepOutcome {
        id: step.id,
        epoch: step.epoch + 1,
        state: StepState::Unknown,
        attempt: step.attempt,
        due_at: unit.now,
        ended_at: unit.now,
        error: Some(reason.clone()),
    };
    unit.tx.settle_steps(&[outcome]).await?;
    let unknown = NoticeOutcome { id: notice.id.clone(), state: "unknown", reason: Some(reason), reply: None, dispatched_at: None };
    unit.tx.save_outcomes(&[unknown]).await?;
    Ok(unit.tx.cancel_rest(&[&notice.id]).await?)
}

/// When an earlier step of the notice left for the customer, if one did.
async fn partly_out(unit: &mut Unit, step: &StepRow) -> Result<Option<Timestamp>, EngineError> {
    if step.position == 0 {
        return Ok(None);
    }
    let steps = unit.tx.steps_of(&[&step.notice]).await?;
    let left = steps.iter().filter(|(other, state)| other.pool != Pool::Print && state == StepState::Done.word());
    Ok(left.map(|(other, _)| other.started_at.unwrap_or(unit.now)).max())
}

/// Leaves the remaining steps out: the notice was dispatched by the earlier one.
async fn finish_without(
    unit: &mut Unit,
    notice: &NoticeRow,
    left_at: Timestamp,
    cases: &mut BTreeMap<InvoiceId, Case>,
) -> Result<Vec<Ready>, EngineError> {
    let reason = "the letter was out when an invoice was paid, blocked or changed; the e-mail was left out".to_owned();
    unit.tx.cancel_rest(&[&notice.id]).await?;
    let id: &NoticeId = &notice.id;
    let sent = NoticeOutcome { id: id.clone(), state: "sent", reason: Some(reason), reply: None, dispatched_at: Some(left_at) };
    unit.tx.save_outcomes(&[sent]).await?;
    let on = unit.edition(notice.workflow)?.calendar.date(left_at);
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
    let every = every_seconds(&unit.tenant, sender);
    if every > 0 && unit.tx.last_slot(sender).await? == Some(notice.slot_at) {
        unit.tx.set_last_slot(sender, notice.slot_at.plus_seconds(-i64::from(every))).await?;
    }
    Ok(())
}
