//! Which of a contact's e-mail addresses is the customer's.

use super::ports::{Contact, EmailKind};

/// The order in which a contact's kinds of addresses are looked at.
const ORDER: [EmailKind; 5] = [EmailKind::Business, EmailKind::Office, EmailKind::ContactPerson, EmailKind::Other, EmailKind::Private];

/// The first business address, else the first of the next kind that there is.
pub(super) fn address_of(contact: &Contact) -> Option<&str> {
    ORDER.iter().find_map(|kind| {
        let mut of_kind = contact.emails.iter().filter(|email| email.kind == *kind && !email.address.trim().is_empty());
        of_kind.next().map(|email| email.address.trim())
    })
}
