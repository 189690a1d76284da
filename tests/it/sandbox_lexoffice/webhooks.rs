//! Webhooks (item 8).

use super::office::{Office, dunning};
use super::receiver::Receiver;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mahnwerk::adapters::sandbox::lexoffice::{Fault, Trouble};
use ring::signature::{RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey};
use serde_json::{Value, json};
use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

async fn subscribe(office: &Office, receiver: &Receiver, event: &str) -> String {
    let made = office.post("/event-subscriptions", &json!({"eventType": event, "callbackUrl": receiver.url})).await;
    let id = made.with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), office.url(&format!("/v1/event-subscriptions/{id}")));
    id
}

async fn subscriptions(office: &Office) -> Vec<Value> {
    office.get("/event-subscriptions").await.with(200)["content"].as_array().unwrap().clone()
}

/// Looks until `wanted` holds of what was sent.
async fn until(office: &Office, wanted: impl Fn(&Value) -> bool) -> Value {
    let looking = async {
        loop {
            let webhooks = office.look("webhooks").await;
            if wanted(&webhooks) {
                return webhooks;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), looking).await.expect("it comes about")
}

#[tokio::test]
async fn subscriptions_are_made_once_listed_and_deleted() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    let id = subscribe(&office, &receiver, "payment.changed").await;
    let body = json!({"eventType": "payment.changed", "callbackUrl": receiver.url});
    office.post("/event-subscriptions", &body).await.with(409);
    let listed = subscriptions(&office).await;
    assert_eq!((listed.len(), &listed[0]["subscriptionId"], listed[0].get("id")), (1, &json!(id), None));
    for (event, callback) in [("invoice.exploded", receiver.url.as_str()), ("payment.changed", "https://hooks.example.com/")] {
        office.post("/event-subscriptions", &json!({"eventType": event, "callbackUrl": callback})).await.with(406);
    }
    assert_eq!(office.delete(&format!("/event-subscriptions/{id}")).await.status, 204);
    assert_eq!(office.delete(&format!("/event-subscriptions/{id}")).await.status, 404);
    office.control("pay", json!({"voucher": "RE1"})).await;
    until(&office, |webhooks| webhooks["unsettled"] == 0).await;
    assert!(receiver.hooks().is_empty());
}

#[tokio::test]
async fn a_webhook_points_at_what_changed_and_its_signature_covers_the_raw_body() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "payment.changed").await;
    let invoice = office.id("RE1").await;
    office.control("pay", json!({"voucher": "RE1", "amount": "38.00"})).await;
    let hook = receiver.wait_for(1).await.remove(0);
    let organization = office.get("/profile").await.json()["organizationId"].clone();
    assert_eq!(
        hook.json(),
        json!({"organizationId": organization, "eventType": "payment.changed", "resourceId": invoice, "eventDate": "2026-03-02T09:00:00.000+01:00"})
    );
    let pem = office.ask("GET", "/_control/webhook-key.pub", &[], "").await.unwrap().text();
    let spki = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).unwrap();
    // ring takes the key inside: in an SPKI of RSA 2048 it begins after 24 bytes.
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, &spki.as_ref()[24..]);
    let signature = STANDARD.decode(&hook.signature).unwrap();
    key.verify(&hook.body, &signature).unwrap();
    let mut changed = hook.body.clone();
    changed[3] ^= 1;
    assert!(key.verify(&changed, &signature).is_err());
}

#[tokio::test]
async fn every_change_has_its_events() {
    let office = Office::start().await;
    for (act, body, wanted) in [
        ("draft", json!({"voucher": "RE1"}), &["invoice.changed", "invoice.status.changed", "payment.changed"][..]),
        ("pay", json!({"voucher": "2026-118"}), &["payment.changed", "voucher.changed", "voucher.status.changed"]),
        ("edit", json!({"voucher": "RE2", "remark": "neu"}), &["invoice.changed"]),
        ("delete", json!({"voucher": "RE3"}), &["invoice.deleted"]),
        ("edit-contact", json!({"contact": "10042", "email": "neu@kunde.example"}), &["contact.changed"]),
        ("create-voucher", json!({"amount": "119.00", "tax_type": "gross"}), &["voucher.created"]),
    ] {
        let receiver = Receiver::start().await;
        let mut made = Vec::new();
        for event in [
            "invoice.created",
            "invoice.changed",
            "invoice.deleted",
            "invoice.status.changed",
            "voucher.created",
            "voucher.changed",
            "voucher.status.changed",
            "payment.changed",
            "contact.changed",
            "dunning.created",
            "credit-note.status.changed",
        ] {
            made.push(subscribe(&office, &receiver, event).await);
        }
        office.control(act, body).await;
        let mut events: Vec<String> = receiver.wait_for(wanted.len()).await.iter().map(super::receiver::Hook::event).collect();
        until(&office, |webhooks| webhooks["unsettled"] == 0).await;
        events.sort();
        assert_eq!(events, wanted, "{act}");
        assert_eq!(receiver.hooks().len(), wanted.len(), "{act}");
        for id in made {
            office.delete(&format!("/event-subscriptions/{id}")).await;
        }
    }
}

