//! What lexoffice tells by itself: known within moments, whatever gets lost, comes twice or in the wrong order; and subscriptions that live.
//! The clock stands still, so nothing is found by a listing that is only due.

use super::hooked::{Hooked, signed};
use crate::support::ledger::TestLedger;
use mahnwerk::adapters::sandbox::lexoffice::{Fault, Trouble};
use serde_json::json;
use std::time::{Duration, Instant};

on_both!(
    what_happens_there_is_told_and_known_within_moments,
    what_is_lost_doubled_or_reordered_is_true_in_the_end,
    a_lost_subscription_is_found_by_what_nobody_told_and_the_gap_is_closed,
    subscriptions_are_looked_at_when_a_process_starts,
    an_address_that_changes_takes_its_subscriptions_along_and_no_others,
    what_is_kept_is_taken_up_by_another_process_if_this_one_dies,
    the_answer_does_not_wait_for_lexoffice,
    a_contact_that_changes_is_read_anew,
    a_key_that_is_revoked_is_said_at_once
);

async fn what_happens_there_is_told_and_known_within_moments(ledger: TestLedger) {
    let hooked = Hooked::start(ledger).await;
    let listings = hooked.asked("voucherlist").await;
    hooked.act("pay", json!({"voucher": "RE1"})).await;
    hooked.until_tells("RE1", "settled").await;
    hooked.act("return-debit", json!({"voucher": "RE1", "negative": true})).await;
    hooked.until_tells("RE1", "waiting").await;
    hooked.act("draft", json!({"voucher": "RE2"})).await;
    hooked.until_tells("RE2", "blocked").await;
    hooked.act("finalize", json!({"voucher": "RE2"})).await;
    hooked.until_tells("RE2", "waiting").await;
    hooked.act("pay", json!({"voucher": "2026-118"})).await;
    hooked.until_tells("2026-118", "settled").await;
    hooked.until_quiet().await;
    assert_eq!(hooked.asked("voucherlist").await, listings, "they were asked about one by one");
    // What the ledger does not know is found by a listing.
    hooked.joined.world.wait_until("2026-03-02 09:01");
    hooked.act("create-invoice", json!({"contact": "10042", "amount": "119.00", "number": "RE77"})).await;
    hooked.until_tells("RE77", "waiting").await;
    hooked.until_quiet().await;
    hooked.joined.compare().await;
    hooked.joined.world.verified().await;
}

async fn what_is_lost_doubled_or_reordered_is_true_in_the_end(ledger: TestLedger) {
    let hooked = Hooked::start(ledger).await;
    for trouble in [Trouble::WebhookLost, Trouble::WebhookDoubled, Trouble::WebhookReordered] {
        hooked.office().sandbox.set_fault(Fault { chance: Some(35), ..Fault::always(trouble) }).unwrap();
    }
    for (act, body) in [
        ("pay", json!({"voucher": "RE1", "amount": "38.00"})),
        ("pay", json!({"voucher": "RE2"})),
        ("return-debit", json!({"voucher": "RE2"})),
        ("draft", json!({"voucher": "RE1"})),
        ("finalize", json!({"voucher": "RE1"})),
        ("credit-note", json!({"voucher": "AR1"})),
        ("pay", json!({"voucher": "RE5"})),
        ("edit", json!({"voucher": "RE2", "due": "2026-04-01"})),
        ("write-off", json!({"voucher": "2026-118"})),
        ("void", json!({"voucher": "RE2"})),
        ("pay", json!({"voucher": "RE1", "amount": "1.00"})),
        ("create-invoice", json!({"contact": "10042", "amount": "119.00", "number": "RE77"})),
    ] {
        hooked.act(act, body).await;
    }
    hooked.office().sandbox.clear_faults();
    hooked.office().control("webhooks/release", json!({})).await;
    hooked.joined.world.wait_until("2026-03-02 09:01");
    hooked.until("all told", || async { hooked.office().look("webhooks").await["unsettled"] == 0 }).await;
    hooked.joined.world.engine.request_run(hooked.joined.world.tenant, true).await.unwrap();
    // What was told of claims that the ledger does not have while a run was under way is listed some seconds after it.
    hooked.joined.world.wait_until("2026-03-02 09:02");
    hooked.until_quiet().await;
    hooked.joined.compare().await;
    hooked.joined.world.verified().await;
}

async fn a_lost_subscription_is_found_by_what_nobody_told_and_the_gap_is_closed(ledger: TestLedger) {
    let hooked = Hooked::start(ledger).await;
    for event in ["payment.changed", "invoice.changed", "invoice.status.changed"] {
        hooked.lose(event).await;
    }
    hooked.act("pay", json!({"voucher": "RE1"})).await;
    hooked.until_quiet().await;
    assert!(!hooked.tells("RE1").await.starts_with("settled"), "nobody told");
    // The next listing of what has changed is due; what it finds was not told.
    hooked.joined.world.wait_until("2026-03-02 09:16");
    hooked.until_tells("RE1", "settled").await;
    hooked.until("subscribed again", || async { hooked.subscriptions().await.len() == 17 }).await;
    // Everything is listed once more, not only what has changed.
    let swept = hooked.joined.world.clock_now();
    hooked.until("swept", || async { hooked.status().await.row.unwrap().swept_at.is_some_and(|at| at >= swept) }).await;
    hooked.act("pay", json!({"voucher": "RE2"})).await;
    hooked.until_tells("RE2", "settled").await;
    hooked.until_quiet().await;
    hooked.joined.compare().await;
}

