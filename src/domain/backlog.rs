//! The backlog: what was overdue already when a tenant's dunning begins, and at which stage each of it starts.
//!
//! The owner chooses once. What comes in later and is as old falls under the same choice: a first synchronisation takes hours.

use super::instance::ladder::Ladder;
use chrono::NaiveDate;

/// What the owner chooses for the backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Everything starts at the first stage.
    All,
    /// What is overdue starts at the stage that fits its age; the stages before count as passed without being sent.
    ByAge,
    /// Invoices dated before this day rest; the others start at the first stage.
    From(NaiveDate),
}

/// The choice as it stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backlog {
    /// It is the owner's turn; until then nothing leaves.
    Asked,
    /// What was due before `on` is the backlog.
    Chosen { choice: Choice, on: NaiveDate },
}

/// How an invoice starts its ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    First,
    /// Those up to this stage count as passed.
    After(usize),
    Rests,
}

impl Choice {
    /// The word in SQL, JSON and on the command line, where `from` is followed by its date.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ByAge => "by_age",
            Self::From(_) => "from",
        }
    }

    /// The date of `from`.
    #[must_use]
    pub fn from_date(self) -> Option<NaiveDate> {
        if let Self::From(date) = self { Some(date) } else { None }
    }

    /// How an invoice of the backlog starts, by the dates that it bears, on the day `today`.
    #[must_use]
    pub fn start(self, ladder: Ladder<'_>, invoice_date: NaiveDate, due_date: NaiveDate, today: NaiveDate) -> Start {
        match self {
            Self::All => Start::First,
            Self::ByAge => match fitting_stage(ladder, due_date, today) {
                Some(stage) if ladder.next_stage(None) < Some(stage) => stage.checked_sub(1).map_or(Start::First, Start::After),
                _ => Start::First,
            },
            Self::From(date) if invoice_date < date => Start::Rests,
            Self::From(_) => Start::First,
        }
    }
}

impl Backlog {
    /// What the owner has chosen.
    #[must_use]
    pub fn choice(self) -> Option<Choice> {
        match self {
            Self::Asked => None,
            Self::Chosen { choice, .. } => Some(choice),
        }
    }

    /// How a new invoice starts. What was not due yet on the day of the choice is no backlog, whatever its age is by now.
    #[must_use]
    pub fn start(self, ladder: Ladder<'_>, invoice_date: NaiveDate, due_date: NaiveDate, today: NaiveDate) -> Start {
        match self {
            Self::Chosen { choice, on } if due_date < on => choice.start(ladder, invoice_date, due_date, today),
            Self::Asked | Self::Chosen { .. } => Start::First,
        }
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, date) = text.trim().split_once([' ', ':', '=']).unwrap_or((text.trim(), ""));
        match (word, date.trim()) {
            ("all", "") => Some(Self::All),
            ("by_age", "") => Some(Self::ByAge),
            ("from", date) => date.parse().ok().map(Self::From),
            _ => None,
        }
        .ok_or_else(|| format!("`{text}` is no choice: write `all`, `by_age`, or `from` and a date such as \"from 2026-01-01\""))
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::From(date) => write!(f, "from {date}"),
            Self::All | Self::ByAge => f.write_str(self.word()),
        }
    }
}

/// The stage at which an invoice would stand on `today` had every stage been sent on its day; `None` before the first.
#[must_use]
pub fn fitting_stage(ladder: Ladder<'_>, due_date: NaiveDate, today: NaiveDate) -> Option<usize> {
    let (mut reached, mut sent) = (None, None);
    while let Some(stage) = ladder.next_stage(reached) {
        let date = ladder.stage(stage).map(|definition| ladder.stage_date(definition, due_date, sent))?;
        if date > today {
            break;
        }
        (reached, sent) = (Some(stage), Some(date));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::super::calendar::{Calendar, Holidays, Region};
    use super::super::workflow::{Workflow, parse};
    use super::*;
    use chrono::Days;
    use chrono_tz::Tz;
    use proptest::prelude::*;

    /// Days 3, 10 (off), 17 and 7 after that.
    const WORKFLOW: &str = "name = \"w\"
        [[stages]]\nkey = \"a\"\nkind = \"reminder\"\nafter_days = 3\n
        [[stages]]\nkey = \"b\"\nkind = \"reminder\"\nanchor = \"due_date\"\nafter_days = 10\nenabled = false\n
        [[stages]]\nkey = \"c\"\nkind = \"reminder\"\nanchor = \"due_date\"\nafter_days = 17\n
        [[stages]]\nkey = \"d\"\nkind = \"dunning\"\nafter_days = 7\n";

    fn with_ladder<T>(tell: impl FnOnce(Ladder<'_>) -> T) -> T {
        let workflow: Workflow = parse(WORKFLOW).workflow.unwrap();
        let calendar = Calendar { zone: Tz::Europe__Berlin, holidays: Holidays::of(Region::NONE), hours: None };
        tell(Ladder { workflow: &workflow, calendar: &calendar })
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_age_chooses_the_stage() {
        let due = day("2026-01-01");
        let reached = |days| with_ladder(|ladder| fitting_stage(ladder, due, due + Days::new(days)));
        let table: Vec<_> = [0, 2, 3, 16, 17, 23, 24, 900].into_iter().map(|days| (days, reached(days))).collect();
        let expected = [(0, None), (2, None), (3, Some(0)), (16, Some(0)), (17, Some(2)), (23, Some(2)), (24, Some(3)), (900, Some(3))];
        assert_eq!(table, expected);
    }

    #[test]
    fn each_choice_starts_an_invoice_in_its_way() {
        let (dated, due, today) = (day("2025-12-18"), day("2026-01-01"), day("2026-01-25"));
        let start = |choice: Choice, on| with_ladder(|ladder| Backlog::Chosen { choice, on }.start(ladder, dated, due, today));
        assert_eq!(start(Choice::All, today), Start::First);
        assert_eq!(start(Choice::ByAge, today), Start::After(2), "a and c are behind it, b is off: d is next");
        assert_eq!(start(Choice::ByAge, due), Start::First, "it was not due when the choice was made");
        assert_eq!(start(Choice::From(day("2025-12-18")), today), Start::First, "the day itself is not older");
        assert_eq!(start(Choice::From(day("2025-12-19")), today), Start::Rests);
        assert_eq!(with_ladder(|ladder| Backlog::Asked.start(ladder, dated, due, today)), Start::First);
    }

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for choice in [Choice::All, Choice::ByAge, Choice::From(day("2026-01-01"))] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        assert_eq!("from:2026-01-01".parse(), Ok(Choice::From(day("2026-01-01"))));
        for wrong in ["", "from", "from 2026-13-01", "all 2026-01-01", "none"] {
            assert!(wrong.parse::<Choice>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nobody_starts_at_a_stage_whose_day_has_not_come(days in 0..200_u64) {
            let due = day("2026-01-01");
            let today = due + Days::new(days);
            with_ladder(|ladder| {
                let start = Choice::ByAge.start(ladder, due, due, today);
                let passed = if let Start::After(stage) = start { Some(stage) } else { None };
                let next = ladder.next_stage(passed).expect("the last stage is never skipped");
                let date = ladder.stage_date(ladder.stage(next).unwrap(), due, None);
                prop_assert!(next == 0 || date <= today, "{next} on {today}");
                Ok(())
            })?;
        }
    }
}
