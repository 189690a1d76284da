//! Contacts: customers as the vendor's address book has them, and the addresses that vouchers carry.

use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::request::Request;
use super::super::values::{ResourceId, or_default};
use super::page::{Page, searched};
use super::voucherlist::PAGE_SIZE;
use serde::{Deserialize, Serialize};

/// A company or a person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    pub id: ResourceId,
    pub organization_id: Option<String>,
    pub version: Option<i64>,
    pub roles: Option<Roles>,
    pub company: Option<Company>,
    pub person: Option<Person>,
    #[serde(default, deserialize_with = "or_default")]
    pub addresses: Addresses,
    #[serde(default, deserialize_with = "or_default")]
    pub email_addresses: EmailAddresses,
    pub note: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Roles {
    pub customer: Option<Role>,
    pub vendor: Option<Role>,
}

/// Its number in that role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Role {
    pub number: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    pub name: Option<String>,
    pub vat_registration_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub contact_persons: Vec<ContactPerson>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactPerson {
    pub salutation: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub primary: bool,
    pub email_address: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    pub salutation: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Addresses {
    #[serde(default, deserialize_with = "or_default")]
    pub billing: Vec<Postal>,
    #[serde(default, deserialize_with = "or_default")]
    pub shipping: Vec<Postal>,
}

/// Where a contact is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Postal {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// ISO 3166 alpha-2, or the vendor's own beyond that (`ES_CN`, `GR_69`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
}

/// The address on a voucher: whom it was written to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Absent for a collective contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ResourceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_person: Option<String>,
    #[serde(flatten)]
    pub postal: Postal,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct EmailAddresses {
    #[serde(default, deserialize_with = "or_default")]
    pub business: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub office: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub private: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub other: Vec<String>,
}

/// Which contacts. `None` is no filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// At least three characters; `%` and `_` are wildcards.
    pub email: Option<String>,
    /// As `email`.
    pub name: Option<String>,
    pub number: Option<i64>,
    pub customer: Option<bool>,
    pub vendor: Option<bool>,
    /// From 0.
    pub page: u32,
}

impl LexofficeClient {
    /// # Errors
    /// An [`ApiError`].
    pub async fn contact(&self, id: &ResourceId) -> Result<Contact, ApiError> {
        self.read(&Request::get(&["contacts", id.as_str()])).await
    }

    /// One page of the contacts by name, archived ones among them.
    ///
    /// # Errors
    /// An [`ApiError`].
    pub async fn contacts(&self, filter: &ContactFilter) -> Result<Page<Contact>, ApiError> {
        let request = Request::get(&["contacts"])
            .with_some("email", filter.email.as_deref().map(searched))
            .with_some("name", filter.name.as_deref().map(searched))
            .with_some("number", filter.number)
            .with_some("customer", filter.customer)
            .with_some("vendor", filter.vendor)
            .with("page", filter.page)
            .with("size", PAGE_SIZE);
        self.page(&request).await
    }
}
