//! The history as auditors read it: sought, exported, verified, and broken when somebody altered it.

use super::visitor::Pages;
use crate::support::ledger::TestLedger;
use mahnwerk::domain::account::Role;
use reqwest::StatusCode;

on_both!(entries_are_found_by_what_is_sought_and_page_to_the_end, the_export_is_the_whole_chain);

async fn entries_are_found_by_what_is_sought_and_page_to_the_end(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    pages.world.live_until("2026-01-20 12:00").await;
    let auditor = pages.person("pruefer@muster.example", pages.world.tenant, Role::Auditor).await;
    let all = auditor.get("/t/muster/history").await.body;
    assert!(all.contains(">R1<") && all.contains(">R3<") && !all.contains(">X1<"), "{all}");
    let one = auditor.get("/t/muster/history?invoice=R3").await.body;
    assert!(one.contains(">R3<") && !one.contains(">R1<"), "{one}");
    let customer = auditor.get("/t/muster/history?customer=K1&cause=issued").await.body;
    assert!(customer.contains(">R2<") && !customer.contains(">R3<"), "{customer}");
    assert!(customer.contains("Schreiben erstellt</td>") && customer.contains(">Mahnwerk</td>"), "in words: {customer}");
    let ours = auditor.get("/t/muster/history?actor=Mahnwerk&cause=delivered").await.body;
    assert!(ours.contains(">R1<") && ours.contains("per E-Mail"), "sought by the words that are shown: {ours}");
    let later = auditor.get("/t/muster/history?from=2026-01-06").await.body;
    assert!(later.contains(">R1<") && !later.contains(">R3<"), "R3 was only enrolled, on the 5th: {later}");
    assert!(auditor.get("/t/muster/history?actor=nobody").await.body.contains("Kein Eintrag passt."));
    assert_eq!(auditor.get("/t/muster/history?from=gestern").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(auditor.get("/t/muster/history/verified").await.body.contains("Die Kette ist gültig."));
}

async fn the_export_is_the_whole_chain(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    pages.world.live_until("2026-01-20 12:00").await;
    let auditor = pages.person("pruefer@muster.example", pages.world.tenant, Role::Auditor).await;
    let entries = usize::try_from(pages.world.verified().await).unwrap();
    let lines = auditor.get("/t/muster/history.jsonl").await.body;
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((lines.lines().count(), last["seq"].as_u64()), (entries, u64::try_from(entries).ok()));
    let csv = auditor.get("/t/muster/history.csv").await;
    assert_eq!(csv.body.lines().count(), entries + 1, "{}", csv.body);
    assert!(csv.body.starts_with("tenant,tenant_id,seq,instance,invoice,"), "{}", csv.body);
    assert!(csv.headers["content-disposition"].to_str().unwrap().contains("history-muster.csv"));
}
