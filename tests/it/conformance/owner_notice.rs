//! The last-stage notice: one mail a day that names whose last stage was sent, nothing of the past, nothing twice, whatever happens to it.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, single};
use futures::future::BoxFuture;
use mahnwerk::adapters::outside::Outside;
use mahnwerk::adapters::texts::TextSets;
use mahnwerk::domain::ids::{InvoiceId, TenantId};
use mahnwerk::domain::tenant::TenantSettings;
use mahnwerk::engine::Engine;
use mahnwerk::engine::ports::{Envelope, Outcome};
use mahnwerk::engine::ports::{OwnerMail, OwnerPost};
use mahnwerk::store::documents::Document;
use mahnwerk::store::statement::Dialect;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

on_both!(the_creditor_is_told_once_a_day_whose_last_stage_was_sent);

const TO: &str = "chef@muster.example";

/// The real words, and a server that does what it is told; without an outcome it never answers.
struct Post {
    outside: Outside,
    script: Mutex<VecDeque<Option<Outcome>>>,
    sent: Mutex<Vec<(String, Envelope, String)>>,
    began: Notify,
}

impl Post {
    fn new() -> Self {
        let texts = Arc::new(TextSets::load(None).expect("the built-in texts are sound"));
        Self { outside: Outside::new(texts), script: Mutex::default(), sent: Mutex::default(), began: Notify::new() }
    }

    fn will(&self, outcome: Option<Outcome>) {
        self.script.lock().unwrap().push_back(outcome);
    }

    fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

impl OwnerPost for Post {
    fn compose(&self, mail: &OwnerMail<'_>) -> Result<Document, String> {
        self.outside.compose(mail)
    }

    fn send<'a>(&'a self, _: TenantId, name: &'a str, envelope: &'a Envelope, message: &'a [u8]) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let text = String::from_utf8_lossy(message).replace("=\r\n", "");
            self.sent.lock().unwrap().push((name.to_owned(), envelope.clone(), text));
            let outcome = self.script.lock().unwrap().pop_front().unwrap_or(Some(Outcome::Done { reply: "250 ok".to_owned() }));
            self.began.notify_one();
            match outcome {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        })
    }
}

fn link(tenant: &str, invoice: InvoiceId) -> Option<String> {
    Some(format!("https://mahnwerk.example/t/{tenant}/invoices/{}", invoice.0))
}

async fn told(engine: &Engine, world: &World, post: &Post) -> String {
    engine.tell_owner(world.tenant, post, &link).await.unwrap();
    let newest = world.ledger.store.newest_owner_notice(world.tenant).await.unwrap();
    newest.map(|row| format!("{} {} {}", row.on, row.state, row.invoices)).unwrap_or_default()
}

async fn the_creditor_is_told_once_a_day_whose_last_stage_was_sent(ledger: TestLedger) {
    let (world, post) = (World::new(ledger).await, Post::new());
    let ladder = single();
    let workflow = world.publish(ladder.split("[[stages]]\nkey = \"reminder-2\"").next().unwrap()).await;
    world.enrol(workflow, &[bill("R0", "K0", "2025-12-20")]).await;
    world.live_until("2026-01-06 08:00").await;
    let engine = &world.engine;
    assert_eq!(told(engine, &world, &post).await, "", "nobody is to be told");
    let settings = engine.tenant(world.tenant).unwrap().settings.clone();
    engine.add_tenant(TenantSettings { last_stage_notice: TO.to_owned(), ..settings });
    assert_eq!(told(engine, &world, &post).await, "2026-01-06 begins 0", "the past is not told");

    let bills = [bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-01-09"), bill("R9", "K3", "2026-01-09")];
    let ids = world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 20:00").await;
    assert_eq!(world.tells(ids[0]).await, "exhausted");
    world.pay(ids[2], "p9", 10_000).await;
    assert_eq!(told(engine, &world, &post).await, "2026-01-06 begins 0", "the day is not over");
    world.wait_until("2026-01-13 06:00");
    assert_eq!(told(engine, &world, &post).await, "2026-01-13 sent 2");
    let (name, envelope, text) = post.sent.lock().unwrap()[0].clone();
    assert_eq!((name.as_str(), envelope.recipients), ("last-stage-muster-2026-01-13", vec![TO.to_owned()]));
    for word in ["2 Rechnungen", "R1, Kunde K1: 100,00", "R2, Kunde K2", "reminder-1", &link("muster", ids[1]).unwrap()] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("R0") && !text.contains("R9"), "what is paid by now needs nobody: {text}");

    // Another process, the same day and after it.
    let (second, _) = world.another("second");
    assert_eq!(told(&second, &world, &post).await, "2026-01-13 sent 2");
    world.enrol(workflow, &[bill("R3", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-13 20:00").await;
    assert_eq!(told(&second, &world, &post).await, "2026-01-13 sent 2");
    assert_eq!(post.sent(), 1);

    // The next day's is refused for now and then for good; the one after it names the same.
    world.wait_until("2026-01-14 06:00");
    post.will(Some(Outcome::Retry { reason: "451 later".to_owned(), after: None }));
    post.will(Some(Outcome::Failed { reason: "550 chef@muster.example unknown".to_owned() }));
    assert_eq!(told(engine, &world, &post).await, "2026-01-14 retry 1");
    assert_eq!((told(&second, &world, &post).await.as_str(), post.sent()), ("2026-01-14 retry 1", 2), "not before its time");
    world.wait_until("2026-01-14 06:02");
    assert_eq!(told(&second, &world, &post).await, "2026-01-14 failed 1");
    let bytes = |at: usize| post.sent.lock().unwrap()[at].2.clone();
    assert_eq!(bytes(1), bytes(2), "the very same mail");
    assert_eq!((told(engine, &world, &post).await.as_str(), post.sent()), ("2026-01-14 failed 1", 3), "not again that day");
    world.wait_until("2026-01-15 06:00");
    assert_eq!(told(engine, &world, &post).await, "2026-01-15 sent 1");
    assert!(bytes(3).contains("R3, Kunde K1"));

    // The process dies while it sends: nobody knows, and nobody is told twice.
    world.enrol(workflow, &[bill("R4", "K2", "2026-01-12")]).await;
    world.live_until("2026-01-16 06:00").await;
    post.will(None);
    tokio::select! {
        ended = engine.tell_owner(world.tenant, &post, &link) => panic!("it never ends: {ended:?}"),
        () = async { while post.sent() < 5 { post.began.notified().await } } => {}
    }
    if world.ledger.dialect() == Dialect::Postgres {
        assert_eq!(told(&second, &world, &post).await, "2026-01-16 started 1", "its process may live");
        world.wait_until("2026-01-16 07:00");
    }
    assert_eq!(told(&second, &world, &post).await, "2026-01-16 unknown 1");
    world.wait_until("2026-01-17 06:00");
    assert_eq!((told(&second, &world, &post).await.as_str(), post.sent()), ("2026-01-16 unknown 1", 5));

    let notes = world.ledger.rows("SELECT to_state, actor, detail FROM transition WHERE cause = 'last_stage_notice' ORDER BY seq").await;
    let ends: Vec<_> = notes.iter().map(|row| row.text("to_state").unwrap()).collect();
    assert_eq!(ends, ["started", "sent", "started", "failed", "started", "sent", "started", "unknown"]);
    assert!(notes.iter().all(|row| row.text("actor").unwrap() == "system" && !row.text("detail").unwrap().contains('@')));
    world.verified().await;
}
