//! From the client's faults to what the engine makes of them.

use super::super::error::{ApiError, Fault};
use super::super::values::ResourceId;
use crate::engine::source::ports::SourceError;

pub(super) trait SourceAnswer<T> {
    fn answer(self) -> Result<T, SourceError>;
}

impl<T> SourceAnswer<T> for Result<T, ApiError> {
    fn answer(self) -> Result<T, SourceError> {
        self.map_err(SourceError::from)
    }
}

impl From<ApiError> for SourceError {
    fn from(error: ApiError) -> Self {
        let why = error.to_string();
        let ApiError { call, fault } = error;
        match fault {
            Fault::Unauthorized => Self::Unauthorized,
            Fault::Contract => Self::NoContract { why },
            Fault::NotFound => Self::NotFound { what: call },
            Fault::RateLimited { retry_after } => Self::RateLimited { after: retry_after },
            Fault::GatewayTimeout | Fault::Unavailable { .. } | Fault::Transport { .. } => Self::Unreachable { why },
            Fault::Malformed { path, reason } => malformed(&call, &path, reason),
            Fault::Unexpected { .. } => malformed(&call, "", fault.to_string()),
            Fault::TooLarge { limit } => Self::TooLarge { what: call, limit_bytes: u64::try_from(limit).unwrap_or(u64::MAX) },
            Fault::Redirected { to } | Fault::WrongHost { to } => Self::Redirected { to },
            Fault::Pace(error) => error,
            Fault::Scope
            | Fault::NoSuchCall
            | Fault::Refused { .. }
            | Fault::SearchWindow
            | Fault::Conflict { .. }
            | Fault::NotSent { .. } => Self::Refused { why },
        }
    }
}

/// An answer in which `path` can't be read.
pub(super) fn malformed(call: &str, path: &str, what: impl Into<String>) -> SourceError {
    let place = if path.is_empty() { call.to_owned() } else { format!("{call}: {path}") };
    SourceError::Malformed { what: what.into(), place }
}

/// What has no id of the vendor's is not there.
pub(super) fn id(text: &str) -> Result<ResourceId, SourceError> {
    ResourceId::parse(text).map_err(|reason| SourceError::NotFound { what: format!("`{}`, which {reason}", text.escape_default()) })
}
