//! Every call: how it is asked, and what is read from an answer such as the vendor's.

use super::super::support::http::Answer;
use super::{ID, KEY, id, scene};
use chrono::NaiveDate;
use mahnwerk::adapters::lexoffice::{
    Address, Amount, ContactFilter, Day, Days, Direction, DocumentKind, DunningLine, EventType, Fault, FileFormat, NewDunning,
    PaymentItemType, PaymentStatus, ResourceId, SortBy, TaxConditions, TaxType, VoucherListQuery, VoucherStatus, VoucherType,
};
use mahnwerk::domain::time::Timestamp;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn digits(amount: Option<Amount>) -> String {
    amount.map(|amount| amount.0.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn the_voucherlist_is_asked_with_all_filters_and_read_row_by_row() {
    let body = r#"{"content":[
        {"id":"0c5d","voucherType":"invoice","voucherStatus":"overdue","voucherNumber":"RE0417","voucherDate":"2026-01-08T00:00:00.000+01:00",
         "createdDate":"2026-01-08T11:02:40.000+01:00","updatedDate":"2026-02-02T07:31:12.000+01:00","dueDate":"2026-01-22T00:00:00.000+01:00",
         "contactId":"8ab1","contactName":"Beispiel, Anna","totalAmount":238.0,"openAmount":"138.10","currency":"EUR","archived":false,"new":{"a":[1]}},
        {"id":"77e0","voucherType":"selfbilling","voucherStatus":"disputed","contactId":null,"openAmount":null},
        {"id":"bad0","voucherType":"invoice","voucherStatus":"open","totalAmount":"viel"},
        {"voucherType":"invoice","voucherStatus":"open"}],
        "first":true,"last":false,"totalPages":41,"totalElements":10000,"numberOfElements":4,"size":250,"number":0,"sort":[{"property":"updatedDate"}]}"#;
    let (server, client) = scene([Answer::json(200, body)]).await;
    let query = VoucherListQuery {
        types: vec![VoucherType::Invoice, VoucherType::DownPaymentInvoice, VoucherType::Other("new".to_owned())],
        statuses: vec![VoucherStatus::Open, VoucherStatus::SepaDebit],
        archived: Some(false),
        contact: Some(id()),
        voucher_date: Days { from: Some(day("2026-01-01")), to: Some(day("2026-01-31")) },
        created: Days { from: Some(day("2026-02-01")), to: Some(day("2026-02-02")) },
        updated: Days { from: Some(day("2026-03-01")), to: Some(day("2026-03-02")) },
        number: Some("RE <7> & 8".to_owned()),
        page: 3,
        size: None,
        sort: Some((SortBy::CreatedDate, Direction::Ascending)),
    };
    let page = client.voucherlist(&query).await.unwrap();
    let asked = server.asked().remove(0);
    let expected = format!(
        "GET /v1/voucherlist?voucherType=invoice%2Cdownpaymentinvoice%2Cnew&voucherStatus=open%2Csepadebit&archived=false&contactId={ID}\
         &voucherDateFrom=2026-01-01&voucherDateTo=2026-01-31&createdDateFrom=2026-02-01&createdDateTo=2026-02-02\
         &updatedDateFrom=2026-03-01&updatedDateTo=2026-03-02&voucherNumber=RE+%26lt%3B7%26gt%3B+%26amp%3B+8&page=3&size=250&sort=createdDate%2CASC"
    );
    assert_eq!(asked.line, expected);
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(asked.headers["accept"], "application/json");
    assert!(asked.headers["user-agent"].starts_with("mahnwerk/"));
    assert!(!asked.headers.contains_key("content-type"));

    assert_eq!((page.last, page.total_pages, page.total_elements), (false, Some(41), Some(10_000)));
    let [row, odd] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!((&row.voucher_type, &row.voucher_status), (&VoucherType::Invoice, &VoucherStatus::Overdue));
    assert_eq!((digits(row.total_amount), digits(row.open_amount)), ("238.0".to_owned(), "138.10".to_owned()));
    assert_eq!(row.due_date, Some(Day(day("2026-01-22"))));
    assert_eq!(row.updated_date.map(|at| at.0), Some(Timestamp(1_770_013_872_000)));
    assert_eq!(odd.voucher_status, VoucherStatus::Other("disputed".to_owned()));
    assert_eq!((odd.contact_id.as_ref(), odd.open_amount), (None, None));
    let [amount, nameless] = &page.refused[..] else { panic!("{page:?}") };
    assert_eq!((amount.legible.id.as_ref().map(ResourceId::as_str), amount.path.as_str()), (Some("bad0"), "content[2].totalAmount"));
    assert_eq!(amount.legible.voucher_status, Some(VoucherStatus::Open));
    assert_eq!((nameless.legible.id.as_ref(), nameless.path.as_str()), (None, "content[3]"));
    assert_eq!(nameless.reason, "missing field `id`");
}

