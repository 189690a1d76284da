//! What DESIGN section 5 promises of every rehearsal, checked on the lines alone: without the oracle's queue, so that a
//! misunderstanding in the simulation cannot hide here as well.

use super::calendar;
use super::model::{Dispatch, Invoice, Options, Outcome, Workflow};
use chrono::{DateTime, Days, NaiveDate};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

/// Every broken promise, as a sentence each; empty is good.
pub(crate) fn broken(invoices: &[Invoice], workflow: &Workflow, options: &Options, outcome: &Outcome) -> Vec<String> {
    let by_number = invoices.iter().map(|invoice| (invoice.number.as_str(), invoice)).collect();
    let check = Check { workflow, options, by_number };
    let mut found = Vec::new();
    for dispatch in &outcome.dispatches {
        check.window(dispatch, &mut found);
        check.lines(dispatch, &mut found);
    }
    check.order(outcome, &mut found);
    check.throttle(outcome, &mut found);
    check.one_a_day(outcome, &mut found);
    check.gaps_and_histories(outcome, &mut found);
    check.places(outcome, &mut found);
    found
}

struct Check<'a> {
    workflow: &'a Workflow,
    options: &'a Options,
    by_number: BTreeMap<&'a str, &'a Invoice>,
}

impl Check<'_> {
    fn local(&self, dispatch: &Dispatch) -> DateTime<Tz> {
        let at = DateTime::parse_from_rfc3339(&dispatch.at).expect("`at` is an RFC 3339 instant");
        at.with_timezone(&self.workflow.zone)
    }

    fn day(&self, dispatch: &Dispatch) -> NaiveDate {
        self.local(dispatch).date_naive()
    }

    fn window(&self, dispatch: &Dispatch, found: &mut Vec<String>) {
        let at = self.local(dispatch);
        let open = calendar::window(self.workflow, at.date_naive()).is_some_and(|(open, close)| open <= at && at < close);
        if !open {
            found.push(format!("outside the window: {dispatch:?}"));
        }
        if at.date_naive() < self.options.from || at.date_naive() >= self.options.to {
            found.push(format!("outside the rehearsal: {dispatch:?}"));
        }
        if dispatch.at != calendar::written(&at) {
            found.push(format!("not in the workflow's zone: {dispatch:?}"));
        }
    }

    fn lines(&self, dispatch: &Dispatch, found: &mut Vec<String>) {
        let day = self.day(dispatch);
        for line in &dispatch.lines {
            let Some(invoice) = self.by_number.get(line.invoice.as_str()) else {
                found.push(format!("an invoice that nobody imported: {dispatch:?}"));
                continue;
            };
            let minimum = self.workflow.minimum.get(&invoice.currency).copied().unwrap_or(0);
            let wrong = [
                ("already paid", invoice.paid_on.is_some_and(|paid_on| paid_on <= day)),
                ("not yet invoiced", invoice.invoice_date > day),
                ("not yet due", calendar::legal_due_date(self.workflow, invoice.due_date) > day),
                ("below the minimum", invoice.amount_minor < minimum),
                ("another customer's", invoice.customer != dispatch.customer),
                ("another amount", invoice.amount_minor != line.open_minor),
                ("another currency", invoice.currency != dispatch.currency),
                ("mailed without an address", dispatch.channel == "email" && !invoice.has_email),
            ];
            found.extend(wrong.iter().filter(|(_, holds)| *holds).map(|(what, _)| format!("{what}: {dispatch:?}")));
        }
        if dispatch.total_minor != dispatch.lines.iter().map(|line| line.open_minor).sum::<i64>() {
            found.push(format!("the total is not the sum of the lines: {dispatch:?}"));
        }
    }

    fn order(&self, outcome: &Outcome, found: &mut Vec<String>) {
        let key = |dispatch: &Dispatch| (calendar::utc(&self.local(dispatch)), dispatch.lines[0].invoice.clone());
        if !outcome.dispatches.iter().map(key).is_sorted() {
            found.push("dispatches are not ordered by instant and first invoice".to_owned());
        }
        if !outcome.instances.iter().map(|instance| instance.invoice.as_bytes()).is_sorted() {
            found.push("instances are not ordered by number".to_owned());
        }
    }

    fn throttle(&self, outcome: &Outcome, found: &mut Vec<String>) {
        let gap = self.options.every_seconds.unwrap_or(0);
        for sender in ["email", "post"] {
            let sent: Vec<&Dispatch> = outcome.dispatches.iter().filter(|dispatch| dispatch.channel == sender).collect();
            let close = |pair: &&[&Dispatch]| (self.local(pair[1]) - self.local(pair[0])).num_seconds() < gap;
            found.extend(sent.windows(2).filter(close).map(|pair| format!("closer than {gap} s: {pair:?}")));
        }
    }

    fn one_a_day(&self, outcome: &Outcome, found: &mut Vec<String>) {
        let consolidate = self.options.consolidate.unwrap_or(self.workflow.consolidate);
        let mut seen = BTreeSet::new();
        for dispatch in &outcome.dispatches {
            let first = seen.insert((dispatch.customer.as_str(), dispatch.currency.as_str(), self.day(dispatch)));
            if consolidate && !first {
                found.push(format!("a second notice on one day: {dispatch:?}"));
            }
            if !consolidate && dispatch.lines.len() != 1 {
                found.push(format!("several invoices in one notice: {dispatch:?}"));
            }
        }
    }

    /// Never are more invoices dunned at once than there are places: each from its first dispatch until it is paid or has had its last
    /// stage. Whoever has had it makes room at that very instant, so an instant is looked at as a whole.
    fn places(&self, outcome: &Outcome, found: &mut Vec<String>) {
        let Some(max) = self.options.max_active else { return };
        let last = self.workflow.stages.last().map(|stage| stage.key.as_str());
        let mut active: BTreeSet<&str> = BTreeSet::new();
        for instant in outcome.dispatches.chunk_by(|one, other| one.at == other.at) {
            let day = self.day(&instant[0]);
            active.retain(|number| self.by_number.get(number).is_none_or(|invoice| invoice.paid_on.is_none_or(|paid_on| paid_on > day)));
            let lines = || instant.iter().flat_map(|dispatch| &dispatch.lines);
            active.extend(lines().map(|line| line.invoice.as_str()));
            for line in lines().filter(|line| Some(line.stage.as_str()) == last) {
                active.remove(line.invoice.as_str());
            }
            if active.len() > max {
                found.push(format!("{} are dunned at once, not {max}, at {}", active.len(), instant[0].at));
            }
        }
    }

    fn gaps_and_histories(&self, outcome: &Outcome, found: &mut Vec<String>) {
        let ladder: Vec<&str> = self.workflow.stages.iter().map(|stage| stage.key.as_str()).collect();
        let mut history: BTreeMap<&str, (Vec<&str>, Option<NaiveDate>)> = BTreeMap::new();
        for dispatch in &outcome.dispatches {
            let day = self.day(dispatch);
            for line in &dispatch.lines {
                let (stages, last) = history.entry(&line.invoice).or_default();
                stages.push(&line.stage);
                if last.replace(day).is_some_and(|last| day < last + Days::new(self.workflow.min_gap_days)) {
                    found.push(format!("within the gap for {}: {dispatch:?}", line.invoice));
                }
            }
        }
        for instance in &outcome.instances {
            let sent = history.remove(instance.invoice.as_str()).unwrap_or_default().0;
            if sent != instance.stages || !ladder.starts_with(&sent) {
                found.push(format!("stages {sent:?} were dispatched, but {instance:?}"));
            }
        }
        found.extend(history.keys().map(|number| format!("{number} was dispatched but is no instance")));
    }
}
