//! What browsers are told about every page: no script but our own, no frame of others, nothing kept.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// One style sheet and one script of ours; what mails look like comes in frames with a policy of their own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const TWO_YEARS: &str = "max-age=63072000; includeSubDomains";

pub(super) async fn add(secure: bool, request: Request, next: Next) -> Response {
    dressed(next.run(request).await, secure)
}

/// A page's answer with these headers; `secure`: browsers are to insist on encryption.
pub(in crate::web) fn dressed(mut response: Response, secure: bool) -> Response {
    let mut set = |name: HeaderName, value: &'static str| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()");
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
    response
}
