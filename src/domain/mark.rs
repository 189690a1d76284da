//! A mark: how far a tenant's chain was at one moment, as it is kept outside the ledger.

use super::chain::{Hash, hex, parse_hex};
use super::ids::TenantId;
use super::time::Timestamp;

/// The end of a tenant's chain at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub seq: i64,
    pub hash: Hash,
    /// The fence that was lifted last when it was made; empty if there was none.
    pub lineage: String,
    pub at: Timestamp,
}

impl Mark {
    /// One line of a mark's file, or the value that a server keeps.
    #[must_use]
    pub fn line(&self, tenant: TenantId) -> String {
        let lineage = if self.lineage.is_empty() { "-" } else { &self.lineage };
        format!("{} {} {} {lineage} {}", tenant.0, self.seq, hex(&self.hash), self.at.0)
    }

    /// Reads such a line.
    #[must_use]
    pub fn parse(line: &str) -> Option<(TenantId, Self)> {
        let fields: Vec<_> = line.split_ascii_whitespace().collect();
        let [tenant, seq, hash, lineage, at] = fields.as_slice() else { return None };
        let lineage = if *lineage == "-" { String::new() } else { (*lineage).to_owned() };
        let mark = Self { seq: seq.parse().ok()?, hash: parse_hex(hash)?, lineage, at: Timestamp(at.parse().ok()?) };
        Some((TenantId(tenant.parse().ok()?), mark))
    }
}
