//! Transitions: the tenant's history, in order, with the hashes of its chain.

use super::call::{Answered, Call};
use super::routes::{AFTER, Content, LIMIT, Operation, READ};
use super::shape::{Kind, Shape, optional, required};
use crate::domain::chain::hex;
use crate::domain::time::Timestamp;
use crate::engine::unit::OWN;
use crate::store::history::StoredTransition;
use serde_json::{Value, json};

pub(super) const TRANSITION: Shape = Shape {
    name: "Transition",
    text: "What happened to an instance, or to the tenant itself.",
    fields: &[
        required("seq", Kind::Id, "Its place in the tenant's chain; grows by one with each."),
        optional("instance_id", Kind::Id, "Null: it is about the tenant itself."),
        optional("invoice", Kind::Text, "The invoice's number."),
        required("instance_seq", Kind::Number, "Its place in the instance's own history."),
        required("recorded_at", Kind::Moment, ""),
        required("business_at", Kind::Moment, ""),
        required("actor", Kind::Text, "`system`, `user:NAME`, `token:NAME`, `source:NAME`."),
        required("cause", Kind::Text, "Such as `enrolled`, `issued`, `delivered`, `paid`."),
        required("from", Kind::Text, "Empty: it is the first."),
        required("to", Kind::Text, ""),
        required("stage", Kind::Text, ""),
        required("detail", Kind::Free, "What was known then."),
        required("hash", Kind::Hash, "Covers this entry and all before it."),
    ],
};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    path: "/api/v1/transitions",
    id: "listTransitions",
    tag: "Transitions",
    summary: "Read the history",
    text: "By place in the chain, `after` the last one that is known.",
    query: &[AFTER, LIMIT],
    content: Content::Page(&TRANSITION),
    handler: |call| Box::pin(list(call)),
    ..READ
}];

async fn list(call: Call) -> Answered {
    let limit = call.limit()?;
    let found = call.engine().store.transitions_after(call.tenant_id(), call.after()?, limit + 1).await?;
    let entries = found.iter().map(|stored| (stored.transition.seq.to_string(), written(stored, &|at| call.moment(at))));
    call.page(entries.collect(), limit)
}

/// A transition as the interface and its webhooks tell it.
pub(super) fn written(stored: &StoredTransition, moment: &dyn Fn(Timestamp) -> String) -> Value {
    let entry = &stored.transition;
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_else(|_| json!({}));
    json!({
        "seq": entry.seq, "instance_id": Some(entry.instance).filter(|id| *id != OWN), "invoice": stored.number,
        "instance_seq": entry.instance_seq, "recorded_at": moment(entry.recorded_at), "business_at": moment(entry.business_at),
        "actor": entry.actor, "cause": entry.cause, "from": entry.from, "to": entry.to, "stage": entry.stage,
        "detail": if detail.is_object() { detail } else { json!({}) }, "hash": hex(&stored.hash),
    })
}
