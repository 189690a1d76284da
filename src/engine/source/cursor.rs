//! How far a run is: kept in the ledger beside what it took in, so that a run goes on where it was, whoever goes on with it. Pure.
//!
//! A *sweep* lists everything that is open, then what has changed meanwhile, then asks about each claim that is believed open and was not
//! listed. A run of *changes* lists what has changed since the day before the last one. A listing that would be cut off is divided into
//! windows by the day on which its claims were created.

use super::ports::{Bounds, ClaimKind, ClaimStatus, Days, Filter, Page};
use super::words::{is_claimed, kind, kind_word};
use crate::domain::time::Timestamp;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How often what is open is listed again because claims left the listing while it was read.
const PASSES: u32 = 3;
/// Nothing is older: where a listing without bounds is divided first.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    Sweep,
    Changes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Lists what is open.
    Open,
    /// Lists what has changed.
    Changes,
    /// Asks about claims one by one.
    Missing,
}

/// Days of creation that are listed at once; of one kind only, where a day has too many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    kind: Option<String>,
}

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pub kind: RunKind,
    pub phase: Phase,
    pub started_at: Timestamp,
    /// The source's day on which it began.
    started_on: NaiveDate,
    /// When this pass over what is open began.
    pass_at: Timestamp,
    pass: u32,
    /// The first day whose changes are listed.
    changes_from: NaiveDate,
    /// The windows that are left; the last one is under way.
    windows: Vec<Window>,
    pub page: u32,
    /// Rows of the window so far, and how many its first page promised.
    received: u64,
    promised: u64,
    /// What the windows that are done had.
    done: u64,
    /// Rows moved between the pages of this pass: some may have been skipped.
    moved: bool,
    /// What is open takes more than one page, so that rows can be skipped at all.
    paged: bool,
}

/// A day of the listing has more rows than can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub day: NaiveDate,
}

impl Cursor {
    /// A run that begins now, on the source's day `today`.
    pub(super) fn begin(kind: RunKind, now: Timestamp, today: NaiveDate, changes_from: NaiveDate) -> Self {
        Self {
            kind,
            phase: if kind == RunKind::Sweep { Phase::Open } else { Phase::Changes },
            started_at: now,
            started_on: today,
            pass_at: now,
            pass: 1,
            changes_from,
            windows: vec![Window::default()],
            page: 0,
            received: 0,
            promised: 0,
            done: 0,
            moved: false,
            paged: false,
        }
    }

    /// What is listed now; `None` once claims are asked about one by one.
    pub(super) fn filter(&self, kinds: &[ClaimKind]) -> Option<Filter> {
        let window = self.windows.last()?;
        let kinds = window.kind.as_deref().map_or_else(|| kinds.to_vec(), |word| vec![kind(word)]);
        let created = Days { from: window.from, to: window.to };
        match self.phase {
            Phase::Open => {
                let statuses = vec![ClaimStatus::Open, ClaimStatus::DirectDebit];
                Some(Filter { kinds, statuses, created, updated: Days::default() })
            }
            Phase::Changes => {
                let updated = Days { from: Some(self.changes_from), to: None };
                Some(Filter { kinds, statuses: Vec::new(), created, updated })
            }
            Phase::Missing => None,
        }
    }

