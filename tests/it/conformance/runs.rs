//! Runs: what was made on a day is counted, read day by day, and thinned before it is released.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, shared};
use chrono::NaiveDate;
use mahnwerk::domain::time::{Timestamp, whole_day};
use mahnwerk::engine::leave_out::Instead;
use mahnwerk::store::lists::{NoticeFilter, Order};
use mahnwerk::store::runs::RunCount;

on_both!(a_run_is_counted_thinned_and_released);

const BERLIN: chrono_tz::Tz = chrono_tz::Europe::Berlin;

fn day(text: &str) -> (Timestamp, Timestamp) {
    whole_day(BERLIN, text.parse().unwrap())
}

fn date(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

fn counted(day: usize, state: &str, count: i64, total_minor: i64) -> RunCount {
    RunCount { day, state: state.to_owned(), currency: "EUR".to_owned(), count, total_minor, fee_minor: 0 }
}

async fn a_run_is_counted_thinned_and_released(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared().replace("key = \"reminder-1\"", "key = \"reminder-1\"\nautomation = \"propose\"")).await;
    let bills = [("R1", "K1"), ("R2", "K1"), ("R3", "K2"), ("R4", "K3")].map(|(number, customer)| bill(number, customer, "2026-01-09"));
    let ids = world.enrol(workflow, &bills).await;
    world.enrol(workflow, &[bill("R5", "K4", "2026-01-12")]).await;
    world.live_until("2026-01-12 09:00").await;
    let (store, engine, tenant) = (&world.ledger.store, &world.engine, world.tenant);
    let days = [day("2026-01-11"), day("2026-01-12")];
    assert_eq!(store.run_counts(tenant, &days).await.unwrap(), [counted(1, "proposed", 3, 40_000)]);

    let proposed = NoticeFilter { state: "proposed".to_owned(), issued: Some(days[1]), ..NoticeFilter::default() };
    let lines = store.list_notices(tenant, &proposed, Order::Up, None, 10).await.unwrap().lines;
    let of = |customer: &str| lines.iter().find(|line| line.customer_number == customer).unwrap();
    assert_eq!((lines.len(), of("K1").invoices), (3, 2));
    let cause = because("in talks");
    let past = engine.leave_out(tenant, &of("K1").id, Instead::Rest(date("2026-01-12")), &cause).await;
    assert!(past.is_err() && world.tells(ids[0]).await == "proposed reminder-1", "all of it or nothing");
    assert_eq!(engine.leave_out(tenant, &of("K1").id, Instead::Rest(date("2026-01-20")), &cause).await.unwrap(), 2);
    assert_eq!(engine.leave_out(tenant, &of("K2").id, Instead::Skip, &cause).await.unwrap(), 1);
    engine.release(tenant, &of("K3").id, &cause).await.unwrap();
    assert!(engine.leave_out(tenant, &of("K3").id, Instead::Skip, &cause).await.is_err(), "it is no proposal any more");
    for resting in &ids[..2] {
        assert!(world.tells(*resting).await.starts_with("blocked reminder-1"), "{}", world.tells(*resting).await);
    }
    assert!(world.tells(ids[2]).await.starts_with("waiting reminder-2"));

    world.live_until("2026-01-12 12:00").await;
    let after = [counted(1, "recalled", 2, 30_000), counted(1, "sent", 1, 10_000)];
    assert_eq!(store.run_counts(tenant, &days).await.unwrap(), after, "nothing was proposed again");
    assert_eq!(world.outside.told().len(), 1);

    world.live_until("2026-01-15 12:00").await;
    let last = async |before: Timestamp| store.issued_before(tenant, before).await.unwrap().map(|at| at.date_in(BERLIN).to_string());
    assert_eq!(last(Timestamp(i64::MAX)).await.as_deref(), Some("2026-01-15"));
    assert_eq!(last(day("2026-01-15").0).await.as_deref(), Some("2026-01-12"));
    assert_eq!(last(day("2026-01-12").0).await, None);
    let of_day = NoticeFilter { issued: Some(days[1]), ..NoticeFilter::default() };
    for order in [Order::Up, Order::Down] {
        let mut spots = Vec::new();
        loop {
            let page = store.list_notices(tenant, &of_day, order, spots.last(), 1).await.unwrap();
            spots.extend(page.lines.into_iter().map(|line| line.spot));
            if !page.more {
                break;
            }
        }
        assert_eq!(spots.len(), 3, "{order:?}: those of the next run are not among them");
    }
    assert_eq!(store.notice_list_of(tenant, "", days[1], 10).await.unwrap().len(), 3);
    assert_eq!(store.notice_list_of(tenant, "", days[0], 10).await.unwrap().len(), 0);

    world.live_until("2026-01-20 10:00").await;
    assert_eq!(world.tells(ids[0]).await, "proposed reminder-1", "in the run of the day on which it may go on");
    world.verified().await;
}
