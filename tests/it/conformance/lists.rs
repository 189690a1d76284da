//! Lists for people: what fits is there once, in order, however it is paged; what was searched for is found.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::ids::{CustomerId, InvoiceId};
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::intake::Incoming;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;
use mahnwerk::store::lists::{CustomerFilter, CustomerSort, InvoiceFilter, InvoiceSort, NoticeFilter, Order, Spot, Words, folded};
use std::collections::BTreeSet;

on_both!(
    every_order_of_invoices_is_paged_whole,
    every_order_of_customers_is_paged_whole,
    notices_are_paged_whole,
    filters_leave_what_fits,
    words_find_numbers_and_names,
    names_are_folded_as_searches_are,
    customers_show_what_is_open_and_what_rests,
    nobody_sees_another_tenants_rows
);

/// Few keys and many ties: four customers of one name, three due dates, two amounts.
fn bills() -> Vec<Incoming> {
    (0..30)
        .map(|number: i64| {
            let due = format!("2026-01-{:02}", 9 + number % 3);
            let mut bill = bill(&format!("R{:02}", (number * 7) % 30), &format!("K{}", number % 10), &due);
            bill.customer.name = if number % 10 < 4 { "Bäckerei Huber".to_owned() } else { format!("Kunde {}", number % 10) };
            bill.invoice.amount_minor = 10_000 + 500 * (number % 2);
            bill
        })
        .collect()
}

async fn filled(ledger: TestLedger) -> (World, Vec<InvoiceId>) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &bills()).await;
    assert_eq!(ids.len(), 30);
    (world, ids)
}

/// All pages of seven; each invoice's place in the order with its id.
async fn invoices(world: &World, filter: &InvoiceFilter, sort: InvoiceSort, order: Order) -> Vec<Spot> {
    let mut spots: Vec<Spot> = Vec::new();
    loop {
        let page = world.ledger.store.list_invoices(world.tenant, filter, (sort, order), spots.last(), 7).await.unwrap();
        assert!(page.lines.iter().all(|line| line.spot.id == line.id.0));
        spots.extend(page.lines.into_iter().map(|line| line.spot));
        if !page.more {
            return spots;
        }
    }
}

fn assert_whole(mut spots: Vec<Spot>, order: Order, count: usize) {
    if order == Order::Down {
        spots.reverse();
    }
    assert!(spots.windows(2).all(|pair| pair[0] < pair[1]), "in order, nothing twice: {spots:?}");
    assert_eq!(spots.iter().map(|spot| spot.id).collect::<BTreeSet<_>>().len(), count);
}

async fn every_order_of_invoices_is_paged_whole(ledger: TestLedger) {
    let (world, _) = filled(ledger).await;
    let all = InvoiceFilter::default();
    let few = InvoiceFilter { state: "waiting".to_owned(), ..InvoiceFilter::default() };
    for sort in InvoiceSort::ALL {
        for order in [Order::Up, Order::Down] {
            let walked = invoices(&world, &all, sort, order).await;
            assert_whole(walked.clone(), order, 30);
            assert_eq!(invoices(&world, &few, sort, order).await, walked, "{sort:?}: gathered and walked alike");
        }
    }
    let page = world.ledger.store.list_invoices(world.tenant, &few, (InvoiceSort::Due, Order::Up), None, 7).await.unwrap();
    assert_eq!((page.total, page.more), (Some(30), true));
    let line = &page.lines[0];
    assert_eq!((line.due_date.as_str(), line.open_minor, line.stage, line.queued), ("2026-01-09", line.amount_minor, Some(0), false));
}

async fn every_order_of_customers_is_paged_whole(ledger: TestLedger) {
    let (world, _) = filled(ledger).await;
    for sort in [CustomerSort::Name, CustomerSort::Number] {
        for order in [Order::Up, Order::Down] {
            for words in ["", "86150"] {
                let filter = CustomerFilter { words: Words::of(words), ..CustomerFilter::default() };
                let mut spots: Vec<Spot> = Vec::new();
                loop {
                    let page = world.ledger.store.list_customers(world.tenant, &filter, (sort, order), spots.last(), 3).await.unwrap();
                    spots.extend(page.lines.into_iter().map(|line| line.spot));
                    if !page.more {
                        break;
                    }
                }
                assert_whole(spots, order, 10);
            }
        }
    }
}

