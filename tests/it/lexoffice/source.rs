//! lexoffice as a source: what its answers come to in the engine's words.

use super::super::support::http::{Answer, ScriptedServer};
use super::{ID, KEY, scene};
use chrono::NaiveDate;
use mahnwerk::adapters::lexoffice::LexofficeSource;
use mahnwerk::engine::source::ports::{
    ClaimKey, ClaimKind, ClaimStatus, ContactEmail, Days, EmailKind, Filter, Identity, ItemKind, Payment, PaymentItem, PaymentTerm,
    PostalAddress, Source, SourceError,
};

async fn source(bodies: impl IntoIterator<Item = &str>) -> (ScriptedServer, LexofficeSource) {
    let (server, client) = scene(bodies.into_iter().map(|body| Answer::json(200, body)).collect::<Vec<_>>()).await;
    (server, LexofficeSource::new(client))
}

fn key(kind: ClaimKind) -> ClaimKey {
    ClaimKey { kind, id: ID.to_owned() }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const TERMS: &str = r#"[
    {"id":"t14","paymentTermLabelTemplate":"{paymentRange} Tage","paymentTermDuration":14,"organizationDefault":true},
    {"id":"t30","paymentTermLabelTemplate":"{paymentRange} Tage","paymentTermDuration":30},
    {"id":"t30s","paymentTermLabelTemplate":"{paymentRange} Tage","paymentTermDuration":30,"paymentDiscountConditions":{"discountPercentage":2.0,"discountRange":7}}]"#;

fn invoice(more: &str) -> String {
    format!(
        r#"{{"id":"{ID}","voucherStatus":"open","voucherNumber":"RE0417","voucherDate":"2026-01-08T00:00:00.000+01:00","language":"de",
        "dueDate":"2026-01-22T00:00:00.000+01:00","updatedDate":"2026-01-08T11:02:41.020+01:00",
        "address":{{"contactId":"8ab1","name":"Anna Beispiel","contactPerson":"Buchhaltung","supplement":"Haus 2","street":"Am Markt 3","city":"Köln","zip":"50667","countryCode":"ES_CN"}},
        "totalPrice":{{"currency":"EUR","totalGrossAmount":238.0}}{more}}}"#
    )
}

