//! Customers: listed, shown. They come with their invoices.

use super::call::{Answer, Answered, Call};
use super::instances::{ELSEWHERE, target};
use super::problem::Problem;
use super::routes::{ACT, AFTER, Content, LIMIT, Operation, READ, search};
use super::shape::{Kind, Shape, optional, required};
use crate::domain::ids::CustomerId;
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
        required("language", Kind::Text, ""),
        required("kind", Kind::Word(&["business", "consumer", "unknown"]), ""),
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
        "language": record.language, "kind": record.kind,
    })
}
