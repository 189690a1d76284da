//! Reads a scenario and makes its world; everything that is wrong with it is said at once, with line and column.

use super::super::act::Act;
use super::super::bucket::Limit;
use super::super::fault::{Fault, Faults};
use super::super::records::{NewContact, NewOrganization, NewVoucher};
use super::super::time::{BERLIN, day};
use super::super::world::{Kind, World};
use super::Built;
use super::record::record;
use crate::domain::time::{Timestamp, instant};
use crate::domain::toml_reader::{Document, Overrides, Problem, Table, value};
use chrono::{Duration, NaiveDateTime, NaiveTime};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use toml::de::DeValue;

pub(super) fn read(text: &str, now: i64) -> Result<Built, Vec<Problem>> {
    let document = Document::new(text, Overrides::default());
    let built = built(&document.root(), now);
    let problems = document.into_problems();
    if problems.iter().any(Problem::is_error) { Err(problems) } else { Ok(built) }
}

/// A stage that failed ends it: what builds on it would only fail for that reason.
fn built(root: &Table<'_>, now: i64) -> Built {
    let clock = root.value("clock", moment);
    let start = clock.unwrap_or(now);
    let mut built = Built {
        world: World::new(root.value("seed", value::whole::<u64>(0..=i64::MAX)).unwrap_or(1)),
        clock,
        timed: Vec::new(),
        faults: Faults::default(),
        limit: limit(root),
    };
    let world = &mut built.world;
    let _ = each(root, "faults", "act", |fault: Fault| built.faults.add(fault).map_err(|error| error.to_string()))
        && organizations(root, world, start)
        && each(root, "contacts", "company", |new: NewContact| new.create(world, start).map(drop))
        && each(root, "invoices", "contact", |new: NewVoucher| new.create(Kind::Invoice, world, start).map(drop))
        && each(root, "vouchers", "contact", |new: NewVoucher| new.create(Kind::SalesInvoice, world, start).map(drop))
        && {
            built.timed = timed(root, world, start);
            root.finish();
            true
        };
    for organization in &mut world.organizations {
        organization.forget_happenings();
    }
    built
}

fn limit(root: &Table<'_>) -> Limit {
    let table = root.table("limit");
    if table.is_there() { record(&table, &[]).unwrap_or_default() } else { Limit::default() }
}

fn organizations(root: &Table<'_>, world: &mut World, start: i64) -> bool {
    if !root.has("organizations") {
        root.missing("organizations", "is missing: write [[organizations]] with name = \"Beispiel GmbH\" and keys = [\"my-key\"]");
    }
    each(root, "organizations", "name", |new: NewOrganization| new.create(world, start))
}

/// Reads every table of a list. A refusal that names a key (`amount: …`) stands at that key, any other at `key`.
fn each<T: DeserializeOwned>(root: &Table<'_>, list: &str, key: &str, mut act: impl FnMut(T) -> Result<(), String>) -> bool {
    let Some(tables) = root.tables(list) else { return false };
    let mut fine = true;
    for table in tables {
        let done = record(&table, &[]).map(&mut act);
        if let Some(Err(reason)) = &done {
            let named = reason.split_once(": ").filter(|(key, _)| key.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()));
            let (key, reason) = named.unwrap_or((key, reason));
            table.error(key, reason.to_owned());
        }
        fine &= matches!(done, Some(Ok(())));
    }
    fine
}

/// What happens on day so-and-so, counted from the start, or at a time.
fn timed(root: &Table<'_>, world: &World, start: i64) -> Vec<(i64, Act)> {
    let mut made = BTreeSet::new();
    let mut timed = Vec::new();
    for table in root.tables("events").unwrap_or_default() {
        let days = table.value("day", value::whole::<i64>(0..=100_000));
        let time = table.value("time", value::clock_time);
        let at = table.value("at", moment);
        if days.is_some() == at.is_some() {
            table.missing("day", "say when it happens: write day = 3 (with time = \"09:00\"), or at = \"2026-03-05T09:00:00\"");
        }
        let Some(act) = record::<Act>(&table, &["day", "time", "at"]) else { continue };
        if let Some(number) = act.voucher().filter(|number| !made.contains(*number) && world.find_voucher(number).is_err()) {
            table.error("voucher", format!("there is no voucher `{number}` by then"));
        }
        made.extend(act.number_made().map(str::to_owned));
        timed.push((at.unwrap_or_else(|| on_day(start, days.unwrap_or(0), time)), act));
    }
    timed
}

