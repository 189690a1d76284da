//! Claims: rows of the voucherlist, and vouchers in full. Which call has a voucher's details hangs on its type; the wrong one says 404.

use super::super::calls::page::RefusedRow;
use super::super::calls::sales::SalesVoucher;
use super::super::calls::voucherlist::{Days, Direction, SortBy, VoucherListQuery, VoucherRow};
use super::super::calls::vouchers::Voucher;
use super::super::client::LexofficeClient;
use super::super::values::{Amount, Day, Moment};
use super::super::words::{VoucherStatus, VoucherType};
use super::contacts::voucher_address;
use super::errors::{SourceAnswer, id, malformed};
use super::terms::Terms;
use super::words::{currency, kind, minor, status, voucher_status, voucher_type};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::engine::source::ports::{self, Claim, ClaimKey, ClaimRow, ClaimStatus, Filter, Page, PostalAddress, SourceError};
use chrono::NaiveDate;

/// What is listed if no kind is named: those that the engine has words for.
const KINDS: [VoucherType; 4] = [VoucherType::Invoice, VoucherType::DownPaymentInvoice, VoucherType::SalesInvoice, VoucherType::CreditNote];

pub(super) async fn page(client: &LexofficeClient, filter: &Filter, page: u32) -> Result<Page, SourceError> {
    let listed = client.voucherlist(&query(filter, page)).await.answer()?;
    let mut rows = Vec::with_capacity(listed.rows.len() + listed.refused.len());
    rows.extend(listed.rows.into_iter().map(row));
    for refused in listed.refused {
        rows.push(legible(refused)?);
    }
    let total = listed.total_elements.unwrap_or_else(|| u64::try_from(rows.len()).unwrap_or(u64::MAX));
    Ok(Page { rows, total, last: listed.last })
}

/// The oldest first: what is new comes at the end and moves nothing before it.
fn query(filter: &Filter, page: u32) -> VoucherListQuery {
    let types = filter.kinds.iter().map(voucher_type).collect::<Vec<_>>();
    let days = |days: &ports::Days| Days { from: days.from, to: days.to };
    VoucherListQuery {
        types: if types.is_empty() { KINDS.to_vec() } else { types },
        statuses: statuses(&filter.statuses),
        created: days(&filter.created),
        updated: days(&filter.updated),
        page,
        sort: Some((SortBy::CreatedDate, Direction::Ascending)),
        ..VoucherListQuery::default()
    }
}

/// `overdue` must stand alone; beside others it is left out, for what is overdue comes with what is open.
fn statuses(wanted: &[ClaimStatus]) -> Vec<VoucherStatus> {
    let alone = wanted.iter().all(|status| *status == ClaimStatus::Overdue);
    wanted.iter().filter(|status| alone || **status != ClaimStatus::Overdue).map(voucher_status).collect()
}

fn row(row: VoucherRow) -> ClaimRow {
    let currency = currency(row.currency.as_deref()).unwrap_or(Currency::EUR);
    let exact = |amount: Option<Amount>| amount.and_then(|amount| minor(amount, currency).ok());
    ClaimRow {
        id: row.id.to_string(),
        kind: kind(row.voucher_type),
        status: status(row.voucher_status),
        number: row.voucher_number.unwrap_or_default(),
        currency,
        total_minor: exact(row.total_amount),
        open_minor: exact(row.open_amount),
        date: date(row.voucher_date),
        due_date: date(row.due_date),
        contact: row.contact_id.map(|id| id.to_string()),
        contact_name: row.contact_name.unwrap_or_default(),
        created: instant(row.created_date),
        updated: instant(row.updated_date),
        archived: row.archived,
    }
}

/// A row that can't be read as a whole: its name and standing are enough to ask for the voucher itself.
fn legible(refused: RefusedRow) -> Result<ClaimRow, SourceError> {
    let RefusedRow { path, reason, legible } = refused;
    let Some((id, word)) = legible.id.zip(legible.voucher_type) else { return Err(malformed("GET voucherlist", &path, reason)) };
    tracing::warn!(%id, path, reason, "a row of lexoffice's voucherlist can't be read as a whole");
    Ok(ClaimRow {
        id: id.to_string(),
        kind: kind(word),
        status: legible.voucher_status.map_or_else(|| ClaimStatus::Other(String::new()), status),
        number: legible.voucher_number.unwrap_or_default(),
        currency: Currency::EUR,
        total_minor: None,
        open_minor: None,
        date: None,
        due_date: None,
        contact: legible.contact_id.map(|id| id.to_string()),
        contact_name: String::new(),
        created: instant(None),
        updated: instant(None),
        archived: false,
    })
}

fn date(day: Option<Day>) -> Option<NaiveDate> {
    day.map(|day| day.0)
}

/// Without an instant it counts as older than everything.
fn instant(moment: Option<Moment>) -> Timestamp {
    moment.map_or(Timestamp(0), |moment| moment.0)
}

