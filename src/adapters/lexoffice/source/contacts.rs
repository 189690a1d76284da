//! Contacts and addresses. A letter of an invoice goes to the address that stands on it; a contact's own is for what has none, and for e-mail.

use super::super::calls::contacts::{self as vendor, ContactPerson, Person, Postal};
use crate::engine::source::ports::{Contact, ContactEmail, EmailKind, PostalAddress};

pub(super) fn contact(contact: vendor::Contact) -> Contact {
    let name = name(&contact);
    let addresses = contact.addresses.billing.into_iter().chain(contact.addresses.shipping);
    let addresses = addresses.map(|address| postal(name.clone(), address)).collect();
    let persons = contact.company.as_ref().map_or(&[][..], |company| &company.contact_persons);
    Contact {
        id: contact.id.to_string(),
        number: contact.roles.and_then(|roles| roles.customer).and_then(|customer| customer.number).map(|number| number.to_string()),
        is_business: match (&contact.company, &contact.person) {
            (Some(_), _) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        },
        emails: emails(contact.email_addresses, persons),
        addresses,
        archived: contact.archived,
        name,
    }
}

fn name(contact: &vendor::Contact) -> String {
    let company = contact.company.as_ref().and_then(|company| company.name.clone());
    company.or_else(|| contact.person.as_ref().map(full_name)).unwrap_or_default()
}

/// As a letter writes it; lists have it as "Last, First".
fn full_name(person: &Person) -> String {
    let parts = [person.first_name.as_deref(), person.last_name.as_deref()];
    parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn emails(addresses: vendor::EmailAddresses, persons: &[ContactPerson]) -> Vec<ContactEmail> {
    let primary = persons.iter().filter(|person| person.primary).filter_map(|person| person.email_address.clone());
    let kinds = [
        (EmailKind::Business, addresses.business),
        (EmailKind::Office, addresses.office),
        (EmailKind::Private, addresses.private),
        (EmailKind::Other, addresses.other),
        (EmailKind::ContactPerson, primary.collect()),
    ];
    let all = kinds.into_iter().flat_map(|(kind, addresses)| addresses.into_iter().map(move |address| (kind, address.trim().to_owned())));
    all.filter(|(_, address)| !address.is_empty()).map(|(kind, address)| ContactEmail { kind, address }).collect()
}

fn postal(name: String, address: Postal) -> PostalAddress {
    PostalAddress {
        name,
        supplement: address.supplement.unwrap_or_default(),
        street: address.street.unwrap_or_default(),
        postcode: address.zip.unwrap_or_default(),
        city: address.city.unwrap_or_default(),
        country: country(address.country_code.as_deref().unwrap_or_default()),
    }
}

/// The address on a voucher. The person to whose attention it goes stands in the line below the name, with what else stands there.
pub(super) fn voucher_address(address: vendor::Address) -> PostalAddress {
    let supplements = [address.contact_person, address.postal.supplement];
    let supplement = supplements.into_iter().flatten().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(", ");
    postal(address.name.unwrap_or_default(), Postal { supplement: Some(supplement), ..address.postal })
}

/// ISO 3166-1 alpha-2. The vendor also has regions with tax rules of their own (`ES_CN`, `GR_69`) and codes of the tax offices; for the
/// post they are in the country.
fn country(code: &str) -> String {
    let code = code.trim().to_ascii_uppercase();
    let country = code.split_once('_').map_or(code.as_str(), |(country, _)| country);
    match country {
        "XI" | "UK" => "GB",
        "EL" => "GR",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_in_their_countries() {
        for (code, expected) in [("DE", "DE"), ("ES_CN", "ES"), ("GR_69", "GR"), ("XI", "GB"), ("EL", "GR"), (" at", "AT"), ("", "")] {
            assert_eq!(country(code), expected);
        }
    }
}
