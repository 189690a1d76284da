//! Order is by bytes on both databases: what is due first, what a list shows first, what a page goes on from.

use crate::support::ledger::{TestLedger, berlin};
use crate::support::world::{World, bill, bill_over, shared, single};
use mahnwerk::domain::ids::InvoiceId;
use mahnwerk::store::views::InstanceFilter;

on_both!(
    due_cases_come_by_instant_date_and_number,
    slots_go_by_the_order_of_due_cases,
    lists_are_sorted_by_bytes_and_paged,
    lists_are_filtered,
    lines_of_a_notice_are_in_order
);

/// German collation would sort `a-1 Ä-1 Z-1`, and ignore case first.
const NUMBERS: [&str; 7] = ["Ä-1", "a-1", "Z-1", "A-1", "ä-1", "10", "9"];
const SORTED: [&str; 7] = ["10", "9", "A-1", "Z-1", "a-1", "Ä-1", "ä-1"];

async fn due_cases_come_by_instant_date_and_number(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let mut bills: Vec<_> = NUMBERS.iter().map(|number| bill(number, "K1", "2026-01-09")).collect();
    bills.push(bill("first of all", "K1", "2026-01-08"));
    bills.push(bill("0 but later", "K1", "2026-01-10"));
    world.enrol(workflow, &bills).await;
    let store = &world.ledger.store;
    let due = store.due(world.tenant, berlin("2026-01-12 09:00"), 100).await.unwrap();
    let cases = store.cases(world.tenant, due.clone()).await.unwrap();
    let number = |id: &InvoiceId| cases.iter().find(|case| case.instance.id == *id).unwrap().number.as_str();
    let numbers: Vec<_> = due.iter().map(number).collect();
    // Due on Thursday, 2026-01-08, the first was due to leave on Sunday and so leaves with the others on Monday.
    assert_eq!(numbers, [&["first of all"], &SORTED[..]].concat());
    assert_eq!(store.due(world.tenant, berlin("2026-01-12 08:59"), 100).await.unwrap().len(), 0);
    assert_eq!(store.due(world.tenant, berlin("2026-01-12 09:00"), 3).await.unwrap().len(), 3);
}

async fn slots_go_by_the_order_of_due_cases(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = NUMBERS.iter().map(|number| bill(number, &format!("K{number}"), "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 14:00").await;
    let left: Vec<_> = world.outside.acts().iter().map(|act| act.lines[0].0.clone()).collect();
    assert_eq!(left, SORTED);
}

async fn lists_are_sorted_by_bytes_and_paged(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = NUMBERS.iter().map(|number| bill(number, "K1", "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    let mut seen: Vec<String> = Vec::new();
    loop {
        let after = seen.last().cloned().unwrap_or_default();
        let filter = InstanceFilter { after: &after, ..InstanceFilter::default() };
        let page = world.ledger.store.instance_list(world.tenant, &filter, 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|line| line.number));
    }
    assert_eq!(seen, SORTED);
}

async fn lists_are_filtered(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let bills = [bill("R1", "K1", "2026-01-09"), bill_over(100, "R2", "K1", "2026-01-09"), bill("R3", "k1", "2026-01-09")];
    world.enrol(workflow, &bills).await;
    let list = async |state: &str, customer: &str| {
        let filter = InstanceFilter { state, customer, after: "" };
        let found = world.ledger.store.instance_list(world.tenant, &filter, 100).await.unwrap();
        found.into_iter().map(|line| (line.number, line.state, line.open_minor)).collect::<Vec<_>>()
    };
    assert_eq!(list("blocked", "").await, [("R2".to_owned(), "blocked".to_owned(), 100)]);
    assert_eq!(list("", "K1").await.len(), 2);
    assert_eq!(list("waiting", "K1").await, [("R1".to_owned(), "waiting".to_owned(), 10_000)]);
    assert_eq!(list("settled", "").await, []);
    let counts = world.ledger.store.instance_counts(world.tenant).await.unwrap();
    assert_eq!(counts, [("blocked".to_owned(), 1), ("waiting".to_owned(), 2)]);
    assert_eq!(world.ledger.store.overdue(world.tenant, berlin("2026-01-12 09:00")).await.unwrap(), 2);
    assert_eq!(world.ledger.store.overdue(world.tenant, berlin("2026-01-12 08:59")).await.unwrap(), 0);
}

/// By stage date, due date, number: the text is the highest stage's, wherever its line stands.
async fn lines_of_a_notice_are_in_order(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    world.enrol(workflow, &[bill("OLD", "K1", "2026-01-02")]).await;
    world.live_until("2026-01-06 00:00").await;
    let bills =
        [bill("b", "K1", "2026-01-09"), bill("B", "K1", "2026-01-09"), bill("ä", "K1", "2026-01-08"), bill("x", "K2", "2026-01-09")];
    world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 23:00").await;
    let acts = world.outside.acts();
    let lines = |number: usize| acts[number].lines.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>();
    assert_eq!((lines(0), lines(1)), (vec!["OLD"], vec!["ä", "OLD", "B", "b"]));
    assert_eq!((acts[1].stage.as_str(), acts[2].stage.as_str(), lines(2)), ("reminder-2", "reminder-1", vec!["x"]));
}
