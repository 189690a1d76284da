//! What was paid of a claim.

use super::super::calls::payments as vendor;
use super::super::client::LexofficeClient;
use super::super::values::Amount;
use super::super::words::{PaymentItemType, PaymentStatus};
use super::errors::{SourceAnswer, id, malformed};
use super::words::{currency, minor, status};
use crate::domain::money::Currency;
use crate::engine::source::ports::{ClaimKey, ClaimKind, ClaimStatus, ItemKind, Payment, PaymentItem, SourceError};

pub(super) async fn payment(client: &LexofficeClient, key: &ClaimKey) -> Result<Payment, SourceError> {
    let voucher = id(&key.id)?;
    if let Some(payments) = client.payments(&voucher).await.answer()? {
        return read(&voucher.to_string(), payments);
    }
    let nothing = |status| Payment { status, currency: Currency::EUR, open_minor: 0, items: Vec::new() };
    match key.kind {
        // Those of an invoice have no payments either; only the note itself tells whether it is a draft.
        ClaimKind::CreditNote => Ok(nothing(status(client.credit_note(&voucher).await.answer()?.voucher_status))),
        _ => Ok(nothing(ClaimStatus::Draft)),
    }
}

fn read(voucher: &str, payments: vendor::Payments) -> Result<Payment, SourceError> {
    let wrong = |path: &str, what: String| malformed(&format!("GET payments/{voucher}"), path, what);
    let currency = currency(payments.currency.as_deref()).map_err(|what| wrong("currency", what))?;
    let exact = |path: &str, amount: Option<Amount>| {
        let amount = amount.ok_or_else(|| wrong(path, "it has no amount".to_owned()))?;
        minor(amount, currency).map_err(|what| wrong(path, what))
    };
    let open = exact("openAmount", payments.open_amount)?;
    // The amount is positive whoever owes it: what is open the other way was paid too much.
    let owed_by_us = payments.payment_status == PaymentStatus::OpenExpense;
    let paid_on = payments.paid_date;
    let mut items = Vec::with_capacity(payments.payment_items.len());
    for (index, item) in payments.payment_items.into_iter().enumerate() {
        let at = |field: &str| format!("paymentItems[{index}].{field}");
        let on = item.posting_date.or(paid_on).ok_or_else(|| wrong(&at("postingDate"), "it has no date".to_owned()))?.0;
        items.push(PaymentItem { kind: kind(item.payment_item_type), amount_minor: exact(&at("amount"), item.amount)?, on });
    }
    let status = match payments.voucher_status {
        Some(word) => status(word),
        None => ClaimStatus::Other(payments.payment_status.as_str().to_owned()),
    };
    Ok(Payment { status, currency, open_minor: if owed_by_us { -open } else { open }, items })
}

fn kind(word: PaymentItemType) -> ItemKind {
    match word {
        PaymentItemType::FinancialTransaction | PaymentItemType::CashBox | PaymentItemType::Manual => ItemKind::Payment,
        PaymentItemType::CreditNote => ItemKind::CreditNote,
        PaymentItemType::CashDiscount => ItemKind::CashDiscount,
        PaymentItemType::Irrecoverable => ItemKind::WriteOff,
        PaymentItemType::DunningCosts | PaymentItemType::CurrencyConversion => ItemKind::Beside,
        PaymentItemType::Other(word) => ItemKind::Other(word),
    }
}
