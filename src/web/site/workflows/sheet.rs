//! A workflow as a form has it: every field a text, whatever it says; and the TOML that it stands for.
//!
//! What can't be right is kept as it was entered, so that the check names it and the person finds it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use toml::{Table, Value};

/// The workflow's own fields that are one value, as TOML path and name in the form.
const OWN: &[(&str, &str)] = &[
    ("title.de", "title_de"),
    ("title.en", "title_en"),
    ("timezone", "timezone"),
    ("holidays", "holidays"),
    ("business_hours.start", "start"),
    ("business_hours.end", "end"),
    ("rules.consolidate", "consolidate"),
    ("rules.legal_due_shift", "legal_due_shift"),
    ("rules.min_gap_days", "min_gap_days"),
    ("rules.max_data_age_hours", "max_data_age_hours"),
    ("business_hours.days", "days"),
    ("rules.minimum_amount", "minimum_amount"),
];
/// The fields of a stage, as TOML and form name them alike.
pub(super) const OF_A_STAGE: [&str; 13] = [
    "key",
    "kind",
    "enabled",
    "anchor",
    "after_days",
    "time_of_day",
    "channel",
    "automation",
    "attach_invoice",
    "attach_letter",
    "fee",
    "template",
    "payment_days",
];
const FLAGS: [&str; 5] = ["consolidate", "legal_due_shift", "enabled", "attach_invoice", "attach_letter"];
/// The flags that are boxes to tick.
const BOXES: [&str; 4] = ["consolidate", "legal_due_shift", "enabled", "attach_invoice"];
const NUMBERS: [&str; 4] = ["min_gap_days", "max_data_age_hours", "after_days", "payment_days"];

pub(super) type Fields = BTreeMap<String, String>;

/// All fields of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    /// Of the workflow itself. `days`: the words, with spaces between; `minimum_amount`: `EUR 5.00, CHF 10.00`.
    pub(super) own: Fields,
    pub(super) stages: Vec<Fields>,
}

impl Sheet {
    /// Of a text that is TOML, sound or not; `None` of one that is none.
    pub(super) fn of_toml(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let mut sheet = Self::default();
        for (path, name) in OWN {
            let value = path.split('.').try_fold(&Value::Table(table.clone()), |value, key| value.get(key)).map(entered);
            sheet.own.extend(value.map(|value| ((*name).to_owned(), value)));
        }
        let stages = table.get("stages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let of_stage = |stage: &Value| {
            let named = |name: &&str| Some(((*name).to_owned(), entered(stage.get(*name)?)));
            OF_A_STAGE.iter().filter_map(named).collect()
        };
        sheet.stages = stages.iter().map(of_stage).collect();
        Some(sheet)
    }

    /// Of what a form sent. A box that is not ticked is not sent.
    pub(super) fn of_form(fields: &[(String, String)]) -> Self {
        let first = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        let flag = |form: &str, name: &str| first(form).or_else(|| BOXES.contains(&name).then(|| "false".to_owned()));
        let mut sheet = Self::default();
        for (_, name) in OWN.iter().filter(|(_, name)| *name != "days") {
            sheet.own.extend(flag(name, name).map(|value| ((*name).to_owned(), value)));
        }
        let days: Vec<_> = fields.iter().filter(|(key, _)| key == "days").map(|(_, value)| value.as_str()).collect();
        let has_hours = first("hours").is_some();
        sheet.own.insert("days".to_owned(), days.join(" "));
        if !has_hours {
            ["days", "start", "end"].iter().for_each(|name| drop(sheet.own.remove(*name)));
        }
        let count = first("stages").and_then(|count| count.parse().ok()).unwrap_or(0_usize).min(100);
        let of_stage = |index: usize| {
            let named = |name: &&str| Some(((*name).to_owned(), flag(&format!("s{index}_{name}"), name)?));
            OF_A_STAGE.iter().filter_map(named).collect()
        };
        sheet.stages = (0..count).map(of_stage).collect();
        sheet
    }

    /// What a button does to it: `add`, `remove:2`, `up:2`, `down:2`; the last three by position.
    pub(super) fn change(&mut self, what: &str) {
        let (act, at) = what.split_once(':').unwrap_or((what, ""));
        let at = at.parse::<usize>().unwrap_or(usize::MAX);
        match act {
            "add" => self.add(),
            "remove" if at < self.stages.len() => drop(self.stages.remove(at)),
            "up" if (1..self.stages.len()).contains(&at) => self.stages.swap(at - 1, at),
            "down" if at < self.stages.len().saturating_sub(1) => self.stages.swap(at, at + 1),
            _ => {}
        }
    }

