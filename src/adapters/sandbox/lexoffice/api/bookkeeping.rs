//! `/vouchers`: bookkeeping vouchers, such as revenue vouchers. They have no address, language or payment term.

use super::super::amount::{decimal, number};
use super::super::answer::{Answer, Refusal};
use super::super::ids::Id;
use super::super::time::{stamp, stamp_of_day};
use super::super::world::{Organization, Voucher};
use super::Call;
use super::paging::Paging;
use super::voucherlist::html_decoded;
use serde_json::{Value, json};

const LARGEST_PAGE: usize = 250;
/// Dienstleistungen.
const CATEGORY: Id = Id::fixed(0x8f8664a0_fd86_11e1_a21f_0800200c9a66);

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let voucher = call.voucher(|voucher| voucher.kind.is_bookkeeping()).ok_or_else(Refusal::legacy_not_found)?;
    Ok(Answer::json(write(call.organization, voucher)))
}

/// Deprecated there, and the only filter.
pub(super) fn by_number(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let bad = || Refusal::Legacy { status: 400, key: "bad_request_error", source: "voucherNumber".to_owned() };
    let number = call.asked.parameter("voucherNumber").map(html_decoded).ok_or_else(bad)?;
    let paging = Paging::of(call.asked, LARGEST_PAGE, &["voucherNumber"], true)?;
    let organization = &*call.organization;
    let found: Vec<&Voucher> =
        organization.vouchers().filter(|voucher| voucher.kind.is_bookkeeping() && voucher.number == number).collect();
    let mut body = paging.envelope(&found, 0, |voucher| write(organization, voucher));
    if let Some(body) = body.as_object_mut() {
        body.remove("sort");
    }
    Ok(Answer::json(body))
}

fn write(organization: &Organization, voucher: &Voucher) -> Value {
    let net = voucher.gross - voucher.tax;
    let rate = voucher.document.lines.first().map(|line| line.tax_rate).unwrap_or_default();
    let contact = voucher.document.contact.and_then(|id| organization.contact(id));
    let is_gross = voucher.document.tax_type.is_gross();
    let fields = json!({
        "id": voucher.id, "organizationId": organization.id, "type": voucher.kind.word(), "voucherStatus": voucher.word(),
        "voucherNumber": voucher.number, "voucherDate": stamp_of_day(voucher.document.date), "dueDate": voucher.due.map(stamp_of_day),
        "totalGrossAmount": number(voucher.gross), "totalTaxAmount": number(voucher.tax),
        "taxType": if is_gross { "gross" } else { "net" },
        "useCollectiveContact": contact.is_none(), "contactId": voucher.document.contact,
        "contactName": contact.map(super::super::world::Contact::display_name), "remark": voucher.document.remark,
        "voucherItems": [{
            "amount": number(if is_gross { voucher.gross } else { net }), "taxAmount": number(voucher.tax),
            "taxRatePercent": decimal(rate), "categoryId": CATEGORY,
        }],
        "files": voucher.files, "createdDate": stamp(voucher.created), "updatedDate": stamp(voucher.updated), "version": voucher.version,
    });
    let Value::Object(fields) = fields else { return Value::Null };
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
