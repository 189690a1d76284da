//! The names that a text may use, and what they stand for in a notice. `templates/README.md` explains them to authors.

use super::seal::TABLE;
use crate::domain::format;
use crate::domain::notice::{Line, Notice};
use serde_json::{Value, json};

/// What a placeholder holds, which says where it may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    YesNo,
    /// A list for `#each`.
    List,
    /// The marker of the invoice table, alone on its line.
    Table,
}

/// The condition under which a placeholder has a value; a text must ask for it before it prints the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// Empty for some customers or creditors: ask for the placeholder itself.
    Itself,
    /// Ask for this yes/no placeholder, which must be so.
    Fact(&'static str, bool),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Placeholder {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) need: Need,
}

const fn entry(name: &'static str, kind: Kind, need: Need) -> Placeholder {
    Placeholder { name, kind, need }
}

/// Everywhere in a text.
pub(super) const PLACEHOLDERS: &[Placeholder] = &[
    entry("customer.name", Kind::Text, Need::Itself),
    entry("customer.number", Kind::Text, Need::Itself),
    entry("creditor.name", Kind::Text, Need::Nothing),
    entry("creditor.contact", Kind::Text, Need::Itself),
    entry("creditor.phone", Kind::Text, Need::Itself),
    entry("creditor.email", Kind::Text, Need::Itself),
    entry("creditor.iban", Kind::Text, Need::Itself),
    entry("creditor.bic", Kind::Text, Need::Itself),
    entry("creditor.bank", Kind::Text, Need::Itself),
    entry("date", Kind::Text, Need::Nothing),
    entry("pay_by", Kind::Text, Need::Nothing),
    entry("payment_days", Kind::Number, Need::Nothing),
    entry("open", Kind::Text, Need::Nothing),
    entry("fee", Kind::Text, Need::Fact("has_fee", true)),
    entry("has_fee", Kind::YesNo, Need::Nothing),
    entry("total", Kind::Text, Need::Nothing),
    entry("currency", Kind::Text, Need::Nothing),
    entry("several", Kind::YesNo, Need::Nothing),
    entry("invoice", Kind::Text, Need::Fact("several", false)),
    entry("invoice_date", Kind::Text, Need::Fact("several", false)),
    entry("due_date", Kind::Text, Need::Fact("several", false)),
    entry("invoices", Kind::List, Need::Nothing),
    entry("invoice_count", Kind::Number, Need::Nothing),
    entry("invoice_table", Kind::Table, Need::Nothing),
    entry("oldest_due_date", Kind::Text, Need::Nothing),
    entry("level", Kind::Number, Need::Nothing),
    entry("reference", Kind::Text, Need::Nothing),
];

/// Inside `{{#each invoices}}`.
pub(super) const OF_AN_INVOICE: &[Placeholder] = &[
    entry("number", Kind::Text, Need::Nothing),
    entry("date", Kind::Text, Need::Nothing),
    entry("due_date", Kind::Text, Need::Nothing),
    entry("amount", Kind::Text, Need::Nothing),
    entry("open", Kind::Text, Need::Nothing),
    entry("days_overdue", Kind::Number, Need::Nothing),
    entry("@first", Kind::YesNo, Need::Nothing),
    entry("@last", Kind::YesNo, Need::Nothing),
    entry("@index", Kind::Number, Need::Nothing),
];

/// A placeholder as authors are offered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub name: &'static str,
    /// How it is written so that the text is accepted, to be copied.
    pub written: String,
    /// Of one invoice, inside `{{#each invoices}}`.
    pub of_an_invoice: bool,
}

/// All placeholders that a text may use.
#[must_use]
pub fn offered() -> Vec<Offered> {
    let offer =
        |of_an_invoice| move |placeholder: &Placeholder| Offered { name: placeholder.name, written: written(placeholder), of_an_invoice };
    PLACEHOLDERS.iter().map(offer(false)).chain(OF_AN_INVOICE.iter().map(offer(true))).collect()
}

fn written(placeholder: &Placeholder) -> String {
    let name = placeholder.name;
    match (placeholder.kind, placeholder.need) {
        (Kind::YesNo, _) => format!("{{{{#if {name}}}}} … {{{{/if}}}}"),
        (Kind::List, _) => format!("{{{{#each {name}}}}}{{{{number}}}} {{{{/each}}}}"),
        (_, Need::Nothing) => format!("{{{{{name}}}}}"),
        (_, Need::Itself) => format!("{{{{#if {name}}}}}{{{{{name}}}}}{{{{/if}}}}"),
        (_, Need::Fact(fact, true)) => format!("{{{{#if {fact}}}}}{{{{{name}}}}}{{{{/if}}}}"),
        (_, Need::Fact(fact, false)) => format!("{{{{#unless {fact}}}}}{{{{{name}}}}}{{{{/unless}}}}"),
    }
}

