//! The real engine on a variant of the oracle's, with the times at which it is down: it ends, and another process starts.

use crate::oracle::comparison::{Printed, read_printed};
use crate::oracle::model::{Invoice, Options, Workflow};
use crate::oracle::variants::Variant;
use crate::support::ledger::TestLedger;
use crate::support::world::{SOURCE, World, bill};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use mahnwerk::domain::ids::WorkflowId;
use mahnwerk::domain::time::{Timestamp, midnight};
use mahnwerk::engine::intake::{Incoming, Intake};
use mahnwerk::store::intake::PaymentRecord;
use mahnwerk::store::views::InstanceFilter;
use serde_json::json;
use std::collections::BTreeMap;

/// What came of a variant that was lived through.
pub(super) struct Lived {
    pub(super) world: World,
    pub(super) printed: Printed,
}

/// The facts of a variant by the instant at which they happen.
struct Facts<'a> {
    entries: BTreeMap<Timestamp, Vec<&'a Invoice>>,
    payments: BTreeMap<Timestamp, Vec<PaymentRecord>>,
    zone: Tz,
}

/// Lives through a variant as its options say.
pub(super) async fn live(variant: &Variant, rules: &Workflow, invoices: &[Invoice], options: &Options) -> Lived {
    let zone = rules.zone;
    let every = u32::try_from(options.every_seconds.unwrap_or(0)).expect("a throttle");
    let (from, until) = (midnight(zone, options.from), midnight(zone, options.to));
    let mut world = World::opened(TestLedger::hasty().await, every, from).await;
    let text = variant.ladder.text();
    let consolidate = options.consolidate.unwrap_or(rules.consolidate);
    let workflow = world.publish(&with_rule(&text, consolidate)).await;
    let mut facts = Facts::new(invoices, zone, options.from, options.to);
    loop {
        let planned = world.engine.next_round(world.tenant).await.expect("a plan");
        let Some(next) = [facts.next(), planned].into_iter().flatten().min() else { break };
        let at = up_from(options, next.max(world.clock_now()));
        if at >= until {
            break;
        }
        if at > next {
            // What it had in its hands is gone with it.
            world = world.reopened(every).await;
        }
        world.clock.advance_to(at);
        facts.learn(&world, workflow, at).await;
        while world.engine.next_round(world.tenant).await.expect("a plan").is_some_and(|due| due <= at) {
            let ready = world.round().await;
            world.perform(&ready).await;
        }
    }
    world.clock.advance_to(until);
    let printed = read_printed(&printed(&world, zone).await);
    Lived { world, printed }
}

/// The option stands above the file, as in a rehearsal.
fn with_rule(text: &str, consolidate: bool) -> String {
    let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("consolidate =")).collect();
    kept.join("\n").replacen("[rules]", &format!("[rules]\nconsolidate = {consolidate}"), 1)
}

fn up_from(options: &Options, at: Timestamp) -> Timestamp {
    let instant = DateTime::<Utc>::from_timestamp_millis(at.0).expect("an instant");
    Timestamp(options.up_from(instant).timestamp_millis())
}

impl<'a> Facts<'a> {
    fn new(invoices: &'a [Invoice], zone: Tz, from: NaiveDate, to: NaiveDate) -> Self {
        let mut entries: BTreeMap<Timestamp, Vec<&Invoice>> = BTreeMap::new();
        for invoice in invoices.iter().filter(|invoice| invoice.invoice_date < to) {
            entries.entry(midnight(zone, invoice.invoice_date.max(from))).or_default().push(invoice);
        }
        Self { entries, payments: BTreeMap::new(), zone }
    }

    fn next(&self) -> Option<Timestamp> {
        [self.entries.keys().next(), self.payments.keys().next()].into_iter().flatten().min().copied()
    }

    /// Takes in everything that has happened until `at`: invoices first, then what was paid on them.
    async fn learn(&mut self, world: &World, workflow: WorkflowId, at: Timestamp) {
        let later = self.entries.split_off(&Timestamp(at.0 + 1));
        let entered: Vec<&Invoice> = std::mem::replace(&mut self.entries, later).into_values().flatten().collect();
        if !entered.is_empty() {
            let bills: Vec<_> = entered.iter().map(|invoice| incoming(invoice)).collect();
            let taken = world.engine.take_in(world.tenant, SOURCE, workflow, &bills).await.expect("taken in");
            for (invoice, taken) in entered.into_iter().zip(taken) {
                let (Intake::Enrolled(id), Some(paid_on)) = (taken, invoice.paid_on) else { continue };
                let effective_at = midnight(self.zone, paid_on);
                let (external_id, amount_minor) = (invoice.number.clone(), invoice.amount_minor);
                let payment = PaymentRecord { invoice: id, external_id, kind: "payment", amount_minor, effective_at };
                self.payments.entry(effective_at.max(at)).or_default().push(payment);
            }
        }
        let later = self.payments.split_off(&Timestamp(at.0 + 1));
        let paid: Vec<_> = std::mem::replace(&mut self.payments, later).into_values().flatten().collect();
        if !paid.is_empty() {
            world.pay_all(&paid).await;
        }
    }
}

fn incoming(invoice: &Invoice) -> Incoming {
    let mut incoming = bill(&invoice.number, &invoice.customer, "2026-01-01");
    let (customer, record) = (&mut incoming.customer, &mut incoming.invoice);
    if !invoice.has_email {
        customer.email = String::new();
    }
    record.invoice_date = invoice.invoice_date;
    record.due_date = invoice.due_date;
    record.amount_minor = invoice.amount_minor;
    record.currency.clone_from(&invoice.currency);
    incoming
}

/// What stands in the ledger, as a rehearsal would print it.
async fn printed(world: &World, zone: Tz) -> String {
    let (store, tenant) = (&world.ledger.store, world.tenant);
    let mut dispatches = store.dispatches(tenant).await.expect("read");
    dispatches.sort_by_cached_key(|dispatch| (dispatch.at, dispatch.lines[0].0.clone()));
    let mut lines = Vec::new();
    for dispatch in &dispatches {
        let of =
            |(invoice, stage, open_minor): &(String, String, i64)| json!({"invoice": invoice, "stage": stage, "open_minor": open_minor});
        lines.push(json!({
            "type": "dispatch", "at": dispatch.at.rfc3339_in(zone), "stage": dispatch.stage, "channel": dispatch.channel,
            "customer": dispatch.customer, "lines": dispatch.lines.iter().map(of).collect::<Vec<_>>(), "total_minor": dispatch.open_minor,
            "fee_minor": dispatch.fee_minor, "currency": dispatch.currency, "notice": dispatch.notice,
        }));
    }
    let mut stages: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (instance, stage) in store.dispatched_stages(tenant).await.expect("read") {
        stages.entry(instance).or_default().push(stage);
    }
    let instances = store.instance_list(tenant, &InstanceFilter::default(), i64::MAX).await.expect("read");
    for instance in &instances {
        let sent = stages.remove(&instance.id).unwrap_or_default();
        lines.push(json!({"type": "instance", "invoice": instance.number, "state": instance.state, "stages": sent}));
    }
    let settled = instances.iter().filter(|instance| instance.state == "settled").count();
    lines.push(json!({
        "type": "summary", "invoices": instances.len(), "dispatches": dispatches.len(), "settled": settled, "open": instances.len() - settled,
    }));
    lines.iter().map(|line| line.to_string() + "\n").collect()
}
