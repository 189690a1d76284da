//! The three kinds of outside work, and the pointer that wakes a worker for some of it.

use super::ids::{StepId, TenantId};
use serde::{Deserialize, Serialize};

/// A worker pool, and the queue it pulls from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Renders letters to PDF.
    Print,
    /// Sends e-mail.
    Send,
    /// Hands letters over: to the print batch, later to providers.
    Post,
}

impl Pool {
    pub const ALL: [Self; 3] = [Self::Print, Self::Send, Self::Post];

    /// The word for it in SQL, TOML, queue names and on the page.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Print => "print",
            Self::Send => "send",
            Self::Post => "post",
        }
    }
}

/// What a queue message carries: pointers to steps of one tenant and pool, never their content.
///
/// A chunk may come twice, late or never; the claim in the ledger decides, not the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    pub tenant: TenantId,
    pub pool: Pool,
    /// Each step with the attempt it was queued for; a step whose attempt has moved on is stale.
    pub steps: Vec<(StepId, i64)>,
}
