//! Issues notices: which cases go onto one, by which way, and the steps that carry it out.

use super::decisions::Decisions;
use super::edition::{Edition, Tenant, minor};
use super::error::EngineError;
use super::spans::span;
use super::unit::Unit;
use crate::domain::compose::{Candidate, Route, automation, channel, highest, notice_id, order};
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, StepId};
use crate::domain::instance::{Command, State};
use crate::domain::money::Currency;
use crate::domain::pool::Pool;
use crate::domain::step::StepState;
use crate::domain::time::Timestamp;
use crate::domain::workflow::{Automation, Stage};
use crate::store::cases::Case;
use crate::store::notices::{LineRow, NoticeRow};
use crate::store::steps::{NewStep, StepRow};
use chrono::NaiveDate;
use serde_json::Map;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A notice that is about to be issued: its cases in the order of its lines.
#[derive(Debug)]
pub struct Draft {
    pub cases: Vec<Case>,
    pub customer: CustomerId,
    pub currency: Currency,
    pub route: Route,
    /// The edition and stage that speak for it.
    pub edition: Arc<Edition>,
    pub stage: usize,
    automation: Automation,
}

/// What `stage` and date a waiting case is at.
pub(super) fn rung(case: &Case) -> Option<(usize, NaiveDate)> {
    match &case.instance.state {
        State::Waiting { stage, stage_date, .. } => Some((*stage, *stage_date)),
        _ => None,
    }
}

/// A case as the composition sees it.
fn candidate<'a>(case: &'a Case, stages: &'a [Stage]) -> Option<Candidate<'a>> {
    let (position, stage_date) = rung(case)?;
    Some(candidate_at(case, position, stages.get(position)?, stage_date))
}

/// A case as it would be composed at this stage.
pub(super) fn candidate_at<'a>(case: &'a Case, position: usize, stage: &'a Stage, stage_date: NaiveDate) -> Candidate<'a> {
    Candidate {
        invoice: case.instance.id,
        number: &case.number,
        seq: case.instance.seq,
        customer: case.customer,
        currency: case.currency,
        due_date: case.due_date,
        stage_date,
        position,
        stage,
        open_minor: case.open_minor,
    }
}

impl Draft {
    /// Composes waiting cases of one customer and currency into one notice; `None` if there are none.
    ///
    /// # Errors
    /// When an edition is not known.
    pub fn compose(unit: &mut Unit, cases: Vec<Case>) -> Result<Option<Self>, EngineError> {
        let editions = cases.iter().map(|case| unit.edition(case.instance.workflow)).collect::<Result<Vec<_>, _>>()?;
        let mut lines: Vec<_> =
            cases.iter().zip(&editions).filter_map(|(case, edition)| candidate(case, &edition.workflow.stages)).collect();
        order(&mut lines);
        let Some(top) = highest(&lines) else { return Ok(None) };
        let (top_invoice, stage, of_stage) = (top.invoice, top.position, top.stage.channel);
        let (customer, currency) = (top.customer, top.currency);
        let automation = automation(&lines);
        let sequence: Vec<InvoiceId> = lines.iter().map(|line| line.invoice).collect();
        let Some(top_index) = cases.iter().position(|case| case.instance.id == top_invoice) else { return Ok(None) };
        let (edition, reach, of_customer) = (editions[top_index].clone(), cases[top_index].reach, cases[top_index].channel);
        let mut cases: Vec<_> = cases.into_iter().filter(|case| sequence.contains(&case.instance.id)).collect();
        let channel = channel(of_stage, of_customer, cases.iter().map(|case| case.instance.channel));
        cases.sort_by_key(|case| sequence.iter().position(|id| *id == case.instance.id));
        Ok(Some(Self { cases, customer, currency, route: Route::choose(channel, reach), edition, stage, automation }))
    }

    /// The key by which slots are assigned among notices that become due at the same instant.
    #[must_use]
    pub fn slot_key(&self) -> (NaiveDate, NaiveDate, String) {
        self.cases.first().map_or_else(
            || (NaiveDate::MAX, NaiveDate::MAX, String::new()),
            |case| (rung(case).map_or(NaiveDate::MAX, |(_, date)| date), case.due_date, case.number.clone()),
        )
    }

    /// The earliest instant at which one of its cases wanted to leave.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        let wake = |case: &Case| match &case.instance.state {
            State::Waiting { wake_at, .. } => Some(*wake_at),
            _ => None,
        };
        self.cases.iter().filter_map(wake).min().unwrap_or(Timestamp(i64::MAX))
    }
}

/// The steps of a way, in order; the last one's end is the notice's end.
fn pools(route: Route) -> &'static [Pool] {
    match route {
        Route::Email => &[Pool::Send],
        Route::Post | Route::Paper(_) => &[Pool::Print, Pool::Post],
        // The letter first: should the address fail afterwards, the customer was reached all the same.
        Route::EmailAndPost => &[Pool::Print, Pool::Post, Pool::Send],
    }
}

/// A step that may be rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    pub pool: Pool,
    pub step: StepId,
    pub attempt: i64,
}

