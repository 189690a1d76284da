//! The e-mail addresses of customers, and which of them is in use: `customer.email`, chosen by the tenant's rule whenever one of
//! them changes, so that whoever composes a notice reads one column.
//!
//! A customer with nothing but one plain business address, as files give it, has no row of its own for it.

use super::db::{Reads, Row, Store, Value};
use super::error::StoreError;
use super::statement::Statement;
use super::tenant::{TenantTx, rows_json};
use crate::domain::address::{Address, AddressKind, choose};
use crate::domain::ids::{CustomerId, TenantId};
use std::collections::BTreeMap;

static OF: Statement = Statement::new(
    "addresses of customers",
    "SELECT a.customer_id, a.kind, a.position, a.address, a.blocked FROM {rows}
     JOIN customer_address a ON a.tenant_id = $2 AND a.customer_id = {i0} WHERE a.tenant_id = $2 ORDER BY a.customer_id, a.kind, a.position",
);
static IN_USE: Statement =
    Statement::new("address in use", "SELECT email, email_rule, email_blocked, secret FROM customer WHERE tenant_id = $1 AND id = $2");
static CLEAR: Statement =
    Statement::new("addresses clear", "DELETE FROM customer_address WHERE tenant_id = $2 AND customer_id IN (SELECT {i0} FROM {rows})");
static INSERT: Statement = Statement::new(
    "address insert",
    "INSERT INTO customer_address (tenant_id, customer_id, kind, position, address, blocked) SELECT $2, {i0}, {t1}, {i2}, {t3}, {t4} FROM {rows}",
);
static USE: Statement = Statement::new(
    "address use",
    "UPDATE customer SET email = {t1}, email_rule = {t2}, email_blocked = {t3} FROM {rows} WHERE customer.tenant_id = $2 AND customer.id = {i0}",
);
static WITH_ADDRESSES: Statement = Statement::new(
    "customers with addresses",
    "SELECT DISTINCT a.customer_id FROM customer_address a WHERE a.tenant_id = $1 AND a.customer_id > $2 ORDER BY a.customer_id LIMIT $3",
);
static RULE: Statement = Statement::new("address rule", "SELECT address_rule FROM tenant WHERE id = $1");
static SET_RULE: Statement = Statement::new("address rule set", "UPDATE tenant SET address_rule = $2 WHERE id = $1");

pub(super) const STATEMENTS: &[&Statement] = &[&OF, &IN_USE, &CLEAR, &INSERT, &USE, &WITH_ADDRESSES, &RULE, &SET_RULE];

/// Customers whose choice is made anew at a time.
const PAGE: i64 = 1000;

/// A customer's addresses, the one in use, and the key of the commitments about the customer.
#[derive(Clone, Debug)]
pub struct Addresses {
    pub all: Vec<Address>,
    pub in_use: String,
    pub rule: String,
    pub blocked: Option<String>,
    pub secret: Vec<u8>,
}

fn address(row: &Row) -> Result<Address, StoreError> {
    let corrupt = |why| StoreError::Corrupt { table: "customer_address", column: "kind", why };
    Ok(Address {
        kind: AddressKind::parse(&row.text("kind")?).map_err(corrupt)?,
        position: row.int("position")?,
        address: row.text("address")?,
        blocked: row.opt_text("blocked")?,
    })
}

fn id_rows(ids: impl IntoIterator<Item = CustomerId>) -> String {
    rows_json(&ids.into_iter().map(|id| (id.0,)).collect::<Vec<_>>())
}

async fn address_rows(
    reader: &mut impl Reads,
    tenant: TenantId,
    customers: impl IntoIterator<Item = CustomerId>,
) -> Result<BTreeMap<CustomerId, Vec<Address>>, StoreError> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in reader.read(&OF, &[Value::Text(&id_rows(customers)), Value::Int(tenant.0)]).await? {
        found.entry(CustomerId(row.int("customer_id")?)).or_default().push(address(&row)?);
    }
    Ok(found)
}

async fn addresses(reader: &mut impl Reads, tenant: TenantId, customer: CustomerId) -> Result<Option<Addresses>, StoreError> {
    let rows = reader.read(&IN_USE, &[Value::Int(tenant.0), Value::Int(customer.0)]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (in_use, blocked) = (row.text("email")?, row.opt_text("email_blocked")?);
    let mut all = address_rows(reader, tenant, [customer]).await?.remove(&customer).unwrap_or_default();
    if all.is_empty() {
        all.extend(plain(&in_use, blocked.clone()));
    }
    all.sort_by_key(|address| (address.kind, address.position));
    Ok(Some(Addresses { all, in_use, rule: row.text("email_rule")?, blocked, secret: row.blob("secret")? }))
}

impl Store {
    /// As [`TenantTx::addresses`], outside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn addresses_of(&self, tenant: TenantId, customer: CustomerId) -> Result<Option<Addresses>, StoreError> {
        addresses(&mut &*self, tenant, customer).await
    }
}