async fn notices_are_paged_whole(ledger: TestLedger) {
    let (world, _) = filled(ledger).await;
    world.live_until("2026-01-20 12:00").await;
    let store = &world.ledger.store;
    let count = world.ledger.number("SELECT COUNT(*) AS n FROM notice").await;
    assert!(count >= 30);
    for (order, words) in [(Order::Up, ""), (Order::Down, ""), (Order::Up, "86150"), (Order::Down, "r")] {
        let filter = NoticeFilter { words: Words::of(words), ..NoticeFilter::default() };
        let mut spots = Vec::new();
        loop {
            let page = store.list_notices(world.tenant, &filter, order, spots.last(), 7).await.unwrap();
            spots.extend(page.lines.into_iter().map(|line| line.spot));
            if !page.more {
                break;
            }
        }
        if order == Order::Down {
            spots.reverse();
        }
        assert!(spots.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(i64::try_from(spots.len()).unwrap(), count);
    }
    let list = async |filter: NoticeFilter| store.list_notices(world.tenant, &filter, Order::Down, None, 100).await.unwrap().lines;
    let sent = list(NoticeFilter { state: "sent".to_owned(), ..NoticeFilter::default() }).await;
    assert_eq!(i64::try_from(sent.len()).unwrap(), count);
    let first = list(NoticeFilter { stage: "reminder-1".to_owned(), channel: "email".to_owned(), ..NoticeFilter::default() }).await;
    assert_eq!(first.len(), 30);
    assert!(list(NoticeFilter { channel: "post".to_owned(), ..NoticeFilter::default() }).await.is_empty());
    let day = |day: &str| NoticeFilter { from: day.to_owned(), to: day.to_owned(), ..NoticeFilter::default() };
    let of_day = list(day("2026-01-12")).await;
    assert!(!of_day.is_empty() && of_day.iter().all(|line| line.slot_at.date_in(chrono_tz::Europe::Berlin).to_string() == "2026-01-12"));
    let own = list(NoticeFilter { customer: Some(first[0].customer), ..NoticeFilter::default() }).await;
    assert!(!own.is_empty() && own.iter().all(|line| line.customer == first[0].customer));
    let of_invoice = list(NoticeFilter { words: Words::of("r07"), ..NoticeFilter::default() }).await;
    assert!(!of_invoice.is_empty() && of_invoice.iter().all(|line| line.invoices == 1));
}

async fn filters_leave_what_fits(ledger: TestLedger) {
    let (world, ids) = filled(ledger).await;
    let cause = because("asked to");
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &cause).await.unwrap();
    world.engine.settle_by_hand(world.tenant, ids[1], &cause).await.unwrap();
    world.engine.end(world.tenant, ids[2], false, &cause).await.unwrap();
    world.engine.skip(world.tenant, ids[3], &cause).await.unwrap();
    let count = async |filter: InvoiceFilter| invoices(&world, &filter, InvoiceSort::Number, Order::Up).await.len();
    let state = |state: &str| InvoiceFilter { state: state.to_owned(), ..InvoiceFilter::default() };
    for (word, expected) in [("blocked", 1), ("settled", 1), ("withdrawn", 1), ("waiting", 27), ("failed", 0), ("exhausted", 0)] {
        assert_eq!(count(state(word)).await, expected, "{word}");
    }
    let workflow = world.instance(ids[3]).await.workflow.0;
    let stage = |position| InvoiceFilter { stages: Some(vec![(workflow, position)]), ..InvoiceFilter::default() };
    assert_eq!((count(stage(1)).await, count(stage(2)).await), (1, 0));
    assert_eq!(count(InvoiceFilter { stages: Some(Vec::new()), ..InvoiceFilter::default() }).await, 0);
    let due = |from: &str, to: &str| InvoiceFilter { due_from: from.to_owned(), due_to: to.to_owned(), ..InvoiceFilter::default() };
    assert_eq!((count(due("2026-01-10", "")).await, count(due("2026-01-10", "2026-01-10")).await), (20, 10));
    let customer = InvoiceFilter { customer: Some(customer_of(&world, ids[0]).await), ..InvoiceFilter::default() };
    assert_eq!(count(customer).await, 3);

    // On their way, failed, and of unknown outcome: each is found by what holds it.
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    assert_eq!(count(state("issued")).await, ready.len());
    let failed = Outcome::Failed { reason: "550 no such user".to_owned() };
    world.outside.will([failed, Outcome::Unknown { reason: "cut off".to_owned() }]);
    world.perform(&ready).await;
    assert_eq!((count(state("failed")).await, count(state("issued")).await), (1, 1));
    let store = &world.ledger.store;
    for word in ["failed", "unknown"] {
        let filter = NoticeFilter { state: word.to_owned(), ..NoticeFilter::default() };
        assert_eq!(store.list_notices(world.tenant, &filter, Order::Up, None, 9).await.unwrap().lines.len(), 1, "{word}");
    }
}

