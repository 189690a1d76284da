//! What happens in the world without the public API: what people do in the web app, and what banks do.

use super::amount::Amount;
use super::ids::Id;
use super::records::{NewContact, NewVoucher};
use super::time::day;
use super::world::{EDocument, Kind, Party, Payment, PaymentKind, Related, Status, Voucher, World};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

/// `voucher` is an id or a number, `contact` an id, a customer number or a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Act {
    /// Without an amount all that is open.
    Pay {
        voucher: String,
        amount: Option<Amount>,
        #[serde(default)]
        kind: PaymentKind,
        on: Option<NaiveDate>,
    },
    /// The last payment bounces: it disappears, or a negative one follows it.
    ReturnDebit {
        voucher: String,
        #[serde(default)]
        negative: bool,
    },
    Void {
        voucher: String,
    },
    /// Back to draft, as the web app allows.
    Draft {
        voucher: String,
    },
    /// A draft becomes open.
    Finalize {
        voucher: String,
    },
    /// A credit note for it, over all that is open or the amount given.
    CreditNote {
        voucher: String,
        amount: Option<Amount>,
    },
    WriteOff {
        voucher: String,
        amount: Option<Amount>,
    },
    CashDiscount {
        voucher: String,
        amount: Amount,
    },
    /// It is collected by direct debit from now on.
    SepaDebit {
        voucher: String,
    },
    Edit {
        voucher: String,
        due: Option<NaiveDate>,
        amount: Option<Amount>,
        title: Option<String>,
        remark: Option<String>,
        archived: Option<bool>,
    },
    Delete {
        voucher: String,
    },
    ArchiveContact {
        contact: String,
        #[serde(default = "yes")]
        archived: bool,
    },
    EditContact {
        contact: String,
        email: Option<String>,
        name: Option<String>,
    },
    CreateContact(NewContact),
    CreateInvoice(NewVoucher),
    CreateVoucher(NewVoucher),
    RevokeKey {
        key: String,
    },
}

/// Every name an act goes by, for whoever mistypes one.
pub(super) const NAMES: &[&str] = &[
    "pay",
    "return_debit",
    "void",
    "draft",
    "finalize",
    "credit_note",
    "write_off",
    "cash_discount",
    "sepa_debit",
    "edit",
    "delete",
    "archive_contact",
    "edit_contact",
    "create_contact",
    "create_invoice",
    "create_voucher",
    "revoke_key",
];

fn yes() -> bool {
    true
}

impl Act {
    /// Does it at `now`. Says what came of it, or why it can't be.
    pub(super) fn perform(&self, world: &mut World, now: i64) -> Result<Value, String> {
        match self {
            Self::Pay { voucher, amount, kind, on } => pay(world, now, voucher, *amount, *kind, on.unwrap_or_else(|| day(now))),
            Self::WriteOff { voucher, amount } => pay(world, now, voucher, *amount, PaymentKind::IrrecoverableReceivable, day(now)),
            Self::CashDiscount { voucher, amount } => pay(world, now, voucher, Some(*amount), PaymentKind::CashDiscount, day(now)),
            Self::ReturnDebit { voucher, negative } => return_debit(world, now, voucher, *negative),
            Self::CreditNote { voucher, amount } => credit(world, now, voucher, *amount),
            Self::Void { voucher } => to_status(world, now, voucher, Status::Voided),
            Self::Draft { voucher } => to_status(world, now, voucher, Status::Draft),
            Self::Finalize { voucher } => to_status(world, now, voucher, Status::Open),
            Self::SepaDebit { voucher } => to_status(world, now, voucher, Status::SepaDebit),
            Self::Edit { .. } => self.edit(world, now),
            Self::Delete { voucher } => {
                let (organization, id) = world.find_voucher(voucher)?;
                world.organizations[organization].delete_voucher(id, now);
                Ok(json!({ "id": id }))
            }
            Self::ArchiveContact { contact, archived } => {
                let (organization, id) = world.find_contact(contact)?;
                world.organizations[organization].change_contact(id, now, |contact| contact.archived = *archived);
                Ok(json!({ "id": id }))
            }
            Self::EditContact { contact, email, name } => edit_contact(world, now, contact, email.as_ref(), name.as_ref()),
            Self::CreateContact(record) => record.create(world, now).map(|id| json!({ "id": id })),
            Self::CreateInvoice(record) => create(record, Kind::Invoice, world, now),
            Self::CreateVoucher(record) => create(record, Kind::SalesInvoice, world, now),
            Self::RevokeKey { key } => revoke(world, now, key),
        }
    }

    /// The number that a voucher will have once this was done, if it says so.
    pub(super) fn number_made(&self) -> Option<&str> {
        match self {
            Self::CreateInvoice(record) | Self::CreateVoucher(record) => record.number.as_deref(),
            _ => None,
        }
    }

