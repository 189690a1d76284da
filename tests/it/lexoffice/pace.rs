//! The pace: turns apart, and nobody's turn before the other side wants to be asked again.

use super::super::support::http::{Answer, ScriptedServer};
use super::{client_with, settings};
use mahnwerk::adapters::lexoffice::{Fault, LexofficeClient, ProcessPace, Retries};
use mahnwerk::engine::source::ports::Pace;
use std::sync::Arc;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(40);

fn profile() -> Answer {
    Answer::json(200, r#"{"organizationId":"51aa"}"#)
}

#[tokio::test]
async fn all_that_share_a_key_ask_one_after_the_other() {
    let server = ScriptedServer::start((0..6).map(|_| profile())).await;
    let pace = Arc::new(ProcessPace::every(EVERY));
    let clients = [0, 1].map(|_| LexofficeClient::new(settings(server.url("/v1")), pace.clone()).unwrap());
    let calls = (0..6).map(|number| clients[number % 2].profile());
    let began = Instant::now();
    for answered in futures::future::join_all(calls).await {
        answered.unwrap();
    }
    assert!(began.elapsed() >= EVERY * 5, "six calls took {:?}", began.elapsed());
    assert_eq!(server.lines().len(), 6);
}

#[tokio::test]
async fn repeats_take_turns_as_well_and_a_refusal_holds_everybody() {
    let pace = Arc::new(ProcessPace::every(Duration::from_millis(1)));
    let server = ScriptedServer::start([Answer::json(429, "{}").header("Retry-After", "1"), profile(), profile()]).await;
    let client = LexofficeClient::new(settings(server.url("/v1")), pace.clone()).unwrap();
    client.profile().await.unwrap();
    let asked = server.asked();
    assert!(asked[1].at - asked[0].at >= Duration::from_millis(990), "it came back after {:?}", asked[1].at - asked[0].at);
    let began = Instant::now();
    pace.hold(EVERY).await.unwrap();
    client.profile().await.unwrap();
    assert!(began.elapsed() >= EVERY);
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_the_callers() {
    let hour = Some(Duration::from_secs(3600));
    let by_date =
        Answer::json(503, "{}").header("Date", "Sat, 28 Nov 2026 10:00:00 GMT").header("Retry-After", "Sat, 28 Nov 2026 11:00:00 GMT");
    let by_seconds = Answer::json(429, "{}").header("Retry-After", "3600");
    let expected = [Fault::Unavailable { status: 503, retry_after: hour }, Fault::RateLimited { retry_after: hour }];
    for (answer, fault) in [by_date, by_seconds].into_iter().zip(expected) {
        let server = ScriptedServer::start([answer, profile()]).await;
        let error = client_with(settings(server.url("/v1"))).profile().await.unwrap_err();
        assert_eq!(error.fault, fault);
        assert!(error.is_passing());
        assert_eq!(server.left(), 1, "it was asked again though it had asked for an hour's peace");
    }
}

#[tokio::test]
async fn waits_grow() {
    let ms = Duration::from_millis;
    let server = ScriptedServer::start((0..4).map(|_| Answer::json(503, "{}"))).await;
    let retries = Retries { attempts: 4, first: ms(40), longest: ms(160), patience: Duration::from_secs(5) };
    let mut settings = settings(server.url("/v1"));
    settings.retries = retries;
    client_with(settings).profile().await.unwrap_err();
    let asked = server.asked();
    for (number, at_least) in [(1, 20), (2, 40), (3, 80)] {
        let waited = asked[number].at - asked[number - 1].at;
        assert!(waited >= ms(at_least), "wait {number}: {waited:?}");
    }
}
