//! A contact's e-mail addresses as the customer's: which of them is used is the tenant's address rule to say (`domain/address.rs`).

use super::ports::{Contact, EmailKind};
use crate::domain::address::{Address, AddressKind};
use std::collections::BTreeMap;

/// All that are not empty, each with its place among those of its kind.
pub(super) fn addresses_of(contact: &Contact) -> Vec<Address> {
    let mut places: BTreeMap<AddressKind, i64> = BTreeMap::new();
    let given = contact.emails.iter().filter(|email| !email.address.trim().is_empty());
    given
        .map(|email| {
            let kind = kind(email.kind);
            let place = places.entry(kind).or_insert(0);
            *place += 1;
            Address::new(kind, *place - 1, email.address.trim())
        })
        .collect()
}

fn kind(kind: EmailKind) -> AddressKind {
    match kind {
        EmailKind::Business => AddressKind::Business,
        EmailKind::Office => AddressKind::Office,
        EmailKind::Private => AddressKind::Private,
        EmailKind::Other => AddressKind::Other,
        EmailKind::ContactPerson => AddressKind::ContactPerson,
    }
}
