//! Facts that change between issue and claim: the notice is taken back, and what is left of it is composed anew in the
//! same transaction and slot.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;

on_both!(
    one_invoice_of_a_notice_is_paid,
    a_part_of_an_invoice_is_paid,
    all_invoices_of_a_notice_are_paid,
    one_notice_per_invoice_falls_away_alone,
    a_cancelled_invoice_beside_a_due_one_stops_nobody,
    a_cancelled_invoice_in_a_queue_stops_nobody,
    a_paused_one_that_comes_back_stops_nobody,
    a_payment_while_it_leaves_settles_and_the_dispatch_counts,
    a_return_debit_while_a_notice_is_unknown_does_not_repeat_it,
    an_old_bell_for_a_recalled_notice_does_nothing,
    a_letter_that_is_out_stays_a_dispatch
);

/// Two invoices of one customer on one notice that is issued and not yet performed.
async fn two_issued(world: &World) -> (Vec<InvoiceId>, Vec<mahnwerk::engine::issue::Ready>) {
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    assert_eq!(ready.len(), 1);
    (ids, ready)
}

async fn counts(world: &World) -> Vec<(String, i64)> {
    world.ledger.store.notice_counts(world.tenant).await.unwrap()
}

async fn one_invoice_of_a_notice_is_paid(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let (ids, ready) = two_issued(&world).await;
    world.pay(ids[0], "p1", 10_000).await;
    assert_eq!(world.tells(ids[0]).await, "settled");
    world.perform(&ready).await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R2"], "at once, in the slot of the recalled one");
    assert_eq!(counts(&world).await, [("recalled".to_owned(), 1), ("sent".to_owned(), 1)]);
    let notices = world.ledger.store.notices_of(world.tenant, ids[1]).await.unwrap();
    assert_eq!(notices.len(), 2);
    assert_ne!(notices[0].id, notices[1].id);
    let recalled = notices.iter().find(|notice| notice.state == "recalled").unwrap();
    assert_eq!(recalled.reason.as_deref(), Some("an invoice was paid, blocked or changed before it left"));
    let history = world.ledger.store.transitions_of(world.tenant, ids[1]).await.unwrap();
    let causes: Vec<_> = history.iter().map(|row| row.transition.cause.as_str()).collect();
    assert_eq!(causes, ["enrolled", "issued", "recalled", "issued", "delivered"]);
    world.verified().await;
}

async fn a_part_of_an_invoice_is_paid(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (ids, ready) = two_issued(&world).await;
    world.pay(ids[0], "p1", 1_000).await;
    world.perform(&ready).await;
    assert_eq!(world.outside.acts().len(), 1);
    assert_eq!(world.outside.acts()[0].lines, [("R1".to_owned(), 9_000), ("R2".to_owned(), 10_000)]);
    world.verified().await;
}

async fn all_invoices_of_a_notice_are_paid(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (ids, ready) = two_issued(&world).await;
    world.pay_all(&[world.payment(ids[0], "p1", 10_000), world.payment(ids[1], "p2", 10_000)]).await;
    world.perform(&ready).await;
    world.live_until("2026-02-01 00:00").await;
    assert_eq!(world.outside.acts(), []);
    assert_eq!(counts(&world).await, [("recalled".to_owned(), 1)]);
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM step WHERE state <> 'cancelled'").await, 0);
}

async fn one_notice_per_invoice_falls_away_alone(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    world.pay(ids[0], "p1", 10_000).await;
    world.pay(ids[1], "p2", 500).await;
    world.perform(&ready).await;
    assert_eq!(world.outside.acts()[0].lines, [("R2".to_owned(), 9_500)]);
    assert_eq!(world.outside.acts().len(), 1);
    world.verified().await;
}

