//! Workflows on the pages without a script: copied, edited, published; what a name means afterwards; what changed.

use super::visitor::{Pages, Visitor};
use crate::support::ledger::TestLedger;
use crate::support::world::{bill, shared};
use mahnwerk::assembly::workflow::of_tenant;
use mahnwerk::domain::account::Role;
use mahnwerk::domain::workflow::content_hash;
use reqwest::StatusCode;

on_both!(a_workflow_is_edited_published_and_what_its_name_means, running_instances_keep_their_version_and_the_difference_is_told);

/// A form with one stage.
fn form<'a>(days: &'a str, doing: &'a str) -> Vec<(&'a str, &'a str)> {
    let general =
        [("stages", "1"), ("title_de", "Eigenes"), ("min_gap_days", "3"), ("consolidate", "true"), ("minimum_amount", "EUR 5,00")];
    let hours = [("hours", "1"), ("days", "mon"), ("days", "fri"), ("start", "09:00"), ("end", "12:00")];
    let stage =
        [("s0_key", "reminder-1"), ("s0_kind", "reminder"), ("s0_enabled", "true"), ("s0_anchor", "due_date"), ("s0_after_days", days)];
    let rest = [
        ("s0_channel", "email"),
        ("s0_automation", "propose"),
        ("s0_fee", "0,00"),
        ("s0_template", "reminder-1"),
        ("s0_payment_days", "7"),
    ];
    general.into_iter().chain(hours).chain(stage).chain(rest).chain([("do", doing), ("due", "2026-01-07")]).collect()
}

