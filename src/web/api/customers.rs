//! Customers: listed, shown. They come with their invoices.

use super::call::{Answer, Answered, Call};
use super::instances::{ELSEWHERE, ROUTED, WAYS, target, way};
use super::problem::Problem;
use super::routes::{ACT, AFTER, Content, LIMIT, Operation, READ, search};
use super::shape::{Kind, Shape, optional, required};
use crate::domain::ids::CustomerId;
use crate::domain::workflow::Channel;
use crate::engine::customers::Decision;
use crate::store::api_lists::ListedCustomer;
use serde_json::{Value, json};

const CUSTOMER: Shape = Shape {
    name: "Customer",
    text: "A debtor. Empty texts are unknown.",
    fields: &[
        required("id", Kind::Id, ""),
        required("number", Kind::Text, ""),
        required("name", Kind::Text, ""),
        required("email", Kind::Text, "The address in use."),
        optional("email_blocked", Kind::Text, "Why the address is not used."),
        required("street", Kind::Text, ""),
        required("postcode", Kind::Text, ""),
        required("city", Kind::Text, ""),
        required("country", Kind::Text, ""),
        required("language", Kind::Text, "As its source has it."),
        optional("language_by_hand", Kind::Text, "Decided by a person; it stands above `language`."),
        optional("channel_by_hand", Kind::Word(WAYS), "How its notices go, decided by a person."),
        optional("workflow_by_hand", Kind::Text, "The workflow of its invoices to come, decided by a person."),
        required("kind", Kind::Word(&["business", "consumer", "unknown"]), ""),
    ],
};

const SPOKEN: Shape = Shape {
    name: "Spoken",
    text: "A language.",
    fields: &[
        optional("language", Kind::Language, "Taken back if null or left out."),
        required("reason", Kind::Line(500), "Why; the history keeps it."),
    ],
};

const DUNNED: Shape = Shape {
    name: "Dunned",
    text: "A workflow.",
    fields: &[
        optional("workflow", Kind::Line(100), "By name; it must be published. Taken back if null or left out."),
        required("reason", Kind::Line(500), "Why; the history keeps it."),
    ],
};

const STAYED: Shape = Shape {
    name: "Stayed",
    text: "An instance that could not move.",
    fields: &[
        required("id", Kind::Id, "The invoice's id."),
        required("invoice", Kind::Text, "The invoice's number."),
        required("why", Kind::Text, ""),
    ],
};

const MOVED: Shape = Shape {
    name: "Moved",
    text: "What became of many.",
    fields: &[required("moved", Kind::Number, "How many moved."), required("stayed", Kind::List(&STAYED, 1_000_000), "")],
};

/// An act on one of them.
const ACT_ON_ONE: Operation = Operation { tag: "Customers", ..ACT };

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/api/v1/customers",
        id: "listCustomers",
        tag: "Customers",
        summary: "List customers",
        text: "By id.",
        query: &[AFTER, LIMIT, search("number", Kind::Line(100), "Only the customer with this number.")],
        content: Content::Page(&CUSTOMER),
        handler: |call| Box::pin(list(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/customers/{id}",
        id: "getCustomer",
        tag: "Customers",
        summary: "Show one customer",
        content: Content::One(&CUSTOMER),
        handler: |call| Box::pin(show(call)),
        ..READ
    },
    Operation {
        path: "/api/v1/customers/{id}/language",
        id: "decideLanguage",
        summary: "Decide the language of notices",
        text: "Above what its source brings. What is not out yet is made anew.",
        body: Some(&SPOKEN),
        content: Content::One(&CUSTOMER),
        handler: |call| Box::pin(language(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/customers/{id}/channel",
        id: "decideChannel",
        summary: "Decide how notices go",
        text: "Above what stages say, from the next notice on.",
        body: Some(&ROUTED),
        content: Content::One(&CUSTOMER),
        handler: |call| Box::pin(channel(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/customers/{id}/workflow",
        id: "decideWorkflow",
        summary: "Decide the workflow of invoices to come",
        text: "Whatever they come from and with. Open ones keep theirs: `migrateCustomer`.",
        body: Some(&DUNNED),
        content: Content::One(&CUSTOMER),
        handler: |call| Box::pin(workflow(call)),
        ..ACT_ON_ONE
    },
    Operation {
        path: "/api/v1/customers/{id}/migrate",
        id: "migrateCustomer",
        summary: "Move open instances to another workflow",
        text: "As `migrateInstance`, for all instances of the customer that have not ended. What can't move stays and is named.",
        body: Some(&ELSEWHERE),
        content: Content::One(&MOVED),
        handler: |call| Box::pin(migrate(call)),
        ..ACT_ON_ONE
    },
];

async fn list(call: Call) -> Answered {
    let limit = call.limit()?;
    let found = call.engine().store.listed_customers(call.tenant_id(), call.after()?, call.asked("number"), limit + 1).await?;
    call.page(found.iter().map(|customer| (customer.id.to_string(), written(customer))).collect(), limit)
}

async fn show(call: Call) -> Answered {
    let id = call.id()?;
    let found = call.engine().store.listed_customers(call.tenant_id(), id - 1, "", 1).await?.pop();
    Answer::ok(written(&found.filter(|customer| customer.id.0 == id).ok_or_else(|| Problem::not_found("customer"))?))
}

async fn language(call: Call) -> Answered {
    let decision = Decision::Language(call.body(&SPOKEN)?["language"].as_str().map(ToOwned::to_owned));
    decide(call, decision).await
}

async fn channel(call: Call) -> Answered {
    let decision = Decision::Channel(way(call.body(&ROUTED)?));
    decide(call, decision).await
}

async fn workflow(call: Call) -> Answered {
    let decision = Decision::Workflow(call.body(&DUNNED)?["workflow"].as_str().map(ToOwned::to_owned));
    decide(call, decision).await
}

async fn decide(call: Call, decision: Decision) -> Answered {
    let customer = customer_id(&call).await?;
    call.engine().decide_for(call.tenant_id(), customer, &decision, &call.cause()).await?;
    show(call).await
}

async fn migrate(call: Call) -> Answered {
    let (customer, body) = (customer_id(&call).await?, call.body(&ELSEWHERE)?);
    let target = target(&call, body).await?;
    let outcome = call.engine().migrate_customer(call.tenant_id(), customer, target, &call.cause()).await?;
    let stayed = outcome.stayed.iter().map(|one| json!({"id": one.invoice, "invoice": one.number, "why": one.why.to_string()}));
    Answer::ok(json!({"moved": outcome.moved, "stayed": stayed.collect::<Vec<_>>()}))
}

/// The customer that the path names, if there is one here.
async fn customer_id(call: &Call) -> Result<CustomerId, Problem> {
    let id = CustomerId(call.id()?);
    let found = call.engine().store.customer_line(call.tenant_id(), id).await?;
    found.map(|_| id).ok_or_else(|| Problem::not_found("customer"))
}

fn written(customer: &ListedCustomer) -> Value {
    let record = &customer.record;
    json!({
        "id": customer.id, "number": record.number, "name": record.name, "email": record.email, "email_blocked": customer.email_blocked,
        "street": record.street, "postcode": record.postcode, "city": record.city, "country": record.country,
        "language": record.language, "kind": record.kind, "language_by_hand": customer.by_hand.language,
        "channel_by_hand": customer.by_hand.channel.map(Channel::word), "workflow_by_hand": customer.by_hand.workflow,
    })
}