#[tokio::test]
async fn a_dunning_and_a_credit_note_are_told_of() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "dunning.created").await;
    subscribe(&office, &receiver, "credit-note.status.changed").await;
    let invoice = office.id("RE4").await;
    let made = office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &dunning(None)).await.with(201);
    assert_eq!(receiver.wait_for(1).await[0].json()["resourceId"], made["id"]);
    let note = office.control("credit-note", json!({"voucher": "RE4"})).await;
    assert_eq!(receiver.wait_for(2).await[1].json()["resourceId"], note["id"]);
}

#[tokio::test]
async fn a_failed_webhook_is_tried_again_on_the_sandboxs_clock() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "payment.changed").await;
    receiver.answers(503);
    office.control("pay", json!({"voucher": "RE1"})).await;
    let sent = |count: usize| move |webhooks: &Value| webhooks["sent"].as_array().unwrap().len() == count;
    receiver.wait_for(1).await;
    until(&office, sent(1)).await;
    for (attempt, seconds) in [10, 20, 40, 80, 160, 1_800, 7_200].into_iter().enumerate() {
        office.control("clock", json!({"advance_seconds": seconds - 1})).await;
        assert_eq!(receiver.hooks().len(), attempt + 1, "not before {seconds} s");
        office.control("clock", json!({"advance_seconds": 1})).await;
        receiver.wait_for(attempt + 2).await;
        until(&office, sent(attempt + 2)).await;
    }
    receiver.answers(200);
    office.control("clock", json!({"advance_seconds": 7_200})).await;
    let all = until(&office, sent(9)).await;
    assert_eq!((&all["sent"][8]["status"], &all["unsettled"]), (&json!(200), &json!(0)));
}

#[tokio::test]
async fn a_callback_that_is_gone_loses_its_subscription() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "payment.changed").await;
    subscribe(&office, &receiver, "invoice.changed").await;
    receiver.answers(410);
    office.control("pay", json!({"voucher": "2026-118"})).await;
    until(&office, |webhooks| webhooks["sent"].as_array().unwrap().len() == 1 && webhooks["unsettled"] == 0).await;
    let left: Vec<_> = subscriptions(&office).await.iter().map(|known| known["eventType"].clone()).collect();
    assert_eq!(left, ["invoice.changed"]);
}

#[tokio::test]
async fn a_deleted_subscription_is_not_tried_again() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    let id = subscribe(&office, &receiver, "payment.changed").await;
    receiver.answers(500);
    office.control("pay", json!({"voucher": "RE1"})).await;
    until(&office, |webhooks| webhooks["sent"].as_array().unwrap().len() == 1 && webhooks["unsettled"] == 1).await;
    office.delete(&format!("/event-subscriptions/{id}")).await;
    office.control("clock", json!({"advance_days": 1})).await;
    until(&office, |webhooks| webhooks["unsettled"] == 0).await;
    assert_eq!(receiver.hooks().len(), 1);
}

#[tokio::test]
async fn what_is_refused_otherwise_is_not_tried_again() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "payment.changed").await;
    receiver.answers(422);
    office.control("pay", json!({"voucher": "RE1"})).await;
    until(&office, |webhooks| webhooks["sent"].as_array().unwrap().len() == 1 && webhooks["unsettled"] == 0).await;
    assert_eq!(subscriptions(&office).await.len(), 1);
}

#[tokio::test]
async fn webhooks_get_lost_doubled_and_out_of_order() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "payment.changed").await;
    subscribe(&office, &receiver, "contact.changed").await;
    office.fault_once(Trouble::WebhookLost);
    office.control("pay", json!({"voucher": "RE1", "amount": "1.00"})).await;
    until(&office, |webhooks| webhooks["unsettled"] == 0).await;
    assert!(receiver.hooks().is_empty(), "lost");
    office.fault_once(Trouble::WebhookDoubled);
    office.control("pay", json!({"voucher": "RE1", "amount": "1.00"})).await;
    let doubled = receiver.wait_for(2).await;
    assert_eq!(doubled[0].body, doubled[1].body);
    let only_payments = Fault { path: Some("payment".to_owned()), times: Some(1), ..Fault::always(Trouble::WebhookReordered) };
    office.sandbox.set_fault(only_payments).unwrap();
    office.control("pay", json!({"voucher": "RE1", "amount": "1.00"})).await;
    office.control("archive-contact", json!({"contact": "10042"})).await;
    let events: Vec<String> = receiver.wait_for(4).await[2..].iter().map(super::receiver::Hook::event).collect();
    assert_eq!(events, ["contact.changed", "payment.changed"], "the later one came first");
}

#[tokio::test]
async fn a_revoked_key_takes_its_subscriptions_with_it() {
    let office = Office::start().await;
    let receiver = Receiver::start().await;
    subscribe(&office, &receiver, "token.revoked").await;
    subscribe(&office, &receiver, "payment.changed").await;
    let connection = office.get("/profile").await.json()["connectionId"].clone();
    office.control("revoke-key", json!({"key": "key-a"})).await;
    assert_eq!(receiver.wait_for(1).await[0].json()["resourceId"], connection);
    let left = office.ask("GET", "/v1/event-subscriptions", &[("authorization", "Bearer key-narrow")], "").await.unwrap();
    assert_eq!(left.with(200)["content"], json!([]));
}
