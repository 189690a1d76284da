//! One call, after the gate has let it through, and its answer.

use super::Api;
use super::problem::{Fault, INVALID, NOT_FOUND, Problem};
use super::shape::Shape;
use crate::domain::format::presentable;
use crate::domain::ids::{InvoiceId, TenantId};
use crate::domain::percent::encoded;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::engine::accounts::token_actor;
use crate::engine::edition::Tenant;
use crate::engine::operate::Cause;
use crate::store::api_tokens::Token;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most entries of a page.
pub(super) const LONGEST_PAGE: i64 = 1000;
const USUAL_PAGE: i64 = 100;

/// What a handler is given.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) api: Arc<Api>,
    pub(super) token: Arc<Token>,
    pub(super) tenant: Arc<Tenant>,
    /// What the path names, such as `id`.
    pub(super) path: BTreeMap<String, String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: Value,
    /// The path that was asked for, for the address of the next page.
    pub(super) address: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Json(u16, Value),
    /// Bytes to be kept: media type, name of the file.
    File {
        media_type: String,
        name: String,
        bytes: Vec<u8>,
    },
}

pub(super) type Answered = Result<Answer, Problem>;

impl Answer {
    pub(super) fn ok(value: Value) -> Answered {
        Ok(Self::Json(200, value))
    }
}

impl Call {
    pub(super) fn engine(&self) -> &Engine {
        &self.api.engine
    }

    pub(super) fn tenant_id(&self) -> TenantId {
        self.tenant.settings.id
    }

    pub(super) fn actor(&self) -> String {
        token_actor(&self.token.name)
    }

    /// An instant in the tenant's zone.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        at.rfc3339_in(self.tenant.settings.zone)
    }

    pub(super) fn moment_or_null(&self, at: Option<Timestamp>) -> Option<String> {
        at.map(|at| self.moment(at))
    }

    /// What the path names.
    pub(super) fn named(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// The id that the path names. What is no id names nothing.
    pub(super) fn id(&self) -> Result<i64, Problem> {
        let id = self.named("id");
        id.parse::<i64>().ok().filter(|number| *number > 0 && number.to_string() == id).ok_or_else(|| Problem::not_found("id"))
    }

    pub(super) fn invoice_id(&self) -> Result<InvoiceId, Problem> {
        self.id().map(InvoiceId)
    }

    /// A parameter of the query; empty if it is missing.
    pub(super) fn asked(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The id after which a page begins.
    pub(super) fn after(&self) -> Result<i64, Problem> {
        match self.asked("after") {
            "" => Ok(0),
            text => text.parse().ok().filter(|after| *after >= 0).ok_or_else(|| {
                Problem::invalid(vec![Fault::of_query("after", "must be the id of the last entry that is known, as `next` has it")])
            }),
        }
    }

    pub(super) fn limit(&self) -> Result<i64, Problem> {
        match self.asked("limit") {
            "" => Ok(USUAL_PAGE),
            text => text.parse().ok().filter(|limit| (1..=LONGEST_PAGE).contains(limit)).ok_or_else(|| {
                Problem::invalid(vec![Fault::of_query("limit", format!("must be a whole number from 1 to {LONGEST_PAGE}"))])
            }),
        }
    }

    /// The body, if it has this shape.
    pub(super) fn body(&self, shape: &Shape) -> Result<&Value, Problem> {
        let faults = shape.faults(&self.body, "", true);
        if faults.is_empty() { Ok(&self.body) } else { Err(Problem::invalid(faults)) }
    }

    /// Who acts, and why: the body's `reason`.
    pub(super) fn cause(&self) -> Cause {
        self.because(self.body["reason"].as_str().unwrap_or_default())
    }

    pub(super) fn because(&self, reason: &str) -> Cause {
        Cause { actor: self.actor(), reason: presentable(reason).trim().to_owned() }
    }

    /// A page: entries with their ids, one more than was asked for if there are more.
    pub(super) fn page(&self, mut entries: Vec<(String, Value)>, limit: i64) -> Answered {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|(id, _)| self.next(id));
        let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
        Answer::ok(json!({"data": entries, "next": next}))
    }

    fn next(&self, after: &str) -> String {
        let others = self.query.iter().filter(|(name, _)| *name != "after").map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs: Vec<_> = others.chain([("after", after)]).map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        format!("{}?{}", self.address, pairs.join("&"))
    }
}

/// As a part of a query.
fn escaped(text: &str) -> String {
    encoded(text, b"-_.~")
}

/// Reads a query; each parameter must be known and stand there once.
pub(super) fn read_query(pairs: Vec<(String, String)>, known: &[&str]) -> Result<BTreeMap<String, String>, Problem> {
    let (mut query, mut faults) = (BTreeMap::new(), Vec::new());
    for (name, value) in pairs {
        if !known.contains(&name.as_str()) {
            let known = if known.is_empty() { "this call has none".to_owned() } else { format!("there are {}", known.join(", ")) };
            faults.push(Fault::of_query(&name, format!("is unknown; {known}")));
        } else if value.chars().any(char::is_control) || value.chars().count() > 500 {
            faults.push(Fault::of_query(&name, "must be at most 500 characters, none of them a control character"));
        } else if query.insert(name.clone(), value).is_some() {
            faults.push(Fault::of_query(&name, "stands there twice"));
        }
    }
    if faults.is_empty() { Ok(query) } else { Err(Problem::invalid(faults)) }
}

/// Whether repeating it may end otherwise.
pub(super) fn is_final(problem: &Problem) -> bool {
    problem.kind == &INVALID || problem.kind == &NOT_FOUND || problem.kind.status == 409
}
