//! One record becomes one invoice, or the first reason why it can't.

use super::binding::Binding;
use super::customer;
use super::fields::Field;
use super::format::Format;
use super::records::Record;
use super::row::{CustomerRow, InvoiceKind, InvoiceRow, RowProblem, RowWarning};
use super::values::{LONGEST, cleaned, is_misread, shortened};
use crate::domain::money::{Currency, Money};
use chrono::NaiveDate;
use std::path::{Component, Path, PathBuf};

/// A record on its way to an invoice.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    pub record: &'r Record,
    pub binding: &'r Binding,
    pub format: &'r Format,
    /// The folder that documents are relative to.
    pub folder: &'r Path,
    pub warnings: Vec<RowWarning>,
}

impl Reading<'_> {
    pub(super) fn invoice(mut self) -> Result<InvoiceRow, RowProblem> {
        let number = self.required(Field::Number)?;
        let external_id = Some(self.text(Field::ExternalId)?).filter(|id| !id.is_empty()).unwrap_or_else(|| number.clone());
        let kind = self.kind()?;
        let invoice_date = self.required(Field::InvoiceDate).and_then(|text| self.date(Field::InvoiceDate, &text))?;
        let due_date = self.required(Field::DueDate).and_then(|text| self.date(Field::DueDate, &text))?;
        let amount = self.amount(kind)?;
        let paid_on = match self.text(Field::PaidOn)?.as_str() {
            "" => None,
            text => Some(self.date(Field::PaidOn, text)?),
        };
        let document = self.document()?;
        let customer = self.customer()?;
        Ok(InvoiceRow {
            line: self.record.line,
            number,
            external_id,
            kind,
            invoice_date,
            due_date,
            amount,
            paid_on,
            document,
            customer,
            warnings: self.warnings,
        })
    }

    fn customer(&mut self) -> Result<CustomerRow, RowProblem> {
        let email_text = self.text(Field::Email)?;
        let (email, about_email) = customer::email(&email_text);
        self.warn(Field::Email, &email_text, about_email);
        let country_text = self.text(Field::Country)?;
        let country = customer::country(&country_text).map_err(|why| self.problem(Field::Country, &country_text, why))?;
        let language_text = self.text(Field::Language)?;
        let (language, about_language) = customer::language(&language_text);
        self.warn(Field::Language, &language_text, about_language);
        let kind_text = self.text(Field::CustomerKind)?;
        let (kind, about_kind) = customer::kind(&kind_text);
        self.warn(Field::CustomerKind, &kind_text, about_kind);
        let customer = CustomerRow {
            number: self.required(Field::CustomerNumber)?,
            name: self.required(Field::CustomerName)?,
            email,
            street: self.text(Field::Street)?,
            postcode: self.text(Field::Postcode)?,
            city: self.text(Field::City)?,
            country,
            language,
            kind,
        };
        for (field, text) in [(Field::CustomerName, &customer.name), (Field::Street, &customer.street), (Field::City, &customer.city)] {
            let message = "looks like UTF-8 that was read as another encoding: set encoding = \"utf-8\" in [format] of the map";
            self.warn(field, text, is_misread(text).then(|| message.to_owned()));
        }
        if customer.email.is_none() && customer.city.is_empty() {
            let message = "there is neither an e-mail address nor a city: notices wait as letters without an address";
            self.warn(Field::Email, "", Some(message.to_owned()));
        }
        Ok(customer)
    }

    fn amount(&self, kind: InvoiceKind) -> Result<Money, RowProblem> {
        let currency = match self.text(Field::Currency)?.as_str() {
            "" => self.format.currency,
            "€" => Currency::EUR,
            text => Currency::parse(&text.to_uppercase())
                .map_err(|_| self.problem(Field::Currency, text, "is no currency: write three letters such as EUR".to_owned()))?,
        };
        let text = self.required(Field::Amount)?;
        let minor = self.format.amounts.read(&text, currency).map_err(|why| {
            let credit = kind == InvoiceKind::CreditNote && why.starts_with("is negative");
            let why = if credit { "is negative: write the amount of a credit note without the minus".to_owned() } else { why };
            self.problem(Field::Amount, &text, why)
        })?;
        Ok(Money { minor, currency })
    }

    fn kind(&self) -> Result<InvoiceKind, RowProblem> {
        let text = self.text(Field::Kind)?;
        let known = InvoiceKind::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(&text));
        known.map_or_else(
            || match text.to_lowercase().as_str() {
                "" | "rechnung" => Ok(InvoiceKind::Invoice),
                "einnahmenbeleg" => Ok(InvoiceKind::RevenueVoucher),
                "anzahlung" | "abschlag" | "abschlagsrechnung" => Ok(InvoiceKind::DownPayment),
                "rate" | "teilzahlung" => Ok(InvoiceKind::Instalment),
                "gutschrift" => Ok(InvoiceKind::CreditNote),
                _ => {
                    let kinds = InvoiceKind::ALL.map(InvoiceKind::as_str).join(", ");
                    Err(self.problem(Field::Kind, &text, format!("is no kind of invoice: write one of {kinds}")))
                }
            },
            Ok,
        )
    }

    fn date(&self, field: Field, text: &str) -> Result<NaiveDate, RowProblem> {
        self.format.dates.read(text).map_err(|why| self.problem(field, text, why))
    }

    /// Only files below the folder: a row must not make the program attach anything else that it can read.
    fn document(&self) -> Result<Option<PathBuf>, RowProblem> {
        let text = self.text(Field::Document)?;
        if text.is_empty() {
            return Ok(None);
        }
        let path = PathBuf::from(text.replace('\\', "/"));
        let below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) && !text.contains(':');
        if below {
            return Ok(Some(self.folder.join(path)));
        }
        let why = "leaves the folder of the file: write a path below it, such as documents/RE-1.pdf";
        Err(self.problem(Field::Document, &text, why.to_owned()))
    }

    fn required(&self, field: Field) -> Result<String, RowProblem> {
        let text = self.text(field)?;
        if text.is_empty() { Err(self.problem(field, "", "is empty: every row needs it".to_owned())) } else { Ok(text) }
    }

    fn text(&self, field: Field) -> Result<String, RowProblem> {
        let text = self.binding.text(field, self.record).map_err(|why| self.problem(field, "", why))?;
        // A text of few bytes has few characters; only long ones are counted.
        if text.len() > LONGEST && text.chars().nth(LONGEST).is_some() {
            return Err(self.problem(field, &text, format!("is longer than {LONGEST} characters: shorten it")));
        }
        Ok(cleaned(&text))
    }

    fn problem(&self, field: Field, value: &str, message: String) -> RowProblem {
        RowProblem {
            line: self.record.line,
            column: self.binding.columns(field).map(str::to_owned),
            field: field.name(),
            value: shortened(value),
            message,
            ends_file: false,
        }
    }

    fn warn(&mut self, field: Field, value: &str, message: Option<String>) {
        if let Some(message) = message {
            let RowProblem { line, column, field, value, message, .. } = self.problem(field, value, message);
            self.warnings.push(RowWarning { line, column, field, value, message });
        }
    }
}
