//! The vendor's words as the engine's, both ways, and amounts as minor units.

use super::super::values::Amount;
use super::super::words::{VoucherStatus, VoucherType};
use crate::domain::money::{Currency, parse_minor};
use crate::engine::source::ports::{ClaimKind, ClaimStatus};

pub(super) fn kind(word: VoucherType) -> ClaimKind {
    match word {
        VoucherType::Invoice => ClaimKind::Invoice,
        VoucherType::DownPaymentInvoice => ClaimKind::DownPayment,
        VoucherType::SalesInvoice => ClaimKind::RevenueVoucher,
        VoucherType::CreditNote => ClaimKind::CreditNote,
        other => ClaimKind::Other(other.as_str().to_owned()),
    }
}

pub(super) fn voucher_type(kind: &ClaimKind) -> VoucherType {
    match kind {
        ClaimKind::Invoice => VoucherType::Invoice,
        ClaimKind::DownPayment => VoucherType::DownPaymentInvoice,
        ClaimKind::RevenueVoucher => VoucherType::SalesInvoice,
        ClaimKind::CreditNote => VoucherType::CreditNote,
        ClaimKind::Other(word) => VoucherType::from(word.clone()),
    }
}

pub(super) fn status(word: VoucherStatus) -> ClaimStatus {
    match word {
        VoucherStatus::Draft => ClaimStatus::Draft,
        VoucherStatus::Open => ClaimStatus::Open,
        VoucherStatus::Overdue => ClaimStatus::Overdue,
        VoucherStatus::Paid => ClaimStatus::Paid,
        VoucherStatus::PaidOff => ClaimStatus::PaidOff,
        VoucherStatus::Voided => ClaimStatus::Voided,
        VoucherStatus::SepaDebit => ClaimStatus::DirectDebit,
        other => ClaimStatus::Other(other.as_str().to_owned()),
    }
}

pub(super) fn voucher_status(status: &ClaimStatus) -> VoucherStatus {
    match status {
        ClaimStatus::Draft => VoucherStatus::Draft,
        ClaimStatus::Open => VoucherStatus::Open,
        ClaimStatus::Overdue => VoucherStatus::Overdue,
        ClaimStatus::Paid => VoucherStatus::Paid,
        ClaimStatus::PaidOff => VoucherStatus::PaidOff,
        ClaimStatus::Voided => VoucherStatus::Voided,
        ClaimStatus::DirectDebit => VoucherStatus::SepaDebit,
        ClaimStatus::Other(word) => VoucherStatus::from(word.clone()),
    }
}

/// lexoffice knows euros only and does not always say so.
pub(super) fn currency(code: Option<&str>) -> Result<Currency, String> {
    code.map_or(Ok(Currency::EUR), Currency::parse)
}

/// # Errors
/// When it has more decimal places than the currency.
pub(super) fn minor(amount: Amount, currency: Currency) -> Result<i64, String> {
    parse_minor(&amount.0.to_string(), currency.decimals(), '.')
}
