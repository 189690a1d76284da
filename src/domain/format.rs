//! How values read to people: money, dates, counts and the labels around them, by language.
//!
//! One place, so that mail, letter and page never disagree about an amount. German and English are written here; any
//! other language reads in the English way. What a notice says around these values is text: see `adapters::texts`.

use super::money::Currency;
use super::notice::{Creditor, Notice};
use chrono::{Datelike, NaiveDate};

/// SEPA carries at most this many characters of remittance information.
const MAX_REFERENCE: usize = 140;

/// The fixed words around the figures of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    pub invoice: &'static str,
    pub invoice_date: &'static str,
    pub due_date: &'static str,
    /// Days from the due date to the notice's date.
    pub days_overdue: &'static str,
    pub amount: &'static str,
    pub open: &'static str,
    /// The sum of what is open, shown only where a fee follows.
    pub sum: &'static str,
    pub fee: &'static str,
    pub total: &'static str,
    pub payment: &'static str,
    pub payee: &'static str,
    pub bank: &'static str,
    /// Before the second account's number.
    pub or_to: &'static str,
    pub reference: &'static str,
    pub pay_by: &'static str,
    pub customer_number: &'static str,
    pub phone: &'static str,
    pub email: &'static str,
    pub tax_id: &'static str,
    /// Before the subject of a test.
    pub test: &'static str,
    /// At the head of a test's text.
    pub test_hint: &'static str,
}

const GERMAN: Labels = Labels {
    invoice: "Rechnung",
    invoice_date: "Datum",
    due_date: "Fällig am",
    days_overdue: "Überfällig",
    amount: "Betrag",
    open: "Offen",
    sum: "Summe offen",
    fee: "Mahnkosten",
    total: "Zu zahlen",
    payment: "Zahlungsangaben",
    payee: "Empfänger",
    bank: "Bank",
    or_to: "oder an IBAN",
    reference: "Verwendungszweck",
    pay_by: "Zahlbar bis",
    customer_number: "Kundennummer",
    phone: "Telefon",
    email: "E-Mail",
    tax_id: "USt-IdNr./Steuernummer",
    test: "TEST",
    test_hint: "TEST – dieses Schreiben ist eine Probe. Bitte nicht bezahlen.",
};

const ENGLISH: Labels = Labels {
    invoice: "Invoice",
    invoice_date: "Date",
    due_date: "Due date",
    days_overdue: "Overdue",
    amount: "Amount",
    open: "Open",
    sum: "Total open",
    fee: "Dunning costs",
    total: "Amount due",
    payment: "Payment details",
    payee: "Payee",
    bank: "Bank",
    or_to: "or to IBAN",
    reference: "Reference",
    pay_by: "Payable by",
    customer_number: "Customer number",
    phone: "Phone",
    email: "E-mail",
    tax_id: "VAT/tax number",
    test: "TEST",
    test_hint: "TEST – this is a specimen. Please do not pay.",
};

const ENGLISH_MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn is_german(language: &str) -> bool {
    language.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case("de"))
}

/// The labels of `language`.
#[must_use]
pub fn labels(language: &str) -> &'static Labels {
    if is_german(language) { &GERMAN } else { &ENGLISH }
}

/// An amount with its currency: `1.234,56 €` in German (other currencies by code: `1.234,56 USD`), `EUR 1,234.56` else.
#[must_use]
pub fn money(language: &str, minor: i64, currency: Currency) -> String {
    if !is_german(language) {
        return format!("{currency} {}", amount(minor, currency.decimals(), ',', '.'));
    }
    let unit = if currency == Currency::EUR { "€" } else { currency.code() };
    format!("{} {unit}", amount(minor, currency.decimals(), '.', ','))
}

fn amount(minor: i64, decimals: u32, group_mark: char, decimal_mark: char) -> String {
    let unit = 10_u64.pow(decimals);
    let (whole, fraction) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let sign = if minor < 0 { "-" } else { "" };
    let whole = grouped(&whole.to_string(), group_mark);
    match usize::try_from(decimals) {
        Ok(places) if places > 0 => format!("{sign}{whole}{decimal_mark}{fraction:0places$}"),
        _ => format!("{sign}{whole}"),
    }
}

fn grouped(digits: &str, mark: char) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(mark);
        }
        grouped.push(digit);
    }
    grouped
}

/// A date in a sentence: `21.11.2026` in German, `21 November 2026` else.
#[must_use]
pub fn date(language: &str, date: NaiveDate) -> String {
    if is_german(language) { german_date(date) } else { format!("{} {} {}", date.day(), english_month(date), date.year()) }
}

/// A date in a table column: `21.11.2026` in German, `21 Nov 2026` else.
#[must_use]
pub fn short_date(language: &str, date: NaiveDate) -> String {
    if is_german(language) {
        return german_date(date);
    }
    let month: String = english_month(date).chars().take(3).collect();
    format!("{} {month} {}", date.day(), date.year())
}

