//! How a call can fail. One type for the vendor's three shapes of errors, for the network's ways to fail, and for answers that are none.
//!
//! No text here holds the API key: what the other side says is cut and cleaned first, and the body of a 403, which repeats the key, is not kept at all.

use crate::engine::source::ports::SourceError;
use std::time::Duration;

/// A call that failed: which, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lexoffice: {call}: {fault}")]
pub struct ApiError {
    /// Method and path, without the query, in which people's addresses may stand.
    pub call: String,
    pub fault: Fault,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the API key is not valid, or not any more (401): make a new one in lexoffice and enter it")]
    Unauthorized,
    #[error("the contract does not include the API (402): it needs a plan that does")]
    Contract,
    #[error("the API key may not do this (403): give it the scope, or make a new one that has it")]
    Scope,
    #[error("there is no such call at this address (403 from the gateway): check the base URL")]
    NoSuchCall,
    #[error("there is no such thing (404)")]
    NotFound,
    #[error("refused ({status}): {}", sentence(message.as_deref(), violations))]
    Refused { status: u16, message: Option<String>, violations: Vec<Violation> },
    /// More rows than can be paged through: ask for fewer days.
    #[error("too many rows for one search: ask for fewer days at once")]
    SearchWindow,
    #[error("in conflict with what is there (409): {}", sentence(message.as_deref(), violations))]
    Conflict { message: Option<String>, violations: Vec<Violation> },
    /// Not executed.
    #[error("asked too often (429)")]
    RateLimited { retry_after: Option<Duration> },
    /// The gateway did not wait for the end: it may have been executed, or be so yet.
    #[error("the gateway got no answer in time (504)")]
    GatewayTimeout,
    #[error("out of order for now ({status})")]
    Unavailable { status: u16, retry_after: Option<Duration> },
    #[error("an answer that was not expected ({status})")]
    Unexpected { status: u16 },
    #[error("the answer can't be read: {}{reason}", at(path))]
    Malformed { path: String, reason: String },
    #[error("the answer is longer than {limit} bytes")]
    TooLarge { limit: usize },
    /// Redirected on the same host where that is not followed: after a write, or in a circle.
    #[error("redirected to {to}, which is not followed")]
    Redirected { to: String },
    /// Redirected to another host. It was not asked, so it has not seen the key.
    #[error("redirected to another host, {to}; it was not asked and has not seen the key")]
    WrongHost { to: String },
    #[error("{reason}")]
    Transport {
        reason: String,
        /// Whether the request may have arrived, and so may have been executed.
        arrived: bool,
    },
    #[error("{field}: {reason}")]
    NotSent { field: &'static str, reason: String },
    /// This process could not take its turn; nothing was asked.
    #[error("no turn to ask: {0}")]
    Pace(SourceError),
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// `lineItems[0].quantity`; empty if none is named.
    pub field: String,
    /// `NOTNULL`, `missing_entity`: what to decide by. Messages are partly German and change.
    pub code: String,
    pub message: String,
}

impl ApiError {
    /// Whether the same call may well succeed later, without anybody doing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.fault.is_passing()
    }

    /// Whether a write may have been executed though it failed: what was written must be looked for before it is written again.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.fault.may_have_happened()
    }
}

impl Fault {
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::GatewayTimeout | Self::Unavailable { .. } | Self::Transport { .. } => true,
            Self::Pace(error) => error.is_passing(),
            _ => false,
        }
    }

    pub(super) fn may_have_happened(&self) -> bool {
        match self {
            Self::GatewayTimeout
            | Self::Unavailable { .. }
            | Self::Unexpected { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::Redirected { .. }
            | Self::WrongHost { .. } => true,
            Self::Transport { arrived, .. } => *arrived,
            Self::Unauthorized
            | Self::Contract
            | Self::Scope
            | Self::NoSuchCall
            | Self::NotFound
            | Self::Refused { .. }
            | Self::SearchWindow
            | Self::Conflict { .. }
            | Self::RateLimited { .. }
            | Self::NotSent { .. }
            | Self::Pace(_) => false,
        }
    }

    /// How long the other side asked us to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(super) fn of(self, call: &str) -> ApiError {
        ApiError { call: call.to_owned(), fault: self }
    }
}

fn sentence(message: Option<&str>, violations: &[Violation]) -> String {
    let told = violations.iter().map(|violation| match (violation.field.as_str(), violation.message.as_str()) {
        ("", "") => violation.code.clone(),
        (field, "") => format!("{field}: {}", violation.code),
        ("", message) => format!("{message} ({})", violation.code),
        (field, message) => format!("{field}: {message} ({})", violation.code),
    });
    let parts: Vec<String> = message.map(str::to_owned).into_iter().chain(told).collect();
    if parts.is_empty() { "without a reason".to_owned() } else { parts.join("; ") }
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}
