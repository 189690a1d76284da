//! Invented invoice files: the same seed gives the same file. They are made to hit what is easy to get wrong: due dates on
//! weekends and holidays, many equal due dates, amounts at the minimum, payments on the very day of a stage.

use super::model::Invoice;
use super::workflow_file::minor;
use crate::support::dice::Dice;
use chrono::{Days, NaiveDate};
use std::fmt::Write;

/// What an invented file is like.
#[derive(Clone, Debug)]
pub(crate) struct Business {
    pub(crate) seed: u64,
    pub(crate) invoices: u64,
    pub(crate) customers: u64,
    pub(crate) first_day: NaiveDate,
    pub(crate) days: u64,
    pub(crate) currency: &'static str,
    /// Around this amount invoices cluster, as written in the workflow's `minimum_amount`.
    pub(crate) minimum: &'static str,
}

impl Business {
    /// The invoices, in the order of the file.
    pub(crate) fn invoices(&self) -> Vec<Invoice> {
        let mut dice = Dice::new(self.seed);
        let addresses: Vec<bool> = (0..self.customers).map(|_| dice.percent(80)).collect();
        (0..self.invoices).map(|number| self.invoice(number, &addresses, &mut dice)).collect()
    }

    fn invoice(&self, number: u64, addresses: &[bool], dice: &mut Dice) -> Invoice {
        // Two draws and the smaller one: some customers have many invoices, most have few.
        let customer = dice.below(self.customers).min(dice.below(self.customers));
        let spread = if dice.percent(25) { dice.below(6) * self.days / 6 } else { dice.below(self.days) };
        let invoice_date = self.first_day + Days::new(spread);
        let due_date = invoice_date + Days::new(dice.pick(&[0, 7, 14, 14, 30, 30, 60]));
        Invoice {
            number: invented_number(number, dice),
            customer: format!("K-{customer}"),
            has_email: addresses[usize::try_from(customer).expect("few customers")],
            invoice_date,
            due_date,
            amount_minor: self.amount(dice),
            currency: self.currency.to_owned(),
            paid_on: paid_on(invoice_date, due_date, dice),
        }
    }

    fn amount(&self, dice: &mut Dice) -> i64 {
        let minimum = minor(self.minimum);
        let any = 1 + i64::try_from(dice.below(900_000)).expect("a small amount");
        [any, any, any, any, any, (minimum - 1).max(1), minimum.max(1), minimum + 1][dice.pick(&[0, 1, 2, 3, 4, 5, 6, 7])]
    }
}

/// Unique by the running number; prefixes, widths and an umlaut make the order by bytes differ from every other order.
fn invented_number(number: u64, dice: &mut Dice) -> String {
    match dice.below(5) {
        0 => format!("RE-{number}"),
        1 => format!("re-{number}"),
        2 => format!("Ä-{number}"),
        3 => format!("{number:08}"),
        _ => format!("RE-{number:06}"),
    }
}

fn paid_on(invoice_date: NaiveDate, due_date: NaiveDate, dice: &mut Dice) -> Option<NaiveDate> {
    match dice.below(100) {
        0..25 => None,
        25..50 => Some(invoice_date + Days::new(dice.below((due_date - invoice_date).num_days().unsigned_abs() + 1))),
        50..90 => Some(due_date + Days::new(dice.below(45))),
        _ => Some(due_date + Days::new(45 + dice.below(90))),
    }
}

/// How a file is written down. The engine must read the same invoices out of every one of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) delimiter: char,
    pub(crate) dates: &'static str,
    pub(crate) decimal: char,
}

pub(crate) const FORMS: [Form; 3] = [
    Form { delimiter: ',', dates: "%Y-%m-%d", decimal: '.' },
    Form { delimiter: ';', dates: "%d.%m.%Y", decimal: ',' },
    Form { delimiter: ';', dates: "%m/%d/%Y", decimal: '.' },
];

/// The invoice file.
pub(crate) fn file(invoices: &[Invoice], form: Form) -> String {
    let columns = ["number", "dated", "due", "amount", "paid", "customer", "email"];
    let mut file = columns.join(&form.delimiter.to_string()) + "\n";
    for invoice in invoices {
        let date = |date: NaiveDate| date.format(form.dates).to_string();
        let email = if invoice.has_email { format!("{}@customers.example", invoice.customer.to_lowercase()) } else { String::new() };
        let cells = [
            invoice.number.clone(),
            date(invoice.invoice_date),
            date(invoice.due_date),
            format!("\"{}{}{:02}\"", invoice.amount_minor / 100, form.decimal, invoice.amount_minor % 100),
            invoice.paid_on.map(date).unwrap_or_default(),
            invoice.customer.clone(),
            email,
        ];
        let _ = writeln!(file, "{}", cells.join(&form.delimiter.to_string()));
    }
    file
}

/// The import map of [`file`].
pub(crate) fn map(currency: &str, form: Form) -> String {
    let Form { delimiter, dates, decimal } = form;
    format!(
        r#"[format]
delimiter = "{delimiter}"
encoding = "utf-8"
dates = "{dates}"
decimal = "{decimal}"
currency = "{currency}"

[invoice]
number = "{{{{number}}}}"
invoice_date = "{{{{dated}}}}"
due_date = "{{{{due}}}}"
amount = "{{{{amount}}}}"
paid_on = "{{{{paid}}}}"

[customer]
number = "{{{{customer}}}}"
name = "Customer {{{{customer}}}}"
email = "{{{{email}}}}"
street = "Marktplatz 1"
postcode = "10115"
city = "Berlin"
country = "DE"
language = "de"
kind = "business"
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_holds_the_same_invoices_in_seven_columns() {
        let first_day = "2012-01-01".parse().expect("a date");
        let business = Business { seed: 1, invoices: 500, customers: 20, first_day, days: 100, currency: "EUR", minimum: "10.00" };
        let invoices = business.invoices();
        for form in FORMS {
            let text = file(&invoices, form);
            let delimiter = u8::try_from(form.delimiter).expect("an ASCII delimiter");
            let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("seven columns in every row")).collect();
            assert_eq!(rows.len(), invoices.len());
            for (row, invoice) in rows.iter().zip(&invoices) {
                assert_eq!(&row[0], invoice.number);
                assert_eq!(NaiveDate::parse_from_str(&row[2], form.dates), Ok(invoice.due_date));
                assert_eq!(minor(&row[3].replace(form.decimal, ".")), invoice.amount_minor);
            }
        }
    }

    #[test]
    fn numbers_are_unique_and_one_customer_has_one_address() {
        let first_day = "2012-01-01".parse().expect("a date");
        let business = Business { seed: 2, invoices: 3_000, customers: 20, first_day, days: 100, currency: "EUR", minimum: "10.00" };
        let invoices = business.invoices();
        let numbers: std::collections::BTreeSet<_> = invoices.iter().map(|invoice| &invoice.number).collect();
        assert_eq!(numbers.len(), invoices.len());
        let customers: std::collections::BTreeSet<_> = invoices.iter().map(|invoice| (&invoice.customer, invoice.has_email)).collect();
        assert_eq!(customers.len(), 20);
    }
}
