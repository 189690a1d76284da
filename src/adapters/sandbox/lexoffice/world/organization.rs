//! One organisation: everything that a key can see.

use super::super::super::dice::Dice;
use super::super::ids::Id;
use super::{Contact, Dunning, File, Happening, Subscription, TaxType, Voucher};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Debug)]
pub(in super::super) struct ApiKey {
    pub(in super::super) text: String,
    /// The place in [`super::World::organizations`].
    pub(in super::super) organization: usize,
    pub(in super::super) connection: Id,
    pub(in super::super) revoked: bool,
    /// First path segments that its scopes do not cover, such as `dunnings`.
    pub(in super::super) without: Vec<String>,
}

/// A payment condition.
#[derive(Clone, Debug)]
pub(in super::super) struct Condition {
    pub(in super::super) id: Id,
    pub(in super::super) label: String,
    pub(in super::super) days: u32,
    /// Percentage and days.
    pub(in super::super) discount: Option<(Decimal, u32)>,
    pub(in super::super) default: bool,
}

#[derive(Debug)]
pub(in super::super) struct Organization {
    pub(in super::super) id: Id,
    pub(in super::super) name: String,
    pub(in super::super) created: i64,
    pub(in super::super) user: Id,
    pub(in super::super) tax_type: TaxType,
    pub(in super::super) small_business: bool,
    /// Without one every answer is 402.
    pub(in super::super) contract: bool,
    /// "Briefpapier mitdrucken" is ticked: documents say whom they are from.
    pub(in super::super) letterhead: bool,
    pub(in super::super) conditions: Vec<Condition>,
    /// Id and name; the first is the default.
    pub(in super::super) layouts: Vec<(Id, String)>,
    pub(in super::super) files: HashMap<Id, File>,
    pub(in super::super) dunnings: BTreeMap<Id, Dunning>,
    pub(in super::super) subscriptions: Vec<Subscription>,
    pub(super) happenings: Vec<Happening>,
    contacts: Vec<Contact>,
    contact_places: HashMap<Id, usize>,
    /// By the order in which they were made.
    vouchers: BTreeMap<u32, Voucher>,
    voucher_places: HashMap<Id, u32>,
    last_numbers: HashMap<&'static str, u32>,
}

impl Organization {
    pub(in super::super) fn new(name: String, created: i64, dice: &mut Dice) -> Self {
        let condition = |label: &str, days, discount, default, dice: &mut Dice| Condition {
            id: Id::new(dice),
            label: label.to_owned(),
            days,
            discount,
            default,
        };
        let with_discount = "{paymentRange} Tage netto, {discountRange} Tage {discount}";
        Self {
            id: Id::new(dice),
            name,
            created,
            user: Id::new(dice),
            tax_type: TaxType::Net,
            small_business: false,
            contract: true,
            letterhead: true,
            conditions: vec![
                condition("Zahlbar innerhalb von {paymentRange} Tagen ohne Abzug", 14, None, true, dice),
                condition(with_discount, 30, Some((Decimal::TWO, 7)), false, dice),
                condition("Zahlbar sofort, rein netto", 0, None, false, dice),
            ],
            layouts: vec![(Id::new(dice), "Standard".to_owned())],
            files: HashMap::new(),
            dunnings: BTreeMap::new(),
            subscriptions: Vec::new(),
            happenings: Vec::new(),
            contacts: Vec::new(),
            contact_places: HashMap::new(),
            vouchers: BTreeMap::new(),
            voucher_places: HashMap::new(),
            last_numbers: HashMap::new(),
        }
    }

    /// Whom its documents are from, if they say so.
    pub(in super::super) fn sender(&self) -> Option<&str> {
        self.letterhead.then_some(&self.name)
    }

    pub(in super::super) fn happened(&mut self, event_type: impl Into<String>, resource: Id, at: i64) {
        self.happenings.push(Happening { organization: self.id, event_type: event_type.into(), resource, at });
    }

