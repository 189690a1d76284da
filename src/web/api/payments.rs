//! Payments, credits and return debits: brought. They are facts and never change.

use super::bulk::{Became, Bulk};
use super::call::{Answered, Call};
use super::invoices::{ITEMS, RESULTS};
use super::problem::Fault;
use super::routes::{ACT, Content, Operation};
use super::shape::{Kind, Shape, below, date, optional, required};
use crate::domain::ids::InvoiceId;
use crate::domain::scope::Scope;
use crate::engine::feed::{FedBooking, FedPayment, Payee};
use serde_json::Value;

const BROUGHT: Shape = Shape {
    name: "PaymentGiven",
    text: "A payment, credit or return debit. It names its invoice by one of `invoice_external_id` and `invoice_id`.",
    fields: &[
        required("external_id", Kind::Line(200), "Your id. The same id again means the same payment."),
        optional("invoice_external_id", Kind::Line(200), "Your id of an invoice that was brought by this interface."),
        optional("invoice_id", Kind::Id, "The id of any invoice here."),
        optional(
            "kind",
            Kind::Word(&["payment", "credit", "return_debit"]),
            "By the sign if left out: a negative amount is a return debit.",
        ),
        required("amount_minor", Kind::Signed, "In minor units; negative for a return debit, which opens the invoice again."),
        required("currency", Kind::Currency, "Must be the invoice's."),
        optional("date", Kind::Date, "The day of the booking; now if left out."),
    ],
};

const BATCH: Shape = Shape {
    name: "PaymentBatch",
    text: "Payments to be booked.",
    fields: &[required("payments", Kind::List(&BROUGHT, ITEMS), "Each is answered by itself.")],
};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    path: "/api/v1/payments",
    scope: Scope::Facts,
    id: "bringPayments",
    tag: "Payments",
    summary: "Bring payments, credits and return debits",
    text: "At most 1,000 a call, in one transaction. Idempotent by `external_id`. Instances decide anew at once: what is paid is dunned no more, also if its notice was about to leave.",
    body: Some(&BATCH),
    content: Content::One(&RESULTS),
    repeatable: true,
    handler: |call| Box::pin(bring(call)),
    ..ACT
}];

async fn bring(call: Call) -> Answered {
    let bulk = Bulk::sort(&call, (&BATCH, "payments", &BROUGHT), contradictions, payment)?;
    let mut fed = Vec::new();
    if !bulk.taken.is_empty() {
        fed = call.engine().feed_payments(call.tenant_id(), &call.actor(), &bulk.taken).await?;
    }
    bulk.answer(|payment| &payment.external_id, fed.into_iter().map(became))
}

fn became(booking: FedBooking) -> Became {
    let (result, invoice) = match booking {
        FedBooking::Created(invoice) => ("created", invoice),
        FedBooking::Unchanged(invoice) => ("unchanged", invoice),
        FedBooking::Refused(why) => return Became::Refused(why),
    };
    Became::Done { result, id: invoice.0, changed: None }
}

/// What no single field shows.
fn contradictions(row: &Value, pointer: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    if row["invoice_external_id"].is_null() == row["invoice_id"].is_null() {
        faults.push(Fault::at(pointer, "needs one of invoice_external_id and invoice_id".to_owned()));
    }
    let negative = row["amount_minor"].as_i64().is_some_and(|amount| amount < 0);
    let returned = row["kind"].as_str().map(|kind| kind == "return_debit");
    if returned.is_some_and(|returned| returned != negative) {
        faults.push(Fault::at(&below(pointer, "amount_minor"), "must be negative for a return debit, and for nothing else".to_owned()));
    }
    faults
}

/// A row whose shape was checked.
fn payment(row: &Value) -> Option<FedPayment> {
    let amount_minor = row["amount_minor"].as_i64()?;
    let invoice = match (row["invoice_external_id"].as_str(), row["invoice_id"].as_i64()) {
        (Some(external), _) => Payee::External(external.to_owned()),
        (None, id) => Payee::Invoice(InvoiceId(id?)),
    };
    let kind = match row["kind"].as_str() {
        Some("credit") => "credit",
        Some("payment") => "payment",
        _ if amount_minor < 0 => "return_debit",
        _ => "payment",
    };
    Some(FedPayment {
        external_id: row["external_id"].as_str()?.to_owned(),
        invoice,
        kind,
        amount_minor,
        currency: row["currency"].as_str()?.to_owned(),
        on: row["date"].as_str().and_then(date),
    })
}