impl From<&StepRow> for Ready {
    fn from(step: &StepRow) -> Self {
        Self { pool: step.pool, step: step.id, attempt: step.attempt }
    }
}

/// A notice that was issued, with its first step if that is queued.
#[derive(Debug)]
pub struct Issued {
    pub step: Option<StepRow>,
    pub notice: NoticeRow,
    pub cases: Vec<Case>,
}

impl Issued {
    /// Its step, to be rung after the commit.
    #[must_use]
    pub fn ready(&self) -> Option<Ready> {
        self.step.as_ref().map(Ready::from)
    }
}

/// Issues drafts at the unit's instant: instances, notices, lines, steps.
///
/// # Errors
/// When the ledger fails, or refuses a stage that already stands on a notice.
pub async fn issue(unit: &mut Unit, drafts: Vec<Draft>) -> Result<Vec<Issued>, EngineError> {
    let (now, count) = (unit.now, drafts.len());
    let fees = earlier_fees(unit, &drafts).await?;
    let doubtful = super::fence::doubtful(unit, &drafts).await?;
    let mut entry =
        Entry { now, tenant: unit.tenant.clone(), uncertain_until: unit.tx.uncertain_until(), fees, steps: Vec::with_capacity(count) };
    let Unit { tx, decisions, .. } = unit;
    let mut issued: Vec<Issued> = Vec::with_capacity(count);
    let mut drafts = drafts.into_iter().zip(doubtful).peekable();
    let mut written = 0;
    while drafts.peek().is_some() || written < issued.len() {
        // The next block is composed while the database writes this one.
        let notices: Vec<_> = issued[written..].iter().map(|issued| &issued.notice).collect();
        let compose = async { drafts.by_ref().take(BLOCK).map(|draft| entry.enter(decisions, draft)).collect::<Result<Vec<_>, _>>() };
        let (inserted, composed) = futures::join!(tx.insert_notices(&notices, now), compose);
        inserted?;
        written = issued.len();
        issued.extend(composed?);
    }
    let steps = entry.steps;
    let ids = tx.insert_steps(&steps, now).await?;
    let mut first = steps.into_iter().zip(ids).filter(|(step, _)| step.position == 0);
    for issued in &mut issued {
        issued.step = first.next().filter(|(step, _)| step.state == StepState::Queued).map(|(step, id)| queued(step, id, now));
    }
    Ok(issued)
}

/// So many notices are written at once.
const BLOCK: usize = 256;

/// What is needed to enter drafts on notices, and the steps that come of it.
struct Entry {
    now: Timestamp,
    tenant: Arc<Tenant>,
    uncertain_until: Option<Timestamp>,
    fees: BTreeMap<InvoiceId, i64>,
    steps: Vec<NewStep>,
}

impl Entry {
    /// One draft, and whether it may have left before the ledger was restored.
    fn enter(&mut self, decisions: &mut Decisions, (draft, doubtful): (Draft, bool)) -> Result<Issued, EngineError> {
        let earlier = draft.cases.iter().filter_map(|case| self.fees.get(&case.instance.id)).sum();
        let (mut notice, cases, route) = enter(decisions, &self.tenant, self.now, draft, earlier)?;
        let proposed = notice.state == "proposed";
        let mut own: Vec<_> = steps_of(&notice.id, route, proposed).collect();
        if doubtful && !proposed {
            notice.state = "unknown".to_owned();
            notice.reason = Some(super::fence::DOUBTFUL.to_owned());
            // It left, if it did, inside the window: the next stage is reckoned from there, and doubtful too if it falls into it.
            notice.slot_at = notice.due_at.min(self.uncertain_until.unwrap_or(self.now));
            notice.local_date = decisions.edition(notice.workflow)?.calendar.date(notice.slot_at);
            own.iter_mut().for_each(|step| step.state = StepState::Unknown);
        }
        let (stage, channel, state) = (notice.stage_key.as_str(), notice.channel.as_str(), notice.state.as_str());
        span!("issue", notice = notice.id.0.as_str(), stage, channel, state);
        self.steps.append(&mut own);
        Ok(Issued { step: None, notice, cases })
    }
}

/// A new step as it stands in the ledger.
fn queued(step: NewStep, id: StepId, now: Timestamp) -> StepRow {
    let NewStep { notice, pool, last, .. } = step;
    StepRow { id, notice, position: 0, pool, last, attempt: 1, epoch: 0, due_at: now, started_at: None }
}

fn steps_of(notice: &NoticeId, route: Route, proposed: bool) -> impl Iterator<Item = NewStep> {
    let pools = pools(route);
    let state = move |position| if position == 0 && !proposed { StepState::Queued } else { StepState::Ready };
    let notice = notice.clone();
    pools.iter().enumerate().map(move |(position, pool)| NewStep {
        notice: notice.clone(),
        position,
        pool: *pool,
        last: position + 1 == pools.len(),
        state: state(position),
    })
}

