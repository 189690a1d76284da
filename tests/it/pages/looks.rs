//! How the pages are in a real browser: nothing that axe knows is wrong with them in either language and theme, nothing sticks out on a
//! phone, the policy blocks nothing of our own, and one gets in with the keyboard's means.

use super::browser::Browser;
use super::visitor::{PASSWORD, Pages};
use crate::support::ledger::TestLedger;
use crate::support::world::{World, shared};
use mahnwerk::domain::backlog::Choice;
use mahnwerk::web::site::{Need, declared};
use serde_json::{Value, json};
use tokio::task::block_in_place;

/// axe-core 4.14.1 (MPL-2.0).
const AXE: &str = include_str!("../../data/axe/axe.min.js");
const RULES: &str = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})\
                     .then(found => found.violations.map(rule => rule.id + ': ' + rule.nodes.map(node => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | ')))";

/// Pages with further parameters.
const WITH_PARAMETERS: [&str; 6] = [
    "/t/muster/nowhere",
    "/t/muster/runs/2026-01-12",
    "/t/muster/texts/de/reminder-1",
    "/t/muster/texts/fr/new",
    "/t/muster/workflows/standard",
    "/t/muster/workflows/probe/compare?from=held&to=held",
];

/// Every page without a parameter but the tenant, from the router's own list.
fn pages_of(pages: &Pages) -> Vec<String> {
    let routes = declared(pages.site.clone()).into_iter().filter(|route| route.method == "GET" && route.need != Need::Nobody);
    let paths = routes.map(|route| route.path.replace("{tenant}", "muster"));
    paths.filter(|path| !path.contains('{') && !path.contains('.') && path != "/").collect()
}

/// A backlog that waits for its choice, a preview of it, and two versions that instances may go between: pages that say more then.
async fn undecided(pages: &Pages) -> Vec<String> {
    let (tenant, cause) = (pages.world.tenant, World::cause("looks"));
    pages.engine.switch_sending(tenant, false, &cause).await.unwrap();
    pages.engine.ask_backlog(tenant, &cause).await.unwrap();
    pages.engine.backlog_previewed(tenant, Choice::ByAge).await.unwrap();
    let from = pages.engine.store.open_by_edition(tenant).await.unwrap().into_keys().next().unwrap();
    let to = pages.world.publish(&shared().replace("reminder-1", "friendly")).await;
    vec![format!("/t/muster/workflows/probe/migrate?from={from}&to={to}")]
}

fn violations(browser: &mut Browser) -> Vec<String> {
    browser.eval(&format!("{AXE}; true"));
    let found = browser.eval(RULES);
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_wrong_with_any_page_in_either_language_and_theme_at_any_width() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    pages.world.live_until("2026-01-13 09:00").await;
    let more = undecided(&pages).await;
    // Whoever was signed in before these days is not any more.
    let owner = pages.owner().await;
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for language in ["de", "en"] {
        owner.get("/account").await;
        owner.post("/account/look", &[("language", language), ("theme", "auto")]).await;
        let cookie = owner.cookie.lock().unwrap().clone();
        block_in_place(|| {
            let mut browser = Browser::start();
            browser.cookie(&pages.base, &cookie);
            for path in pages_of(&pages).iter().chain(&more).map(String::as_str).chain(WITH_PARAMETERS) {
                for (width, dark) in [(1280, false), (768, true), (360, false)] {
                    browser.width(width, dark);
                    browser.open(&format!("{}{path}", pages.base));
                    let shown = format!("{path} ({language}, {width}, dark {dark})");
                    assert_ne!(browser.eval("location.pathname"), json!("/sign-in"), "{shown}");
                    if width != 768 || language == "de" {
                        wrong.extend(violations(&mut browser).into_iter().map(|what| format!("{shown}: {what}")));
                    }
                    let wide = browser.eval("document.documentElement.scrollWidth").as_u64().unwrap();
                    if wide > u64::from(width) {
                        wrong.push(format!("{shown}: {wide} pixels wide"));
                    }
                    seen += 1;
                }
            }
        });
    }
    assert!(seen > 40, "{seen} pages");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_signs_in_with_and_without_scripts_and_nothing_is_blocked() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    pages.owner().await;
    block_in_place(|| {
        for scripts in [true, false] {
            let mut browser = Browser::start();
            browser.scripts(scripts);
            browser.open(&format!("{}/t/muster/history", pages.base));
            assert_eq!(browser.eval("location.pathname"), json!("/sign-in"));
            browser.fill("email", "inhaber@muster.example");
            browser.fill("password", PASSWORD);
            browser.go("document.querySelector('main form').requestSubmit(); true");
            assert_eq!(browser.eval("location.pathname"), json!("/t/muster/history"), "one comes to where one wanted");
            assert_eq!(browser.eval("typeof htmx"), json!(if scripts { "object" } else { "undefined" }));
            browser.fill("invoice", "R3");
            if scripts {
                browser.until("location.search.includes('invoice=R3') && !document.querySelector('#list').textContent.includes('R1')");
            } else {
                browser.go("document.querySelector('main form').requestSubmit(); true");
            }
            let listed = browser.eval("document.querySelector('#list').textContent");
            assert!(listed.as_str().unwrap().contains("R3") && !listed.as_str().unwrap().contains("R1"), "{listed}");
            let styled = browser.eval("getComputedStyle(document.querySelector('.top')).display");
            assert_eq!(styled, Value::from("flex"), "the style sheet came through the policy");
        }
    });
}
