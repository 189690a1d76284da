//! Whom the client asks, with which key, and how patient it is.

use crate::adapters::tls::TlsError;
use crate::domain::chain::{Hash, digest};
use reqwest::Url;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Longest text of the other side that is kept.
const LONGEST_TEXT: usize = 300;

/// Why the client can't be made; says what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("base_url: {reason}; write for instance https://api.lexware.io/v1")]
    BaseUrl { reason: String },
    #[error("key: {0}")]
    Key(&'static str),
    #[error("{field}: 0 never succeeds; write at least 1")]
    Zero { field: &'static str },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the HTTP client can't be made: {0}")]
    Http(String),
}

/// An API key. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// # Errors
    /// When it is empty or has characters that no key has, such as a line break that was copied with it.
    pub fn new(key: String) -> Result<Self, SettingsError> {
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsError::Key("it is empty or has blanks or line breaks in it; copy it again from lexoffice"));
        }
        Ok(Self(key))
    }

    /// Stands for the key where it must not be seen: same key, same hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        digest(format!("lexoffice key {}", self.0).as_bytes())
    }

    /// The value of the Authorization header.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// What the other side wrote, as it may be shown: without the key, without control characters, and not long.
    pub(super) fn clean(&self, text: &str) -> String {
        let text = text.replace(&self.0, "***");
        let plain = text.chars().map(|character| if character.is_control() { ' ' } else { character });
        plain.take(LONGEST_TEXT).collect::<String>().trim().to_owned()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How long each kind of wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, and for the TLS handshake.
    pub connect: Duration,
    /// From the first byte asked to the last byte answered. The vendor's gateway gives up after 30 seconds.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), request: Duration::from_secs(45) }
    }
}

/// How often a call is repeated that may be, and how long it waits in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Times that it is asked at most, the first included.
    pub attempts: u32,
    /// The wait after the first failure; it doubles with each.
    pub first: Duration,
    pub longest: Duration,
    /// If the other side wants a longer wait than this, the call ends and its caller waits.
    pub patience: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { attempts: 5, first: seconds(1), longest: seconds(30), patience: seconds(60) }
    }
}

/// What the client needs to know.
#[derive(Clone, Debug)]
pub struct LexofficeSettings {
    pub base_url: String,
    pub key: ApiKey,
    /// Certificates in PEM form to trust beside this system's own.
    pub ca_file: Option<PathBuf>,
    pub timeouts: Timeouts,
    pub retries: Retries,
    /// Longest answer in bytes.
    pub longest_answer: usize,
    /// Chance, from which waits are jittered.
    pub chance: [u8; 32],
}

impl LexofficeSettings {
    /// Ordinary timeouts and retries, answers of 20 MB at most.
    #[must_use]
    pub fn new(base_url: String, key: ApiKey, chance: [u8; 32]) -> Self {
        Self {
            base_url,
            key,
            ca_file: None,
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            longest_answer: 20_000_000,
            chance,
        }
    }

    /// The base URL, which is where the key goes: encrypted, or on this machine.
    pub(super) fn base(&self) -> Result<Url, SettingsError> {
        let refuse = |reason: &str| Err(SettingsError::BaseUrl { reason: reason.to_owned() });
        if self.timeouts.connect.is_zero() || self.timeouts.request.is_zero() {
            return Err(SettingsError::Zero { field: "timeouts" });
        }
        if self.retries.attempts == 0 {
            return Err(SettingsError::Zero { field: "retries.attempts" });
        }
        let url = match Url::parse(&self.base_url) {
            Ok(url) if url.host_str().is_some() && !url.cannot_be_a_base() => url,
            Ok(_) => return refuse("it names no host"),
            Err(error) => return refuse(&format!("it is no URL ({error})")),
        };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return refuse("it has a login, a query or a fragment, which it must not");
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(&url) => Ok(url),
            "http" => refuse("plain http would show the key to everybody on the way; only on this machine it is allowed"),
            _ => refuse("it must begin with https"),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_encrypted_or_stays_on_this_machine() {
        let base = |url: &str| {
            let key = ApiKey::new("key-1234".to_owned()).unwrap();
            LexofficeSettings::new(url.to_owned(), key, [0; 32]).base()
        };
        for url in [
            "https://api.lexware.io/v1",
            "https://proxy.example/lexoffice/v1/",
            "http://127.0.0.1:8080/v1",
            "http://[::1]:1/v1",
            "http://localhost/v1",
        ] {
            assert!(base(url).is_ok(), "{url}");
        }
        for url in
            ["http://api.lexware.io/v1", "http://127.0.0.1.example/v1", "ftp://localhost", "api.lexware.io", "https://u:p@x.example", ""]
        {
            let error = base(url).unwrap_err().to_string();
            assert!(error.starts_with("base_url: ") && error.ends_with("https://api.lexware.io/v1"), "{url}: {error}");
        }
    }

    #[test]
    fn a_key_is_not_written_out() {
        let key = ApiKey::new("key-1234".to_owned()).unwrap();
        assert!(!format!("{key:?}{:?}", LexofficeSettings::new(String::new(), key.clone(), [0; 32])).contains("1234"));
        assert_eq!(key.clean("Bearer key-1234,\r\nand so on"), "Bearer ***,  and so on");
        assert!(ApiKey::new("key\n".to_owned()).is_err());
    }
}
