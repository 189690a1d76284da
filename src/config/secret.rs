//! Values that must not be shown: neither printed, logged, nor serialised.

use serde::{Serialize, Serializer};
use std::fmt;

/// Stands for what is not shown.
const HIDDEN: &str = "***";

/// A password. Every way of writing it out gives `***`, except [`Secret::expose`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for whoever logs in with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.0.is_empty() { "" } else { HIDDEN }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// The URL of a database or queue. It may hold a password, so only [`ServiceUrl::expose`] gives it whole.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceUrl(String);

impl ServiceUrl {
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The URL itself, for whoever connects to it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stands before the first colon: `sqlite`, `postgres`, `redis`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The URL with `***` for its password and for everything after `?`, where drivers take passwords, too.
    #[must_use]
    pub fn redacted(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return without_query(&self.0);
        };
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if tail.contains('@') {
            // A password that was not percent-encoded: nobody can tell where it ends.
            return format!("{scheme}://{HIDDEN}");
        }
        let tail = without_query(tail);
        match authority.rsplit_once('@') {
            None => format!("{scheme}://{authority}{tail}"),
            Some((login, host)) => match login.split_once(':') {
                None => format!("{scheme}://{login}@{host}{tail}"),
                Some((user, _)) => format!("{scheme}://{user}:{HIDDEN}@{host}{tail}"),
            },
        }
    }
}

fn without_query(url: &str) -> String {
    url.split_once('?').map_or_else(|| url.to_owned(), |(path, _)| format!("{path}?{HIDDEN}"))
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

impl Serialize for ServiceUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        for (url, shown) in [
            ("sqlite:data/ledger.db", "sqlite:data/ledger.db"),
            ("postgres://localhost/dunning", "postgres://localhost/dunning"),
            ("postgres://anna@localhost/dunning", "postgres://anna@localhost/dunning"),
            ("postgres://anna:s3cret@localhost:5432/dunning", "postgres://anna:***@localhost:5432/dunning"),
            ("redis://:s3cret@127.0.0.1/0", "redis://:***@127.0.0.1/0"),
            ("postgres://anna:s3/cr@et?s3cret@localhost/x", "postgres://***"),
            ("postgres://anna:s3@cret@localhost/x", "postgres://anna:***@localhost/x"),
            ("postgres://localhost/x?user=anna&password=s3cret", "postgres://localhost/x?***"),
            ("postgres://anna:s3cret@localhost/x?password=s3cret", "postgres://anna:***@localhost/x?***"),
            ("postgres://localhost/x?password=s3c@ret", "postgres://***"),
        ] {
            let url = ServiceUrl::new(url);
            assert_eq!(url.redacted(), shown);
        }
    }

    #[test]
    fn a_secret_is_not_written_out() {
        let secret = Secret::new("s3cret".to_owned());
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        assert_eq!(secret.expose(), "s3cret");
    }
}
