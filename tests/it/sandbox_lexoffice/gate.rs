//! Who gets in, how fast, and what the refusals look like (items 1, 9 and 10).

use super::office::{Office, dunning};
use serde_json::json;

#[tokio::test]
async fn one_bucket_a_key_over_all_endpoints_and_a_refused_request_does_nothing() {
    let office = Office::start().await;
    office.control("limit", json!({"per_second": 2, "burst": 2, "retry_after": 1})).await;
    assert_eq!(office.get("/profile").await.status, 200);
    assert_eq!(office.get("/countries").await.status, 200);
    let invoice = office.id("RE4").await;
    let refused = office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &dunning(None)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert_eq!(refused.with(429)["message"], "Too Many Requests");
    assert_eq!(office.dunnings().await, 0);
    let other = office.ask("GET", "/v1/profile", &[("authorization", "Bearer key-b")], "").await.unwrap();
    assert_eq!(other.status, 200, "another key has its own bucket");
    office.pass(499);
    assert_eq!(office.get("/profile").await.status, 429);
    office.pass(1);
    assert_eq!(office.get("/profile").await.status, 200);
    assert_eq!(office.get("/profile").await.status, 429);
}

#[tokio::test]
async fn keys_open_their_own_organisation_only() {
    let office = Office::start().await;
    for key in ["Bearer nonsense", "key-a", ""] {
        let refused = office.ask("GET", "/v1/profile", &[("authorization", key)], "").await.unwrap();
        assert_eq!((refused.status, refused.text().as_str()), (401, r#"{"message":"Unauthorized"}"#), "{key}");
    }
    assert_eq!(office.get("/profile").await.with(200)["companyName"], "Beispiel GmbH");
    let foreign = office.id("RE1-B").await;
    assert_eq!(office.get(&format!("/invoices/{foreign}")).await.status, 404);
    assert_eq!(office.get(&format!("/payments/{foreign}")).await.status, 404);
    let without_contract = office.ask("GET", "/v1/profile", &[("authorization", "Bearer key-c")], "").await.unwrap();
    assert_eq!(without_contract.with(402)["status"], 402);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_any_more() {
    let office = Office::start().await;
    office.control("revoke-key", json!({"key": "key-a"})).await;
    assert_eq!(office.get("/profile").await.status, 401);
    let other = office.ask("GET", "/v1/profile", &[("authorization", "Bearer key-narrow")], "").await.unwrap();
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn scopes_that_a_key_lacks_are_forbidden() {
    let office = Office::start_with("[[organizations]]\nname = \"Eng\"\nkeys = [\"narrow\"]\nwithout = [\"dunnings\"]\n").await;
    let ask = |path: &'static str| office.ask("GET", path, &[("authorization", "Bearer narrow")], "");
    assert_eq!(ask("/v1/profile").await.unwrap().status, 200);
    assert_eq!(ask("/v1/dunnings/0c5d0000-0000-4000-8000-000000000001").await.unwrap().status, 403);
}

#[tokio::test]
async fn an_unknown_route_is_a_403_of_the_gateway_that_repeats_the_key() {
    let office = Office::start().await;
    for path in ["/dunnings", "/no-such-thing", "/invoices"] {
        let refused = office.get(path).await;
        assert_eq!(refused.status, 403, "{path}");
        assert!(refused.json()["message"].as_str().unwrap().starts_with("'key-a' not a valid key=value pair"), "{}", refused.text());
    }
    assert_eq!(office.delete("/invoices/0c5d0000-0000-4000-8000-000000000001").await.status, 403);
}

#[tokio::test]
async fn the_wrong_endpoint_for_a_kind_is_a_404_in_the_shape_of_that_endpoint() {
    let office = Office::start().await;
    let (invoice, down_payment, voucher) = (office.id("RE1").await, office.id("AR1").await, office.id("2026-118").await);
    for (path, status) in [
        (format!("/invoices/{invoice}"), 200),
        (format!("/invoices/{down_payment}"), 404),
        (format!("/invoices/{voucher}"), 404),
        (format!("/down-payment-invoices/{down_payment}"), 200),
        (format!("/down-payment-invoices/{invoice}"), 404),
        (format!("/credit-notes/{invoice}"), 404),
        (format!("/vouchers/{voucher}"), 200),
        (format!("/vouchers/{invoice}"), 404),
        ("/invoices/nonsense".to_owned(), 404),
    ] {
        let reply = office.get(&path).await;
        assert_eq!(reply.status, status, "{path}");
        if status == 404 && path.starts_with("/vouchers") {
            assert_eq!(reply.json()["IssueList"][0]["i18nKey"], "missing_entity");
        } else if status == 404 {
            let body = reply.json();
            assert_eq!((&body["status"], &body["error"], &body["path"]), (&json!(404), &json!("Not Found"), &json!(format!("/v1{path}"))));
            assert!(body["traceId"].is_string() && body["timestamp"].is_string());
        }
    }
}

#[tokio::test]
async fn what_public_clients_send_is_understood() {
    let office = Office::start().await;
    let wanted = office.numbers("voucherType=invoice,salesinvoice&voucherStatus=open").await;
    assert_eq!(wanted, ["2026-118", "RE1", "RE2", "RE4"]);
    for query in [
        "voucherType[]=invoice&voucherType[]=salesinvoice&voucherStatus[]=open",
        "voucherType%5B%5D=invoice&voucherType%5B%5D=salesinvoice&voucherStatus=open",
        "voucherType=invoice%2C+salesinvoice&voucherStatus=open",
        "voucherType=invoice,%20salesinvoice&voucherStatus=open",
    ] {
        assert_eq!(office.numbers(query).await, wanted, "{query}");
    }
    let slash = office.get("/voucherlist/?voucherType=any&voucherStatus=any").await.with(200);
    assert_eq!(slash["totalElements"], 7);
}

#[tokio::test]
async fn a_post_says_what_it_sends() {
    let office = Office::start().await;
    let ask = |headers: &'static [(&'static str, &'static str)]| office.ask("POST", "/v1/event-subscriptions", headers, "{}");
    assert_eq!(ask(&[("authorization", "Bearer key-a")]).await.unwrap().with(415)["error"], "Unsupported Media Type");
    let with = &[("authorization", "Bearer key-a"), ("content-type", "application/json; charset=utf-8")];
    assert_eq!(ask(with).await.unwrap().status, 406);
    let broken = office.ask("POST", "/v1/dunnings?precedingSalesVoucherId=x", with, "{").await.unwrap();
    assert_eq!(broken.status, 400);
}
