//! Claims steps for a worker, and reads the facts again: what is paid, blocked, cancelled or changed is not sent.
//!
//! If one invoice of a notice drops out, the notice is recalled and the rest is composed anew in the same
//! transaction and slot.

use super::Engine;
use super::edition::Tenant;
use super::error::EngineError;
use super::issue::{Ready, issue};
use super::late::{missed, put_off_composed_anew};
use super::plan::{compose_rest, every_seconds};
use super::ports::{Effects, Job};
use super::unit::Unit;
use crate::domain::compose::Sender;
use crate::domain::ids::{InvoiceId, NoticeId};
use crate::domain::instance::{Command, State};
use crate::domain::notice::{Line, Notice};
use crate::domain::pool::{Chunk, Pool};
use crate::domain::step::StepState;
use crate::store::cases::Case;
use crate::store::notices::{NoticeOutcome, NoticeRow};
use crate::store::steps::{StepOutcome, StepRow};
use chrono::Days;
use serde_json::Map;
use std::collections::BTreeMap;

/// What came of a chunk.
#[derive(Debug, Default)]
pub struct Claimed {
    pub jobs: Vec<Job>,
    /// Steps of notices that were composed anew, to be rung.
    pub ready: Vec<Ready>,
}

impl Engine {
    /// Claims a chunk's steps for this process. Stale ones are left out, silently: the message came twice or late.
    ///
    /// # Errors
    /// When the ledger fails; then nothing is claimed.
    pub async fn claim(&self, chunk: &Chunk, effects: &dyn Effects) -> Result<Claimed, EngineError> {
        let tenant = self.tenant(chunk.tenant)?;
        tenant.refresh_if_empty(&self.store).await?;
        let owner = self.owner.present().await;
        let now = self.clock.now();
        let mut unit = Unit::begin(&self.store, tenant.clone(), now, "system").await?;
        let steps = unit.tx.claim_steps(&chunk.steps, &owner, now.plus_seconds(self.limits.lease_seconds)).await?;
        if steps.is_empty() {
            return Ok(Claimed::default());
        }
        let ids: Vec<_> = steps.iter().map(|step| step.notice.clone()).collect();
        let notices = unit.tx.notices(&ids).await?;
        let invoices: Vec<_> = notices.values().flat_map(|notice| notice.lines.iter().map(|line| line.instance)).collect();
        let mut cases: BTreeMap<InvoiceId, Case> =
            unit.tx.cases(invoices).await?.into_iter().map(|case| (case.instance.id, case)).collect();
        let mut claimed = Claimed::default();
        let mut late = Vec::new();
        for step in steps {
            let Some(notice) = notices.get(&step.notice) else { continue };
            if missed(&mut unit, &step, notice).await? {
                late.push(step.id);
            } else if stands(&mut unit, notice, &mut cases)? {
                claimed.jobs.push(self.job(&mut unit, &tenant, step, notice, effects)?);
            } else if may_be_out(&step) {
                lose_sight(&mut unit, &step, notice).await?;
            } else {
                claimed.ready.extend(drop_out(&mut unit, &step, notice, &mut cases).await?);
            }
        }
        unit.tx.put_off(&late, now).await?;
        unit.commit().await?;
        self.fetch_documents(&mut claimed.jobs).await?;
        Ok(claimed)
    }

    fn job(&self, unit: &mut Unit, tenant: &Tenant, step: StepRow, row: &NoticeRow, effects: &dyn Effects) -> Result<Job, EngineError> {
        let edition = unit.edition(row.workflow)?;
        let Some(stage) = edition.workflow.stages.get(row.stage) else {
            return Err(EngineError::Invalid(format!("notice {} stands at a stage that its workflow does not have", row.id)));
        };
        let date = edition.calendar.date(unit.now);
        let wanted = if row.language.is_empty() { &tenant.settings.language } else { &row.language };
        let lines = row.lines.iter().map(|line| Line {
            invoice: line.number.clone(),
            stage: line.stage_key.clone(),
            invoice_date: line.invoice_date,
            due_date: line.due_date,
            amount_minor: line.amount_minor,
            open_minor: line.open_minor,
            days_overdue: (date - line.due_date).num_days(),
        });
        let notice = Notice {
            id: row.id.clone(),
            language: effects.language(&stage.template, wanted),
            stage: row.stage_key.clone(),
            kind: stage.kind.into(),
            template: stage.template.clone(),
            date,
            pay_by: date.checked_add_days(Days::new(u64::from(stage.payment_days))).unwrap_or(date),
            currency: row.currency,
            lines: lines.collect(),
            fee_minor: row.fee_minor,
            creditor: tenant.settings.creditor.clone(),
            recipient: row.recipient.clone(),
            test: false,
        };
        let attach = if stage.attach_invoice && step.pool == Pool::Send {
            row.lines.iter().map(|line| (line.number.clone(), line.document_hash)).collect()
        } else {
            Vec::new()
        };
        Ok(Job {
            tenant: tenant.settings.id,
            step: step.id,
            epoch: step.epoch,
            attempt: step.attempt,
            position: step.position,
            pool: step.pool,
            last: step.last,
            at: unit.now,
            notice,
            paper_reason: if row.channel == "paper" { row.reason.clone() } else { None },
            identity: tenant.settings.mail.clone(),
            attach,
            letter: row.letter_hash,
            documents: Vec::new(),
        })
    }

