//! Organisations, contacts and vouchers as a scenario or a control request describes them.

use super::amount::{Amount, cents};
use super::ids::Id;
use super::time::{BERLIN, day};
use super::world::{
    Address, ApiKey, Contact, ContactPerson, Document, EDocument, Kind, Line, LineKind, Organization, Party, Payment, PaymentKind,
    Shipping, Status, TaxType, Voucher, World,
};
use crate::domain::time::instant;
use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::sync::Arc;

/// When vouchers of an earlier day were made.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(morning) => morning,
    None => NaiveTime::MIN,
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganization {
    pub(super) name: String,
    /// API keys; with none it can't be asked.
    #[serde(default)]
    pub(super) keys: Vec<String>,
    /// First path segments that the keys' scopes do not cover, such as `dunnings`.
    #[serde(default)]
    pub(super) without: Vec<String>,
    #[serde(default)]
    pub(super) tax_type: TaxType,
    #[serde(default)]
    pub(super) small_business: bool,
    #[serde(default = "yes")]
    pub(super) contract: bool,
    /// Payment conditions in place of the usual three: days and text.
    #[serde(default)]
    pub(super) conditions: Vec<NewCondition>,
    /// Names of print layouts; the first is the default.
    #[serde(default)]
    pub(super) layouts: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCondition {
    days: u32,
    label: String,
    #[serde(default)]
    default: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewContact {
    /// The organisation's name; the first one without.
    organization: Option<String>,
    company: Option<String>,
    persons: Vec<ContactPerson>,
    first_name: Option<String>,
    last_name: Option<String>,
    pub(super) number: Option<u32>,
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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewVoucher {
    organization: Option<String>,
    /// Without it what the list says: an invoice or a sales invoice.
    kind: Option<Kind>,
    pub(super) number: Option<String>,
    /// Its id, customer number or name; without one the collective contact.
    contact: Option<String>,
    /// Whom it is addressed to, if there is no contact.
    name: Option<String>,
    /// Today if it is not said.
    date: Option<NaiveDate>,
    due: Option<NaiveDate>,
    /// In euros, tax included.
    amount: Option<Amount>,
    /// In percent; 19 if it is not said.
    tax_rate: Option<u32>,
    tax_type: Option<TaxType>,
    status: Status,
    /// In euros, paid so far.
    paid: Option<Amount>,
    /// A closing invoice claims this much of its amount.
    claimed: Option<Amount>,
    title: Option<String>,
    introduction: Option<String>,
    remark: Option<String>,
    english: bool,
    archived: bool,
    e_document: EDocument,
    /// The label of a payment condition.
    condition: Option<String>,
}

fn yes() -> bool {
    true
}

impl NewOrganization {
    pub(super) fn generated(name: &str, key: &str) -> Self {
        Self {
            name: name.to_owned(),
            keys: vec![key.to_owned()],
            without: Vec::new(),
            tax_type: TaxType::Net,
            small_business: false,
            contract: true,
            conditions: Vec::new(),
            layouts: Vec::new(),
        }
    }

    pub(super) fn create(&self, world: &mut World, now: i64) -> Result<(), String> {
        if let Some(known) = self.keys.iter().find(|text| world.keys.iter().any(|key| key.text == **text)) {
            return Err(format!("the key `{known}` is another organisation's too"));
        }
        let mut organization = Organization::new(self.name.clone(), now, &mut world.dice);
        organization.tax_type = self.tax_type;
        organization.small_business = self.small_business;
        organization.contract = self.contract;
        if !self.conditions.is_empty() {
            let conditions = self.conditions.iter().map(|new| super::world::Condition {
                id: Id::new(&mut world.dice),
                label: new.label.clone(),
                days: new.days,
                discount: None,
                default: new.default,
            });
            organization.conditions = conditions.collect();
        }
        if !self.layouts.is_empty() {
            organization.layouts = self.layouts.iter().map(|name| (Id::new(&mut world.dice), name.clone())).collect();
        }
        for text in &self.keys {
            let connection = Id::new(&mut world.dice);
            let (organization, without) = (world.organizations.len(), self.without.clone());
            world.keys.push(ApiKey { text: text.clone(), organization, connection, revoked: false, without });
        }
        world.organizations.push(organization);
        Ok(())
    }
}

impl NewContact {
    /// A company with a person in it, or that person alone.
    pub(super) fn generated(
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

    pub(super) fn create(&self, world: &mut World, now: i64) -> Result<Id, String> {
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

impl NewVoucher {
    pub(super) fn generated(
        kind: Kind,
        contact: Option<String>,
        date: NaiveDate,
        amount: Amount,
        paid: Option<Amount>,
        status: Status,
        e_document: EDocument,
    ) -> Self {
        Self { kind: Some(kind), contact, date: Some(date), amount: Some(amount), paid, status, e_document, ..Self::default() }
    }

    /// `kind` if the record does not say another.
    pub(super) fn create(&self, kind: Kind, world: &mut World, now: i64) -> Result<Id, String> {
        let kind = self.kind.unwrap_or(kind);
        let contact = self.contact.as_deref().map(|name| world.find_contact(name)).transpose()?;
        let place = match (&self.organization, contact) {
            (None, Some((place, _))) => place,
            (name, _) => world.find_organization(name.as_deref())?,
        };
        let id = Id::new(&mut world.dice);
        let organization = &mut world.organizations[place];
        let document = self.document(organization, contact.map(|(_, id)| id), now)?;
        let totals = document.totals();
        let date = document.date;
        let condition = match &self.condition {
            None => organization.default_condition(),
            Some(label) => Some(
                organization
                    .conditions
                    .iter()
                    .find(|known| known.label == *label)
                    .ok_or_else(|| format!("condition: there is no `{label}`"))?,
            ),
        };
        let due = date + chrono::Duration::days(condition.map_or(14, |condition| i64::from(condition.days)));
        let condition = condition.map(|condition| condition.id).filter(|_| !kind.is_bookkeeping());
        let paid = self.paid.map(|amount| Payment { kind: PaymentKind::ManualPayment, on: date, amount: amount.0 });
        let number = match &self.number {
            Some(number) => number.clone(),
            None => organization.next_number(series(kind)),
        };
        // One of an earlier day was made on that day.
        let made = if date < day(now) { instant(BERLIN, date, MORNING).0 } else { now };
        let voucher = Voucher {
            id,
            kind,
            status: self.status,
            number,
            due: Some(self.due.unwrap_or(due)),
            created: made,
            updated: made,
            version: 1,
            archived: self.archived,
            gross: totals.gross,
            tax: totals.tax,
            claimed: self.claimed.map(|amount| amount.0),
            condition,
            payments: paid.into_iter().collect(),
            related: Vec::new(),
            e_document: self.e_document,
            files: Vec::new(),
            document,
        };
        Ok(organization.add_voucher(voucher, now))
    }

    fn document(&self, organization: &Organization, contact: Option<Id>, now: i64) -> Result<Document, String> {
        let address = match contact.and_then(|id| organization.contact(id)) {
            Some(contact) => contact.address.clone(),
            None => {
                let name = self.name.clone().unwrap_or_else(|| "Sammelkunde".to_owned());
                Arc::new(Address { name, country_code: Some("DE".to_owned()), ..Address::default() })
            }
        };
        let mut document = Document {
            contact,
            address,
            tax_type: self.tax_type.unwrap_or(organization.tax_type),
            shipping: Shipping::None,
            english: self.english,
            title: self.title.clone().or_else(|| Some("Rechnung".to_owned())),
            introduction: self.introduction.clone(),
            remark: self.remark.clone(),
            lines: vec![line(Decimal::from(self.tax_rate.unwrap_or(19)))],
            ..Document::empty(self.date.unwrap_or_else(|| day(now)))
        };
        let amount = self.amount.ok_or("amount: is missing: write amount = \"119.00\"")?;
        document.lines = one_line(&document, amount.0)?;
        Ok(document)
    }
}

fn series(kind: Kind) -> &'static str {
    match kind {
        Kind::Invoice => "RE",
        Kind::DownPaymentInvoice => "AR",
        Kind::CreditNote => "GS",
        _ => "B",
    }
}

fn line(tax_rate: Decimal) -> Line {
    Line {
        kind: LineKind::Custom,
        name: "Leistung laut Auftrag".to_owned(),
        description: None,
        unit: Some("Stück".to_owned()),
        quantity: Decimal::ONE,
        price: Decimal::ZERO,
        tax_rate,
        discount: Decimal::ZERO,
    }
}

/// One line, with the tax rate that the document has, whose gross amount is `gross` cents.
pub(super) fn one_line(document: &Document, gross: i64) -> Result<Vec<Line>, String> {
    let rate = document.lines.first().map_or(Decimal::from(19), |line| line.tax_rate);
    let share = rate / Decimal::ONE_HUNDRED;
    let near = if document.tax_type == TaxType::Net { cents(Decimal::new(gross, 2) / (Decimal::ONE + share)) } else { gross };
    // Net prices are in cents: not every gross amount is one of them with tax.
    for price in [near, near - 1, near + 1] {
        let lines = vec![Line { price: Decimal::new(price, 2), ..line(rate) }];
        if (Document { lines: lines.clone(), ..document.clone() }).totals().gross == gross {
            return Ok(lines);
        }
    }
    let text = super::amount::text(gross);
    Err(format!("amount: no net price in cents makes {text} with {rate} % tax; write tax_type = \"gross\", or another amount"))
}
