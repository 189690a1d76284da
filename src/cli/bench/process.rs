//! What a process has used: processor time and memory, from the kernel's files. Zero where there are none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Clock ticks a second in /proc, the same on every Linux that we run on.
const TICKS_PER_S: u64 = 100;

/// User and system time of this process so far, in milliseconds.
#[must_use]
pub(super) fn cpu_ms() -> u64 {
    cpu_ms_of("self", false)
}

/// The same with the children that have ended.
#[must_use]
pub(super) fn cpu_ms_with_children() -> u64 {
    cpu_ms_of("self", true)
}

/// User and system time of a process (`self`, or its id) so far, in milliseconds.
#[must_use]
pub(super) fn cpu_ms_of(process: &str, with_children: bool) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The command in parentheses may hold blanks; after it utime and stime are the 12th and 13th, cutime and cstime come next.
    let fields: Vec<_> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |index: usize| fields.get(index).and_then(|text: &&str| text.parse::<u64>().ok()).unwrap_or(0);
    let last = if with_children { 14 } else { 12 };
    (11..=last).map(ticks).sum::<u64>() * 1000 / TICKS_PER_S
}

/// The most memory that was resident so far, in mebibytes.
#[must_use]
pub(super) fn peak_rss_mb() -> u64 {
    status_mb("self", "VmHWM:")
}

/// The same of another process, by its id.
#[must_use]
pub(super) fn peak_rss_mb_of(process: &str) -> u64 {
    status_mb(process, "VmHWM:")
}

/// The memory of a process (`self`, or its id) that is resident now, in mebibytes.
#[must_use]
pub(super) fn rss_mb_of(process: &str) -> u64 {
    status_mb(process, "VmRSS:")
}

/// From now on the peak counts anew: what came before is not measured.
pub(super) fn forget_peak() {
    // Where the kernel does not let us, the peak of the whole run is told: too much rather than too little.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status_mb(process: &str, label: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) / 1024
}

/// Counts without locking, for what happens in effects.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<AtomicU64>);

impl Counter {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    #[must_use]
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
