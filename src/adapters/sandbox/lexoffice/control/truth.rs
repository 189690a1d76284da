//! What is really so: what a test compares a ledger with.

use super::super::amount::text;
use super::super::ids::Id;
use super::super::time::{day, stamp};
use super::super::world::{Organization, Voucher, World};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Every claim of the organisations, or of one.
pub(super) fn claims(world: &World, organization: Option<&str>, now: i64) -> Result<Value, String> {
    let only = organization.map(|name| world.find_organization(Some(name))).transpose()?;
    let chosen = world.organizations.iter().enumerate().filter(|(place, _)| only.is_none_or(|only| only == *place));
    Ok(chosen.flat_map(|(_, organization)| of_organization(organization, now)).collect())
}

fn of_organization(organization: &Organization, now: i64) -> Vec<Value> {
    let mut dunnings: HashMap<Id, Vec<Id>> = HashMap::new();
    for dunning in organization.dunnings.values() {
        dunnings.entry(dunning.invoice).or_default().push(dunning.id);
    }
    let claims = organization.vouchers().filter(|voucher| voucher.kind.is_claim());
    claims.map(|voucher| claim(organization, voucher, dunnings.get(&voucher.id).map(Vec::as_slice).unwrap_or_default(), now)).collect()
}

fn claim(organization: &Organization, voucher: &Voucher, dunnings: &[Id], now: i64) -> Value {
    json!({
        "organizationId": organization.id, "id": voucher.id, "kind": voucher.kind.word(), "voucherNumber": voucher.number,
        "status": voucher.word(), "overdue": voucher.is_overdue(day(now)), "claim": text(voucher.claim()),
        "openAmount": voucher.open_amount().map(text), "currency": "EUR", "contactId": voucher.document.contact,
        "dueDate": voucher.due, "archived": voucher.archived, "dunnings": dunnings,
    })
}

/// Every dunning, the oldest first.
pub(super) fn dunnings(world: &World) -> Value {
    let mut all: Vec<_> = world
        .organizations
        .iter()
        .flat_map(|organization| organization.dunnings.values().map(move |dunning| (organization, dunning)))
        .collect();
    all.sort_by_key(|(_, dunning)| dunning.created);
    all.iter()
        .map(|(organization, dunning)| {
            let document = &dunning.document;
            let number = organization.voucher(dunning.invoice).map(|invoice| &invoice.number);
            json!({
                "organizationId": organization.id, "id": dunning.id, "invoice": dunning.invoice, "voucherNumber": number,
                "createdDate": stamp(dunning.created), "title": document.title, "introduction": document.introduction, "remark": document.remark,
                "amount": text(document.totals().gross),
            })
        })
        .collect()
}
