//! `[tenant]` and `[tenants.NAME]`: what holds for creditors, in general and one by one.

use super::mail::{read_address, read_line};
use super::print::read_picture;
use super::{Layout, Lexoffice, Mail, ReadSecret, Smtp};
use crate::domain::money::Currency;
use crate::domain::notice::{Account, Creditor};
use crate::domain::toml_reader::{Table, value};
use crate::domain::workflow::region_shape;
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::path::PathBuf;
use toml::de::DeValue;

/// `[tenant]`: what a tenant starts with when it is first named.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tenant {
    #[serde(serialize_with = "zone_as_text")]
    pub zone: Tz,
    /// `none` or a region such as `DE-BY`; only its shape was checked.
    pub holidays: String,
    /// Days off beside the region's.
    pub holidays_added: BTreeSet<NaiveDate>,
    /// Holidays of the region that are working days here.
    pub holidays_removed: BTreeSet<NaiveDate>,
    /// For customers of whom no language is known: two letters, as the folders of the text sets are called.
    pub language: String,
    pub currency: Currency,
    /// How many invoices are dunned at once; 0: any number.
    pub max_active: u32,
    /// Who gets a mail, once a day at most, that names the invoices whose last stage was sent; empty: nobody.
    pub last_stage_notice: String,
    pub creditor: Creditor,
}

/// `[tenants.NAME]`: one tenant, complete. Its own tables replace the general ones whole, so that no bank account,
/// sender or password of one creditor ever mixes with another's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamedTenant {
    #[serde(flatten)]
    pub tenant: Tenant,
    pub letterhead: PathBuf,
    pub layout: Layout,
    pub mail: Mail,
    pub smtp: Smtp,
    /// The account that its invoices come from; there is no general one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lexoffice: Option<Lexoffice>,
}

impl Default for Tenant {
    fn default() -> Self {
        Self {
            zone: Tz::Europe__Berlin,
            holidays: "DE".to_owned(),
            holidays_added: BTreeSet::new(),
            holidays_removed: BTreeSet::new(),
            language: "de".to_owned(),
            currency: Currency::EUR,
            max_active: 0,
            last_stage_notice: String::new(),
            creditor: Creditor::default(),
        }
    }
}

impl Tenant {
    pub(super) fn read_general(table: &Table<'_>) -> Self {
        let tenant = Self::read(table, &Self::default());
        table.finish();
        tenant
    }

    /// Without `finish`: a named tenant has further keys in the same table.
    fn read(table: &Table<'_>, general: &Self) -> Self {
        let own_creditor = table.has("creditor");
        let creditor = read_creditor(&table.table("creditor"));
        Self {
            zone: table.value("zone", value::zone).unwrap_or(general.zone),
            holidays: table.value("holidays", read_holidays).unwrap_or_else(|| general.holidays.clone()),
            holidays_added: table.value("holidays_added", read_dates).unwrap_or_else(|| general.holidays_added.clone()),
            holidays_removed: table.value("holidays_removed", read_dates).unwrap_or_else(|| general.holidays_removed.clone()),
            language: table.value("language", read_language).unwrap_or_else(|| general.language.clone()),
            currency: table.value("currency", |value| Currency::parse(&value::text(value)?)).unwrap_or(general.currency),
            max_active: table.value("max_active", read_places).unwrap_or(general.max_active),
            last_stage_notice: table.value("last_stage_notice", read_address).unwrap_or_else(|| general.last_stage_notice.clone()),
            creditor: if own_creditor { creditor } else { general.creditor.clone() },
        }
    }
}

impl NamedTenant {
    pub(super) fn read(table: &Table<'_>, general: &Self, read_secret: ReadSecret<'_>) -> Self {
        let (mail, smtp, lexoffice) = (table.table("mail"), table.table("smtp"), table.table("lexoffice"));
        let layout = table.table("layout");
        let tenant = Self {
            tenant: Tenant::read(table, &general.tenant),
            letterhead: table.value("letterhead", read_picture).unwrap_or_else(|| general.letterhead.clone()),
            layout: if table.has("layout") { Layout::read(&layout) } else { general.layout.clone() },
            mail: if table.has("mail") { Mail::read(&mail) } else { general.mail.clone() },
            smtp: if table.has("smtp") { Smtp::read(&smtp, read_secret) } else { general.smtp.clone() },
            lexoffice: table.has("lexoffice").then(|| Lexoffice::read(&lexoffice, read_secret)),
        };
        table.finish();
        tenant
    }
}

