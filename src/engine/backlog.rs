//! What each choice for the backlog would do, for whoever has to make one. Nothing is decided here; where an invoice starts is said by the
//! same words as when the choice is confirmed ([`super::gate`]).

use super::Engine;
use super::edition::Edition;
use super::error::EngineError;
use super::gate::Chosen;
use crate::domain::backlog::{Backlog, Choice, Start};
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::instance::State;
use crate::domain::instance::ladder::Rung;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::store::cases::Case;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Instances that are looked at together.
const PAGE: i64 = 1000;

/// Of what begins, so many are named.
pub const FIRST: usize = 20;

/// Ages by which is counted: not due, and the days after which the next one begins; as receivables are counted.
pub const AGES: usize = 5;
const AGE_DAYS: [i64; AGES - 1] = [0, 30, 60, 90];

/// What a choice would do if it were confirmed now and nobody paid.
#[derive(Clone, Debug)]
pub struct Outlook {
    pub choice: Choice,
    pub chosen: Chosen,
    /// What would begin at each stage, and last what would rest.
    pub starts: Vec<Begins>,
    /// Those that would be sent first, by when they may leave.
    pub first: Vec<Opening>,
}

/// What would begin at a stage, or rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begins {
    /// `None`: it rests.
    pub stage: Option<String>,
    /// Invoices by age.
    pub ages: [i64; AGES],
    /// Those of them whose stage is due already.
    pub due: i64,
    /// What is open on them, by currency.
    pub open_minor: BTreeMap<Currency, i64>,
}

impl Begins {
    #[must_use]
    pub fn count(&self) -> i64 {
        self.ages.iter().sum()
    }
}

/// An invoice's first notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    pub wake_at: Timestamp,
    pub due_date: NaiveDate,
    pub number: String,
    pub invoice: InvoiceId,
    pub customer: CustomerId,
    pub customer_name: String,
    pub stage: String,
    pub open_minor: i64,
    pub currency: Currency,
}

impl Opening {
    fn order(&self) -> (Timestamp, NaiveDate, &str) {
        (self.wake_at, self.due_date, &self.number)
    }
}

/// How a case would start. What was not due yet on that day is no backlog.
pub(super) fn start(edition: &Edition, case: &Case, choice: Choice, on: NaiveDate, now: Timestamp) -> Start {
    Backlog::Chosen { choice, on }.start(edition.ladder(), case.invoice_date, case.due_date, edition.calendar.date(now))
}

/// The stage that follows one that counts as passed, if that is upwards from where the case stands.
pub(super) fn later_stage(edition: &Edition, case: &Case, passed: usize) -> Option<usize> {
    edition.ladder().next_stage(Some(passed)).filter(|stage| case.instance.state.stage() < Some(*stage))
}

impl Engine {
    /// What these choices would do, all in one walk over what has nothing behind it.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn backlog_outlooks(&self, tenant: TenantId, choices: &[Choice]) -> Result<Vec<Outlook>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let now = self.clock.now();
        let on = now.date_in(held.settings.zone);
        let mut counts: Vec<_> = choices.iter().map(|choice| Count::of(*choice)).collect();
        let mut after = InvoiceId(0);
        loop {
            let page = self.store.unbegun(tenant, after, PAGE).await?;
            let Some(last) = page.last().copied() else { break };
            after = last;
            for case in self.store.cases(tenant, page).await?.iter().filter(|case| case.standing.is_none()) {
                let id = case.instance.workflow;
                let why = || EngineError::Workflow { id, why: "it is not known to this process yet".to_owned() };
                let edition = held.known(id).ok_or_else(why)?;
                for count in &mut counts {
                    count.take(case, &edition, on, now);
                }
            }
        }
        Ok(counts.into_iter().map(Count::outlook).collect())
    }
}

/// A choice while its cases are counted.
struct Count {
    choice: Choice,
    chosen: Chosen,
    /// By the stage's place and key; what rests comes last.
    starts: BTreeMap<(usize, Option<String>), Begins>,
    first: Vec<Opening>,
}

impl Count {
    fn of(choice: Choice) -> Self {
        Self { choice, chosen: Chosen::default(), starts: BTreeMap::new(), first: Vec::new() }
    }

    fn take(&mut self, case: &Case, edition: &Edition, on: NaiveDate, now: Timestamp) {
        self.chosen.looked_at += 1;
        let passed = match start(edition, case, self.choice, on, now) {
            Start::Rests => {
                self.chosen.resting += 1;
                return self.count(case, None, edition, on);
            }
            Start::First => None,
            Start::After(passed) => later_stage(edition, case, passed).map(|_| passed),
        };
        self.chosen.advanced += usize::from(passed.is_some());
        // What rests already goes on resting.
        let rests = matches!(case.instance.state, State::Blocked { .. });
        let rung = edition.ladder().next(passed, None, case.due_date, now).filter(|_| !rests);
        if let Some(rung) = &rung {
            self.open(case, rung, edition);
        }
        self.count(case, rung, edition, on);
    }

    fn count(&mut self, case: &Case, rung: Option<Rung>, edition: &Edition, on: NaiveDate) {
        let stage = rung.as_ref().map(|rung| edition.stage_key(Some(rung.stage)));
        let place = rung.as_ref().map_or(usize::MAX, |rung| rung.stage);
        let nothing = || Begins { stage: stage.clone(), ages: [0; AGES], due: 0, open_minor: BTreeMap::new() };
        let begins = self.starts.entry((place, stage.clone())).or_insert_with(nothing);
        let overdue = (on - case.due_date).num_days();
        let age = AGE_DAYS.iter().filter(|days| overdue > **days).count();
        if let Some(count) = begins.ages.get_mut(age) {
            *count += 1;
        }
        begins.due += i64::from(rung.is_some_and(|rung| rung.stage_date <= on));
        let open = begins.open_minor.entry(case.currency).or_default();
        *open = open.saturating_add(case.dunnable_minor());
    }

    fn open(&mut self, case: &Case, rung: &Rung, edition: &Edition) {
        self.first.push(Opening {
            wake_at: rung.wake_at,
            due_date: case.due_date,
            number: case.number.clone(),
            invoice: case.instance.id,
            customer: case.customer,
            customer_name: case.recipient.name.clone(),
            stage: edition.stage_key(Some(rung.stage)),
            open_minor: case.dunnable_minor(),
            currency: case.currency,
        });
        // However many there are, only a handful is kept.
        if self.first.len() >= FIRST * 50 {
            self.keep_first();
        }
    }

    fn keep_first(&mut self) {
        self.first.sort_by(|one, other| one.order().cmp(&other.order()));
        self.first.truncate(FIRST);
    }

    fn outlook(mut self) -> Outlook {
        self.keep_first();
        Outlook { choice: self.choice, chosen: self.chosen, starts: self.starts.into_values().collect(), first: self.first }
    }
}
