//! Identifiers: newtypes, so that a customer's number never lands where an invoice's belongs.
//!
//! Nothing here makes one up: row ids come from the ledger's counter, notice ids from content.

use serde::{Deserialize, Serialize};

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

row_id! {
    /// One creditor; all rows belong to one.
    TenantId,
    /// One debtor of a tenant.
    CustomerId,
    /// One claim. An invoice's dunning instance carries the same number: there is one per invoice.
    InvoiceId,
    /// One published, immutable version of a workflow.
    WorkflowId,
    /// One piece of outside work of a notice.
    StepId,
    /// One reason why a customer or an invoice rests.
    BlockId,
}

/// A notice's id: 32 lower-case hex digits derived from its content, the same on every run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub String);

impl std::fmt::Display for NoticeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
