//! Snapshots: what is known of a step and its notice before it starts, and the state of the facts that it was read at.
//!
//! Rendering and sending take their time, so they work on a snapshot, outside any transaction. Whether it still holds is decided
//! where the step starts (`start`): if the tenant's `facts_seq` has not moved, reading again would give the same. What this process
//! issued itself it need not read at all: the snapshot is at hand.

use super::Engine;
use super::edition::Tenant;
use super::error::EngineError;
use super::ports::{Effects, Enclosure, Job};
use crate::domain::ids::{NoticeId, StepId, TenantId};
use crate::domain::instance::{Command, State, decide};
use crate::domain::notice::{Line, Notice};
use crate::domain::pool::{Chunk, Pool};
use crate::domain::time::Timestamp;
use crate::store::cases::Case;
use crate::store::notices::{LineRow, NoticeRow};
use crate::store::steps::StepRow;
use chrono::Days;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The most snapshots that are kept at hand; each takes about two kilobytes.
const CAPACITY: usize = 20_000;
/// How long a snapshot is kept for a step that somebody else may have taken, in milliseconds.
const KEPT_MS: i64 = 60_000;

/// Invoices by number of which no document could be had, and why.
pub type Lacking = Vec<(String, String)>;

/// A step before it starts.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub step: StepRow,
    pub notice: NoticeRow,
    pub cases: Vec<Case>,
    /// The tenant's facts when this was read and its notice still stood; `None` where it must be looked at again in any case.
    pub facts_seq: Option<i64>,
    /// When it was read.
    pub at: Timestamp,
}

/// The snapshots of the steps that this process issued and will probably carry out itself.
#[derive(Debug, Default)]
pub(super) struct Hand(Mutex<BTreeMap<(TenantId, StepId), Snapshot>>);

impl Hand {
    /// Keeps them. What does not fit is left out: it can be read again.
    pub(super) fn put(&self, tenant: TenantId, snapshots: Vec<Snapshot>, now: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() + snapshots.len() > CAPACITY {
            held.retain(|_, kept| now.0 - kept.at.0 < KEPT_MS);
        }
        let room = CAPACITY.saturating_sub(held.len());
        held.extend(snapshots.into_iter().take(room).map(|snapshot| ((tenant, snapshot.step.id), snapshot)));
    }

    /// Gives away the snapshot of a step, if it is of this attempt.
    fn take(&self, tenant: TenantId, step: StepId, attempt: i64) -> Option<Snapshot> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&(tenant, step)).filter(|snapshot| snapshot.step.attempt == attempt)
    }
}

impl Engine {
    /// Snapshots of those of a chunk's steps that are to be carried out. Stale ones are left out, silently: the message came twice
    /// or late.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn snapshots(&self, chunk: &Chunk) -> Result<Vec<Snapshot>, EngineError> {
        let tenant = chunk.tenant;
        let (mut snapshots, mut missing) = (Vec::with_capacity(chunk.steps.len()), Vec::new());
        for (step, attempt) in &chunk.steps {
            match self.hand.take(tenant, *step, *attempt) {
                Some(snapshot) => snapshots.push(snapshot),
                None => missing.push((*step, *attempt)),
            }
        }
        if !missing.is_empty() {
            snapshots.extend(self.read_snapshots(tenant, &missing).await?);
        }
        Ok(snapshots)
    }

    /// Reads outside a transaction. The number of the facts is read first: whatever changes meanwhile makes it old.
    async fn read_snapshots(&self, tenant: TenantId, steps: &[(StepId, i64)]) -> Result<Vec<Snapshot>, EngineError> {
        let facts_seq = self.store.facts_seq(tenant).await?;
        let (at, held) = (self.clock.now(), self.tenant_with_editions(tenant).await?);
        let steps = self.store.queued_steps(tenant, steps).await?;
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let ids: BTreeSet<NoticeId> = steps.iter().map(|step| step.notice.clone()).collect();
        let notices = self.store.notices(tenant, &ids.into_iter().collect::<Vec<_>>()).await?;
        let invoices: Vec<_> = notices.values().flat_map(|notice| notice.lines.iter().map(|line| line.instance)).collect();
        let cases: BTreeMap<_, _> = self.store.cases(tenant, invoices).await?.into_iter().map(|case| (case.instance.id, case)).collect();
        let snapshot = |step: StepRow| {
            let notice = notices.get(&step.notice)?.clone();
            let cases: Vec<_> = notice.lines.iter().filter_map(|line| cases.get(&line.instance).cloned()).collect();
            let facts_seq = stands(&held, &notice, &cases, at).then_some(facts_seq);
            Some(Snapshot { step, notice, cases, facts_seq, at })
        };
        Ok(steps.into_iter().filter_map(snapshot).collect())
    }

    /// What the effect of a snapshot's step needs, with the documents that it takes along. `lacking`: why invoices have none.
    ///
    /// # Errors
    /// When the ledger fails or the notice's stage is not to be found.
    pub async fn job(&self, tenant: TenantId, snapshot: &Snapshot, lacking: Lacking, effects: &dyn Effects) -> Result<Job, EngineError> {
        let held = self.tenant(tenant)?;
        if held.known(snapshot.notice.workflow).is_none() {
            held.refresh(&self.store).await?;
        }
        let mut job = compose_job(&held, snapshot, |template, wanted| effects.language(tenant, template, wanted))?;
        for (number, why) in lacking {
            job.attach.iter_mut().filter(|enclosure| enclosure.number == number).for_each(|enclosure| enclosure.lacks = Some(why.clone()));
        }
        let takes_letter = job.pool == Pool::Post || (job.attach_letter && job.position > 0);
        let letter = job.letter.filter(|_| takes_letter);
        let wanted: Vec<_> = job.attach.iter().filter_map(|enclosure| enclosure.hash).chain(letter).collect();
        for hash in wanted {
            if let Some(document) = self.store.document(tenant, &hash).await? {
                job.documents.push((hash, document));
            }
        }
        Ok(job)
    }
}

