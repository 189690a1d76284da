//! A running lexoffice with a small world and a clock that only the test moves, and a client for it.

use crate::support::http::client;
use mahnwerk::adapters::sandbox::lexoffice::{Fault, LexofficeSandbox, LexofficeSettings, Scenario, Trouble};
use reqwest::Client;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Two organisations; no rate limit unless a test sets one.
pub(crate) const SCENARIO: &str = r#"
clock = 2026-03-02T09:00:00
limit = { per_second = 0 }
[[organizations]]
name = "Beispiel GmbH"
keys = ["key-a", "key-narrow"]
[[organizations]]
name = "Andere UG"
keys = ["key-b"]
[[organizations]]
name = "Ohne Vertrag"
keys = ["key-c"]
contract = false
[[contacts]]
company = "Kunde & Söhne AG"
number = 10042
emails = ["buchhaltung@kunde.example"]
street = "Am Markt 3"
zip = "50667"
city = "Köln"
[[contacts]]
first_name = "Anna"
last_name = "Beispiel"
emails_private = ["anna@privat.example"]
[[invoices]]
number = "RE1"
contact = "Kunde & Söhne AG"
amount = 238.00
date = 2026-01-08
due = 2026-01-22
paid = 100.00
[[invoices]]
number = "RE2"
contact = "Beispiel, Anna"
amount = 119.10
date = 2026-02-27
due = 2026-03-02
[[invoices]]
number = "RE3"
contact = "Kunde & Söhne AG"
amount = 59.50
date = 2026-03-01
status = "draft"
[[invoices]]
number = "RE4"
amount = 11.90
date = 2026-02-01
name = "Laufkunde"
e_document = "EN16931"
[[invoices]]
number = "RE5"
contact = "Kunde & Söhne AG"
amount = 1190.00
date = 2026-02-20
e_document = "XRechnung"
status = "sepadebit"
due = 2026-02-25
[[invoices]]
number = "AR1"
kind = "downpaymentinvoice"
contact = "Kunde & Söhne AG"
amount = 595.00
date = 2026-02-10
[[vouchers]]
number = "2026-118"
contact = "Kunde & Söhne AG"
amount = 119.00
tax_type = "gross"
date = 2026-01-12
due = 2026-01-26
[[invoices]]
organization = "Andere UG"
number = "RE1-B"
amount = 23.80
date = 2026-02-01
"#;

pub(crate) struct Office {
    pub(crate) sandbox: LexofficeSandbox,
    real: Arc<AtomicI64>,
    client: Client,
    key: &'static str,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The JSON of an answer that must be this one.
    #[track_caller]
    pub(crate) fn with(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Office {
    pub(crate) async fn start() -> Self {
        Self::with(Scenario::Toml(SCENARIO.to_owned())).await
    }

    /// With more at the end of the usual scenario.
    pub(crate) async fn start_with(more: &str) -> Self {
        Self::with(Scenario::Toml(format!("{SCENARIO}{more}"))).await
    }

    pub(crate) async fn with(scenario: Scenario) -> Self {
        let real = Arc::new(AtomicI64::new(1_772_438_400_000));
        let shown = real.clone();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = LexofficeSettings { listen, scenario, real: Arc::new(move || shown.load(Ordering::SeqCst)) };
        let sandbox = LexofficeSandbox::start(settings).await.unwrap();
        let key = if sandbox.key().as_deref() == Some("key-a") { "key-a" } else { "sandbox-key" };
        Self { sandbox, real, client: client(), key }
    }

    /// Real time goes on; the sandbox's with it.
    pub(crate) fn pass(&self, ms: i64) {
        self.real.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.sandbox.addr())
    }

    /// Asks with this method, path below the host, headers and body. `Err` if there was no whole answer.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Reply, reqwest::Error> {
        self.call(method, &self.url(path), headers, body).await
    }

    /// As [`Self::ask`], wherever that is.
    pub(crate) async fn call(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Reply, reqwest::Error> {
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Reply { status, headers, body: answer.bytes().await?.to_vec() })
    }

    pub(crate) async fn try_get(&self, path: &str) -> Result<Reply, reqwest::Error> {
        let authorization = format!("Bearer {}", self.key);
        self.ask("GET", &format!("/v1{path}"), &[("authorization", &authorization)], "").await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.try_get(path).await.unwrap()
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Result<Reply, reqwest::Error> {
        let authorization = format!("Bearer {}", self.key);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        self.ask("POST", &format!("/v1{path}"), &headers, body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.try_post(path, body).await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        let authorization = format!("Bearer {}", self.key);
        self.ask("DELETE", &format!("/v1{path}"), &[("authorization", &authorization)], "").await.unwrap()
    }

    /// A control request that must succeed.
    #[track_caller]
    pub(crate) fn control(&self, name: &str, body: Value) -> impl Future<Output = Value> {
        let request = self.client.post(self.url(&format!("/_control/{name}"))).body(body.to_string());
        let name = name.to_owned();
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            assert!(status.is_success(), "{name}: {status} {text}");
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
        }
    }

    pub(crate) async fn look(&self, name: &str) -> Value {
        self.ask("GET", &format!("/_control/{name}"), &[], "").await.unwrap().with(200)
    }

    /// The id of the voucher with this number, of whatever organisation.
    pub(crate) async fn id(&self, number: &str) -> String {
        let claims = self.look("truth").await;
        let found = claims.as_array().unwrap().iter().find(|claim| claim["voucherNumber"] == number);
        found.unwrap_or_else(|| panic!("no {number} in {claims}"))["id"].as_str().unwrap().to_owned()
    }

    /// The numbers of the rows that this query of the voucherlist gives, sorted.
    pub(crate) async fn numbers(&self, query: &str) -> Vec<String> {
        let list = self.get(&format!("/voucherlist?{query}")).await.with(200);
        let mut numbers: Vec<String> =
            list["content"].as_array().unwrap().iter().map(|row| row["voucherNumber"].as_str().unwrap().to_owned()).collect();
        numbers.sort();
        numbers
    }

    pub(crate) fn fault(&self, act: Trouble) {
        self.sandbox.set_fault(Fault::always(act)).unwrap();
    }

    pub(crate) fn fault_once(&self, act: Trouble) {
        self.sandbox.set_fault(Fault { times: Some(1), ..Fault::always(act) }).unwrap();
    }

    pub(crate) async fn dunnings(&self) -> usize {
        self.look("dunnings").await.as_array().unwrap().len()
    }
}

/// A dunning that the service takes, for an invoice of this contact.
pub(crate) fn dunning(contact: Option<&str>) -> Value {
    json!({
        "voucherDate": "2026-03-02T00:00:00.000+01:00",
        "address": contact.map_or_else(|| json!({"name": "Laufkunde"}), |id| json!({"contactId": id})),
        "lineItems": [{"type": "custom", "name": "Mahnkosten", "quantity": 1, "unitName": "Pauschale",
            "unitPrice": {"currency": "EUR", "netAmount": 5.10, "taxRatePercentage": 0}}],
        "totalPrice": {"currency": "EUR"}, "taxConditions": {"taxType": "net"}, "shippingConditions": {"shippingType": "none"},
        "title": "1. Mahnung", "introduction": "Rechnung RE1 ist offen.", "remark": "Zahlbar bis 16.03.2026. Vorgang M-7Q2K",
    })
}
