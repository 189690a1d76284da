//! The ledger in step with the sandbox's lexoffice, over HTTP: whatever happens there, and however it fails, both say the same in the end.

use super::joined::Joined;
use crate::sandbox_lexoffice::office::Office;
use crate::support::ledger::TestLedger;
use mahnwerk::adapters::sandbox::lexoffice::{Disguise, Fault, Trouble};
use serde_json::json;

on_both!(
    what_happens_there_happens_here,
    faults_delay_and_spoil_nothing,
    a_world_of_any_size_comes_in_by_its_pages,
    a_key_that_is_taken_back_is_said_and_dunning_waits
);

async fn what_happens_there_happens_here(ledger: TestLedger) {
    let joined = Joined::start(ledger, Office::start().await).await;
    joined.in_step().await;
    assert_eq!((joined.state().await.as_str(), joined.compare().await), ("in_step", 5));
    for (act, body) in [
        ("pay", json!({"voucher": "RE1", "amount": "38.00"})),
        ("pay", json!({"voucher": "RE2"})),
        ("return-debit", json!({"voucher": "RE2", "negative": true})),
        ("credit-note", json!({"voucher": "AR1"})),
        ("write-off", json!({"voucher": "2026-118"})),
        ("cash-discount", json!({"voucher": "RE1", "amount": "2.00"})),
        ("draft", json!({"voucher": "RE1"})),
        ("finalize", json!({"voucher": "RE1"})),
        ("edit", json!({"voucher": "RE2", "due": "2026-04-01"})),
        ("pay", json!({"voucher": "RE5"})),
        ("return-debit", json!({"voucher": "RE5"})),
        ("void", json!({"voucher": "RE2"})),
        ("create-invoice", json!({"contact": "10042", "amount": "119.00", "number": "RE77"})),
    ] {
        joined.act(act, body.clone()).await;
        joined.run(false).await;
        joined.compare().await;
        joined.run(true).await;
        joined.compare().await;
        assert_eq!(joined.state().await, "in_step", "{act} {body}");
    }
    joined.world.verified().await;
}

async fn faults_delay_and_spoil_nothing(ledger: TestLedger) {
    let joined = Joined::start(ledger, Office::start_with(&invoices(60)).await).await;
    let elsewhere = "http://127.0.0.1:9".to_owned();
    for (round, trouble) in [
        Trouble::TooManyRequests,
        Trouble::GatewayTimeout { written: false },
        Trouble::ServerError,
        Trouble::Unavailable,
        Trouble::Unauthorized,
        Trouble::Reset { written: true },
        Trouble::MalformedJson,
        Trouble::Oversized { bytes: 50 << 20 },
        Trouble::Redirect { to: elsewhere },
        Trouble::MovedRows { by: -1 },
        Trouble::Disguise(Disguise::default()),
    ]
    .into_iter()
    .enumerate()
    {
        let fault = Fault { chance: Some(40), ..Fault::always(trouble.clone()) };
        joined.office.sandbox.set_fault(fault).unwrap();
        joined.act("pay", json!({"voucher": format!("N{round}")})).await;
        for day in 0..4 {
            joined.world.wait_until(&format!("2026-03-{:02} 1{day}:00", 3 + round));
            joined.run(day % 2 == 0).await;
        }
        joined.office.sandbox.clear_faults();
        joined.world.wait_until(&format!("2026-03-{:02} 20:00", 3 + round));
        joined.run(true).await;
        assert_eq!(joined.state().await, "in_step", "{trouble:?}");
        joined.compare().await;
    }
    joined.world.verified().await;
}

/// So many invoices more, due over half a year.
fn invoices(count: u32) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2025, 12, 1).unwrap();
    let invoice = |number: u32| {
        let date = first + chrono::Days::new(u64::from(number % 90));
        let due = date + chrono::Days::new(60);
        format!("[[invoices]]\nnumber = \"N{number}\"\ncontact = \"Beispiel, Anna\"\namount = 119.00\ndate = {date}\ndue = {due}\n")
    };
    (0..count).map(invoice).collect()
}

async fn a_world_of_any_size_comes_in_by_its_pages(ledger: TestLedger) {
    let joined = Joined::start(ledger, Office::start_with(&invoices(1_100)).await).await;
    joined.in_step().await;
    assert!(joined.compare().await > 900);
    let seen = joined.office.look("requests").await;
    let count = |resource: &str| -> i64 {
        let counts = seen["counts"].as_array().unwrap().iter().filter(|count| count["resource"] == resource);
        counts.map(|count| count["count"].as_i64().unwrap()).sum()
    };
    assert!(count("voucherlist") <= 12, "pages of 250: {seen}");
    let details = count("invoices") + count("down-payment-invoices") + count("vouchers");
    assert!(details < 1_100, "details of what is due soon only: {details}");
    let again = joined.run(false).await;
    assert!(again < 12, "nothing has changed, yet {again} requests were made");
}

async fn a_key_that_is_taken_back_is_said_and_dunning_waits(ledger: TestLedger) {
    let joined = Joined::start(ledger, Office::start().await).await;
    joined.in_step().await;
    joined.act("revoke-key", json!({"key": "key-a"})).await;
    joined.run(false).await;
    assert_eq!(joined.state().await, "revoked_key");
    joined.world.wait_until("2026-03-04 10:00");
    joined.run(false).await;
    let invoice = joined.world.ledger.store.invoices_numbered(joined.world.tenant, "RE1").await.unwrap()[0];
    let (_, waits) = joined.world.engine.freshness(joined.world.tenant, invoice).await.unwrap().unwrap();
    assert!(waits.as_deref().is_some_and(|why| why.contains("revoked_key")), "{waits:?}");
}
