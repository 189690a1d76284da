//! What a source is asked so that it tells of changes by itself, and how what it tells is believed.
//!
//! An event is a pointer, never a fact: whoever gets it asks the source. So it may come twice, late, in any order or not at all.

use super::{ClaimKind, SourceError};
use crate::domain::time::Timestamp;
use futures::future::BoxFuture;

/// The side of a source that tells by itself.
pub trait Hooks: Send + Sync {
    /// What it is to tell of where claims of these kinds are kept in step, in its own words.
    fn wanted(&self, kinds: &[ClaimKind]) -> Vec<String>;

    /// All subscriptions of the key, whoever made them.
    fn subscriptions(&self) -> BoxFuture<'_, Result<Vec<Subscription>, SourceError>>;

    /// Subscribes. That there is one for the same event and address already is as good.
    fn subscribe<'a>(&'a self, event: &'a str, callback: &'a str) -> BoxFuture<'a, Result<(), SourceError>>;

    /// Ends a subscription. That there is none is as good.
    fn unsubscribe<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<(), SourceError>>;

    /// The HTTP header in which a call's signature stands.
    fn signature_header(&self) -> &'static str;

    /// What a call says, if it is signed by the source: checked over the bytes as they came, before anything of them is read.
    ///
    /// # Errors
    /// Why it is not believed.
    fn read(&self, body: &[u8], signature: Option<&str>) -> Result<Event, Unbelieved>;
}

/// A subscription at a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    /// The source's own word.
    pub event: String,
    /// Empty where the source does not say it.
    pub callback: String,
}

/// What a source told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose account it is.
    pub organisation: String,
    /// The source's own word for what happened.
    pub word: String,
    pub kind: EventKind,
    /// The source's id of what it happened to.
    pub resource: String,
    pub at: Timestamp,
}

/// What is to be asked because of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// What is paid of a claim.
    Payment,
    /// A claim as a whole.
    Claim,
    Contact,
    /// Whether the key still opens the account.
    Access,
    /// Nothing.
    Other,
}

impl EventKind {
    /// As the ledger writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Claim => "claim",
            Self::Contact => "contact",
            Self::Access => "access",
            Self::Other => "other",
        }
    }
}

/// Why a call is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbelieved {
    #[error("it has no signature")]
    Unsigned,
    #[error("its signature is not the source's over these bytes")]
    Forged,
    /// Signed, and yet not to be read.
    #[error("it can't be read: {0}")]
    Unreadable(String),
}
