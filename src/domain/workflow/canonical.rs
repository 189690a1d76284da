//! One text for each workflow, however its file was written, and the hash that versions are pinned to.

use super::stage::{ANCHORS, AUTOMATIONS, CHANNELS, KINDS};
use super::{BusinessHours, Rules, Stage, Workflow};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The SHA-256 of the canonical form, 64 lower-case hex digits. Comments, spacing, order of keys and written-out
/// defaults don't change it; everything that can change a notice or its date does.
#[must_use]
pub fn content_hash(workflow: &Workflow) -> String {
    let mut hash = Sha256::new();
    hash.update(b"mahnwerk workflow 1\n");
    hash.update(to_toml(workflow));
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The canonical form: every key in a fixed order, defaults included. Reading it gives the same workflow.
#[must_use]
pub fn to_toml(workflow: &Workflow) -> String {
    let mut out = format!("name = {}\n", quoted(&workflow.name));
    let title: Vec<String> = workflow.title.iter().map(|(language, text)| format!("{language} = {}", quoted(text))).collect();
    line(&mut out, "title", &inline_table(&title));
    if let Some(zone) = workflow.timezone {
        line(&mut out, "timezone", &quoted(zone.name()));
    }
    if let Some(holidays) = &workflow.holidays {
        line(&mut out, "holidays", &quoted(holidays));
    }
    if let Some(hours) = &workflow.business_hours {
        write_hours(&mut out, hours);
    }
    write_rules(&mut out, &workflow.rules);
    for stage in &workflow.stages {
        write_stage(&mut out, stage);
    }
    out
}

fn write_hours(out: &mut String, hours: &BusinessHours) {
    let days: Vec<String> = hours.days.iter().map(|day| quoted(&day.to_string().to_lowercase())).collect();
    out.push_str("\n[business_hours]\n");
    line(out, "days", &format!("[{}]", days.join(", ")));
    line(out, "start", &quoted(&hours.start.format("%H:%M").to_string()));
    line(out, "end", &quoted(&hours.end.format("%H:%M").to_string()));
}

fn write_rules(out: &mut String, rules: &Rules) {
    let minimum: Vec<String> = rules.minimum_amount.iter().map(|(currency, least)| format!("{currency} = {}", amount(*least))).collect();
    out.push_str("\n[rules]\n");
    line(out, "consolidate", &rules.consolidate.to_string());
    line(out, "legal_due_shift", &rules.legal_due_shift.to_string());
    line(out, "min_gap_days", &rules.min_gap_days.to_string());
    line(out, "minimum_amount", &inline_table(&minimum));
    line(out, "max_data_age_hours", &rules.max_data_age_hours.to_string());
}

fn write_stage(out: &mut String, stage: &Stage) {
    out.push_str("\n[[stages]]\n");
    line(out, "key", &quoted(&stage.key));
    line(out, "kind", &quoted(word(KINDS, stage.kind)));
    line(out, "enabled", &stage.enabled.to_string());
    line(out, "anchor", &quoted(word(ANCHORS, stage.anchor)));
    line(out, "after_days", &stage.after_days.to_string());
    if let Some(time) = stage.time_of_day {
        line(out, "time_of_day", &quoted(&time.format("%H:%M").to_string()));
    }
    line(out, "channel", &quoted(word(CHANNELS, stage.channel)));
    line(out, "automation", &quoted(word(AUTOMATIONS, stage.automation)));
    line(out, "attach_invoice", &stage.attach_invoice.to_string());
    if let Some(attach) = stage.attach_letter {
        line(out, "attach_letter", &attach.to_string());
    }
    line(out, "fee", &amount(stage.fee));
    line(out, "template", &quoted(&stage.template));
    line(out, "payment_days", &stage.payment_days.to_string());
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

fn inline_table(entries: &[String]) -> String {
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// With two places or as many as it needs, so that "5", "5.0" and "5.00" are the same.
fn amount(decimal: Decimal) -> String {
    let mut shortest = decimal.normalize();
    if shortest.scale() < 2 {
        shortest.rescale(2);
    }
    format!("\"{shortest}\"")
}

/// The word that means `value`; both lists are complete, which the round trip of every word in the tests holds.
fn word<T: Copy + PartialEq>(choices: &[(&'static str, T)], value: T) -> &'static str {
    choices.iter().find(|(_, meaning)| *meaning == value).map_or("", |(word, _)| word)
}
