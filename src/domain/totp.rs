//! Time-based one-time passwords, the second factor (RFC 6238 with SHA-1, six digits, thirty seconds: what every app knows).

use super::percent::encoded;
use super::time::Timestamp;
use ring::hmac;

const STEP_MS: i64 = 30_000;
/// A clock may be one step off either way.
const DRIFT: i64 = 1;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The time step of which `code` is the password, if it is one of now and later than `last`, the step that was taken before: a code counts once.
#[must_use]
pub fn accepted_step(secret: &[u8], code: &str, now: Timestamp, last: i64) -> Option<i64> {
    let digits: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    let current = now.0.div_euclid(STEP_MS);
    (current - DRIFT..=current + DRIFT).filter(|step| *step > last).find(|step| code_at(secret, *step) == digits)
}

/// The password of a time step.
#[must_use]
pub fn code_at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or(0) & 0x0f);
    let number = bytes.iter().skip(offset).take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// What an authenticator app reads from the picture (the key URI format of Google Authenticator).
#[must_use]
pub fn uri(secret: &[u8], issuer: &str, account: &str) -> String {
    let issuer = escaped(issuer);
    format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", escaped(account), base32(secret))
}

/// The secret as people type it.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let word = chunk.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte)) << (8 * (5 - chunk.len()));
        let characters = (chunk.len() * 8).div_ceil(5);
        out.extend((0..characters).map(|place| char::from(BASE32[usize::try_from((word >> (35 - 5 * place)) & 31).unwrap_or(0)])));
    }
    out
}

fn escaped(text: &str) -> String {
    encoded(text, b"-._~@")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(code_at(SECRET, seconds / 30), code);
        }
    }

    #[test]
    fn a_code_counts_once_and_a_step_off_either_way() {
        let now = Timestamp(59_000);
        assert_eq!(accepted_step(SECRET, "287 082", now, 0), Some(1));
        assert_eq!(accepted_step(SECRET, "287082", now, 1), None);
        assert_eq!(accepted_step(SECRET, "287082", Timestamp(89_000), 0), Some(1));
        assert_eq!(accepted_step(SECRET, "287082", Timestamp(90_000), 0), None);
        assert_eq!(accepted_step(SECRET, "000000", now, 0), None);
    }

    #[test]
    fn an_app_reads_issuer_account_and_secret() {
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!((base32(b"f"), base32(b"foob")), ("MY".to_owned(), "MZXW6YQ".to_owned()));
        let uri = uri(b"foobar", "Mahnwerk & Co", "a@b.example");
        assert_eq!(uri, "otpauth://totp/Mahnwerk%20%26%20Co:a@b.example?secret=MZXW6YTBOI&issuer=Mahnwerk%20%26%20Co");
    }
}