    async fn fetch_documents(&self, jobs: &mut [Job]) -> Result<(), EngineError> {
        for job in jobs {
            let letter = if job.pool == Pool::Post { job.letter } else { None };
            for hash in job.attach.iter().filter_map(|(_, hash)| *hash).chain(letter) {
                if let Some(document) = self.store.document(job.tenant, &hash).await? {
                    job.documents.push((hash, document));
                }
            }
        }
        Ok(())
    }
}

/// Whether every line of the notice is still to be dunned for the amount that it names.
fn stands(unit: &mut Unit, notice: &NoticeRow, cases: &mut BTreeMap<InvoiceId, Case>) -> Result<bool, EngineError> {
    if notice.state != "released" {
        return Ok(false);
    }
    let mut stands = true;
    for line in &notice.lines {
        let Some(case) = cases.get_mut(&line.instance) else { return Ok(false) };
        unit.assess(case)?;
        let on_it = matches!(&case.instance.state, State::Issued { notice: own, .. } if *own == notice.id);
        stands &= on_it && case.dunnable_minor() == line.open_minor;
    }
    Ok(stands)
}

/// Whether the letter may have been handed over by a worker that died. A repetition would change nothing; but what it
/// says is no longer so.
fn may_be_out(step: &StepRow) -> bool {
    step.pool == Pool::Post && step.started_at.is_some()
}

/// Neither taking it back nor handing it over is right: a person looks whether the letter is there.
async fn lose_sight(unit: &mut Unit, step: &StepRow, notice: &NoticeRow) -> Result<(), EngineError> {
    let reason = "the worker ended while the letter was handed over, and an invoice was paid, blocked or changed since".to_owned();
    let outcome = StepOutcome {
        id: step.id,
        epoch: step.epoch,
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

/// Takes the notice back and composes what is left of it anew. A letter that is out already stays a dispatch.
async fn drop_out(
    unit: &mut Unit,
    step: &StepRow,
    notice: &NoticeRow,
    cases: &mut BTreeMap<InvoiceId, Case>,
) -> Result<Vec<Ready>, EngineError> {
    if partly_out(unit, step).await? {
        return finish_without(unit, step, notice, cases).await;
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
    let ready = issue(unit, drafts).await?;
    unit.save().await?;
    put_off_composed_anew(unit, ready, notice).await
}

/// Whether an earlier step of the notice has reached the customer.
async fn partly_out(unit: &mut Unit, step: &StepRow) -> Result<bool, EngineError> {
    if step.position == 0 {
        return Ok(false);
    }
    let steps = unit.tx.steps_of(&[&step.notice]).await?;
    Ok(steps.iter().any(|(other, state)| other.pool != Pool::Print && state == StepState::Done.word()))
}

/// Leaves the remaining step out: the notice was dispatched by the earlier one.
async fn finish_without(
    unit: &mut Unit,
    step: &StepRow,
    notice: &NoticeRow,
    cases: &mut BTreeMap<InvoiceId, Case>,
) -> Result<Vec<Ready>, EngineError> {
    let reason = "the letter was out when an invoice was paid, blocked or changed; the e-mail was left out".to_owned();
    let outcome = StepOutcome {
        id: step.id,
        epoch: step.epoch,
        state: StepState::Cancelled,
        attempt: step.attempt,
        due_at: unit.now,
        ended_at: unit.now,
        error: Some(reason.clone()),
    };
    unit.tx.settle_steps(&[outcome]).await?;
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
