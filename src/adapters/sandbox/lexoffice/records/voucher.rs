//! A voucher that is to be: one line over its whole amount.

use super::super::amount::{Amount, cents};
use super::super::ids::Id;
use super::super::time::{BERLIN, day};
use super::super::world::{
    Address, Document, EDocument, Kind, Line, LineKind, Organization, Payment, PaymentKind, Shipping, Status, TaxType, Voucher, World,
};
use super::scan::Scan;
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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct NewVoucher {
    organization: Option<String>,
    /// Without it what the list says: an invoice or a sales invoice.
    kind: Option<Kind>,
    pub(in super::super) number: Option<String>,
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
    /// The file that a bookkeeping voucher was booked from.
    scan: Option<Scan>,
}

impl NewVoucher {
    pub(in super::super) fn generated(
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
    pub(in super::super) fn create(&self, kind: Kind, world: &mut World, now: i64) -> Result<Id, String> {
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
        if self.scan.is_some() && !kind.is_bookkeeping() {
            return Err(format!("scan: only bookkeeping vouchers have one, and {number} is rendered"));
        }
        let mut voucher = Voucher {
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
        if let Some(scan) = self.scan {
            let file = scan.of(&voucher, Id::new(&mut world.dice));
            voucher.files.push(file.id);
            organization.files.insert(file.id, file);
        }
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
pub(in super::super) fn one_line(document: &Document, gross: i64) -> Result<Vec<Line>, String> {
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
    let text = super::super::amount::text(gross);
    Err(format!("amount: no net price in cents makes {text} with {rate} % tax; write tax_type = \"gross\", or another amount"))
}
