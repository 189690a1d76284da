//! From the text of a workflow file to a [`Workflow`], collecting every problem on the way.

use super::{BusinessHours, References, Rules, Workflow, check, stage};
use crate::domain::money::{Currency, parse_minor};
use crate::domain::toml_reader::{Document, Overrides, Problem, Table, value};
use chrono::Weekday;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use toml::de::DeValue;

/// What came of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// There if and only if no problem is an error.
    pub workflow: Option<Workflow>,
    /// All of them, in the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads and checks a workflow file by itself: regions are only looked at for their shape, templates not at all.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    parse_with(text, &References::default())
}

/// Reads and checks a workflow file, asking `references` for the regions and templates that it names.
#[must_use]
pub fn parse_with(text: &str, references: &References<'_>) -> Parsed {
    let document = Document::new(text, Overrides::default());
    let workflow = read_file(&document, references);
    let problems = document.into_problems();
    let refused = problems.iter().any(Problem::is_error);
    Parsed { workflow: (!refused).then_some(workflow), problems }
}

/// Where something is wrong a harmless value stands in: the caller drops the result then.
fn read_file(document: &Document<'_>, references: &References<'_>) -> Workflow {
    let root = document.root();
    let name = root.required("name", "name = \"standard\"", value::name).unwrap_or_default();
    let title = read_title(&root.table("title"));
    let timezone = root.value("timezone", value::zone);
    let holidays = root.value("holidays", |value| read_holidays(value, references));
    let hours = root.table("business_hours");
    let business_hours = if hours.is_there() { read_hours(&hours) } else { None };
    let rules = read_rules(&root.table("rules"));
    let tables = root.tables("stages");
    if tables.as_ref().is_some_and(Vec::is_empty) {
        root.missing("stages", "there is no stage: write [[stages]] and its keys below it, at least once");
    }
    root.finish();
    let numbered = tables.unwrap_or_default().into_iter().enumerate();
    let drafts: Vec<_> = numbered.map(|(index, table)| stage::read(table, index == 0, references)).collect();
    check::whole(&rules, business_hours.as_ref(), &drafts);
    let stages = drafts.into_iter().map(|draft| draft.stage).collect();
    Workflow { name, title, timezone, holidays, business_hours, rules, stages }
}

fn read_title(table: &Table<'_>) -> BTreeMap<String, String> {
    let mut title = BTreeMap::new();
    for language in ["de", "en"] {
        if let Some(text) = table.value(language, read_caption) {
            title.insert(language.to_owned(), text);
        }
    }
    table.finish();
    title
}

/// A title is shown as it stands, so a placeholder in it would reach people unfilled.
fn read_caption(value: &DeValue<'_>) -> Result<String, String> {
    let text = value::text(value)?;
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err("must be one line of text, such as \"Mahnverfahren\"".to_owned());
    }
    if text.contains("{{") {
        return Err(format!("`{text}` is shown as it stands: write it without placeholders, which only templates fill in"));
    }
    Ok(text)
}

fn read_holidays(value: &DeValue<'_>, references: &References<'_>) -> Result<String, String> {
    let region = value::text(value)?;
    if region != "none" {
        (references.known_region)(&region)?;
    }
    Ok(region)
}

fn read_hours(table: &Table<'_>) -> Option<BusinessHours> {
    let days = table.required("days", "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]", read_days);
    let start = table.required("start", "start = \"09:00\"", value::clock_time);
    let end = table.required("end", "end = \"15:00\"", value::clock_time);
    table.finish();
    let hours = BusinessHours { days: days?, start: start?, end: end? };
    if hours.end <= hours.start {
        let start = hours.start.format("%H:%M");
        table.error("end", format!("must be later than `start` ({start}), or no notice could ever leave; write a time after it"));
        return None;
    }
    Some(hours)
}

fn read_days(value: &DeValue<'_>) -> Result<Vec<Weekday>, String> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let one_day = value::one_of(&[("mon", Mon), ("tue", Tue), ("wed", Wed), ("thu", Thu), ("fri", Fri), ("sat", Sat), ("sun", Sun)]);
    let mut days = Vec::new();
    for word in value::texts(value)? {
        let day = one_day(&DeValue::String(word.as_str().into())).map_err(|message| format!("each day {message}"))?;
        if days.contains(&day) {
            return Err(format!("names `{word}` twice: write each day once"));
        }
        days.push(day);
    }
    if days.is_empty() {
        return Err(
            "must name at least one day, or no notice could ever leave; to send on any day and hour, leave out [business_hours]".to_owned()
        );
    }
    days.sort_by_key(Weekday::num_days_from_monday);
    Ok(days)
}

fn read_rules(table: &Table<'_>) -> Rules {
    let rules = Rules {
        consolidate: table.value("consolidate", value::flag).unwrap_or(true),
        legal_due_shift: table.value("legal_due_shift", value::flag).unwrap_or(false),
        min_gap_days: table.value("min_gap_days", value::whole(1..=365)).unwrap_or(3),
        minimum_amount: read_minimum(&table.table("minimum_amount")),
        max_data_age_hours: table.value("max_data_age_hours", value::whole(1..=8760)).unwrap_or(24),
    };
    table.finish();
    rules
}

fn read_minimum(table: &Table<'_>) -> BTreeMap<Currency, Decimal> {
    let mut minimum = BTreeMap::new();
    for code in table.keys() {
        match Currency::parse(code) {
            Ok(currency) => {
                minimum.extend(table.value(code, |value| read_amount(value, currency.decimals())).map(|amount| (currency, amount)));
            }
            Err(message) => table.error(code, message),
        }
    }
    minimum
}

/// An exact amount in major units with at most `decimals` places, not negative. Numbers without quotes are refused,
/// because in TOML those with decimals are binary fractions.
pub(super) fn read_amount(value: &DeValue<'_>, decimals: u32) -> Result<Decimal, String> {
    let DeValue::String(text) = value else {
        return Err("must be an amount in quotes, such as \"2.50\"".to_owned());
    };
    let example = if decimals == 0 { "300" } else { "2.50" };
    let minor = parse_minor(text, decimals, '.')
        .map_err(|_| format!("`{text}` is no amount with at most {decimals} decimal places: write one such as \"{example}\""))?;
    if minor < 0 {
        return Err(format!("must not be negative: write \"0.00\" or more, not `{text}`"));
    }
    Ok(Decimal::new(minor, decimals))
}
