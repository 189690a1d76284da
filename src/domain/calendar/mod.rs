//! The civil calendar of a tenant: zone, holidays, business hours, and what follows from them.
//!
//! When a notice may leave ([`Calendar::departure`]), when an invoice is due in law
//! ([`Calendar::legal_due`]) and which throttle slot is the next ([`Calendar::next_slot`]).
//! What a clock time means on a day when the clocks change is decided in [`super::time`]; how a stage's
//! date comes about is none of this module's business.
//!
//! Holidays are rules, not lists: `rule` is the small engine, `rules_de`, `rules_at` and `rules_ch` are
//! its data, and `tests/golden/holidays.txt` is the list from elsewhere that they are held against.

mod holidays;
mod opening;
#[cfg(test)]
mod properties;
mod region;
mod rule;
mod rules_at;
mod rules_ch;
mod rules_de;

pub use holidays::Holidays;
pub use opening::Calendar;
pub use region::{Region, UnknownRegion};
pub use rule::HolidayName;