/// The values of all placeholders for `notice`, formatted for `language`.
pub(super) fn values(notice: &Notice, language: &str) -> Value {
    let money = |minor| format::money(language, minor, notice.currency);
    let date = |day| format::date(language, day);
    let first = notice.lines.first();
    let of_the_first = |value: fn(&Line) -> chrono::NaiveDate| first.map_or_else(String::new, |line| date(value(line)));
    let oldest = notice.lines.iter().map(|line| line.due_date).min();
    let creditor = &notice.creditor;
    json!({
        "customer": { "name": shown(&notice.recipient.name), "number": shown(&notice.recipient.number) },
        "creditor": {
            "name": shown(&creditor.name),
            "contact": shown(&creditor.contact),
            "phone": shown(&creditor.phone),
            "email": shown(&creditor.email),
            "iban": format::iban(&creditor.iban),
            "bic": shown(&creditor.bic),
            "bank": shown(&creditor.bank),
        },
        "date": date(notice.date),
        "pay_by": date(notice.pay_by),
        "payment_days": (notice.pay_by - notice.date).num_days(),
        "open": money(notice.open_minor()),
        "fee": money(notice.fee_minor),
        "has_fee": notice.fee_minor != 0,
        "total": money(notice.total_minor()),
        "currency": notice.currency.code(),
        "several": notice.lines.len() > 1,
        "invoice": first.map_or_else(String::new, |line| shown(&line.invoice)),
        "invoice_date": of_the_first(|line| line.invoice_date),
        "due_date": of_the_first(|line| line.due_date),
        "invoices": notice.lines.iter().map(|line| of_an_invoice(line, notice, language)).collect::<Vec<_>>(),
        "invoice_count": notice.lines.len(),
        "invoice_table": TABLE,
        "oldest_due_date": oldest.map_or_else(String::new, date),
        "level": level(&notice.stage),
        "reference": format::payment_reference(notice),
    })
}

fn of_an_invoice(line: &Line, notice: &Notice, language: &str) -> Value {
    let money = |minor| format::money(language, minor, notice.currency);
    json!({
        "number": shown(&line.invoice),
        "date": format::date(language, line.invoice_date),
        "due_date": format::date(language, line.due_date),
        "amount": money(line.amount_minor),
        "open": money(line.open_minor),
        "days_overdue": line.days_overdue,
    })
}

/// Cleaned before conditions see it: a name of nothing but invisible characters counts as empty.
fn shown(value: &str) -> String {
    format::presentable(value).trim().to_owned()
}

/// The number at the end of a stage's key: 2 for `reminder-2`; 1 if there is none.
fn level(stage: &str) -> u32 {
    let name = stage.trim_end_matches(|c: char| c.is_ascii_digit());
    stage[name.len()..].parse().unwrap_or(1)
}

/// The name that is most like a mistyped one.
pub(super) fn nearest(typed: &str, names: &'static [Placeholder]) -> &'static str {
    names.iter().map(|placeholder| placeholder.name).min_by_key(|name| distance(typed, name)).unwrap_or("")
}

/// How many letters must be added, taken out or exchanged to get from one to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn names_of(value: &Value, prefix: &str, names: &mut Vec<String>) {
        if let Value::Object(fields) = value {
            for (name, value) in fields {
                names_of(value, &if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") }, names);
            }
        } else {
            names.push(prefix.to_owned());
        }
    }

    #[test]
    fn every_name_has_a_value_and_every_value_a_name() {
        let values = values(&samples::several(), "de");
        let mut found = Vec::new();
        names_of(&values, "", &mut found);
        let mut listed: Vec<_> = PLACEHOLDERS.iter().map(|placeholder| placeholder.name.to_owned()).collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);

        let mut found = Vec::new();
        names_of(&values["invoices"][0], "", &mut found);
        let mut listed: Vec<_> = OF_AN_INVOICE.iter().map(|p| p.name.to_owned()).filter(|name| !name.starts_with('@')).collect();
        found.sort();
        listed.sort();
        assert_eq!(found, listed);
    }

    #[test]
    fn what_is_offered_is_accepted_as_it_is_written() {
        let (of_an_invoice, of_all): (Vec<_>, Vec<_>) = offered().into_iter().partition(|offer| offer.of_an_invoice);
        let lines = |offers: Vec<Offered>| offers.into_iter().map(|offer| offer.written).collect::<Vec<_>>().join("\n\n");
        let body = format!("{}\n\n{{{{#each invoices}}}}{}{{{{/each}}}}", lines(of_all), lines(of_an_invoice));
        let own = super::super::OwnText::new("de/probe", "x", &body).unwrap();
        assert!(super::super::TextSets::alone(&own).is_ok(), "{body}");
    }

    #[test]
    fn every_name_is_explained_to_authors() {
        let readme = include_str!("../../../templates/README.md");
        for placeholder in PLACEHOLDERS.iter().chain(OF_AN_INVOICE) {
            assert!(readme.contains(&format!("`{}`", placeholder.name)), "`{}` is missing in templates/README.md", placeholder.name);
        }
    }

    #[test]
    fn the_level_is_the_number_of_the_stage() {
        assert_eq!([level("reminder-1"), level("dunning-12"), level("last"), level("")], [1, 12, 1, 1]);
    }
}
