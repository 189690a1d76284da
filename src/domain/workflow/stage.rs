//! One `[[stages]]` entry: its keys and their defaults.

use super::parse::read_amount;
use super::{Anchor, Automation, Channel, References, Stage, StageKind};
use crate::domain::toml_reader::{Table, value};
use rust_decimal::Decimal;

/// A stage that was read, with its table so that checks across stages can point at its lines.
#[derive(Debug)]
pub(super) struct Draft<'d> {
    pub(super) stage: Stage,
    pub(super) table: Table<'d>,
    /// False if a key that must be there is missing or wrong, and a harmless value stands in.
    pub(super) is_complete: bool,
}

/// Fees are in the currency of the notice, which is not known here: two places are right for nearly all.
const FEE_DECIMALS: u32 = 2;
/// Ten years: what lies later is a typing error.
const LONGEST_WAIT_DAYS: i64 = 3650;

pub(super) fn read<'d>(table: Table<'d>, first: bool, references: &References<'_>) -> Draft<'d> {
    let key = table.required("key", "key = \"reminder-1\", a name that no other stage has", value::name);
    let kind = table.required("kind", "kind = \"reminder\" or kind = \"dunning\"", value::one_of(KINDS));
    let after_days = table.required("after_days", "after_days = 7", value::whole(0..=LONGEST_WAIT_DAYS));
    let is_complete = key.is_some() && kind.is_some() && after_days.is_some();
    let key = key.unwrap_or_default();
    let stage = Stage {
        kind: kind.unwrap_or(StageKind::Reminder),
        enabled: table.value("enabled", value::flag).unwrap_or(true),
        anchor: table.value("anchor", value::one_of(ANCHORS)).unwrap_or(if first { Anchor::DueDate } else { Anchor::PreviousStage }),
        after_days: after_days.unwrap_or(0),
        time_of_day: table.value("time_of_day", value::clock_time),
        channel: table.value("channel", value::one_of(CHANNELS)).unwrap_or(Channel::Email),
        automation: table.value("automation", value::one_of(AUTOMATIONS)).unwrap_or(Automation::Dispatch),
        attach_invoice: table.value("attach_invoice", value::flag).unwrap_or(false),
        attach_letter: table.value("attach_letter", value::flag),
        fee: table.value("fee", |value| read_amount(value, FEE_DECIMALS)).unwrap_or(Decimal::ZERO),
        template: read_template(&table, &key, references),
        payment_days: table.value("payment_days", value::whole(1..=365)).unwrap_or(7),
        key,
    };
    refuse_interest(&table);
    table.finish();
    Draft { stage, table, is_complete }
}

/// A template that is left out is named like the stage, and must exist just the same.
fn read_template(table: &Table<'_>, key: &str, references: &References<'_>) -> String {
    let named = table.value("template", value::name);
    let template = if table.has("template") { named.unwrap_or_default() } else { key.to_owned() };
    if !template.is_empty()
        && let Err(message) = (references.known_template)(&template)
    {
        table.error("template", message);
    }
    template
}

/// The key is read so that nobody who writes it believes in interest that is never charged.
fn refuse_interest(table: &Table<'_>) {
    if table.value("interest", value::flag) == Some(true) {
        let message = "interest is not calculated in this version: write interest = false or leave it out, and claim interest yourself";
        table.error("interest", message.to_owned());
    }
}

pub(super) const KINDS: &[(&str, StageKind)] = &[("reminder", StageKind::Reminder), ("dunning", StageKind::Dunning)];
pub(super) const ANCHORS: &[(&str, Anchor)] = &[("due_date", Anchor::DueDate), ("previous_stage", Anchor::PreviousStage)];
pub(super) const CHANNELS: &[(&str, Channel)] = &[
    ("email", Channel::Email),
    ("post", Channel::Post),
    ("email_and_post", Channel::EmailAndPost),
    ("email_then_post", Channel::EmailThenPost),
];
pub(super) const AUTOMATIONS: &[(&str, Automation)] =
    &[("propose", Automation::Propose), ("finalize", Automation::Finalize), ("dispatch", Automation::Dispatch)];
