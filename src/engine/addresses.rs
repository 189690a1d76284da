//! What a person says about a customer's e-mail addresses: which to use, which not. What a notice is made with is chosen by the
//! tenant's rule (`domain::address`); one that is not out yet is made anew.

use super::Engine;
use super::error::EngineError;
use super::operate::{Cause, because};
use super::unit::Unit;
use crate::domain::address::{Address, AddressKind, is_plain};
use crate::domain::chain::commitment;
use crate::domain::ids::{CustomerId, TenantId};
use crate::store::addresses::Addresses;
use serde_json::Value;

impl Engine {
    /// Notices go to this address from now on, before all that sources give; an empty one takes back what was entered.
    ///
    /// # Errors
    /// When it is no address, there is no such customer, or the ledger fails.
    pub async fn give_address(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        address: &str,
        cause: &Cause,
    ) -> Result<Addresses, EngineError> {
        if !address.is_empty() && !is_plain(address) {
            return Err(EngineError::Invalid(format!("`{address}` is no mail address: write it alone, such as \"billing@example.com\"")));
        }
        let change = |all: &mut Vec<Address>| {
            all.retain(|known| known.kind != AddressKind::ByHand);
            if !address.is_empty() {
                all.push(Address::new(AddressKind::ByHand, 0, address));
            }
            true
        };
        self.change_addresses(tenant, customer, ("given", address), change, cause).await
    }

    /// Nothing goes to this address any more, or it does again.
    ///
    /// # Errors
    /// When the customer has no such address, or the ledger fails.
    pub async fn block_address(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        address: &str,
        block: bool,
        cause: &Cause,
    ) -> Result<Addresses, EngineError> {
        let reason = block.then(|| cause.reason.clone());
        let change = |all: &mut Vec<Address>| {
            let mut found = false;
            for known in all.iter_mut().filter(|known| known.address == address) {
                known.blocked.clone_from(&reason);
                found = true;
            }
            found
        };
        let word = if block { "blocked" } else { "unblocked" };
        self.change_addresses(tenant, customer, (word, address), change, cause).await
    }

    async fn change_addresses(
        &self,
        tenant: TenantId,
        customer: CustomerId,
        (what, address): (&'static str, &str),
        change: impl FnOnce(&mut Vec<Address>) -> bool,
        cause: &Cause,
    ) -> Result<Addresses, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let mut known = addresses(&mut unit, customer).await?;
        if !change(&mut known.all) {
            return Err(EngineError::NotFound(format!("the customer has no address `{address}`")));
        }
        let rule = unit.tenant.settings.address_rule.clone();
        unit.tx.set_addresses(&[(customer, known.all)], &rule).await?;
        let mut detail = because(cause);
        detail.insert("customer".to_owned(), customer.0.into());
        detail.insert("address".to_owned(), Value::String(commitment(&known.secret, address)));
        unit.note("address", "", what, detail);
        let now = addresses(&mut unit, customer).await?;
        unit.commit().await?;
        Ok(now)
    }

    /// Makes the choice among addresses anew where the configured rule has changed.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn apply_address_rule(&self, tenant: TenantId) -> Result<bool, EngineError> {
        let rule = self.tenant(tenant)?.settings.address_rule.clone();
        let mut tx = self.store.begin_tenant(tenant).await?;
        let changed = tx.apply_address_rule(&rule).await?;
        if changed {
            tx.commit().await?
        } else {
            drop(tx)
        }
        Ok(changed)
    }

    /// A customer's addresses.
    ///
    /// # Errors
    /// When there is no such customer, or the ledger fails.
    pub async fn addresses(&self, tenant: TenantId, customer: CustomerId) -> Result<Addresses, EngineError> {
        let mut tx = self.store.begin_tenant(tenant).await?;
        tx.addresses(customer).await?.ok_or_else(|| unknown(customer))
    }
}

async fn addresses(unit: &mut Unit, customer: CustomerId) -> Result<Addresses, EngineError> {
    unit.tx.addresses(customer).await?.ok_or_else(|| unknown(customer))
}

fn unknown(customer: CustomerId) -> EngineError {
    EngineError::NotFound(format!("there is no customer {}", customer.0))
}
