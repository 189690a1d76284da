//! Single blocks: one kind of reason, one customer or invoice, or a part of an invoice. `operate` pauses and resumes as a whole.

use super::Engine;
use super::error::EngineError;
use super::operate::{Cause, Scope, because, reassess};
use super::unit::Unit;
use crate::domain::format::presentable;
use crate::domain::ids::{BlockId, TenantId};
use crate::domain::time::midnight;
use crate::store::blocks::NewBlock;
use chrono::NaiveDate;

/// The longest name of an owner, in characters.
pub const LONGEST_OWNER: usize = 100;

/// A block to be set.
#[derive(Clone, Copy, Debug)]
pub struct Hold<'a> {
    pub scope: Scope,
    /// `pause`, `dispute`, `promise` or `instalment_plan`.
    pub kind: &'static str,
    /// Only so much of an invoice rests; all of it if none.
    pub amount_minor: Option<i64>,
    /// The first day on which it no longer holds.
    pub until: Option<NaiveDate>,
    /// Who looks after it, by whatever name people know them; whoever sets it if none.
    pub owner: Option<&'a str>,
}

/// An owner's name as it can stand in a list.
fn named(owner: &str) -> Result<String, EngineError> {
    let name = presentable(owner).trim().to_owned();
    match name.chars().count() {
        0 => Err(EngineError::Invalid("the owner has no name: write who looks after it, or leave it out".to_owned())),
        length if length > LONGEST_OWNER => {
            Err(EngineError::Invalid(format!("the owner's name is longer than {LONGEST_OWNER} characters: shorten it")))
        }
        _ => Ok(name),
    }
}

impl Engine {
    /// Sets one block; what is under way and not yet out is taken back. The block, and how many instances changed.
    ///
    /// # Errors
    /// When the date is not in the future, a part of a customer is named, the owner's name is none, or the ledger fails.
    pub async fn set_hold(&self, tenant: TenantId, hold: &Hold<'_>, cause: &Cause) -> Result<(BlockId, usize), EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let set = Self::hold_within(&mut unit, hold, cause).await?;
        unit.commit().await?;
        Ok(set)
    }

    /// As [`Self::set_hold`], as a part of a unit.
    pub(super) async fn hold_within(unit: &mut Unit, hold: &Hold<'_>, cause: &Cause) -> Result<(BlockId, usize), EngineError> {
        let owner = hold.owner.map(named).transpose()?;
        let zone = unit.tenant.settings.zone;
        if let Some(date) = hold.until.filter(|date| *date <= unit.now.date_in(zone)) {
            return Err(EngineError::Invalid(format!("{date} is not in the future: name the first day on which dunning may go on")));
        }
        let (customer, invoice) = match hold.scope {
            Scope::Customer(customer) => (customer, None),
            Scope::Invoice(invoice) => (Self::one(unit, invoice).await?.customer, Some(invoice)),
        };
        if hold.amount_minor.is_some() && invoice.is_none() {
            return Err(EngineError::Invalid("a part can rest of one invoice only: name the invoice, or leave the amount out".to_owned()));
        }
        let block = NewBlock {
            customer,
            invoice,
            amount_minor: hold.amount_minor,
            kind: hold.kind,
            reason: cause.reason.clone(),
            owner: owner.clone().unwrap_or_else(|| cause.actor.clone()),
            until: hold.until.map(|date| (date, midnight(zone, date))),
        };
        let now = unit.now;
        let id = unit.tx.insert_block(&block, now).await?;
        let mut detail = because(cause);
        detail.extend(owner.map(|owner| ("owner".to_owned(), owner.into())));
        let changed = reassess(unit, hold.scope, customer, &detail).await?;
        Ok((id, changed))
    }

    /// Ends one block.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when there is none that holds, or when the ledger fails.
    pub async fn end_hold(&self, tenant: TenantId, block: BlockId, cause: &Cause) -> Result<(), EngineError> {
        let missing = || EngineError::NotFound(format!("there is no block {block} that holds"));
        let mut unit = self.unit(tenant, cause).await?;
        let customer = unit.tx.customer_of_block(block).await?.ok_or_else(missing)?;
        let now = unit.now;
        unit.tx.end_block(block, &cause.actor, &cause.reason, now).await?;
        reassess(&mut unit, Scope::Customer(customer), customer, &because(cause)).await?;
        unit.commit().await
    }
}