fn german_date(date: NaiveDate) -> String {
    format!("{:02}.{:02}.{}", date.day(), date.month(), date.year())
}

fn english_month(date: NaiveDate) -> &'static str {
    usize::try_from(date.month0()).ok().and_then(|month| ENGLISH_MONTHS.get(month)).copied().unwrap_or("")
}

/// A count with its group marks: `1.234` in German, `1,234` else.
#[must_use]
pub fn count(language: &str, count: i64) -> String {
    if is_german(language) { amount(count, 0, '.', ',') } else { amount(count, 0, ',', '.') }
}

/// A number of days: `1 Tag`, `12 days`.
#[must_use]
pub fn days(language: &str, days: i64) -> String {
    let unit = match (is_german(language), days) {
        (true, 1) => "Tag",
        (true, _) => "Tage",
        (false, 1) => "day",
        (false, _) => "days",
    };
    format!("{} {unit}", count(language, days))
}

/// How late an invoice is: `seit 1 Tag fällig`, `12 days overdue`; nothing if it is not late.
#[must_use]
pub fn overdue(language: &str, days: i64) -> Option<String> {
    let number = count(language, days);
    match (is_german(language), days) {
        (_, ..=0) => None,
        (true, 1) => Some("seit 1 Tag fällig".to_owned()),
        (true, _) => Some(format!("seit {number} Tagen fällig")),
        (false, 1) => Some("1 day overdue".to_owned()),
        (false, _) => Some(format!("{number} days overdue")),
    }
}

/// The date under an invoice's number: `vom 01.10.2026`, `of 1 Oct 2026`.
#[must_use]
pub fn dated(language: &str, day: NaiveDate) -> String {
    let word = if is_german(language) { "vom" } else { "of" };
    format!("{word} {}", short_date(language, day))
}

/// What an invoice came to before part payments, beside what is open: `von 500,00 €`, `of EUR 500.00`.
#[must_use]
pub fn out_of(language: &str, minor: i64, currency: Currency) -> String {
    let word = if is_german(language) { "von" } else { "of" };
    format!("{word} {}", money(language, minor, currency))
}