    /// The voucher that it is about.
    pub(super) fn voucher(&self) -> Option<&str> {
        match self {
            Self::Pay { voucher, .. }
            | Self::ReturnDebit { voucher, .. }
            | Self::Void { voucher }
            | Self::Draft { voucher }
            | Self::Finalize { voucher }
            | Self::CreditNote { voucher, .. }
            | Self::WriteOff { voucher, .. }
            | Self::CashDiscount { voucher, .. }
            | Self::SepaDebit { voucher }
            | Self::Edit { voucher, .. }
            | Self::Delete { voucher } => Some(voucher),
            _ => None,
        }
    }

    fn edit(&self, world: &mut World, now: i64) -> Result<Value, String> {
        let Self::Edit { voucher, due, amount, title, remark, archived } = self else { return Ok(Value::Null) };
        let (organization, id) = world.find_voucher(voucher)?;
        let organization = &mut world.organizations[organization];
        let current = organization.voucher(id).map(|voucher| voucher.document.clone());
        let lines = match (amount, &current) {
            (Some(amount), Some(document)) => Some(super::records::one_line(document, amount.0)?),
            _ => None,
        };
        organization.change(id, now, |voucher| {
            if let Some(lines) = lines {
                voucher.document.lines = lines;
                let totals = voucher.document.totals();
                (voucher.gross, voucher.tax) = (totals.gross, totals.tax);
            }
            voucher.due = due.or(voucher.due);
            voucher.document.title = title.clone().or_else(|| voucher.document.title.take());
            voucher.document.remark = remark.clone().or_else(|| voucher.document.remark.take());
            voucher.archived = archived.unwrap_or(voucher.archived);
        });
        Ok(json!({ "id": id }))
    }
}

fn create(record: &NewVoucher, kind: Kind, world: &mut World, now: i64) -> Result<Value, String> {
    let id = record.create(kind, world, now)?;
    let number = world.find_voucher(&id.to_string()).ok().and_then(|(organization, id)| world.organizations[organization].voucher(id));
    Ok(json!({"id": id, "voucherNumber": number.map(|voucher| voucher.number.clone())}))
}

/// What the act is about, if it is open: `Err` says what it is instead.
fn open_amount(world: &World, organization: usize, id: Id) -> Result<i64, String> {
    let voucher = world.organizations[organization].voucher(id).ok_or("the voucher is gone")?;
    voucher.open_amount().ok_or_else(|| format!("{} is {}: nothing can be paid", voucher.number, voucher.word()))
}

fn pay(world: &mut World, now: i64, voucher: &str, amount: Option<Amount>, kind: PaymentKind, on: NaiveDate) -> Result<Value, String> {
    let (organization, id) = world.find_voucher(voucher)?;
    let open = open_amount(world, organization, id)?;
    let amount = amount.map_or(open, |amount| amount.0);
    world.organizations[organization].change(id, now, |voucher| voucher.payments.push(Payment { kind, on, amount }));
    told(world, organization, id)
}

fn return_debit(world: &mut World, now: i64, voucher: &str, negative: bool) -> Result<Value, String> {
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

fn to_status(world: &mut World, now: i64, voucher: &str, status: Status) -> Result<Value, String> {
    let (organization, id) = world.find_voucher(voucher)?;
    world.organizations[organization].change(id, now, |voucher| voucher.status = status);
    told(world, organization, id)
}

fn told(world: &World, organization: usize, id: Id) -> Result<Value, String> {
    let voucher = world.organizations[organization].voucher(id).ok_or("the voucher is gone")?;
    Ok(json!({"id": id, "status": voucher.word(), "openAmount": voucher.open_amount().map(super::amount::text)}))
}

/// Balanced with the invoice at once, so that it is paid off.
fn credit(world: &mut World, now: i64, voucher: &str, amount: Option<Amount>) -> Result<Value, String> {
    let (place, id) = world.find_voucher(voucher)?;
    let amount = amount.map_or_else(|| open_amount(world, place, id), |amount| Ok(amount.0))?;
    let credit_id = Id::new(&mut world.dice);
    let organization = &mut world.organizations[place];
    let invoice = organization.voucher(id).ok_or("the voucher is gone")?;
    let lines = super::records::one_line(&invoice.document, amount)?;
    let mut document =
        super::world::Document { lines, date: day(now), title: Some("Rechnungskorrektur".to_owned()), ..invoice.document.clone() };
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

fn edit_contact(world: &mut World, now: i64, contact: &str, email: Option<&String>, name: Option<&String>) -> Result<Value, String> {
    let (organization, id) = world.find_contact(contact)?;
    world.organizations[organization].change_contact(id, now, |contact| {
        if let Some(email) = email {
            contact.emails_business = vec![email.clone()];
        }
        if let Some(new) = name {
            match &mut contact.party {
                Party::Company { name, .. } => name.clone_from(new),
                Party::Person { last_name, .. } => last_name.clone_from(new),
            }
        }
    });
    Ok(json!({ "id": id }))
}

fn revoke(world: &mut World, now: i64, text: &str) -> Result<Value, String> {
    let key = world.keys.iter_mut().find(|key| key.text == text).ok_or("there is no such key")?;
    key.revoked = true;
    let (organization, connection) = (key.organization, key.connection);
    world.organizations[organization].happened("token.revoked", connection, now);
    Ok(json!({ "connectionId": connection }))
}
