//! Invoices: brought, listed, shown.

use super::bulk::{Became, Bulk};
use super::call::{Answer, Answered, Call};
use super::problem::Problem;
use super::routes::{ACT, AFTER, Content, LIMIT, Operation, READ, search};
use super::shape::{Kind, Shape, date, optional, required};
use crate::assembly;
use crate::domain::chain::hex;
use crate::domain::format::presentable;
use crate::domain::ids::WorkflowId;
use crate::domain::scope::Scope;
use crate::engine::feed::Fed;
use crate::engine::intake::Incoming;
use crate::store::api_lists::{InvoiceSearch, ListedInvoice};
use crate::store::intake::{CustomerRecord, InvoiceRecord};
use serde_json::{Value, json};

/// The most items of one call.
pub(super) const ITEMS: usize = 1000;

pub(super) const STATES: &[&str] =
    &["waiting", "queued_by_quota", "proposed", "issued", "failed", "blocked", "settled", "withdrawn", "handed_over", "exhausted"];

const BROUGHT_CUSTOMER: Shape = Shape {
    name: "CustomerGiven",
    text: "Who owes. Everything is written over what was known under the same number; what is left out becomes unknown.",
    fields: &[
        required("number", Kind::Line(100), "The customer's number; one customer has one."),
        required("name", Kind::Line(200), "Company or person."),
        optional("email", Kind::Email, "Where notices go; without one they become letters or paper."),
        optional("street", Kind::Line(200), "Street and house number."),
        optional("postcode", Kind::Line(20), ""),
        optional("city", Kind::Line(100), ""),
        optional("country", Kind::Country, "ISO 3166."),
        optional("language", Kind::Language, "ISO 639; the tenant's if left out."),
        optional("kind", Kind::Word(&["business", "consumer", "unknown"]), "`unknown` if left out."),
    ],
};

const BROUGHT: Shape = Shape {
    name: "InvoiceGiven",
    text: "An open invoice.",
    fields: &[
        required("external_id", Kind::Line(200), "Your id. The same id again means the same invoice."),
        required("number", Kind::Line(100), "As notices name it."),
        optional(
            "kind",
            Kind::Word(&["invoice", "revenue_voucher", "down_payment", "instalment"]),
            "`invoice` if left out. Never changes.",
        ),
        required("currency", Kind::Currency, "ISO 4217. Never changes."),
        required("amount_minor", Kind::Minor, "The gross amount in minor units: 11900 is 119.00 EUR."),
        required("invoice_date", Kind::Date, ""),
        required("due_date", Kind::Date, "The last day on which it is paid in time."),
        required("customer", Kind::Part(&BROUGHT_CUSTOMER), ""),
    ],
};

const BATCH: Shape = Shape {
    name: "InvoiceBatch",
    text: "Invoices to be taken in.",
    fields: &[
        optional(
            "workflow",
            Kind::Line(100),
            "The workflow of new invoices: a published one, one of the workflow folder, or `standard`, `gentle`, `business`. `standard` if left out.",
        ),
        required("invoices", Kind::List(&BROUGHT, ITEMS), "Each is answered by itself."),
    ],
};

pub(super) const FAULT: Shape = Shape {
    name: "Fault",
    text: "What is wrong at one place.",
    fields: &[
        optional("pointer", Kind::Text, "A JSON pointer into the body."),
        optional("parameter", Kind::Text, "The query parameter or header."),
        required("detail", Kind::Text, "What is wrong, and what to write."),
    ],
};

pub(super) const RESULT: Shape = Shape {
    name: "ItemResult",
    text: "What became of one item.",
    fields: &[
        optional("external_id", Kind::Text, ""),
        required(
            "result",
            Kind::Word(&["created", "unchanged", "changed", "refused"]),
            "`refused`: nothing was done for this item; `errors` says why.",
        ),
        optional("id", Kind::Id, "The invoice's id here."),
        optional("changed", Kind::Lines(20), "Which fields were written over."),
        optional("errors", Kind::List(&FAULT, 100), "With pointers into the body of the call."),
    ],
};

pub(super) const RESULTS: Shape = Shape {
    name: "BatchResult",
    text: "What became of each item, in the order of the call.",
    fields: &[
        required("created", Kind::Number, ""),
        required("unchanged", Kind::Number, ""),
        required("changed", Kind::Number, ""),
        required("refused", Kind::Number, ""),
        required("items", Kind::List(&RESULT, ITEMS), ""),
    ],
};

