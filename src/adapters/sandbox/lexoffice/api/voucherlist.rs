//! `GET /voucherlist`: the only list of vouchers, and the only place that knows `overdue`.

use super::super::amount::number;
use super::super::answer::{Answer, Refusal};
use super::super::asked::Asked;
use super::super::ids::Id;
use super::super::time::{day, stamp_of_day, stamp_of_second};
use super::super::world::{Organization, Voucher};
use super::Call;
use super::paging::{Paging, Sort};
use chrono::NaiveDate;
use serde_json::{Value, json};

const LARGEST_PAGE: usize = 250;
const SORTABLE: &[&str] = &["voucherDate", "voucherNumber", "createdDate", "updatedDate"];
const TYPES: &[&str] = &[
    "salesinvoice",
    "salescreditnote",
    "purchaseinvoice",
    "purchasecreditnote",
    "invoice",
    "downpaymentinvoice",
    "creditnote",
    "orderconfirmation",
    "quotation",
    "deliverynote",
];
const STATUSES: &[&str] =
    &["draft", "open", "paid", "paidoff", "voided", "transferred", "sepadebit", "overdue", "accepted", "rejected", "unchecked"];

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let filter = Filter::of(call.asked)?;
    let paging = Paging::of(call.asked, LARGEST_PAGE, SORTABLE, false)?;
    let today = day(call.now);
    let organization = &*call.organization;
    let mut rows: Vec<&Voucher> = organization.vouchers().filter(|voucher| filter.lets(voucher, today)).collect();
    sort(&mut rows, &paging.sort);
    let mut body = paging.envelope(&rows, call.moved_rows, |voucher| row(organization, voucher, today));
    if call.unknown_row && filter.types.is_none() {
        add_unknown_row(&mut body, call.now);
    }
    Ok(Answer::json(body))
}

struct Filter {
    /// `None` is any.
    types: Option<Vec<String>>,
    statuses: Option<Vec<String>>,
    archived: Option<bool>,
    contact: Option<Option<Id>>,
    number: Option<String>,
    voucher_date: Days,
    created: Days,
    updated: Days,
}

/// From and to, both included.
#[derive(Default)]
struct Days(Option<NaiveDate>, Option<NaiveDate>);

impl Days {
    fn of(asked: &Asked, name: &str) -> Result<Self, Refusal> {
        let side = |end: &str| match asked.parameter(&format!("{name}{end}")) {
            None => Ok(None),
            Some(text) if text.len() == 10 => NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Some).map_err(|_| wrong(name, end, text)),
            Some(text) => Err(wrong(name, end, text)),
        };
        Ok(Self(side("From")?, side("To")?))
    }

    fn hold(&self, day: NaiveDate) -> bool {
        self.0.is_none_or(|from| from <= day) && self.1.is_none_or(|to| day <= to)
    }

    fn is_any(&self) -> bool {
        self.0.is_none() && self.1.is_none()
    }
}

fn wrong(name: &str, end: &str, text: &str) -> Refusal {
    Refusal::regular(400, format!("{name}{end}: `{text}` is no date of the form yyyy-MM-dd"))
}

