//! Reads what the binary printed and says, in words that a person can follow, where it first differs from the oracle.

use super::model::{Dispatch, InstanceEnd, Invoice, Line, Outcome};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::{Debug, Write};

/// The printed rehearsal.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) outcome: Outcome,
    pub(crate) notices: Vec<String>,
    pub(crate) summary: Summary,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    invoices: usize,
    dispatches: usize,
    settled: usize,
    open: usize,
}

/// Reads `rehearse --json`. The order of the kinds is part of the promise: dispatches, instances, one summary.
pub(crate) fn read_printed(output: &str) -> Printed {
    let mut outcome = Outcome { dispatches: Vec::new(), instances: Vec::new() };
    let mut notices = Vec::new();
    let mut summaries = Vec::new();
    for line in output.lines() {
        let row: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("not a JSON line: {error}: {line}"));
        match text(&row, "type").as_str() {
            "dispatch" => {
                assert!(outcome.instances.is_empty() && summaries.is_empty(), "a dispatch after the instances: {line}");
                notices.push(text(&row, "notice"));
                outcome.dispatches.push(dispatch(&row));
            }
            "instance" => {
                assert!(summaries.is_empty(), "an instance after the summary: {line}");
                outcome.instances.push(instance(&row));
            }
            "summary" => summaries.push(summary(&row)),
            other => panic!("unknown type {other}: {line}"),
        }
    }
    assert_eq!(summaries.len(), 1, "exactly one summary line is printed");
    Printed { outcome, notices, summary: summaries.remove(0) }
}

fn dispatch(row: &Value) -> Dispatch {
    Dispatch {
        at: text(row, "at"),
        stage: text(row, "stage"),
        channel: text(row, "channel"),
        customer: text(row, "customer"),
        lines: list(row, "lines").iter().map(line).collect(),
        total_minor: number(row, "total_minor"),
        currency: text(row, "currency"),
        fee_minor: row.get("fee_minor").map_or(0, |_| number(row, "fee_minor")),
    }
}

fn line(row: &Value) -> Line {
    Line { invoice: text(row, "invoice"), stage: text(row, "stage"), open_minor: number(row, "open_minor") }
}

fn instance(row: &Value) -> InstanceEnd {
    let stage = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_else(|| panic!("a stage is no text in {row}"));
    InstanceEnd { invoice: text(row, "invoice"), state: text(row, "state"), stages: list(row, "stages").iter().map(stage).collect() }
}

fn summary(row: &Value) -> Summary {
    let count = |key: &str| usize::try_from(number(row, key)).unwrap_or_else(|_| panic!("{key} is negative in {row}"));
    Summary { invoices: count("invoices"), dispatches: count("dispatches"), settled: count("settled"), open: count("open") }
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{key} is no text in {row}"))
}

fn number(row: &Value, key: &str) -> i64 {
    row[key].as_i64().unwrap_or_else(|| panic!("{key} is no whole number in {row}"))
}

fn list<'a>(row: &'a Value, key: &str) -> &'a [Value] {
    row[key].as_array().unwrap_or_else(|| panic!("{key} is no list in {row}"))
}

/// `None` if the binary printed exactly what the oracle expects; otherwise the first difference of each part.
pub(crate) fn difference(invoices: &[Invoice], expected: &Outcome, printed: &Printed) -> Option<String> {
    let mut report = String::new();
    let concerned = |dispatch: &Dispatch| dispatch.lines.iter().map(|line| line.invoice.clone()).collect();
    part("dispatch", &expected.dispatches, &printed.outcome.dispatches, concerned, invoices, &mut report);
    let concerned = |instance: &InstanceEnd| vec![instance.invoice.clone()];
    part("instance", &expected.instances, &printed.outcome.instances, concerned, invoices, &mut report);
    let settled = expected.count("settled");
    let (instances, dispatches) = (expected.instances.len(), expected.dispatches.len());
    let summary = Summary { invoices: instances, dispatches, settled, open: instances - settled };
    if summary != printed.summary {
        let _ = writeln!(report, "summary\n  expected {summary:?}\n  printed  {:?}", printed.summary);
    }
    let distinct: BTreeSet<&String> = printed.notices.iter().collect();
    if distinct.len() != printed.notices.len() || distinct.iter().any(|id| id.is_empty()) {
        let _ = writeln!(report, "notice ids are empty or not unique");
    }
    (!report.is_empty()).then_some(report)
}

