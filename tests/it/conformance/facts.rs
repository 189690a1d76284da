//! Facts come in: invoices, customers, payments. Each at most once, and each lets its instance decide.

use crate::support::ledger::TestLedger;
use crate::support::world::{SOURCE, World, bill, bill_over, shared, single, tenant_settings};
use mahnwerk::domain::ids::{CustomerId, InvoiceId};
use mahnwerk::engine::intake::Intake;
use mahnwerk::store::documents::{Dictionary, Document};

on_both!(
    an_invoice_is_enrolled_once,
    an_invoice_that_comes_again_with_other_content_changes_nothing,
    a_row_that_stands_twice_in_a_batch_counts_once,
    a_customer_that_changed_is_updated,
    a_blocked_address_is_free_again_with_a_new_one,
    numbers_find_their_rows,
    a_payment_counts_once,
    payments_of_one_invoice_come_together,
    parts_are_paid,
    a_return_debit_reopens_at_the_old_stage,
    what_is_too_small_rests,
    a_cancelled_invoice_is_withdrawn,
    an_overpaid_invoice_is_settled,
    tenants_do_not_see_each_other,
    a_document_is_kept_once,
    documents_come_back_from_beside_their_dictionary
);

async fn an_invoice_is_enrolled_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    assert_eq!(world.publish(&single()).await, workflow, "the same content is the same version");
    let bills = [bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-12")];
    let ids = world.enrol(workflow, &bills).await;
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-12 09:00");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-1 2026-01-15 09:00");
    let again = world.engine.take_in(world.tenant, SOURCE, workflow, &bills).await.unwrap();
    assert_eq!(again, [Intake::Known(ids[0]), Intake::Known(ids[1])]);
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM customer").await, 1);
    assert_eq!(world.verified().await, 2);
}

async fn an_invoice_that_comes_again_with_other_content_changes_nothing(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R9", "K2", "2026-01-09")]).await;
    let mut other = bill_over(9_999, "R1", "K2", "2026-01-10");
    other.invoice.number = "r1".to_owned();
    let results = world.engine.take_in(world.tenant, SOURCE, workflow, &[other]).await.unwrap();
    let fields = vec!["number", "customer", "amount", "invoice_date", "due_date"];
    assert_eq!(results, [Intake::Differs { invoice: ids[0], fields }]);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-12 09:00");
    assert_eq!(world.ledger.store.invoices_numbered(world.tenant, "R1").await.unwrap(), [ids[0]]);
    // Another source may use the same id for something else.
    let elsewhere = world.engine.take_in(world.tenant, "other", workflow, &[bill("R1", "K1", "2026-01-20")]).await.unwrap();
    assert!(matches!(elsewhere[0], Intake::Enrolled(id) if id != ids[0]), "{elsewhere:?}");
}

async fn a_row_that_stands_twice_in_a_batch_counts_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let batch = [bill("R1", "K1", "2026-01-09"), bill("R1", "K1", "2026-01-09"), bill_over(5, "R1", "K1", "2026-01-09")];
    let results = world.engine.take_in(world.tenant, SOURCE, workflow, &batch).await.unwrap();
    let Intake::Enrolled(id) = results[0] else { panic!("{results:?}") };
    assert_eq!(results[1..], [Intake::Known(id), Intake::Differs { invoice: id, fields: vec!["amount"] }]);
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 1);
}

async fn a_customer_that_changed_is_updated(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    let secret = world.ledger.rows("SELECT secret FROM customer").await[0].blob("secret").unwrap();
    let mut moved = bill("R2", "K1", "2026-01-09");
    // Whatever a name holds, it is a value: nothing in it is read as SQL or JSON.
    moved.customer.name = "Ödön \"von\" O'Hara \\ {t1} $1 <b>Ü</b> 🏦\u{202e}".to_owned();
    moved.customer.city = "Übersee".to_owned();
    world.enrol(workflow, &[moved.clone()]).await;
    let rows = world.ledger.rows("SELECT name, city, secret FROM customer").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].text("name").unwrap(), rows[0].text("city").unwrap()), (moved.customer.name, "Übersee".to_owned()));
    assert_eq!(rows[0].blob("secret").unwrap(), secret, "the key of its commitments stays");
}