#[tokio::test]
async fn whose_account_it_is_and_nothing_of_the_key() {
    let (server, source) = source([r#"{"organizationId":"51aa","companyName":"Bau GmbH"}"#]).await;
    assert_eq!(source.identity().await, Ok(Identity { organisation: "51aa".to_owned(), name: "Bau GmbH".to_owned() }));
    assert_eq!((source.name(), source.describe()), ("lexoffice", format!("lexoffice {}", server.url("/v1"))));
    assert!(!format!("{source:?}{:?}", source.key_hash()).contains(KEY));
}

#[tokio::test]
async fn a_page_has_all_rows_that_can_be_named() {
    let row = r#"{"id":"a","voucherType":"invoice","voucherStatus":"overdue","voucherNumber":"RE1","voucherDate":"2026-01-08T00:00:00.000+01:00",
        "dueDate":"2026-01-22T00:00:00.000+01:00","contactId":null,"contactName":"Beispiel, Anna","totalAmount":238.0,"openAmount":"138.10","currency":"EUR"}"#;
    let odd = r#"{"id":"b","voucherType":"selfbilling","voucherStatus":"disputed","totalAmount":1.005,"openAmount":null}"#;
    let torn = r#"{"id":"c","voucherType":"salesinvoice","voucherStatus":"open","voucherNumber":"V7","contactId":"8ab1","dueDate":"soon"}"#;
    let body = format!(r#"{{"content":[{row},{odd},{torn}],"last":true,"totalElements":3}}"#);
    let (server, source) = source([body.as_str()]).await;
    let filter = Filter {
        kinds: vec![ClaimKind::Invoice, ClaimKind::DownPayment, ClaimKind::RevenueVoucher],
        statuses: vec![ClaimStatus::Open, ClaimStatus::Overdue, ClaimStatus::DirectDebit],
        updated: Days { from: Some(day("2026-02-01")), to: None },
        ..Filter::default()
    };
    let page = source.page(&filter, 2).await.unwrap();
    let expected = "GET /v1/voucherlist?voucherType=invoice%2Cdownpaymentinvoice%2Csalesinvoice&voucherStatus=open%2Csepadebit\
                    &updatedDateFrom=2026-02-01&page=2&size=250&sort=createdDate%2CASC";
    assert_eq!(server.lines(), [expected]);
    assert_eq!((page.total, page.last), (3, true));
    let [whole, odd, torn] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!(
        (&whole.kind, &whole.status, whole.total_minor, whole.open_minor),
        (&ClaimKind::Invoice, &ClaimStatus::Overdue, Some(23_800), Some(13_810))
    );
    assert_eq!((whole.due_date, whole.contact.as_deref(), whole.contact_name.as_str()), (Some(day("2026-01-22")), None, "Beispiel, Anna"));
    assert_eq!((&odd.kind, &odd.status), (&ClaimKind::Other("selfbilling".to_owned()), &ClaimStatus::Other("disputed".to_owned())));
    assert_eq!((odd.total_minor, odd.open_minor), (None, None), "half a cent is not rounded");
    assert_eq!((&torn.kind, &torn.status, torn.number.as_str()), (&ClaimKind::RevenueVoucher, &ClaimStatus::Open, "V7"));
    assert_eq!((torn.contact.as_deref(), torn.due_date, torn.open_minor), (Some("8ab1"), None, None));
}

#[tokio::test]
async fn a_row_without_a_name_is_not_passed_over_in_silence() {
    let (_, source) = source([r#"{"content":[{"voucherType":"invoice","voucherStatus":"open"}],"last":true}"#]).await;
    let error = source.page(&Filter::default(), 0).await.unwrap_err();
    let expected = SourceError::Malformed { what: "missing field `id`".to_owned(), place: "GET voucherlist: content[0]".to_owned() };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn an_invoice_claims_its_total_at_its_own_address_under_its_terms() {
    let terms = r#","paymentConditions":{"paymentTermLabel":"30 Tage","paymentTermLabelTemplate":"{paymentRange} Tage","paymentTermDuration":30,
        "paymentDiscountConditions":{"discountPercentage":2,"discountRange":7}}"#;
    let other = r#","paymentConditions":{"paymentTermLabel":"nach Absprache","paymentTermDuration":30}"#;
    let (server, source) = source([invoice(terms).as_str(), TERMS, &invoice(other)]).await;
    let claim = source.claim(&key(ClaimKind::Invoice)).await.unwrap();
    assert_eq!((claim.amount_minor, claim.date, claim.due_date), (23_800, day("2026-01-08"), Some(day("2026-01-22"))));
    assert_eq!((claim.status, claim.language.as_str(), claim.has_document), (ClaimStatus::Open, "de", true));
    assert_eq!(claim.contact.as_deref(), Some("8ab1"));
    let address = PostalAddress {
        name: "Anna Beispiel".to_owned(),
        supplement: "Buchhaltung, Haus 2".to_owned(),
        street: "Am Markt 3".to_owned(),
        postcode: "50667".to_owned(),
        city: "Köln".to_owned(),
        country: "ES".to_owned(),
    };
    assert_eq!(claim.address, Some(address));
    assert_eq!(claim.term, Some(PaymentTerm { id: Some("t30s".to_owned()), text: "30 Tage".to_owned() }));
    let claim = source.claim(&key(ClaimKind::Invoice)).await.unwrap();
    assert_eq!(claim.term, Some(PaymentTerm { id: None, text: "nach Absprache".to_owned() }));
    let invoice = format!("GET /v1/invoices/{ID}");
    assert_eq!(server.lines(), [invoice.as_str(), "GET /v1/payment-conditions", &invoice], "terms are asked for once");
}

#[tokio::test]
async fn a_closing_invoice_claims_what_its_down_payments_left() {
    let (_, source) =
        source([&*invoice(r#","closingInvoice":true,"claimedGrossAmount":119.5"#), &*invoice(r#","closingInvoice":true"#)]).await;
    assert_eq!(source.claim(&key(ClaimKind::Invoice)).await.unwrap().amount_minor, 11_950);
    let error = source.claim(&key(ClaimKind::Invoice)).await.unwrap_err();
    assert!(matches!(&error, SourceError::Malformed { place, .. } if place.ends_with(": claimedGrossAmount")), "{error}");
}

#[tokio::test]
async fn each_kind_is_asked_at_its_place() {
    let draft = r#"{"id":"a","voucherStatus":"draft","voucherDate":"2026-01-08T00:00:00.000+01:00","totalPrice":{"totalGrossAmount":1}}"#;
    let voucher = |collective: bool| {
        format!(
            r#"{{"id":"a","type":"salesinvoice","voucherStatus":"open","voucherDate":"2026-01-12","dueDate":"2026-01-26","totalGrossAmount":119.0,
            "useCollectiveContact":{collective},"contactId":"8ab1","files":["3c1b"]}}"#
        )
    };
    let (server, source) = source([draft, &voucher(false), &voucher(true), draft]).await;
    let down_payment = source.claim(&key(ClaimKind::DownPayment)).await.unwrap();
    assert_eq!((down_payment.status, down_payment.has_document, down_payment.due_date), (ClaimStatus::Draft, false, None));
    let booked = source.claim(&key(ClaimKind::RevenueVoucher)).await.unwrap();
    assert_eq!((booked.contact.as_deref(), booked.address, booked.amount_minor), (Some("8ab1"), None, 11_900));
    assert_eq!((booked.due_date, booked.has_document), (Some(day("2026-01-26")), true));
    assert_eq!(source.claim(&key(ClaimKind::RevenueVoucher)).await.unwrap().contact, None, "a collective contact is nobody");
    source.claim(&key(ClaimKind::CreditNote)).await.unwrap();
    let unknown = source.claim(&key(ClaimKind::Other("quotation".to_owned()))).await.unwrap_err();
    assert!(matches!(unknown, SourceError::NotFound { .. }), "{unknown}");
    let paths = ["down-payment-invoices", "vouchers", "vouchers", "credit-notes"].map(|path| format!("GET /v1/{path}/{ID}"));
    assert_eq!(server.lines(), paths);
}

#[tokio::test]
async fn contacts_are_companies_or_persons() {
    let company = r#"{"id":"8ab1","roles":{"customer":{"number":10042}},"company":{"name":"Beispiel GmbH","contactPersons":[
        {"lastName":"Zweit","primary":false,"emailAddress":"zweit@kunde.example"},{"lastName":"Erst","primary":true,"emailAddress":"erst@kunde.example"}]},
        "addresses":{"billing":[{"street":"Am Markt 3","zip":"50667","city":"Köln","countryCode":"GR_69"}],"shipping":[{"city":"Bonn"}]},
        "emailAddresses":{"other":["o@kunde.example"],"business":["b1@kunde.example"," ","b2@kunde.example"]},"archived":true}"#;
    let person = r#"{"id":"p1","person":{"firstName":"Anna","lastName":"Beispiel"}}"#;
    let (_, source) = source([company, person]).await;
    let company = source.contact("8ab1").await.unwrap();
    assert_eq!((company.name.as_str(), company.number.as_deref(), company.is_business), ("Beispiel GmbH", Some("10042"), Some(true)));
    let places: Vec<_> = company.addresses.iter().map(|at| (at.name.as_str(), at.city.as_str(), at.country.as_str())).collect();
    assert_eq!(places, [("Beispiel GmbH", "Köln", "GR"), ("Beispiel GmbH", "Bonn", "")]);
    let email = |kind, address: &str| ContactEmail { kind, address: address.to_owned() };
    let expected = [
        email(EmailKind::Business, "b1@kunde.example"),
        email(EmailKind::Business, "b2@kunde.example"),
        email(EmailKind::Other, "o@kunde.example"),
        email(EmailKind::ContactPerson, "erst@kunde.example"),
    ];
    assert_eq!((company.emails, company.archived), (expected.to_vec(), true));
    let person = source.contact("p1").await.unwrap();
    assert_eq!((person.name.as_str(), person.is_business, person.archived), ("Anna Beispiel", Some(false), false));
    assert!(matches!(source.contact("../profile").await, Err(SourceError::NotFound { .. })));
}

#[tokio::test]
async fn payments_come_as_what_they_take_off() {
    let partly = r#"{"openAmount":"100.00","currency":"EUR","paymentStatus":"openRevenue","voucherType":"invoice","voucherStatus":"open","paymentItems":[
        {"paymentItemType":"manualPayment","postingDate":"2026-01-30T00:00:00.000+01:00","amount":100.0},
        {"paymentItemType":"partPaymentFinancialTransaction","postingDate":"2026-01-29T23:00:00.000Z","amount":-100.0},
        {"paymentItemType":"partPaymentCreditNote","postingDate":"2026-02-01T00:00:00.000+01:00","amount":38},
        {"paymentItemType":"cashDiscount","postingDate":"2026-02-01T00:00:00.000+01:00","amount":5.5},
        {"paymentItemType":"irrecoverableReceivable","postingDate":"2026-02-01T00:00:00.000+01:00","amount":4.5},
        {"paymentItemType":"dunningCosts","postingDate":"2026-02-01T00:00:00.000+01:00","amount":2.5},
        {"paymentItemType":"crypto","postingDate":"2026-02-01T00:00:00.000+01:00","amount":1}]}"#;
    let voided = r#"{"openAmount":0,"paymentStatus":"balanced","voucherStatus":"voided","paymentItems":null}"#;
    let too_much = r#"{"openAmount":20.0,"paymentStatus":"openExpense","voucherStatus":"paid","paidDate":"2026-02-01T00:00:00.000+01:00",
        "paymentItems":[{"paymentItemType":"partPaymentCashBox","amount":258}]}"#;
    let (_, source) = source([partly, voided, too_much]).await;
    let asked = key(ClaimKind::Invoice);
    let payment = source.payment(&asked).await.unwrap();
    let item = |kind, on: &str, amount_minor| PaymentItem { kind, on: day(on), amount_minor };
    let expected = [
        item(ItemKind::Payment, "2026-01-30", 10_000),
        item(ItemKind::Payment, "2026-01-30", -10_000),
        item(ItemKind::CreditNote, "2026-02-01", 3_800),
        item(ItemKind::CashDiscount, "2026-02-01", 550),
        item(ItemKind::WriteOff, "2026-02-01", 450),
        item(ItemKind::Beside, "2026-02-01", 250),
        item(ItemKind::Other("crypto".to_owned()), "2026-02-01", 100),
    ];
    assert_eq!((payment.status, payment.open_minor, payment.items), (ClaimStatus::Open, 10_000, expected.to_vec()));
    let voided = source.payment(&asked).await.unwrap();
    assert_eq!((voided.status, voided.open_minor), (ClaimStatus::Voided, 0));
    let too_much = source.payment(&asked).await.unwrap();
    assert_eq!((too_much.open_minor, too_much.items), (-2_000, vec![item(ItemKind::Payment, "2026-02-01", 25_800)]));
}

