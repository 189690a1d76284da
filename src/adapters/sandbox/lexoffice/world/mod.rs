//! What the vendor's servers would hold: organisations with their keys, contacts, vouchers, dunnings, files and subscriptions.
//!
//! Words are the vendor's, not our glossary's. Nothing in here knows HTTP; every change of a voucher goes through
//! [`Organization::change`], so that version, update time and events never part.

mod contact;
mod document;
mod dunning;
mod file;
mod organization;
mod payment;
mod subscription;
mod voucher;

pub(super) use contact::{Contact, ContactPerson, Party};
pub(super) use document::{Address, Document, Line, LineKind, Shipping, TaxType};
pub(super) use dunning::Dunning;
pub(super) use file::{File, FileContent};
pub(super) use organization::{ApiKey, Condition, Organization};
pub(super) use payment::{Payment, PaymentKind};
pub(super) use subscription::{EVENT_TYPES, Subscription};
pub(super) use voucher::{EDocument, Kind, Related, Status, Voucher};

use super::super::dice::Dice;
use super::ids::Id;

/// Something that subscribers are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happening {
    pub(super) organization: Id,
    pub(super) event_type: String,
    pub(super) resource: Id,
    pub(super) at: i64,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) organizations: Vec<Organization>,
    pub(super) keys: Vec<ApiKey>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), organizations: Vec::new(), keys: Vec::new() }
    }

    /// What happened since the last call, oldest first.
    pub(super) fn take_happenings(&mut self) -> Vec<Happening> {
        self.organizations.iter_mut().flat_map(|organization| std::mem::take(&mut organization.happenings)).collect()
    }

    /// The organisation and the voucher that `name` means: an id, or a number that only one voucher has.
    pub(super) fn find_voucher(&self, name: &str) -> Result<(usize, Id), String> {
        if let Some(id) = Id::parse(name) {
            let place = self.organizations.iter().position(|organization| organization.voucher(id).is_some());
            return place.map(|place| (place, id)).ok_or_else(|| format!("there is no voucher with the id {id}"));
        }
        let mut found = self.organizations.iter().enumerate().flat_map(|(place, organization)| {
            organization.vouchers().filter(|voucher| voucher.number == name).map(move |voucher| (place, voucher.id))
        });
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(format!("there is no voucher `{name}`: write its id or its number")),
            (Some(_), Some(_)) => Err(format!("several vouchers have the number `{name}`: write the id of one")),
        }
    }

    /// The organisation and the contact that `name` means: an id, a customer number or a name.
    pub(super) fn find_contact(&self, name: &str) -> Result<(usize, Id), String> {
        if let Some(id) = Id::parse(name) {
            let place = self.organizations.iter().position(|organization| organization.contact(id).is_some());
            return place.map(|place| (place, id)).ok_or_else(|| format!("there is no contact with the id {id}"));
        }
        let mut all = self
            .organizations
            .iter()
            .enumerate()
            .flat_map(|(place, organization)| organization.contacts().map(move |contact| (place, contact)));
        let found = all.find(|(_, contact)| {
            contact.customer_number.is_some_and(|number| number.to_string() == name) || contact.display_name() == name
        });
        found
            .map(|(place, contact)| (place, contact.id))
            .ok_or_else(|| format!("there is no contact `{name}`: write its id, its customer number or its name"))
    }

    /// The organisation that `name` means, the first one without a name.
    pub(super) fn find_organization(&self, name: Option<&str>) -> Result<usize, String> {
        let Some(name) = name else {
            return if self.organizations.is_empty() { Err("there is no organisation".to_owned()) } else { Ok(0) };
        };
        let id = Id::parse(name);
        self.organizations
            .iter()
            .position(|organization| id == Some(organization.id) || organization.name == name)
            .ok_or_else(|| format!("there is no organisation `{name}`"))
    }
}
