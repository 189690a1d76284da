//! A contact that is to be.

use super::super::ids::Id;
use super::super::world::{Address, Contact, ContactPerson, Party, World};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct NewContact {
    /// The organisation's name; the first one without.
    organization: Option<String>,
    company: Option<String>,
    persons: Vec<ContactPerson>,
    first_name: Option<String>,
    last_name: Option<String>,
    pub(in super::super) number: Option<u32>,
    vendor: bool,
    supplement: Option<String>,
    street: Option<String>,
    zip: Option<String>,
    city: Option<String>,
    country: Option<String>,
    /// Business addresses.
    emails: Vec<String>,
    emails_office: Vec<String>,
    emails_private: Vec<String>,
    emails_other: Vec<String>,
    note: Option<String>,
    archived: bool,
}

impl NewContact {
    /// A company with a person in it, or that person alone.
    pub(in super::super) fn generated(
        company: Option<String>,
        (first, last): (&str, &str),
        street: String,
        (zip, city): (&str, &str),
        email: String,
    ) -> Self {
        let person = ContactPerson {
            salutation: None,
            first_name: Some(first.to_owned()),
            last_name: last.to_owned(),
            primary: true,
            email_address: None,
        };
        let is_person = company.is_none();
        Self {
            persons: if is_person { Vec::new() } else { vec![person] },
            first_name: is_person.then(|| first.to_owned()),
            last_name: is_person.then(|| last.to_owned()),
            company,
            street: Some(street),
            zip: Some(zip.to_owned()),
            city: Some(city.to_owned()),
            emails: vec![email],
            ..Self::default()
        }
    }

    pub(in super::super) fn create(&self, world: &mut World, now: i64) -> Result<Id, String> {
        let place = world.find_organization(self.organization.as_deref())?;
        let party = match (&self.company, &self.last_name) {
            (Some(name), None) => Party::Company { name: name.clone(), persons: self.persons.clone() },
            (None, Some(last)) => Party::Person { first_name: self.first_name.clone(), last_name: last.clone() },
            _ => return Err("a contact is a company or a person: write company = \"…\" or last_name = \"…\"".to_owned()),
        };
        let id = Id::new(&mut world.dice);
        let organization = &mut world.organizations[place];
        let number = self.number.unwrap_or_else(|| organization.next_customer_number());
        let mut contact = Contact {
            id,
            version: 1,
            customer_number: (!self.vendor).then_some(number),
            vendor_number: self.vendor.then_some(number),
            party,
            address: Arc::default(),
            emails_business: self.emails.clone(),
            emails_office: self.emails_office.clone(),
            emails_private: self.emails_private.clone(),
            emails_other: self.emails_other.clone(),
            note: self.note.clone(),
            archived: self.archived,
        };
        contact.address = Arc::new(Address {
            name: contact.address_name(),
            supplement: self.supplement.clone(),
            street: self.street.clone(),
            zip: self.zip.clone(),
            city: self.city.clone(),
            country_code: Some(self.country.clone().unwrap_or_else(|| "DE".to_owned())),
            contact_person: None,
        });
        Ok(organization.add_contact(contact, now))
    }
}
