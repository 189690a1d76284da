//! Which control request does what.

use super::super::act::{Act, NAMES};
use super::super::answer::{Answer, Content};
use super::super::asked::Asked;
use super::super::bucket::Limit;
use super::super::fault::Fault;
use super::super::server::Shared;
use super::super::state::State;
use super::super::time::{BERLIN, DAY, SECOND, read_stamp, stamp};
use super::super::webhook::PUBLIC_KEY;
use super::truth;
use crate::domain::time::instant;
use crate::domain::toml_reader::{alternatives, nearest};
use axum::http::Method;
use chrono::NaiveDateTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Why a request was refused, as `{"error": …}`.
struct Refused(u16, String);

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self(400, reason)
    }
}

pub(in super::super) fn answer(shared: &Shared, asked: &Asked) -> Answer {
    match serve(shared, asked) {
        Ok(answer) => answer,
        Err(Refused(status, error)) => Answer { status, headers: Vec::new(), content: Content::Json(json!({ "error": error })) },
    }
}

fn serve(shared: &Shared, asked: &Asked) -> Result<Answer, Refused> {
    let names: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    if asked.method != Method::GET && comes_from_a_page(asked) {
        return Err(Refused(403, "a web page sent this request; use a program".to_owned()));
    }
    let now = shared.clock.now();
    let look = |read: fn(&State) -> Value| {
        Ok(Answer::json(shared.with(|state| {
            state.catch_up(now);
            read(state)
        })))
    };
    match (&asked.method, names.as_slice()) {
        (&Method::GET, ["truth"]) => {
            let organization = asked.parameter("organization").map(str::to_owned);
            Ok(Answer::json(shared.with(|state| {
                state.catch_up(now);
                truth::claims(&state.world, organization.as_deref(), now)
            })?))
        }
        (&Method::GET, ["dunnings"]) => look(|state| truth::dunnings(&state.world)),
        (&Method::GET, ["requests"]) => look(|state| state.journal.json()),
        (&Method::GET, ["webhooks"]) => {
            look(|state| json!({"unsettled": state.queue.unsettled(), "sent": state.queue.sent().collect::<Vec<_>>()}))
        }
        (&Method::GET, ["webhook-key.pub"]) => Ok(Answer::text("application/x-pem-file", PUBLIC_KEY.to_owned())),
        (&Method::GET, ["clock"]) => Ok(time(shared)),
        (&Method::GET, ["faults"]) => look(|state| json!(state.faults.list())),
        (&Method::GET, ["mishaps"]) => look(|state| json!(state.mishaps)),
        (&Method::DELETE, ["requests"]) => change(shared, |state| state.journal.clear()),
        (&Method::DELETE, ["faults"]) => change(shared, |state| state.faults.clear()),
        (&Method::POST, ["webhooks", "release"]) => change(shared, |state| state.queue.release()),
        (&Method::POST, ["clock"]) => move_clock(shared, asked),
        (&Method::POST, ["faults"]) => {
            let fault: Fault = read(asked)?;
            shared.with(|state| state.faults.add(fault)).map_err(|error| Refused(400, error.to_string()))?;
            look(|state| json!(state.faults.list()))
        }
        (&Method::POST, ["limit"]) => {
            let limit: Limit = read(asked)?;
            change(shared, |state| {
                state.limit = limit;
                state.forget_buckets();
            })
        }
        (&Method::POST, ["reset"]) => reset(shared),
        (&Method::POST, [act]) => perform(shared, asked, act, now),
        _ => Err(Refused(404, format!("there is no {} {}; GET / says what there is", asked.method, asked.path))),
    }
}

fn change(shared: &Shared, act: impl FnOnce(&mut State)) -> Result<Answer, Refused> {
    shared.with(act);
    Ok(Answer::nothing())
}

fn read<T: DeserializeOwned>(asked: &Asked) -> Result<T, Refused> {
    let body: &[u8] = if asked.body.is_empty() { b"{}" } else { &asked.body };
    serde_json::from_slice(body).map_err(|error| Refused(400, error.to_string()))
}

fn perform(shared: &Shared, asked: &Asked, name: &str, now: i64) -> Result<Answer, Refused> {
    let name = name.replace('-', "_");
    if !NAMES.contains(&name.as_str()) {
        let near = nearest(&name, NAMES.iter().copied()).map_or_else(|| alternatives(NAMES), |near| format!("`{near}`"));
        return Err(Refused(404, format!("nobody can `{name}`; did you mean {near}?")));
    }
    let mut fields: Map<String, Value> = read(asked)?;
    fields.insert("act".to_owned(), json!(name));
    let act: Act = serde_json::from_value(fields.into()).map_err(|error| Refused(400, error.to_string()))?;
    let done = shared.with(|state| {
        state.catch_up(now);
        let done = act.perform(&mut state.world, now);
        state.tell();
        done
    })?;
    Ok(Answer::json(done))
}

/// Exactly one of them.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Move {
    advance_seconds: Option<i64>,
    advance_days: Option<i64>,
    /// An instant, or a civil time in Germany: `2026-03-02T09:00:00`.
    set: Option<String>,
}

fn move_clock(shared: &Shared, asked: &Asked) -> Result<Answer, Refused> {
    match read::<Move>(asked)? {
        Move { advance_seconds: Some(seconds), advance_days: None, set: None } => shared.clock.advance(seconds.saturating_mul(SECOND)),
        Move { advance_seconds: None, advance_days: Some(days), set: None } => shared.clock.advance(days.saturating_mul(DAY)),
        Move { advance_seconds: None, advance_days: None, set: Some(text) } => {
            let civil = || {
                NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S").ok().map(|civil| instant(BERLIN, civil.date(), civil.time()).0)
            };
            let at = read_stamp(&text).or_else(civil);
            shared.clock.set(at.ok_or_else(|| format!("set: `{text}` is no time such as 2026-03-02T09:00:00"))?);
        }
        _ => return Err(Refused(400, "write one of advance_seconds, advance_days and set".to_owned())),
    }
    let now = shared.clock.now();
    shared.with(|state| state.catch_up(now));
    Ok(time(shared))
}

fn time(shared: &Shared) -> Answer {
    let now = shared.clock.now();
    Answer::json(json!({"now": stamp(now), "ms": now}))
}

/// The world as it was at the start; the clock keeps going unless the scenario sets it.
fn reset(shared: &Shared) -> Result<Answer, Refused> {
    let built = shared
        .scenario
        .build(shared.clock.now())
        .map_err(|problems| Refused(500, problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    if let Some(at) = built.clock {
        shared.clock.set(at);
    }
    change(shared, |state| *state = State::new(built))
}

/// A page that somebody has open elsewhere can send requests to loopback, and the browser says so.
fn comes_from_a_page(asked: &Asked) -> bool {
    asked.header("origin").is_some() || asked.header("sec-fetch-site").is_some_and(|site| site != "none")
}