impl Filter {
    fn of(asked: &Asked) -> Result<Self, Refusal> {
        let types = words(asked, "voucherType", TYPES)?;
        let statuses = words(asked, "voucherStatus", STATUSES)?;
        if statuses.as_ref().is_some_and(|list| list.len() > 1 && list.iter().any(|status| status == "overdue")) {
            return Err(Refusal::regular(400, "voucherStatus: overdue can't be combined with other statuses"));
        }
        let archived = match asked.parameter("archived") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(other) => return Err(Refusal::regular(400, format!("archived: `{other}` is neither true nor false"))),
        };
        Ok(Self {
            types,
            statuses,
            archived,
            contact: asked.parameter("contactId").map(Id::parse),
            number: asked.parameter("voucherNumber").map(html_decoded),
            voucher_date: Days::of(asked, "voucherDate")?,
            created: Days::of(asked, "createdDate")?,
            updated: Days::of(asked, "updatedDate")?,
        })
    }

    fn lets(&self, voucher: &Voucher, today: NaiveDate) -> bool {
        let has_type = self.types.as_ref().is_none_or(|list| list.iter().any(|word| word == voucher.kind.word()));
        has_type
            && self.has_status(voucher, today)
            && self.archived.is_none_or(|archived| archived == voucher.archived)
            && self.contact.is_none_or(|contact| contact.is_some() && contact == voucher.document.contact)
            && self.number.as_ref().is_none_or(|number| *number == voucher.number)
            && self.voucher_date.hold(voucher.document.date)
            && (self.created.is_any() || self.created.hold(day(voucher.created)))
            && (self.updated.is_any() || self.updated.hold(day(voucher.updated)))
    }

    /// Rows that are overdue also come when open or sepadebit is asked for.
    fn has_status(&self, voucher: &Voucher, today: NaiveDate) -> bool {
        let Some(list) = &self.statuses else { return true };
        list.iter().any(|status| status == voucher.word() || (status == "overdue" && voucher.is_overdue(today)))
    }
}

/// A mandatory list of known words; `None` if it is `any`.
fn words(asked: &Asked, name: &str, known: &[&str]) -> Result<Option<Vec<String>>, Refusal> {
    let list = asked.list(name);
    if list.is_empty() {
        return Err(Refusal::regular(400, format!("Required request parameter '{name}' is not present")));
    }
    if list == ["any"] {
        return Ok(None);
    }
    match list.iter().find(|word| !known.contains(word)) {
        Some(unknown) => Err(Refusal::regular(400, format!("{name}: `{unknown}` is not supported"))),
        None => Ok(Some(list.iter().map(|word| (*word).to_owned()).collect())),
    }
}

/// Search texts are HTML-encoded before they are URL-encoded.
pub(super) fn html_decoded(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn sort(rows: &mut [&Voucher], sort: &Sort) {
    match sort.property.as_str() {
        "voucherNumber" => rows.sort_by(|a, b| a.number.cmp(&b.number)),
        "createdDate" => rows.sort_by_key(|voucher| voucher.created),
        "updatedDate" => rows.sort_by_key(|voucher| voucher.updated),
        _ => rows.sort_by_key(|voucher| voucher.document.date),
    }
    if !sort.ascending {
        rows.reverse();
    }
}

fn row(organization: &Organization, voucher: &Voucher, today: NaiveDate) -> Value {
    let contact = voucher.document.contact.and_then(|id| organization.contact(id));
    let name = contact.map_or_else(|| voucher.document.address.name.clone(), super::super::world::Contact::display_name);
    json!({
        "id": voucher.id, "voucherType": voucher.kind.word(),
        "voucherStatus": if voucher.is_overdue(today) { "overdue" } else { voucher.word() },
        "voucherNumber": voucher.number, "voucherDate": stamp_of_day(voucher.document.date),
        "createdDate": stamp_of_second(voucher.created), "updatedDate": stamp_of_second(voucher.updated),
        "dueDate": voucher.due.map(stamp_of_day), "contactId": voucher.document.contact, "contactName": name,
        "totalAmount": number(voucher.gross), "openAmount": voucher.open_amount().map(number),
        "currency": "EUR", "archived": voucher.archived,
    })
}

/// What a kind of voucher looks like that was announced after a client was written.
fn add_unknown_row(body: &mut Value, now: i64) {
    let row = json!({
        "id": Id::fixed(0x0badc0de_0000_4000_8000_000000000001), "voucherType": "selfbillinginvoice", "voucherStatus": "underreview",
        "voucherNumber": "SB0001", "voucherDate": stamp_of_day(day(now)), "createdDate": stamp_of_second(now), "updatedDate": stamp_of_second(now),
        "dueDate": null, "contactId": null, "contactName": "?", "totalAmount": number(100), "openAmount": null, "currency": "EUR", "archived": false,
    });
    if let Some(content) = body["content"].as_array_mut() {
        content.push(row);
    }
}
