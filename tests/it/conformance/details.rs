//! What commands and pages read of one thing in full, and what the ledger says about itself.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{SOURCE, World, because, bill, shared};
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::store::Store;
use mahnwerk::store::documents::Document;
use mahnwerk::store::statement::Dialect;

on_both!(
    an_invoice_in_full,
    open_invoices_are_read_in_pages,
    a_notice_is_found_by_its_beginning,
    lines_show_what_was_recalled,
    a_place_in_a_queue_is_counted,
    the_ledger_tells_how_far_it_is_migrated
);

async fn an_invoice_in_full(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let mut with_document = bill("Ä-1", "Kö", "2026-01-09");
    let document = Document { media_type: "application/pdf".to_owned(), bytes: b"%PDF".to_vec() };
    with_document.invoice.document = Some(document.hash());
    with_document.document = Some(document);
    let ids = world.enrol(workflow, &[with_document.clone(), bill("R2", "Kö", "2026-01-09")]).await;
    world.pay(ids[0], "p1", 2_500).await;
    world.ledger.sql("UPDATE customer SET email_blocked = 'bounced'").await.unwrap();
    let detail = world.ledger.store.invoice_detail(world.tenant, ids[0]).await.unwrap().unwrap();
    assert_eq!((detail.source.as_str(), detail.state.as_str(), detail.workflow.as_str()), (SOURCE, "waiting", "probe"));
    assert_eq!((detail.open_minor, detail.record.amount_minor, detail.document), (7_500, 10_000, with_document.invoice.document));
    assert_eq!((detail.customer, detail.email_blocked.as_deref()), (with_document.customer, Some("bounced")));
    assert_eq!((detail.record.number.as_str(), detail.record.due_date), ("Ä-1", with_document.invoice.due_date));
    assert_eq!((detail.id, detail.learned_at), (ids[0], berlin("2026-01-05 00:00")));
    let other = world.ledger.store.invoice_detail(world.tenant, ids[1]).await.unwrap().unwrap();
    assert!(other.document.is_none());
    assert!(world.ledger.store.invoice_detail(world.tenant, InvoiceId(999)).await.unwrap().is_none());
}

async fn open_invoices_are_read_in_pages(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let bills: Vec<_> = (0..7).map(|number| bill(&format!("R{number}"), "K1", "2026-01-09")).collect();
    let ids = world.enrol(workflow, &bills).await;
    world.pay(ids[2], "p1", 10_000).await;
    world.pay(ids[4], "p2", 4_000).await;
    let mut seen = Vec::new();
    let mut after = InvoiceId(0);
    loop {
        let page = world.ledger.store.open_invoices(world.tenant, after, 3).await.unwrap();
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        seen.extend(page.into_iter().map(|(id, customer, record)| (id, customer.number, record.amount_minor)));
    }
    let open = [(0, 10_000), (1, 10_000), (3, 10_000), (4, 6_000), (5, 10_000), (6, 10_000)];
    assert_eq!(seen, open.map(|(number, amount): (usize, i64)| (ids[number], "K1".to_owned(), amount)));
}

async fn a_notice_is_found_by_its_beginning(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let bills: Vec<_> = (0..30).map(|number| bill(&format!("R{number}"), &format!("K{number}"), "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 12:00").await;
    let acts = world.outside.acts();
    let find = async |start: &str| world.ledger.store.notices_beginning(world.tenant, start).await.unwrap();
    for act in &acts {
        assert_eq!(find(&act.notice).await, std::slice::from_ref(&act.notice));
        // Due date and number of its first invoice.
        assert!(find(&act.notice[..12]).await.contains(&act.notice));
    }
    assert_eq!(find("").await.len(), 20, "twenty at most");
    assert_eq!(find("zz").await, Vec::<String>::new());
}

async fn lines_show_what_was_recalled(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    world.engine.settle_by_hand(world.tenant, ids[0], &because("cash")).await.unwrap();
    world.perform(&ready).await;
    let notices = world.ledger.store.notices_of(world.tenant, ids[1]).await.unwrap();
    for notice in notices {
        let lines = world.ledger.store.notice_lines(world.tenant, &notice.id).await.unwrap();
        let seen: Vec<_> = lines.iter().map(|line| (line.invoice.as_str(), line.stage.as_str(), line.open_minor, line.recalled)).collect();
        match notice.state.as_str() {
            "sent" => assert_eq!(seen, [("R2", "reminder-1", 10_000, false)]),
            "recalled" => assert_eq!(seen, [("R1", "reminder-1", 10_000, true), ("R2", "reminder-1", 10_000, true)]),
            other => panic!("{other}"),
        }
    }
}

async fn a_place_in_a_queue_is_counted(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&shared()).await;
    let ids = world.enrol(workflow, &["R1", "R2", "R3"].map(|number| bill(number, number, "2026-01-09"))).await;
    world.live_until("2026-01-12 09:00").await;
    let mut places = Vec::new();
    for id in ids {
        let slot = world.ledger.store.begin_tenant(world.tenant).await.unwrap().cases([id]).await.unwrap()[0].slot;
        if let Some(slot) = slot {
            places.push(world.ledger.store.slots_before(world.tenant, slot).await.unwrap());
        }
    }
    assert_eq!(places, [Some(("mail".to_owned(), 0)), Some(("mail".to_owned(), 1))]);
    assert_eq!(world.ledger.store.slots_before(world.tenant, 999_999).await.unwrap(), None);
}

async fn the_ledger_tells_how_far_it_is_migrated(ledger: TestLedger) {
    let schema = ledger.store.schema().await.unwrap();
    assert_eq!((schema.applied, schema.is_newer(), schema.advice()), (schema.known, false, None));
    assert!(schema.known >= 1);
    let about = ledger.store.about().await.unwrap();
    match ledger.dialect() {
        Dialect::Sqlite => assert!(about.starts_with("SQLite 3.") && about.ends_with("synchronous by commit"), "{about}"),
        Dialect::Postgres => assert!(about.starts_with("PostgreSQL ") && about.contains("fsync on"), "{about}"),
    }
    ledger.sql(&format!("UPDATE _sqlx_migrations SET version = {} WHERE version = {}", schema.known + 5, schema.known)).await.unwrap();
    assert!(ledger.store.schema().await.unwrap().is_newer());
    let error = Store::open(&ledger.url).await.unwrap().migrate().await.unwrap_err().to_string();
    assert!(error.starts_with("migrating the ledger"), "a newer ledger is not touched: {error}");
}
