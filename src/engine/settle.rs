//! What becomes of a step after its effect, of its notice, and of the instances on it. Many per transaction.

use super::Engine;
use super::decisions::Decisions;
use super::error::EngineError;
use super::issue::Ready;
use super::late::put_off_without_slot;
use super::ports::Outcome;
use super::start::Task;
use super::throttle::dispatched;
use super::unit::Unit;
use crate::domain::chain::{commitment, hex};
use crate::domain::compose::channel;
use crate::domain::ids::{InvoiceId, NoticeId, StepId};
use crate::domain::instance::Command;
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::domain::workflow::{Channel, Stage};
use crate::store::TenantTx;
use crate::store::begun::StepOutcome;
use crate::store::cases::Case;
use crate::store::notices::{NoticeOutcome, NoticeRow};
use crate::store::steps::NewStep;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A step's end as its worker reports it.
#[derive(Debug)]
pub struct Ended {
    pub task: Arc<Task>,
    pub outcome: Outcome,
    /// The clock when it ended.
    pub at: Timestamp,
}

/// What an ended step means for its notice.
enum Verdict {
    /// The next step's turn.
    Next,
    /// The notice has left.
    Out {
        reply: String,
    },
    /// The e-mail can't be delivered; the stage says to write a letter then.
    Letter {
        reason: String,
    },
    Failed {
        reason: String,
    },
    Unknown {
        reason: String,
    },
    /// Tried again later.
    Wait,
}

impl Engine {
    /// Settles ended steps; the steps whose turn comes, to be rung. `reread`: nothing that was read before counts, nor that all of
    /// them are still held.
    ///
    /// # Errors
    /// When the ledger fails; [`StoreError::Conflict`](crate::store::StoreError::Conflict) when an instance or a step is not as it was read.
    pub async fn settle(&self, unit: &mut Unit, ended: &[Ended], reread: bool) -> Result<Vec<Ready>, EngineError> {
        let outcomes: Vec<_> = ended.iter().map(|end| self.step_outcome(end)).collect();
        let fresh = Some(unit.tx.facts_seq).filter(|_| !reread);
        let Unit { tx, decisions, .. } = unit;
        // What is at hand is decided while the database writes the steps: either all of them are held, or none of it counts.
        let (held, out) =
            futures::join!(settle_steps(tx, &outcomes, reread), async { deliver_at_hand(decisions, ended, &outcomes, fresh) });
        let (held, (out, at_hand)) = (held?, out?);
        let ended: Vec<_> = ended.iter().zip(&outcomes).filter(|(end, _)| held.contains(&end.task.job.step)).collect();
        let (notices, mut cases) = known(unit, ended.iter().map(|(end, _)| &end.task.job.notice.id), at_hand).await?;
        let mut next: Vec<(&NoticeId, i64)> = Vec::new();
        let mut saved: Vec<_> = out.values().map(|(end, reply)| self.sent(end, &end.task.snapshot.notice, (*reply).to_owned())).collect();
        let mut over = Vec::new();
        let mut letters = Vec::new();
        for (end, outcome) in ended.iter().filter(|(end, _)| !out.contains_key(&end.task.job.step)) {
            let Some(notice) = notices.get(&end.task.job.notice.id).map(AsRef::as_ref) else { continue };
            match self.verdict(unit, end, outcome, notice, &cases).await? {
                Verdict::Wait if was_given_up(notice) => saved.push(result(notice, "released", heard_of(notice), None, None)),
                Verdict::Wait => {}
                Verdict::Next => next.push((&notice.id, end.task.job.position + 1)),
                Verdict::Letter { reason } => letters.push((notice, end.task.job.position, reason)),
                Verdict::Unknown { reason } => {
                    saved.push(result(notice, "unknown", Some(reason), None, None));
                    over.push(&notice.id);
                }
                Verdict::Failed { reason } => {
                    fail(unit, notice, &reason, &mut cases)?;
                    saved.push(result(notice, "failed", Some(reason), None, None));
                    over.push(&notice.id);
                }
                Verdict::Out { reply } => {
                    deliver(&mut unit.decisions, notice, end, &mut cases)?;
                    saved.push(self.sent(end, notice, reply));
                }
            }
        }
        dispatched(unit, ended.iter().map(|(end, _)| (end.task.job.pool, &end.task.snapshot.notice, end.at))).await?;
        saved.iter().for_each(|ended| self.metrics.notice_ended(ended.state));
        unit.tx.save_outcomes(&saved).await?;
        unit.tx.cancel_rest(&over).await?;
        let mut ready = self.write_letters(unit, &letters).await?;
        let now = unit.now;
        let queued = unit.tx.queue_next(&next, now).await?;
        let queued = put_off_without_slot(unit, queued, &notices).await?;
        ready.extend(queued.iter().map(Ready::from));
        Ok(ready)
    }

    /// What becomes of a notice that has left.
    fn sent(&self, end: &Ended, notice: &NoticeRow, reply: String) -> NoticeOutcome {
        self.metrics.dispatched((notice.due_at, notice.slot_at), end.at);
        let state = if notice.channel == "paper" { "paper" } else { "sent" };
        result(notice, state, heard_of(notice), Some(reply), Some(end.at))
    }

