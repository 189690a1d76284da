//! Payments and what changes them (item 6).

use super::office::Office;
use serde_json::{Value, json};

async fn payments(office: &Office, number: &str) -> Value {
    let id = office.id(number).await;
    office.get(&format!("/payments/{id}")).await.with(200)
}

/// Status and open amount as the truth has them.
async fn truth(office: &Office, number: &str) -> (String, Value) {
    let claims = office.look("truth").await;
    let claim = claims.as_array().unwrap().iter().find(|claim| claim["voucherNumber"] == number).unwrap().clone();
    (claim["status"].as_str().unwrap().to_owned(), claim["openAmount"].clone())
}

#[tokio::test]
async fn payments_say_what_is_open_in_numbers() {
    let office = Office::start().await;
    assert_eq!(
        payments(&office, "RE1").await,
        json!({
            "openAmount": 138.0, "currency": "EUR", "paymentStatus": "openRevenue", "voucherType": "invoice", "voucherStatus": "open",
            "paymentItems": [{"paymentItemType": "manualPayment", "postingDate": "2026-01-08T00:00:00.000+01:00", "amount": 100.0, "currency": "EUR"}],
        })
    );
    office.control("pay", json!({"voucher": "RE1", "kind": "partPaymentFinancialTransaction", "on": "2026-03-01"})).await;
    let paid = payments(&office, "RE1").await;
    assert_eq!((&paid["openAmount"], &paid["paymentStatus"], &paid["voucherStatus"]), (&json!(0.0), &json!("balanced"), &json!("paid")));
    assert_eq!(paid["paidDate"], "2026-03-01T00:00:00.000+01:00");
    assert_eq!(paid["paymentItems"][1]["amount"], json!(138.0));
    let row = office.get("/voucherlist?voucherType=invoice&voucherStatus=paid").await.json();
    assert_eq!((&row["content"][0]["voucherNumber"], &row["content"][0]["voucherStatus"]), (&json!("RE1"), &json!("paid")));
    assert_eq!(truth(&office, "RE1").await, ("paid".to_owned(), json!("0.00")));
}

#[tokio::test]
async fn drafts_have_no_payments_and_a_voided_invoice_is_balanced() {
    let office = Office::start().await;
    let draft = office.id("RE3").await;
    office.get(&format!("/payments/{draft}")).await.with(406);
    office.control("void", json!({"voucher": "RE2"})).await;
    let voided = payments(&office, "RE2").await;
    assert_eq!(
        (&voided["paymentStatus"], &voided["openAmount"], &voided["voucherStatus"]),
        (&json!("balanced"), &json!(0.0), &json!("voided"))
    );
    assert!(voided.get("paidDate").is_none());
    // Back to draft: there was something to tell, and there is no more.
    office.control("draft", json!({"voucher": "RE1"})).await;
    let id = office.id("RE1").await;
    office.get(&format!("/payments/{id}")).await.with(406);
    let invoice = office.get(&format!("/invoices/{id}")).await.with(200);
    assert_eq!((&invoice["voucherStatus"], invoice.get("dueDate")), (&json!("draft"), None));
    assert_eq!(office.numbers("voucherType=invoice&voucherStatus=open").await, ["RE4"]);
    office.control("finalize", json!({"voucher": "RE1"})).await;
    assert_eq!(truth(&office, "RE1").await, ("open".to_owned(), json!("138.00")));
}

#[tokio::test]
async fn money_that_never_came_or_went_back() {
    let office = Office::start().await;
    for (act, body, number, wanted) in [
        ("cash-discount", json!({"voucher": "RE2", "amount": "2.38"}), "RE2", ("open", "116.72")),
        ("write-off", json!({"voucher": "RE2"}), "RE2", ("paid", "0.00")),
        ("return-debit", json!({"voucher": "RE2"}), "RE2", ("open", "116.72")),
        ("return-debit", json!({"voucher": "RE1", "negative": true}), "RE1", ("open", "238.00")),
        ("credit-note", json!({"voucher": "AR1", "amount": "95.20"}), "AR1", ("open", "499.80")),
        ("pay", json!({"voucher": "2026-118"}), "2026-118", ("paid", "0.00")),
        ("sepa-debit", json!({"voucher": "RE4"}), "RE4", ("sepadebit", "11.90")),
        ("edit", json!({"voucher": "RE4", "amount": 23.80}), "RE4", ("sepadebit", "23.80")),
    ] {
        office.control(act, body).await;
        assert_eq!(truth(&office, number).await, (wanted.0.to_owned(), json!(wanted.1)), "{act}");
    }
    let items = payments(&office, "RE1").await["paymentItems"].clone();
    assert_eq!((&items[0]["amount"], &items[1]["amount"]), (&json!(100.0), &json!(-100.0)));
}

#[tokio::test]
async fn a_credit_note_pays_its_invoice_and_tells_no_payments_of_its_own() {
    let office = Office::start().await;
    let id = office.control("credit-note", json!({"voucher": "RE2"})).await["id"].as_str().unwrap().to_owned();
    let invoice = payments(&office, "RE2").await;
    assert_eq!(
        (&invoice["voucherStatus"], &invoice["paymentItems"][0]["paymentItemType"]),
        (&json!("paid"), &json!("partPaymentCreditNote"))
    );
    let note = office.get(&format!("/credit-notes/{id}")).await.with(200);
    assert_eq!((&note["voucherStatus"], &note["totalPrice"]["totalGrossAmount"]), (&json!("paidoff"), &json!(119.1)));
    assert_eq!(note["relatedVouchers"][0]["voucherNumber"], "RE2");
    assert_eq!(office.get(&format!("/payments/{id}")).await.status, 406);
    let of_invoice = office.get(&format!("/invoices/{}", office.id("RE2").await)).await.json();
    assert_eq!(of_invoice["relatedVouchers"][0], json!({"id": id, "voucherNumber": note["voucherNumber"], "voucherType": "creditnote"}));
}

#[tokio::test]
async fn a_closing_invoice_claims_less_than_its_total() {
    let office = Office::start_with("[[invoices]]\nnumber = \"SR1\"\namount = \"1190.00\"\nclaimed = \"595.00\"\n").await;
    let id = office.id("SR1").await;
    let invoice = office.get(&format!("/invoices/{id}")).await.with(200);
    assert_eq!((&invoice["closingInvoice"], &invoice["claimedGrossAmount"]), (&json!(true), &json!(595.0)));
    assert_eq!(invoice["totalPrice"]["totalGrossAmount"], json!(1190.0));
    assert_eq!(payments(&office, "SR1").await["openAmount"], json!(595.0));
}