/// What earlier notices charged for the same invoices; asked only where a stage charges at all.
async fn earlier_fees(unit: &mut Unit, drafts: &[Draft]) -> Result<BTreeMap<InvoiceId, i64>, EngineError> {
    let charges = |draft: &&Draft| draft.edition.workflow.stages.iter().any(|stage| !stage.fee.is_zero());
    let ids: Vec<_> = drafts.iter().filter(charges).flat_map(|draft| &draft.cases).map(|case| case.instance.id).collect();
    if ids.is_empty() { Ok(BTreeMap::new()) } else { Ok(unit.tx.fees_so_far(ids).await?) }
}

/// Moves the draft's instances onto its notice.
fn enter(
    decisions: &mut Decisions,
    tenant: &Tenant,
    now: Timestamp,
    draft: Draft,
    earlier_fees: i64,
) -> Result<(NoticeRow, Vec<Case>, Route), EngineError> {
    let Draft { mut cases, customer, currency, route, edition, stage, automation } = draft;
    let proposed = automation < Automation::Dispatch;
    let due_at = planned_at(decisions, &cases)?;
    let id = name(decisions, tenant, &cases)?;
    let fee = edition.workflow.stages.get(stage).map_or(rust_decimal::Decimal::ZERO, |stage| stage.fee);
    let mut charged = false;
    let mut lines = Vec::with_capacity(cases.len());
    for case in &mut cases {
        let own = decisions.edition(case.instance.workflow)?;
        let Some((position, _)) = rung(case) else { continue };
        let speaks = !charged && position == stage && own.id == edition.id;
        charged |= speaks;
        let line_fee = if speaks { minor(fee, case.currency) } else { 0 };
        lines.push(line(case, position, own.stage_key(Some(position)), line_fee));
        let command = if proposed { Command::Propose { notice: id.clone() } } else { Command::Issue { notice: id.clone() } };
        decisions.act(case, &command, lateness(due_at, now))?;
    }
    let (recipient, language, secret) =
        cases.first().map(|case| (case.recipient.clone(), case.language.clone(), case.secret.clone())).unwrap_or_default();
    let notice = NoticeRow {
        customer,
        workflow: edition.id,
        stage,
        stage_key: edition.stage_key(Some(stage)),
        state: if proposed { "proposed" } else { "released" }.to_owned(),
        channel: route.channel().to_owned(),
        reason: if let Route::Paper(reason) = route { Some(reason.word().to_owned()) } else { None },
        currency,
        open_minor: lines.iter().map(|line| line.open_minor).sum(),
        fee_minor: earlier_fees + minor(if charged { fee } else { rust_decimal::Decimal::ZERO }, currency),
        slot_at: now,
        due_at: due_at.unwrap_or(now),
        local_date: edition.calendar.date(now),
        letter_hash: None,
        sent_to: None,
        recipient,
        language,
        secret,
        lines,
        id,
    };
    Ok((notice, cases, route))
}

/// A case as a line of a notice, at this stage.
pub(super) fn line(case: &Case, stage: usize, stage_key: String, fee_minor: i64) -> LineRow {
    LineRow {
        instance: case.instance.id,
        stage,
        stage_key,
        open_minor: case.dunnable_minor(),
        fee_minor,
        number: case.number.clone(),
        invoice_date: case.invoice_date,
        due_date: case.due_date,
        amount_minor: case.amount_minor,
        document_hash: case.document_hash,
        is_voucher: case.is_voucher,
    }
}

/// When the earliest of these cases was to leave by its civil date, however long it has been put off since.
fn planned_at(decisions: &mut Decisions, cases: &[Case]) -> Result<Option<Timestamp>, EngineError> {
    let mut earliest = None;
    for case in cases {
        let edition = decisions.edition(case.instance.workflow)?;
        let Some((position, stage_date)) = rung(case) else { continue };
        let time_of_day = edition.workflow.stages.get(position).and_then(|stage| stage.time_of_day);
        let planned = edition.calendar.departure(stage_date, time_of_day, Timestamp(0));
        earliest = Some(earliest.map_or(planned, |at: Timestamp| at.min(planned)));
    }
    Ok(earliest)
}

/// How late the notice leaves, for the history; nothing when it is on time.
fn lateness(due_at: Option<Timestamp>, now: Timestamp) -> Map<String, serde_json::Value> {
    let late_seconds = due_at.map_or(0, |due| (now.0 - due.0) / 1000);
    let mut detail = Map::new();
    if late_seconds > 0 {
        detail.insert("late_seconds".to_owned(), late_seconds.into());
    }
    detail
}

fn name(decisions: &mut Decisions, tenant: &Tenant, cases: &[Case]) -> Result<NoticeId, EngineError> {
    let editions = cases.iter().map(|case| decisions.edition(case.instance.workflow)).collect::<Result<Vec<_>, _>>()?;
    let lines: Vec<_> = cases.iter().zip(&editions).filter_map(|(case, edition)| candidate(case, &edition.workflow.stages)).collect();
    let customer = cases.first().map_or("", |case| case.recipient.number.as_str());
    Ok(notice_id(&tenant.settings.name, customer, &lines))
}
