//! Settings from the first field to the next mail: drafted, mended, published and in force without a restart; secrets go in and never come out.

use super::browser::Browser;
use super::visitor::{Pages, Visitor};
use crate::support::ledger::TestLedger;
use mahnwerk::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use mahnwerk::domain::account::Role;
use mahnwerk::domain::publication::Kind;
use mahnwerk::engine::perform::Work;
use mahnwerk::engine::ports::Performer as _;
use mahnwerk::engine::width::Width;
use mahnwerk::web::site::declared;
use reqwest::StatusCode;
use std::sync::Arc;
use tokio::task::block_in_place;

const PASSWORD: &str = "streng-geheim-4711";
const WRONG: &str = "falsch-geraten-0815";

on_both! {
    what_is_entered_is_drafted_mended_published_and_leaves_with_the_next_mail,
    two_who_write_at_once_are_told_and_an_older_version_comes_back,
}

const CREDITOR: &[(&str, &str)] = &[
    ("creditor.name", "Neu GmbH"),
    ("creditor.street", "Neue Straße 1"),
    ("creditor.postcode", "10115"),
    ("creditor.city", "Berlin"),
    ("creditor.country", "DE"),
    ("creditor.footer", "HRB 1\r\nGeschäftsführerin: A. Neu"),
];

/// The pages' own fields for the mail server, with these in their place.
fn senders<'a>(port: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    let order = ["by_hand", "business", "contact_person", "office", "private", "other"].map(|kind| ("mail.address_rule", kind));
    let rest = [
        ("smtp.host", "127.0.0.1"),
        ("smtp.port", port),
        ("smtp.tls", "none"),
        ("smtp.user", "neu"),
        ("smtp.password_secret", password),
        ("mail.from", "neu@muster.example"),
        ("mail.from_name", ""),
        ("mail.bcc", "ablage@muster.example"),
        ("mail.every_seconds", "0"),
        ("mail.attachments_mb", "15"),
    ];
    rest.into_iter().chain(order).collect()
}

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().chain(more).copied().collect()
}

