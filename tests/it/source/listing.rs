//! Listings that don't stand still, and those that are too long for one window.

use super::stage::Stage;
use crate::support::ledger::TestLedger;
use mahnwerk::engine::source::ports::SourceError;
use std::time::Instant;

on_both!(rows_that_move_between_pages_are_not_lost, more_than_a_window_is_divided_by_day);

async fn rows_that_move_between_pages_are_not_lost(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for number in 0..30 {
        stage.fake.bill(&format!("R{number:02}"), "A", "2026-03-09");
    }
    // Whenever a page is asked for, an early claim is paid: those behind it move up by one, and a new one comes at the end.
    stage.fake.with(|books| {
        for call in 2..10_usize {
            let deed = move |books: &mut super::fake::Books| {
                books.pay(&format!("R{call:02}"), 10_000);
                let mut claim = books.claims["R29"].clone();
                claim.created.0 += 1000 * i64::try_from(call).unwrap();
                books.claims.insert(format!("S{call:02}"), claim);
            };
            books.deeds.insert(call, Box::new(deed));
        }
    });
    stage.in_step().await;
    let open = stage.world.ledger.number("SELECT COUNT(*) AS n FROM instance WHERE state = 'waiting'").await;
    assert_eq!(open, 30 - 8 + 8, "{:?}", stage.fake.calls());
    let paid = stage.world.ledger.number("SELECT COUNT(*) AS n FROM instance WHERE state = 'settled'").await;
    assert!(paid <= 8);
    stage.world.verified().await;
}

async fn more_than_a_window_is_divided_by_day(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.with(|books| (books.page_rows, books.window_rows) = (25, 100));
    for number in 0..480 {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 9, 1).unwrap() + chrono::Days::new(number / 5);
        stage.fake.bill(&format!("R{number:03}"), &format!("K{}", number % 7), "2026-03-09");
        let created = mahnwerk::domain::time::midnight(chrono_tz::Europe::Berlin, day);
        stage.fake.with(|books| {
            let claim = books.claims.get_mut(&format!("R{number:03}")).unwrap();
            (claim.created, claim.updated) = (created, created);
        });
    }
    stage.in_step().await;
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 480);
    let status = stage.world.engine.source_status(stage.world.tenant).await.unwrap().unwrap();
    assert_eq!((status.open, status.row.unwrap().state), (480, "in_step".to_owned()));
    // One day with more than a window can't be listed, and that is said.
    let created = mahnwerk::domain::time::midnight(chrono_tz::Europe::Berlin, chrono::NaiveDate::from_ymd_opt(2025, 9, 1).unwrap());
    stage.fake.with(|books| books.claims.values_mut().for_each(|claim| claim.created = created));
    stage.world.engine.request_run(stage.world.tenant, true).await.unwrap();
    stage.in_step().await;
    let row = stage.world.ledger.store.source(stage.world.tenant, "fake").await.unwrap().unwrap();
    assert_eq!(row.state, "malformed");
    assert_eq!(row.error.unwrap(), "listing: more than 100 claims of 2025-09-01 can't be listed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_claims_take_a_page_each_250_and_details_only_where_they_are_due() {
    let stage = Stage::new(TestLedger::hasty().await).await;
    stage.fake.with(|books| (books.page_rows, books.window_rows) = (250, 10_000));
    let count: u64 = std::env::var("MAHNWERK_SOURCE_CLAIMS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let first = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    for number in 0..count {
        let due = if number % 1000 == 0 { "2026-01-02" } else { "2026-06-30" };
        stage.fake.bill(&format!("R{number:06}"), &format!("K{}", number % 5000), due);
        let created = mahnwerk::domain::time::midnight(chrono_tz::Europe::Berlin, first + chrono::Days::new(number % 300));
        stage.fake.with(|books| {
            let claim = books.claims.get_mut(&format!("R{number:06}")).unwrap();
            (claim.created, claim.updated) = (created, created);
        });
    }
    let began = Instant::now();
    stage.in_step().await;
    let asked = stage.fake.asked();
    println!("{count} claims in {:?}, {} requests", began.elapsed(), asked.len());
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, i64::try_from(count).unwrap());
    let details = asked.iter().filter(|call| call.starts_with("claim")).count();
    assert_eq!(details as u64, count / 1000);
    let pages = asked.iter().filter(|call| call.starts_with("open")).count() as u64;
    assert!(pages <= count / 250 + count / 2_500 + 20, "{pages} pages");
    // All over again: nothing is asked but pages.
    stage.world.wait_until("2026-01-05 13:00");
    stage.in_step().await;
    assert!(stage.fake.asked().iter().all(|call| call.starts_with("open") || call.starts_with("changes")));
}

#[tokio::test]
async fn a_run_goes_on_where_a_failure_left_it() {
    let stage = Stage::new(TestLedger::sqlite().await).await;
    for number in 0..30 {
        stage.fake.bill(&format!("R{number:02}"), "A", "2026-03-09");
    }
    let unreachable = SourceError::Unreachable { why: "a test".to_owned() };
    stage.fake.with(|books| books.deeds.insert(6, Box::new(move |books: &mut super::fake::Books| books.failing = Some(unreachable))));
    stage.in_step().await;
    assert_eq!(stage.state().await, "unreachable");
    assert_eq!(stage.fake.asked().last().unwrap(), "open 5");
    let row = stage.world.ledger.store.source(stage.world.tenant, "fake").await.unwrap().unwrap();
    assert_eq!((row.listed, row.expected), (15, 30), "how far it is can be seen");
    stage.fake.with(|books| books.failing = None);
    stage.world.wait_until("2026-01-05 00:01");
    stage.in_step().await;
    let asked = stage.fake.asked();
    assert_eq!(asked[..2], ["identity", "open 5"], "it goes on with the page that failed");
    assert_eq!((stage.state().await, asked.iter().any(|call| call == "open 0")), ("in_step".to_owned(), false));
}