/// The first pair of lines that differs, with the lines before it and the invoices that it is about.
fn part<T: PartialEq + Debug>(
    name: &str,
    expected: &[T],
    printed: &[T],
    concerned: impl Fn(&T) -> Vec<String>,
    invoices: &[Invoice],
    report: &mut String,
) {
    let longest = expected.len().max(printed.len());
    let Some(first) = (0..longest).find(|&index| expected.get(index) != printed.get(index)) else { return };
    let different = (0..longest).filter(|&index| expected.get(index) != printed.get(index)).count();
    let (wanted, got) = (expected.len(), printed.len());
    let _ = writeln!(report, "{name}: {wanted} expected, {got} printed, {different} differ in place; the first is no. {first}");
    for before in &expected[first.saturating_sub(3)..first.min(expected.len())] {
        let _ = writeln!(report, "  as expected {before:?}");
    }
    let _ = writeln!(report, "  expected    {}", shown(expected.get(first)));
    let _ = writeln!(report, "  printed     {}", shown(printed.get(first)));
    let both = [expected.get(first), printed.get(first)];
    let numbers: BTreeSet<String> = both.into_iter().flatten().flat_map(concerned).collect();
    for invoice in invoices.iter().filter(|invoice| numbers.contains(&invoice.number)) {
        let _ = writeln!(report, "  about       {invoice:?}");
    }
}

fn shown<T: Debug>(line: Option<&T>) -> String {
    line.map_or_else(|| "nothing".to_owned(), |line| format!("{line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The issue's own example lines, with the blanks filled in.
    const PRINTED: &str = r#"
{"type":"dispatch","at":"2013-11-20T09:00:00+01:00","stage":"reminder-1","channel":"email","customer":"K","lines":[{"invoice":"9982796720","stage":"reminder-1","open_minor":6123}],"total_minor":6123,"currency":"USD","notice":"n1"}
{"type":"instance","invoice":"9982796720","state":"settled","stages":["reminder-1"]}
{"type":"summary","invoices":1,"dispatches":1,"settled":1,"open":0}
"#;

    fn expected() -> Outcome {
        let line = Line { invoice: "9982796720".to_owned(), stage: "reminder-1".to_owned(), open_minor: 6123 };
        let dispatch = Dispatch {
            at: "2013-11-20T09:00:00+01:00".to_owned(),
            stage: "reminder-1".to_owned(),
            channel: "email".to_owned(),
            customer: "K".to_owned(),
            lines: vec![line],
            total_minor: 6123,
            currency: "USD".to_owned(),
            fee_minor: 0,
        };
        let end = InstanceEnd { invoice: "9982796720".to_owned(), state: "settled".to_owned(), stages: vec!["reminder-1".to_owned()] };
        Outcome { dispatches: vec![dispatch], instances: vec![end] }
    }

    fn found(printed: &str) -> Option<String> {
        difference(&[], &expected(), &read_printed(printed.trim()))
    }

    #[test]
    fn the_expected_lines_are_no_difference() {
        assert_eq!(found(PRINTED), None);
    }

    #[test]
    fn every_field_counts() {
        let changes = [
            ("09:00:00+01:00", "08:00:00+00:00"),
            ("09:00:00", "09:00:01"),
            ("\"channel\":\"email\"", "\"channel\":\"post\""),
            ("\"customer\":\"K\"", "\"customer\":\"L\""),
            ("\"open_minor\":6123", "\"open_minor\":6124"),
            ("\"total_minor\":6123", "\"total_minor\":6123,\"fee_minor\":500"),
            ("\"currency\":\"USD\"", "\"currency\":\"EUR\""),
            ("\"notice\":\"n1\"", "\"notice\":\"\""),
            ("\"state\":\"settled\"", "\"state\":\"waiting\""),
            ("\"stages\":[\"reminder-1\"]", "\"stages\":[]"),
            ("\"open\":0", "\"open\":1"),
        ];
        for (from, to) in changes {
            assert!(PRINTED.contains(from), "{from}");
            assert!(found(&PRINTED.replace(from, to)).is_some(), "{to} was not noticed");
        }
    }

    #[test]
    fn a_missing_dispatch_is_shown_as_nothing() {
        let without: String = PRINTED.lines().filter(|line| !line.contains("dispatch\"")).map(|line| format!("{line}\n")).collect();
        assert!(found(&without).is_some_and(|report| report.contains("printed     nothing")));
    }
}