async fn cancel(world: &World, invoice: InvoiceId) {
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    tx.cancel_invoice(invoice, world.clock_now()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What the planner learns only now takes one invoice out; the other of the same customer leaves.
async fn a_cancelled_invoice_beside_a_due_one_stops_nobody(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    cancel(&world, ids[0]).await;
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R2"]);
    assert_eq!(world.tells(ids[0]).await, "withdrawn");
    world.verified().await;
}

async fn a_cancelled_invoice_in_a_queue_stops_nobody(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&shared()).await;
    let bills = [bill("R0", "K0", "2026-01-09"), bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")];
    let ids = world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 09:00").await;
    cancel(&world, ids[1]).await;
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.outside.told()[1], "2026-01-12 09:10 reminder-1 R2");
    assert_eq!(world.tells(ids[1]).await, "withdrawn");
    world.verified().await;
}

/// The bell was lost, one invoice went and came back: the notice that stands goes, and a new invoice waits its turn.
async fn a_paused_one_that_comes_back_stops_nobody(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (ids, _) = two_issued(&world).await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("wait")).await.unwrap();
    world.engine.resume(world.tenant, Scope::Invoice(ids[0]), &because("go on")).await.unwrap();
    let workflow = world.publish(&shared()).await;
    world.enrol(workflow, &[bill("R3", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1+R2"]);
    world.live_until("2026-01-13 12:00").await;
    assert_eq!(world.outside.told()[1..], ["2026-01-13 09:00 reminder-1 R3"], "one message a day");
    world.verified().await;
}

async fn a_payment_while_it_leaves_settles_and_the_dispatch_counts(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (ids, ready) = two_issued(&world).await;
    world.outside.will([Outcome::Retry { reason: "451".to_owned(), after: None }]);
    world.perform(&ready).await;
    world.pay(ids[0], "p1", 10_000).await;
    world.live_until("2026-01-12 12:00").await;
    let acts = world.outside.acts();
    assert_eq!(acts.len(), 2);
    assert_eq!(acts[1].lines, [("R2".to_owned(), 10_000)], "the retry read the facts again");
    assert_eq!(world.tells(ids[0]).await, "settled");
    world.verified().await;
}

async fn a_return_debit_while_a_notice_is_unknown_does_not_repeat_it(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (ids, ready) = two_issued(&world).await;
    world.outside.will([Outcome::Unknown { reason: "lost".to_owned() }]);
    world.perform(&ready).await;
    world.pay(ids[0], "p1", 10_000).await;
    world.pay(ids[0], "p1-back", -10_000).await;
    world.live_until("2026-01-16 12:00").await;
    assert_eq!(world.outside.acts().len(), 1);
    assert_eq!(world.tells(ids[0]).await, "issued reminder-1");
    world.verified().await;
}

async fn an_old_bell_for_a_recalled_notice_does_nothing(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (ids, ready) = two_issued(&world).await;
    let notice = world.ledger.store.notices_of(world.tenant, ids[0]).await.unwrap().remove(0).id;
    let notice = mahnwerk::domain::ids::NoticeId(notice);
    assert_eq!(world.engine.recall(world.tenant, &notice, &because("typing error")).await.unwrap(), 2);
    world.perform(&ready).await;
    assert_eq!(world.outside.acts(), []);
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1+R2"], "they are due again");
    let error = world.engine.recall(world.tenant, &notice, &because("again")).await.unwrap_err();
    assert!(error.to_string().contains("is recalled"), "{error}");
    world.verified().await;
}

/// Both ways: the letter was handed over when the invoice was paid, so the e-mail is left out and the dispatch counts.
async fn a_letter_that_is_out_stays_a_dispatch(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let both = single().replace("after_days = 3\n", "after_days = 3\nchannel = \"email_and_post\"\n");
    let workflow = world.publish(&both).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    let later = Outcome::Retry { reason: "451".to_owned(), after: None };
    let done = || Outcome::Done { reply: "ok".to_owned() };
    world.outside.will([done(), done(), later]);
    world.live_until("2026-01-12 09:00").await;
    assert_eq!(world.outside.acts().len(), 3, "printed, posted, not yet mailed");
    world.pay(ids[0], "p1", 10_000).await;
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(world.outside.acts().len(), 3);
    let notice = world.ledger.store.notice_list(world.tenant, "sent", 10).await.unwrap().remove(0);
    assert!(notice.reason.unwrap().contains("the e-mail was left out"));
    assert!(notice.letter_hash.is_some() && notice.dispatched_at.is_some());
    let steps = world.ledger.store.steps_of_notice(world.tenant, &notice.id).await.unwrap();
    let steps: Vec<_> = steps.iter().map(|step| (step.pool.as_str(), step.state.as_str())).collect();
    assert_eq!(steps, [("print", "done"), ("post", "done"), ("send", "cancelled")]);
    assert_eq!(world.tells(ids[0]).await, "settled");
    world.verified().await;
}