/// Whether a case is on this notice, for the amount that its line names.
pub(super) fn is_on(notice: &NoticeRow, line: &LineRow, case: &Case) -> bool {
    let on_it = matches!(&case.instance.state, State::Issued { notice: own, .. } if *own == notice.id);
    on_it && case.dunnable_minor() == line.open_minor
}

/// Whether a notice may leave as it was read: what is to be decided because of the facts is decided in a transaction.
fn stands(tenant: &Tenant, notice: &NoticeRow, cases: &[Case], now: Timestamp) -> bool {
    let holds = |(line, case): (&LineRow, &Case)| {
        let Some(edition) = tenant.known(case.instance.workflow) else { return false };
        let facts = case.facts(edition.minimum_minor(case.currency));
        let verdict = decide(&case.instance, edition.ladder(), &facts, &Command::Assess, now);
        matches!(verdict, Ok(None)) && is_on(notice, line, case)
    };
    notice.state == "released" && cases.len() == notice.lines.len() && notice.lines.iter().zip(cases).all(holds)
}

pub(super) fn compose_job(tenant: &Tenant, snapshot: &Snapshot, language: impl Fn(&str, &str) -> String) -> Result<Job, EngineError> {
    let (row, step) = (&snapshot.notice, &snapshot.step);
    let edition = tenant
        .known(row.workflow)
        .ok_or(EngineError::Workflow { id: row.workflow, why: "it is not known to this process yet".to_owned() })?;
    let Some(stage) = edition.workflow.stages.get(row.stage) else {
        return Err(EngineError::Invalid(format!("notice {} stands at a stage that its workflow does not have", row.id)));
    };
    let date = edition.calendar.date(snapshot.at);
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
        language: language(&stage.template, wanted),
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
    let is_mail = step.pool == Pool::Send;
    let attach = if stage.attach_invoice && is_mail {
        row.lines.iter().map(|line| Enclosure { number: line.number.clone(), hash: line.document_hash, lacks: None }).collect()
    } else {
        Vec::new()
    };
    Ok(Job {
        tenant: tenant.settings.id,
        step: step.id,
        epoch: step.epoch + 1,
        attempt: step.attempt,
        position: step.position,
        pool: step.pool,
        last: step.last,
        at: snapshot.at,
        notice,
        paper_reason: if row.channel == "paper" { row.reason.clone() } else { None },
        identity: tenant.settings.mail.clone(),
        attach,
        attach_letter: is_mail && stage.attach_letter.unwrap_or_else(|| row.lines.iter().any(|line| line.is_voucher)),
        letter: row.letter_hash,
        dunnings: Vec::new(),
        documents: Vec::new(),
    })
}
