//! Which of a customer's invoices, at which stages, a Message-ID stands for that the ledger does not know.
//!
//! A notice's id is a hash of its content (decision 7), so it can be found by composing: every set of the customer's
//! invoices that could have shared a notice after the backup is named, and the names are compared.

use crate::domain::compose::{Candidate, notice_id, order};
use crate::domain::ids::NoticeId;
use crate::domain::instance::State;
use crate::engine::edition::Edition;
use crate::engine::issue::candidate_at;
use crate::store::cases::Case;
use std::collections::BTreeSet;
use std::sync::Arc;

/// With so few invoices every set is tried with every history that they may have had.
const THOROUGH: usize = 5;
/// With so many every set is tried; with more only those that the order of stage dates makes likely.
const EVERY_SET: usize = 12;

/// A line of a notice that was found: which case, at which stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub case: usize,
    pub stage: usize,
}

/// The first of the wanted ids that some of these cases of one customer explain, with its lines in order.
pub(super) fn explain(
    tenant: &str,
    cases: &[Case],
    editions: &[Arc<Edition>],
    wanted: &BTreeSet<NoticeId>,
) -> Option<(NoticeId, Vec<Found>)> {
    let customer = cases.first().map(|case| case.recipient.number.as_str())?;
    let mut lines: Vec<_> = cases.iter().zip(editions).filter_map(|(case, edition)| candidate(case, edition)).collect();
    order(&mut lines);
    let seqs: Vec<Vec<i64>> = lines.iter().map(|line| own_case(cases, line).map(|(_, case)| seqs(case)).unwrap_or_default()).collect();
    let mut matching = None;
    let mut attempt = |choice: &[Option<i64>]| {
        let chosen: Vec<_> = lines.iter().zip(choice).filter_map(|(line, seq)| seq.map(|seq| Candidate { seq, ..line.clone() })).collect();
        let id = notice_id(tenant, customer, &chosen);
        let found = !chosen.is_empty() && wanted.contains(&id);
        if found {
            let lines = chosen.iter().filter_map(|line| own_case(cases, line).map(|(case, _)| Found { case, stage: line.position }));
            matching = Some((id, lines.collect()));
        }
        found
    };
    if lines.len() <= THOROUGH {
        every_choice(&seqs, &mut attempt);
    } else {
        likely_choices(&seqs, &mut attempt);
    }
    matching
}

fn own_case<'a>(cases: &'a [Case], line: &Candidate<'_>) -> Option<(usize, &'a Case)> {
    cases.iter().enumerate().find(|(_, case)| case.instance.id == line.invoice)
}

/// The case at the stage that is next for it, whatever it is doing now.
fn candidate<'a>(case: &'a Case, edition: &'a Edition) -> Option<Candidate<'a>> {
    let ladder = edition.ladder();
    let position = case.instance.state.stage().or_else(|| ladder.next_stage(case.instance.passed))?;
    let stage = edition.workflow.stages.get(position)?;
    let stage_date = match &case.instance.state {
        State::Waiting { stage_date, .. } => *stage_date,
        _ => ladder.stage_date(stage, case.due_date, case.instance.dispatched_on),
    };
    Some(candidate_at(case, position, stage, stage_date))
}

/// The places in its history at which the instance may have waited for that stage, the likeliest first.
fn seqs(case: &Case) -> Vec<i64> {
    let seq = case.instance.seq;
    match &case.instance.state {
        // As it is; after it had been taken off a notice or had rested and waited again; or it has done so only afterwards.
        State::Waiting { .. } if case.instance.placed => vec![seq, seq + 2, seq - 2],
        // Where places are limited it took one first.
        State::Waiting { .. } => vec![seq, seq + 2, seq - 2, seq + 1],
        // It got its place afterwards, or queued for one only then.
        State::QueuedByQuota { .. } => vec![seq + 1, seq - 1, seq + 3],
        // It was taken off its notice, perhaps twice.
        State::Proposed { .. } | State::Issued { .. } | State::Failed { .. } => vec![seq + 1, seq + 3],
        // Its block ended, or it came to rest only afterwards.
        State::Blocked { .. } => vec![seq + 1, seq - 1, seq + 3],
        // It was paid or ended by facts that came in again after the restore: from waiting, or from a notice.
        State::Settled | State::Withdrawn | State::HandedOver | State::Exhausted => vec![seq - 1, seq, seq + 1],
    }
}

/// Every set with every history, until one fits.
fn every_choice(seqs: &[Vec<i64>], attempt: &mut dyn FnMut(&[Option<i64>]) -> bool) {
    let total: usize = seqs.iter().map(|own| own.len() + 1).product();
    for number in 1..total {
        let mut rest = number;
        let choice: Vec<_> = seqs
            .iter()
            .map(|own| {
                let digit = rest % (own.len() + 1);
                rest /= own.len() + 1;
                digit.checked_sub(1).and_then(|place| own.get(place).copied())
            })
            .collect();
        if attempt(&choice) {
            return;
        }
    }
}

/// Every set, or for a customer with very many invoices: all until a date, all but one of them, each alone.
fn likely_choices(seqs: &[Vec<i64>], attempt: &mut dyn FnMut(&[Option<i64>]) -> bool) {
    let count = seqs.len();
    let first = |place: usize| seqs[place].first().copied();
    if count <= EVERY_SET {
        let mut sets = 1..(1_usize << count);
        sets.any(|set| attempt(&(0..count).map(|place| first(place).filter(|_| set >> place & 1 == 1)).collect::<Vec<_>>()));
        return;
    }
    for end in 1..=count {
        let until = |without: Option<usize>| -> Vec<_> {
            (0..count).map(|place| first(place).filter(|_| place < end && Some(place) != without)).collect()
        };
        if attempt(&until(None)) || (0..end).any(|without| attempt(&until(Some(without)))) {
            return;
        }
        let alone: Vec<_> = (0..count).map(|place| first(place).filter(|_| place + 1 == end)).collect();
        if attempt(&alone) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many choices are tried, and whether each is another one.
    fn tried(count: usize) -> (usize, usize) {
        let seqs = vec![vec![3, 2, 4]; count];
        let mut all = Vec::new();
        let mut note = |choice: &[Option<i64>]| {
            all.push(choice.to_vec());
            false
        };
        if count <= THOROUGH {
            every_choice(&seqs, &mut note)
        } else {
            likely_choices(&seqs, &mut note)
        }
        let different: BTreeSet<_> = all.iter().cloned().collect();
        (all.len(), different.len())
    }

    #[test]
    fn sets_are_tried_once_and_there_are_never_too_many() {
        assert_eq!(tried(1), (3, 3));
        assert_eq!(tried(2), (15, 15));
        assert_eq!(tried(5), (1023, 1023));
        assert_eq!(tried(6), (63, 63));
        assert_eq!(tried(12), (4095, 4095));
        assert!(tried(100).0 < 10_000);
    }

    #[test]
    fn the_first_that_fits_ends_it() {
        let mut count = 0;
        every_choice(&[vec![1], vec![2]], &mut |choice| {
            count += 1;
            choice == [None, Some(2)]
        });
        assert_eq!(count, 2);
    }
}
