//! Dunnings (item 5).

use super::office::{Office, dunning};
use mahnwerk::adapters::sandbox::lexoffice::Trouble;
use serde_json::{Value, json};

async fn contact_of(office: &Office, invoice: &str) -> String {
    let invoice = office.get(&format!("/invoices/{invoice}")).await.with(200);
    invoice["address"]["contactId"].as_str().unwrap().to_owned()
}

/// The ids that the invoice names as its dunnings.
async fn related(office: &Office, invoice: &str) -> Vec<String> {
    let invoice = office.get(&format!("/invoices/{invoice}")).await.with(200);
    let related = invoice["relatedVouchers"].as_array().unwrap().iter().filter(|related| related["voucherType"] == "dunning");
    related.map(|related| related["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_dunning_is_made_from_an_invoice_shows_there_and_is_read_back() {
    let office = Office::start().await;
    let invoice = office.id("RE1").await;
    let contact = contact_of(&office, &invoice).await;
    let mut body = dunning(Some(&contact));
    body["address"]["name"] = json!("Somebody else");
    body["address"]["street"] = json!("Neuer Weg 9");
    let made = office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &body).await;
    let id = made.with(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), office.url(&format!("/v1/dunnings/{id}")));
    assert_eq!(made.json()["resourceUri"], made.header("location"));
    assert_eq!(made.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["createdDate", "id", "resourceUri", "updatedDate", "version"]);
    let read = office.get(&format!("/dunnings/{id}")).await.with(200);
    assert_eq!((&made.json()["version"], &read["version"], &read["voucherStatus"]), (&json!(1), &json!(2), &json!("draft")));
    assert_eq!(read["address"]["name"], "Kunde & Söhne AG", "the name is always the invoice's");
    assert_eq!(read["address"]["street"], "Neuer Weg 9");
    assert_eq!(read["remark"], "Zahlbar bis 16.03.2026. Vorgang M-7Q2K");
    assert_eq!(read["totalPrice"]["totalGrossAmount"], json!(5.1));
    assert!(read.get("voucherNumber").is_none() && read.get("dueDate").is_none());
    assert_eq!(related(&office, &invoice).await, [id]);
    let payments = office.get(&format!("/payments/{invoice}")).await.with(200);
    assert_eq!(payments["openAmount"], json!(138.0), "a fee in a dunning is not owed by the invoice");
    assert_eq!(office.get(&format!("/invoices/{invoice}")).await.json()["version"], 2);
}

#[tokio::test]
async fn nothing_is_idempotent_and_dunnings_are_in_no_list() {
    let office = Office::start().await;
    let invoice = office.id("RE4").await;
    for _ in 0..2 {
        office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &dunning(None)).await.with(201);
    }
    assert_eq!(related(&office, &invoice).await.len(), 2);
    assert_eq!(office.get("/voucherlist?voucherType=any&voucherStatus=any").await.json()["totalElements"], 7);
}

#[tokio::test]
async fn what_does_not_fit_the_invoice_is_not_acceptable() {
    let office = Office::start().await;
    let invoice = office.id("RE1").await;
    let (contact, other) = (contact_of(&office, &invoice).await, contact_of(&office, &office.id("RE2").await).await);
    let good = dunning(Some(&contact));
    let changed = |path: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    for (body, field) in [
        (dunning(Some(&other)), "address.contactId"),
        (dunning(None), "address.contactId"),
        (changed("/taxConditions/taxType", json!("gross")), "lineItems[0].unitPrice.grossAmount"),
        (changed("/taxConditions/taxType", json!("vatfree")), "taxConditions.taxType"),
        (changed("/title", json!("Letzte Mahnung vor Inkasso")), "title"),
        (changed("/lineItems", json!([])), "lineItems"),
        (changed("/lineItems/0/quantity", Value::Null), "lineItems[0].quantity"),
        (changed("/voucherDate", json!("2026-03-02")), "voucherDate"),
        (changed("/totalPrice/currency", Value::Null), "totalPrice.currency"),
    ] {
        let refused = office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &body).await.with(406);
        assert_eq!(refused["details"][0]["field"], field, "{refused}");
    }
    office.post("/dunnings", &good).await.with(400);
    for number in ["RE3", "2026-118"] {
        let wrong = office.id(number).await;
        let refused = office.post(&format!("/dunnings?precedingSalesVoucherId={wrong}"), &good).await.with(406);
        assert_eq!(refused["details"][0]["field"], "precedingSalesVoucherId");
    }
    assert_eq!(office.dunnings().await, 0);
    let mut as_in_the_vendors_sample = good.clone();
    as_in_the_vendors_sample.as_object_mut().unwrap().remove("shippingConditions");
    office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &as_in_the_vendors_sample).await.with(201);
}

#[tokio::test]
async fn a_dunning_may_show_at_its_invoice_only_later() {
    let office = Office::start().await;
    office.fault_once(Trouble::DunningLag { ms: 3_000 });
    let invoice = office.id("RE4").await;
    let made = office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &dunning(None)).await.with(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(office.get(&format!("/dunnings/{id}")).await.status, 200);
    office.pass(2_999);
    assert_eq!(related(&office, &invoice).await, Vec::<String>::new());
    office.pass(1);
    assert_eq!(related(&office, &invoice).await, [id]);
}
