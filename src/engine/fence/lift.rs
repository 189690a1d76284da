//! Lifting a fence: what was sent meanwhile is entered as sent, what nobody knows becomes `unknown`, and the rest may leave.

use super::recognise::{Found, explain};
use crate::domain::compose::{Route, channel};
use crate::domain::ids::{NoticeId, TenantId};
use crate::domain::instance::{Command, State};
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::engine::edition::{Edition, minor};
use crate::engine::error::EngineError;
use crate::engine::issue::line as line_of;
use crate::engine::operate::Cause;
use crate::engine::unit::Unit;
use crate::store::cases::Case;
use crate::store::fence::Fence;
use crate::store::notices::{NoticeOutcome, NoticeRow};
use crate::store::steps::NewStep;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Customers that are looked at in one portion.
const PORTION: usize = 500;
const RECORDED: &str = "recorded as sent outside the ledger, entered when its fence was lifted";

/// What servers and the print batch have recorded since the backup.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Notices by their ids, with the instant where the record has one.
    pub ids: BTreeMap<NoticeId, Option<Timestamp>>,
    /// Whether the print batch's manifests are among it: only then is it known which letters were not printed.
    pub letters: bool,
}

/// What a person says of what was to leave between backup and restore and is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// None of it was sent.
    NothingSent,
    /// Nobody knows: what was to leave until this instant becomes `unknown`.
    Unknown { until: Timestamp },
}

/// How a fence is lifted.
#[derive(Clone, Debug)]
pub struct Lift<'a> {
    pub recorded: &'a Recorded,
    pub answer: Answer,
    /// Recorded ids that other tenants explain.
    pub others: &'a BTreeSet<NoticeId>,
    /// Only say what would come of it.
    pub try_only: bool,
}

/// A notice that the ledger had forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub notice: NoticeId,
    pub customer: String,
    pub invoices: Vec<String>,
    pub stage: String,
    pub at: Timestamp,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Lifted {
    /// Recorded notices that the ledger knows as ended.
    pub known: BTreeSet<NoticeId>,
    /// Recorded notices that were under way, proposed or unknown in the ledger: they are sent now.
    pub ended: Vec<NoticeId>,
    pub recognised: Vec<Recognised>,
    /// Recorded ids that nothing in the ledger explains.
    pub unexplained: BTreeSet<NoticeId>,
    /// Notices under way that may go on.
    pub freed: Vec<NoticeId>,
    /// Notices under way of which nobody knows whether they left.
    pub doubtful: Vec<NoticeId>,
    /// What goes as letters and may go now, though no print batch says whether it was printed already.
    pub letters: i64,
}

impl Engine {
    /// Lifts a tenant's fence, all or nothing.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when no fence holds, or something recorded can't be explained and the answer is that all is known.
    pub async fn lift_fence(&self, tenant: TenantId, lift: &Lift<'_>, cause: &Cause) -> Result<Lifted, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let fence = self.open_fence(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &cause.actor).await?;
        if unit.tx.fence() != Some(fence.id.as_str()) {
            return Err(EngineError::Invalid("the fence has changed meanwhile: look at it again".to_owned()));
        }
        let mut lifted = Lifted::default();
        let mut missing = end_recorded(&mut unit, lift.recorded, &fence, cause, &mut lifted).await?;
        lifted.recognised = recognise(&mut unit, lift.recorded, &mut missing, &fence, cause).await?;
        lifted.unexplained = missing;
        under_way(&mut unit, lift.answer, &mut lifted).await?;
        if lift.answer == Answer::NothingSent && !lift.recorded.letters {
            lifted.letters = unit.tx.letters_among(&lifted.freed).await? + letters_due(&mut unit, &fence).await?;
        }
        if lift.try_only {
            return Ok(lifted);
        }
        let open: Vec<_> = lifted.unexplained.difference(lift.others).collect();
        if !open.is_empty() && lift.answer == Answer::NothingSent {
            return Err(EngineError::Invalid(format!("{} recorded Message-IDs are not explained by the ledger", open.len())));
        }
        let until = if let Answer::Unknown { until } = lift.answer { Some(until) } else { None };
        let detail = json!({
            "recorded": lift.recorded.ids.len(), "known": lifted.known.len(), "ended": lifted.ended.len(),
            "recognised": lifted.recognised.len(), "unexplained": open.len(),
            "freed": lifted.freed.len(), "doubtful": lifted.doubtful.len(), "uncertain_until": until.map(|at| at.0),
        });
        let now = unit.now;
        unit.save().await?;
        unit.tx.lift_fence(now, (&cause.actor, &cause.reason), &detail.to_string(), until).await?;
        unit.commit().await?;
        Ok(lifted)
    }

