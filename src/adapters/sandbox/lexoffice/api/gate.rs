//! What a request meets before it reaches the service: the gateway's routes, the key, the contract, scopes, the limit.

use super::super::answer::Refusal;
use super::super::asked::Asked;
use super::super::bucket::{Bucket, Limit};
use super::super::world::World;
use super::routes::{Handler, route};
use std::collections::HashMap;

/// A request that was let in.
#[derive(Debug)]
pub(in super::super) struct Passed {
    pub(in super::super) handler: Handler,
    pub(in super::super) key: usize,
}

/// `real` is the real time: limits are about how fast a client really asks.
pub(in super::super) fn gate(
    asked: &Asked,
    world: &World,
    buckets: &mut HashMap<usize, Bucket>,
    limit: Limit,
    real: i64,
) -> Result<Passed, Refusal> {
    let token = bearer(asked);
    let handler = route(&asked.method, &asked.segments).ok_or_else(|| unknown_route(token))?;
    let key = token
        .and_then(|token| world.keys.iter().position(|key| key.text == token && !key.revoked))
        .ok_or_else(|| Refusal::Gateway { status: 401, body: refuse_without_key().to_owned() })?;
    let found = &world.keys[key];
    if !world.organizations[found.organization].contract {
        return Err(Refusal::regular(402, "The contract does not include the public API"));
    }
    if asked.segments.first().is_some_and(|first| found.without.contains(first)) {
        return Err(Refusal::Gateway { status: 403, body: r#"{"message":"Forbidden"}"#.to_owned() });
    }
    if !buckets.entry(key).or_insert_with(|| Bucket::full(limit, real)).take(limit, real) {
        return Err(Refusal::Gateway { status: 429, body: r#"{"message":"Too Many Requests"}"#.to_owned() });
    }
    let has_json_body = asked.method == "POST" && asked.segments.first().is_none_or(|first| first != "files");
    if has_json_body && asked.media_type() != Some("application/json") {
        return Err(Refusal::regular(415, "Content-Type must be application/json"));
    }
    Ok(Passed { handler, key })
}

pub(in super::super) fn refuse_without_key() -> &'static str {
    r#"{"message":"Unauthorized"}"#
}

fn bearer(asked: &Asked) -> Option<&str> {
    asked.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::trim)
}

/// The gateway takes an unknown path for one that is signed otherwise, and repeats the key: such bodies must not be logged.
fn unknown_route(token: Option<&str>) -> Refusal {
    let body = match token {
        Some(token) => {
            let message = format!("'{token}' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer {token}'.");
            serde_json::json!({ "message": message }).to_string()
        }
        None => r#"{"message":"Missing Authentication Token"}"#.to_owned(),
    };
    Refusal::Gateway { status: 403, body }
}