/// Tenants are named on the command line, in URLs and in variables.
pub(super) fn check_name(tenants: &Table<'_>, name: &str) {
    if let Err(message) = value::name(&DeValue::String(name.into())) {
        tenants.error(name, message);
    }
}

fn read_creditor(table: &Table<'_>) -> Creditor {
    let line = |key| table.value(key, read_line).unwrap_or_default();
    let creditor = Creditor {
        name: line("name"),
        street: line("street"),
        postcode: line("postcode"),
        city: line("city"),
        country: table.value("country", read_country).unwrap_or_default(),
        email: table.value("email", read_address).unwrap_or_default(),
        phone: line("phone"),
        website: line("website"),
        contact: line("contact"),
        bank: line("bank"),
        iban: table.value("iban", read_iban).unwrap_or_default(),
        bic: line("bic"),
        tax_id: line("tax_id"),
        footer: table.value("footer", value::texts).unwrap_or_default(),
        second_account: read_account(&table.table("second_account")),
    };
    table.finish();
    if creditor.iban.is_empty() && creditor.second_account.is_there() {
        table.missing("second_account", "stands without a first account: write `iban` of the creditor, or take this table out");
    }
    creditor
}

fn read_account(table: &Table<'_>) -> Account {
    let line = |key| table.value(key, read_line).unwrap_or_default();
    let account = Account { bank: line("bank"), iban: table.value("iban", read_iban).unwrap_or_default(), bic: line("bic") };
    table.finish();
    if account.iban.is_empty() && account != Account::default() {
        table.missing("iban", "is missing: write the number of this account");
    }
    account
}

fn read_holidays(value: &DeValue<'_>) -> Result<String, String> {
    let region = value::text(value)?;
    if region != "none" {
        region_shape(&region)?;
    }
    Ok(region)
}

fn read_dates(value: &DeValue<'_>) -> Result<BTreeSet<NaiveDate>, String> {
    let read = |text: String| {
        NaiveDate::parse_from_str(&text, "%Y-%m-%d")
            .map_err(|_| format!("`{text}` is no date: write year, month and day, such as \"2027-08-08\""))
    };
    value::texts(value)?.into_iter().map(read).collect()
}

/// A number, or the name of one.
fn read_places(value: &DeValue<'_>) -> Result<u32, String> {
    match value {
        DeValue::String(_) => value::one_of(&[("small", 10), ("medium", 50), ("large", 250)])(value),
        _ => value::whole(0..=1_000_000)(value).map_err(|why| format!("{why}, or \"small\", \"medium\" or \"large\"")),
    }
}

fn read_language(value: &DeValue<'_>) -> Result<String, String> {
    let language = value::text(value)?;
    if language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(language);
    }
    Err(format!("`{language}` is no language: write two small letters, such as \"de\" or \"en\""))
}

fn read_country(value: &DeValue<'_>) -> Result<String, String> {
    let country = value::text(value)?;
    if country.is_empty() || (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Ok(country);
    }
    Err(format!("`{country}` is no country: write two capital letters, such as \"DE\""))
}

/// An IBAN with a right check sum (ISO 7064, MOD 97-10), kept without spaces. A wrong one in a letter sends money astray.
fn read_iban(value: &DeValue<'_>) -> Result<String, String> {
    let written = value::text(value)?;
    let iban: String = written.chars().filter(|letter| *letter != ' ').collect();
    if iban.is_empty() {
        return Ok(iban);
    }
    let fits = (15..=34).contains(&iban.len()) && iban.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if fits && check_sum(&iban) == 1 {
        return Ok(iban);
    }
    Err(format!("`{written}` is no IBAN, its check digits are wrong: copy it from a bank statement"))
}

/// Of capital letters and digits only: the first four go to the end, letters count from A = 10, the rest modulo 97.
fn check_sum(iban: &str) -> u32 {
    let (country, account) = iban.split_at(4);
    account.chars().chain(country.chars()).filter_map(|letter| letter.to_digit(36)).fold(0, |rest, digit| {
        let shift = if digit > 9 { 100 } else { 10 };
        (rest * shift + digit) % 97
    })
}

fn zone_as_text<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}
