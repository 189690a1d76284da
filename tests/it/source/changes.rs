//! Every change at the source becomes the right fact and the right transition; the same answer twice books nothing twice.

use super::stage::Stage;
use crate::support::ledger::TestLedger;
use mahnwerk::engine::source::ports::{ClaimStatus, ItemKind};

on_both!(
    the_first_sync_enrols_what_is_open,
    parts_and_wholes_are_paid,
    what_is_settled_without_money_says_so,
    a_returned_debit_reopens_at_the_old_stage,
    a_voided_invoice_is_withdrawn,
    a_draft_rests_and_comes_back_by_itself,
    a_direct_debit_rests_until_it_fails,
    what_vanishes_rests,
    a_new_due_date_moves_the_stage,
    amounts_and_addresses_follow,
    what_a_person_settled_stays_settled,
    a_new_key_of_the_same_account_goes_on,
    a_claim_that_somebody_names_is_asked_about_at_once,
);

async fn the_first_sync_enrols_what_is_open(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for (id, to, due) in [("R1", "A", "2026-01-02"), ("R2", "B", "2026-01-03"), ("R3", "A", "2026-01-09"), ("R4", "C", "2026-03-30")] {
        stage.fake.bill(id, to, due);
    }
    stage.fake.bill("PAID", "A", "2026-01-01");
    stage.fake.with(|books| books.pay("PAID", 10_000));
    stage.in_step().await;
    assert_eq!(stage.state().await, "in_step");
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-05 09:00");
    assert_eq!(stage.tells("R3").await, "waiting reminder-1 2026-01-12 09:00");
    assert_eq!(stage.tells("R4").await, "waiting reminder-1 2026-04-02 09:00");
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 4, "what is paid is no case");
    let customers = stage.world.ledger.rows("SELECT number, name, email, city, kind FROM customer ORDER BY number").await;
    let told: Vec<_> =
        customers.iter().map(|row| ["number", "name", "email", "city", "kind"].map(|column| row.text(column).unwrap())).collect();
    assert_eq!(told[0], ["1A", "Kunde A GmbH", "a@kunde.example", "Köln", "business"]);
    assert_eq!(told[2], ["C", "C", "", "", "unknown"], "its details are read when it is due");
    let asked = stage.fake.asked();
    assert!(!asked.iter().any(|call| call == "claim R4" || call == "contact C"), "{asked:?}");
    assert_eq!(asked.iter().filter(|call| *call == "contact A").count(), 1, "a contact is read once: {asked:?}");
    // Nothing has changed: a listing of changes and one of all change nothing.
    let entries = stage.world.verified().await;
    stage.again().await;
    stage.sweep().await;
    assert_eq!(stage.world.verified().await, entries);
    assert!(!stage.fake.asked().iter().any(|call| call.starts_with("payment") || call.starts_with("claim")));
}

async fn parts_and_wholes_are_paid(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.fake.bill("R2", "A", "2026-01-09");
    stage.fake.with(|books| books.pay("R2", 1_000));
    stage.in_step().await;
    assert_eq!((stage.open_minor("R1").await, stage.open_minor("R2").await), (10_000, 9_000));
    stage.world.wait_until("2026-01-07 12:00");
    stage.fake.with(|books| {
        books.pay("R1", 4_000);
        books.pay("R2", 9_000);
    });
    stage.again().await;
    assert_eq!((stage.open_minor("R1").await, stage.tells("R1").await), (6_000, "waiting reminder-1 2026-01-12 09:00".to_owned()));
    assert_eq!((stage.open_minor("R2").await, stage.tells("R2").await), (0, "settled".to_owned()));
    assert_eq!(stage.booked("R1").await, ["payment 4000"]);
    stage.world.live_until("2026-01-13 00:00").await;
    assert_eq!(stage.world.outside.acts()[0].lines, [("R1".to_owned(), 6_000)]);
    for _ in 0..2 {
        stage.again().await;
        stage.sweep().await;
    }
    assert_eq!(stage.booked("R1").await, ["payment 4000"]);
    stage.fake.with(|books| books.pay("R1", 6_000));
    // Without a listing of changes: it has fallen out of what is open.
    stage.sweep().await;
    assert_eq!(
        (stage.tells("R1").await, stage.booked("R1").await),
        ("settled".to_owned(), vec!["payment 4000".into(), "payment 6000".into()])
    );
    stage.world.verified().await;
}

