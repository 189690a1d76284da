//! What happens in the sample: customers, their invoices, and who pays when. The same every time.

use super::NOBODY;
use crate::adapters::sandbox::Dice;
use crate::adapters::sandbox::sample::{FIRST, LAST, STREET, TOWN, TRADE};
use crate::engine::intake::Incoming;
use crate::store::intake::{CustomerRecord, InvoiceRecord};
use chrono::{Days, NaiveDate};

const SEED: u64 = 20_261_128;
const CUSTOMERS: u64 = 90;
const INVOICES: u64 = 420;

/// An invoice of the sample with what becomes of it.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) incoming: Incoming,
    /// When how much is paid, in minor units.
    pub(super) payments: Vec<(NaiveDate, i64)>,
}

/// Invoices that are written from `from` on, for `days` days.
pub(super) fn samples(from: NaiveDate, days: u64) -> Vec<Sample> {
    let mut dice = Dice::new(SEED);
    let customers: Vec<_> = (0..CUSTOMERS).map(|place| customer(place, &mut dice)).collect();
    (0..INVOICES).map(|place| sample(place, from, days, &customers, &mut dice)).collect()
}

fn customer(place: u64, dice: &mut Dice) -> CustomerRecord {
    let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
    let person = place % 4 == 3;
    let name = if person { format!("{first} {last}") } else { format!("{} {last} GmbH", dice.pick(TRADE)) };
    let (postcode, city) = dice.pick(TOWN);
    // A few have no address, one that nobody knows, or another language.
    let email = match place % 30 {
        11 => String::new(),
        23 => format!("{NOBODY}kunde{place}.example"),
        _ => format!("rechnung@kunde{place}.example"),
    };
    CustomerRecord {
        number: format!("{}", 10_001 + place),
        name,
        email,
        street: format!("{} {}", dice.pick(STREET), dice.below(90) + 1),
        postcode: postcode.to_owned(),
        city: city.to_owned(),
        country: "DE".to_owned(),
        language: if place % 17 == 5 { "en" } else { "de" }.to_owned(),
        kind: if person { "consumer" } else { "business" }.to_owned(),
        addresses: Vec::new(),
    }
}

fn sample(place: u64, from: NaiveDate, days: u64, customers: &[CustomerRecord], dice: &mut Dice) -> Sample {
    let customer = customers[usize::try_from(dice.below(CUSTOMERS)).unwrap_or(0)].clone();
    let after = |date: NaiveDate, days: u64| date.checked_add_days(Days::new(days)).unwrap_or(date);
    let written = after(from, place * days / INVOICES);
    let due = after(written, 14);
    let amount = i64::try_from(dice.below(240_000) + 2_000).unwrap_or(2_000);
    let payments = match dice.below(100) {
        0..45 => vec![(after(written, 3 + dice.below(10)), amount)],
        45..75 => vec![(after(due, 4 + dice.below(12)), amount)],
        75..88 => vec![(after(due, 20 + dice.below(35)), amount)],
        88..92 => vec![(after(due, 6), amount / 2), (after(due, 30), amount - amount / 2)],
        _ => Vec::new(),
    };
    let number = format!("RE-{}", 20_001 + place);
    let invoice = InvoiceRecord {
        external_id: number.clone(),
        number,
        customer: customer.number.clone(),
        kind: "invoice".to_owned(),
        currency: "EUR".to_owned(),
        amount_minor: amount,
        invoice_date: written,
        due_date: due,
        document: None,
    };
    Sample { incoming: Incoming { customer, invoice, document: None }, payments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_the_same_every_time_and_has_what_a_tenant_has() {
        let from = NaiveDate::from_ymd_opt(2026, 5, 30).expect("a day");
        let (samples, again) = (samples(from, 182), samples(from, 182));
        assert_eq!(format!("{samples:?}"), format!("{again:?}"));
        let count = |fits: &dyn Fn(&Sample) -> bool| samples.iter().filter(|sample| fits(sample)).count();
        assert_eq!(samples.len(), 420);
        assert!(count(&|sample| sample.incoming.customer.email.is_empty()) > 3);
        assert!(count(&|sample| sample.payments.is_empty()) > 20 && count(&|sample| sample.payments.len() == 2) > 5);
        assert!(samples.iter().all(|sample| sample.incoming.invoice.invoice_date < from + Days::new(182)));
        assert!(
            samples.iter().all(|sample| sample.payments.iter().map(|(_, paid)| paid).sum::<i64>() <= sample.incoming.invoice.amount_minor)
        );
    }
}