    /// Ends the time in which old invoices are taken for doubtful. Whether there was one.
    ///
    /// # Errors
    /// When the ledger fails or a fence holds.
    pub async fn end_uncertainty(&self, tenant: TenantId, cause: &Cause) -> Result<bool, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &cause.actor).await?;
        if unit.tx.is_fenced() {
            return Err(EngineError::Invalid("a fence holds: lift it first".to_owned()));
        }
        let was = unit.tx.uncertain_until().is_some();
        unit.tx.end_uncertainty().await?;
        unit.commit().await?;
        Ok(was)
    }

    /// The fence that holds.
    ///
    /// # Errors
    /// When the ledger fails or there is none.
    pub async fn open_fence(&self, tenant: TenantId) -> Result<Fence, EngineError> {
        let open = self.store.fences(tenant).await?.into_iter().find(|fence| fence.lifted_at.is_none());
        open.ok_or_else(|| EngineError::Invalid("no fence holds: notices leave".to_owned()))
    }
}

/// What is written into the history beside the usual.
fn why(cause: &Cause, fence: &Fence) -> Map<String, Value> {
    Map::from_iter([("why".to_owned(), Value::String(cause.reason.clone())), ("fence".to_owned(), Value::String(fence.id.clone()))])
}

/// When a recorded notice left: as recorded, else as late as can be, so that the next stage is not too early.
fn left_at(recorded: &Recorded, id: &NoticeId, fence: &Fence) -> Timestamp {
    recorded.ids.get(id).copied().flatten().or(fence.mark_at).unwrap_or(fence.raised_at)
}

/// Recorded notices that the ledger has as under way, proposed or unknown are ended as sent; those that it does not have.
async fn end_recorded(
    unit: &mut Unit,
    recorded: &Recorded,
    fence: &Fence,
    cause: &Cause,
    lifted: &mut Lifted,
) -> Result<BTreeSet<NoticeId>, EngineError> {
    let mut missing: BTreeSet<_> = recorded.ids.keys().cloned().collect();
    let now = unit.now;
    for (id, state) in unit.tx.notice_states(recorded.ids.keys()).await? {
        missing.remove(&id);
        if !matches!(state.as_str(), "released" | "proposed" | "unknown") {
            lifted.known.insert(id);
            continue;
        }
        let rows = unit.tx.notices(std::slice::from_ref(&id)).await?;
        let Some(row) = rows.get(&id) else { continue };
        let at = left_at(recorded, &id, fence);
        let on = unit.edition(row.workflow)?.calendar.date(at);
        let ended = if row.channel == "paper" { "paper" } else { "sent" };
        unit.tx.close_steps(&[(&id, StepState::Done.word(), None)], now).await?;
        let outcome =
            NoticeOutcome { id: id.clone(), state: ended, reason: Some(RECORDED.to_owned()), reply: None, dispatched_at: Some(at) };
        unit.tx.save_outcomes(&[outcome]).await?;
        for mut case in unit.tx.cases(row.lines.iter().map(|line| line.instance)).await? {
            let Some(line) = row.lines.iter().find(|line| line.instance == case.instance.id) else { continue };
            unit.act(&mut case, &Command::Deliver { notice: id.clone(), stage: line.stage, on }, why(cause, fence))?;
        }
        unit.save().await?;
        lifted.ended.push(id);
    }
    Ok(missing)
}