    /// Drops what happened so far: nobody is told how the world came to be.
    pub(in super::super) fn forget_happenings(&mut self) {
        self.happenings = Vec::new();
    }

    pub(in super::super) fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.iter()
    }

    pub(in super::super) fn contact(&self, id: Id) -> Option<&Contact> {
        self.contact_places.get(&id).map(|place| &self.contacts[*place])
    }

    pub(in super::super) fn add_contact(&mut self, contact: Contact, now: i64) -> Id {
        let id = contact.id;
        self.contact_places.insert(id, self.contacts.len());
        self.contacts.push(contact);
        self.happened("contact.created", id, now);
        id
    }

    /// Changes a contact and tells of it.
    pub(in super::super) fn change_contact(&mut self, id: Id, now: i64, change: impl FnOnce(&mut Contact)) {
        if let Some(place) = self.contact_places.get(&id) {
            let contact = &mut self.contacts[*place];
            change(contact);
            contact.version += 1;
            self.happened("contact.changed", id, now);
        }
    }

    /// In the order in which they were made.
    pub(in super::super) fn vouchers(&self) -> impl Iterator<Item = &Voucher> {
        self.vouchers.values()
    }

    pub(in super::super) fn voucher(&self, id: Id) -> Option<&Voucher> {
        self.vouchers.get(self.voucher_places.get(&id)?)
    }

    pub(in super::super) fn add_voucher(&mut self, voucher: Voucher, now: i64) -> Id {
        let id = voucher.id;
        let place = self.vouchers.last_key_value().map_or(0, |(last, _)| last + 1);
        self.happened(format!("{}.created", voucher.kind.event()), id, now);
        self.voucher_places.insert(id, place);
        self.vouchers.insert(place, voucher);
        id
    }

    /// Changes a voucher; version, update time and the events of what changed follow.
    pub(in super::super) fn change(&mut self, id: Id, now: i64, change: impl FnOnce(&mut Voucher)) {
        let Some(voucher) = self.voucher_places.get(&id).and_then(|place| self.vouchers.get_mut(place)) else { return };
        let (status, payments, open) = (voucher.word(), voucher.payments.clone(), voucher.open_amount());
        change(voucher);
        voucher.version += 1;
        voucher.updated = now;
        let event = voucher.kind.event();
        let paid_otherwise = voucher.payments != payments || voucher.open_amount() != open;
        let status_moved = voucher.word() != status;
        self.happened(format!("{event}.changed"), id, now);
        if status_moved {
            self.happened(format!("{event}.status.changed"), id, now);
        }
        if paid_otherwise {
            self.happened("payment.changed", id, now);
        }
    }

    pub(in super::super) fn delete_voucher(&mut self, id: Id, now: i64) {
        let deleted = self.voucher_places.remove(&id).and_then(|place| self.vouchers.remove(&place));
        if let Some(voucher) = deleted {
            self.happened(format!("{}.deleted", voucher.kind.event()), id, now);
        }
    }

    /// The next number of a series: `RE0042`.
    pub(in super::super) fn next_number(&mut self, series: &'static str) -> String {
        let last = self.last_numbers.entry(series).or_default();
        *last += 1;
        format!("{series}{last:04}")
    }

    pub(in super::super) fn next_customer_number(&self) -> u32 {
        10_001 + u32::try_from(self.contacts.len()).unwrap_or(0)
    }

    pub(in super::super) fn condition(&self, id: Option<Id>) -> Option<&Condition> {
        self.conditions.iter().find(|condition| Some(condition.id) == id)
    }

    pub(in super::super) fn default_condition(&self) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.default).or(self.conditions.first())
    }

    /// When a voucher of this day is due under the default condition.
    pub(in super::super) fn default_due(&self, day: NaiveDate) -> NaiveDate {
        let days = self.default_condition().map_or(14, |condition| condition.days);
        day + chrono::Duration::days(i64::from(days))
    }
}
