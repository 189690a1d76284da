//! Texts on the pages without a script: written, looked at, published, in the next mail, taken back; and tests by mail.

use super::visitor::Pages;
use crate::support::ledger::{TestLedger, berlin};
use futures::future::BoxFuture;
use mahnwerk::domain::account::Role;
use mahnwerk::domain::pool::Chunk;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::{Bell, Performer};
use mahnwerk::engine::width::Width;
use reqwest::StatusCode;
use std::sync::Arc;

const BASE: &str = "/t/muster/texts/de/reminder-2";
const SUBJECT: &str = "Noch einmal: {{#if several}}{{invoice_count}} Rechnungen{{else}}{{invoice}}{{/if}}";
const BODY: &str = "Guten Tag,\n\nein Wort von Hand.\n\n{{invoice_table}}";

#[derive(Debug)]
struct Unheard;

impl Bell for Unheard {
    fn ring(&self, _: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// Lives until this instant with what the tenancy sends by.
async fn live_until(pages: &Pages, civil: &str) {
    let work = Work::new(pages.engine.clone(), pages.site.tenancy.outside.clone(), Width::unbounded());
    work.set_bell(Arc::new(Unheard));
    let (tenant, until) = (pages.world.tenant, berlin(civil));
    while let Some(at) = pages.engine.next_round(tenant).await.unwrap().filter(|at| *at <= until) {
        pages.world.clock.advance_to(at);
        let ready = pages.engine.round(tenant).await.unwrap().ready;
        for chunk in pages.engine.chunks(tenant, &ready) {
            work.perform(chunk).await;
        }
    }
    pages.world.clock.advance_to(until);
}

/// What stands in the outbox, by name.
fn outbox(pages: &Pages) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(pages.folder.path().join("outbox")).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
    let mut mails: Vec<_> = entries.map(read).collect();
    mails.sort();
    mails
}

on_both!(a_text_is_written_and_published_and_the_next_mail_says_it, tests_go_to_oneself_and_are_no_notices);

#[expect(clippy::too_many_lines, reason = "one story, told from the first word to the last version")]
async fn a_text_is_written_and_published_and_the_next_mail_says_it(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    pages.site.tenancy.take_on().await.unwrap();
    let administrator = pages.person("verwalter@muster.example", pages.world.tenant, Role::Administrator).await;
    let table = administrator.get("/t/muster/texts").await.body;
    assert!(table.contains(BASE) && table.contains("mitgeliefert") && !table.contains("eigener"), "{table}");
    let looked_at = administrator.get(BASE).await.body;
    assert!(looked_at.contains("probe: reminder-2") && looked_at.contains("{{invoice_table}}"), "{looked_at}");

    // A mistake is marked where it is, and nobody gets it.
    let wrong = format!("{BODY}\n\n{{{{totl}}}}");
    let kept = administrator.post(&format!("{BASE}/draft"), &[("subject", SUBJECT), ("body", &wrong), ("example", "several")]).await;
    assert_eq!((kept.status, kept.location.as_str()), (StatusCode::SEE_OTHER, format!("{BASE}?example=several&show=mail").as_str()));
    let marked = administrator.get(&kept.location).await.body;
    assert!(marked.contains("Zeile 7") && marked.contains("Meinten Sie total?") && !marked.contains("<iframe"), "{marked}");
    let refused = administrator.post(&format!("{BASE}/publish"), &[("reason", "Versuch")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Meinten Sie total?"), "{}", refused.body);

    administrator.post(&format!("{BASE}/draft"), &[("subject", SUBJECT), ("body", BODY)]).await;
    let page = administrator.get(&format!("{BASE}?example=several")).await.body;
    assert!(page.contains("Noch einmal: 3 Rechnungen") && page.contains("<iframe") && page.contains(">Entwurf<"), "{page}");
    let mail = administrator.get(&format!("{BASE}/mail?example=several")).await;
    assert!(mail.body.contains("ein Wort von Hand.") && mail.body.contains("RE-2026-0744"), "{}", mail.body);
    let policy = mail.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("sandbox") && policy.contains("frame-ancestors 'self'"), "{policy}");
    let letter = administrator.get(&format!("{BASE}/letter.pdf?example=one-fee")).await;
    assert_eq!((letter.status, letter.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "application/pdf"));
    assert_eq!(letter.headers["x-frame-options"], "SAMEORIGIN");
    let of_customer = administrator.get(&format!("{BASE}/mail?customer=K1")).await.body;
    assert!(of_customer.contains("R1") && of_customer.contains("R2") && !of_customer.contains("RE-2026"), "{of_customer}");
    assert!(administrator.get(&format!("{BASE}?customer=K7")).await.body.contains("Einen Kunden mit dieser Nummer gibt es nicht"));
    let auditor = pages.person("pruefer@muster.example", pages.world.tenant, Role::Auditor).await;
    assert!(!auditor.get(BASE).await.body.contains("ein Wort von Hand"), "a draft is its authors'");

    // What leaves before says what held; what leaves after says what was published, in the same process.
    live_until(&pages, "2026-01-13 12:00").await;
    administrator.sign_in("verwalter@muster.example", super::visitor::PASSWORD).await;
    let before = outbox(&pages);
    assert!(!before.is_empty() && before.iter().all(|(_, mail)| !mail.contains("Noch einmal")), "{before:?}");
    assert_eq!(administrator.post(&format!("{BASE}/publish"), &[("reason", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let published = administrator.post(&format!("{BASE}/publish"), &[("reason", "Neuer Ton")]).await;
    assert_eq!(published.location, format!("{BASE}?done=published"));
    live_until(&pages, "2026-01-20 12:00").await;
    administrator.sign_in("verwalter@muster.example", super::visitor::PASSWORD).await;
    auditor.sign_in("pruefer@muster.example", super::visitor::PASSWORD).await;
    let after: Vec<_> = outbox(&pages).into_iter().filter(|mail| !before.contains(mail)).collect();
    assert!(
        !after.is_empty() && after.iter().all(|(_, mail)| mail.contains("Noch einmal") && mail.contains("ein Wort von Hand")),
        "{after:?}"
    );
    let history = auditor.get("/t/muster/history").await.body;
    assert!(
        history.contains("veröffentlicht") && history.contains("Neuer Ton") && history.contains("verwalter@muster.example"),
        "{history}"
    );
    assert!(auditor.get(BASE).await.body.contains("ein Wort von Hand"));

    // Another process takes it on when it looks.
    let other = crate::support::world::tenancy(pages.engine.clone(), pages.folder.path());
    other.take_on().await.unwrap();
    assert_eq!(other.texts(pages.world.tenant).written("reminder-2", "de").unwrap().subject, SUBJECT);

    // A new language, and back to what came along.
    administrator.post("/t/muster/texts/fr/reminder-2/draft", &[("subject", "Rappel"), ("body", "Bonjour")]).await;
    administrator.post("/t/muster/texts/fr/reminder-2/publish", &[("reason", "Frankreich")]).await;
    let table = administrator.get("/t/muster/texts").await.body;
    assert!(table.matches(">eigener<").count() >= 2 && table.contains("fehlt → Deutsch") && table.contains(">fr<"), "{table}");
    administrator.post(&format!("{BASE}/draft"), &[("subject", "Dritter"), ("body", BODY)]).await;
    administrator.post(&format!("{BASE}/publish"), &[("reason", "Kürzer")]).await;
    let versions =
        pages.engine.store.publications_of(pages.world.tenant, mahnwerk::domain::publication::Kind::Text, "de/reminder-2").await.unwrap();
    let compared = administrator.get(&format!("{BASE}/compare?version={}", versions[0].id)).await.body;
    assert!(compared.contains("Dritter") && compared.contains("Noch einmal") && compared.contains("Kürzer"), "{compared}");
    administrator.post(&format!("{BASE}/take-over"), &[("version", &versions[1].id.to_string())]).await;
    assert!(administrator.get(BASE).await.body.contains("value=\"Noch einmal"));
    administrator.post(&format!("{BASE}/discard"), &[]).await;
    administrator.post(&format!("{BASE}/take-back"), &[("reason", "Doch nicht")]).await;
    let back = administrator.get(BASE).await.body;
    assert!(back.contains("mitgeliefert") && back.contains("zurückgenommen") && !back.contains("value=\"Dritter"), "{back}");
    pages.world.verified().await;
}

async fn tests_go_to_oneself_and_are_no_notices(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    pages.site.tenancy.take_on().await.unwrap();
    let administrator = pages.person("verwalter@muster.example", pages.world.tenant, Role::Administrator).await;
    administrator.get(BASE).await;
    administrator.post(&format!("{BASE}/draft"), &[("subject", SUBJECT), ("body", BODY)]).await;
    for way in ["plain", "real"] {
        let told = administrator.post(&format!("{BASE}/test"), &[("way", way), ("example", "one")]).await.body;
        assert!(told.contains("Der Test ist unterwegs") && told.contains("written to"), "{told}");
    }
    let mails = outbox(&pages);
    assert_eq!(mails.len(), 2);
    for (name, mail) in &mails {
        assert!(name.starts_with("test-") && mail.contains("<verwalter@muster.example>"), "{name}: {mail}");
        assert!(mail.contains("ein Wort von Hand") && mail.contains("TEST"), "{mail}");
    }
    let events = pages.engine.store.account_events((Timestamp(i64::MAX), ""), 50).await.unwrap();
    let noted: Vec<_> = events.iter().filter(|event| event.kind == "test_mail").map(|event| event.actor.as_str()).collect();
    assert_eq!(noted, ["user:verwalter@muster.example"; 2]);
    let notices = pages.engine.store.notice_list(pages.world.tenant, "", 10).await.unwrap();
    assert!(notices.is_empty(), "no instance knows of a test");
    for _ in 0..8 {
        administrator.post(&format!("{BASE}/test"), &[("way", "plain")]).await;
    }
    assert_eq!(administrator.post(&format!("{BASE}/test"), &[("way", "plain")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
