//! Which invoice is meant: a number is unique within a source, but several sources may use the same.

use crate::cli::ledger::Desk;
use crate::domain::format::presentable;
use crate::domain::ids::{CustomerId, InvoiceId};
use anyhow::{Context, anyhow, bail};

/// One instance, named by its invoice's number.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct One {
    /// The invoice's number, or `#` and its id in the ledger where several share a number.
    #[arg(value_name = "NUMBER")]
    pub number: String,
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
}

/// Every invoice with this number.
///
/// # Errors
/// When there is none.
pub(in crate::cli) async fn invoices(desk: &Desk, number: &str) -> anyhow::Result<Vec<InvoiceId>> {
    if number.starts_with('#') {
        return Ok(vec![invoice(desk, number).await?]);
    }
    let found = desk.store.invoices_numbered(desk.tenant, number).await?;
    if found.is_empty() { Err(unknown(desk, number)) } else { Ok(found) }
}

fn unknown(desk: &Desk, number: &str) -> anyhow::Error {
    anyhow!("tenant {} has no invoice {}: `mahnwerk instance list` shows them all", desk.settings.name, presentable(number))
}

/// The invoice with this number.
///
/// # Errors
/// When there is none, or when several share it: then they are listed.
pub(super) async fn invoice(desk: &Desk, number: &str) -> anyhow::Result<InvoiceId> {
    if let Some(id) = number.strip_prefix('#') {
        let id = InvoiceId(id.parse().with_context(|| format!("`{number}`: after # stands an id, a whole number"))?);
        let found = desk.store.invoice_detail(desk.tenant, id).await?;
        return found.map(|found| found.id).with_context(|| format!("there is no invoice with the id {number}"));
    }
    let found = desk.store.invoices_numbered(desk.tenant, number).await?;
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown(desk, number)),
        several => {
            let mut lines = Vec::new();
            for id in several {
                let Some(invoice) = desk.store.invoice_detail(desk.tenant, *id).await? else { continue };
                let (record, customer) = (&invoice.record, &invoice.customer);
                lines.push(presentable(&format!(
                    "  #{id}  source {}, {} of {}, customer {} {}, {}",
                    invoice.source, record.external_id, record.invoice_date, customer.number, customer.name, invoice.state
                )));
            }
            bail!("several invoices have the number {}; name one by its id:\n{}", presentable(number), lines.join("\n"))
        }
    }
}

/// The customer with this number.
///
/// # Errors
/// When there is none.
pub(in crate::cli) async fn customer(desk: &Desk, number: &str) -> anyhow::Result<CustomerId> {
    let found = desk.store.customer_numbered(desk.tenant, number).await?;
    found.with_context(|| format!("tenant {} has no customer {}", desk.settings.name, presentable(number)))
}
