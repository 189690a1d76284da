//! Notices: what left or shall leave, with its lines and steps; released, recalled, resolved.

use super::call::{Answer, Answered, Call};
use super::problem::Problem;
use super::routes::{ACT, Content, LIMIT, Operation, Parameter, READ, search};
use super::shape::{Kind, Shape, optional, required};
use crate::domain::chain::hex;
use crate::domain::ids::NoticeId;
use crate::engine::operate::Resolution;
use crate::store::api_lists::ListedNotice;
use serde_json::{Value, json};

const STATES: &[&str] = &["proposed", "released", "paper", "sent", "failed", "unknown", "recalled"];

const NOTICE: Shape = Shape {
    name: "Notice",
    text: "A mail or letter about one or more invoices of a customer.",
    fields: &[
        required("id", Kind::Text, "32 hex digits."),
        required("customer", Kind::Text, "The customer's number."),
        required("state", Kind::Word(STATES), "`unknown`: whether it left nobody knows; a person or program resolves it."),
        required("channel", Kind::Word(&["email", "post", "paper"]), ""),
        required("stage", Kind::Text, "The highest stage among its lines."),
        optional("reason", Kind::Text, ""),
        required("currency", Kind::Text, ""),
        required("open_minor", Kind::Number, "Without fees."),
        required("fee_minor", Kind::Number, "The fees that it names."),
        required("due_at", Kind::Moment, "When its first invoice was due to be dunned."),
        required("slot_at", Kind::Moment, "The planned instant."),
        required("issued_at", Kind::Moment, ""),
        optional("dispatched_at", Kind::Moment, "When it left."),
        optional("recipient", Kind::Text, ""),
        optional("reply", Kind::Text, "The other side's own words."),
        optional("mail", Kind::Hash, "The mail as it was sent; `GET /documents/{hash}` has it."),
        optional("letter", Kind::Hash, "The letter."),
    ],
};

const LINE: Shape = Shape {
    name: "NoticeLine",
    text: "An invoice on a notice.",
    fields: &[
        required("invoice_id", Kind::Id, ""),
        required("invoice", Kind::Text, "Its number."),
        required("due_date", Kind::Date, ""),
        required("stage", Kind::Text, ""),
        required("open_minor", Kind::Number, ""),
        required("recalled", Kind::Flag, ""),
    ],
};

const STEP: Shape = Shape {
    name: "Step",
    text: "A piece of outside work of a notice.",
    fields: &[
        required("pool", Kind::Word(&["print", "send", "post"]), ""),
        required("state", Kind::Text, ""),
        required("attempt", Kind::Number, ""),
        required("due_at", Kind::Moment, ""),
        optional("started_at", Kind::Moment, ""),
        optional("ended_at", Kind::Moment, ""),
        optional("error", Kind::Text, ""),
    ],
};

const NOTICE_DETAIL: Shape = Shape {
    name: "NoticeDetail",
    text: "A notice with its lines and steps.",
    fields: &[
        required("notice", Kind::Part(&NOTICE), ""),
        required("lines", Kind::List(&LINE, 100_000), ""),
        required("steps", Kind::List(&STEP, 1000), ""),
    ],
};

const REASON: Shape =
    Shape { name: "NoticeReason", text: "Why it is done; the history keeps it.", fields: &[required("reason", Kind::Line(500), "")] };

const RESOLVE: Shape = Shape {
    name: "Resolve",
    text: "How a notice ended of which nobody knew.",
    fields: &[
        required("outcome", Kind::Word(&["sent", "send_again"]), "`sent`: it did arrive. `send_again`: it did not, and is composed anew."),
        required("reason", Kind::Line(500), "Why; the history keeps it."),
    ],
};

