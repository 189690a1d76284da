//! Invoices, down-payment invoices and credit notes: read by id, and invoices made.

use super::super::amount::number;
use super::super::answer::{Answer, Detail, Refusal};
use super::super::ids::Id;
use super::super::time::stamp;
use super::super::time::stamp_of_day;
use super::super::world::{Condition, EDocument, Kind, Organization, Related, Status, Voucher};
use super::{Call, document, received};
use serde_json::{Value, json};

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let voucher = call.sales_voucher()?;
    Ok(Answer::json(write(call.organization, voucher, call.now)))
}

/// Without `finalize=true` a draft. Nothing that was made here can be changed through the API.
pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let body = call.asked.json().ok_or_else(|| Refusal::regular(400, "Malformed JSON"))?;
    let mut document = received::read(&body).map_err(Refusal::invalid)?;
    if let Some(id) = document.contact {
        let unknown = || Refusal::invalid(vec![Detail::new("NOTFOUND", "address.contactId", "unknown contact")]);
        let contact = call.organization.contact(id).ok_or_else(unknown)?;
        document.address = contact.address.clone();
    }
    let finalized = call.asked.parameter("finalize") == Some("true");
    let totals = document.totals();
    let days = body["paymentConditions"]["paymentTermDuration"].as_i64();
    let due = days
        .map_or_else(|| call.organization.default_due(document.date), |days| document.date + chrono::Duration::days(days.clamp(0, 3_650)));
    let voucher = Voucher {
        id: Id::new(call.dice),
        kind: Kind::Invoice,
        status: if finalized { Status::Open } else { Status::Draft },
        number: call.organization.next_number("RE"),
        due: Some(due),
        created: call.now,
        updated: call.now,
        version: 1,
        archived: false,
        gross: totals.gross,
        tax: totals.tax,
        claimed: None,
        condition: call.organization.default_condition().map(|condition| condition.id),
        payments: Vec::new(),
        related: Vec::new(),
        e_document: EDocument::None,
        files: Vec::new(),
        document,
    };
    let id = call.organization.add_voucher(voucher, call.now);
    Ok(Answer::created(call.asked, id, call.now, 1))
}

fn write(organization: &Organization, voucher: &Voucher, now: i64) -> Value {
    let mut fields = document::write(&voucher.document);
    fields.insert("id".to_owned(), json!(voucher.id));
    fields.insert("organizationId".to_owned(), json!(organization.id));
    fields.insert("createdDate".to_owned(), json!(stamp(voucher.created)));
    fields.insert("updatedDate".to_owned(), json!(stamp(voucher.updated)));
    fields.insert("version".to_owned(), json!(voucher.version));
    fields.insert("archived".to_owned(), json!(voucher.archived));
    fields.insert("voucherStatus".to_owned(), json!(plain_status(voucher)));
    fields.insert("voucherNumber".to_owned(), json!(voucher.number));
    fields.insert("electronicDocumentProfile".to_owned(), json!(voucher.e_document));
    fields
        .insert("relatedVouchers".to_owned(), voucher.related.iter().filter(|related| related.visible_from <= now).map(related).collect());
    if voucher.e_document == EDocument::XRechnung {
        fields.insert("xRechnung".to_owned(), json!({"buyerReference": "04011000-12345-67"}));
    }
    if voucher.kind != Kind::CreditNote {
        if let (Some(due), true) = (voucher.due, voucher.status != Status::Draft) {
            fields.insert("dueDate".to_owned(), json!(stamp_of_day(due)));
        }
        if let Some(condition) = organization.condition(voucher.condition) {
            fields.insert("paymentConditions".to_owned(), payment_conditions(condition));
        }
        fields.insert("closingInvoice".to_owned(), json!(voucher.claimed.is_some()));
        if let Some(claimed) = voucher.claimed {
            fields.insert("claimedGrossAmount".to_owned(), number(claimed));
        }
    }
    Value::Object(fields)
}

/// Detail endpoints know neither `overdue` nor `sepadebit`.
fn plain_status(voucher: &Voucher) -> &'static str {
    match voucher.word() {
        "sepadebit" | "transferred" => "open",
        other => other,
    }
}

fn related(related: &Related) -> Value {
    let mut entry = json!({"id": related.id, "voucherType": related.kind});
    if let Some(number) = &related.number {
        entry["voucherNumber"] = json!(number);
    }
    entry
}

fn payment_conditions(condition: &Condition) -> Value {
    let mut label = condition.label.replace("{paymentRange}", &condition.days.to_string());
    let mut fields = json!({"paymentTermLabelTemplate": condition.label, "paymentTermDuration": condition.days});
    if let Some((percentage, range)) = condition.discount {
        label = label.replace("{discountRange}", &range.to_string()).replace("{discount}", &format!("{percentage} %"));
        fields["paymentDiscountConditions"] =
            json!({"discountPercentage": super::super::amount::decimal(percentage), "discountRange": range});
    }
    fields["paymentTermLabel"] = json!(label);
    fields
}
