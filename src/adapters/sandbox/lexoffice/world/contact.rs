//! A customer or vendor of an organisation. Contacts have no timestamps.

use super::super::ids::Id;
use super::document::Address;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A company or a person, never both.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Party {
    Company { name: String, persons: Vec<ContactPerson> },
    Person { first_name: Option<String>, last_name: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct ContactPerson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in super::super) salutation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "first_name")]
    pub(in super::super) first_name: Option<String>,
    #[serde(alias = "last_name")]
    pub(in super::super) last_name: String,
    #[serde(default)]
    pub(in super::super) primary: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "email")]
    pub(in super::super) email_address: Option<String>,
}

#[derive(Clone, Debug)]
pub(in super::super) struct Contact {
    pub(in super::super) id: Id,
    pub(in super::super) version: u32,
    pub(in super::super) customer_number: Option<u32>,
    pub(in super::super) vendor_number: Option<u32>,
    pub(in super::super) party: Party,
    /// Billing. Its name is the contact's.
    pub(in super::super) address: Arc<Address>,
    pub(in super::super) emails_business: Vec<String>,
    pub(in super::super) emails_office: Vec<String>,
    pub(in super::super) emails_private: Vec<String>,
    pub(in super::super) emails_other: Vec<String>,
    pub(in super::super) note: Option<String>,
    pub(in super::super) archived: bool,
}

impl Contact {
    /// As the voucherlist and the sort order have it: persons are "Last, First".
    pub(in super::super) fn display_name(&self) -> String {
        match &self.party {
            Party::Company { name, .. } => name.clone(),
            Party::Person { first_name: Some(first), last_name } => format!("{last_name}, {first}"),
            Party::Person { first_name: None, last_name } => last_name.clone(),
        }
    }

    /// As it stands above an address.
    pub(in super::super) fn address_name(&self) -> String {
        match &self.party {
            Party::Person { first_name: Some(first), last_name } => format!("{first} {last_name}"),
            _ => self.display_name(),
        }
    }

    pub(in super::super) fn emails(&self) -> impl Iterator<Item = &str> {
        let persons = match &self.party {
            Party::Company { persons, .. } => persons.as_slice(),
            Party::Person { .. } => &[],
        };
        let lists = [&self.emails_business, &self.emails_office, &self.emails_private, &self.emails_other];
        lists.into_iter().flatten().map(String::as_str).chain(persons.iter().filter_map(|person| person.email_address.as_deref()))
    }
}
