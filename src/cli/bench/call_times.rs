//! `--statements`: how often the ledger was asked what, and how long that took. A probe that lets everything pass.

use crate::store::probe::{Call, Probe, Refusal};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Adds up the calls of a store by their names. Reads may run side by side: the sum of their ends less that of their beginnings is the
/// time that they took, whichever belongs to which.
#[derive(Debug)]
pub(super) struct CallTimes {
    since: Instant,
    sums: Mutex<BTreeMap<Call, Sum>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    calls: u64,
    began: u128,
    ended: u128,
}

impl CallTimes {
    /// Begins to count.
    pub(super) fn start() -> Self {
        Self { since: Instant::now(), sums: Mutex::default() }
    }

    /// Forgets what was before.
    pub(super) fn clear(&self) {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The table, dearest first, with microseconds for each of `stages`.
    pub(super) fn table(&self, stages: usize) -> String {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut rows: Vec<_> = sums.into_iter().map(|(call, sum)| (sum.ended.saturating_sub(sum.began), sum.calls, call)).collect();
        rows.sort_by(|one, other| other.cmp(one));
        let stages = u128::try_from(stages.max(1)).unwrap_or(1);
        let mut table = format!("{:>8} {:>12}  call\n", "calls", "µs a stage");
        for (nanos, calls, call) in rows {
            let tenths = nanos / 100 / stages;
            table.push_str(&format!("{calls:>8} {:>10}.{}  {}\n", tenths / 10, tenths % 10, name(call)));
        }
        table
    }

    fn add(&self, call: Call, change: impl FnOnce(&mut Sum, u128)) {
        let at = self.since.elapsed().as_nanos();
        change(self.sums.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default(), at);
    }
}

fn name(call: Call) -> String {
    match call {
        Call::Begin => "begin".to_owned(),
        Call::Commit => "commit".to_owned(),
        Call::Inside(name) => name.to_owned(),
        Call::Read(name) => format!("{name} (outside of a transaction)"),
    }
}

impl Probe for CallTimes {
    fn before(&self, call: Call) -> Result<(), Refusal> {
        self.add(call, |sum, at| sum.began += at);
        Ok(())
    }

    fn after(&self, call: Call) -> Result<(), Refusal> {
        self.add(call, |sum, at| {
            sum.ended += at;
            sum.calls += 1;
        });
        Ok(())
    }
}
