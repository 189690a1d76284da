//! Writing in a real browser: what is typed saves itself and shows at once; with and without scripts a version is published.

use super::browser::Browser;
use super::visitor::Pages;
use crate::support::ledger::TestLedger;
use mahnwerk::domain::account::Role;
use serde_json::json;
use tokio::task::block_in_place;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_text_and_a_workflow_are_written_with_and_without_scripts() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let administrator = pages.person("verwalter@muster.example", pages.world.tenant, Role::Administrator).await;
    let cookie = administrator.cookie.lock().unwrap().clone();
    block_in_place(|| {
        let mut browser = Browser::start();
        browser.cookie(&pages.base, &cookie);
        for (scripts, set) in [(true, "reminder-1"), (false, "reminder-2")] {
            browser.scripts(scripts);
            write_text(&mut browser, &pages.base, set, scripts);
        }
        browser.scripts(true);
        browser.open(&format!("{}/t/muster/workflows/gentle", pages.base));
        browser.fill("s0_after_days", "bald");
        browser.until("document.querySelector('#n-s0_after_days').textContent.includes('ganze Zahl') && document.querySelector('#checked').textContent.includes('Fehler: 1')");
        browser.fill("s0_after_days", "9");
        browser
            .until("document.querySelector('#n-s0_after_days').textContent.trim() === '' && document.querySelector('#acts form') !== null");
        publish(&mut browser);
        assert_eq!(browser.eval("document.querySelector('[name=s0_after_days]').value"), json!("9"));
    });
}

fn write_text(browser: &mut Browser, base: &str, set: &str, scripts: bool) {
    browser.open(&format!("{base}/t/muster/texts/de/{set}"));
    let frame = browser.eval("document.querySelector('#preview iframe').src");
    browser.fill("subject", "Aus dem Browser {{invoice_count}}");
    if scripts {
        browser.until("document.querySelector('#subject-shown')?.textContent === 'Aus dem Browser 1'");
        browser.fill("body", "Guten Tag {{customer.nam}}");
        browser.until("document.querySelector('#wrong-body').textContent.includes('Meinten Sie customer.name?')");
        browser.fill("body", "Guten Tag\n\n{{invoice_table}}");
        browser
            .until("document.querySelector('#preview iframe') !== null && document.querySelector('#wrong-body').textContent.trim() === ''");
        assert_ne!(browser.eval("document.querySelector('#preview iframe').src"), frame, "the mail is loaded anew");
        browser.until("document.querySelector('#acts form') !== null");
    } else {
        browser.go("document.querySelector('form.desk .actions .main').click(); true");
    }
    assert_eq!(browser.eval("document.querySelector('#subject-shown').textContent"), json!("Aus dem Browser 1"));
    publish(browser);
    assert!(browser.eval("document.querySelector('.summary').textContent").as_str().unwrap().contains("eigener"));
}

fn publish(browser: &mut Browser) {
    browser.eval("document.querySelector('.acts details').open = true");
    browser.fill("reason", "Aus dem Browser");
    browser.go("document.querySelector('.acts form button').click(); true");
    assert!(
        browser.eval("location.search").as_str().unwrap().contains("done=published"),
        "{}",
        browser.eval("document.querySelector('main').textContent")
    );
}
