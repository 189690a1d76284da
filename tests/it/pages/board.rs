//! The apalis board over the ledger: who may look and act, what it shows, and its retry, in a real browser.

use super::browser::Browser;
use super::visitor::Pages;
use crate::support::http::client;
use crate::support::ledger::TestLedger;
use mahnwerk::domain::account::Role;
use mahnwerk::engine::ports::Outcome;
use mahnwerk::store::accounts::EVERY_TENANT;
use mahnwerk::web::board;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::block_in_place;

/// The board on a port of its own, and whoever asks it.
struct Board {
    base: String,
    client: Client,
    cookie: String,
}

impl Board {
    async fn open(pages: &Pages, role: Role) -> Self {
        let person = pages.person(&format!("{}@betrieb.example", role.as_str()), EVERY_TENANT, role).await;
        let cookie = person.cookie.lock().unwrap().clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = board::router(pages.site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, client: client(), cookie }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        let request = self.client.request(method.parse().unwrap(), format!("{}/api/v1{path}", self.base)).header("Cookie", &self.cookie);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    async fn read(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn failed(&self) -> Vec<Value> {
        self.read("/queues/send/tasks?status=Failed").await.as_array().unwrap().clone()
    }
}

const OURS: [(&str, &str); 1] = [("x-requested-with", "board")];

/// One mail was refused, the other left.
async fn lived(ledger: TestLedger) -> Pages {
    let pages = Pages::open(ledger).await;
    pages.world.outside.will([Outcome::Failed { reason: "refused: 550 5.1.1 user unknown".to_owned() }]);
    pages.world.live_until("2026-01-13 12:00").await;
    pages
}

on_both!(it_shows_the_ledger_and_retries_what_gave_up, nobody_else_gets_in_and_nothing_else_is_done);

async fn it_shows_the_ledger_and_retries_what_gave_up(ledger: TestLedger) {
    let pages = lived(ledger).await;
    let board = Board::open(&pages, Role::Operator).await;
    let failed = board.failed().await;
    assert_eq!(failed.len(), 1, "{failed:?}");
    let arguments = &failed[0]["args"];
    assert!(arguments["error"].as_str().unwrap().contains("550 5.1.1"), "{arguments}");
    assert_eq!((arguments["tenant"].as_str(), arguments["state"].as_str()), (Some("muster"), Some("gave_up")));
    let id = failed[0]["ctx"]["task_id"].as_str().unwrap_or_else(|| panic!("{}", failed[0])).to_owned();
    let task = board.read(&format!("/queues/send/tasks/{id}")).await;
    assert_eq!(task["args"]["invoices"], json!(["R1", "R2"]), "{task}");
    assert!(task["args"]["history"].as_array().unwrap().iter().any(|entry| entry["to"] == "failed"), "{task}");
    let queues = board.read("/queues").await;
    let names: Vec<_> = queues.as_array().unwrap().iter().map(|queue| queue["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["print", "send", "post"]);
    let activity: Vec<_> = queues[1]["activity"].as_array().unwrap().iter().map(|day| day.as_u64().unwrap()).collect();
    assert!(activity.len() == 7 && activity.iter().sum::<u64>() >= 1, "{activity:?}");
    let overview = board.read("/overview").await;
    assert!(overview.as_array().unwrap().iter().any(|tile| tile["title"] == "FAILED_JOBS" && tile["value"] == "1"), "{overview}");
    assert_eq!(board.ask("POST", &format!("/queues/print/tasks/{id}/retry"), &OURS).await.0, StatusCode::NOT_FOUND, "it is not in print");
    let (status, body) = board.ask("POST", &format!("/queues/send/tasks/{id}/retry"), &OURS).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    assert_eq!(board.ask("POST", &format!("/queues/send/tasks/{id}/retry"), &OURS).await.0, StatusCode::CONFLICT, "once");
    assert!(board.failed().await.is_empty());
    pages.world.live_until("2026-01-14 12:00").await;
    assert!(pages.world.outside.told().iter().any(|told| told.ends_with("R1+R2")), "{:?}", pages.world.outside.told());
    let history = pages.engine.store.transitions_after(pages.world.tenant, 0, 1000).await.unwrap();
    assert!(
        history
            .iter()
            .any(|entry| entry.transition.actor == "user:operator@betrieb.example"
                && entry.transition.detail.contains("retried on the board"))
    );
}

async fn nobody_else_gets_in_and_nothing_else_is_done(ledger: TestLedger) {
    let pages = lived(ledger).await;
    let board = Board::open(&pages, Role::Auditor).await;
    let id = board.failed().await[0]["ctx"]["task_id"].as_str().unwrap().to_owned();
    let retry = format!("/queues/send/tasks/{id}/retry");
    assert_eq!(board.ask("POST", &retry, &OURS).await.0, StatusCode::FORBIDDEN, "an auditor only looks");
    let operator = Board::open(&pages, Role::Operator).await;
    assert_eq!(operator.ask("POST", &retry, &[]).await.0, StatusCode::FORBIDDEN, "a form of another site");
    let foreign = [("x-requested-with", "board"), ("origin", "https://evil.example")];
    assert_eq!(operator.ask("POST", &retry, &foreign).await.0, StatusCode::FORBIDDEN);
    for (method, path) in [("PUT", "/queues/send/tasks"), ("DELETE", "/queues/send/tasks/1"), ("POST", "/queues/send/tasks")] {
        assert_eq!(operator.ask(method, path, &OURS).await.0, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
    }
    assert_eq!(operator.ask("GET", "/nothing", &[]).await.0, StatusCode::NOT_FOUND, "not the page with a 200");
    let here_only = pages.person("hier@muster.example", pages.world.tenant, Role::Owner).await;
    let limited = Board { cookie: here_only.cookie.lock().unwrap().clone(), ..operator };
    assert_eq!(limited.ask("GET", "/queues", &[]).await.0, StatusCode::FORBIDDEN);
    let stranger = Board { cookie: String::new(), ..limited };
    assert_eq!(stranger.ask("GET", "/queues", &[]).await.0, StatusCode::UNAUTHORIZED);
    let page = stranger.client.get(&stranger.base).send().await.unwrap();
    assert_eq!(page.headers()["location"].to_str().unwrap(), format!("{}/sign-in", pages.base));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn its_pages_run_under_their_policy_and_the_button_retries() {
    let pages = lived(TestLedger::sqlite().await).await;
    let board = Board::open(&pages, Role::Operator).await;
    let id = board.failed().await[0]["ctx"]["task_id"].as_str().unwrap().to_owned();
    block_in_place(|| {
        let mut browser = Browser::start();
        browser.cookie(&board.base, &board.cookie);
        browser.open(&format!("{}/queues/send/tasks/{id}", board.base));
        browser.until("document.body && document.body.innerText.includes('550 5.1.1')");
        browser.until("document.getElementById('mahnwerk-retry') !== null");
        browser.eval("document.getElementById('mahnwerk-retry').click(); true");
        browser.until("document.body && document.body.innerText.includes('Killed')");
    });
    assert!(board.failed().await.is_empty());
}
