//! Blocks: what rests, why and until when; set and ended one by one.

use super::call::{Answer, Answered, Call};
use super::problem::{Fault, Problem};
use super::routes::{ACT, AFTER, Content, LIMIT, Operation, Parameter, READ, search};
use super::shape::{Kind, Shape, date, optional, required};
use crate::domain::ids::{BlockId, InvoiceId};
use crate::engine::holds::{Hold, LONGEST_OWNER};
use crate::engine::operate::Scope as Range;
use crate::store::api_lists::ListedBlock;
use serde_json::{Value, json};

const KINDS: &[&str] = &["pause", "dispute", "promise", "instalment_plan"];

const BLOCK: Shape = Shape {
    name: "Block",
    text: "Why a customer or an invoice rests.",
    fields: &[
        required("id", Kind::Id, ""),
        required("customer", Kind::Text, "The customer's number."),
        optional("invoice_id", Kind::Id, "The whole customer rests if null."),
        optional("amount_minor", Kind::Number, "The whole invoice rests if null."),
        required("kind", Kind::Word(KINDS), ""),
        required("reason", Kind::Text, ""),
        required("owner", Kind::Text, "Who looks after it: a name, or who set it: `user:NAME`, `token:NAME`, `source:NAME`, `system`."),
        required("since", Kind::Moment, ""),
        optional("until", Kind::Date, "The first day on which it no longer holds; until somebody ends it if null."),
    ],
};

const NEW_BLOCK: Shape = Shape {
    name: "NewBlock",
    text: "A block to be set, on one of `customer` and `invoice_id`.",
    fields: &[
        optional("customer", Kind::Line(100), "A customer's number: all its invoices rest, future ones too."),
        optional("invoice_id", Kind::Id, "One invoice."),
        required("kind", Kind::Word(KINDS), ""),
        optional("amount_minor", Kind::Minor, "Only so much of the invoice rests, such as a disputed part."),
        optional("until", Kind::Date, "The first day on which it no longer holds; until somebody ends it if left out."),
        optional("owner", Kind::Line(LONGEST_OWNER), "Who looks after it; whoever sets it if left out."),
        required("reason", Kind::Line(500), "Why; the history keeps it."),
    ],
};

const ENDED: Shape =
    Shape { name: "Ended", text: "It holds no more.", fields: &[required("id", Kind::Id, ""), required("ended", Kind::Flag, "")] };

const BECAUSE: Parameter = Parameter { name: "reason", kind: Kind::Line(500), required: true, text: "Why; the history keeps it." };

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/api/v1/blocks",
        id: "listBlocks",
        tag: "Blocks",
        summary: "List blocks that hold",
        text: "By id.",
        query: &[AFTER, LIMIT, search("customer", Kind::Line(100), "Only this customer's, by number.")],
        content: Content::Page(&BLOCK),
        handler: |call| Box::pin(list(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/blocks",
        id: "setBlock",
        tag: "Blocks",
        summary: "Set a block",
        text: "A notice that is under way and not out is taken back.",
        body: Some(&NEW_BLOCK),
        status: 201,
        content: Content::One(&BLOCK),
        handler: |call| Box::pin(set(call)),
        ..ACT
    },
    Operation {
        method: "DELETE",
        path: "/api/v1/blocks/{id}",
        id: "endBlock",
        tag: "Blocks",
        summary: "End a block",
        text: "What it kept back goes on, unless something else holds it.",
        query: &[BECAUSE],
        content: Content::One(&ENDED),
        repeatable: true,
        handler: |call| Box::pin(end(call)),
        ..ACT
    },
];

async fn list(call: Call) -> Answered {
    let limit = call.limit()?;
    let found = call.engine().store.listed_blocks(call.tenant_id(), call.after()?, call.asked("customer"), limit + 1).await?;
    call.page(found.iter().map(|block| (block.id.to_string(), written(&call, block))).collect(), limit)
}

async fn set(call: Call) -> Answered {
    let body = call.body(&NEW_BLOCK)?;
    let scope = match (body["customer"].as_str(), body["invoice_id"].as_i64()) {
        (Some(number), None) => {
            let found = call.engine().store.customer_numbered(call.tenant_id(), number).await?;
            Range::Customer(found.ok_or_else(|| Problem::at("/customer", "there is no customer with this number"))?)
        }
        (None, Some(id)) => Range::Invoice(InvoiceId(id)),
        _ => return Err(Problem::at("", "needs one of customer and invoice_id")),
    };
    let amount_minor = body["amount_minor"].as_i64();
    if amount_minor.is_some() && matches!(scope, Range::Customer(_)) {
        return Err(Problem::at("/amount_minor", "a part can rest of one invoice only: name the invoice, or leave the amount out"));
    }
    let kind = KINDS.iter().find(|kind| body["kind"] == **kind).copied().unwrap_or("pause");
    let hold = Hold { scope, kind, amount_minor, until: body["until"].as_str().and_then(date), owner: body["owner"].as_str() };
    let (id, _) = call.engine().set_hold(call.tenant_id(), &hold, &call.cause()).await?;
    let set = call.engine().store.listed_blocks(call.tenant_id(), id.0 - 1, "", 1).await?.pop();
    let set = set.filter(|block| block.id == id).ok_or_else(|| Problem::not_found("block"))?;
    Ok(Answer::Json(201, written(&call, &set)))
}

async fn end(call: Call) -> Answered {
    let id = call.id()?;
    let cause = call.because(call.asked("reason"));
    if cause.reason.is_empty() {
        return Err(Problem::invalid(vec![Fault::of_query("reason", "is empty: write why, the history keeps it")]));
    }
    call.engine().end_hold(call.tenant_id(), BlockId(id), &cause).await?;
    Answer::ok(json!({"id": id, "ended": true}))
}

fn written(call: &Call, block: &ListedBlock) -> Value {
    json!({
        "id": block.id, "customer": block.customer_number, "invoice_id": block.invoice, "amount_minor": block.amount_minor,
        "kind": block.kind, "reason": block.reason, "owner": block.owner, "since": call.moment(block.starts_at), "until": block.until,
    })
}
