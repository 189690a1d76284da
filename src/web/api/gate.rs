//! Lets a call through: a token that holds, its pace, its scope, a body that is JSON and not too large. Then carries it out, once.

use super::Api;
use super::call::{Answer, Answered, Call, read_query};
use super::once::{once, read_key};
use super::pace::Left;
use super::problem::{FORBIDDEN, Fault, INTERNAL, MALFORMED, MEDIA_TYPE, Problem, TOO_LARGE, TOO_MANY, UNAUTHENTICATED};
use super::routes::{Operation, Parameter};
use super::shape::Kind;
use crate::domain::chain::{Hash, digest};
use crate::store::api_tokens::Token;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest body.
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// What is needed after the token is known.
struct Asked {
    api: Arc<Api>,
    operation: &'static Operation,
    token: Arc<Token>,
    path: BTreeMap<String, String>,
}

/// Answers a request.
pub(super) async fn answer(api: Arc<Api>, operation: &'static Operation, params: Option<RawPathParams>, request: Request) -> Response {
    let token = match bearer(&api, request.headers()).await {
        Ok(token) => Arc::new(token),
        Err(problem) => return problem.into_response(),
    };
    let left = api.buckets.take(&token.id, api.engine.clock.now());
    let path = params.iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let asked = Asked { api: api.clone(), operation, token, path };
    let answered = if left.admitted {
        asked.admit(request).await
    } else {
        Err(Problem::new(&TOO_MANY, "the token has used up what it had").after(left.seconds.max(1)))
    };
    let mut response = answered.map_or_else(IntoResponse::into_response, written);
    tell_pace(&api, left, response.headers_mut());
    response
}

async fn bearer(api: &Api, headers: &HeaderMap) -> Result<Token, Problem> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, secret) = sent.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::new(&UNAUTHENTICATED, "the request has no `Authorization: Bearer` header"));
    }
    let unknown = || Problem::new(&UNAUTHENTICATED, "the token is unknown, has expired or was revoked");
    api.engine.bearer(secret.trim()).await?.ok_or_else(unknown)
}

impl Asked {
    async fn admit(self, request: Request) -> Answered {
        let (operation, scope) = (self.operation, self.operation.scope);
        if !self.token.scopes.contains(&scope) {
            return Err(Problem::new(&FORBIDDEN, format!("this call needs the scope `{}`", scope.as_str())));
        }
        let tenant = self.api.engine.tenant(self.token.tenant)?;
        let (parts, body) = request.into_parts();
        let query = query(operation, &parts.uri)?;
        let bytes = read_body(operation, &parts.headers, body).await?;
        let hash = identity(operation, &parts.uri, &bytes);
        let key =
            parts.headers.get("idempotency-key").filter(|_| operation.changes()).map(|value| read_key(value.as_bytes())).transpose()?;
        let body = read_json(operation, &bytes)?;
        let address = parts.uri.path().to_owned();
        let call = Call { api: self.api, token: self.token, tenant, path: self.path, query, body, address };
        if !operation.changes() {
            return (operation.handler)(call).await;
        }
        // Whoever hangs up does not stop what has begun.
        let work = tokio::spawn(async move {
            match key {
                Some(key) => once(call, operation, &key, hash).await,
                None => (operation.handler)(call).await,
            }
        });
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, path = operation.path, "a call broke off");
            Err(Problem::new(&INTERNAL, "the error is in the service's log"))
        })
    }
}

fn query(operation: &Operation, uri: &Uri) -> Result<BTreeMap<String, String>, Problem> {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let Query(pairs) = pairs.map_err(|_| Problem::new(&MALFORMED, "the query can't be read"))?;
    let known: Vec<_> = operation.query.iter().map(|parameter| parameter.name).collect();
    let query = read_query(pairs, &known)?;
    let faults = operation.query.iter().filter_map(|parameter| fault(parameter, query.get(parameter.name)));
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() { Ok(query) } else { Err(Problem::invalid(faults)) }
}

fn fault(parameter: &Parameter, value: Option<&String>) -> Option<Fault> {
    match (value, parameter.kind) {
        (None, _) => parameter.required.then(|| Fault::of_query(parameter.name, "is missing")),
        // Numbers are read by those who need them.
        (Some(_), Kind::Number) => None,
        (Some(value), kind) => kind.plain(&Value::from(value.as_str())).err().map(|wanted| Fault::of_query(parameter.name, wanted)),
    }
}

async fn read_body(operation: &Operation, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    if operation.body.is_none() {
        return Ok(Bytes::new());
    }
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(&MEDIA_TYPE, "the body must be sent as application/json"));
    }
    let too_large = || Problem::new(&TOO_LARGE, format!("a body has at most {LARGEST} bytes"));
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if length.is_some_and(|length| length > LARGEST) {
        drain(body).await;
        return Err(too_large());
    }
    to_bytes(body, LARGEST).await.map_err(|_| too_large())
}

/// Lets a body pass that is not taken, within reason: who is cut off in the middle of it does not read the answer.
async fn drain(body: Body) {
    let (mut chunks, mut left) = (body.into_data_stream(), 2 * LARGEST);
    while let Some(Ok(chunk)) = chunks.next().await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

fn read_json(operation: &Operation, bytes: &Bytes) -> Result<Value, Problem> {
    if operation.body.is_none() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::new(&MALFORMED, format!("the body is no JSON: {error}")))
}

/// What makes two requests the same.
fn identity(operation: &Operation, uri: &Uri, bytes: &Bytes) -> Hash {
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    digest(&[operation.method.as_bytes(), b" ", target.as_bytes(), b"\n", bytes].concat())
}

fn written(answer: Answer) -> Response {
    match answer {
        Answer::Json(status, value) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let media = if status.is_success() { "application/json" } else { "application/problem+json" };
            (
                status,
                [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-store"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")],
                value.to_string(),
            )
                .into_response()
        }
        Answer::File { media_type, name, bytes } => {
            let media = HeaderValue::from_str(&media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
            let disposition =
                HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"));
            let headers = [
                (header::CONTENT_TYPE, media),
                (header::CONTENT_DISPOSITION, disposition),
                (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
                (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable")),
            ];
            (headers, bytes).into_response()
        }
    }
}

/// As draft-ietf-httpapi-ratelimit-headers has it.
fn tell_pace(api: &Api, left: Left, headers: &mut HeaderMap) {
    let pace = api.buckets.pace();
    let window = u64::from(pace.burst).div_ceil(u64::from(pace.per_second));
    let values = [
        ("ratelimit-policy", format!("\"token\";q={};w={window}", pace.burst)),
        ("ratelimit", format!("\"token\";r={};t={}", left.requests, left.seconds)),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