    /// A stage like the last one, a week later, under a name of its own.
    fn add(&mut self) {
        let mut new = self.stages.last().cloned().unwrap_or_default();
        let is_dunning = new.get("kind").is_some_and(|kind| kind == "dunning");
        let word = if is_dunning { "dunning" } else { "reminder" };
        let taken = |key: &str| self.stages.iter().any(|stage| stage.get("key").is_some_and(|own| own == key));
        let key = (1..).map(|number| format!("{word}-{number}")).find(|key| !taken(key)).unwrap_or_default();
        let is_first = self.stages.is_empty();
        let usual = [
            ("kind", word),
            ("enabled", "true"),
            ("anchor", if is_first { "due_date" } else { "previous_stage" }),
            ("after_days", "7"),
            ("channel", "email"),
            ("automation", "dispatch"),
            ("payment_days", "7"),
            ("template", key.as_str()),
            ("key", key.as_str()),
        ];
        for (name, value) in usual {
            let is_own = matches!(name, "key" | "after_days" | "anchor" | "enabled");
            if is_own || !new.contains_key(name) {
                new.insert(name.to_owned(), value.to_owned());
            }
        }
        self.stages.push(new);
    }

    /// What it stands for, under a workflow's name.
    pub(super) fn to_toml(&self, name: &str) -> String {
        let mut out = format!("name = {}\n", quoted(name));
        let own = |name: &str| self.own.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let title: Vec<_> =
            ["de", "en"].iter().filter_map(|tag| Some(format!("{tag} = {}", quoted(own(&format!("title_{tag}"))?)))).collect();
        if !title.is_empty() {
            line(&mut out, "title", &format!("{{ {} }}", title.join(", ")));
        }
        for name in ["timezone", "holidays"] {
            own(name).into_iter().for_each(|value| line(&mut out, name, &quoted(value)));
        }
        if self.own.contains_key("days") {
            out.push_str("\n[business_hours]\n");
            let days: Vec<_> = own("days").unwrap_or_default().split_whitespace().map(quoted).collect();
            line(&mut out, "days", &format!("[{}]", days.join(", ")));
            for name in ["start", "end"] {
                line(&mut out, name, &quoted(own(name).unwrap_or_default()));
            }
        }
        out.push_str("\n[rules]\n");
        for name in ["consolidate", "legal_due_shift", "min_gap_days", "max_data_age_hours"] {
            own(name).into_iter().for_each(|value| line(&mut out, name, &written(name, value)));
        }
        if let Some(amounts) = own("minimum_amount") {
            line(&mut out, "minimum_amount", &minimum(amounts));
        }
        for stage in &self.stages {
            out.push_str("\n[[stages]]\n");
            for name in OF_A_STAGE {
                let value = stage.get(name).map(String::as_str).unwrap_or_default();
                if !value.is_empty() {
                    line(&mut out, name, &written(name, value));
                }
            }
        }
        out
    }
}

/// The names of all fields of a form with so many stages.
pub(super) fn field_names(stages: usize) -> Vec<String> {
    let of_stages = (0..stages).flat_map(|index| OF_A_STAGE.iter().map(move |name| format!("s{index}_{name}")));
    OWN.iter().map(|(_, name)| (*name).to_owned()).chain(of_stages).collect()
}

/// The field of the form that a problem's key stands in; `None` if no field shows it.
pub(super) fn field_of(path: &str) -> Option<String> {
    if let Some(rest) = path.strip_prefix("stages[") {
        let (number, name) = rest.split_once(']')?;
        let name = name.trim_start_matches('.');
        return OF_A_STAGE.contains(&name).then(|| number.parse::<usize>().ok()?.checked_sub(1).map(|index| format!("s{index}_{name}")))?;
    }
    let own =
        OWN.iter().find(|(known, _)| *known == path || (*known == "rules.minimum_amount" && path.starts_with("rules.minimum_amount.")));
    own.map(|(_, name)| (*name).to_owned())
}

