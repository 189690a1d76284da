//! Dunnings: made from an invoice, read by id; no list, no change, no removal, and always a draft.

use super::super::answer::{Answer, Detail, Refusal};
use super::super::ids::Id;
use super::super::time::stamp;
use super::super::world::{Address, Document, Dunning, Kind, Related, Status, Voucher};
use super::{Call, document, received};
use serde_json::json;
use std::sync::Arc;

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let dunning = find(call)?;
    let mut fields = document::write(&dunning.document);
    fields.insert("id".to_owned(), json!(dunning.id));
    fields.insert("organizationId".to_owned(), json!(call.organization.id));
    fields.insert("createdDate".to_owned(), json!(stamp(dunning.created)));
    fields.insert("updatedDate".to_owned(), json!(stamp(dunning.updated)));
    fields.insert("version".to_owned(), json!(dunning.version));
    fields.insert("archived".to_owned(), json!(false));
    fields.insert("voucherStatus".to_owned(), json!("draft"));
    let invoice = call.organization.voucher(dunning.invoice);
    let related = invoice.map(|invoice| json!([{"id": invoice.id, "voucherNumber": invoice.number, "voucherType": invoice.kind.word()}]));
    fields.insert("relatedVouchers".to_owned(), related.unwrap_or_else(|| json!([])));
    Ok(Answer::json(fields.into()))
}

pub(super) fn find<'c>(call: &'c Call<'_>) -> Result<&'c Dunning, Refusal> {
    call.id().and_then(|id| call.organization.dunnings.get(&id)).ok_or_else(Refusal::not_found)
}

/// Nothing makes this idempotent: asked twice, it makes two.
pub(super) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let preceding = call.asked.parameter("precedingSalesVoucherId");
    let preceding =
        preceding.ok_or_else(|| Refusal::regular(400, "Required request parameter 'precedingSalesVoucherId' is not present"))?;
    let body = call.asked.json().ok_or_else(|| Refusal::regular(400, "Malformed JSON"))?;
    let mut document = received::read(&body).map_err(Refusal::invalid)?;
    let invoice = Id::parse(preceding).and_then(|id| call.organization.voucher(id));
    let can_be_dunned =
        |invoice: &&Voucher| matches!(invoice.kind, Kind::Invoice | Kind::DownPaymentInvoice) && invoice.status != Status::Draft;
    let invoice = invoice.filter(can_be_dunned).ok_or_else(|| invalid("precedingSalesVoucherId", "no invoice that can be dunned"))?;
    document.address = address(invoice, &document)?;
    let invoice = invoice.id;
    let dunning = Dunning { id: Id::new(call.dice), invoice, created: call.now, updated: call.now, version: 2, document };
    let id = dunning.id;
    call.organization.dunnings.insert(id, dunning);
    let related = Related { id, kind: "dunning", number: None, visible_from: call.now.saturating_add(call.lag_ms) };
    call.organization.change(invoice, call.now, |invoice| invoice.related.push(related));
    call.organization.happened("dunning.created", id, call.now);
    // Version 1 is what the answer says; whoever reads it afterwards sees 2.
    Ok(Answer::created(call.asked, id, call.now, 1))
}

/// The name is always the invoice's; the rest may differ.
fn address(invoice: &Voucher, document: &Document) -> Result<Arc<Address>, Refusal> {
    if document.contact != invoice.document.contact {
        return Err(invalid("address.contactId", "must be the contact of the preceding voucher"));
    }
    if document.tax_type != invoice.document.tax_type {
        return Err(invalid("taxConditions.taxType", "must be the tax type of the preceding voucher"));
    }
    if document.address.street.is_none() && document.address.city.is_none() {
        return Ok(invoice.document.address.clone());
    }
    Ok(Arc::new(Address { name: invoice.document.address.name.clone(), ..(*document.address).clone() }))
}

fn invalid(field: &str, message: &str) -> Refusal {
    Refusal::invalid(vec![Detail::new("INVALID", field, message)])
}