/// Finds what the ledger has forgotten, customer by customer, stage after stage, and enters it as sent.
async fn recognise(
    unit: &mut Unit,
    recorded: &Recorded,
    missing: &mut BTreeSet<NoticeId>,
    fence: &Fence,
    cause: &Cause,
) -> Result<Vec<Recognised>, EngineError> {
    let mut recognised = Vec::new();
    if missing.is_empty() {
        return Ok(recognised);
    }
    let name = unit.tenant.settings.name.clone();
    let today = unit.now.date_in(unit.tenant.settings.zone);
    let customers = unit.tx.doubtful_customers(today, fence.ledger_seq).await?;
    for portion in customers.chunks(PORTION) {
        let mut by_customer: BTreeMap<_, Vec<Case>> = BTreeMap::new();
        for case in unit.tx.all_cases_of(portion.iter().copied()).await? {
            by_customer.entry(case.customer).or_default().push(case);
        }
        for cases in by_customer.values_mut() {
            let editions = cases.iter().map(|case| unit.edition(case.instance.workflow)).collect::<Result<Vec<_>, _>>()?;
            while let Some((id, lines)) = explain(&name, cases, &editions, missing) {
                missing.remove(&id);
                let at = left_at(recorded, &id, fence);
                recognised.push(enter(unit, &id, at, cases, &editions, &lines, &why(cause, fence)).await?);
            }
        }
        unit.save().await?;
        if missing.is_empty() {
            break;
        }
    }
    Ok(recognised)
}

