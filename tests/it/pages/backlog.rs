//! The backlog's choice: asked for, looked at, made once, told afterwards.

use super::visitor::{Pages, Visitor};
use crate::support::ledger::TestLedger;
use crate::support::world::World;
use mahnwerk::domain::account::Role;
use reqwest::StatusCode;

on_both!(a_choice_is_made_of_what_was_seen_and_says_who_made_it);

const PAGE: &str = "/t/muster/backlog";

/// What is said of a form that can't be taken.
async fn refused(visitor: &Visitor, act: &str, fields: &[(&str, &str)]) -> String {
    let answer = visitor.post(&format!("{PAGE}/{act}"), fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{act} {fields:?}: {}", answer.body);
    answer.body
}

async fn a_choice_is_made_of_what_was_seen_and_says_who_made_it(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let tenant = pages.world.tenant;
    pages.world.wait_until("2026-01-20 10:00");
    let anna = pages.person("anna@muster.example", tenant, Role::Administrator).await;
    let auditor = pages.person("pruefer@muster.example", tenant, Role::Auditor).await;
    assert!(anna.get(PAGE).await.body.contains("Hier ist nichts zu entscheiden"));
    assert!(refused(&anna, "preview", &[("choice", "all")]).await.contains("nichts zu entscheiden"));
    assert!(pages.engine.ask_backlog(tenant, &World::cause("connected")).await.unwrap());
    for path in ["/t/muster", "/t/muster/settings"] {
        let page = anna.get(path).await.body;
        assert!(page.contains("href=\"/t/muster/backlog\""), "{path} leads to the choice: {page}");
    }

    let page = anna.get(PAGE).await.body;
    assert!(page.contains("Bis Sie gewählt haben, geht nichts hinaus") && page.contains("value=\"2025-10-22\""), "{page}");
    assert!(!page.contains("/backlog/confirm"), "nothing was looked at yet: {page}");
    assert!(refused(&anna, "confirm", &[("choice", "all"), ("reason", "x")]).await.contains("erst die Vorschau"));
    assert!(refused(&anna, "preview", &[("choice", "from"), ("day", "2026-13-01")]).await.contains("kein Tag"));
    let looked = anna.post(&format!("{PAGE}/preview"), &[("choice", "by_age")]).await;
    assert_eq!(looked.location, "/t/muster/backlog#preview", "{}", looked.body);
    let page = anna.get(PAGE).await.body;
    assert!(page.contains("Vorschau: Nach Alter einsteigen") && page.contains("/backlog/confirm"), "{page}");
    assert!(page.contains("<th scope=\"row\">reminder-2</th>") && page.contains("<dt>beginnen auf höherer Stufe</dt><dd>2</dd>"), "{page}");
    let (first, last) = (page.find(">R1</a>").unwrap(), page.find(">R3</a>").unwrap());
    assert!(first < last, "by the earliest date");
    let shown = auditor.get(PAGE).await.body;
    assert!(
        shown.contains("Vorschau: Nach Alter einsteigen") && !shown.contains("/backlog/preview") && !shown.contains("/backlog/confirm")
    );
    assert!(refused(&anna, "confirm", &[("choice", "all"), ("reason", "x")]).await.contains("erst die Vorschau"), "another was looked at");
    refused(&anna, "confirm", &[("choice", "by_age"), ("reason", " ")]).await;

    let done = anna.post(&format!("{PAGE}/confirm"), &[("choice", "by_age"), ("day", ""), ("reason", "Wie besprochen")]).await;
    assert_eq!(done.location, "/t/muster/backlog?done=backlog-confirmed", "{}", done.body);
    let page = auditor.get(&done.location).await.body;
    let told = ["Entschieden", "Nach Alter einsteigen", "anna@muster.example", "Wie besprochen", "2 beginnen auf höherer Stufe"];
    assert!(told.iter().all(|words| page.contains(words)), "{page}");
    assert!(refused(&anna, "confirm", &[("choice", "by_age"), ("reason", "x")]).await.contains("nichts zu entscheiden"), "once");
    assert!(!anna.get("/t/muster").await.body.contains("/backlog\""));
    pages.world.live_until("2026-01-20 11:00").await;
    let left = pages.world.outside.told();
    assert!(left.len() == 1 && left[0].ends_with("reminder-2 R1+R2"), "{left:?}");
    pages.world.verified().await;
}
