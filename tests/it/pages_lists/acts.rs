//! One invoice, one customer, one notice: what their pages say, and what a person does there.

use super::shop::{Shop, between};
use crate::support::world::{bill, single};
use mahnwerk::domain::account::Role;
use mahnwerk::engine::ports::Outcome;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_says_why_it_waits_and_does_what_it_is_told() {
    let shop = Shop::small().await;
    let anna = shop.owner().await;
    let page = format!("/t/muster/invoices/{}", shop.invoices[0]);
    let shown = anna.get(&page).await;
    assert!(shown.contains("The stage is not due before 12 Jan 2026: the due date and 3 days."), "{shown}");
    assert!(shown.contains("Mon 12 Jan 2026 09:00"), "{shown}");
    assert!(shown.contains("taken in") && shown.contains("Mahnwerk"));

    let missing = anna.post(&format!("{page}/pause"), &[("reason", "  ")]).await;
    assert_eq!(missing.status, 422);
    let past = anna.post(&format!("{page}/pause"), &[("reason", "x"), ("until", "2026-01-05")]).await;
    assert_eq!((past.status, past.body.contains("must be in the future")), (422, true));
    assert!(shop.world.tells(shop.invoices[0]).await.starts_with("waiting"), "nothing was changed");

    let shown = anna.does(&format!("{page}/pause"), &[("reason", "asks for <time>"), ("until", "2026-02-02")]).await;
    assert!(shown.contains("It rests now.") && shown.contains("It rests until 2 Feb 2026: asks for &#60;time&#62;"), "{shown}");
    assert!(shown.contains("owner@muster.example"), "who did it stands in the history");
    assert!(anna.does(&format!("{page}/resume"), &[("reason", "has paid half")]).await.contains("has paid half"));
    assert_eq!(anna.post(&format!("{page}/resume"), &[("reason", "again")]).await.status, 422, "nothing rests any more");
    let retry = anna.post(&format!("{page}/retry"), &[("reason", "again")]).await;
    assert_eq!((retry.status, retry.body.contains("only a failed notice can be sent again")), (409, true));
    anna.does(&format!("{page}/skip"), &[("reason", "knows already")]).await;
    assert!(shop.world.tells(shop.invoices[0]).await.starts_with("waiting reminder-2"));
    anna.does(&format!("{page}/jump"), &[("reason", "the last one"), ("stage", "2")]).await;
    assert!(shop.world.tells(shop.invoices[0]).await.starts_with("waiting dunning-1"));
    assert_eq!(anna.post(&format!("{page}/jump"), &[("reason", "down"), ("stage", "0")]).await.status, 409);
    // Another workflow: its page says beforehand what would be next there, and when.
    let other = single().replace("name = \"probe\"", "name = \"other\"").replace("en = \"Probe\"", "en = \"Other\"");
    let other = shop.world.publish(&other.replace("key = \"reminder-2\"", "key = \"last-word\"")).await;
    let shown = anna.get(&page).await;
    assert!(shown.contains(&format!("Other (version {other}) after last-word: next dunning-1 on 16 Jan 2026 09:00")), "{shown}");
    let lost = anna.post(&format!("{page}/workflow"), &[("reason", "x"), ("to", &format!("{other}:same"))]).await;
    assert_eq!((lost.status, lost.body.contains("has no stage “reminder-2”")), (409, true), "{}", lost.body);
    let shown = anna.does(&format!("{page}/workflow"), &[("reason", "calmer"), ("to", &format!("{other}:1"))]).await;
    assert!(shown.contains("another workflow") && shown.contains("other, version") && shown.contains("calmer"), "{shown}");
    let shown = anna.does(&format!("{page}/channel"), &[("reason", "asks for a letter"), ("channel", "post")]).await;
    assert!(shown.contains("way chosen") && shown.contains("by letter") && shown.contains("chosen by hand"), "{shown}");
    assert_eq!(anna.post(&format!("{page}/channel"), &[("reason", "x"), ("channel", "fax")]).await.status, 404);
    let shown = anna.does(&format!("{page}/settle"), &[("reason", "paid in cash")]).await;
    assert!(shown.contains("Nothing is open any more.") && shown.contains("settled by hand"), "{shown}");
    let other = format!("/t/muster/invoices/{}", shop.invoices[1]);
    anna.does(&format!("{other}/withdraw"), &[("reason", "our mistake")]).await;
    assert_eq!(shop.world.tells(shop.invoices[1]).await, "withdrawn");
    let third = format!("/t/muster/invoices/{}", shop.invoices[2]);
    anna.does(&format!("{third}/hand-over"), &[("reason", "to the lawyer")]).await;
    assert_eq!(shop.world.tells(shop.invoices[2]).await, "handed_over");
    let history = shop.world.ledger.store.transitions_of(shop.world.tenant, shop.invoices[2]).await.unwrap();
    let last = &history.last().unwrap().transition;
    assert!(last.detail.contains("to the lawyer") && last.actor == "user:owner@muster.example");
    shop.world.verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_told_apart() {
    let shop = Shop::small().await;
    let anna = shop.owner().await;
    shop.world.engine.end(shop.world.tenant, shop.invoices[1], false, &crate::support::world::because("x")).await.unwrap();
    let ids: Vec<_> = shop.invoices.iter().map(ToString::to_string).collect();
    let picked: Vec<_> = ids.iter().map(|id| ("id", id.as_str())).collect();
    let path = "/t/muster/invoices/bulk";
    let fields = [&picked[..], &[("act", "skip"), ("reason", "all know"), ("back", "/t/muster/invoices?q=R")][..]].concat();
    let answer = anna.post(path, &fields).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("Done for 2 of 3.") && answer.body.contains("no stage is left to skip"), "{}", answer.body);
    assert!(answer.body.contains("href=\"/t/muster/invoices?q=R\""), "and back to the list as it was");
    assert!(shop.world.tells(shop.invoices[2]).await.starts_with("waiting reminder-2"));
    assert_eq!(anna.post(path, &[("act", "skip"), ("reason", "none")]).await.status, 422);
    assert_eq!(anna.post(path, &[("id", &ids[0]), ("act", "pause"), ("reason", "")]).await.status, 422, "a reason is needed here too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_rests_and_gets_another_address() {
    let shop = Shop::small().await;
    let anna = shop.owner().await;
    let customer = shop.world.ledger.store.invoice_detail(shop.world.tenant, shop.invoices[0]).await.unwrap().unwrap().customer_id;
    let page = format!("/t/muster/customers/{}", customer.0);
    let shown = anna.get(&page).await;
    assert!(shown.contains("k1@customers.example") && shown.contains("R2") && shown.contains("EUR 200.00"), "{shown}");
    let shown = anna.does(&format!("{page}/pause"), &[("reason", "in insolvency"), ("owner", "Frau <b>Lang")]).await;
    assert!(
        shown.contains("in insolvency") && shown.contains("looked after by Frau &#60;b&#62;Lang, until somebody resumes it"),
        "{shown}"
    );
    assert!(anna.get("/t/muster/customers").await.contains("looked after by Frau &#60;b&#62;Lang, until somebody resumes it"));
    assert!(anna.get("/t/muster/customers.csv?rests=1").await.contains("Frau <b>Lang"));
    let long = "x".repeat(101);
    assert_eq!(anna.post(&format!("{page}/pause"), &[("reason", "x"), ("owner", &long)]).await.status, 422);
    for invoice in &shop.invoices[..2] {
        assert!(shop.world.tells(*invoice).await.starts_with("blocked"));
    }
    assert!(anna.get("/t/muster/customers?rests=1").await.contains(&format!("href=\"{page}\"")));
    anna.does(&format!("{page}/resume"), &[("reason", "over")]).await;
    assert_eq!(anna.post(&format!("{page}/resume"), &[("reason", "over")]).await.status, 422);
    let shown = anna.does(&format!("{page}/address"), &[("address", "billing@k1.example"), ("reason", "said so")]).await;
    assert!(shown.contains("billing@k1.example") && shown.contains("entered by hand"), "{shown}");
    assert_eq!(anna.post(&format!("{page}/address"), &[("address", "no address"), ("reason", "x")]).await.status, 422);
    let shown = anna.does(&format!("{page}/block"), &[("address", "billing@k1.example"), ("reason", "bounces")]).await;
    assert!(shown.contains("bounces") && shown.contains("not used"));
    anna.does(&format!("{page}/unblock"), &[("address", "billing@k1.example"), ("reason", "works again")]).await;
    for (act, value, said) in
        [("language", "en", "English"), ("channel", "email_and_post", "e-mail and letter"), ("workflow", "probe", "Probe")]
    {
        let shown = anna.does(&format!("{page}/{act}"), &[("value", value), ("reason", "so wished")]).await;
        assert!(shown.contains(&format!("{said}</dd>")) || shown.contains(&format!("{said} <span")), "{act}: {shown}");
        let shown = anna.does(&format!("{page}/{act}"), &[("value", ""), ("reason", "not any more")]).await;
        assert!(!shown.contains(&format!("<dd>{said}")), "{act}: {shown}");
    }
    assert_eq!(anna.post(&format!("{page}/workflow"), &[("value", "nowhere"), ("reason", "x")]).await.status, 404);
    let second = shop.world.publish(&single().replace("after_days = 10", "after_days = 20")).await.to_string();
    let answer = anna.post(&format!("{page}/migrate"), &[("to", &second), ("reason", "more time")]).await;
    assert!(answer.status == 200 && answer.body.contains("Done for 2 of 2."), "{}", answer.body);
    let history = anna.get("/t/muster/history?cause=language").await;
    assert!(history.contains("as imported") && history.contains(&format!("href=\"{page}\"")), "{history}");
    let missing = anna.post("/t/muster/customers/999999/pause", &[("reason", "x")]).await;
    assert_eq!(missing.status, 404);
    assert_eq!(anna.try_get("/t/muster/customers/999999").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_show_what_was_sent_and_are_decided_about() {
    let shop = Shop::with(&[bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-01-09"), bill("R3", "K3", "2026-01-09")]).await;
    shop.world.wait_until("2026-01-12 09:00");
    let anna = shop.owner().await;
    let ready = shop.world.round().await;
    let failed = Outcome::Failed { reason: "550 no such user".to_owned() };
    shop.world.outside.will([failed, Outcome::Unknown { reason: "cut off".to_owned() }]);
    shop.world.perform(&ready).await;
    let only = async |state: &str| {
        let page = anna.get(&format!("/t/muster/notices?state={state}")).await;
        let found = between(&page, "href=\"/t/muster/notices/", "\"");
        found.first().map_or_else(|| panic!("{state}: {page}"), |id| (*id).to_owned())
    };
    let sent = only("sent").await;
    let page = anna.get(&format!("/t/muster/notices/{sent}")).await;
    assert!(page.contains("250 ok") && page.contains("@customers.example") && page.contains("reminder-1"), "{page}");
    let eml = anna.try_get(&format!("/t/muster/notices/{sent}/mail.eml")).await;
    let policy = eml.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert_eq!((eml.status, policy), (200, "default-src 'none'; sandbox"));
    assert!(eml.body.starts_with(&sent), "byte for byte what was sent: {}", eml.body);
    assert_eq!(anna.try_get(&format!("/t/muster/notices/{sent}/letter.pdf")).await.status, 404, "there is no letter");

    let failed = only("failed").await;
    let unknown = only("unknown").await;
    let not_failed = anna.post(&format!("/t/muster/notices/{sent}/retry"), &[("reason", "x")]).await;
    assert_eq!((not_failed.status, not_failed.body.contains("has not failed")), (422, true));
    anna.does(&format!("/t/muster/notices/{failed}/retry"), &[("reason", "new address")]).await;
    let page = anna.get(&format!("/t/muster/notices/{unknown}")).await;
    assert!(page.contains("Nobody knows whether this notice arrived") && page.contains("/send-again"), "{page}");
    let page = anna.does(&format!("/t/muster/notices/{unknown}/as-sent"), &[("reason", "she has it")]).await;
    assert!(page.contains("The notice counts as sent."));
    assert_eq!(anna.post(&format!("/t/muster/notices/{unknown}/send-again"), &[("reason", "x")]).await.status, 422);
    assert_eq!(anna.try_get("/t/muster/notices/nonsense").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_proposals_is_released_together() {
    let shop = Shop::with(&[]).await;
    let workflow = single().replace("key = \"reminder-1\"", "key = \"reminder-1\"\nautomation = \"propose\"");
    let workflow = shop.world.publish(&workflow).await;
    let bills = ["R1", "R2", "R3"].map(|number| bill(number, number, "2026-01-09"));
    let ids = shop.world.enrol(workflow, &bills).await;
    shop.world.live_until("2026-01-12 09:00").await;
    let anna = shop.owner().await;
    let page = anna.get("/t/muster/notices?state=proposed").await;
    let picked = between(&page, "name=\"id\" value=\"", "\"");
    assert_eq!(picked.len(), 3, "{page}");
    // One is paid meanwhile: it is taken back on its own, and the run goes on without it.
    shop.world.pay(ids[1], "p1", 10_000).await;
    let fields: Vec<_> = picked.iter().map(|id| ("id", *id)).chain([("act", "release"), ("reason", "checked")]).collect();
    let answer = anna.post("/t/muster/notices/bulk", &fields).await;
    assert!(answer.body.contains("Done for 2 of 3."), "{}", answer.body);
    shop.world.live_until("2026-01-12 12:00").await;
    assert_eq!(shop.world.outside.told().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_reads_is_offered_nothing_and_changes_nothing() {
    let shop = Shop::small().await;
    shop.owner().await;
    let (reader, operator) = (shop.somebody(Role::Auditor).await, shop.somebody(Role::Operator).await);
    let page = format!("/t/muster/invoices/{}", shop.invoices[0]);
    let shown = reader.get(&page).await;
    assert!(!shown.contains("/pause") && !shown.contains("type=\"checkbox\""));
    assert!(!reader.get("/t/muster/invoices").await.contains("name=\"act\""));
    for act in ["pause", "resume", "skip", "jump", "channel", "workflow", "retry", "settle", "withdraw", "hand-over"] {
        let answer = reader.post(&format!("{page}/{act}"), &[("reason", "x"), ("stage", "1")]).await;
        assert_eq!(answer.status, 403, "{act}");
    }
    let id = shop.invoices[0].to_string();
    assert_eq!(reader.post("/t/muster/invoices/bulk", &[("id", &id), ("act", "skip"), ("reason", "x")]).await.status, 403);
    assert!(shop.world.tells(shop.invoices[0]).await.starts_with("waiting reminder-1"));
    operator.does(&format!("{page}/skip"), &[("reason", "may do so")]).await;
}