async fn a_blocked_address_is_free_again_with_a_new_one(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.ledger.sql("UPDATE customer SET email_blocked = 'bounced'").await.unwrap();
    let blocked = "SELECT COUNT(*) AS n FROM customer WHERE email_blocked = 'bounced'";
    let mut same = bill("R2", "K1", "2026-01-09");
    same.customer.city = "Kaufbeuren".to_owned();
    world.enrol(workflow, &[same.clone()]).await;
    assert_eq!(world.ledger.number(blocked).await, 1, "the address is the same");
    same.customer.email = "new@customers.example".to_owned();
    same.invoice.external_id = "R3".to_owned();
    world.enrol(workflow, &[same]).await;
    assert_eq!(world.ledger.number(blocked).await, 0);
}

async fn numbers_find_their_rows(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("Ä-1", "Kö", "2026-01-09"), bill("ä-1", "kö", "2026-01-09")]).await;
    let store = &world.ledger.store;
    assert_eq!(store.invoices_numbered(world.tenant, "Ä-1").await.unwrap(), [ids[0]]);
    assert_eq!(store.invoices_numbered(world.tenant, "A-1").await.unwrap(), Vec::<InvoiceId>::new());
    let (upper, lower) = (store.customer_numbered(world.tenant, "Kö").await, store.customer_numbered(world.tenant, "kö").await);
    assert_ne!(upper.unwrap().unwrap(), lower.unwrap().unwrap());
    assert_eq!(store.customer_numbered(world.tenant, "KÖ").await.unwrap(), None::<CustomerId>);
}

async fn a_payment_counts_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    assert_eq!(world.pay(ids[0], "p1", 4_000).await, [ids[0]]);
    assert_eq!(world.pay(ids[0], "p1", 4_000).await, [], "the same fact again");
    let case = |world: &World| {
        let (store, tenant) = (world.ledger.store.clone(), world.tenant);
        async move { store.begin_tenant(tenant).await.unwrap().cases(ids.clone()).await.unwrap().remove(0) }
    };
    let found = case(&world).await;
    assert_eq!((found.open_minor, found.dunnable_minor(), found.amount_minor), (6_000, 6_000, 10_000));
}

async fn payments_of_one_invoice_come_together(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    let payments = [world.payment(ids[0], "p1", 4_000), world.payment(ids[1], "p2", 1), world.payment(ids[0], "p3", 6_000)];
    world.pay_all(&payments).await;
    assert_eq!(world.tells(ids[0]).await, "settled");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-1 2026-01-12 09:00");
    assert_eq!(world.verified().await, 3, "two enrolled, one settled");
}

async fn parts_are_paid(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.pay(ids[0], "p1", 3_000).await;
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.outside.acts()[0].lines, [("R1".to_owned(), 7_000)]);
    world.pay(ids[0], "p2", 7_000).await;
    assert_eq!(world.tells(ids[0]).await, "settled");
    world.live_until("2026-03-01 00:00").await;
    assert_eq!(world.outside.acts().len(), 1, "nothing more is sent");
}

async fn a_return_debit_reopens_at_the_old_stage(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-13 00:00").await;
    world.pay(ids[0], "p1", 10_000).await;
    assert_eq!(world.tells(ids[0]).await, "settled");
    world.wait_until("2026-02-02 12:00");
    world.pay(ids[0], "p1-back", -10_000).await;
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-02-02 12:00", "its date has passed: at once");
    world.live_until("2026-02-03 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1", "2026-02-02 12:00 reminder-2 R1"]);
    world.verified().await;
}

async fn what_is_too_small_rests(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let bills = [bill_over(499, "R1", "K1", "2026-01-09"), bill_over(500, "R2", "K1", "2026-01-09"), bill("R3", "K1", "2026-01-09")];
    let ids = world.enrol(workflow, &bills).await;
    assert_eq!(world.tells(ids[0]).await, "blocked reminder-1 below_minimum");
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-1 2026-01-12 09:00", "equal to the minimum is dunned");
    world.pay(ids[2], "p1", 9_501).await;
    assert_eq!(world.tells(ids[2]).await, "blocked reminder-1 below_minimum");
    world.pay(ids[2], "p1-back", -9_501).await;
    assert_eq!(world.tells(ids[2]).await, "waiting reminder-1 2026-01-12 09:00");
}