#[tokio::test]
async fn a_draft_has_no_payments_and_a_credit_note_says_what_it_is() {
    let refused = || Answer::json(406, r#"{"message":"not valid"}"#);
    let note = Answer::json(200, r#"{"id":"a","voucherStatus":"paidoff"}"#);
    let (server, client) = scene([refused(), refused(), note]).await;
    let source = LexofficeSource::new(client);
    let expected = |status| Ok(Payment { status, currency: mahnwerk::domain::money::Currency::EUR, open_minor: 0, items: Vec::new() });
    assert_eq!(source.payment(&key(ClaimKind::Invoice)).await, expected(ClaimStatus::Draft));
    assert_eq!(source.payment(&key(ClaimKind::CreditNote)).await, expected(ClaimStatus::PaidOff));
    assert_eq!(server.left(), 0);
}

#[tokio::test]
async fn documents_are_what_they_say_or_not_passed_on() {
    let file = |media: &str, body: &[u8]| Answer::Reply {
        status: 200,
        headers: vec![("Content-Type".to_owned(), media.to_owned())],
        body: body.to_vec(),
    };
    let voucher =
        |files: &str| Answer::json(200, &format!(r#"{{"id":"a","type":"salesinvoice","voucherStatus":"open","files":[{files}]}}"#));
    let (server, client) = scene([
        file("application/pdf;charset=x", b"%PDF-1.7"),
        voucher(r#""3c1b""#),
        file("image/png", b"\x89PNG.."),
        voucher(""),
        file("application/pdf", b"<html>"),
        file("text/html", b"<html>"),
        Answer::json(409, "{}"),
    ])
    .await;
    let source = LexofficeSource::new(client);
    let pdf = source.document(&key(ClaimKind::Invoice)).await.unwrap();
    assert_eq!((pdf.media_type.as_str(), pdf.bytes.as_slice()), ("application/pdf", b"%PDF-1.7".as_slice()));
    let scan = source.document(&key(ClaimKind::RevenueVoucher)).await.unwrap();
    assert_eq!((scan.media_type.as_str(), scan.bytes.len()), ("image/png", 6));
    assert!(matches!(source.document(&key(ClaimKind::RevenueVoucher)).await, Err(SourceError::NotFound { .. })));
    for _ in 0..2 {
        assert!(matches!(source.document(&key(ClaimKind::DownPayment)).await, Err(SourceError::Malformed { .. })));
    }
    assert!(matches!(source.document(&key(ClaimKind::Invoice)).await, Err(SourceError::NotFound { .. })), "a draft has none");
    assert_eq!(server.lines()[2], "GET /v1/files/3c1b");
}

type IsIt = fn(&SourceError) -> bool;

#[tokio::test]
async fn faults_are_told_apart() {
    use SourceError::{Malformed, NoContract, NotFound, RateLimited, Redirected, Refused, Unauthorized, Unreachable};
    let limited = |status| vec![Answer::json(status, "{}"); 3];
    let cases: [(Vec<Answer>, IsIt); 9] = [
        (vec![Answer::json(401, "{}")], |error| *error == Unauthorized),
        (vec![Answer::json(402, "{}")], |error| matches!(error, NoContract { .. })),
        (vec![Answer::json(403, "{}")], |error| matches!(error, Refused { .. })),
        (vec![Answer::json(404, "{}")], |error| matches!(error, NotFound { .. })),
        (limited(429), |error| matches!(error, RateLimited { after: None })),
        (limited(504), |error| matches!(error, Unreachable { .. })),
        (vec![Answer::Reset; 3], |error| matches!(error, Unreachable { .. })),
        (vec![Answer::json(200, "<html>")], |error| matches!(error, Malformed { .. })),
        (vec![Answer::json(302, "").header("Location", "https://elsewhere.example")], |error| matches!(error, Redirected { .. })),
    ];
    for (answers, is_it) in cases {
        let (server, client) = scene(answers.clone()).await;
        let error = LexofficeSource::new(client).identity().await.unwrap_err();
        assert!(is_it(&error), "{answers:?}: {error:?}");
        assert!(!format!("{error}{error:?}").contains(KEY));
        assert_eq!(server.left(), 0);
    }
}