/// Enters a notice that was sent, and moves its instances up.
async fn enter(
    unit: &mut Unit,
    id: &NoticeId,
    at: Timestamp,
    cases: &mut [Case],
    editions: &[Arc<Edition>],
    lines: &[Found],
    why: &Map<String, Value>,
) -> Result<Recognised, EngineError> {
    take_back_standing(unit, cases, lines, why).await?;
    let new = composed(id, at, cases, editions, lines)?;
    let (stage_key, on) = (new.stage_key.clone(), new.local_date);
    let Some(first) = lines.first() else { return Err(EngineError::Invalid("a notice without lines".to_owned())) };
    let customer = cases[first.case].recipient.number.clone();
    unit.tx.insert_notices(&[&new], at).await?;
    let pool = if new.channel == "email" { Pool::Send } else { Pool::Post };
    unit.tx.insert_steps(&[NewStep { notice: id.clone(), position: 0, pool, last: true, state: StepState::Done }], at).await?;
    let state = if new.channel == "paper" { "paper" } else { "sent" };
    let outcome = NoticeOutcome { id: id.clone(), state, reason: None, reply: None, dispatched_at: Some(at) };
    unit.tx.save_outcomes(&[outcome]).await?;
    let mut invoices = Vec::with_capacity(lines.len());
    for line in lines {
        let case = &mut cases[line.case];
        invoices.push(case.number.clone());
        if matches!(case.instance.state, State::Waiting { stage, .. } if stage == line.stage) {
            // As it was then, so that the history has as many entries; facts that came in since may forbid it.
            match unit.act(case, &Command::Issue { notice: id.clone() }, why.clone()) {
                Ok(_) | Err(EngineError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        unit.act(case, &Command::Deliver { notice: id.clone(), stage: line.stage, on }, why.clone())?;
        case.standing = None;
    }
    Ok(Recognised { notice: id.clone(), customer, invoices, stage: stage_key, at })
}

/// Another notice stands for one of these stages in the old ledger: it was taken back before the recorded one could leave.
async fn take_back_standing(unit: &mut Unit, cases: &mut [Case], lines: &[Found], why: &Map<String, Value>) -> Result<(), EngineError> {
    let standing: BTreeSet<NoticeId> = lines.iter().filter_map(|line| cases[line.case].standing.clone()).collect();
    for notice in standing {
        unit.tx.recall_notices(&[(&notice, "another notice for it is recorded as sent")]).await?;
        for case in cases.iter_mut().filter(|case| case.instance.state.notice() == Some(&notice)) {
            unit.act(case, &Command::Recall { notice: notice.clone() }, why.clone())?;
            case.standing = None;
        }
    }
    Ok(())
}

/// The notice as it must have been.
fn composed(id: &NoticeId, at: Timestamp, cases: &[Case], editions: &[Arc<Edition>], found: &[Found]) -> Result<NoticeRow, EngineError> {
    let stage_of = |line: &Found| editions[line.case].workflow.stages.get(line.stage);
    let top = found.iter().min_by_key(|line| std::cmp::Reverse((stage_of(line).map(|stage| stage.kind), line.stage)));
    let Some((top, stage)) = top.and_then(|line| Some((line, stage_of(line)?))) else {
        return Err(EngineError::Invalid(format!("notice {id} stands at a stage that its workflow does not have")));
    };
    let (case, edition) = (&cases[top.case], &editions[top.case]);
    let own = found.iter().map(|line| cases[line.case].instance.channel);
    let route = Route::choose(channel(stage.channel, case.channel, own), case.reach);
    let line = |found: &Found| {
        let fee_minor = if found == top { minor(stage.fee, case.currency) } else { 0 };
        let mut line = line_of(&cases[found.case], found.stage, editions[found.case].stage_key(Some(found.stage)), fee_minor);
        line.open_minor = line.open_minor.max(0);
        line
    };
    let lines: Vec<_> = found.iter().map(line).collect();
    Ok(NoticeRow {
        id: id.clone(),
        customer: case.customer,
        workflow: edition.id,
        stage: top.stage,
        stage_key: stage.key.clone(),
        state: if route.channel() == "paper" { "paper" } else { "sent" }.to_owned(),
        channel: route.channel().to_owned(),
        reason: Some(RECORDED.to_owned()),
        currency: case.currency,
        open_minor: lines.iter().map(|line| line.open_minor).sum(),
        fee_minor: lines.iter().map(|line| line.fee_minor).sum(),
        slot_at: at,
        due_at: at,
        local_date: edition.calendar.date(at),
        letter_hash: None,
        sent_to: None,
        recipient: case.recipient.clone(),
        language: case.language.clone(),
        secret: case.secret.clone(),
        lines,
    })
}

/// How many waiting instances whose date has come would be printed.
async fn letters_due(unit: &mut Unit, fence: &Fence) -> Result<i64, EngineError> {
    let today = unit.now.date_in(unit.tenant.settings.zone);
    let customers = unit.tx.doubtful_customers(today, fence.ledger_seq).await?;
    let mut count = 0;
    for portion in customers.chunks(PORTION) {
        for case in unit.tx.waiting_of(portion.iter().copied(), today).await? {
            let edition = unit.edition(case.instance.workflow)?;
            let stage = case.instance.state.stage().and_then(|stage| edition.workflow.stages.get(stage));
            let way = stage.map(|stage| channel(stage.channel, case.channel, [case.instance.channel]));
            count += i64::from(way.is_some_and(|way| Route::choose(way, case.reach) != Route::Email));
        }
    }
    Ok(count)
}

/// What was under way at the backup and is not recorded: it never left and goes on, or nobody knows.
async fn under_way(unit: &mut Unit, answer: Answer, lifted: &mut Lifted) -> Result<(), EngineError> {
    unit.save().await?;
    let under_way = unit.tx.notices_under_way().await?;
    let now = unit.now;
    if answer == Answer::NothingSent {
        unit.tx.free_steps(&under_way, now).await?;
        lifted.freed = under_way;
        return Ok(());
    }
    let closed: Vec<_> = under_way.iter().map(|id| (id, StepState::Unknown.word(), Some(super::DOUBTFUL))).collect();
    unit.tx.close_steps(&closed, now).await?;
    let outcome = |id: &NoticeId| NoticeOutcome {
        id: id.clone(),
        state: "unknown",
        reason: Some(super::DOUBTFUL.to_owned()),
        reply: None,
        dispatched_at: None,
    };
    unit.tx.save_outcomes(&under_way.iter().map(outcome).collect::<Vec<_>>()).await?;
    lifted.doubtful = under_way;
    Ok(())
}
