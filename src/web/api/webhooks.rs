//! Webhooks: set up, listed, removed; and how transitions are written into their messages.

use super::call::{Answer, Answered, Call};
use super::problem::Problem;
use super::routes::{ACT, Content, Operation, READ};
use super::shape::{Kind, Shape, optional, required};
use super::transitions;
use crate::domain::ids::TenantId;
use crate::domain::scope::Scope;
use crate::engine::Engine;
use crate::engine::webhooks::NewWebhook;
use crate::store::history::StoredTransition;
use crate::store::webhooks::Webhook;
use serde_json::{Value, json};

const WEBHOOK: Shape = Shape {
    name: "Webhook",
    text: "Where transitions are told to.",
    fields: &[
        required("id", Kind::Text, ""),
        required("url", Kind::Text, ""),
        required("causes", Kind::Lines(50), "Which causes it hears; all if empty."),
        required("state", Kind::Word(&["active", "failing", "stopped"]), "`stopped`: nobody answered for three days; restart it."),
        required("told_seq", Kind::Number, "The last place of the chain that it was told."),
        optional("told_at", Kind::Moment, ""),
        required("failures", Kind::Number, "In a row."),
        optional("failing_since", Kind::Moment, ""),
        optional("error", Kind::Text, "What happened last."),
        required("created_by", Kind::Text, ""),
        required("created_at", Kind::Moment, ""),
        optional("secret", Kind::Text, "The key of its signatures; only in the answer that makes it."),
    ],
};

const NEW_WEBHOOK: Shape = Shape {
    name: "NewWebhook",
    text: "A webhook to be set up.",
    fields: &[
        required("url", Kind::Line(1000), "`https://` and a public host."),
        optional("causes", Kind::Lines(50), "Which causes it hears, such as `delivered`, `paid`; all if left out."),
        optional("after", Kind::Number, "The place of the chain after which it begins, 0 for all; the end if left out."),
    ],
};

const DONE: Shape =
    Shape { name: "WebhookDone", text: "It was done.", fields: &[required("id", Kind::Text, ""), required("done", Kind::Flag, "")] };

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/api/v1/webhooks",
        scope: Scope::Administer,
        id: "listWebhooks",
        tag: "Webhooks",
        summary: "List webhooks",
        text: "All of them, on one page.",
        content: Content::Page(&WEBHOOK),
        handler: |call| Box::pin(list(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/webhooks",
        scope: Scope::Administer,
        id: "makeWebhook",
        tag: "Webhooks",
        summary: "Set a webhook up",
        text: "Transitions are posted to it in order, at least once: tell repeats by `seq`. A message that is not answered with 2xx within ten seconds is sent again, after 5 seconds and then ever later, for three days.",
        body: Some(&NEW_WEBHOOK),
        status: 201,
        content: Content::One(&WEBHOOK),
        handler: |call| Box::pin(make(call)),
        ..ACT
    },
    Operation {
        path: "/api/v1/webhooks/{id}/restart",
        scope: Scope::Administer,
        id: "restartWebhook",
        tag: "Webhooks",
        summary: "Tell a stopped webhook again",
        text: "From where it was left; at once if it waits for its next try.",
        content: Content::One(&DONE),
        repeatable: true,
        handler: |call| Box::pin(restart(call)),
        ..ACT
    },
    Operation {
        method: "DELETE",
        path: "/api/v1/webhooks/{id}",
        scope: Scope::Administer,
        id: "removeWebhook",
        tag: "Webhooks",
        summary: "Remove a webhook",
        content: Content::One(&DONE),
        repeatable: true,
        handler: |call| Box::pin(remove(call)),
        ..ACT
    },
];

async fn list(call: Call) -> Answered {
    let found = call.engine().store.webhooks(call.tenant_id()).await?;
    let entries: Vec<_> = found.iter().map(|webhook| written(&call, webhook, None)).collect();
    Answer::ok(json!({"data": entries, "next": null}))
}

async fn make(call: Call) -> Answered {
    let body = call.body(&NEW_WEBHOOK)?;
    let url = body["url"].as_str().unwrap_or_default();
    call.api.teller.check(url).map_err(|why| Problem::at("/url", why))?;
    let causes: Vec<_> = body["causes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    if let Some(place) = causes.iter().position(|cause| !is_cause(cause)) {
        return Err(Problem::at(&format!("/causes/{place}"), "must be the word of a cause, such as delivered"));
    }
    let after = body["after"].as_i64();
    if after.is_some_and(|after| after < 0) {
        return Err(Problem::at("/after", "must be a place of the chain, 0 or above"));
    }
    let new = NewWebhook { tenant: call.tenant_id(), url, causes: &causes, after };
    let (id, secret) = call.engine().make_webhook(&call.actor(), &new).await?;
    let made = call.engine().store.webhooks(call.tenant_id()).await?.into_iter().find(|webhook| webhook.id == id);
    let made = made.ok_or_else(|| Problem::not_found("webhook"))?;
    Ok(Answer::Json(201, written(&call, &made, Some(&secret))))
}

fn is_cause(word: &str) -> bool {
    word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

async fn restart(call: Call) -> Answered {
    let id = call.named("id");
    done(id, call.engine().restart_webhook(&call.actor(), call.tenant_id(), known(id)).await?)
}

async fn remove(call: Call) -> Answered {
    let id = call.named("id");
    done(id, call.engine().remove_webhook(&call.actor(), call.tenant_id(), known(id)).await?)
}

/// What can't be an id of one names nothing.
fn known(id: &str) -> &str {
    if id.bytes().all(|byte| byte.is_ascii_alphanumeric()) { id } else { "" }
}

fn done(id: &str, done: bool) -> Answered {
    if done { Answer::ok(json!({"id": id, "done": true})) } else { Err(Problem::not_found("webhook")) }
}

fn written(call: &Call, webhook: &Webhook, secret: Option<&str>) -> Value {
    json!({
        "id": webhook.id, "url": webhook.url, "causes": webhook.causes, "state": state(webhook), "told_seq": webhook.told_seq,
        "told_at": call.moment_or_null(webhook.told_at), "failures": webhook.failures,
        "failing_since": call.moment_or_null(webhook.failing_at), "error": webhook.error, "created_by": webhook.created_by,
        "created_at": call.moment(webhook.created_at), "secret": secret,
    })
}

/// The word for how it goes.
fn state(webhook: &Webhook) -> &'static str {
    if webhook.stopped_at.is_some() {
        "stopped"
    } else if webhook.failing_at.is_some() {
        "failing"
    } else {
        "active"
    }
}

/// A webhook's message.
#[must_use]
pub fn message(engine: &Engine, tenant: TenantId, told: &[StoredTransition]) -> String {
    let zone = engine.tenant(tenant).map_or(chrono_tz::UTC, |held| held.settings.zone);
    let entries: Vec<_> = told.iter().map(|stored| transitions::written(stored, &|at| at.rfc3339_in(zone))).collect();
    json!({"transitions": entries}).to_string()
}
