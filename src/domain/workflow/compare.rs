//! What changed between two versions of a workflow, stage by stage and field by field, in the words of the file.

use super::{Workflow, to_toml};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    StageNew(String),
    StageGone(String),
    /// The stages that both have stand in another order: that of the later version.
    Order(Vec<String>),
    /// `stage`: its key; `None`: the workflow's own. A value that is not there is `None`.
    Field {
        stage: Option<String>,
        field: String,
        before: Option<String>,
        after: Option<String>,
    },
}

/// All differences: the workflow's own first, then stage by stage in the later order, then those that are gone.
#[must_use]
pub fn differences(before: &Workflow, after: &Workflow) -> Vec<Difference> {
    let (old, new) = (Parts::of(before), Parts::of(after));
    let mut found = fields(None, &old.own, &new.own);
    let common = |one: &Parts, other: &Parts| -> Vec<String> {
        one.keys().filter(|key| other.stage(key).is_some()).map(ToOwned::to_owned).collect()
    };
    let order = common(&new, &old);
    if order != common(&old, &new) {
        found.push(Difference::Order(order));
    }
    for (key, stage) in &new.stages {
        match old.stage(key) {
            Some(earlier) => found.extend(fields(Some(key), earlier, stage)),
            None => found.push(Difference::StageNew(key.clone())),
        }
    }
    found.extend(old.keys().filter(|key| new.stage(key).is_none()).map(|key| Difference::StageGone(key.to_owned())));
    found
}

type Fields = BTreeMap<String, String>;

/// A workflow's fields by name, defaults included.
#[derive(Default)]
struct Parts {
    own: Fields,
    stages: Vec<(String, Fields)>,
}

impl Parts {
    fn of(workflow: &Workflow) -> Self {
        let mut parts = Self::default();
        let table: Table = to_toml(workflow).parse().unwrap_or_default();
        for (key, value) in &table {
            match value {
                Value::Array(stages) if key == "stages" => {
                    let all = stages.iter().filter_map(Value::as_table).map(flat);
                    parts.stages = all.map(|fields| (fields.get("key").cloned().unwrap_or_default(), fields)).collect();
                }
                other => flatten(key, other, &mut parts.own),
            }
        }
        parts
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        self.stages.iter().map(|(key, _)| key.as_str())
    }

    fn stage(&self, key: &str) -> Option<&Fields> {
        self.stages.iter().find(|(known, _)| known == key).map(|(_, fields)| fields)
    }
}

fn fields(stage: Option<&String>, before: &Fields, after: &Fields) -> Vec<Difference> {
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let field = |name: &String| Difference::Field {
        stage: stage.cloned(),
        field: name.clone(),
        before: before.get(name).cloned(),
        after: after.get(name).cloned(),
    };
    changed.map(field).collect()
}

fn flat(table: &Table) -> Fields {
    let mut fields = Fields::new();
    table.iter().for_each(|(key, value)| flatten(key, value, &mut fields));
    fields
}

fn flatten(path: &str, value: &Value, fields: &mut Fields) {
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, fields)),
        other => {
            fields.insert(path.to_owned(), words(other));
        }
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const STANDARD: &str = include_str!("../../../workflows/standard.toml");

    fn workflow(text: &str) -> Workflow {
        parse(text).workflow.unwrap()
    }

    fn field(stage: Option<&str>, field: &str, before: Option<&str>, after: Option<&str>) -> Difference {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Difference::Field { stage: owned(stage), field: field.to_owned(), before: owned(before), after: owned(after) }
    }

    #[test]
    fn nothing_differs_from_itself_however_it_is_written() {
        let standard = workflow(STANDARD);
        assert_eq!(differences(&standard, &workflow(&to_toml(&standard))), []);
    }

    #[test]
    fn what_differs_is_named_by_stage_and_field() {
        let before = workflow(STANDARD);
        let mut after = before.clone();
        after.rules.min_gap_days = 5;
        after.timezone = None;
        after.stages[1].after_days += 1;
        let gone = after.stages.remove(2);
        let mut new = gone.clone();
        new.key = "last-call".to_owned();
        after.stages.push(new);
        after.stages.swap(3, 4);
        let days = before.stages[1].after_days;
        let mut order: Vec<_> = after.stages.iter().map(|stage| stage.key.clone()).collect();
        order.retain(|key| key != "last-call");
        assert_eq!(
            differences(&before, &after),
            [
                field(None, "rules.min_gap_days", Some("3"), Some("5")),
                field(None, "timezone", Some("Europe/Berlin"), None),
                Difference::Order(order),
                field(Some("reminder-2"), "after_days", Some(&days.to_string()), Some(&(days + 1).to_string())),
                Difference::StageNew("last-call".to_owned()),
                Difference::StageGone("reminder-3".to_owned()),
            ]
        );
    }
}
