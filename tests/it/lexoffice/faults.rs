//! What goes wrong: told apart, repeated only where that is harmless, and never at the price of the key.

use super::super::support::http::{Answer, ScriptedServer};
use super::{ID, KEY, client_with, id, scene, settings};
use mahnwerk::adapters::lexoffice::{EventType, Fault, LexofficeSettings, Timeouts, Violation};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing_subscriber::util::SubscriberInitExt;

async fn subscribe(answers: Vec<Answer>) -> (ScriptedServer, mahnwerk::adapters::lexoffice::ApiError) {
    let (server, client) = scene(answers).await;
    let error = client.subscribe(&EventType::PaymentChanged, "https://hook.example").await.unwrap_err();
    (server, error)
}

#[tokio::test]
async fn statuses_are_told_apart_and_those_for_good_are_not_asked_again() {
    let fields = r#"{"message":"nicht gültig","details":[{"violation":"NOTNULL","field":"voucherStatus","message":"fehlt"}]}"#;
    let violations = vec![Violation { field: "voucherStatus".to_owned(), code: "NOTNULL".to_owned(), message: "fehlt".to_owned() }];
    let message = Some("nicht gültig".to_owned());
    let echo =
        format!(r#"{{"message":"'{KEY}' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer {KEY}'."}}"#);
    for (status, body, fault) in [
        (401, "{\"message\":\"Unauthorized\"}\n", Fault::Unauthorized),
        (402, "{}", Fault::Contract),
        (403, echo.as_str(), Fault::NoSuchCall),
        (403, "{}", Fault::Scope),
        (404, "", Fault::NotFound),
        (400, r#"{"message":"Maximum search window size exceeded"}"#, Fault::SearchWindow),
        (406, fields, Fault::Refused { status: 406, message: message.clone(), violations: violations.clone() }),
        (409, fields, Fault::Conflict { message, violations }),
    ] {
        let (server, client) = scene([Answer::json(status, body)]).await;
        let error = client.invoice(&id()).await.unwrap_err();
        assert_eq!(error.fault, fault, "{status}");
        assert!(!error.is_passing() && !error.may_have_happened(), "{error}");
        assert_eq!(error.call, format!("GET invoices/{ID}"));
        assert!(!format!("{error:?}{error}").contains(KEY), "{error}");
        assert_eq!(server.lines().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_read_is_asked_again_until_it_is_answered() {
    let profile = Answer::json(200, r#"{"organizationId":"51aa"}"#);
    let faults = [
        Answer::json(429, r#"{"message":"Too Many Requests"}"#),
        Answer::json(500, r#"{"message":null}"#),
        Answer::json(503, r#"{"message":null}"#),
        Answer::json(504, r#"{"message":"Endpoint request timed out"}"#),
        Answer::Reset,
    ];
    for fault in faults {
        let (server, client) = scene([fault.clone(), fault.clone(), profile.clone()]).await;
        assert_eq!(client.profile().await.unwrap().organization_id, "51aa", "{fault:?}");
        assert_eq!(server.lines().len(), 3, "{fault:?}");
    }
    let (server, client) = scene((0..4).map(|_| Answer::json(503, "{}"))).await;
    let error = client.profile().await.unwrap_err();
    assert_eq!(error.fault, Fault::Unavailable { status: 503, retry_after: None });
    assert!(error.is_passing());
    assert_eq!(server.left(), 1, "three attempts and no more");
}

#[tokio::test]
async fn a_write_is_repeated_only_when_it_was_not_executed() {
    let created = Answer::json(201, r#"{"id":"e1"}"#);
    let (server, client) = scene([Answer::json(429, "{}"), created.clone()]).await;
    client.subscribe(&EventType::PaymentChanged, "https://hook.example").await.unwrap();
    assert_eq!(server.lines().len(), 2);
    let malformed = Answer::json(201, r#"{"identity":"e1"}"#);
    for fault in [Answer::json(504, "{}"), Answer::json(500, "{}"), Answer::json(503, "{}"), Answer::Reset, malformed] {
        let (server, error) = subscribe(vec![fault.clone(), created.clone()]).await;
        assert!(error.may_have_happened(), "{fault:?}: {error}");
        assert_eq!(server.left(), 1, "{fault:?} was repeated");
    }
    let (_, refused) = subscribe(vec![Answer::json(409, "{}")]).await;
    assert!(!refused.may_have_happened());
}

#[tokio::test]
async fn who_is_not_reached_has_executed_nothing() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = client_with(settings(format!("http://{free}/v1")));
    let error = client.subscribe(&EventType::PaymentChanged, "https://hook.example").await.unwrap_err();
    assert!(matches!(error.fault, Fault::Transport { arrived: false, .. }), "{error}");
    assert!(error.is_passing() && !error.may_have_happened());
}

#[tokio::test]
async fn silence_ends_and_leaves_a_write_in_doubt() {
    let server = ScriptedServer::start([Answer::Silence]).await;
    let timeouts = Timeouts { request: Duration::from_millis(200), ..settings(String::new()).timeouts };
    let client = client_with(LexofficeSettings { timeouts, ..settings(server.url("/v1")) });
    let error = client.subscribe(&EventType::PaymentChanged, "https://hook.example").await.unwrap_err();
    assert!(matches!(&error.fault, Fault::Transport { arrived: true, reason } if reason == "no answer within 0.2 s"), "{error}");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let elsewhere = ScriptedServer::start([Answer::json(200, r#"{"organizationId":"trap"}"#)]).await;
    for status in [301, 302, 303, 307, 308] {
        let target = elsewhere.url(&format!("/v1/profile?{KEY}"));
        let (server, client) = scene([Answer::json(status, "").header("Location", &target)]).await;
        let error = client.profile().await.unwrap_err();
        assert_eq!(error.fault, Fault::WrongHost { to: elsewhere.url("") });
        assert!(!error.is_passing() && !error.to_string().contains(KEY), "{error}");
        assert_eq!(server.lines().len(), 1);
    }
    assert!(elsewhere.asked().is_empty(), "the other host was asked, with the key");
}

#[tokio::test]
async fn a_read_follows_redirects_within_the_host_but_not_for_ever_and_a_write_none() {
    let to = |path: &str| Answer::json(307, "").header("Location", path);
    let (server, client) = scene([to("/v2/profile"), Answer::json(200, r#"{"organizationId":"51aa"}"#)]).await;
    assert_eq!(client.profile().await.unwrap().organization_id, "51aa");
    assert_eq!(server.lines(), ["GET /v1/profile", "GET /v2/profile"]);
    let (server, client) = scene((0..9).map(|_| to("/v1/profile"))).await;
    assert_eq!(client.profile().await.unwrap_err().fault, Fault::Redirected { to: "/v1/profile".to_owned() });
    assert_eq!(server.lines().len(), 4);
    let (server, error) = subscribe(vec![to("/v2/event-subscriptions")]).await;
    assert!(error.may_have_happened() && matches!(error.fault, Fault::Redirected { .. }), "{error}");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_cut_off() {
    let long = format!(r#"{{"organizationId":"51aa","x":"{}"}}"#, "y".repeat(100_000));
    for answer in [Answer::json(200, &long), Answer::Endless] {
        let server = ScriptedServer::start([answer]).await;
        let client = client_with(LexofficeSettings { longest_answer: 50_000, ..settings(server.url("/v1")) });
        let error = client.profile().await.unwrap_err();
        assert_eq!(error.fault, Fault::TooLarge { limit: 50_000 });
        assert!(!error.is_passing());
    }
    // An error is known by its status, however much comes with it.
    let (_, client) = scene([Answer::json(401, &long)]).await;
    assert_eq!(client.profile().await.unwrap_err().fault, Fault::Unauthorized);
}

#[tokio::test]
async fn what_can_not_be_read_is_named_without_what_stands_there() {
    for (body, path, reason) in [
        (
            r#"{"id":"0c5d","voucherStatus":"open","address":{"name":["Anna"]}}"#,
            "address.name",
            "invalid type: sequence, expected a string",
        ),
        (r#"{"id":"0c5d","voucherStatus":"open","dueDate":"Anna"}"#, "dueDate", "this is not a day such as"),
        (r#"{"id":"../x","voucherStatus":"open"}"#, "id", "this is not an id"),
        (r#"{"id":"0c5d"}"#, "", "missing field `voucherStatus`"),
        ("<html>Anna</html>", "", "expected value"),
        ("", "", "EOF while parsing a value"),
    ] {
        let (_, client) = scene([Answer::json(200, body)]).await;
        let error = client.invoice(&id()).await.unwrap_err();
        assert!(!error.to_string().contains("Anna") && !error.is_passing(), "{error}");
        match error.fault {
            Fault::Malformed { path: at, reason: why } => assert!(at == path && why.starts_with(reason), "{body}: {at}: {why}"),
            other => panic!("{body}: {other}"),
        }
    }
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_key_is_in_no_log() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = subscriber.set_default();
    let echo = format!(r#"{{"message":"{KEY}","details":[{{"field":"{KEY}","violation":"{KEY}"}}]}}"#);
    let answers = [503, 400, 401, 403, 429, 200].map(|status| Answer::json(status, &echo));
    let (server, client) = scene(answers).await;
    server.then(Answer::json(302, "").header("Location", &format!("https://elsewhere.example/{KEY}")));
    server.then(Answer::Reset);
    let mut told = format!("{client:?}");
    while server.left() > 0 {
        let error = client.profile().await.unwrap_err();
        told += &format!("{error:?} {error}");
        tracing::info!(%error, ?error, ?client, "logged by whoever handles it");
    }
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("lexoffice is asked again") && log.contains("logged by whoever handles it"), "nothing was captured: {log}");
    assert!(!log.contains(KEY) && !told.contains(KEY), "{log}{told}");
}
