//! Lists: their pages, their filters in the address, their files.

use super::shop::{Shop, between, next_page};
use crate::support::world::bill;
use mahnwerk::domain::account::Role;
use mahnwerk::engine::operate::Scope;
use std::collections::BTreeSet;

fn many() -> Vec<mahnwerk::engine::intake::Incoming> {
    (0..130)
        .map(|number| {
            let mut bill = bill(&format!("R{number:03}"), &format!("K{}", number % 40), &format!("2026-01-{:02}", 9 + number % 5));
            bill.customer.name = format!("Kunde <b> & {}", number % 40 / 4);
            bill
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_lead_to_the_end_without_loss_or_doubling() {
    let shop = Shop::with(&many()).await;
    let anna = shop.owner().await;
    for list in ["/t/muster/invoices", "/t/muster/invoices?sort=customer&dir=down", "/t/muster/invoices?q=kunde&sort=number"] {
        let (mut path, mut seen) = (Some(list.to_owned()), Vec::new());
        while let Some(here) = path {
            let page = anna.get(&here).await;
            assert!(!page.contains("<b> &"), "names are shown, not obeyed");
            seen.extend(between(&page, "href=\"/t/muster/invoices/", "\"").into_iter().map(str::to_owned));
            path = next_page(&page);
        }
        assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (130, 130), "{list}");
    }
    let (mut path, mut count) = (Some("/t/muster/customers".to_owned()), 0);
    while let Some(here) = path {
        let page = anna.get(&here).await;
        count += between(&page, "href=\"/t/muster/customers/", "\"").len();
        path = next_page(&page);
    }
    assert_eq!(count, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_stand_in_the_address_and_stay_there() {
    let shop = Shop::with(&many()).await;
    let anna = shop.owner().await;
    let cause = crate::support::world::because("asked to");
    shop.world.engine.pause(shop.world.tenant, Scope::Invoice(shop.invoices[7]), None, &cause).await.unwrap();
    let page = anna.get("/t/muster/invoices?state=blocked&sort=number").await;
    assert_eq!(between(&page, "href=\"/t/muster/invoices/", "\"").len(), 1);
    assert!(page.contains("R007") && page.contains("asked to") && page.contains("1 found"), "{page}");
    assert!(page.contains("<option value=\"blocked\" selected>"), "the form shows what is filtered");
    let kept = between(&page, "<th scope=\"col\" aria-sort=\"ascending\"><a href=\"", "\"");
    assert!(kept[0].contains("state=blocked") && kept[0].contains("dir=down"), "another order keeps the filter: {kept:?}");
    let page = anna.get("/t/muster/invoices?from=2026-01-13&to=2026-01-13&q=R00").await;
    assert_eq!(between(&page, "href=\"/t/muster/invoices/", "\"").len(), 2, "R004 and R009");
    let page = anna.get("/t/muster/invoices?stage=reminder-1").await;
    assert_eq!(between(&page, "href=\"/t/muster/invoices/", "\"").len(), 50);
    // What is no filter filters nothing, and what nobody has is empty.
    anna.get("/t/muster/invoices?state=nonsense&from=yesterday&after=garbage&customer=x&sort=nonsense").await;
    assert!(anna.get("/t/muster/invoices?q=nobody").await.contains("No invoice fits."));
    assert!(anna.get("/t/muster/customers?q=nobody").await.contains("No customer fits."));
    assert!(anna.get("/t/muster/notices").await.contains("No notice yet."));
    assert_eq!(between(&anna.get("/t/muster/customers?q=k39%40").await, "href=\"/t/muster/customers/", "\"").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_hold_all_that_fits_and_calculate_nothing() {
    let mut bills = many();
    bills.extend((130..1130).map(|number| bill(&format!("R{number:04}"), "K1", "2026-02-01")));
    for place in [0, 40, 80, 120] {
        bills[place].customer.name = "=HYPERLINK(\"http://evil.example\")".to_owned();
    }
    let shop = Shop::with(&bills).await;
    let anna = shop.owner().await;
    let answer = anna.try_get("/t/muster/invoices.csv").await;
    let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    assert_eq!((answer.status, header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(header("content-disposition").starts_with("attachment"));
    let text = answer.body.strip_prefix('\u{FEFF}').expect("a mark, so that Excel reads UTF-8");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let numbers: BTreeSet<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!((rows.len(), numbers.len()), (1130, 1130), "more than a page of the file, nothing twice");
    let first = rows.iter().find(|row| &row[0] == "R000").unwrap();
    assert_eq!((&first[1], &first[5], &first[7]), ("'=HYPERLINK(\"http://evil.example\")", "100.00", "EUR"));
    let some = anna.get("/t/muster/invoices.csv?q=R00&from=2026-01-13&to=2026-01-13").await;
    assert_eq!(some.lines().count(), 3, "the filter holds for the file");
    assert_eq!(anna.get("/t/muster/customers.csv").await.lines().count(), 41);
    shop.world.live_until("2026-01-12 12:00").await;
    // A session does not last for so long.
    let later = shop.somebody(Role::Auditor).await;
    assert!(later.get("/t/muster/notices.csv").await.contains("reminder-1"));
}