#[tokio::test]
async fn a_query_without_filters_asks_for_any() {
    let (server, client) = scene([Answer::json(200, r#"{"content":[]}"#)]).await;
    let page = client.voucherlist(&VoucherListQuery::default()).await.unwrap();
    assert_eq!(server.lines(), ["GET /v1/voucherlist?voucherType=any&voucherStatus=any&page=0&size=250"]);
    assert!(page.last && page.rows.is_empty());
}

#[tokio::test]
async fn sales_vouchers_are_read_at_the_place_of_their_type() {
    let invoice = r#"{"id":"0c5d","voucherStatus":"open","voucherNumber":"RE0417","dueDate":"2026-01-22T00:00:00.000+01:00","language":"de",
        "address":{"contactId":"8ab1","name":"Anna Beispiel","street":"Am Markt 3","city":"Köln","zip":"50667","countryCode":"DE"},
        "lineItems":[{"quantity":"many"}],"totalPrice":{"currency":"EUR","totalGrossAmount":238.0},"taxConditions":{"taxType":"net","taxTypeNote":null},
        "paymentConditions":{"paymentTermLabel":"14 Tage netto","paymentTermDuration":14},"closingInvoice":true,"claimedGrossAmount":119.005,
        "relatedVouchers":[{"id":"d0d0","voucherType":"dunning"}]}"#;
    let draft = r#"{"id":"0c5d","voucherStatus":"draft","relatedVouchers":null,"archived":null}"#;
    let credit = r#"{"id":"c0c0","voucherStatus":"paidoff","totalPrice":{"totalGrossAmount":"10.00"}}"#;
    let (server, client) = scene([invoice, draft, credit].map(|body| Answer::json(200, body))).await;
    let invoice = client.invoice(&id()).await.unwrap();
    let down_payment = client.down_payment_invoice(&id()).await.unwrap();
    let credit = client.credit_note(&id()).await.unwrap();
    let paths = ["invoices", "down-payment-invoices", "credit-notes"].map(|path| format!("GET /v1/{path}/{ID}"));
    assert_eq!(server.lines(), paths);
    assert!(invoice.closing_invoice);
    assert_eq!(digits(invoice.claimed_gross_amount), "119.005");
    assert_eq!(invoice.address.unwrap().postal.city.as_deref(), Some("Köln"));
    assert_eq!(invoice.related_vouchers[0].voucher_type, Some(VoucherType::Dunning));
    assert_eq!(invoice.payment_conditions.unwrap().payment_term_duration, Some(14));
    assert_eq!((down_payment.voucher_status, down_payment.due_date), (VoucherStatus::Draft, None));
    assert_eq!(digits(credit.total_price.unwrap().total_gross_amount), "10.00");
}

#[tokio::test]
async fn bookkeeping_vouchers_and_contacts_are_read() {
    let voucher = r#"{"id":"77e0","type":"salesinvoice","voucherStatus":"open","voucherNumber":"2026-118","dueDate":"2026-01-26",
        "totalGrossAmount":119.0,"useCollectiveContact":false,"contactId":"8ab1","voucherItems":[{"amount":119.0,"taxRatePercent":19}],"files":["3c1b"]}"#;
    let company = r#"{"id":"8ab1","roles":{"customer":{"number":10042}},"company":{"name":"Beispiel GmbH","contactPersons":[{"lastName":"Beispiel","primary":true}]},
        "addresses":{"billing":[{"street":"Am Markt 3","countryCode":"ES_CN"}]},"emailAddresses":{"business":["info@kunde.example"],"private":null}}"#;
    let list = format!(
        r#"{{"content":[{company},{{"id":"p","person":{{"firstName":"Anna","lastName":"Beispiel"}},"addresses":null}}],"last":true}}"#
    );
    let (server, client) = scene([voucher, company, list.as_str()].map(|body| Answer::json(200, body))).await;
    let voucher = client.voucher(&id()).await.unwrap();
    let contact = client.contact(&id()).await.unwrap();
    let filter = ContactFilter { email: Some("info@kunde.example".to_owned()), customer: Some(true), ..ContactFilter::default() };
    let contacts = client.contacts(&filter).await.unwrap();
    let list = "GET /v1/contacts?email=info%40kunde.example&customer=true&page=0&size=250";
    assert_eq!(server.lines(), [&format!("GET /v1/vouchers/{ID}"), &format!("GET /v1/contacts/{ID}"), list]);
    assert_eq!((voucher.due_date, voucher.files.len()), (Some(Day(day("2026-01-26"))), 1));
    assert_eq!(contact.email_addresses.business, ["info@kunde.example"]);
    assert_eq!(contact.addresses.billing[0].country_code.as_deref(), Some("ES_CN"));
    assert_eq!(contact.roles.unwrap().customer.unwrap().number, Some(10_042));
    assert_eq!((contacts.rows.len(), contacts.last), (2, true));
    assert_eq!(contacts.rows[1].person.as_ref().unwrap().last_name.as_deref(), Some("Beispiel"));
}