/// An act on one of them.
const ACT_ON_ONE: Operation = Operation { tag: "Notices", body: Some(&REASON), content: Content::One(&NOTICE_DETAIL), ..ACT };

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/api/v1/notices",
        id: "listNotices",
        tag: "Notices",
        summary: "List notices",
        text: "By id, recalled ones included.",
        query: &[
            Parameter { name: "after", kind: Kind::Line(64), required: false, text: "Begin after this id; `next` of a page has it." },
            LIMIT,
            search("state", Kind::Word(STATES), "Only those that stand there."),
            search("customer", Kind::Line(100), "Only this customer's, by number."),
        ],
        content: Content::Page(&NOTICE),
        handler: |call| Box::pin(list(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/notices/{id}",
        id: "getNotice",
        tag: "Notices",
        summary: "Show one notice",
        text: "With its lines and steps.",
        content: Content::One(&NOTICE_DETAIL),
        handler: |call| Box::pin(async move { detail(&call).await }),
        ..READ
    },
    Operation {
        path: "/api/v1/notices/{id}/release",
        id: "releaseNotice",
        summary: "Let a proposed notice go",
        text: "It leaves in its sender's next slot.",
        handler: |call| Box::pin(release(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/notices/{id}/recall",
        id: "recallNotice",
        summary: "Take a notice back",
        text: "Only while it has not left; its invoices are due again.",
        handler: |call| Box::pin(recall(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/notices/{id}/resolve",
        id: "resolveNotice",
        summary: "Say how an unknown notice ended",
        text: "Nothing of unknown end is ever repeated by itself.",
        body: Some(&RESOLVE),
        handler: |call| Box::pin(resolve(call)),
        ..ACT_ON_ONE
    },
];

async fn list(call: Call) -> Answered {
    let limit = call.limit()?;
    let filter = (call.asked("state"), call.asked("customer"));
    let found = call.engine().store.listed_notices(call.tenant_id(), call.asked("after"), filter, limit + 1).await?;
    call.page(found.iter().map(|notice| (notice.id.clone(), written(&call, notice))).collect(), limit)
}

/// The notice that the path names. What can't be an id of one names nothing.
fn named(call: &Call) -> Result<NoticeId, Problem> {
    let id = call.named("id");
    let fits = !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { Ok(NoticeId(id.to_owned())) } else { Err(Problem::not_found("notice")) }
}

async fn detail(call: &Call) -> Answered {
    let (id, tenant, store) = (named(call)?, call.tenant_id(), &call.engine().store);
    let notice = store.listed_notice(tenant, &id.0).await?.ok_or_else(|| Problem::not_found("notice"))?;
    let lines: Vec<_> = store
        .notice_lines(tenant, &id.0)
        .await?
        .iter()
        .map(|line| {
            json!({"invoice_id": line.instance, "invoice": line.invoice, "due_date": line.due_date, "stage": line.stage,
            "open_minor": line.open_minor, "recalled": line.recalled})
        })
        .collect();
    let steps: Vec<_> = store
        .steps_of_notice(tenant, &id.0)
        .await?
        .iter()
        .map(|step| {
            json!({"pool": step.pool, "state": step.state, "attempt": step.attempt, "due_at": call.moment(step.due_at),
            "started_at": call.moment_or_null(step.started_at), "ended_at": call.moment_or_null(step.ended_at), "error": step.error})
        })
        .collect();
    Answer::ok(json!({"notice": written(call, &notice), "lines": lines, "steps": steps}))
}

async fn release(call: Call) -> Answered {
    let id = named(&call)?;
    call.body(&REASON)?;
    call.engine().release(call.tenant_id(), &id, &call.cause()).await?;
    detail(&call).await
}

async fn recall(call: Call) -> Answered {
    let id = named(&call)?;
    call.body(&REASON)?;
    call.engine().recall(call.tenant_id(), &id, &call.cause()).await?;
    detail(&call).await
}

async fn resolve(call: Call) -> Answered {
    let (id, body) = (named(&call)?, call.body(&RESOLVE)?);
    let resolution = if body["outcome"] == "sent" { Resolution::Sent } else { Resolution::SendAgain };
    call.engine().resolve(call.tenant_id(), &id, resolution, &call.cause()).await?;
    detail(&call).await
}

fn written(call: &Call, notice: &ListedNotice) -> Value {
    json!({
        "id": notice.id, "customer": notice.customer_number, "state": notice.state, "channel": notice.channel, "stage": notice.stage,
        "reason": notice.reason, "currency": notice.currency, "open_minor": notice.open_minor, "fee_minor": notice.fee_minor,
        "due_at": call.moment(notice.due_at), "slot_at": call.moment(notice.slot_at), "issued_at": call.moment(notice.issued_at),
        "dispatched_at": call.moment_or_null(notice.dispatched_at), "recipient": notice.recipient, "reply": notice.reply,
        "mail": notice.mail.as_deref().map(hex), "letter": notice.letter.as_deref().map(hex),
    })
}
