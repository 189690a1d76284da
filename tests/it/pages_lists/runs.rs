//! A run from its first look to the next one: who may decide does, who may only look sees the same.

use super::shop::{Shop, between};
use crate::support::world::{bill, single};
use mahnwerk::domain::account::Role;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_reviewed_thinned_and_released() {
    let shop = Shop::with(&[]).await;
    let workflow = single().replace("key = \"reminder-1\"", "key = \"reminder-1\"\nautomation = \"propose\"");
    let workflow = shop.world.publish(&workflow).await;
    let bills = ["R1", "R2", "R3", "R4"].map(|number| bill(number, number, "2026-01-09"));
    let ids = shop.world.enrol(workflow, &bills).await;
    shop.world.enrol(workflow, &[bill("R5", "R5", "2026-01-13")]).await;
    let anna = shop.owner().await;
    assert!(anna.get("/t/muster/runs").await.contains("No run yet"));
    shop.world.live_until("2026-01-12 09:00").await;
    // Days have passed: who was signed in is not any more.
    let anna = shop.somebody(Role::Administrator).await;

    let list = anna.get("/t/muster/runs").await;
    assert!(list.contains("href=\"/t/muster/runs/2026-01-12\">12 Jan 2026</a> <span class=\"badge warn\">to be released"), "{list}");
    assert!(list.contains("EUR 400.00") && list.contains("4 proposals in all wait"), "{list}");
    let run = "/t/muster/runs/2026-01-12";
    let page = anna.get(run).await;
    let picked: Vec<_> =
        between(&page, "aria-label=\"Select: ", "\"").into_iter().zip(between(&page, "name=\"id\" value=\"", "\"")).collect();
    let of = |customer: &str| picked.iter().find(|(label, _)| label.contains(customer)).map(|(_, id)| *id).unwrap();
    assert_eq!(picked.len(), 4, "{page}");
    let seen = between(&page, "name=\"seen\" value=\"", "\"")[0];

    let reader = shop.somebody(Role::Auditor).await;
    let shown = reader.get(run).await;
    assert!(shown.contains("Kunde R3") && !shown.contains("checkbox") && !shown.contains("Release all") && !shown.contains("name=\"act\""));
    let release = format!("{run}/release");
    assert_eq!(reader.post(&release, &[("seen", seen), ("reason", "x")]).await.status, 403);
    assert_eq!(reader.post("/t/muster/notices/bulk", &[("id", of("R1")), ("act", "rest"), ("reason", "x")]).await.status, 403);

    let bulk = "/t/muster/notices/bulk";
    let past = anna.post(bulk, &[("id", of("R3")), ("act", "rest"), ("until", "2026-01-12"), ("reason", "x")]).await;
    assert_eq!(past.status, 422, "the day must be in the future");
    let out = [("id", of("R3")), ("act", "rest"), ("until", "2026-02-02"), ("reason", "in talks"), ("back", run)];
    let left = anna.post(bulk, &out).await;
    assert!(left.body.contains("Done for 1 of 1.") && left.body.contains(&format!("href=\"{run}\"")), "{}", left.body);
    assert!(shop.world.tells(ids[2]).await.starts_with("blocked reminder-1"));
    let one = anna.post(bulk, &[("id", of("R1")), ("act", "release"), ("reason", "checked by hand")]).await;
    assert!(one.body.contains("Done for 1 of 1."), "{}", one.body);
    assert_eq!(anna.post(&release, &[("seen", "0"), ("reason", "all fine")]).await.status, 422, "what nobody has seen is not released");
    assert_eq!(anna.post(&release, &[("seen", seen), ("reason", " ")]).await.status, 422, "a reason is needed");
    let all = anna.post(&release, &[("seen", seen), ("reason", "all fine")]).await;
    assert!(all.body.contains("Done for 2 of 2."), "{}", all.body);

    shop.world.live_until("2026-01-12 12:00").await;
    assert_eq!(shop.world.outside.told().len(), 3);
    let page = anna.get(run).await;
    assert!(page.contains("Nothing in this run waits") && page.contains("/notices?run=2026-01-12&#38;state=sent"), "{page}");
    for (query, count) in
        [("run=2026-01-12&state=sent", 3), ("run=2026-01-12&state=recalled", 1), ("run=2026-01-12", 4), ("run=2026-01-13", 0)]
    {
        let page = anna.get(&format!("/t/muster/notices?{query}")).await;
        assert_eq!(between(&page, "href=\"/t/muster/notices/", "\"").len(), count, "{query}: {page}");
        assert!(page.contains(&format!("name=\"run\" value=\"{}\"", &query[4..14])), "{query} stays in the form");
    }
    assert_eq!(anna.get("/t/muster/notices.csv?run=2026-01-12&state=sent").await.lines().count(), 4);
    let released = anna.get("/t/muster/history?cause=released&from=2026-01-12").await;
    assert!(released.contains("checked by hand") && released.contains("all fine") && !released.contains("in talks"), "{released}");
    assert!(anna.get("/t/muster/history?from=2026-01-12&to=2026-01-12").await.contains("in talks"));

    shop.world.live_until("2026-01-16 12:00").await;
    let anna = shop.somebody(Role::Operator).await;
    let list = anna.get("/t/muster/runs").await;
    let days = between(&list, "href=\"/t/muster/runs/", "\"");
    assert_eq!(days, ["2026-01-16", "2026-01-12"], "the newest first");
    assert_eq!(list.matches("badge warn").count(), 1, "{list}");
    let earlier = anna.get("/t/muster/runs?after=2026-01-16").await;
    assert_eq!(between(&earlier, "href=\"/t/muster/runs/", "\""), ["2026-01-12"]);
    assert!(anna.get("/t/muster/runs/2026-01-13").await.contains("no other notice"));
    assert_eq!(anna.try_get("/t/muster/runs/nonsense").await.status, 404);
    shop.world.verified().await;
}