#[tokio::test]
async fn payments_are_read_and_a_draft_has_none() {
    let partly = r#"{"openAmount":"138.00","currency":"EUR","paymentStatus":"openRevenue","voucherType":"invoice","voucherStatus":"open",
        "paymentItems":[{"paymentItemType":"manualPayment","postingDate":"2026-01-30T00:00:00.000+01:00","amount":100.0,"currency":"EUR"},
                        {"paymentItemType":"crypto","amount":1}]}"#;
    let draft = r#"{"status":406,"message":"not valid","details":[]}"#;
    let (server, client) = scene([Answer::json(200, partly), Answer::json(406, draft)]).await;
    let payments = client.payments(&id()).await.unwrap().unwrap();
    assert_eq!((digits(payments.open_amount), payments.payment_status), ("138.00".to_owned(), PaymentStatus::OpenRevenue));
    assert_eq!(payments.payment_items[0].payment_item_type, PaymentItemType::Manual);
    assert_eq!(payments.payment_items[1].payment_item_type, PaymentItemType::Other("crypto".to_owned()));
    assert_eq!(client.payments(&id()).await, Ok(None));
    assert_eq!(server.lines(), [format!("GET /v1/payments/{ID}"), format!("GET /v1/payments/{ID}")]);
}

#[tokio::test]
async fn the_organisation_is_read() {
    let profile = r#"{"organizationId":"51aa","companyName":"Bau GmbH","connectionId":"c1","features":["x"],"businessFeatures":["INVOICING","NEW"],"smallBusiness":false}"#;
    let conditions =
        r#"[{"id":"t1","paymentTermLabelTemplate":"{paymentRange} Tage","paymentTermDuration":14,"organizationDefault":true}]"#;
    let layouts = r#"[{"id":"l1","name":"Standard","default":true}]"#;
    let (server, client) = scene([profile, conditions, layouts].map(|body| Answer::json(200, body))).await;
    assert_eq!(client.profile().await.unwrap().organization_id, "51aa");
    assert_eq!(client.payment_conditions().await.unwrap()[0].payment_term_duration, Some(14));
    assert!(client.print_layouts().await.unwrap()[0].default);
    assert_eq!(server.lines(), ["GET /v1/profile", "GET /v1/payment-conditions", "GET /v1/print-layouts"]);
}