    /// What is written at the step itself.
    fn step_outcome(&self, end: &Ended) -> StepOutcome {
        let attempt = end.task.job.attempt;
        let base = StepOutcome {
            id: end.task.job.step,
            epoch: end.task.job.epoch,
            state: StepState::Done,
            attempt,
            due_at: end.at,
            ended_at: end.at,
            error: None,
        };
        match &end.outcome {
            Outcome::Done { .. } => base,
            Outcome::Unknown { reason } => StepOutcome { state: StepState::Unknown, error: Some(reason.clone()), ..base },
            Outcome::Failed { reason } => StepOutcome { state: StepState::GaveUp, error: Some(reason.clone()), ..base },
            Outcome::Retry { reason, after } => {
                let error = Some(reason.clone());
                let planned = self.limits.backoff.next(u32::try_from(attempt).unwrap_or(u32::MAX), end.at);
                let asked = after.map(|after| end.at.plus_seconds(i64::try_from(after.as_secs()).unwrap_or(0)));
                match planned {
                    Some(at) => {
                        let due_at = asked.map_or(at, |asked| asked.max(at));
                        StepOutcome { state: StepState::Retry, attempt: attempt + 1, due_at, error, ..base }
                    }
                    None => StepOutcome { state: StepState::GaveUp, error, ..base },
                }
            }
        }
    }

    async fn verdict(
        &self,
        unit: &mut Unit,
        end: &Ended,
        step: &StepOutcome,
        notice: &NoticeRow,
        cases: &BTreeMap<InvoiceId, Case>,
    ) -> Result<Verdict, EngineError> {
        if let Some(reply) = left(end, step) {
            return Ok(Verdict::Out { reply: reply.to_owned() });
        }
        let reason = || step.error.clone().unwrap_or_default();
        Ok(match step.state {
            StepState::Done => Verdict::Next,
            StepState::Retry => Verdict::Wait,
            StepState::Unknown => Verdict::Unknown { reason: reason() },
            _ => {
                if letter_went(unit, end, notice).await? {
                    Verdict::Out { reply: format!("sent as a letter; the e-mail failed: {}", reason()) }
                } else if may_write_letter(unit, end, notice, cases)? {
                    Verdict::Letter { reason: reason() }
                } else {
                    Verdict::Failed { reason: reason() }
                }
            }
        })
    }

    /// Adds a letter to notices whose e-mail failed for good.
    async fn write_letters(&self, unit: &mut Unit, letters: &[(&NoticeRow, i64, String)]) -> Result<Vec<Ready>, EngineError> {
        let mut steps = Vec::new();
        for (notice, position, _) in letters {
            let first = usize::try_from(*position).unwrap_or(0) + 1;
            let step = |offset, pool, last, state| NewStep { notice: notice.id.clone(), position: first + offset, pool, last, state };
            steps.push(step(0, Pool::Print, false, StepState::Queued));
            steps.push(step(1, Pool::Post, true, StepState::Ready));
        }
        let now = unit.now;
        let ids = unit.tx.insert_steps(&steps, now).await?;
        let reasons: Vec<_> = letters.iter().map(|(notice, _, reason)| (&notice.id, reason.as_str())).collect();
        unit.tx.switch_to_post(&reasons).await?;
        Ok(steps
            .iter()
            .zip(ids)
            .filter(|(step, _)| step.state == StepState::Queued)
            .map(|(step, id)| Ready { pool: step.pool, step: id, attempt: 1 })
            .collect())
    }
}

fn result(notice: &NoticeRow, state: &'static str, reason: Option<String>, reply: Option<String>, at: Option<Timestamp>) -> NoticeOutcome {
    NoticeOutcome { id: notice.id.clone(), state, reason, reply, dispatched_at: at }
}

/// Writes the outcomes; the steps that were still held.
async fn settle_steps(tx: &mut TenantTx, outcomes: &[StepOutcome], doubtful: bool) -> Result<BTreeSet<StepId>, EngineError> {
    if doubtful {
        return Ok(tx.settle_steps(outcomes).await?);
    }
    tx.settle_all(outcomes).await?;
    Ok(outcomes.iter().map(|outcome| outcome.id).collect())
}

type Known<'a> = (BTreeMap<NoticeId, Cow<'a, NoticeRow>>, BTreeMap<InvoiceId, Case>);

/// The server's words, if the notice has left with this step: it is done, and the last one.
fn left<'a>(end: &'a Ended, step: &StepOutcome) -> Option<&'a str> {
    match (step.state, &end.outcome) {
        (StepState::Done, Outcome::Done { reply }) if end.task.job.last => Some(reply),
        _ => None,
    }
}

/// The ends of notices that have left, by their steps, each with the server's words.
type Out<'a> = BTreeMap<StepId, (&'a Ended, &'a str)>;