/// An IBAN in groups of four, as it stands on paper: `DE02 1203 0000 0000 2020 51`.
#[must_use]
pub fn iban(iban: &str) -> String {
    let bare: Vec<char> = presentable(iban).chars().filter(|c| !c.is_whitespace()).collect();
    bare.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// What the customer writes into the transfer: all invoice numbers, or the customer's number where those don't fit.
#[must_use]
pub fn payment_reference(notice: &Notice) -> String {
    let numbers: Vec<String> = notice.lines.iter().map(|line| presentable(&line.invoice)).collect();
    let all = numbers.join(", ");
    if all.chars().count() <= MAX_REFERENCE {
        return all;
    }
    let customer = presentable(&notice.recipient.number);
    if !customer.is_empty() && customer.chars().count() <= MAX_REFERENCE {
        return customer;
    }
    all.chars().take(MAX_REFERENCE - 1).chain(['…']).collect()
}

/// What is open and what the fee adds to it, only if there is one; then what is to be paid.
#[must_use]
pub fn totals(notice: &Notice) -> Vec<(&'static str, String)> {
    let labels = labels(&notice.language);
    let amount = |minor| money(&notice.language, minor, notice.currency);
    let mut totals = Vec::new();
    if notice.fee_minor != 0 {
        totals.push((labels.sum, amount(notice.open_minor())));
        totals.push((labels.fee, amount(notice.fee_minor)));
    }
    totals.push((labels.total, amount(notice.total_minor())));
    totals
}

/// How to pay, as label and value: the account or both, if there is an IBAN, then until when and with which reference.
///
/// It stands next to the totals, so it doesn't repeat the amount.
#[must_use]
pub fn payment_details(notice: &Notice) -> Vec<(&'static str, String)> {
    let (language, creditor) = (notice.language.as_str(), &notice.creditor);
    let labels = labels(language);
    let mut details = Vec::new();
    if !creditor.iban.is_empty() {
        details.push((labels.payee, presentable(&creditor.name)));
        details.push(("IBAN", iban(&creditor.iban)));
        details.push(("BIC", presentable(&creditor.bic)));
        details.push((labels.bank, presentable(&creditor.bank)));
        let second = &creditor.second_account;
        if second.is_there() {
            let bic = if second.bic.is_empty() { String::new() } else { format!("BIC {}", presentable(&second.bic)) };
            let parts = [iban(&second.iban), bic, presentable(&second.bank)];
            details.push((labels.or_to, parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")));
        }
    }
    details.push((labels.pay_by, date(language, notice.pay_by)));
    details.push((labels.reference, payment_reference(notice)));
    details.retain(|(_, value)| !value.is_empty());
    details
}

/// Who the creditor is, line by line: address, ways to reach them, tax number, then the footer lines as they shall stand.
#[must_use]
pub fn imprint(language: &str, creditor: &Creditor) -> Vec<String> {
    let labels = labels(language);
    let labelled = |label: &str, value: &str| if value.is_empty() { String::new() } else { format!("{label}: {value}") };
    let town = format!("{} {}", creditor.postcode, creditor.city);
    let joined = |parts: &[&str]| parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let mut lines = vec![
        joined(&[&creditor.name, &creditor.street, &town]),
        labelled(labels.phone, &creditor.phone),
        labelled(labels.email, &creditor.email),
        creditor.website.clone(),
        labelled(labels.tax_id, &creditor.tax_id),
    ];
    lines.extend(creditor.footer.iter().cloned());
    lines.iter().map(|line| presentable(line).trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// A foreign value fit to be shown: line ends become spaces; control, direction, invisible and private characters go.
///
/// A name must not be able to break a mail header, turn the rest of a line around or pass for our own markers.
#[must_use]
pub fn presentable(value: &str) -> String {
    // Most values are nothing but printable ASCII.
    if value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return value.to_owned();
    }
    value
        .chars()
        .filter_map(|c| match c {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => None,
            '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{E000}'..='\u{F8FF}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn amounts_read_as_in_their_language() {
        let usd = Currency::parse("USD").unwrap();
        let yen = Currency::parse("JPY").unwrap();
        let dinar = Currency::parse("KWD").unwrap();
        for (language, minor, currency, text) in [
            ("de", 123_456, Currency::EUR, "1.234,56 €"),
            ("de", 5, Currency::EUR, "0,05 €"),
            ("de", 100_000_000, Currency::EUR, "1.000.000,00 €"),
            ("de", -123_456, Currency::EUR, "-1.234,56 €"),
            ("de", 123_456, usd, "1.234,56 USD"),
            ("de", 1234, yen, "1.234 JPY"),
            ("de-AT", 99_999, Currency::EUR, "999,99 €"),
            ("en", 123_456, Currency::EUR, "EUR 1,234.56"),
            ("en", 1_234_567, yen, "JPY 1,234,567"),
            ("en", 1_234_567, dinar, "KWD 1,234.567"),
            ("en", -50, usd, "USD -0.50"),
            ("fr", 123_456, Currency::EUR, "EUR 1,234.56"),
        ] {
            assert_eq!(money(language, minor, currency), text, "{language} {minor} {currency}");
        }
        assert_eq!(money("de", i64::MIN, yen), "-9.223.372.036.854.775.808 JPY");
    }

    #[test]
    fn dates_and_counts_read_as_in_their_language() {
        assert_eq!(date("de", day(2026, 11, 21)), "21.11.2026");
        assert_eq!(date("de", day(2026, 1, 2)), "02.01.2026");
        assert_eq!(date("en", day(2026, 11, 21)), "21 November 2026");
        assert_eq!(short_date("en", day(2026, 9, 1)), "1 Sep 2026");
        assert_eq!(count("de", 12_345), "12.345");
        assert_eq!(count("en", 12_345), "12,345");
    }

    #[test]
    fn lateness_has_its_singular_and_is_silent_before_the_due_date() {
        assert_eq!([days("de", 1), days("de", 0), days("en", 1), days("en", 1000)], ["1 Tag", "0 Tage", "1 day", "1,000 days"]);
        assert_eq!(overdue("de", 1).as_deref(), Some("seit 1 Tag fällig"));
        assert_eq!(overdue("de", 12).as_deref(), Some("seit 12 Tagen fällig"));
        assert_eq!(overdue("en", 1).as_deref(), Some("1 day overdue"));
        assert_eq!(overdue("en", 1200).as_deref(), Some("1,200 days overdue"));
        assert_eq!(overdue("de", 0), None);
        assert_eq!(overdue("en", -3), None);
    }

    #[test]
    fn an_iban_stands_in_groups_however_it_was_entered() {
        assert_eq!(iban("DE02120300000000202051"), "DE02 1203 0000 0000 2020 51");
        assert_eq!(iban("DE02 1203 0000 0000 2020 51"), "DE02 1203 0000 0000 2020 51");
        assert_eq!(iban(""), "");
    }

    #[test]
    fn what_could_break_a_line_or_a_marker_is_taken_out_of_values() {
        assert_eq!(presentable("Meier\r\nBcc: a@evil.example"), "Meier  Bcc: a@evil.example");
        assert_eq!(presentable("a\u{202E}b\u{2066}c\0d\u{7}e\u{E000}f\u{200B}g"), "abcdefg");
        assert_eq!(presentable("Müller & Söhne 👍🏽"), "Müller & Söhne 👍🏽");
    }
}