#[tokio::test]
async fn documents_are_asked_for_in_their_format() {
    let pdf = || Answer::json(200, "%PDF-1.7").header("Content-Disposition", "inline; filename=Rechnung_RE0417.pdf;");
    let (server, client) = scene([pdf(), pdf(), pdf(), Answer::json(200, r#"{"documentFileId":"f11e"}"#), pdf()]).await;
    let file = client.document(DocumentKind::Invoice, &id(), FileFormat::Any).await.unwrap();
    client.document(DocumentKind::DownPaymentInvoice, &id(), FileFormat::Xml).await.unwrap();
    client.document(DocumentKind::Dunning, &id(), FileFormat::Pdf).await.unwrap();
    let rendered = client.document_file_id(DocumentKind::CreditNote, &id()).await.unwrap();
    client.file(&rendered).await.unwrap();
    let asked: Vec<_> = server.asked().into_iter().map(|asked| format!("{} {}", asked.line, asked.headers["accept"])).collect();
    let expected = [
        format!("GET /v1/invoices/{ID}/file */*"),
        format!("GET /v1/down-payment-invoices/{ID}/file application/xml"),
        format!("GET /v1/dunnings/{ID}/file application/pdf"),
        format!("GET /v1/credit-notes/{ID}/document application/json"),
        "GET /v1/files/f11e */*".to_owned(),
    ];
    assert_eq!(asked, expected);
    assert_eq!((file.bytes.as_slice(), file.name.as_deref()), (b"%PDF-1.7".as_slice(), Some("Rechnung_RE0417.pdf")));
    assert_eq!(file.content_type.as_deref(), Some("application/json"));
}

fn new_dunning() -> NewDunning {
    NewDunning {
        date: Day(day("2026-07-05")),
        address: Address { contact_id: Some(id()), ..Address::default() },
        language: Some("de".to_owned()),
        tax_conditions: TaxConditions { tax_type: TaxType::Net, tax_sub_type: None, tax_type_note: None },
        lines: vec![
            DunningLine::Cost { name: "Mahnkosten".to_owned(), unit: "Pauschale".to_owned(), amount: Amount("5.10".parse().unwrap()) },
            DunningLine::Text { name: "Hinweis".to_owned(), description: None },
        ],
        title: Some("1. Mahnung".to_owned()),
        introduction: None,
        remark: Some("Vorgang M-7Q2K".to_owned()),
    }
}

#[tokio::test]
async fn a_dunning_is_written_with_exact_amounts_and_read_back() {
    let created = Answer::json(201, r#"{"id":"d0d0","resourceUri":"x","version":1}"#).header("Location", "/v1/dunnings/d0d0");
    let read = Answer::json(200, r#"{"id":"d0d0","voucherStatus":"draft","remark":"Vorgang M-7Q2K"}"#);
    let (server, client) = scene([created, read]).await;
    let dunning = client.create_dunning(&id(), &new_dunning()).await.unwrap();
    assert_eq!(client.dunning(&dunning).await.unwrap().remark.as_deref(), Some("Vorgang M-7Q2K"));
    assert_eq!(server.lines(), [&format!("POST /v1/dunnings?precedingSalesVoucherId={ID}"), "GET /v1/dunnings/d0d0"]);
    let asked = server.asked().remove(0);
    assert_eq!(asked.headers["content-type"], "application/json");
    let expected = format!(
        r#"{{"voucherDate":"2026-07-05T00:00:00.000+02:00","address":{{"contactId":"{ID}"}},"language":"de","lineItems":[{{"type":"custom","name":"Mahnkosten","quantity":1,"unitName":"Pauschale","unitPrice":{{"currency":"EUR","netAmount":5.10,"taxRatePercentage":0}}}},{{"type":"text","name":"Hinweis"}}],"totalPrice":{{"currency":"EUR"}},"taxConditions":{{"taxType":"net"}},"shippingConditions":{{"shippingType":"none"}},"title":"1. Mahnung","remark":"Vorgang M-7Q2K"}}"#
    );
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn a_dunning_that_would_be_refused_is_not_sent() {
    let (server, client) = scene([]).await;
    let long = NewDunning { title: Some("Letzte Mahnung vor Inkasso".to_owned()), ..new_dunning() };
    let empty = NewDunning { lines: Vec::new(), ..new_dunning() };
    for (dunning, field) in [(long, "title"), (empty, "lineItems")] {
        let error = client.create_dunning(&id(), &dunning).await.unwrap_err();
        assert!(matches!(&error.fault, Fault::NotSent { field: named, .. } if *named == field), "{error}");
        assert!(!error.may_have_happened());
    }
    assert!(server.lines().is_empty());
}

#[tokio::test]
async fn subscriptions_are_made_listed_and_ended() {
    let list = r#"{"content":[{"subscriptionId":"e1","eventType":"payment.changed","callbackUrl":"https://hook.example/x"},{"subscriptionId":"e2","eventType":"new.event"}]}"#;
    let gone = Answer::json(404, r#"{"message":"gone"}"#);
    let (server, client) = scene([Answer::json(201, r#"{"id":"e1"}"#), Answer::json(200, list), Answer::json(204, ""), gone]).await;
    let made = client.subscribe(&EventType::PaymentChanged, "https://hook.example/x").await.unwrap();
    let all = client.subscriptions().await.unwrap();
    client.unsubscribe(&made).await.unwrap();
    client.unsubscribe(&made).await.unwrap();
    assert_eq!(all[0].event_type, EventType::PaymentChanged);
    assert_eq!(all[1].event_type, EventType::Other("new.event".to_owned()));
    let delete = "DELETE /v1/event-subscriptions/e1";
    assert_eq!(server.lines(), ["POST /v1/event-subscriptions", "GET /v1/event-subscriptions", delete, delete]);
    assert_eq!(server.asked()[0].body, r#"{"eventType":"payment.changed","callbackUrl":"https://hook.example/x"}"#);
}
