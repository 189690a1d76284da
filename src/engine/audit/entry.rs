//! An entry of the history as it is exported: everything that its hash covers, and the hash.

use crate::domain::chain::hex;
use crate::store::history::StoredTransition;
use chrono_tz::Tz;
use serde::Serialize;

/// One entry. The hash covers tenant, seq, instance, instance_seq, the instants in milliseconds and the texts.
#[derive(Debug, Serialize)]
pub struct Entry<'e> {
    pub tenant: &'e str,
    /// The tenant's id in the ledger, as the hash covers it.
    pub tenant_id: i64,
    pub seq: i64,
    pub instance: i64,
    pub invoice: &'e str,
    pub instance_seq: i64,
    pub recorded_at: String,
    pub recorded_ms: i64,
    pub business_at: String,
    pub business_ms: i64,
    pub actor: &'e str,
    pub cause: &'e str,
    pub from: &'e str,
    pub to: &'e str,
    pub stage: &'e str,
    /// The very text that the hash covers: JSON in a string.
    pub detail: &'e str,
    pub hash: String,
}

impl<'e> Entry<'e> {
    /// A stored entry of the tenant of this name; its instants are written in `zone` beside their milliseconds.
    #[must_use]
    pub fn of(stored: &'e StoredTransition, tenant: &'e str, zone: Tz) -> Self {
        let row = &stored.transition;
        Self {
            tenant,
            tenant_id: row.tenant.0,
            seq: row.seq,
            instance: row.instance.0,
            invoice: stored.number.as_deref().unwrap_or_default(),
            instance_seq: row.instance_seq,
            recorded_at: row.recorded_at.rfc3339_in(zone),
            recorded_ms: row.recorded_at.0,
            business_at: row.business_at.rfc3339_in(zone),
            business_ms: row.business_at.0,
            actor: &row.actor,
            cause: &row.cause,
            from: &row.from,
            to: &row.to,
            stage: &row.stage,
            detail: &row.detail,
            hash: hex(&stored.hash),
        }
    }
}
