//! An instance's history and its notices, as text and as JSON.

use crate::cli::output::{Side, Table, json, moment, money, shortened, wrapped};
use crate::cli::say;
use crate::domain::chain::hex;
use crate::domain::format::presentable;
use crate::store::history::StoredTransition;
use crate::store::views::{NoticeView, StepView};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// One entry of the history as JSON.
pub(super) fn transition_json(entry: &StoredTransition, zone: Tz) -> Value {
    let transition = &entry.transition;
    let detail: Value = serde_json::from_str(&transition.detail).unwrap_or_default();
    json!({
        "type": "transition", "seq": transition.seq, "at": transition.business_at.rfc3339_in(zone), "actor": transition.actor,
        "cause": transition.cause, "from": transition.from, "to": transition.to, "stage": transition.stage, "detail": detail,
        "hash": hex(&entry.hash),
    })
}

/// A notice with its steps as JSON.
pub(in crate::cli) fn notice_json(notice: &NoticeView, steps: &[StepView], zone: Tz) -> Value {
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            json!({
                "pool": step.pool, "state": step.state, "attempt": step.attempt, "due": step.due_at.rfc3339_in(zone),
                "started": step.started_at.map(|at| at.rfc3339_in(zone)), "ended": step.ended_at.map(|at| at.rfc3339_in(zone)),
                "error": step.error,
            })
        })
        .collect();
    json!({
        "type": "notice", "id": notice.id, "state": notice.state, "stage": notice.stage, "channel": notice.channel, "reason": notice.reason,
        "due": notice.due_at.rfc3339_in(zone), "late_seconds": late_seconds(notice), "planned": notice.slot_at.rfc3339_in(zone), "dispatched": notice.dispatched_at.map(|at| at.rfc3339_in(zone)),
        "open_minor": notice.open_minor, "fee_minor": notice.fee_minor, "currency": notice.currency, "recipient": notice.recipient,
        "recipient_rule": notice.recipient_rule,
        "reply": notice.reply, "steps": steps,
    })
}

/// How long after its civil date's instant the notice left, or took its slot; 0 for one that is on time.
fn late_seconds(notice: &NoticeView) -> i64 {
    let left = notice.dispatched_at.unwrap_or(notice.slot_at);
    (left.0.saturating_sub(notice.due_at.0) / 1000).max(0)
}

/// How late a notice is, in the two greatest units: `3 days 2 hours`. Nothing below a minute: every mail takes its seconds.
pub(in crate::cli) fn lateness(notice: &NoticeView) -> Option<String> {
    let minutes = late_seconds(notice) / 60;
    let units = [(minutes / 1440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let first = units.iter().position(|(count, _)| *count > 0)?;
    let named = |(count, unit): &(i64, &str)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" });
    Some(units.iter().skip(first).take(2).filter(|(count, _)| *count > 0).map(named).collect::<Vec<_>>().join(" "))
}

/// The history as a time line.
pub(super) fn history(entries: &[StoredTransition], zone: Tz) {
    say("\nhistory");
    let mut table = Table::new(&[
        ("at", Side::Left, 19),
        ("what", Side::Left, 10),
        ("state", Side::Left, 11),
        ("stage", Side::Left, 12),
        ("by", Side::Left, 16),
        ("why and what", Side::Left, 32),
    ]);
    for StoredTransition { transition, .. } in entries {
        table.row([
            moment(transition.business_at, zone),
            transition.cause.clone(),
            transition.to.clone(),
            transition.stage.clone(),
            transition.actor.clone(),
            known(&transition.detail),
        ]);
    }
    table.print();
}

/// What the history kept, the person's own words first.
fn known(detail: &str) -> String {
    let Ok(Value::Object(detail)) = serde_json::from_str::<Value>(detail) else { return String::new() };
    let text = |key: &str| detail.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let named = |key: &str, words: &str| text(key).map(|value| format!("{words}{value}"));
    let parts = [
        text("why"),
        text("reason"),
        text("workflow").zip(text("version")).map(|(name, version)| format!("{name} version {version}")),
        named("owner", "looked after by "),
        named("until", "until "),
        named("stage_date", "next "),
        text("channel"),
        named("late_seconds", "late by seconds: "),
        named("notice", "notice "),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The notices with their steps, errors and the servers' replies.
pub(super) fn notices(found: &[(NoticeView, Vec<StepView>)], zone: Tz) {
    say("\nnotices");
    if found.is_empty() {
        say("none yet");
    }
    for (notice, steps) in found {
        let amount = money(notice.open_minor.saturating_add(notice.fee_minor), &notice.currency);
        let at = notice
            .dispatched_at
            .map_or_else(|| format!("planned {}", moment(notice.slot_at, zone)), |at| format!("left {}", moment(at, zone)));
        let (id, state, stage, channel) = (&notice.id, &notice.state, &notice.stage, &notice.channel);
        say(shortened(&presentable(&format!("{id}  {state}, {stage} by {channel}, {at}, {amount}")), 110));
        said("to", notice.recipient.as_deref());
        said("late", lateness(notice).as_deref());
        said("because", notice.reason.as_deref());
        said("reply", notice.reply.as_deref());
        for step in steps {
            let ended = step.ended_at.or(step.started_at).unwrap_or(step.due_at);
            let tries = if step.attempt > 1 { format!(", attempt {}", step.attempt) } else { String::new() };
            say(presentable(&format!("  {:<6} {}{tries}, {}", step.pool, step.state, moment(ended, zone))));
            said("error", step.error.as_deref());
        }
    }
}

fn said(label: &str, words: Option<&str>) {
    let Some(words) = words.filter(|words| !words.is_empty()) else { return };
    for (index, line) in wrapped(&presentable(words), 96).iter().enumerate() {
        say(format_args!("    {:<8} {line}", if index == 0 { label } else { "" }));
    }
}

/// Prints the entries as lines of `--json`.
pub(super) fn lines(entries: &[StoredTransition], found: &[(NoticeView, Vec<StepView>)], zone: Tz) {
    entries.iter().for_each(|entry| json(&transition_json(entry, zone)));
    found.iter().for_each(|(notice, steps)| json(&notice_json(notice, steps, zone)));
}