fn entered(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(entered).collect::<Vec<_>>().join(" "),
        Value::Table(table) => table.iter().map(|(key, value)| format!("{key} {}", entered(value))).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A number or a yes or no as such, an amount with a point; anything else as the text that it is.
fn written(name: &str, value: &str) -> String {
    let is_number = NUMBERS.contains(&name) && value.parse::<i64>().is_ok();
    let is_flag = FLAGS.contains(&name) && matches!(value, "true" | "false");
    match name {
        _ if is_number || is_flag => value.to_owned(),
        "fee" => quoted(&value.replace(',', ".")),
        _ => quoted(value),
    }
}

/// `EUR 5,00, CHF 10` as a table; a comma between digits is a decimal one.
fn minimum(text: &str) -> String {
    let mut words = text.split([' ', ';', '\n']).map(|word| word.trim_end_matches(',')).filter(|word| !word.is_empty());
    let mut entries = Vec::new();
    while let Some(currency) = words.next() {
        let amount = words.next().unwrap_or_default().replace(',', ".");
        entries.push(format!("{} = {}", quoted(&currency.to_uppercase()), quoted(&amount)));
    }
    format!("{{ {} }}", entries.join(", "))
}

fn line(out: &mut String, key: &str, value: &str) {
    let _ = writeln!(out, "{key} = {value}");
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workflow::{parse, to_toml};

    fn canonical(text: &str) -> String {
        to_toml(&parse(text).workflow.unwrap())
    }

    /// As a browser sends it.
    fn sent(sheet: &Sheet) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in &sheet.own {
            if name == "days" {
                fields.push(("hours".to_owned(), "1".to_owned()));
                fields.extend(value.split(' ').map(|day| ("days".to_owned(), day.to_owned())));
            } else {
                fields.push((name.clone(), value.clone()));
            }
        }
        fields.push(("stages".to_owned(), sheet.stages.len().to_string()));
        for (index, stage) in sheet.stages.iter().enumerate() {
            fields.extend(stage.iter().map(|(name, value)| (format!("s{index}_{name}"), value.clone())));
        }
        fields.retain(|(name, value)| !(BOXES.iter().any(|flag| name.ends_with(flag)) && value == "false"));
        fields
    }

    #[test]
    fn a_form_and_its_file_say_the_same() {
        for shipped in [
            include_str!("../../../../workflows/standard.toml"),
            include_str!("../../../../workflows/gentle.toml"),
            include_str!("../../../../workflows/business.toml"),
        ] {
            let text = canonical(shipped);
            let sheet = Sheet::of_toml(&text).unwrap();
            let name = parse(&text).workflow.unwrap().name;
            assert_eq!(canonical(&Sheet::of_form(&sent(&sheet)).to_toml(&name)), text);
        }
    }

    #[test]
    fn what_was_entered_wrong_is_kept_and_named() {
        let mut sheet = Sheet::of_toml(&canonical(include_str!("../../../../workflows/standard.toml"))).unwrap();
        sheet.stages[1].insert("after_days".to_owned(), "bald".to_owned());
        sheet.own.insert("minimum_amount".to_owned(), "EUR 5,00; chf 10".to_owned());
        sheet.own.insert("min_gap_days".to_owned(), "0".to_owned());
        let text = sheet.to_toml("standard");
        let fields: Vec<_> = parse(&text).problems.iter().map(|problem| field_of(&problem.field).unwrap()).collect();
        assert_eq!(fields, ["min_gap_days", "s1_after_days"]);
        assert_eq!(Sheet::of_toml(&text).unwrap().stages[1]["after_days"], "bald");
        assert!(text.contains("\"EUR\" = \"5.00\", \"CHF\" = \"10\""), "{text}");
        assert_eq!(field_of("stages[2].colour"), None);
        assert_eq!(field_of("rules.minimum_amount.EUR").as_deref(), Some("minimum_amount"));
    }

    #[test]
    fn stages_are_added_moved_and_taken_out() {
        let mut sheet = Sheet::default();
        ["add", "add", "up:1", "remove:7", "down:1", "nonsense", "add"].iter().for_each(|what| sheet.change(what));
        let keys = |sheet: &Sheet| sheet.stages.iter().map(|stage| stage["key"].clone()).collect::<Vec<_>>();
        assert_eq!(keys(&sheet), ["reminder-2", "reminder-1", "reminder-3"]);
        sheet.change("remove:0");
        sheet.change("down:0");
        assert_eq!(keys(&sheet), ["reminder-3", "reminder-1"]);
        sheet.stages[0].insert("anchor".to_owned(), "due_date".to_owned());
        assert!(parse(&sheet.to_toml("new")).workflow.is_some(), "{:?}", parse(&sheet.to_toml("new")).problems);
    }
}
