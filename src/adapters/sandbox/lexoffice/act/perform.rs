//! Does an act, at a time of the sandbox's.

use super::super::records::{NewVoucher, one_line};
use super::super::time::day;
use super::super::world::{Kind, Party, PaymentKind, Status, World};
use super::Act;
use super::money::{credit, pay, return_debit, told};
use serde_json::{Value, json};

impl Act {
    /// Does it at `now`. Says what came of it, or why it can't be.
    pub(in super::super) fn perform(&self, world: &mut World, now: i64) -> Result<Value, String> {
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
            Self::Letterhead { organization, printed } => {
                let place = world.find_organization(organization.as_deref())?;
                world.organizations[place].letterhead = *printed;
                Ok(json!({ "organizationId": world.organizations[place].id }))
            }
        }
    }

    fn edit(&self, world: &mut World, now: i64) -> Result<Value, String> {
        let Self::Edit { voucher, due, amount, title, remark, archived } = self else { return Ok(Value::Null) };
        let (organization, id) = world.find_voucher(voucher)?;
        let organization = &mut world.organizations[organization];
        let current = organization.voucher(id).map(|voucher| voucher.document.clone());
        let lines = match (amount, &current) {
            (Some(amount), Some(document)) => Some(one_line(document, amount.0)?),
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

fn to_status(world: &mut World, now: i64, voucher: &str, status: Status) -> Result<Value, String> {
    let (organization, id) = world.find_voucher(voucher)?;
    world.organizations[organization].change(id, now, |voucher| voucher.status = status);
    told(world, organization, id)
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
