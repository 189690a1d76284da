//! Reads the public "Accounts Receivable" sample as its import map means it. The file is a third party's and stays outside
//! of the repository; only the ignored tests of `tests/it/rehearsal.rs` read it.

use super::model::Invoice;
use super::workflow_file::minor;
use chrono::NaiveDate;
use std::path::Path;

pub(crate) fn read_accounts_receivable(file: &Path) -> Vec<Invoice> {
    let mut reader = csv::Reader::from_path(file).expect("the invoice file cannot be read");
    let head = reader.headers().expect("the invoice file has no header").clone();
    let column = |name: &str| head.iter().position(|cell| cell == name).unwrap_or_else(|| panic!("no column {name}"));
    let (number, customer, bill) = (column("invoiceNumber"), column("customerID"), column("PaperlessBill"));
    let (dated, due, paid, amount) = (column("InvoiceDate"), column("DueDate"), column("SettledDate"), column("InvoiceAmount"));
    let rows = reader.records().map(|row| row.expect("a row of the invoice file cannot be read"));
    rows.map(|row| Invoice {
        number: row[number].to_owned(),
        customer: format!("{}-{}", &row[customer], &row[bill]),
        has_email: &row[bill] == "Electronic",
        invoice_date: us_date(&row[dated]),
        due_date: us_date(&row[due]),
        amount_minor: minor(&row[amount]),
        currency: "USD".to_owned(),
        paid_on: (!row[paid].is_empty()).then(|| us_date(&row[paid])),
    })
    .collect()
}

fn us_date(written: &str) -> NaiveDate {
    NaiveDate::parse_from_str(written, "%m/%d/%Y").expect("dates are M/D/YYYY")
}
