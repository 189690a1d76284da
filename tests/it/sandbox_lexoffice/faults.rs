//! Faults (items 1 to 3): every one, with and without the write done.

use super::office::{Office, dunning};
use mahnwerk::adapters::sandbox::lexoffice::{Disguise, Fault, Trouble};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn answers_that_are_no_answers_may_hide_a_write() {
    let office = Office::start().await;
    let invoice = office.id("RE4").await;
    let path = format!("/dunnings?precedingSalesVoucherId={invoice}");
    let mut made = 0;
    for (trouble, status, body, written) in [
        (Trouble::GatewayTimeout { written: true }, 504, r#"{"message":"Endpoint request timed out"}"#, true),
        (Trouble::GatewayTimeout { written: false }, 504, r#"{"message":"Endpoint request timed out"}"#, false),
        (Trouble::ServerError, 500, r#"{"message":null}"#, false),
        (Trouble::Unavailable, 503, "null", false),
        (Trouble::Unauthorized, 401, "{\"message\":\"Unauthorized\"}\n", false),
        (Trouble::TooManyRequests, 429, r#"{"message":"Too Many Requests"}"#, false),
        (Trouble::Redirect { to: "http://127.0.0.1:9".to_owned() }, 302, "", false),
    ] {
        office.fault_once(trouble.clone());
        let reply = office.post(&path, &dunning(None)).await;
        assert_eq!((reply.status, reply.text().as_str()), (status, body), "{trouble:?}");
        made += usize::from(written);
        assert_eq!(office.dunnings().await, made, "{trouble:?}");
        if status == 302 {
            assert_eq!(reply.header("location"), "http://127.0.0.1:9/v1/dunnings");
        }
    }
    for written in [true, false] {
        office.fault_once(Trouble::Reset { written });
        let error = office.try_post(&path, &dunning(None)).await.unwrap_err();
        assert!(error.status().is_none(), "{error:?}");
        made += usize::from(written);
        assert_eq!(office.dunnings().await, made, "reset, written: {written}");
    }
    office.post(&path, &dunning(None)).await.with(201);
}

#[tokio::test]
async fn bodies_are_broken_or_far_too_big_and_answers_late() {
    let office = Office::start().await;
    office.fault_once(Trouble::MalformedJson);
    let broken = office.get("/profile").await;
    assert_eq!(broken.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&broken.body).is_err(), "{}", broken.text());
    office.fault_once(Trouble::Oversized { bytes: 50 << 20 });
    let big = office.get("/profile").await;
    assert!(big.status == 200 && big.body.len() >= 50 << 20, "{} bytes", big.body.len());
    office.fault_once(Trouble::Delay { ms: 300 });
    let late = tokio::time::timeout(Duration::from_millis(150), office.get("/profile")).await;
    assert!(late.is_err(), "it came before its time");
    assert_eq!(office.get("/profile").await.status, 200);
}

#[tokio::test]
async fn a_disguised_answer_means_the_same_and_never_looks_the_same() {
    let office = Office::start().await;
    office.fault(Trouble::Disguise(Disguise::default()));
    let id = office.id("RE1").await;
    let (mut texts, mut amounts) = (BTreeSet::new(), BTreeSet::new());
    let (mut unknown_fields, mut unknown_words) = (0, 0);
    for _ in 0..30 {
        let text = office.get(&format!("/payments/{id}")).await.text();
        let payments: serde_json::Value = serde_json::from_str(&text).unwrap();
        amounts.insert(payments["openAmount"].to_string());
        let invoice = office.get(&format!("/invoices/{id}")).await;
        assert_eq!(invoice.json()["voucherNumber"], "RE1");
        unknown_fields += usize::from(invoice.json().get("announcedLater").is_some());
        unknown_words += usize::from(invoice.json()["electronicDocumentProfile"] == "announcedLater");
        texts.insert(text);
    }
    assert!(texts.len() > 10, "{texts:?}");
    assert_eq!(amounts, BTreeSet::from(["138.0".to_owned(), "\"138.00\"".to_owned()]));
    assert!(unknown_fields > 3 && unknown_words > 3, "{unknown_fields} {unknown_words}");
    let any = office.get("/voucherlist?voucherType=any&voucherStatus=any").await.text();
    assert!(any.contains("selfbillinginvoice"), "{any}");
    assert!(!office.get("/voucherlist?voucherType=invoice&voucherStatus=any").await.text().contains("selfbillinginvoice"));
}

#[tokio::test]
async fn faults_concern_what_they_say_and_come_from_control_and_scenario() {
    let office = Office::start_with("[[faults]]\nact = \"unavailable\"\npath = \"/countries\"\ntimes = 2\nafter = 1\n").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(office.get("/countries").await.status);
        assert_eq!(office.get("/profile").await.status, 200);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    office.control("faults", json!({"act": {"gateway_timeout": {"written": false}}, "method": "POST", "chance": 100})).await;
    assert_eq!(office.get("/profile").await.status, 200);
    assert_eq!(office.post("/event-subscriptions", &json!({})).await.status, 504);
    assert_eq!(office.look("faults").await.as_array().unwrap().len(), 1);
    assert_eq!(office.ask("DELETE", "/_control/faults", &[], "").await.unwrap().status, 204);
    assert_eq!(office.post("/event-subscriptions", &json!({})).await.status, 406);
    let refused = office.ask("POST", "/_control/faults", &[], r#"{"act":"unavailable","chance":101}"#).await.unwrap();
    assert!(refused.with(400)["error"].as_str().unwrap().contains("more than 100 percent"));
    let third = Fault { chance: Some(30), ..Fault::always(Trouble::ServerError) };
    office.sandbox.set_fault(third).unwrap();
    let mut failed = 0;
    for _ in 0..100 {
        failed += u32::from(office.get("/profile").await.status == 500);
    }
    assert!((10..60).contains(&failed), "{failed} of 100");
}