async fn what_is_settled_without_money_says_so(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    let ways = [
        ("CREDIT", ItemKind::CreditNote, "credit_note"),
        ("WRITEOFF", ItemKind::WriteOff, "write_off"),
        ("DISCOUNT", ItemKind::CashDiscount, "cash_discount"),
    ];
    for (id, ..) in &ways {
        stage.fake.bill(id, "A", "2026-01-09");
    }
    stage.in_step().await;
    for (id, kind, _) in &ways {
        stage.fake.with(|books| {
            if *kind == ItemKind::CashDiscount {
                books.pay(id, 9_700);
                books.post(id, kind.clone(), 300);
            } else {
                books.post(id, kind.clone(), 10_000);
                books.change(id, |claim| claim.status = ClaimStatus::PaidOff);
            }
        });
    }
    stage.again().await;
    for (id, _, word) in &ways {
        assert_eq!(stage.tells(id).await, "settled");
        assert!(stage.booked(id).await.iter().any(|fact| fact.starts_with("credit ")), "{id}");
        let invoice = stage.invoice(id).await;
        let history =
            stage.world.ledger.rows(&format!("SELECT detail FROM transition WHERE instance_id = {} AND cause = 'paid'", invoice.0)).await;
        assert!(history[0].text("detail").unwrap().contains(word), "{id}");
    }
    stage.world.verified().await;
}

async fn a_returned_debit_reopens_at_the_old_stage(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-02");
    stage.fake.bill("R2", "A", "2026-01-02");
    stage.in_step().await;
    stage.world.live_until("2026-01-06 00:00").await;
    assert_eq!(stage.world.outside.told().len(), 2);
    stage.fake.with(|books| {
        books.pay("R1", 10_000);
        books.pay("R2", 10_000);
    });
    stage.again().await;
    assert_eq!((stage.tells("R1").await, stage.tells("R2").await), ("settled".to_owned(), "settled".to_owned()));
    stage.world.wait_until("2026-01-20 12:00");
    // One source takes the posting away, another posts against it.
    stage.fake.with(|books| {
        books.change("R1", |claim| claim.items.clear());
        books.pay("R2", -10_000);
    });
    stage.again().await;
    for id in ["R1", "R2"] {
        assert_eq!(stage.tells(id).await, "waiting reminder-2 2026-01-20 12:00", "{id}");
        assert_eq!(stage.booked(id).await, ["payment 10000", "return_debit -10000"], "{id}");
        assert!(stage.causes(id).await.contains(&"reopened".to_owned()));
    }
    stage.sweep().await;
    assert_eq!(stage.booked("R1").await.len(), 2);
    // Paid for good, by a posting just like the first.
    stage.fake.with(|books| books.pay("R1", 10_000));
    stage.again().await;
    assert_eq!(stage.tells("R1").await, "settled");
    stage.world.verified().await;
}

async fn a_voided_invoice_is_withdrawn(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.fake.bill("R2", "A", "2026-01-09");
    stage.in_step().await;
    stage.fake.with(|books| {
        books.change("R1", |claim| claim.status = ClaimStatus::Voided);
        books.change("R2", |claim| claim.status = ClaimStatus::Voided);
    });
    stage.again().await;
    assert_eq!(stage.tells("R1").await, "withdrawn");
    assert_eq!(stage.booked("R1").await, [""; 0], "voided is not paid");
    stage.sweep().await;
    assert_eq!((stage.tells("R2").await, stage.causes("R2").await.len()), ("withdrawn".to_owned(), 2));
}

async fn a_draft_rests_and_comes_back_by_itself(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    stage.fake.with(|books| books.change("R1", |claim| claim.status = ClaimStatus::Draft));
    stage.again().await;
    assert_eq!(stage.tells("R1").await, "blocked reminder-1 it is a draft again in fake");
    stage.later("2026-01-13 10:00").await;
    stage.sweep().await;
    assert_eq!(stage.causes("R1").await, ["enrolled", "blocked"], "saying it again changes nothing");
    stage.fake.with(|books| books.change("R1", |claim| claim.status = ClaimStatus::Open));
    stage.again().await;
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-13 10:00");
    stage.world.live_until("2026-01-13 12:00").await;
    assert_eq!(stage.world.outside.told(), ["2026-01-13 10:00 reminder-1 R1"]);
}