impl TenantTx {
    /// The rows of these customers; who has one plain address has none.
    pub(super) async fn address_rows(
        &mut self,
        customers: impl IntoIterator<Item = CustomerId>,
    ) -> Result<BTreeMap<CustomerId, Vec<Address>>, StoreError> {
        address_rows(&mut self.tx, self.tenant, customers).await
    }

    /// All addresses of a customer; `None` if there is no such customer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn addresses(&mut self, customer: CustomerId) -> Result<Option<Addresses>, StoreError> {
        addresses(&mut self.tx, self.tenant, customer).await
    }

    /// Replaces the addresses of these customers, and takes into use what the rule chooses.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_addresses(&mut self, customers: &[(CustomerId, Vec<Address>)], rule: &[AddressKind]) -> Result<(), StoreError> {
        if customers.is_empty() {
            return Ok(());
        }
        let ids = id_rows(customers.iter().map(|(id, _)| *id));
        self.tx.run(&CLEAR, &[Value::Text(&ids), Value::Int(self.tenant.0)]).await?;
        let row = |id: CustomerId, a: &Address| (id.0, a.kind.word(), a.position, a.address.clone(), a.blocked.clone());
        let rows: Vec<_> = customers.iter().flat_map(|(id, all)| all.iter().map(move |address| row(*id, address))).collect();
        self.tx.run(&INSERT, &[Value::Text(&rows_json(&rows)), Value::Int(self.tenant.0)]).await?;
        self.take_into_use(customers.iter().map(|(id, all)| (*id, all.as_slice())), rule).await
    }

    async fn take_into_use<'a>(
        &mut self,
        customers: impl Iterator<Item = (CustomerId, &'a [Address])>,
        rule: &[AddressKind],
    ) -> Result<(), StoreError> {
        let row = |(id, all): (CustomerId, &'a [Address])| {
            let chosen = choose(rule, all);
            let kind = chosen.map_or(AddressKind::Business, |address| address.kind);
            (
                id.0,
                chosen.map_or("", |address| address.address.as_str()),
                kind.word(),
                chosen.and_then(|address| address.blocked.as_deref()),
            )
        };
        let rows = rows_json(&customers.map(row).collect::<Vec<_>>());
        self.tx.run(&USE, &[Value::Text(&rows), Value::Int(self.tenant.0)]).await.map(drop)
    }

    /// Makes the choice anew for all customers where it was made by another rule. Whether it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn apply_address_rule(&mut self, rule: &[AddressKind]) -> Result<bool, StoreError> {
        let words = rule.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" ");
        let rows = self.tx.rows(&RULE, &[Value::Int(self.tenant.0)]).await?;
        if rows.first().map(|row| row.text("address_rule")).transpose()?.is_some_and(|known| known == words) {
            return Ok(false);
        }
        let mut after = 0;
        loop {
            let rows = self.tx.rows(&WITH_ADDRESSES, &[Value::Int(self.tenant.0), Value::Int(after), Value::Int(PAGE)]).await?;
            let ids = rows.iter().map(|row| row.int("customer_id").map(CustomerId)).collect::<Result<Vec<_>, _>>()?;
            let Some(last) = ids.last() else { break };
            after = last.0;
            let found = self.address_rows(ids).await?;
            self.take_into_use(found.iter().map(|(id, all)| (*id, all.as_slice())), rule).await?;
        }
        self.tx.run(&SET_RULE, &[Value::Int(self.tenant.0), Value::Text(&words)]).await?;
        Ok(true)
    }
}

/// The one address that has no row.
pub(super) fn plain(email: &str, blocked: Option<String>) -> Option<Address> {
    (!email.is_empty()).then(|| Address { blocked, ..Address::new(AddressKind::Business, 0, email) })
}

/// What a customer's addresses are once a source has given them again: what a person entered stays, and so do blocks.
pub(super) fn given_again(given: &[Address], email: &str, before: &[Address]) -> Vec<Address> {
    let given = if given.is_empty() { plain(email, None).into_iter().collect() } else { given.to_vec() };
    let blocked = |address: &str| before.iter().find(|known| known.address == address).and_then(|known| known.blocked.clone());
    let by_hand = before.iter().filter(|address| address.kind == AddressKind::ByHand).cloned();
    let mut all: Vec<_> = by_hand
        .chain(given.into_iter().filter(|address| address.kind != AddressKind::ByHand && !address.address.is_empty()))
        .map(|address| Address { blocked: blocked(&address.address).or(address.blocked), ..address })
        .collect();
    all.sort_by_key(|address| (address.kind, address.position));
    all.dedup_by(|one, other| (one.kind, one.position) == (other.kind, other.position));
    all
}
