//! A made-up organisation with as many open claims as are asked for; the same for the same number.

use super::super::super::dice::Dice;
use super::super::super::sample::{FIRST, LAST, STREET, TOWN, TRADE};
use super::super::amount::Amount;
use super::super::bucket::Limit;
use super::super::fault::Faults;
use super::super::ids::Id;
use super::super::records::{NewContact, NewOrganization, NewVoucher};
use super::super::time::{DAY, day};
use super::super::world::{EDocument, Kind, Status, World};
use super::{Built, GENERATED_KEY};
use chrono::Duration;

const SEED: u64 = 20_260_301;
/// Claims for each customer.
const CLAIMS_EACH: u32 = 5;
/// For so many open claims there is one that is not: paid, voided or a draft.
const CLOSED_EACH: u32 = 20;

pub(super) fn build(claims: u32, now: i64) -> Built {
    let mut world = World::new(SEED);
    let mut dice = Dice::new(SEED);
    let organization = NewOrganization::generated("Sandbox Handwerk GmbH", GENERATED_KEY);
    // Nothing that is made up is refused; the tests count what came of it.
    let _ = organization.create(&mut world, now - 400 * DAY);
    let numbers = 0..claims.div_ceil(CLAIMS_EACH).max(1);
    let customers: Vec<Id> = numbers.filter_map(|place| contact(place, &mut dice).create(&mut world, now).ok()).collect();
    for place in 0..claims {
        voucher(place, Status::Open, false, &customers, &mut dice, &mut world, now);
    }
    for place in 0..claims / CLOSED_EACH {
        let status = dice.pick(&[Status::Voided, Status::Draft, Status::Open]);
        voucher(claims + place, status, true, &customers, &mut dice, &mut world, now);
    }
    for organization in &mut world.organizations {
        organization.forget_happenings();
    }
    Built { world, clock: None, timed: Vec::new(), faults: Faults::default(), limit: Limit::default() }
}

/// One in four is a person.
fn contact(place: u32, dice: &mut Dice) -> NewContact {
    let (first, last) = (dice.pick(FIRST), dice.pick(LAST));
    let house = dice.below(90) + 1;
    let street = format!("{} {house}", dice.pick(STREET));
    let company = (place % 4 != 3).then(|| format!("{} {last} {place} GmbH", dice.pick(TRADE)));
    NewContact::generated(company, (first, last), street, dice.pick(TOWN), format!("rechnung{place}@kunde.example"))
}

/// One that is `closed` and says open is paid. Its day lies up to 150 days back.
fn voucher(place: u32, status: Status, closed: bool, customers: &[Id], dice: &mut Dice, world: &mut World, now: i64) {
    let kind = match place % 40 {
        7 => Kind::DownPaymentInvoice,
        19 | 33 => Kind::SalesInvoice,
        _ => Kind::Invoice,
    };
    let age = i64::try_from(dice.below(150)).unwrap_or(0);
    let made = now - age * DAY;
    // Whole euros net, so that every gross amount has a net price in cents.
    let net = i64::try_from(dice.below(3_000)).unwrap_or(0) * 100 + 2_000;
    let gross = net * 119 / 100;
    let paid = match status {
        Status::Open if closed => Some(gross),
        Status::Open if place % 10 == 4 => Some(gross / 4),
        _ => None,
    };
    let customer = dice.pick(customers);
    // One in fifty goes to the collective customer.
    let contact = (place % 50 != 48).then(|| customer.to_string());
    let e_document = if place % 6 == 5 { EDocument::En16931 } else { EDocument::None };
    let new = NewVoucher::generated(kind, contact, day(made), Amount(gross), paid.map(Amount), status, e_document);
    let _ = new.create(kind, world, made + Duration::hours(1).num_milliseconds());
}
