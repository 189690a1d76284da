//! What this process has done and what it takes: counters in memory, and the kernel's word.

use super::text::{Kind, Text, float, seconds};
use crate::engine::Engine;
use crate::engine::metrics::Histogram;
use crate::engine::run::Pulse;
use crate::store::statement::Dialect;
use std::sync::atomic::Ordering;

const MICROSECONDS: f64 = 1_000_000.0;

/// Which program this is, and on what.
pub(super) fn about(engine: &Engine, part: &str, text: &mut Text) {
    let ledger = if engine.store.dialect() == Dialect::Sqlite { "sqlite" } else { "postgres" };
    text.family("mahnwerk_build_info", Kind::Gauge, "The program: its version, its part (serve, work) and the ledger's database.");
    text.sample("mahnwerk_build_info", &[("version", env!("CARGO_PKG_VERSION")), ("part", part), ("ledger", ledger)], 1.0);
    if let Some(bytes) = resident_bytes() {
        text.single("process_resident_memory_bytes", Kind::Gauge, "Memory of the process that is resident.", bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        text.single("process_open_fds", Kind::Gauge, "Open file descriptors.", float(u64::try_from(open.count()).unwrap_or(0)));
    }
}

fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| float(kilobytes.saturating_mul(1024)))
}

/// The planner of this process.
pub(super) fn planner(engine: &Engine, pulse: &Pulse, text: &mut Text) {
    let last_ok = pulse.last_ok.load(Ordering::Relaxed);
    let name = "mahnwerk_planner_last_success_timestamp_seconds";
    text.single(name, Kind::Gauge, "When the planner last looked at all tenants without a failure.", seconds(last_ok));
    let count = |value: i64| float(u64::try_from(value).unwrap_or(0));
    let name = "mahnwerk_planner_rounds_total";
    text.single(name, Kind::Counter, "Rounds that had something to do.", count(pulse.rounds.load(Ordering::Relaxed)));
    let name = "mahnwerk_planner_failures_total";
    text.single(name, Kind::Counter, "Looks of the planner that failed.", float(engine.metrics.round_failures.get()));
    let name = "mahnwerk_steps_rung_total";
    text.single(name, Kind::Counter, "Steps that the planner set going.", count(pulse.issued.load(Ordering::Relaxed)));
    duration(text, "mahnwerk_planner_round_duration_seconds", "How long a round of the planner took.", &engine.metrics.round);
    let help = "How much later than its timer a round of the planner began.";
    duration(text, "mahnwerk_planner_lateness_seconds", help, &engine.metrics.wake_up);
}

/// What sources told this process.
pub(super) fn calls(engine: &Engine, text: &mut Text) {
    let name = "mahnwerk_source_calls_total";
    text.family(name, Kind::Counter, "Calls of sources (webhooks) that this process answered, by what became of them.");
    for (outcome, count) in engine.metrics.calls() {
        text.sample(name, &[("outcome", outcome)], float(count));
    }
}

/// The pools and the writer of this process.
pub(super) fn work(engine: &Engine, text: &mut Text) {
    let metrics = &engine.metrics;
    let name = "mahnwerk_effect_duration_seconds";
    text.family(name, Kind::Histogram, "How long effects took: sending a mail, printing, posting; by pool and outcome.");
    for (pool, outcome, histogram) in metrics.effects() {
        text.histogram(name, &[("pool", pool), ("outcome", outcome)], MICROSECONDS, histogram);
    }
    let help = "How much later than planned notices left: throttle, downtime, retries and all.";
    duration(text, "mahnwerk_dispatch_lateness_seconds", help, &metrics.dispatch_lateness);
    duration(text, "mahnwerk_dispatch_duration_seconds", "From the slot that a notice took to its dispatch.", &metrics.dispatch);
    text.family("mahnwerk_notices_ended_total", Kind::Counter, "Notices that ended in this process, by state.");
    for (state, count) in metrics.ended() {
        text.sample("mahnwerk_notices_ended_total", &[("state", state)], float(count));
    }
    text.family("mahnwerk_commit_writes", Kind::Histogram, "Intents and outcomes in one group commit.");
    text.histogram("mahnwerk_commit_writes", &[], 1.0, &metrics.commit_writes);
    duration(text, "mahnwerk_commit_duration_seconds", "How long a group commit took.", &metrics.commit);
    let name = "mahnwerk_commit_failures_total";
    text.single(name, Kind::Counter, "Group commits that failed.", float(metrics.commit_failures.get()));
}

fn duration(text: &mut Text, name: &str, help: &str, histogram: &Histogram) {
    text.family(name, Kind::Histogram, help);
    text.histogram(name, &[], MICROSECONDS, histogram);
}