pub(super) async fn claim(client: &LexofficeClient, terms: &Terms, key: &ClaimKey) -> Result<Claim, SourceError> {
    let voucher = id(&key.id)?;
    let sales = match voucher_type(&key.kind) {
        VoucherType::Invoice => client.invoice(&voucher).await,
        VoucherType::DownPaymentInvoice => client.down_payment_invoice(&voucher).await,
        VoucherType::CreditNote => client.credit_note(&voucher).await,
        VoucherType::SalesInvoice | VoucherType::SalesCreditNote | VoucherType::PurchaseInvoice | VoucherType::PurchaseCreditNote => {
            return booked(key, client.voucher(&voucher).await.answer()?);
        }
        other => return Err(SourceError::NotFound { what: format!("claim of the kind {other}") }),
    };
    written(client, terms, key, sales.answer()?).await
}

async fn written(client: &LexofficeClient, terms: &Terms, key: &ClaimKey, voucher: SalesVoucher) -> Result<Claim, SourceError> {
    let place = Place(key);
    let (amount, path) = claimed(&voucher);
    let currency = place.currency(voucher.total_price.as_ref().and_then(|total| total.currency.as_deref()))?;
    let term = match voucher.payment_conditions {
        Some(written) => Some(terms.term(client, &written).await?),
        None => None,
    };
    let status = status(voucher.voucher_status);
    Ok(Claim {
        key: key.clone(),
        has_document: status != ClaimStatus::Draft,
        status,
        number: voucher.voucher_number.unwrap_or_default(),
        currency,
        amount_minor: place.minor(path, amount, currency)?,
        date: place.date(voucher.voucher_date)?,
        due_date: date(voucher.due_date),
        contact: voucher.address.as_ref().and_then(|address| address.contact_id.as_ref()).map(ToString::to_string),
        address: voucher.address.map(voucher_address),
        language: voucher.language.unwrap_or_default().to_ascii_lowercase(),
        term,
        updated: instant(voucher.updated_date),
        archived: voucher.archived,
    })
}

/// What is claimed, and where that stands. A closing invoice's total still has the down payments in it.
fn claimed(voucher: &SalesVoucher) -> (Option<Amount>, &'static str) {
    if voucher.closing_invoice {
        return (voucher.claimed_gross_amount, "claimedGrossAmount");
    }
    (voucher.total_price.as_ref().and_then(|total| total.total_gross_amount), "totalPrice.totalGrossAmount")
}

/// A bookkeeping voucher: it has no address of its own, no language, and no terms. One of a collective contact has nobody to write to.
fn booked(key: &ClaimKey, voucher: Voucher) -> Result<Claim, SourceError> {
    let place = Place(key);
    let contact = voucher.contact_id.filter(|_| !voucher.use_collective_contact);
    Ok(Claim {
        key: key.clone(),
        status: status(voucher.voucher_status),
        number: voucher.voucher_number.unwrap_or_default(),
        currency: Currency::EUR,
        amount_minor: place.minor("totalGrossAmount", voucher.total_gross_amount, Currency::EUR)?,
        date: place.date(voucher.voucher_date)?,
        due_date: date(voucher.due_date),
        contact: contact.map(|id| id.to_string()),
        address: None::<PostalAddress>,
        language: String::new(),
        term: None,
        has_document: !voucher.files.is_empty(),
        updated: instant(voucher.updated_date),
        archived: false,
    })
}

/// Where something is that can't be done without.
struct Place<'a>(&'a ClaimKey);

impl Place<'_> {
    fn malformed(&self, path: &str, what: impl Into<String>) -> SourceError {
        malformed(&format!("{} {}", voucher_type(&self.0.kind), self.0.id), path, what)
    }

    fn currency(&self, code: Option<&str>) -> Result<Currency, SourceError> {
        currency(code).map_err(|what| self.malformed("totalPrice.currency", what))
    }

    fn minor(&self, path: &str, amount: Option<Amount>, currency: Currency) -> Result<i64, SourceError> {
        let amount = amount.ok_or_else(|| self.malformed(path, "it has no amount"))?;
        minor(amount, currency).map_err(|what| self.malformed(path, what))
    }

    fn date(&self, day: Option<Day>) -> Result<NaiveDate, SourceError> {
        date(day).ok_or_else(|| self.malformed("voucherDate", "it has no date"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::source::ports::ClaimKind;

    #[test]
    fn overdue_stands_alone_or_not_at_all() {
        use ClaimStatus::{DirectDebit, Open, Overdue};
        assert_eq!(statuses(&[Overdue]), [VoucherStatus::Overdue]);
        assert_eq!(statuses(&[Open, Overdue, DirectDebit]), [VoucherStatus::Open, VoucherStatus::SepaDebit]);
        assert_eq!(statuses(&[]), []);
    }

    #[test]
    fn kinds_and_statuses_come_back_as_they_went() {
        for word in ["invoice", "downpaymentinvoice", "salesinvoice", "creditnote", "salescreditnote", "selfbilling"] {
            assert_eq!(voucher_type(&kind(VoucherType::from(word.to_owned()))).as_str(), word);
        }
        for word in ["draft", "open", "overdue", "paid", "paidoff", "voided", "sepadebit", "transferred", "unchecked", "disputed"] {
            assert_eq!(voucher_status(&status(VoucherStatus::from(word.to_owned()))).as_str(), word);
        }
        assert_eq!(kind(VoucherType::SalesCreditNote), ClaimKind::Other("salescreditnote".to_owned()));
    }
}
