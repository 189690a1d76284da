//! What went wrong, as problem details (RFC 9457). The one place where errors become answers of the interface.

use crate::engine::EngineError;
use crate::engine::accounts::AccountError;
use crate::store::StoreError;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A kind of problem. Its type is an anchor of the reference page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProblemKind {
    pub(super) slug: &'static str,
    pub(super) status: u16,
    pub(super) title: &'static str,
    /// For the reference page: what it means and what to do.
    pub(super) text: &'static str,
}

macro_rules! kinds {
    ($($name:ident: $status:literal, $slug:literal, $title:literal, $text:literal;)+) => {
        $(pub(super) const $name: ProblemKind = ProblemKind { slug: $slug, status: $status, title: $title, text: $text };)+
        /// All kinds, for the reference page.
        pub(super) const KINDS: &[&ProblemKind] = &[$(&$name),+];
    };
}

kinds! {
    MALFORMED: 400, "malformed", "The request can't be read", "The body is no JSON, or the query can't be read. Nothing was done.";
    UNAUTHENTICATED: 401, "unauthenticated", "No token that holds", "Send `Authorization: Bearer mahnwerk_…`. The token is missing, unknown, expired or revoked.";
    FORBIDDEN: 403, "forbidden", "The token lacks the scope", "The call needs a scope that the token does not have. Make a token that has it.";
    NOT_FOUND: 404, "not-found", "There is no such thing", "Nothing of the token's tenant has this id, or there is no such path.";
    METHOD: 405, "method-not-allowed", "The path has no such method", "The `Allow` header names those that it has.";
    CONFLICT: 409, "conflict", "Not possible in this state", "What was asked for makes no sense in the present state, such as skipping a stage of a settled invoice. Nothing was done.";
    IN_PROGRESS: 409, "in-progress", "The first request with this key is still running", "Repeat the same request later; `Retry-After` says when.";
    OUTCOME_UNKNOWN: 409, "outcome-unknown", "Nobody knows how the first request with this key ended", "The service stopped before it had kept an answer. Look at what the request was about; to do it anyway, send it with another key.";
    TOO_LARGE: 413, "too-large", "The body is too large", "At most 8 MB and 1,000 items a call. Send several calls.";
    MEDIA_TYPE: 415, "unsupported-media-type", "The body is not JSON", "Send `Content-Type: application/json`.";
    INVALID: 422, "invalid", "The content can't be taken", "`errors` names each fault with a JSON pointer into the body, or the query parameter. Nothing was done.";
    KEY_REUSED: 422, "key-reused", "The key was used for another request", "An `Idempotency-Key` belongs to one request. Use a new one.";
    TOO_MANY: 429, "too-many-requests", "Too many requests", "Wait as long as `Retry-After` says.";
    INTERNAL: 500, "internal", "It did not work", "The error is in the service's log. Send the request again with the same `Idempotency-Key`.";
    UNAVAILABLE: 503, "unavailable", "It does not work at the moment", "The ledger can't be reached. Send the request again in a moment.";
}

/// A fault in what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// A JSON pointer into the body; a query parameter's name where there is none.
    pub(super) pointer: String,
    pub(super) detail: String,
    pub(super) in_query: bool,
}

impl Fault {
    pub(super) fn at(pointer: &str, detail: String) -> Self {
        Self { pointer: pointer.to_owned(), detail, in_query: false }
    }

    pub(super) fn of_query(name: &str, detail: impl Into<String>) -> Self {
        Self { pointer: name.to_owned(), detail: detail.into(), in_query: true }
    }

    pub(super) fn json(&self) -> Value {
        if self.in_query {
            json!({"parameter": self.pointer, "detail": self.detail})
        } else {
            json!({"pointer": self.pointer, "detail": self.detail})
        }
    }
}

/// What went wrong with one request.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) kind: &'static ProblemKind,
    detail: String,
    faults: Vec<Fault>,
    retry_after: Option<u64>,
}

/// More are not told at once.
const FAULTS: usize = 100;

impl Problem {
    pub(super) fn new(kind: &'static ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), faults: Vec::new(), retry_after: None }
    }

    /// The content has these faults.
    pub(super) fn invalid(mut faults: Vec<Fault>) -> Self {
        let detail = if faults.len() == 1 { "one fault".to_owned() } else { format!("{} faults", faults.len()) };
        faults.truncate(FAULTS);
        Self { kind: &INVALID, detail, faults, retry_after: None }
    }

    /// One fault at one place of the body.
    pub(super) fn at(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Fault::at(pointer, detail.into())])
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(&NOT_FOUND, format!("there is no such {what}"))
    }

    /// To be tried again after so many seconds.
    pub(super) fn after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub(super) fn json(&self) -> Value {
        let ProblemKind { slug, status, title, .. } = self.kind;
        let mut body = json!({"type": format!("/api/v1/docs#problem-{slug}"), "title": title, "status": status, "detail": self.detail});
        if !self.faults.is_empty() {
            body["errors"] = self.faults.iter().map(Fault::json).collect();
        }
        body
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(what) => Self::new(&NOT_FOUND, what),
            EngineError::Invalid(why) => Self::new(&CONFLICT, why),
            EngineError::Refused(refusal) => Self::new(&CONFLICT, refusal.to_string()),
            EngineError::Lost(lost) => Self::new(&CONFLICT, lost.to_string()),
            error if error.is_passing() || matches!(error, EngineError::UnknownTenant(_) | EngineError::WriterGone) => {
                tracing::warn!(%error, "a call could not be answered");
                Self::new(&UNAVAILABLE, "the ledger does not answer").after(5)
            }
            error => {
                tracing::error!(%error, "a call failed");
                Self::new(&INTERNAL, "the error is in the service's log")
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        EngineError::Store(error).into()
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Engine(error) => error.into(),
            error => {
                tracing::error!(%error, "a call failed");
                Self::new(&INTERNAL, "the error is in the service's log")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.kind == &UNAUTHENTICATED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mahnwerk\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(HeaderName::from_static("retry-after"), HeaderValue::from(seconds));
        }
        response
    }
}
