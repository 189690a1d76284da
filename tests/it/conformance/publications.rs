//! Drafts and publications: who is slower is told, what is published stands on the chain and is never changed, and secrets are only written.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, limits, single, tenant_settings};
use mahnwerk::domain::publication::Kind;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::clock::SystemEntropy;
use mahnwerk::engine::publications::Written;
use mahnwerk::engine::retime::Walk;
use mahnwerk::engine::{Engine, EngineError};
use std::collections::BTreeSet;
use std::sync::Arc;

on_both! {
    the_slower_of_two_writers_is_told_and_what_is_published_stands_on_the_chain,
    secrets_are_sealed_for_their_place_and_open_with_the_same_key_only,
    timers_follow_another_calendar_once,
}

fn written(content: &str, seen: Option<Timestamp>) -> Written {
    Written { kind: Kind::Settings, name: String::new(), content: content.to_owned(), seen }
}

async fn the_slower_of_two_writers_is_told_and_what_is_published_stands_on_the_chain(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (engine, tenant, store) = (&world.engine, world.tenant, &world.ledger.store);
    let first = engine.write_draft(tenant, "user:anna", written("a = 1", None)).await.unwrap();
    let again = engine.write_draft(tenant, "user:anna", written("a = 2", Some(first))).await.unwrap();
    assert!(again > first, "the clock stands, and yet each change is told from the one before");
    let slower = engine.write_draft(tenant, "user:bert", written("b = 1", Some(first))).await.unwrap_err();
    assert!(matches!(&slower, EngineError::DraftChanged { .. }) && slower.to_string().contains("user:anna"), "{slower}");
    engine.write_draft(tenant, "user:bert", written("b = 1", Some(again))).await.unwrap();
    assert_eq!(store.draft(tenant, Kind::Settings, "").await.unwrap().unwrap().content, "b = 1");

    let entries = world.verified().await;
    let id = engine.publish_content(tenant, Kind::Settings, "", "b = 1", &World::cause("new account")).await.unwrap();
    assert_eq!(store.draft(tenant, Kind::Settings, "").await.unwrap(), None, "it ends the draft");
    assert_eq!(world.verified().await, entries + 1);
    let row = world.ledger.rows("SELECT cause, actor, detail FROM transition ORDER BY seq DESC LIMIT 1").await;
    assert_eq!((row[0].text("cause").unwrap(), row[0].text("actor").unwrap()), ("published".to_owned(), "user:anna".to_owned()));
    assert!(row[0].text("detail").unwrap().contains("new account"));
    assert!(!row[0].text("detail").unwrap().contains("b = 1"), "the history says what was published by its number");
    assert_eq!(store.newest_publications().await.unwrap(), [(tenant, id)]);

    engine.write_draft(tenant, "user:anna", written("c = 1", None)).await.unwrap();
    assert_eq!(store.draft(tenant, Kind::Settings, "").await.unwrap().unwrap().based_on, Some(id));
    assert!(engine.discard_draft(tenant, Kind::Settings, "").await.unwrap());
    assert!(!engine.discard_draft(tenant, Kind::Settings, "").await.unwrap());
    engine.publish_content(tenant, Kind::Settings, "", "", &World::cause("the file holds")).await.unwrap();
    assert_eq!(store.published(tenant, Kind::Settings).await.unwrap(), [], "taken back");
    assert_eq!(store.publications_of(tenant, Kind::Settings, "").await.unwrap().len(), 2);
    for change in ["UPDATE publication SET content = 'x'", "DELETE FROM publication"] {
        assert!(world.ledger.sql(change).await.is_err(), "{change}");
    }
}

async fn secrets_are_sealed_for_their_place_and_open_with_the_same_key_only(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (store, tenant) = (&world.ledger.store, world.tenant);
    let other = store.tenant_named("anders", world.clock_now()).await.unwrap();
    let settings = || vec![tenant_settings(tenant, "muster", 0), tenant_settings(other, "anders", 0)];
    let opened = |key: u8| {
        let engine = Engine::new(store.clone(), world.clock.clone(), Arc::new(SystemEntropy), format!("key-{key}"), limits(), settings());
        engine.unlock(&[key; 32]);
        engine
    };
    let engine = opened(5);
    assert!(
        world.engine.keep_secret(tenant, "smtp.password", "geheim", "user:anna").await.is_err(),
        "a process without the key keeps none"
    );
    let id = engine.keep_secret(tenant, "smtp.password", "geheim", "user:anna").await.unwrap();
    let secrets = store.secrets(tenant).await.unwrap();
    let [secret] = secrets.as_slice() else { panic!("{secrets:?}") };
    assert_eq!((secret.id, secret.set_by.as_str()), (id, "user:anna"));
    assert!(!secret.sealed.windows(6).any(|part| part == b"geheim"));
    assert_eq!(engine.open_secret(tenant, secret, "smtp.password").unwrap(), "geheim");
    assert!(engine.open_secret(tenant, secret, "lexoffice.api_key").is_err(), "for what it was kept only");
    assert!(engine.open_secret(other, secret, "smtp.password").is_err(), "for whom it was kept only");
    let moved = mahnwerk::store::publications::SealedSecret { id: id + 1, ..secret.clone() };
    assert!(engine.open_secret(tenant, &moved, "smtp.password").is_err(), "in its own row only");
    let lost = opened(6).open_secret(tenant, secret, "smtp.password").unwrap_err().to_string();
    assert!(lost.contains("key_file"), "{lost}");
}

/// Walks to the end; how many timers were moved.
async fn walk(world: &World) -> usize {
    let (mut walk, mut last) = (Some(Walk::default()), Walk::default());
    while let Some(on) = walk {
        last = on;
        walk = world.engine.retime(world.tenant, on).await.expect("a slice");
    }
    last.moved
}

async fn timers_follow_another_calendar_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-01-12")]).await;
    assert_eq!(walk(&world).await, 0, "what holds at the first look is what the timers were computed with");
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-12 09:00");
    let settings = world.engine.tenant(world.tenant).unwrap().settings.clone();
    let holidays_added = BTreeSet::from(["2026-01-12".parse().unwrap()]);
    world.engine.refit_tenant(mahnwerk::domain::tenant::TenantSettings { holidays_added, ..settings.clone() }, None);
    assert_eq!(walk(&world).await, 1);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-13 09:00", "the added day off is kept");
    assert_eq!(walk(&world).await, 0, "once");
    world.engine.refit_tenant(settings, None);
    assert_eq!(walk(&world).await, 1);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-12 09:00");
}