async fn a_direct_debit_rests_until_it_fails(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.fake.bill("R2", "A", "2026-01-09");
    stage.fake.with(|books| {
        books.change("R1", |claim| claim.status = ClaimStatus::DirectDebit);
        books.change("R2", |claim| claim.status = ClaimStatus::DirectDebit);
    });
    stage.in_step().await;
    assert_eq!(stage.tells("R1").await, "blocked reminder-1 it is collected by direct debit, says fake");
    stage.fake.with(|books| {
        books.change("R1", |claim| claim.status = ClaimStatus::Open);
        books.change("R2", |claim| claim.status = ClaimStatus::Other("sent_to_the_moon".to_owned()));
    });
    stage.again().await;
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-12 09:00");
    assert_eq!(stage.tells("R2").await, "blocked reminder-1 fake calls it `sent_to_the_moon`, which is not known here");
}

async fn what_vanishes_rests(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    let claim = stage.fake.with(|books| books.claims.remove("R1")).unwrap();
    stage.sweep().await;
    assert_eq!(stage.tells("R1").await, "blocked reminder-1 fake does not have it any more");
    stage.sweep().await;
    stage.fake.with(|books| books.claims.insert("R1".to_owned(), claim));
    stage.sweep().await;
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-12 09:00");
}

async fn a_new_due_date_moves_the_stage(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for id in ["R1", "R2"] {
        stage.fake.bill(id, "A", "2026-01-02");
    }
    stage.in_step().await;
    stage.world.wait_until("2026-01-05 09:00");
    let ready = stage.world.round().await;
    assert_eq!(ready.len(), 2);
    stage.fake.with(|books| {
        books.change("R1", |claim| claim.due_date = "2026-01-16".parse().unwrap());
        books.change("R2", |claim| claim.due_date = "2026-01-01".parse().unwrap());
    });
    stage.again().await;
    // One is not due by its new date: its notice is taken back before it leaves. The other one is due all the same.
    stage.world.perform(&ready).await;
    assert_eq!(stage.world.outside.told(), ["2026-01-05 09:00 reminder-1 R2"]);
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-19 09:00");
    assert!(stage.causes("R1").await.contains(&"redated".to_owned()));
    stage.world.verified().await;
}

async fn amounts_and_addresses_follow(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    stage.world.wait_until("2026-01-07 12:00");
    stage.fake.with(|books| {
        books.change("R1", |claim| claim.amount_minor = 12_000);
        let contact = books.contacts.get_mut("A").unwrap();
        contact.addresses[0].street = "Neuer Weg 1".to_owned();
        contact.emails.retain(|email| email.address.starts_with("privat"));
    });
    stage.again().await;
    assert_eq!((stage.open_minor("R1").await, stage.booked("R1").await), (12_000, vec![]));
    let customer = &stage.world.ledger.rows("SELECT street, email, number FROM customer").await[0];
    assert_eq!(customer.text("street").unwrap(), "Neuer Weg 1");
    assert_eq!(customer.text("email").unwrap(), "privat-A@kunde.example");
    assert_eq!(customer.text("number").unwrap(), "1A");
}

async fn what_a_person_settled_stays_settled(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    let invoice = stage.invoice("R1").await;
    stage.world.engine.settle_by_hand(stage.world.tenant, invoice, &crate::support::world::because("in cash")).await.unwrap();
    stage.again().await;
    stage.sweep().await;
    assert_eq!(stage.tells("R1").await, "settled");
    assert_eq!(stage.booked("R1").await, ["settled_by_hand 10000"]);
}

async fn a_new_key_of_the_same_account_goes_on(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    stage.fake.with(|books| books.key = 2);
    stage.fake.asked();
    stage.again().await;
    assert_eq!(stage.fake.asked()[0], "identity");
    assert_eq!(stage.state().await, "in_step");
}

async fn a_claim_that_somebody_names_is_asked_about_at_once(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    stage.in_step().await;
    stage.fake.with(|books| books.pay("R1", 10_000));
    stage.fake.bill("R2", "A", "2026-01-09");
    stage.fake.asked();
    for id in ["R1", "R1", "R2"] {
        stage.world.engine.ask_about(stage.world.tenant, id).await.unwrap();
    }
    assert_eq!(stage.tells("R1").await, "settled");
    assert_eq!(stage.booked("R1").await, ["payment 10000"]);
    stage.in_step().await;
    assert_eq!(stage.tells("R2").await, "waiting reminder-1 2026-01-12 09:00", "the listing that follows has found it");
}
