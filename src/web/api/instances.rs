//! Instances: where each invoice stands on its ladder, when it goes on and why not yet, and what a program may do to it.

use super::call::{Answer, Answered, Call};
use super::invoices::STATES;
use super::problem::Problem;
use super::routes::{ACT, AFTER, Content, LIMIT, Operation, READ, search};
use super::shape::{Kind, Shape, date, optional, required};
use super::why::{self, HELD, WHY};
use crate::domain::ids::WorkflowId;
use crate::domain::instance::Foothold;
use crate::domain::workflow::Channel;
use crate::engine::holds::{Hold, LONGEST_OWNER};
use crate::engine::migrate::Target;
use crate::engine::operate::Scope as Range;
use crate::store::api_lists::{InvoiceSearch, ListedInvoice};
use serde_json::{Value, json};

const INSTANCE: Shape = Shape {
    name: "Instance",
    text: "The dunning of one invoice.",
    fields: &[
        required("id", Kind::Id, "The invoice's id."),
        required("invoice", Kind::Text, "The invoice's number."),
        required("external_id", Kind::Text, ""),
        required("customer", Kind::Text, "The customer's number."),
        required("currency", Kind::Text, ""),
        required("open_minor", Kind::Number, ""),
        required("workflow", Kind::Text, ""),
        required("version", Kind::Id, "The workflow's version that it is pinned to."),
        required("state", Kind::Word(STATES), ""),
        optional("stage", Kind::Text, "The key of the stage that is next or under way."),
        optional("wake_at", Kind::Moment, "When it is looked at next."),
        optional("reason", Kind::Text, "Why it rests or failed."),
        optional("until", Kind::Date, "The first day on which it rests no more."),
        optional("notice", Kind::Text, "The notice that is under way."),
        optional("channel", Kind::Word(WAYS), "How its next notice goes, where somebody decided that."),
        required("transitions", Kind::Number, "How many it has had."),
    ],
};

const INSTANCE_DETAIL: Shape = Shape {
    name: "InstanceDetail",
    text: "An instance, and why it was not dunned yet.",
    fields: &[
        required("instance", Kind::Part(&INSTANCE), ""),
        required("why", Kind::Part(&WHY), "The first rule that stops it."),
        optional("held", Kind::Word(HELD), "Why nothing of the tenant leaves at all."),
        optional("next_at", Kind::Moment, "The earliest instant at which a notice may leave if nothing changes."),
    ],
};

const REASON: Shape =
    Shape { name: "Reason", text: "Why it is done; the history keeps it.", fields: &[required("reason", Kind::Line(500), "")] };

const PAUSE: Shape = Shape {
    name: "Pause",
    text: "A pause with its reason.",
    fields: &[
        required("reason", Kind::Line(500), "Why; the history keeps it."),
        optional("until", Kind::Date, "The first day on which dunning may go on; until it is resumed if left out."),
        optional("owner", Kind::Line(LONGEST_OWNER), "Who looks after it; whoever asks if left out."),
    ],
};

pub(super) const WAYS: &[&str] = &["email", "post", "email_and_post"];

pub(super) const ROUTED: Shape = Shape {
    name: "Routed",
    text: "A way to send.",
    fields: &[
        optional("channel", Kind::Word(WAYS), "Taken back if null or left out: it goes as usual."),
        required("reason", Kind::Line(500), "Why; the history keeps it."),
    ],
};

/// The way that a body names; `None`: as usual.
pub(super) fn way(body: &Value) -> Option<Channel> {
    body["channel"].as_str().and_then(|word| Channel::by_hand(word).ok())
}

pub(super) const ELSEWHERE: Shape = Shape {
    name: "Elsewhere",
    text: "Where it goes on.",
    fields: &[
        required("version", Kind::Id, "The version, as `version` of an instance names it."),
        optional(
            "after",
            Kind::Line(100),
            "The key of the stage there that counts as passed; `none` begins the ladder. The same key if left out.",
        ),
        required("reason", Kind::Line(500), "Why; the history keeps it."),
    ],
};