    /// How many rows this pass has listed, and how many there are as far as is known.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.done + self.received, self.done + self.promised.max(self.received))
    }

    /// Moves on behind a page that was taken in.
    ///
    /// # Errors
    /// When a day can't be listed whole.
    pub(super) fn behind(&mut self, page: &Page, bounds: Bounds, kinds: &[ClaimKind], today: NaiveDate) -> Result<(), TooMany> {
        if self.page == 0 && page.total >= bounds.window_rows {
            return self.divide(kinds, today);
        }
        let rows = u64::try_from(page.rows.len()).unwrap_or(0);
        if self.page == 0 {
            self.promised = page.total;
        }
        self.received += rows;
        match self.phase {
            Phase::Open => {
                self.moved |= page.total != self.promised;
                self.paged |= !page.last;
            }
            // Who left the listing of what is open while it was read moved those behind it.
            Phase::Changes => self.moved |= page.rows.iter().any(|row| row.updated >= self.pass_at && !is_claimed(&row.status)),
            Phase::Missing => {}
        }
        if !page.last && !page.rows.is_empty() {
            self.page += 1;
            return Ok(());
        }
        self.moved |= self.phase == Phase::Open && self.received != self.promised;
        self.done += self.received;
        self.windows.pop();
        self.rewind();
        if self.windows.is_empty() {
            self.next_phase(today);
        }
        Ok(())
    }

    fn rewind(&mut self) {
        (self.page, self.received, self.promised) = (0, 0, 0);
    }

    fn next_phase(&mut self, today: NaiveDate) {
        match (self.kind, self.phase) {
            (RunKind::Sweep, Phase::Open) => {
                // The day before as well: the source's days and ours may begin at other instants.
                self.changes_from = self.started_on.pred_opt().unwrap_or(self.started_on);
                (self.phase, self.windows) = (Phase::Changes, vec![Window::default()]);
            }
            (RunKind::Sweep, Phase::Changes) if self.moved && self.paged && self.pass < PASSES => {
                self.pass += 1;
                (self.phase, self.windows) = (Phase::Open, vec![Window::default()]);
                (self.moved, self.paged, self.done) = (false, false, 0);
                self.started_on = self.started_on.min(today);
            }
            _ => self.phase = Phase::Missing,
        }
    }

    /// Another pass begins at `now`: what changes from now on may move its rows.
    pub(super) fn pass_begins(&mut self, now: Timestamp) {
        if self.phase == Phase::Open && self.page == 0 && self.done == 0 && self.received == 0 {
            self.pass_at = now;
        }
    }

    /// Divides the window in two by day, a single day by kind.
    fn divide(&mut self, kinds: &[ClaimKind], today: NaiveDate) -> Result<(), TooMany> {
        let window = self.windows.pop().unwrap_or_default();
        self.rewind();
        let last = window.to.unwrap_or_else(|| today.succ_opt().unwrap_or(today));
        let first = window.from.unwrap_or(FIRST_DAY).min(last);
        let days = (last - first).num_days();
        if days > 0 {
            let middle = first + chrono::Days::new(u64::try_from(days / 2).unwrap_or(0));
            let later = Window { from: middle.succ_opt(), to: window.to, ..window.clone() };
            let earlier = Window { from: window.from, to: Some(middle), ..window };
            self.windows.extend([later, earlier]);
            return Ok(());
        }
        if window.kind.is_some() || kinds.len() < 2 {
            return Err(TooMany { day: first });
        }
        let of_kind = |kind: &ClaimKind| Window { kind: Some(kind_word(kind).to_owned()), ..window.clone() };
        self.windows.extend(kinds.iter().map(of_kind));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { page_rows: 250, window_rows: 10_000 };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_listing_that_is_too_long_is_divided_until_every_window_fits_and_none_overlap() {
        let today = day("2026-03-01");
        let kinds = [ClaimKind::Invoice, ClaimKind::DownPayment];
        let mut cursor = Cursor::begin(RunKind::Sweep, Timestamp(0), today, today);
        let (mut seen, mut requests) = (Vec::new(), 0);
        // 100 claims on every day of the last 400.
        let first = today - chrono::Days::new(399);
        while cursor.phase == Phase::Open {
            let Days { from, to } = cursor.filter(&kinds).unwrap().created;
            let (from, to) = (from.unwrap_or(FIRST_DAY).max(first), to.unwrap_or(today).min(today));
            let total = u64::try_from(((to - from).num_days() + 1).max(0)).unwrap() * 100;
            let page = Page { rows: Vec::new(), total: total.min(10_000), last: true };
            if total < 10_000 {
                seen.push((from, to));
            }
            cursor.behind(&page, BOUNDS, &kinds, today).unwrap();
            requests += 1;
        }
        seen.retain(|(from, to)| from <= to);
        assert_eq!((seen[0].0, seen.last().unwrap().1), (first, today));
        assert!(seen.windows(2).all(|pair| pair[0].1.succ_opt() == Some(pair[1].0)), "{seen:?}");
        assert!(requests < 40, "{requests}");
    }

    #[test]
    fn a_day_with_too_many_is_divided_by_kind_and_then_named() {
        let today = day("2026-03-01");
        let kinds = [ClaimKind::Invoice, ClaimKind::RevenueVoucher];
        let mut cursor = Cursor::begin(RunKind::Changes, Timestamp(0), today, today);
        let page = Page { rows: Vec::new(), total: 10_000, last: false };
        let mut refused = None;
        for _ in 0..40 {
            if let Err(error) = cursor.behind(&page, BOUNDS, &kinds, today) {
                refused = Some(error);
                break;
            }
        }
        assert_eq!(refused, Some(TooMany { day: FIRST_DAY }));
        assert!(cursor.windows.iter().any(|window| window.kind.is_some()));
    }
}