async fn draft(visitor: &Visitor, section: &str, fields: &[(&str, &str)]) -> String {
    let saved = visitor.post(&format!("/t/muster/settings/{section}/draft"), fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    visitor.get(&saved.location).await.body
}

async fn what_is_entered_is_drafted_mended_published_and_leaves_with_the_next_mail(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let sandbox = SandboxSettings { logins: vec![("neu".to_owned(), PASSWORD.to_owned())], ..SandboxSettings::new(Arc::new(|| 0)) };
    let sandbox = SmtpSandbox::start(sandbox).await.unwrap();
    let port = sandbox.addr().port().to_string();
    let anna = pages.person("anna@muster.example", pages.world.tenant, Role::Administrator).await;
    let auditor = pages.person("pruefer@muster.example", pages.world.tenant, Role::Auditor).await;
    assert_eq!(auditor.get("/t/muster/settings").await.status, StatusCode::FORBIDDEN);
    assert!(anna.get("/t/muster/settings").await.body.contains("worker.toml"));

    let page = draft(&anna, "creditor", &with(CREDITOR, &[("creditor.iban", "DE89370400440532013001")])).await;
    assert!(page.contains("id=\"w-creditor-iban\"><p class=\"problem\">Die Prüfziffern"), "the wrong number is named at its field: {page}");
    assert!(page.contains("value=\"Neu GmbH\""), "what was entered is still there");
    let overview = anna.get("/t/muster/settings").await.body;
    assert!(overview.contains("DE89370400440532013001") && !overview.contains("/settings/publish\""), "it can't be published: {overview}");
    let refused = anna.post("/t/muster/settings/publish", &[("reason", "Umzug")]).await;
    assert!(refused.status.is_success() && refused.body.contains("role=\"alert\""), "{}", refused.body);
    assert_eq!(pages.engine.store.published(pages.world.tenant, Kind::Settings).await.unwrap(), []);
    let page = draft(&anna, "creditor", &with(CREDITOR, &[("creditor.iban", "DE89 3704 0044 0532 0130 00")])).await;
    assert!(!page.contains("class=\"problem\""), "{page}");

    let tested = anna.post("/t/muster/settings/test", &senders(&port, WRONG)).await.body;
    assert!(tested.contains("535"), "the server's own words: {tested}");
    let tested = anna.post("/t/muster/settings/test", &senders(&port, PASSWORD)).await.body;
    assert!(tested.contains("Der Server hat die Anmeldung angenommen"), "{tested}");
    assert!(tested.contains("Gesetzt seit"), "{tested}");
    let wrong = draft(&anna, "senders", &with(&senders(&port, ""), &[("last_stage_notice", "chef")])).await;
    assert!(wrong.contains("id=\"w-last-stage-notice\"><p class=\"problem\">"), "{wrong}");
    let kept = draft(&anna, "senders", &with(&senders(&port, ""), &[("last_stage_notice", "chef@muster.example")])).await;
    assert!(kept.contains("Gesetzt seit"), "an empty field keeps the password: {kept}");

    let published = anna.post("/t/muster/settings/publish", &[("reason", "Umzug")]).await;
    assert_eq!(published.location, "/t/muster/settings?done=settings-published", "{}", published.body);
    assert_eq!(pages.engine.tenant(pages.world.tenant).unwrap().settings.creditor.name, "Neu GmbH", "in force at once");
    assert_eq!(pages.engine.tenant(pages.world.tenant).unwrap().settings.last_stage_notice, "chef@muster.example");

    let work = Work::new(pages.engine.clone(), pages.site.tenancy.outside.clone(), Width::unbounded());
    pages.world.wait_until("2026-01-12 09:00");
    let ready = pages.engine.round(pages.world.tenant).await.unwrap().ready;
    for chunk in pages.engine.chunks(pages.world.tenant, &ready) {
        work.perform(chunk).await;
    }
    let mails = sandbox.messages();
    assert!(!mails.is_empty(), "it left through the server that was published");
    let mail = String::from_utf8_lossy(&mails[0].bytes).into_owned();
    assert!(mail.contains("neu@muster.example") && mail.contains("Neu GmbH"), "{mail}");
    assert!(mails[0].recipients.iter().any(|to| to == "ablage@muster.example"), "{:?}", mails[0].recipients);

    anna.sign_in("anna@muster.example", super::visitor::PASSWORD).await;
    nothing_shows(&pages, &anna).await;
    sandbox.stop().await;
}

/// Neither pages nor ledger texts hold the passwords that were entered.
async fn nothing_shows(pages: &Pages, anna: &Visitor) {
    let id = pages.world.tenant;
    draft(anna, "places", &[("max_active", "7")]).await;
    for route in declared(pages.site.clone()).iter().filter(|route| route.method == "GET") {
        let body = anna.get(&route.path.replace("{tenant}", "muster")).await.body;
        assert!(!body.contains(PASSWORD) && !body.contains(WRONG), "{}", route.path);
    }
    let store = &pages.engine.store;
    let texts = store.publications_of(id, Kind::Settings, "").await.unwrap().into_iter().map(|one| one.content);
    for text in texts.chain(store.draft(id, Kind::Settings, "").await.unwrap().map(|draft| draft.content)) {
        assert!(text.contains("password_secret = ") && !text.contains(PASSWORD) && !text.contains(WRONG), "{text}");
    }
}

async fn two_who_write_at_once_are_told_and_an_older_version_comes_back(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let anna = pages.person("anna@muster.example", pages.world.tenant, Role::Administrator).await;
    let bert = pages.person("bert@muster.example", pages.world.tenant, Role::Administrator).await;
    draft(&anna, "places", &[("max_active", "7"), ("seen", "")]).await;
    let told = draft(&bert, "places", &[("max_active", "9"), ("seen", "")]).await;
    assert!(told.contains("hat diesen Entwurf inzwischen geändert"), "{told}");
    assert!(told.contains("value=\"7\""), "hers stands");
    let unseen = bert.post("/t/muster/settings/publish", &[("reason", "blind")]).await;
    assert!(unseen.body.contains("inzwischen geändert"), "nobody publishes what he has not seen: {}", unseen.body);
    for (number, reason) in [("7", "klein"), ("9", "größer")] {
        draft(&anna, "places", &[("max_active", number)]).await;
        anna.post("/t/muster/settings/publish", &[("reason", reason)]).await;
    }
    assert_eq!(pages.engine.tenant(pages.world.tenant).unwrap().settings.max_active, Some(9));
    let versions = anna.get("/t/muster/settings/versions").await.body;
    assert!(versions.contains("klein") && versions.contains("7 → 9"), "{versions}");
    let first = pages.engine.store.publications_of(pages.world.tenant, Kind::Settings, "").await.unwrap().pop().unwrap();
    anna.post("/t/muster/settings/take-over", &[("id", &first.id.to_string())]).await;
    let overview = anna.get("/t/muster/settings").await.body;
    assert!(overview.contains("data-label=\"Entwurf\" class=\"break\">7"), "{overview}");
    anna.post("/t/muster/settings/discard", &[]).await;
    assert!(!anna.get("/t/muster/settings").await.body.contains("/settings/publish\""));

    // A word on sending is the owner's.
    assert_eq!(anna.post("/t/muster/settings/sending", &[("to", "off"), ("reason", "Urlaub")]).await.status, StatusCode::FORBIDDEN);
    let owner = pages.owner().await;
    owner.post("/t/muster/settings/sending", &[("to", "off"), ("reason", "Urlaub")]).await;
    assert!(pages.engine.store.gate(pages.world.tenant).await.unwrap().off);
    assert!(owner.get("/t/muster/settings").await.body.contains("Versand einschalten"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_has_a_workflow_that_there_is_and_terms_in_boxes_and_words() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let anna = pages.person("anna@muster.example", pages.world.tenant, Role::Administrator).await;
    let terms = "lexoffice.excluded_terms";
    let fields =
        [("lexoffice.workflow", "gentle"), (terms, "SEPA-Lastschrift"), ("others:lexoffice.excluded_terms", "Bar\r\n\r\n Vorkasse ")];
    let page = draft(&anna, "source", &fields).await;
    assert!(page.contains("<option value=\"gentle\" selected>") && page.contains("<option value=\"standard\">"), "{page}");
    assert!(page.contains("SEPA-Lastschrift\nBar\nVorkasse</textarea>"), "no source has told of any yet: {page}");
    let draft = pages.engine.store.draft(pages.world.tenant, Kind::Settings, "").await.unwrap().unwrap().content;
    assert!(draft.contains("[\"SEPA-Lastschrift\", \"Bar\", \"Vorkasse\"]"), "{draft}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_scripts_a_draft_keeps_itself_and_says_beside_the_field_what_is_wrong() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let anna = pages.person("anna@muster.example", pages.world.tenant, Role::Administrator).await;
    let cookie = anna.cookie.lock().unwrap().clone();
    block_in_place(|| {
        let mut browser = Browser::start();
        browser.cookie(&pages.base, &cookie);
        browser.open(&format!("{}/t/muster/settings/creditor", pages.base));
        browser.fill("creditor.name", "Getippt GmbH");
        browser.fill("creditor.iban", "DE89370400440532013001");
        browser.until("!!(document.querySelector(`#w-creditor-iban .problem`) && document.querySelector(`#standing a`))");
        assert_eq!(browser.eval("document.querySelector('#f-creditor-name').value"), "Getippt GmbH", "what was typed stays");
        browser.fill("creditor.iban", "DE89370400440532013000");
        browser.until("!document.querySelector('#w-creditor-iban .problem')");
        browser.open(&format!("{}/t/muster/settings/senders", pages.base));
        browser.fill("smtp.password_secret", PASSWORD);
        browser.until("document.querySelector('#s-smtp-password-secret').textContent.includes('Gesetzt seit')");
        assert_eq!(browser.eval("document.querySelector('#f-smtp-password-secret').value"), "", "kept, and not shown any more");
    });
    let draft = pages.engine.store.draft(pages.world.tenant, Kind::Settings, "").await.unwrap().unwrap().content;
    assert!(draft.contains("Getippt GmbH") && draft.contains("DE89370400440532013000") && draft.contains("password_secret"), "{draft}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_checked_kept_in_the_ledger_and_printed_on_the_next_letter() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let anna = pages.person("anna@muster.example", pages.world.tenant, Role::Administrator).await;
    anna.get("/t/muster/settings/letters").await;
    let pdf = anna.upload("/t/muster/settings/picture", "layout.logo", b"%PDF-1.7").await;
    assert_eq!(pdf.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", pdf.body);
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 10\"><rect width=\"40\" height=\"10\" fill=\"#123456\"/></svg>";
    let taken = anna.upload("/t/muster/settings/picture", "layout.logo", svg.as_bytes()).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let page = anna.get("/t/muster/settings/letters").await.body;
    let hash = page.split("/settings/picture/").nth(1).and_then(|rest| rest.split('"').next()).expect("it can be looked at").to_owned();
    let shown = anna.get(&format!("/t/muster/settings/picture/{hash}")).await;
    assert_eq!(shown.body, svg);
    assert!(shown.headers["content-disposition"].to_str().unwrap().starts_with("attachment"), "never as a page of ours");
    let published = anna.post("/t/muster/settings/publish", &[("reason", "Logo")]).await;
    assert_eq!(published.location, "/t/muster/settings?done=settings-published", "{}", published.body);
    anna.get("/t/muster/settings/letters").await;
    anna.post("/t/muster/settings/picture/remove", &[("field", "layout.logo")]).await;
    assert!(!anna.get("/t/muster/settings/letters").await.body.contains("/settings/picture/"));
    let after = anna.post("/t/muster/settings/publish", &[("reason", "ohne Logo")]).await;
    assert_eq!(after.location, "/t/muster/settings?done=settings-published", "{}", after.body);
}
