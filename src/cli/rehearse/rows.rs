//! Reads the invoice file of a rehearsal: every row must be sound, for a rehearsal with holes proves nothing.

use crate::adapters::invoice_file::{InvoiceFile, InvoiceKind, InvoiceRow, Map, Report, RowProblem};
use crate::domain::money::Money;
use crate::engine::intake::Incoming;
use crate::store::intake::{CustomerRecord, InvoiceRecord};
use anyhow::{Context, bail};
use chrono::NaiveDate;
use std::path::Path;

/// An invoice with the day on which it was paid in full.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Receivable {
    pub incoming: Incoming,
    pub paid_on: Option<NaiveDate>,
}

/// Reads a map file, or takes a built-in map by its name.
///
/// # Errors
/// Every problem of it, with file and line.
pub(in crate::cli) fn read_map(map: &str) -> anyhow::Result<Map> {
    if let Some(built_in) = Map::built_in(map) {
        return Ok(built_in);
    }
    let text = std::fs::read_to_string(map).with_context(|| format!("reading the map file {map}"))?;
    Map::parse(&text).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(|problem| problem.in_file(map).to_string()).collect();
        anyhow::anyhow!("the map can't be used:\n{}", lines.join("\n"))
    })
}

/// An invoice row as the engine takes it in; its document is read by the caller.
///
/// # Errors
/// What is no claim, with line and field.
pub(in crate::cli) fn incoming(row: &InvoiceRow) -> Result<Incoming, RowProblem> {
    refuse_credit_note(row)?;
    let customer = &row.customer;
    let Money { minor, currency } = row.amount;
    Ok(Incoming {
        customer: CustomerRecord {
            number: customer.number.clone(),
            name: customer.name.clone(),
            email: customer.email.clone().unwrap_or_default(),
            street: customer.street.clone(),
            postcode: customer.postcode.clone(),
            city: customer.city.clone(),
            country: customer.country.clone(),
            language: customer.language.clone(),
            kind: customer.kind.as_str().to_owned(),
            addresses: Vec::new(),
        },
        invoice: InvoiceRecord {
            external_id: row.external_id.clone(),
            number: row.number.clone(),
            customer: customer.number.clone(),
            kind: row.kind.as_str().to_owned(),
            currency: currency.code().to_owned(),
            amount_minor: minor,
            invoice_date: row.invoice_date,
            due_date: row.due_date,
            document: None,
        },
        document: None,
    })
}

/// A credit note is no claim: taken in as one, the customer would be dunned for money that he is owed.
fn refuse_credit_note(row: &InvoiceRow) -> Result<(), RowProblem> {
    if row.kind != InvoiceKind::CreditNote {
        return Ok(());
    }
    let message = "is no claim that could be dunned: leave the row out, and write what is still open into the amount of its invoice";
    Err(RowProblem {
        line: row.line,
        column: None,
        field: "kind",
        value: row.kind.as_str().to_owned(),
        message: message.to_owned(),
        ends_file: false,
    })
}

/// Reads the whole file.
///
/// # Errors
/// Every row that can't be used, with file, line and field.
pub(in crate::cli) fn read(path: &Path, map: &str) -> anyhow::Result<Vec<Receivable>> {
    let file = InvoiceFile::open(path, &read_map(map)?)?;
    let mut report = Report::new(path.display().to_string());
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for row in file {
        let row = row.and_then(|row| Ok((incoming(&row)?, row)));
        let lines = report.note(&row.as_ref().map(|(_, row)| row.clone()).map_err(Clone::clone));
        match row {
            Ok((incoming, row)) => rows.push(Receivable { incoming, paid_on: row.paid_on }),
            Err(_) => problems.extend(lines),
        }
    }
    if problems.is_empty() {
        return Ok(rows);
    }
    let more = problems.len().saturating_sub(20);
    problems.truncate(20);
    let rest = if more > 0 { format!("\n… and {more} more") } else { String::new() };
    bail!("the invoice file has rows that can't be used:\n{}{rest}", problems.join("\n"))
}
