//! Reads a workflow file: the keys that time and money depend on, with their defaults. It checks nothing; that is the
//! engine's job and has tests of its own.

use super::holidays;
use super::model::{Anchor, Hours, Kind, Medium, Stage, Workflow};
use chrono::{NaiveTime, Weekday};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct WrittenWorkflow {
    timezone: String,
    holidays: String,
    business_hours: Option<WrittenHours>,
    #[serde(default)]
    rules: WrittenRules,
    stages: Vec<WrittenStage>,
}

#[derive(Deserialize)]
struct WrittenHours {
    days: Vec<String>,
    start: String,
    end: String,
}

#[derive(Deserialize, Default)]
struct WrittenRules {
    consolidate: Option<bool>,
    legal_due_shift: Option<bool>,
    min_gap_days: Option<u64>,
    minimum_amount: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct WrittenStage {
    key: String,
    kind: String,
    enabled: Option<bool>,
    anchor: String,
    after_days: u64,
    time_of_day: Option<String>,
    automation: String,
    channel: String,
    fee: Option<String>,
}

pub(crate) fn read(text: &str) -> Workflow {
    let written: WrittenWorkflow = toml::from_str(text).expect("the workflow file is not as the oracle expects it");
    let minimum = written.rules.minimum_amount.unwrap_or_default();
    Workflow {
        zone: written.timezone.parse().expect("unknown time zone"),
        holidays: holidays::of_region(&written.holidays),
        hours: written.business_hours.map(hours),
        consolidate: written.rules.consolidate.unwrap_or(true),
        legal_due_shift: written.rules.legal_due_shift.unwrap_or(false),
        min_gap_days: written.rules.min_gap_days.unwrap_or(3),
        minimum: minimum.into_iter().map(|(currency, amount)| (currency, minor(&amount))).collect(),
        stages: written.stages.into_iter().filter(|stage| stage.enabled.unwrap_or(true)).map(stage).collect(),
    }
}

/// Minor units of an amount written with a point; the tests use currencies with two decimals only.
pub(crate) fn minor(amount: &str) -> i64 {
    let amount: Decimal = amount.parse().expect("not an amount");
    let minor = amount * Decimal::ONE_HUNDRED;
    assert!(minor.is_integer(), "{amount} has more than two decimals");
    minor.to_i64().expect("an amount beyond 64 bits")
}

fn hours(written: WrittenHours) -> Hours {
    Hours { days: written.days.iter().map(|day| weekday(day)).collect(), start: clock(&written.start), end: clock(&written.end) }
}

fn weekday(written: &str) -> Weekday {
    written.parse().expect("unknown weekday")
}

fn clock(written: &str) -> NaiveTime {
    NaiveTime::parse_from_str(written, "%H:%M").expect("a clock time is HH:MM")
}

fn stage(written: WrittenStage) -> Stage {
    Stage {
        kind: match written.kind.as_str() {
            "reminder" => Kind::Reminder,
            "dunning" => Kind::Dunning,
            other => panic!("unknown kind {other}"),
        },
        anchor: match written.anchor.as_str() {
            "due_date" => Anchor::DueDate,
            "previous_stage" => Anchor::PreviousStage,
            other => panic!("unknown anchor {other}"),
        },
        medium: match written.channel.as_str() {
            "email" => Medium::Email,
            "post" => Medium::Post,
            "email_and_post" => Medium::EmailAndPost,
            "email_then_post" => Medium::EmailThenPost,
            other => panic!("unknown channel {other}"),
        },
        dispatches: match written.automation.as_str() {
            "dispatch" => true,
            "propose" | "finalize" => false,
            other => panic!("unknown automation {other}"),
        },
        key: written.key,
        after_days: written.after_days,
        time_of_day: written.time_of_day.as_deref().map(clock),
        fee_minor: written.fee.as_deref().map_or(0, minor),
    }
}
