//! Scenarios, the control requests, and the page that explains them.

use super::office::{Office, dunning};
use mahnwerk::adapters::sandbox::lexoffice::{LexofficeSandbox, LexofficeSettings, Scenario, StartError};
use serde_json::json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

const STORY: &str = r#"
[[events]]
day = 3
time = "08:00"
act = "pay"
voucher = "RE1"
[[events]]
at = "2026-03-06T10:00:00"
act = "create_invoice"
number = "RE9"
contact = "10042"
amount = "23.80"
[[events]]
day = 5
act = "void"
voucher = "RE9"
"#;

#[tokio::test]
async fn what_a_scenario_says_happens_on_its_day() {
    let office = Office::start_with(STORY).await;
    let status = async |number: &str| {
        let claims = office.look("truth").await;
        let found = claims.as_array().unwrap().iter().find(|claim| claim["voucherNumber"] == number).map(|claim| claim["status"].clone());
        found.map(|status| status.as_str().unwrap().to_owned())
    };
    office.control("clock", json!({"set": "2026-03-05T07:59:59"})).await;
    assert_eq!(status("RE1").await.as_deref(), Some("open"));
    office.pass(1_000);
    assert_eq!(status("RE1").await.as_deref(), Some("paid"));
    assert_eq!(status("RE9").await, None);
    office.control("clock", json!({"advance_days": 10})).await;
    assert_eq!(status("RE9").await.as_deref(), Some("voided"), "a jump over several days does them all");
    let row = office.get("/voucherlist?voucherType=invoice&voucherStatus=voided").await.json();
    assert_eq!(row["content"][0]["updatedDate"], "2026-03-07T09:00:00.000+01:00", "each at its own time");
    assert_eq!(office.look("mishaps").await, json!([]));
    office.control("reset", json!({})).await;
    assert_eq!((status("RE1").await.as_deref(), status("RE9").await), (Some("open"), None));
    assert_eq!(office.look("clock").await["now"], "2026-03-02T09:00:00.000+01:00");
}

#[tokio::test]
async fn a_wrong_scenario_is_refused_with_its_lines() {
    let scenario = Scenario::Toml("[[organizations]]\nname = \"X\"\n[[invoices]]\nnumbr = \"RE1\"\n".to_owned());
    let settings = LexofficeSettings { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), scenario, real: Arc::new(|| 0) };
    let Err(StartError::Scenario(problems)) = LexofficeSandbox::start(settings).await else { panic!("it was taken") };
    let lines: Vec<String> = problems.iter().map(|problem| problem.in_file("world.toml")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("world.toml:4:9: error: invoices[1].numbr: unknown field `numbr`"), "{lines:?}");
}

#[tokio::test]
async fn the_same_number_makes_the_same_world() {
    let truth = async || Office::with(Scenario::Generated(200)).await.look("truth").await;
    let (first, second) = (truth().await, truth().await);
    assert_eq!(first, second);
    let claims = first.as_array().unwrap();
    let open = |claim: &&serde_json::Value| matches!(claim["status"].as_str(), Some("open")) && claim["openAmount"] != "0.00";
    assert_eq!(claims.iter().filter(open).count(), 200);
    assert!(claims.iter().any(|claim| claim["kind"] == "downpaymentinvoice") && claims.iter().any(|claim| claim["kind"] == "salesinvoice"));
    assert!(claims.iter().any(|claim| claim["contactId"].is_null()));
}

#[tokio::test]
async fn what_was_asked_is_remembered_without_keys() {
    let office = Office::start().await;
    office.get("/profile").await;
    office.get("/profile").await;
    let invoice = office.id("RE4").await;
    office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &dunning(None)).await.with(201);
    let seen = office.look("requests").await;
    assert_eq!(seen["total"], 3);
    assert_eq!(
        seen["counts"],
        json!([
            {"method": "GET", "resource": "profile", "status": 200, "count": 2},
            {"method": "POST", "resource": "dunnings", "status": 201, "count": 1},
        ])
    );
    assert_eq!(seen["requests"][2]["query"]["precedingSalesVoucherId"], json!(invoice));
    assert!(!seen.to_string().contains("key-a"));
    office.ask("DELETE", "/_control/requests", &[], "").await.unwrap();
    assert_eq!(office.look("requests").await["total"], 0);
    let dunnings = office.look("dunnings").await;
    assert_eq!(
        (&dunnings[0]["voucherNumber"], &dunnings[0]["amount"], &dunnings[0]["invoice"]),
        (&json!("RE4"), &json!("5.10"), &json!(invoice))
    );
    let truth = office.look("truth?organization=Andere%20UG").await;
    assert_eq!(truth.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_control_request_says_what_is_wrong() {
    let office = Office::start().await;
    for (name, body, part) in [
        ("pay", r#"{"voucher":"RE99"}"#, "there is no voucher `RE99`"),
        ("pay", r#"{"vouchr":"RE1"}"#, "unknown field `vouchr`"),
        ("pay", r#"{"voucher":"RE3"}"#, "RE3 is draft"),
        ("pai", "{}", "did you mean `pay`?"),
        ("edit", r#"{"voucher":"RE1","amount":"0.03"}"#, "no net price in cents"),
        ("clock", r#"{"advance_days":1,"advance_seconds":1}"#, "write one of"),
        ("create-invoice", r#"{"contact":"nobody","amount":1}"#, "there is no contact `nobody`"),
    ] {
        let refused = office.ask("POST", &format!("/_control/{name}"), &[], body).await.unwrap();
        assert!(refused.status >= 400, "{name}");
        assert!(refused.json()["error"].as_str().unwrap().contains(part), "{name} {body}: {}", refused.text());
    }
    let from_a_page = [("origin", "http://evil.example")];
    let refused = office.ask("POST", "/_control/void", &from_a_page, r#"{"voucher":"RE1"}"#).await.unwrap();
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn invoices_and_contacts_are_made_through_the_api_too() {
    let office = Office::start().await;
    let contact = json!({"version": 0, "roles": {"customer": {}}, "company": {"name": "Neu GmbH"}, "emailAddresses": {"business": ["a@neu.example"]}});
    let contact = office.post("/contacts", &contact).await.with(201)["id"].as_str().unwrap().to_owned();
    let mut body = dunning(Some(&contact));
    body["title"] = json!("Rechnung");
    let id = office.post("/invoices?finalize=true", &body).await.with(201)["id"].as_str().unwrap().to_owned();
    let invoice = office.get(&format!("/invoices/{id}")).await.with(200);
    assert_eq!((&invoice["voucherStatus"], &invoice["address"]["name"]), (&json!("open"), &json!("Neu GmbH")));
    assert_eq!(office.post("/contacts", &json!({"roles": {}})).await.with(406)["IssueList"][0]["source"], "person.lastName");
}

#[tokio::test]
async fn the_first_page_says_what_to_type() {
    let office = Office::start().await;
    let page = office.ask("GET", "/", &[], "").await.unwrap();
    let text = page.text();
    assert!(page.header("content-type").starts_with("text/plain"));
    for part in ["key-a", "Beispiel GmbH", &format!("{}/v1", office.url("")), "2026-03-02T09:00:00.000+01:00", "_control/pay"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
