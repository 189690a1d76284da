//! The hash chain of a tenant's transitions: one row's hash covers its content and the hash before it.
//!
//! The encoding is canonical and versioned: every field is length-prefixed, so no two different rows have the
//! same bytes. Personal data never stands here; where it must be provable, a keyed [`commitment`] does.

use super::ids::{InvoiceId, TenantId};
use super::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

/// What stands before the first row of a chain.
pub const GENESIS: Hash = [0; 32];

const VERSION: &[u8] = b"mahnwerk.transition.1";

/// One entry of an instance's history, as it is stored and hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub tenant: TenantId,
    /// Its place in the tenant's chain, from 1.
    pub seq: i64,
    pub instance: InvoiceId,
    /// Its place in the instance's history, from 1.
    pub instance_seq: i64,
    /// When the ledger took it down.
    pub recorded_at: Timestamp,
    /// When it counts.
    pub business_at: Timestamp,
    /// `system`, `user:NAME`, `source:NAME` or `provider:NAME`.
    pub actor: String,
    pub cause: String,
    pub from: String,
    pub to: String,
    /// The key of the stage concerned; empty if none.
    pub stage: String,
    /// What was known: facts used, rule applied, calculation. JSON.
    pub detail: String,
}

impl Transition {
    /// The row's own hash after `previous`.
    #[must_use]
    pub fn hash(&self, previous: &Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        field(&mut hasher, VERSION);
        for number in [self.tenant.0, self.seq, self.instance.0, self.instance_seq, self.recorded_at.0, self.business_at.0] {
            field(&mut hasher, &number.to_be_bytes());
        }
        for text in [&self.actor, &self.cause, &self.from, &self.to, &self.stage, &self.detail] {
            field(&mut hasher, text.as_bytes());
        }
        hasher.finalize().into()
    }
}

fn field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(bytes);
}

/// Proves later what `value` was without saying it: HMAC-SHA256 with the customer's key. Deleting the key erases the value.
#[must_use]
pub fn commitment(key: &[u8], value: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(value.as_bytes());
            hex(&mac.finalize().into_bytes())
        }
        Err(_) => String::new(),
    }
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn digest(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

/// The hash of these hexadecimal digits; `None` if they are none.
#[must_use]
pub fn parse_hex(digits: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Transition {
        Transition {
            tenant: TenantId(1),
            seq: 1,
            instance: InvoiceId(7),
            instance_seq: 1,
            recorded_at: Timestamp(10),
            business_at: Timestamp(10),
            actor: "system".into(),
            cause: "enrolled".into(),
            from: String::new(),
            to: "waiting".into(),
            stage: "reminder-1".into(),
            detail: "{}".into(),
        }
    }

    #[test]
    fn every_field_moves_the_hash() {
        let base = row().hash(&GENESIS);
        let variants: [fn(&mut Transition); 12] = [
            |t| t.tenant.0 += 1,
            |t| t.seq += 1,
            |t| t.instance.0 += 1,
            |t| t.instance_seq += 1,
            |t| t.recorded_at.0 += 1,
            |t| t.business_at.0 += 1,
            |t| t.actor.push('x'),
            |t| t.cause.push('x'),
            |t| t.from.push('x'),
            |t| t.to.push('x'),
            |t| t.stage.push('x'),
            |t| t.detail.push('x'),
        ];
        for change in variants {
            let mut changed = row();
            change(&mut changed);
            assert_ne!(changed.hash(&GENESIS), base);
        }
        assert_ne!(row().hash(&base), base);
    }

    #[test]
    fn text_cannot_wander_from_one_field_to_the_next() {
        let (mut left, mut right) = (row(), row());
        (left.from, left.to) = ("ab".into(), "c".into());
        (right.from, right.to) = ("a".into(), "bc".into());
        assert_ne!(left.hash(&GENESIS), right.hash(&GENESIS));
    }
}