fn on_day(start: i64, days: i64, time: Option<NaiveTime>) -> i64 {
    let time = time.unwrap_or_else(|| Timestamp(start).in_zone(BERLIN).time());
    instant(BERLIN, day(start) + Duration::days(days), time).0
}

/// A civil time in Germany.
fn moment(value: &DeValue<'_>) -> Result<i64, String> {
    let text = match value {
        DeValue::Datetime(moment) => moment.to_string(),
        other => value::text(other)?,
    };
    let civil = NaiveDateTime::parse_from_str(&text.replace(' ', "T"), "%Y-%m-%dT%H:%M:%S");
    civil
        .map(|civil| instant(BERLIN, civil.date(), civil.time()).0)
        .map_err(|_| format!("must be a time such as \"2026-03-02T09:00:00\", not `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        read(text, 1_767_225_600_000)
            .map_or_else(|problems| problems.iter().map(|problem| problem.in_file("s.toml")).collect(), |_| Vec::new())
    }

    const GOOD: &str = r#"
clock = 2026-03-02T09:00:00
[limit]
burst = 10
[[organizations]]
name = "Beispiel GmbH"
keys = ["k"]
[[contacts]]
company = "Kunde AG"
emails = ["a@kunde.example"]
[[invoices]]
number = "RE1"
contact = "Kunde AG"
amount = 119.10
date = 2026-02-01
[[events]]
day = 3
act = "pay"
voucher = "RE1"
amount = "19.10"
[[faults]]
act = { delay = { ms = 5 } }
"#;

    #[test]
    fn a_scenario_makes_a_world_with_exact_amounts_and_times() {
        let built = read(GOOD, 0).unwrap();
        assert_eq!(super::super::super::time::stamp(built.clock.unwrap()), "2026-03-02T09:00:00.000+01:00");
        assert_eq!(super::super::super::time::stamp(built.timed[0].0), "2026-03-05T09:00:00.000+01:00");
        let (place, id) = built.world.find_voucher("RE1").unwrap();
        let voucher = built.world.organizations[place].voucher(id).unwrap();
        assert_eq!((voucher.gross, voucher.document.address.name.as_str()), (11_910, "Kunde AG"));
        assert_eq!((built.limit.burst, built.limit.per_second, built.faults.list().len()), (10, 2, 1));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (wrong, right, line, part) in [
            ("amount = 119.10", "amont = 119.10", 14, "unknown field `amont`"),
            ("amount = 119.10", "amount = 119.105", 14, "more than 2 decimal places"),
            ("contact = \"Kunde AG\"", "contact = \"Kunde\"", 13, "there is no contact `Kunde`"),
            ("voucher = \"RE1\"", "voucher = \"RE2\"", 19, "there is no voucher `RE2`"),
            ("act = \"pay\"", "act = \"pai\"", 18, "unknown variant `pai`"),
            ("day = 3\n", "", 16, "say when it happens"),
            ("keys = [\"k\"]", "keys = \"k\"", 7, "expected a sequence"),
            ("act = { delay = { ms = 5 } }", "act = { delay = { ms = 5 } }\nchance = 101", 23, "more than 100 percent"),
            ("burst = 10", "burts = 10", 4, "unknown field `burts`"),
            ("clock = 2026-03-02T09:00:00", "clock = \"soon\"", 2, "must be a time"),
        ] {
            let found = problems(&GOOD.replace(wrong, right));
            assert_eq!(found.len(), 1, "{right}: {found:?}");
            let expected = format!("s.toml:{line}:");
            assert!(found[0].starts_with(&expected) && found[0].contains(part), "{right}: {}", found[0]);
        }
    }
}