async fn a_cancelled_invoice_is_withdrawn(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    tx.cancel_invoice(ids[0], mahnwerk::domain::time::Timestamp(1)).await.unwrap();
    tx.commit().await.unwrap();
    world.live_until("2026-02-01 00:00").await;
    assert_eq!(world.tells(ids[0]).await, "withdrawn");
    assert_eq!(world.outside.acts(), []);
}

async fn an_overpaid_invoice_is_settled(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.pay(ids[0], "p1", 10_001).await;
    assert_eq!(world.tells(ids[0]).await, "settled");
    let error = world.engine.settle_by_hand(world.tenant, ids[0], &crate::support::world::because("rest")).await.unwrap_err();
    assert_eq!(error.to_string(), "nothing is open on invoice R1");
}

async fn tenants_do_not_see_each_other(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let other = world.ledger.store.tenant_named("zweiter", mahnwerk::domain::time::Timestamp(0)).await.unwrap();
    world.engine.add_tenant(tenant_settings(other, "zweiter", 0));
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    let parsed = mahnwerk::domain::workflow::parse(&single()).workflow.unwrap();
    let theirs = world.engine.publish(other, &parsed).await.unwrap();
    let results = world.engine.take_in(other, SOURCE, theirs, &[bill("R1", "K1", "2026-01-12")]).await.unwrap();
    assert!(matches!(results[0], Intake::Enrolled(_)), "the same ids are another tenant's: {results:?}");
    world.live_until("2026-01-20 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 09:00 reminder-1 R1", "2026-01-19 10:30 reminder-2 R1"]);
    assert_eq!(world.engine.next_round(other).await.unwrap(), Some(crate::support::ledger::berlin("2026-01-15 09:00")));
    assert_eq!(world.ledger.store.chain_head(other).await.unwrap().0, 1);
    assert_eq!(world.ledger.store.invoices_numbered(other, "R1").await.unwrap().len(), 1);
    assert_eq!(ids.len(), 1);
    world.verified().await;
}

async fn a_document_is_kept_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let document = Document { media_type: "application/pdf".to_owned(), bytes: (0..=255).collect() };
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    let hash = tx.put_document(&document, mahnwerk::domain::time::Timestamp(1)).await.unwrap();
    assert_eq!(tx.put_document(&document, mahnwerk::domain::time::Timestamp(2)).await.unwrap(), hash);
    tx.commit().await.unwrap();
    assert_eq!(world.ledger.store.document(world.tenant, &hash).await.unwrap(), Some(document));
    assert_eq!(world.ledger.store.document(world.tenant, &[9; 32]).await.unwrap(), None);
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM document").await, 1);
    assert!(world.ledger.sql("UPDATE document SET media_type = 'text/plain'").await.is_err(), "documents are immutable");
}

async fn documents_come_back_from_beside_their_dictionary(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let mail = |to: &str| Document {
        media_type: "message/rfc822".to_owned(),
        bytes: (0..300).map(|n| format!("{to} {n}\r\n")).collect::<String>().into_bytes(),
    };
    let dictionary = Dictionary::new(mail("nobody"));
    let mails = [mail("Meier"), mail("Huber")];
    let kept: Vec<_> = mails.iter().map(|mail| mail.kept(Some(&dictionary))).collect();
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    tx.put_documents(&kept.iter().collect::<Vec<_>>(), mahnwerk::domain::time::Timestamp(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM document").await, 3, "the dictionary once");
    for mail in mails.iter().chain([&dictionary.document()]) {
        assert_eq!(world.ledger.store.document(world.tenant, &mail.hash()).await.unwrap().as_ref(), Some(mail));
    }
    world.ledger.sql("DELETE FROM document WHERE dictionary IS NULL").await.unwrap();
    let error = world.ledger.store.document(world.tenant, &mails[0].hash()).await.unwrap_err().to_string();
    assert!(error.contains("packed beside is not there"), "{error}");
}
