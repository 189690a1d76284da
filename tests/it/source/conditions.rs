//! How a source stands: every way to fail has its word, and one process at a time keeps it in step.

use super::stage::Stage;
use crate::support::ledger::TestLedger;
use mahnwerk::engine::source::ports::SourceError;
use mahnwerk::engine::source::run::Advance;

on_both!(
    every_failure_has_its_word_and_ends_by_itself,
    a_key_of_another_organisation_changes_nothing,
    one_process_at_a_time,
    the_loop_keeps_in_step_and_lets_go
);

async fn every_failure_has_its_word_and_ends_by_itself(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-03-02");
    stage.fake.with(|books| books.failing = Some(SourceError::Unauthorized));
    stage.in_step().await;
    assert_eq!(stage.state().await, "bad_key");
    stage.fake.with(|books| books.failing = None);
    stage.later("2026-01-05 01:00").await;
    assert_eq!(stage.state().await, "in_step");
    let text = |text: &str| text.to_owned();
    let failures = [
        (SourceError::Unreachable { why: text("timeout") }, "unreachable", "it can't be reached: timeout"),
        (SourceError::RateLimited { after: None }, "unreachable", "its limit of requests is used up"),
        (SourceError::Unauthorized, "revoked_key", "the key is not accepted"),
        (SourceError::Revoked, "revoked_key", "the key was revoked"),
        (SourceError::NoContract { why: text("402") }, "no_contract", "the account's contract does not allow it: 402"),
        (SourceError::Malformed { what: text("no JSON"), place: text("voucherlist") }, "malformed", "voucherlist: no JSON"),
        (SourceError::TooLarge { what: text("an answer"), limit_bytes: 5 }, "too_large", "an answer is larger than 5 bytes"),
        (SourceError::Redirected { to: text("elsewhere.example") }, "redirected", "it points to another place: elsewhere.example"),
        (SourceError::Refused { why: text("scope") }, "refused", "it refuses: scope"),
    ];
    for (hour, (failure, word, error)) in (2..).zip(failures) {
        stage.fake.with(|books| books.failing = Some(failure));
        stage.later(&format!("2026-01-05 {hour:02}:00")).await;
        let row = stage.world.ledger.store.source(stage.world.tenant, "fake").await.unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.error.as_deref()), (word, Some(error)));
        assert!(row.next_at > stage.world.clock_now());
        stage.fake.with(|books| books.failing = None);
        stage.later(&format!("2026-01-05 {hour:02}:30")).await;
        assert_eq!(stage.state().await, "in_step", "after {word}");
    }
}

async fn a_key_of_another_organisation_changes_nothing(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-02");
    stage.in_step().await;
    stage.fake.with(|books| {
        (books.key, books.organisation) = (2, "org-2".to_owned());
        books.claims.clear();
    });
    stage.fake.bill("X1", "X", "2026-01-02");
    stage.later("2026-01-05 13:00").await;
    let row = stage.world.ledger.store.source(stage.world.tenant, "fake").await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.organisation.as_deref()), ("wrong_organisation", Some("org-1")));
    assert_eq!(row.error.unwrap(), "the key belongs to organisation org-2, not to org-1");
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 1);
    assert_eq!(stage.fake.asked().iter().filter(|call| *call == "payment R1").count(), 0);
}

async fn one_process_at_a_time(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for number in 0..9 {
        stage.fake.bill(&format!("R{number}"), "A", "2026-03-02");
    }
    let (other, _) = stage.world.another("other");
    stage.connect_engine(&other, |_| {});
    for _ in 0..3 {
        assert_eq!(stage.world.engine.advance(stage.world.tenant).await.unwrap(), Advance::More);
    }
    assert_eq!(other.advance(stage.world.tenant).await.unwrap(), Advance::Elsewhere);
    // It is silent for too long: the other one goes on where it was, and it finds itself replaced.
    stage.world.clock.advance_to(stage.world.clock_now().plus_seconds(91));
    stage.fake.asked();
    assert_eq!(other.advance(stage.world.tenant).await.unwrap(), Advance::More);
    assert_eq!(stage.fake.asked(), ["open 1"]);
    assert_eq!(stage.world.engine.advance(stage.world.tenant).await.unwrap(), Advance::Elsewhere);
    // It lets go: whoever comes next takes over at once.
    other.let_source_go(stage.world.tenant).await.unwrap();
    stage.in_step().await;
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 9);
    assert_eq!(stage.fake.calls().iter().filter(|call| call.starts_with("open")).count(), 1, "no page twice");
}

async fn the_loop_keeps_in_step_and_lets_go(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-09");
    let stop = tokio_util::sync::CancellationToken::new();
    let looping = tokio::spawn(stage.world.engine.clone().keep_in_step(stop.clone()));
    let row = || async { stage.world.ledger.store.source(stage.world.tenant, "fake").await.unwrap() };
    while row().await.is_none_or(|row| row.state != "in_step") {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 1);
    assert_eq!(row().await.unwrap().owner.as_deref(), Some("first"));
    stop.cancel();
    looping.await.unwrap();
    assert_eq!(row().await.unwrap().owner, None, "whoever comes next need not wait");
}