/// An act on one of them.
const ACT_ON_ONE: Operation = Operation { tag: "Instances", body: Some(&REASON), content: Content::One(&INSTANCE_DETAIL), ..ACT };

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/api/v1/instances",
        id: "listInstances",
        tag: "Instances",
        summary: "List instances",
        text: "By id.",
        query: &[
            AFTER,
            LIMIT,
            search("state", Kind::Word(STATES), "Only those that stand there."),
            search("customer", Kind::Line(100), "Only this customer's, by number."),
        ],
        content: Content::Page(&INSTANCE),
        handler: |call| Box::pin(list(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/instances/{id}",
        id: "getInstance",
        tag: "Instances",
        summary: "Show one instance",
        text: "With the first rule that stops it, and when it may go on.",
        content: Content::One(&INSTANCE_DETAIL),
        handler: |call| Box::pin(async move { detail(&call).await }),
        ..READ
    },
    Operation {
        path: "/api/v1/instances/{id}/pause",
        id: "pauseInstance",
        summary: "Pause",
        text: "A block on the invoice. A notice that is under way and not out is taken back.",
        body: Some(&PAUSE),
        handler: |call| Box::pin(pause(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/resume",
        id: "resumeInstance",
        summary: "Resume",
        text: "Ends all blocks of the invoice.",
        handler: |call| Box::pin(resume(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/skip",
        id: "skipStage",
        summary: "Skip the next stage",
        text: "Leaves the stage out for good.",
        handler: |call| Box::pin(skip(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/channel",
        id: "rerouteInstance",
        summary: "Choose how the next notice goes",
        text: "Once, and above what its stage and its customer say. A notice that it shares goes this way for all of its invoices; where two of \
               them were given different ways it goes both. A failed notice is sent again this way. Without a usable address it is paper.",
        body: Some(&ROUTED),
        handler: |call| Box::pin(reroute(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/workflow",
        id: "migrateInstance",
        summary: "Go on in another workflow",
        text: "In another published version of its own or of another one. Stages with the same key are the same; where the last one that is \
               behind it has none there, `after` must say what counts as passed. What was sent never comes again. Refused while a notice is \
               under way and once it has ended.",
        body: Some(&ELSEWHERE),
        handler: |call| Box::pin(migrate(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/retry",
        id: "retryInstance",
        summary: "Send a failed notice again",
        text: "With all invoices of the notice, as a new one.",
        handler: |call| Box::pin(retry(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/settle",
        id: "settleInstance",
        summary: "Settle by hand",
        text: "Books what is open as settled.",
        handler: |call| Box::pin(settle(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/withdraw",
        id: "withdrawInstance",
        summary: "Withdraw the claim",
        text: "It is never dunned again.",
        handler: |call| Box::pin(end(call, false)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/instances/{id}/hand-over",
        id: "handOverInstance",
        summary: "Hand the claim over",
        text: "To collection or court; it is never dunned again.",
        handler: |call| Box::pin(end(call, true)),
        ..ACT_ON_ONE
    },
];

async fn list(call: Call) -> Answered {
    let limit = call.limit()?;
    let search = InvoiceSearch { after: call.after()?, state: call.asked("state"), customer: call.asked("customer"), external_id: "" };
    let found = call.engine().store.listed_invoices(call.tenant_id(), &search, limit + 1).await?;
    call.tenant.refresh_if_empty(&call.engine().store).await?;
    call.page(found.iter().map(|invoice| (invoice.id.to_string(), written(&call, invoice))).collect(), limit)
}

fn written(call: &Call, invoice: &ListedInvoice) -> Value {
    let edition = call.tenant.known(WorkflowId(invoice.workflow_id));
    let stage = invoice.stage.and_then(|stage| usize::try_from(stage).ok());
    let stage = edition.map(|edition| edition.stage_key(stage)).filter(|key| !key.is_empty());
    json!({
        "id": invoice.id, "invoice": invoice.number, "external_id": invoice.external_id, "customer": invoice.customer_number,
        "currency": invoice.currency, "open_minor": invoice.open_minor, "workflow": invoice.workflow, "version": invoice.workflow_id,
        "state": invoice.state, "stage": stage, "wake_at": call.moment_or_null(invoice.wake_at), "reason": invoice.reason,
        "until": invoice.until, "notice": invoice.notice, "channel": invoice.channel, "transitions": invoice.seq,
    })
}

async fn detail(call: &Call) -> Answered {
    let (id, missing) = (call.invoice_id()?, || Problem::not_found("instance"));
    let found = call.engine().store.listed_invoice(call.tenant_id(), id).await?.ok_or_else(missing)?;
    let why = why::of(call.engine(), call.tenant_id(), id).await?.ok_or_else(missing)?;
    Answer::ok(json!({
        "instance": written(call, &found), "why": why.rule(), "held": why.held(), "next_at": call.moment_or_null(why.next()),
    }))
}

async fn pause(call: Call) -> Answered {
    let (id, body) = (call.invoice_id()?, call.body(&PAUSE)?);
    let until = body["until"].as_str().and_then(date);
    let hold = Hold { scope: Range::Invoice(id), kind: "pause", amount_minor: None, until, owner: body["owner"].as_str() };
    call.engine().set_hold(call.tenant_id(), &hold, &call.cause()).await?;
    detail(&call).await
}

async fn resume(call: Call) -> Answered {
    let id = call.invoice_id()?;
    call.body(&REASON)?;
    call.engine().resume(call.tenant_id(), Range::Invoice(id), &call.cause()).await?;
    detail(&call).await
}

async fn skip(call: Call) -> Answered {
    let id = call.invoice_id()?;
    call.body(&REASON)?;
    call.engine().skip(call.tenant_id(), id, &call.cause()).await?;
    detail(&call).await
}

async fn reroute(call: Call) -> Answered {
    let (id, body) = (call.invoice_id()?, call.body(&ROUTED)?);
    call.engine().reroute(call.tenant_id(), id, way(body), &call.cause()).await?;
    detail(&call).await
}

/// Where a body says that something goes on.
pub(super) async fn target(call: &Call, body: &Value) -> Result<Target, Problem> {
    call.tenant.refresh(&call.engine().store).await?;
    let edition = body["version"].as_i64().and_then(|id| call.tenant.known(WorkflowId(id)));
    let edition = edition.ok_or_else(|| Problem::at("/version", "there is no such version"))?;
    let foothold = match body["after"].as_str() {
        None => Foothold::SameKey,
        Some("none") => Foothold::Beginning,
        Some(key) => {
            let stage = edition.workflow.position(key);
            Foothold::After(stage.ok_or_else(|| Problem::at("/after", "the version has no stage with this key"))?)
        }
    };
    Ok(Target { workflow: edition.id, foothold })
}

async fn migrate(call: Call) -> Answered {
    let (id, body) = (call.invoice_id()?, call.body(&ELSEWHERE)?);
    // What is not there is not there, whatever the body says.
    call.engine().store.listed_invoice(call.tenant_id(), id).await?.ok_or_else(|| Problem::not_found("instance"))?;
    let target = target(&call, body).await?;
    call.engine().migrate(call.tenant_id(), id, target, &call.cause()).await?;
    detail(&call).await
}

async fn retry(call: Call) -> Answered {
    let id = call.invoice_id()?;
    call.body(&REASON)?;
    call.engine().retry(call.tenant_id(), id, &call.cause()).await?;
    detail(&call).await
}

async fn settle(call: Call) -> Answered {
    let id = call.invoice_id()?;
    call.body(&REASON)?;
    call.engine().settle_by_hand(call.tenant_id(), id, &call.cause()).await?;
    detail(&call).await
}

async fn end(call: Call, hand_over: bool) -> Answered {
    let id = call.invoice_id()?;
    call.body(&REASON)?;
    call.engine().end(call.tenant_id(), id, hand_over, &call.cause()).await?;
    detail(&call).await
}