async fn a_workflow_is_edited_published_and_what_its_name_means(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let tenant = pages.world.tenant;
    let config = &pages.site.tenancy.config;
    let named = async |name: &str| of_tenant(name, &pages.engine.store, tenant, config).await;
    let administrator = pages.person("verwalter@muster.example", tenant, Role::Administrator).await;
    let list = administrator.get("/t/muster/workflows").await.body;
    assert!(list.contains("aus einem Import") && list.contains("mitgeliefert") && list.contains("Standard-Mahnverfahren"), "{list}");

    // A copy is a draft until it is published.
    let made = administrator.post("/t/muster/workflows", &[("from", "standard"), ("name", "mine")]).await;
    assert_eq!(made.location, "/t/muster/workflows/mine");
    assert_eq!(
        administrator.post("/t/muster/workflows", &[("from", "standard"), ("name", "mine")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(administrator.get("/t/muster/workflows/mine").await.body.contains("value=\"reminder-6\""));
    assert!(named("mine").await.is_err());
    let wrong = administrator.post("/t/muster/workflows/mine/draft", &form("bald", "save")).await;
    let page = administrator.get(&wrong.location).await.body;
    assert!(
        page.contains("Bitte eine ganze Zahl von 0 bis 3650.") && page.contains("value=\"bald\"") && page.contains("Fehler: 1"),
        "{page}"
    );
    assert_eq!(administrator.post("/t/muster/workflows/mine/publish", &[("reason", "x")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let added = administrator.post("/t/muster/workflows/mine/draft", &form("5", "add")).await;
    let page = administrator.get(&added.location).await.body;
    assert!(page.contains("Keine Fehler.") && page.contains("name=\"s1_key\" value=\"reminder-2\""), "{page}");
    // Due on a Wednesday, five days later a Monday; a week after that.
    assert!(
        page.contains("Mo 12.01.2026, 09:00") && page.contains("Mo 19.01.2026, 09:00") && page.contains("wird vorgeschlagen"),
        "{page}"
    );
    administrator.post("/t/muster/workflows/mine/draft", &form("5", "save")).await;
    let published = administrator.post("/t/muster/workflows/mine/publish", &[("reason", "Unser Verfahren")]).await;
    assert_eq!(published.location, "/t/muster/workflows/mine?done=published");
    assert_eq!(named("mine").await.unwrap().stages.len(), 1);
    assert_eq!(administrator.post("/t/muster/workflows/mine/take-back", &[("reason", "x")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);

    // A name means what was published until it is taken back; a file stays a file.
    let shipped = content_hash(&named("standard").await.unwrap());
    let source = include_str!("../../../workflows/standard.toml").replace("after_days = 3 ", "after_days = 6 ");
    administrator.post("/t/muster/workflows/standard/source", &[("text", &source)]).await;
    administrator.post("/t/muster/workflows/standard/publish", &[("reason", "Später")]).await;
    let own = content_hash(&named("standard").await.unwrap());
    assert_ne!(own, shipped);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/workflows/standard.toml");
    assert_eq!(content_hash(&named(file).await.unwrap()), shipped);
    administrator.post("/t/muster/workflows/standard/take-back", &[("reason", "Doch nicht")]).await;
    assert_eq!(content_hash(&named("standard").await.unwrap()), shipped);
    administrator
        .post(
            "/t/muster/workflows/standard/source",
            &[("text", "name = \"other\"\n[[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 1\n")],
        )
        .await;
    let other = administrator.post("/t/muster/workflows/standard/publish", &[("reason", "x")]).await;
    assert!(other.body.contains("anderer Name"), "{}", other.body);
    administrator.post("/t/muster/workflows/standard/source", &[("text", "name = ")]).await;
    let broken = administrator.get("/t/muster/workflows/standard").await.body;
    assert!(broken.contains("nicht lesbar") && broken.contains("Zeile 1"), "{broken}");
    pages.world.verified().await;
}

/// All instances of a version go over to another one.
async fn everything_moves_once_it_was_seen(pages: &Pages, administrator: &Visitor, (from, to): (i64, i64)) {
    let base = "/t/muster/workflows/probe/migrate";
    let link = format!("href=\"{base}?from={from}\"");
    assert!(administrator.get("/t/muster/workflows/probe").await.body.contains(&link));
    let operator = pages.person("sachbearbeiter@muster.example", pages.world.tenant, Role::Operator).await;
    assert!(!operator.get("/t/muster/workflows/probe").await.body.contains(&link));
    let same = administrator.get(&format!("{base}?from={from}&to={from}")).await.body;
    assert!(same.contains("zwei verschiedene Fassungen") && !same.contains("name=\"reason\""), "{same}");
    let seen = administrator.get(&format!("{base}?from={from}&to={to}")).await.body;
    assert!(
        seen.contains("<dt>Gehen über</dt><dd><strong>3</strong></dd>") && seen.contains("<th scope=\"row\">reminder-1</th>"),
        "{seen}"
    );
    let (from, to) = (from.to_string(), to.to_string());
    let unsaid = administrator.post(base, &[("from", &from), ("to", &to), ("reason", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let moved = administrator.post(base, &[("from", &from), ("to", &to), ("reason", "Alle gleich")]).await.body;
    assert!(moved.contains("Ausgeführt für 3 von 3."), "{moved}");
    let open = pages.engine.store.open_by_edition(pages.world.tenant).await.unwrap();
    assert_eq!(open.into_iter().map(|(id, open)| (id.to_string(), open)).collect::<Vec<_>>(), [(to.clone(), 4)]);
    assert_eq!(administrator.get(&format!("{base}?from=999999&to={to}")).await.status, StatusCode::NOT_FOUND);
}

async fn running_instances_keep_their_version_and_the_difference_is_told(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let tenant = pages.world.tenant;
    let administrator = pages.person("verwalter@muster.example", tenant, Role::Administrator).await;
    administrator.get("/t/muster/workflows/probe").await;
    administrator.post("/t/muster/workflows/probe/source", &[("text", &shared().replace("after_days = 7", "after_days = 9"))]).await;
    administrator.post("/t/muster/workflows/probe/publish", &[("reason", "Mehr Zeit")]).await;
    let holding = of_tenant("probe", &pages.engine.store, tenant, &pages.site.tenancy.config).await.unwrap();
    let newest = pages.engine.publish(tenant, &holding).await.unwrap();
    pages.engine.take_in(tenant, "test", newest, &[bill("R9", "K9", "2026-01-07")]).await.unwrap();
    let in_use = pages.engine.store.open_by_edition(tenant).await.unwrap();
    assert_eq!(in_use.values().copied().collect::<Vec<_>>(), [3, 1]);
    let page = administrator.get("/t/muster/workflows/probe").await.body;
    assert!(page.contains("Mehr Zeit") && page.contains(">3<") && page.contains(">1<"), "{page}");
    let editions: Vec<_> = in_use.keys().map(|id| id.0).collect();
    let compared = administrator.get(&format!("/t/muster/workflows/probe/compare?from={}&to={}", editions[0], editions[1])).await.body;
    assert!(compared.contains("Stufe dunning-1") && compared.contains("Tage danach: <del>7</del> → <ins>9</ins>"), "{compared}");
    assert!(compared.contains("after_days = 9"), "{compared}");
    everything_moves_once_it_was_seen(&pages, &administrator, (editions[0], editions[1])).await;
    administrator.post("/t/muster/workflows/probe/take-over", &[("version", &editions[0].to_string())]).await;
    assert!(administrator.get("/t/muster/workflows/probe").await.body.contains("Entwurf von"));
    let slower = pages.person("anderer@muster.example", tenant, Role::Administrator).await;
    let kept = slower.post("/t/muster/workflows/probe/source", &[("text", "name = \"probe\""), ("seen", "")]).await;
    let published = slower.post("/t/muster/workflows/probe/publish", &[("reason", "x"), ("seen", "1")]).await;
    for (answer, status) in [(kept, StatusCode::UNPROCESSABLE_ENTITY), (published, StatusCode::CONFLICT)] {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains("verwalter@muster.example hat diesen Entwurf inzwischen geändert"), "{}", answer.body);
    }
    administrator.post("/t/muster/workflows/probe/discard", &[]).await;
    let auditor = pages.person("pruefer@muster.example", tenant, Role::Auditor).await;
    let read = auditor.get("/t/muster/workflows/probe").await.body;
    assert!(read.contains("disabled") && !read.contains("/publish"), "{read}");
    pages.world.verified().await;
}
