//! The OpenAPI document and the reference page say what the router has, and nothing else.

use super::interface::Interface;
use crate::support::ledger::TestLedger;
use mahnwerk::web::api::{declared, document};
use serde_json::Value;
use std::collections::BTreeSet;

fn described() -> Value {
    serde_json::from_str(document()).unwrap()
}

#[test]
fn every_call_is_described_and_every_description_is_of_a_call() {
    let description = described();
    let mut told = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"][0]["token"][0].as_str().unwrap();
            told.insert((method.to_uppercase(), path.clone(), scope.to_owned()));
        }
    }
    let there = declared().into_iter().map(|call| (call.method.to_owned(), call.path.to_owned(), call.scope.as_str().to_owned())).collect();
    assert_eq!(told, there);
    let mut ids: Vec<_> = description["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "each id stands once");
}

/// Every `$ref` leads somewhere.
#[test]
fn references_lead_somewhere() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => object
                .iter()
                .for_each(|(key, value)| if key == "$ref" { found.push(value.as_str().unwrap().to_owned()) } else { walk(value, found) }),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let (description, mut found) = (described(), Vec::new());
    walk(&description, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        assert!(description.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
}

#[test]
fn the_document_is_as_it_was() {
    insta::assert_snapshot!("openapi", document());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_has_an_anchor_for_every_call_and_problem() {
    let interface = Interface::open(TestLedger::sqlite().await).await;
    let nobody = interface.with_token("");
    let page = nobody.get("/api/v1/docs").await;
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    assert!(page.status == 200 && page.header("content-security-policy").contains("default-src 'none'"));
    for call in declared() {
        assert!(html.contains(&format!("<code>{} {}</code>", call.method, call.path)), "{}", call.path);
    }
    let anchors: BTreeSet<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(anchors.contains(link), "{link} leads nowhere");
    }
    for slug in ["not-found", "unauthenticated", "in-progress", "outcome-unknown", "key-reused", "too-many-requests"] {
        assert!(anchors.contains(format!("problem-{slug}").as_str()), "{slug}");
    }
    let document = nobody.get("/api/v1/openapi.json").await;
    assert_eq!(
        (document.status, document.header("content-type"), &document.body["openapi"]),
        (200, "application/json", &Value::from("3.1.0"))
    );
}