const INVOICE: Shape = Shape {
    name: "Invoice",
    text: "An invoice of the ledger.",
    fields: &[
        required("id", Kind::Id, "Its dunning instance has the same id."),
        required("source", Kind::Text, "`api` for what came by this interface."),
        required("external_id", Kind::Text, ""),
        required("number", Kind::Text, ""),
        required("kind", Kind::Text, ""),
        required("customer", Kind::Text, "The customer's number."),
        required("currency", Kind::Text, ""),
        required("amount_minor", Kind::Number, ""),
        required("open_minor", Kind::Number, "What is unpaid; negative if too much was paid."),
        required("invoice_date", Kind::Date, ""),
        required("due_date", Kind::Date, ""),
        required("state", Kind::Word(STATES), "Where its instance stands."),
        required("workflow", Kind::Text, ""),
        optional("document", Kind::Hash, "Its own document; `GET /documents/{hash}` has it."),
        optional("cancelled_at", Kind::Moment, "Since when its source says that it is void."),
        required("learned_at", Kind::Moment, "Since when it is known."),
    ],
};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/api/v1/invoices",
        scope: Scope::Facts,
        id: "bringInvoices",
        tag: "Invoices",
        summary: "Bring invoices",
        text: "At most 1,000 a call, in one transaction. Idempotent by `external_id`: the same content changes nothing, other content is written over it and its instance decides anew. An item that can't be taken is refused by itself.",
        body: Some(&BATCH),
        content: Content::One(&RESULTS),
        repeatable: true,
        handler: |call| Box::pin(bring(call)),
        ..ACT
    },
    Operation {
        path: "/api/v1/invoices",
        id: "listInvoices",
        tag: "Invoices",
        summary: "List invoices",
        text: "By id, whatever their source.",
        query: &[
            AFTER,
            LIMIT,
            search("state", Kind::Word(STATES), "Only those whose instance stands there."),
            search("customer", Kind::Line(100), "Only this customer's, by number."),
            search("external_id", Kind::Line(200), "Only those with this id of yours."),
        ],
        content: Content::Page(&INVOICE),
        handler: |call| Box::pin(list(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/invoices/{id}",
        id: "getInvoice",
        tag: "Invoices",
        summary: "Show one invoice",
        content: Content::One(&INVOICE),
        handler: |call| Box::pin(show(call)),
        ..READ
    },
];

async fn bring(call: Call) -> Answered {
    let bulk = Bulk::sort(&call, (&BATCH, "invoices", &BROUGHT), |_, _| Vec::new(), incoming)?;
    let mut fed = Vec::new();
    if !bulk.taken.is_empty() {
        let workflow = workflow(&call).await?;
        fed = call.engine().feed_invoices(call.tenant_id(), &call.actor(), workflow, &bulk.taken).await?;
    }
    bulk.answer(|row| &row.invoice.external_id, fed.into_iter().map(became))
}

fn became(fed: Fed) -> Became {
    let (result, id, changed) = match fed {
        Fed::Created(id) => ("created", id, None),
        Fed::Unchanged(id) => ("unchanged", id, None),
        Fed::Changed(id, fields) => ("changed", id, Some(fields.into_iter().map(field).collect())),
        Fed::Refused(why) => return Became::Refused(why),
    };
    Became::Done { result, id: id.0, changed }
}

/// As this interface calls it.
fn field(name: &'static str) -> &'static str {
    if name == "amount" { "amount_minor" } else { name }
}

/// The edition that new invoices are pinned to: what was published on the pages under that name, else the newest one of that name, else
/// one that is published for it now.
async fn workflow(call: &Call) -> Result<WorkflowId, Problem> {
    let name = call.body["workflow"].as_str().unwrap_or("standard");
    let holding = assembly::holding(&call.engine().store, call.tenant_id(), name)
        .await
        .map_err(|error| Problem::at("/workflow", format!("{error:#}")))?;
    if let Some(workflow) = holding {
        return Ok(call.engine().publish(call.tenant_id(), &workflow).await?);
    }
    let known = call.engine().store.workflows(call.tenant_id()).await?;
    if let Some(newest) = known.iter().filter(|row| row.name == name).map(|row| row.id).max() {
        return Ok(newest);
    }
    let workflow = (call.api.workflows)(name).map_err(|why| Problem::at("/workflow", why))?;
    Ok(call.engine().publish(call.tenant_id(), &workflow).await?)
}

/// A row whose shape was checked.
fn incoming(row: &Value) -> Option<Incoming> {
    let text = |value: &Value| presentable(value.as_str().unwrap_or_default()).trim().to_owned();
    let customer = &row["customer"];
    let or = |value: &Value, usual: &str| value.as_str().unwrap_or(usual).to_owned();
    Some(Incoming {
        customer: CustomerRecord {
            number: text(&customer["number"]),
            name: text(&customer["name"]),
            email: text(&customer["email"]),
            street: text(&customer["street"]),
            postcode: text(&customer["postcode"]),
            city: text(&customer["city"]),
            country: text(&customer["country"]),
            language: text(&customer["language"]),
            kind: or(&customer["kind"], "unknown"),
            addresses: Vec::new(),
        },
        invoice: InvoiceRecord {
            external_id: or(&row["external_id"], ""),
            number: text(&row["number"]),
            customer: text(&customer["number"]),
            kind: or(&row["kind"], "invoice"),
            currency: or(&row["currency"], ""),
            amount_minor: row["amount_minor"].as_i64()?,
            invoice_date: date(row["invoice_date"].as_str()?)?,
            due_date: date(row["due_date"].as_str()?)?,
            document: None,
        },
        document: None,
    })
}

async fn list(call: Call) -> Answered {
    let limit = call.limit()?;
    let search = InvoiceSearch {
        after: call.after()?,
        state: call.asked("state"),
        customer: call.asked("customer"),
        external_id: call.asked("external_id"),
    };
    let found = call.engine().store.listed_invoices(call.tenant_id(), &search, limit + 1).await?;
    call.page(found.iter().map(|invoice| (invoice.id.to_string(), written(&call, invoice))).collect(), limit)
}

async fn show(call: Call) -> Answered {
    let found = call.engine().store.listed_invoice(call.tenant_id(), call.invoice_id()?).await?;
    Answer::ok(written(&call, &found.ok_or_else(|| Problem::not_found("invoice"))?))
}

fn written(call: &Call, invoice: &ListedInvoice) -> Value {
    json!({
        "id": invoice.id, "source": invoice.source, "external_id": invoice.external_id, "number": invoice.number, "kind": invoice.kind,
        "customer": invoice.customer_number, "currency": invoice.currency, "amount_minor": invoice.amount_minor,
        "open_minor": invoice.open_minor, "invoice_date": invoice.invoice_date, "due_date": invoice.due_date, "state": invoice.state,
        "workflow": invoice.workflow, "document": invoice.document.as_deref().map(hex),
        "cancelled_at": call.moment_or_null(invoice.cancelled_at), "learned_at": call.moment(invoice.learned_at),
    })
}
