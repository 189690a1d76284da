//! How a source's kinds and statuses are called in the ledger, and whether a claim of that status is over.

use super::ports::{ClaimKey, ClaimKind, ClaimStatus};
use crate::store::source_claims::ClaimRecord;

/// The status of a claim that the source does not know any more.
pub(super) const GONE: &str = "gone";

/// A kind's word; invoices are stored with it.
pub(super) fn kind_word(kind: &ClaimKind) -> &str {
    match kind {
        ClaimKind::Invoice => "invoice",
        ClaimKind::DownPayment => "down_payment",
        ClaimKind::RevenueVoucher => "revenue_voucher",
        ClaimKind::CreditNote => "credit_note",
        ClaimKind::Other(word) => word,
    }
}

pub(super) fn kind(word: &str) -> ClaimKind {
    match word {
        "invoice" => ClaimKind::Invoice,
        "down_payment" => ClaimKind::DownPayment,
        "revenue_voucher" => ClaimKind::RevenueVoucher,
        "credit_note" => ClaimKind::CreditNote,
        other => ClaimKind::Other(other.to_owned()),
    }
}

/// The claim's name at the source.
pub(super) fn claim_key(record: &ClaimRecord) -> ClaimKey {
    ClaimKey { kind: kind(&record.kind), id: record.external_id.clone() }
}

pub(super) fn status_word(status: &ClaimStatus) -> &str {
    match status {
        ClaimStatus::Draft => "draft",
        ClaimStatus::Open | ClaimStatus::Overdue => "open",
        ClaimStatus::Paid => "paid",
        ClaimStatus::PaidOff => "paid_off",
        ClaimStatus::Voided => "voided",
        ClaimStatus::DirectDebit => "direct_debit",
        ClaimStatus::Other(word) => word,
    }
}

/// Whether nothing more is expected of a claim of this status. It may still come back: a debit that is returned.
pub(super) fn is_over(status: &ClaimStatus) -> bool {
    matches!(status, ClaimStatus::Paid | ClaimStatus::PaidOff | ClaimStatus::Voided)
}

/// Whether a claim of this status is one that is enrolled when it is first met.
pub(super) fn is_claimed(status: &ClaimStatus) -> bool {
    matches!(status, ClaimStatus::Open | ClaimStatus::Overdue | ClaimStatus::DirectDebit)
}

/// Text of a source without characters that no database or letter takes.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect::<String>().trim().to_owned()
}
