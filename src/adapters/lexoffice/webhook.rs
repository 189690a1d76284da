//! Calls of lexoffice: whether it signed them (RSA-SHA512, PKCS #1 v1.5, over the raw body), and what they say.
//!
//! `webhook-key.pub.pem` is the vendor's public key, which it serves at `developers.lexware.io/webhookSignature/public/public_key.pub`.
//! This copy was taken from a public client of Baebeca Solutions; the test below holds its fingerprint.

use super::values::{Moment, ResourceId};
use super::words::EventType;
use crate::engine::source::ports::{Event, EventKind, Unbelieved};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

const VENDORS: &[u8] = include_bytes!("webhook-key.pub.pem");
/// The longest signature in base64: of a key of 8192 bits.
const LONGEST_SIGNATURE: usize = 1400;
const LONGEST_WORD: usize = 100;
/// How the header of an SPKI ends: the algorithm is rsaEncryption, without parameters.
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Why a key can't be used.
#[derive(Debug, thiserror::Error)]
#[error("webhook_key_file: {}: {reason}; it should hold an RSA public key of 2048 bits or more in PEM form (BEGIN PUBLIC KEY)", path.display())]
pub struct WebhookKeyError {
    path: PathBuf,
    reason: String,
}

/// The public key that calls are checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey(Vec<u8>);

impl std::fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookKey({} bytes)", self.0.len())
    }
}

impl Default for WebhookKey {
    /// The vendor's.
    fn default() -> Self {
        Self::from_pem(VENDORS).unwrap_or(Self(Vec::new()))
    }
}

impl WebhookKey {
    /// # Errors
    /// When the file can't be read or holds no such key.
    pub fn from_file(path: &Path) -> Result<Self, WebhookKeyError> {
        let refuse = |reason: String| WebhookKeyError { path: path.to_owned(), reason };
        let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        Self::from_pem(&pem).map_err(refuse)
    }

    /// # Errors
    /// What it lacks.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let spki = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|error| error.to_string())?;
        let key = rsa_key(spki.as_ref()).ok_or_else(|| "it holds another kind of key".to_owned())?;
        Ok(Self(key.to_vec()))
    }

    fn has_signed(&self, body: &[u8], signature: &str) -> bool {
        let signature = signature.trim();
        let decoded = if signature.len() > LONGEST_SIGNATURE { None } else { STANDARD.decode(signature).ok() };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, &self.0);
        decoded.is_some_and(|signature| key.verify(body, &signature).is_ok())
    }

    /// What a call says, if its body is signed by this key's owner.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn read(&self, body: &[u8], signature: Option<&str>) -> Result<Event, Unbelieved> {
        let signature = signature.ok_or(Unbelieved::Unsigned)?;
        if !self.has_signed(body, signature) {
            return Err(Unbelieved::Forged);
        }
        let call: Call = serde_json::from_slice(body).map_err(|error| Unbelieved::Unreadable(error.to_string()))?;
        let word = call.event_type.as_str();
        if word.is_empty() || word.len() > LONGEST_WORD || !word.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Unbelieved::Unreadable("eventType is no word".to_owned()));
        }
        Ok(Event {
            organisation: call.organization_id,
            kind: kind(&call.event_type),
            word: word.to_owned(),
            resource: call.resource_id.to_string(),
            at: call.event_date.0,
        })
    }
}

/// ring takes the key that is inside: SEQUENCE { algorithm, BIT STRING { 0 unused bits, key } }, both of more than 255 bytes.
fn rsa_key(spki: &[u8]) -> Option<&[u8]> {
    let sized = |der: &[u8], tag: u8| -> Option<usize> {
        let [first, 0x82, high, low] = *der.get(..4)? else { return None };
        (first == tag).then(|| usize::from(high) << 8 | usize::from(low))
    };
    let inside = spki.get(4..).filter(|inside| sized(spki, 0x30) == Some(inside.len()))?.strip_prefix(RSA)?;
    let bits = inside.get(4..).filter(|bits| sized(inside, 0x03) == Some(bits.len()))?;
    bits.strip_prefix(&[0])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    organization_id: String,
    event_type: EventType,
    resource_id: ResourceId,
    event_date: Moment,
}

/// What is to be asked because of an event. A credit note is no claim, but what it is set against is found with what has changed.
fn kind(event: &EventType) -> EventKind {
    match event {
        EventType::PaymentChanged => EventKind::Payment,
        EventType::InvoiceCreated
        | EventType::InvoiceChanged
        | EventType::InvoiceDeleted
        | EventType::InvoiceStatusChanged
        | EventType::DownPaymentInvoiceCreated
        | EventType::DownPaymentInvoiceChanged
        | EventType::DownPaymentInvoiceDeleted
        | EventType::DownPaymentInvoiceStatusChanged
        | EventType::VoucherCreated
        | EventType::VoucherChanged
        | EventType::VoucherDeleted
        | EventType::VoucherStatusChanged
        | EventType::CreditNoteStatusChanged => EventKind::Claim,
        EventType::ContactChanged | EventType::ContactDeleted => EventKind::Contact,
        EventType::TokenRevoked => EventKind::Access,
        EventType::DunningCreated | EventType::DunningDeleted | EventType::Other(_) => EventKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chain::digest;

    #[test]
    fn the_vendors_key_is_the_one_that_is_known() {
        let spki = SubjectPublicKeyInfoDer::from_pem_slice(VENDORS).unwrap();
        let fingerprint: String = digest(spki.as_ref()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(fingerprint, "6a42debdf6c613137f8da76b231711c93c3b4fc2dc0e7a2998e08c7f479f80b1");
        assert_eq!(WebhookKey::default().0.len(), 526, "4096 bits");
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        let pem = String::from_utf8(VENDORS.to_vec()).unwrap();
        for (text, reason) in [
            ("", "no items found"),
            (&pem.replace("MIICIjANBgkqhkiG9w0BAQEFAA", "MIICIjANBgkqhkiG9w0BAQsFAA"), "another kind"),
            (&pem.replace("PUBLIC KEY", "CERTIFICATE"), "no items found"),
        ] {
            let said = WebhookKey::from_pem(text.as_bytes()).unwrap_err();
            assert!(said.contains(reason), "{said}");
        }
    }

    #[test]
    fn a_signature_is_none_whatever_stands_there() {
        let key = WebhookKey::default();
        assert_eq!(key.read(b"{}", None), Err(Unbelieved::Unsigned));
        for signature in ["", "ä", "AAAA", &"A".repeat(684), &"A".repeat(100_000)] {
            assert_eq!(key.read(b"{}", Some(signature)), Err(Unbelieved::Forged));
        }
    }
}