/// Lets the instances of notices that have left take the next rung, of those whose snapshots were made under this number of the facts. What
/// is at hand of the others.
fn deliver_at_hand<'a>(
    decisions: &mut Decisions,
    ended: &'a [Ended],
    outcomes: &[StepOutcome],
    facts_seq: Option<i64>,
) -> Result<(Out<'a>, Known<'a>), EngineError> {
    let (mut out, mut known) = (Out::new(), Known::default());
    for (end, outcome) in ended.iter().zip(outcomes) {
        let snapshot = &end.task.snapshot;
        if facts_seq.is_none() || snapshot.facts_seq != facts_seq {
            continue;
        }
        let cases = snapshot.cases.iter().map(|case| (case.instance.id, case.clone()));
        if let Some(reply) = left(end, outcome) {
            deliver(decisions, &snapshot.notice, end, &mut cases.collect())?;
            out.insert(snapshot.step.id, (end, reply));
        } else {
            known.1.extend(cases);
        }
        known.0.insert(snapshot.notice.id.clone(), Cow::Borrowed(&snapshot.notice));
    }
    Ok((out, known))
}

/// These notices and their cases: those that are at hand, and the others as they stand now.
async fn known<'a>(
    unit: &mut Unit,
    wanted: impl Iterator<Item = &'a NoticeId>,
    (mut notices, mut cases): Known<'a>,
) -> Result<Known<'a>, EngineError> {
    let missing: BTreeSet<_> = wanted.filter(|id| !notices.contains_key(id)).cloned().collect();
    if !missing.is_empty() {
        let (read_notices, read_cases) = unit.notices_with_cases(missing).await?;
        notices.extend(read_notices.into_iter().map(|(id, notice)| (id, Cow::Owned(notice))));
        cases.extend(read_cases);
    }
    Ok((notices, cases))
}

/// Whether its worker was taken for dead meanwhile.
fn was_given_up(notice: &NoticeRow) -> bool {
    notice.state == "unknown"
}

/// Why a notice is not unknown any more: its worker lived after all.
fn heard_of(notice: &NoticeRow) -> Option<String> {
    was_given_up(notice).then(|| "its worker was taken for dead and said later how it ended".to_owned())
}

/// Whether a letter of the same notice is out already.
async fn letter_went(unit: &mut Unit, end: &Ended, notice: &NoticeRow) -> Result<bool, EngineError> {
    if end.task.job.pool != Pool::Send || end.task.job.position == 0 {
        return Ok(false);
    }
    let steps = unit.tx.steps_of(&[&notice.id]).await?;
    Ok(steps.iter().any(|(step, state)| step.pool == Pool::Post && state == StepState::Done.word()))
}

/// Whether the stage asks for a letter when the e-mail fails, nobody decided for another way, and there is an address for it.
fn may_write_letter(unit: &mut Unit, end: &Ended, notice: &NoticeRow, cases: &BTreeMap<InvoiceId, Case>) -> Result<bool, EngineError> {
    let edition = unit.edition(notice.workflow)?;
    let own: Vec<_> = notice.lines.iter().filter_map(|line| cases.get(&line.instance)).collect();
    let of_customer = own.first().and_then(|case| case.channel);
    let way = |stage: &Stage| channel(stage.channel, of_customer, own.iter().map(|case| case.instance.channel));
    let asks = edition.workflow.stages.get(notice.stage).is_some_and(|stage| way(stage) == Channel::EmailThenPost);
    let reachable = !notice.recipient.street.is_empty() && !notice.recipient.city.is_empty();
    Ok(asks && reachable && end.task.job.pool == Pool::Send)
}

/// The notice left: its instances take the next rung.
fn deliver(decisions: &mut Decisions, notice: &NoticeRow, end: &Ended, cases: &mut BTreeMap<InvoiceId, Case>) -> Result<(), EngineError> {
    let on = decisions.edition(notice.workflow)?.calendar.date(end.at);
    for line in &notice.lines {
        let Some(case) = cases.get_mut(&line.instance) else { continue };
        let mut detail = Map::new();
        detail.insert("notice".to_owned(), notice.id.0.clone().into());
        detail.insert("channel".to_owned(), notice.channel.clone().into());
        detail.insert("on".to_owned(), on.to_string().into());
        if let Some((_, dunning)) = end.task.job.dunnings.iter().find(|(number, _)| *number == line.number) {
            detail.insert("dunning".to_owned(), hex(dunning).into());
        }
        if let Some(address) = end.task.material.recipient.as_ref().or(notice.sent_to.as_ref()) {
            detail.insert("recipient".to_owned(), Value::String(commitment(&notice.secret, address)));
        }
        decisions.act(case, &Command::Deliver { notice: notice.id.clone(), stage: line.stage, on }, detail)?;
    }
    Ok(())
}

fn fail(unit: &mut Unit, notice: &NoticeRow, reason: &str, cases: &mut BTreeMap<InvoiceId, Case>) -> Result<(), EngineError> {
    for line in &notice.lines {
        let Some(case) = cases.get_mut(&line.instance) else { continue };
        unit.act(case, &Command::Fail { notice: notice.id.clone(), reason: reason.to_owned() }, Map::new())?;
    }
    Ok(())
}
