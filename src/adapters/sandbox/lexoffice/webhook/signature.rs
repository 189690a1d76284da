//! The signature of a webhook: RSA-SHA512 (PKCS #1 v1.5) over the raw body, in base64.
//!
//! The key pair beside this file is public on purpose and protects nothing: it makes signatures that a test can check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
use std::io;

const PRIVATE_KEY: &[u8] = include_bytes!("public-test-key.pkcs8.der");
/// What a receiver checks with: SPKI in PEM.
pub(in super::super) const PUBLIC_KEY: &str = include_str!("public-test-key.pub.pem");

/// The value of `X-Lxo-Signature`.
pub(super) fn sign(body: &[u8]) -> io::Result<String> {
    let pair = RsaKeyPair::from_pkcs8(PRIVATE_KEY).map_err(|error| io::Error::other(error.to_string()))?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), body, &mut signature).map_err(|_| io::Error::other("the test key does not sign"))?;
    Ok(STANDARD.encode(signature))
}