async fn subscriptions_are_looked_at_when_a_process_starts(ledger: TestLedger) {
    let mut hooked = Hooked::start(ledger).await;
    hooked.stop().await;
    hooked.lose("payment.changed").await;
    hooked.lose("invoice.status.changed").await;
    hooked.lose("invoice.changed").await;
    hooked.act("pay", json!({"voucher": "RE1"})).await;
    hooked.until("all told", || async { hooked.office().look("webhooks").await["unsettled"] == 0 }).await;
    // Another start; the clock has not moved, so no listing is due.
    hooked.joined.connect(&hooked.joined.world.engine, Some(hooked.callback.clone())).await;
    hooked.keep();
    hooked.until_tells("RE1", "settled").await;
    hooked.until_quiet().await;
    assert_eq!(hooked.subscriptions().await.len(), 17);
    // Nothing is missing at the next start: then nothing is listed.
    hooked.stop().await;
    let listings = hooked.asked("voucherlist").await;
    let looks = hooked.asked("event-subscriptions").await;
    hooked.joined.connect(&hooked.joined.world.engine, Some(hooked.callback.clone())).await;
    hooked.keep();
    hooked.until("a look", || async { hooked.asked("event-subscriptions").await > looks }).await;
    hooked.until_quiet().await;
    assert_eq!(hooked.asked("voucherlist").await, listings);
}

async fn an_address_that_changes_takes_its_subscriptions_along_and_no_others(ledger: TestLedger) {
    let mut hooked = Hooked::start(ledger).await;
    let foreign = "http://127.0.0.1:9/shop".to_owned();
    let body = json!({"eventType": "payment.changed", "callbackUrl": foreign});
    hooked.office().post("/event-subscriptions", &body).await.with(201);
    let of = |all: Vec<(String, String)>, url: &str| all.iter().filter(|(_, callback)| callback == url).count();
    hooked.stop().await;
    let moved = hooked.callback.replace("/hooks/", "/proxy/hooks/");
    hooked.joined.connect(&hooked.joined.world.engine, Some(moved.clone())).await;
    hooked.keep();
    hooked.until("moved", || async { of(hooked.subscriptions().await, &hooked.callback) == 0 }).await;
    assert_eq!((of(hooked.subscriptions().await, &moved), of(hooked.subscriptions().await, &foreign)), (17, 1));
    // Off: nothing of ours is left there.
    hooked.stop().await;
    hooked.joined.connect(&hooked.joined.world.engine, None).await;
    hooked.keep();
    hooked.until("gone", || async { hooked.subscriptions().await.len() == 1 }).await;
    hooked.until("remembered", || async { hooked.status().await.hooks.row.unwrap().callback.is_none() }).await;
    assert_eq!(of(hooked.subscriptions().await, &foreign), 1);
}

async fn what_is_kept_is_taken_up_by_another_process_if_this_one_dies(ledger: TestLedger) {
    let mut hooked = Hooked::start(ledger).await;
    hooked.stop().await;
    hooked.act("pay", json!({"voucher": "RE1"})).await;
    hooked.until("kept", || async { hooked.status().await.hooks.waiting >= 3 }).await;
    assert!(!hooked.tells("RE1").await.starts_with("settled"));
    let (another, _) = hooked.joined.world.another("another");
    hooked.joined.connect(&another, None).await;
    let tenant = hooked.joined.world.tenant;
    while another.advance(tenant).await.unwrap() == mahnwerk::engine::source::run::Advance::More {}
    assert!(hooked.tells("RE1").await.starts_with("settled"));
    assert_eq!(hooked.status().await.hooks.waiting, 0);
}

async fn the_answer_does_not_wait_for_lexoffice(ledger: TestLedger) {
    let hooked = Hooked::start(ledger).await;
    let body = hooked.body("payment.changed", "RE1").await;
    hooked.office().fault(Trouble::Delay { ms: 3_000 });
    for event in ["payment.changed", "invoice.changed", "contact.changed"] {
        let body = String::from_utf8(body.clone()).unwrap().replace("payment.changed", event).into_bytes();
        let start = Instant::now();
        assert_eq!(hooked.call(&hooked.callback, &body, Some(&signed(&body))).await, 204);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
    hooked.office().sandbox.clear_faults();
    hooked.until_quiet().await;
}

async fn a_contact_that_changes_is_read_anew(ledger: TestLedger) {
    let hooked = Hooked::start(ledger).await;
    hooked.act("edit-contact", json!({"contact": "10042", "email": "neu@kunde.example"})).await;
    let told = "SELECT COUNT(*) AS n FROM customer WHERE email = 'neu@kunde.example'";
    hooked.until("a new address", || async { hooked.joined.world.ledger.number(told).await == 1 }).await;
    hooked.act("archive-contact", json!({"contact": "10042"})).await;
    for number in ["RE1", "AR1", "2026-118"] {
        hooked.until_tells(number, "blocked").await;
    }
}

async fn a_key_that_is_revoked_is_said_at_once(ledger: TestLedger) {
    let hooked = Hooked::start(ledger).await;
    hooked.act("revoke-key", json!({"key": "key-a"})).await;
    hooked.until("said", || async { hooked.joined.state().await == "revoked_key" }).await;
}
