//! `GET /payments/{voucherId}`: what was paid and what is open. There is no way to write one.

use super::super::amount::number;
use super::super::answer::{Answer, Refusal};
use super::super::time::stamp_of_day;
use super::super::world::{Kind, Payment, Voucher};
use super::Call;
use serde_json::{Value, json};

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let voucher = call.voucher(|_| true).ok_or_else(Refusal::not_found)?;
    let belongs_to_an_invoice = voucher.kind == Kind::CreditNote && !voucher.related.is_empty();
    let open = voucher.open_amount().filter(|_| !belongs_to_an_invoice);
    let open = open.ok_or_else(|| Refusal::regular(406, "Payments of this voucher can't be told"))?;
    let mut body = json!({
        "openAmount": number(open), "currency": "EUR", "paymentStatus": status(voucher, open),
        "voucherType": voucher.kind.word(), "voucherStatus": voucher.word(),
        "paymentItems": voucher.payments.iter().map(item).collect::<Vec<_>>(),
    });
    if let ("paid" | "paidoff", Some(last)) = (voucher.word(), voucher.payments.last()) {
        body["paidDate"] = json!(stamp_of_day(last.on));
    }
    Ok(Answer::json(body))
}

fn status(voucher: &Voucher, open: i64) -> &'static str {
    match voucher.kind {
        _ if open == 0 => "balanced",
        Kind::PurchaseInvoice => "openExpense",
        // A sales credit note too, which is why the type must be looked at.
        _ => "openRevenue",
    }
}

fn item(payment: &Payment) -> Value {
    json!({"paymentItemType": payment.kind, "postingDate": stamp_of_day(payment.on), "amount": number(payment.amount), "currency": "EUR"})
}
