//! How long a page takes in a ledger of 100,000 invoices. By hand: `cargo nextest run --run-ignored only pages_lists::speed --no-capture`.

use super::shop::Shop;
use crate::support::world::{bill, single};
use mahnwerk::store::lists::{CustomerFilter, CustomerSort, InvoiceFilter, InvoiceSort, NoticeFilter, Order, Spot, Words};
use std::time::{Duration, Instant};

const INVOICES: usize = 100_000;
/// What a page may take at the very most.
const GOAL: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fills a ledger of 100,000 invoices"]
#[expect(clippy::too_many_lines, reason = "a list of pages, each with what it is asked")]
async fn pages_answer_at_once_at_a_hundred_thousand() {
    let shop = Shop::with(&[]).await;
    let world = &shop.world;
    let workflow = world.publish(&single()).await;
    for chunk in (0..INVOICES).collect::<Vec<_>>().chunks(5_000) {
        let bills: Vec<_> = chunk
            .iter()
            .map(|number| {
                let due = format!("2026-{:02}-{:02}", 1 + number % 3, 1 + number % 27);
                let mut bill = bill(&format!("RE-{:06}", (number * 7_919) % INVOICES), &format!("K{:05}", number % 40_000), &due);
                bill.customer.name = format!("Kunde {} Müller {}", (number % 40_000 * 31) % 997, number % 40_000);
                bill.invoice.amount_minor = 1_000 + i64::try_from(number * 37 % 90_000).unwrap();
                bill
            })
            .collect();
        world.enrol(workflow, &bills).await;
    }
    // Nearly all of it is history: what is left waits among it.
    world
        .ledger
        .sql("UPDATE instance SET state = 'settled', stage = NULL, stage_date = NULL, wake_at = NULL WHERE id % 20 <> 0")
        .await
        .unwrap();
    let store = &world.ledger.store;
    let mut slow = Vec::new();
    let mut told = |what: &str, took: Duration| {
        println!("{took:>10.1?}  {what}");
        if took > GOAL {
            slow.push(format!("{what}: {took:?}"));
        }
    };
    let of = |state: &str, words: &str| InvoiceFilter { state: state.to_owned(), words: Words::of(words), ..InvoiceFilter::default() };
    for sort in InvoiceSort::ALL {
        for (state, words) in [
            ("", ""),
            ("waiting", ""),
            ("settled", ""),
            ("failed", ""),
            ("issued", ""),
            ("", "re-0815"),
            ("", "müller 777"),
            ("", "nobody"),
            ("waiting", "kunde"),
        ] {
            let (filter, start) = (of(state, words), Instant::now());
            store.list_invoices(world.tenant, &filter, (sort, Order::Down), None, 50).await.unwrap();
            told(&format!("{sort:?} {state} {words}"), start.elapsed());
        }
    }
    let mut spot: Option<Spot> = None;
    let start = Instant::now();
    for _ in 0..20 {
        let page =
            store.list_invoices(world.tenant, &InvoiceFilter::default(), (InvoiceSort::Customer, Order::Up), spot.as_ref(), 1000).await;
        spot = page.unwrap().lines.pop().map(|line| line.spot);
    }
    println!("{:>10.1?}  20 pages of a file", start.elapsed());
    let start = Instant::now();
    store.list_invoices(world.tenant, &InvoiceFilter::default(), (InvoiceSort::Customer, Order::Up), spot.as_ref(), 50).await.unwrap();
    told("deep within", start.elapsed());
    for words in ["", "müller 777", "k39999", "nobody"] {
        let (filter, start) = (CustomerFilter { words: Words::of(words), ..CustomerFilter::default() }, Instant::now());
        store.list_customers(world.tenant, &filter, (CustomerSort::Name, Order::Up), None, 50).await.unwrap();
        told(&format!("customers {words}"), start.elapsed());
    }
    for words in ["", "re-0815", "nobody"] {
        let (filter, start) = (NoticeFilter { words: Words::of(words), ..NoticeFilter::default() }, Instant::now());
        store.list_notices(world.tenant, &filter, Order::Down, None, 50).await.unwrap();
        told(&format!("notices {words}"), start.elapsed());
    }
    let anna = shop.owner().await;
    for path in ["/t/muster/invoices", "/t/muster/customers", "/t/muster/notices", "/t/muster/invoices?q=re-0815"] {
        anna.get(path).await;
        let start = Instant::now();
        anna.get(path).await;
        told(path, start.elapsed());
    }
    assert!(slow.is_empty(), "slower than {GOAL:?}:\n{}", slow.join("\n"));
}