async fn customer_of(world: &World, invoice: InvoiceId) -> CustomerId {
    world.ledger.store.invoice_detail(world.tenant, invoice).await.unwrap().unwrap().customer_id
}

async fn words_find_numbers_and_names(ledger: TestLedger) {
    let (world, _) = filled(ledger).await;
    let count = async |words: &str| {
        let filter = InvoiceFilter { words: Words::of(words), ..InvoiceFilter::default() };
        invoices(&world, &filter, InvoiceSort::Due, Order::Up).await.len()
    };
    for (words, expected) in [
        ("r07", 1),
        ("R0", 10),
        ("bäckerei", 12),
        ("BAECKEREI hub", 12),
        ("huber nobody", 0),
        ("k9@customers", 3),
        ("augsburg 86150 kunde 9", 3),
        ("%", 0),
        ("_", 0),
        ("'", 0),
        ("  ", 30),
    ] {
        assert_eq!(count(words).await, expected, "{words}");
    }
}

async fn names_are_folded_as_searches_are(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let mut odd = bill("Ä-1", "Kö-1", "2026-01-09");
    odd.customer.name = "Süßwaren GROẞ, Ärzte & Ölmühle — CRÈME Brûlée, Ça va, ÀÁàá Éé".to_owned();
    odd.customer.city = "Übach".to_owned();
    world.enrol(workflow, &[odd]).await;
    let rows = world.ledger.rows("SELECT number, name, email, postcode, city, search FROM customer").await;
    let text = |column| rows[0].text(column).unwrap();
    let plain = ["number", "name", "email", "postcode", "city"].map(text).join(" ");
    assert_eq!(text("search"), folded(&plain));
    let filter = InvoiceFilter { words: Words::of("ä-1 OELMÜHLE übach"), ..InvoiceFilter::default() };
    let found = invoices(&world, &filter, InvoiceSort::Due, Order::Up).await;
    assert!(found.is_empty(), "numbers are found as they are written, but for small letters: Ä stays Ä");
    let filter = InvoiceFilter { words: Words::of("Ä-1 OELMÜHLE übach"), ..InvoiceFilter::default() };
    assert_eq!(invoices(&world, &filter, InvoiceSort::Due, Order::Up).await.len(), 1);
}

async fn customers_show_what_is_open_and_what_rests(ledger: TestLedger) {
    let (world, ids) = filled(ledger).await;
    let customer = customer_of(&world, ids[0]).await;
    world.pay(ids[0], "p1", 4_000).await;
    world.engine.pause(world.tenant, Scope::Customer(customer), None, &because("in court")).await.unwrap();
    let store = &world.ledger.store;
    let line = store.customer_line(world.tenant, customer).await.unwrap().unwrap();
    let open: Vec<_> = line.open.iter().map(|sum| (sum.currency.as_str(), sum.invoices, sum.open_minor)).collect();
    let rests = Some(("user:test".to_owned(), None));
    assert_eq!((line.rests, open), (rests, vec![("EUR", 3, 26_000)]));
    let filter = CustomerFilter { resting: true, ..CustomerFilter::default() };
    let page = store.list_customers(world.tenant, &filter, (CustomerSort::Name, Order::Up), None, 9).await.unwrap();
    assert_eq!((page.lines.len(), page.lines[0].id, page.total), (1, customer, Some(1)));
    assert!(store.customer_line(world.tenant, CustomerId(999_999)).await.unwrap().is_none());
}

async fn nobody_sees_another_tenants_rows(ledger: TestLedger) {
    let (world, ids) = filled(ledger).await;
    world.live_until("2026-01-12 12:00").await;
    let store = &world.ledger.store;
    let other = store.tenant_named("other", Timestamp(berlin("2026-01-05 00:00").0)).await.unwrap();
    let customer = customer_of(&world, ids[0]).await;
    for words in ["", "r"] {
        for customer in [None, Some(customer)] {
            let (words, order) = (Words::of(words), (InvoiceSort::Due, Order::Up));
            let filter = InvoiceFilter { words: words.clone(), customer, ..InvoiceFilter::default() };
            assert!(store.list_invoices(other, &filter, order, None, 9).await.unwrap().lines.is_empty());
            let filter = NoticeFilter { words, customer, ..NoticeFilter::default() };
            assert!(store.list_notices(other, &filter, Order::Up, None, 9).await.unwrap().lines.is_empty());
        }
    }
    let all = CustomerFilter::default();
    assert!(store.list_customers(other, &all, (CustomerSort::Name, Order::Up), None, 9).await.unwrap().lines.is_empty());
    assert!(store.customer_line(other, customer).await.unwrap().is_none());
    assert!(store.payments(other, ids[0]).await.unwrap().is_empty());
}
