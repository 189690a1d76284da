//! Dunnings that lexoffice makes, at the invoice there. What it wants repeated of the invoice is read right before.

use super::super::calls::contacts::Address;
use super::super::calls::documents::{DocumentKind, FileFormat};
use super::super::calls::dunnings::{DunningLine, NewDunning as Body};
use super::super::calls::sales::{SalesVoucher, TaxConditions};
use super::super::client::LexofficeClient;
use super::super::error::ApiError;
use super::super::letterhead;
use super::super::values::{Amount, Day};
use super::super::words::{VoucherStatus, VoucherType};
use super::account::LexofficeSource;
use super::documents::known;
use super::errors::{SourceAnswer, id, malformed};
use crate::domain::money::Currency;
use crate::engine::source::ports::{
    Basis, ClaimKey, ClaimKind, DunningDocument, Dunnings, Expected, Letterhead, Made, NewDunning, SourceError, Standing,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A PDF's end stands among so many bytes.
const TAIL: usize = 1024;
/// Where people see a dunning in the web application.
const APPLICATION: &str = "https://app.lexware.de/permalink/dunnings/view/";

/// The address at which a dunning is seen in lexoffice.
#[must_use]
pub fn dunning_link(id: &str) -> String {
    format!("{APPLICATION}{id}")
}

/// What a dunning repeats of its invoice.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Repeated {
    contact: Option<String>,
    tax: Option<TaxConditions>,
}

impl Dunnings for LexofficeSource {
    fn makes(&self, kind: &ClaimKind, currency: Currency) -> bool {
        matches!(kind, ClaimKind::Invoice | ClaimKind::DownPayment) && currency == Currency::EUR
    }

    fn standing<'a>(&'a self, claim: &'a ClaimKey, known: &'a [String]) -> BoxFuture<'a, Result<Standing, SourceError>> {
        standing(self.client(), claim, known).boxed()
    }

    fn make<'a>(&'a self, claim: &'a ClaimKey, basis: &'a Basis, dunning: &'a NewDunning) -> BoxFuture<'a, Made> {
        make(self.client(), claim, basis, dunning).boxed()
    }

    fn document<'a>(&'a self, dunning: &'a str, expected: &'a Expected) -> BoxFuture<'a, Result<DunningDocument, SourceError>> {
        document(self.client(), dunning, expected).boxed()
    }
}

async fn standing(client: &LexofficeClient, claim: &ClaimKey, known: &[String]) -> Result<Standing, SourceError> {
    let voucher = id(&claim.id)?;
    let invoice = match claim.kind {
        ClaimKind::DownPayment => client.down_payment_invoice(&voucher).await.answer()?,
        _ => client.invoice(&voucher).await.answer()?,
    };
    let mut strange = Vec::new();
    // Which word stands for a dunning here is not documented: whatever is none of the others may be one.
    let may_be = |word: &Option<VoucherType>| matches!(word, None | Some(VoucherType::Dunning | VoucherType::Other(_)));
    for related in invoice.related_vouchers.iter().filter(|related| may_be(&related.voucher_type)) {
        if known.iter().any(|id| id == related.id.as_str()) {
            continue;
        }
        match client.dunning(&related.id).await.answer() {
            Ok(dunning) => strange.push((dunning.id.to_string(), dunning.remark.unwrap_or_default())),
            // Of another kind after all, or deleted.
            Err(SourceError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let open = !matches!(
        invoice.voucher_status,
        VoucherStatus::Draft | VoucherStatus::Paid | VoucherStatus::PaidOff | VoucherStatus::Voided | VoucherStatus::SepaDebit
    );
    Ok(Standing { open, basis: basis(invoice), strange })
}

fn basis(invoice: SalesVoucher) -> Basis {
    let contact = invoice.address.and_then(|address| address.contact_id).map(|id| id.to_string());
    Basis(serde_json::to_value(Repeated { contact, tax: invoice.tax_conditions }).unwrap_or_default())
}

async fn make(client: &LexofficeClient, claim: &ClaimKey, basis: &Basis, dunning: &NewDunning) -> Made {
    let (voucher, body) = match id(&claim.id).and_then(|voucher| Ok((voucher, body(basis, dunning)?))) {
        Ok(asked) => asked,
        Err(error) => return Made::Not(error),
    };
    match client.create_dunning(&voucher, &body).await {
        Ok(id) => Made::Done { id: id.to_string() },
        Err(error) => ended(error),
    }
}

fn ended(error: ApiError) -> Made {
    if error.may_have_happened() { Made::Unknown(error.into()) } else { Made::Not(error.into()) }
}

fn body(basis: &Basis, dunning: &NewDunning) -> Result<Body, SourceError> {
    let Repeated { contact, tax } = serde_json::from_value(basis.0.clone()).unwrap_or_default();
    let contact_id = contact.as_deref().map(id).transpose()?;
    let tax_conditions = tax.ok_or_else(|| malformed("GET invoice", "taxConditions", "is missing, and a dunning must repeat it"))?;
    let text = dunning.text.clone();
    let mut lines = vec![DunningLine::Text { name: text.claim, description: None }];
    if dunning.fee_minor != 0 {
        let unit = if dunning.language == "de" { "Pauschale" } else { "lump sum" };
        let amount = Amount(Decimal::new(dunning.fee_minor, dunning.currency.decimals()));
        lines.push(DunningLine::Cost { name: text.fee, unit: unit.to_owned(), amount });
    }
    Ok(Body {
        date: Day(dunning.date),
        // The name, and what else is left out, is the invoice's.
        address: Address { contact_id, ..Address::default() },
        // The vendor knows these two.
        language: Some(if dunning.language == "de" { "de" } else { "en" }.to_owned()),
        tax_conditions,
        lines,
        title: Some(text.title),
        introduction: Some(text.introduction),
        remark: Some(text.remark),
    })
}

async fn document(client: &LexofficeClient, dunning: &str, expected: &Expected) -> Result<DunningDocument, SourceError> {
    let dunning = id(dunning)?;
    let document = known(&dunning, client.document(DocumentKind::Dunning, &dunning, FileFormat::Pdf).await.answer()?)?;
    // It goes to a customer, so it must be whole.
    if !document.bytes[document.bytes.len().saturating_sub(TAIL)..].windows(5).any(|end| end == b"%%EOF") {
        return Err(malformed(&format!("document {dunning}"), "", "it is cut off"));
    }
    let (bytes, expected) = (document.bytes.clone(), expected.clone());
    // A file that breaks its reader says nothing about its letterhead.
    let letterhead = tokio::task::spawn_blocking(move || letterhead::of(bytes, &expected)).await.unwrap_or(Letterhead::Unclear);
    Ok(DunningDocument { document, letterhead })
}
