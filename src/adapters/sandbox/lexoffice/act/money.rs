//! What changes the open amount: payments, what looks like one, and credit notes.

use super::super::amount::{Amount, text};
use super::super::ids::Id;
use super::super::records::one_line;
use super::super::time::day;
use super::super::world::{Document, EDocument, Kind, Payment, PaymentKind, Related, Status, Voucher, World};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// What the act is about, if it is open: `Err` says what it is instead.
fn open_amount(world: &World, organization: usize, id: Id) -> Result<i64, String> {
    let voucher = world.organizations[organization].voucher(id).ok_or("the voucher is gone")?;
    voucher.open_amount().ok_or_else(|| format!("{} is {}: nothing can be paid", voucher.number, voucher.word()))
}

pub(super) fn pay(
    world: &mut World,
    now: i64,
    voucher: &str,
    amount: Option<Amount>,
    kind: PaymentKind,
    on: NaiveDate,
) -> Result<Value, String> {
    let (organization, id) = world.find_voucher(voucher)?;
    let open = open_amount(world, organization, id)?;
    let amount = amount.map_or(open, |amount| amount.0);
    world.organizations[organization].change(id, now, |voucher| voucher.payments.push(Payment { kind, on, amount }));
    told(world, organization, id)
}

pub(super) fn return_debit(world: &mut World, now: i64, voucher: &str, negative: bool) -> Result<Value, String> {
    let (organization, id) = world.find_voucher(voucher)?;
    let last = world.organizations[organization].voucher(id).and_then(|voucher| voucher.payments.last().copied());
    let last = last.ok_or_else(|| format!("{voucher} has no payment that could come back"))?;
    world.organizations[organization].change(id, now, |voucher| {
        if negative {
            let kind = PaymentKind::PartPaymentFinancialTransaction;
            voucher.payments.push(Payment { kind, on: day(now), amount: -last.amount });
        } else {
            voucher.payments.pop();
        }
    });
    told(world, organization, id)
}

pub(super) fn told(world: &World, organization: usize, id: Id) -> Result<Value, String> {
    let voucher = world.organizations[organization].voucher(id).ok_or("the voucher is gone")?;
    Ok(json!({"id": id, "status": voucher.word(), "openAmount": voucher.open_amount().map(text)}))
}

/// Balanced with the invoice at once, so that it is paid off.
pub(super) fn credit(world: &mut World, now: i64, voucher: &str, amount: Option<Amount>) -> Result<Value, String> {
    let (place, id) = world.find_voucher(voucher)?;
    let amount = amount.map_or_else(|| open_amount(world, place, id), |amount| Ok(amount.0))?;
    let credit_id = Id::new(&mut world.dice);
    let organization = &mut world.organizations[place];
    let invoice = organization.voucher(id).ok_or("the voucher is gone")?;
    let lines = one_line(&invoice.document, amount)?;
    let mut document = Document { lines, date: day(now), title: Some("Rechnungskorrektur".to_owned()), ..invoice.document.clone() };
    document.remark = None;
    let payment = Payment { kind: PaymentKind::PartPaymentCreditNote, on: day(now), amount };
    let related = Related { id, kind: invoice.kind.word(), number: Some(invoice.number.clone()), visible_from: now };
    let totals = document.totals();
    let note = Voucher {
        id: credit_id,
        kind: Kind::CreditNote,
        status: Status::Open,
        number: organization.next_number("GS"),
        due: None,
        created: now,
        updated: now,
        version: 1,
        archived: false,
        document,
        gross: totals.gross,
        tax: totals.tax,
        claimed: None,
        condition: None,
        payments: vec![payment],
        related: vec![related],
        e_document: EDocument::None,
        files: Vec::new(),
    };
    let number = note.number.clone();
    organization.add_voucher(note, now);
    organization.happened("credit-note.status.changed", credit_id, now);
    organization.change(id, now, |invoice| {
        invoice.payments.push(payment);
        invoice.related.push(Related { id: credit_id, kind: "creditnote", number: Some(number), visible_from: now });
    });
    Ok(json!({ "id": credit_id }))
}
