//! What the process itself has used: processor time and memory, from the kernel's files. Zero where there are none.

/// Clock ticks a second in /proc, the same on every Linux that we run on.
const TICKS_PER_S: u64 = 100;

/// User and system time so far, in milliseconds.
#[must_use]
pub(super) fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The command in parentheses may hold blanks; the numbers come after it, utime and stime as the 12th and 13th.
    let fields: Vec<_> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |index: usize| fields.get(index).and_then(|text: &&str| text.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 1000 / TICKS_PER_S
}

/// The most memory that was resident so far, in mebibytes.
#[must_use]
pub(super) fn peak_rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) / 1024
}
