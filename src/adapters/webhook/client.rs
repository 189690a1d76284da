//! Sends one message. The name is resolved here, so that what is checked is what is connected to.

use super::public::Reach;
use crate::adapters::tls::{self, TlsError};
use crate::engine::webhooks::{PATIENCE, Teller};
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::net::IpAddr;
use std::sync::Arc;

/// Carries messages over HTTP.
#[derive(Debug)]
pub struct HttpTeller {
    client: Client,
    reach: Reach,
}

/// Why none can be made.
#[derive(Debug, thiserror::Error)]
pub enum TellerError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("webhooks can't be sent: {0}")]
    Client(#[from] reqwest::Error),
}

impl HttpTeller {
    /// # Errors
    /// When this system's certificate roots can't be used.
    pub fn new(loopback: bool) -> Result<Self, TellerError> {
        let reach = Reach { loopback };
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client_config(None)?.as_ref().clone())
            .dns_resolver(Arc::new(Resolver(reach)))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .user_agent(concat!("mahnwerk/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, reach })
    }
}

impl Teller for HttpTeller {
    fn check(&self, url: &str) -> Result<(), String> {
        let url = Url::parse(url).map_err(|_| "must be an address such as https://example.com/hook".to_owned())?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let literal = host.parse::<IpAddr>().ok();
        let here = host == "localhost" || literal.is_some_and(|address| address.is_loopback());
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("must have no user, password or fragment".to_owned());
        }
        if here && !self.reach.loopback {
            return Err("is this machine, which needs [server] webhooks_to_loopback = true".to_owned());
        }
        if literal.is_some_and(|address| !self.reach.may(address)) {
            return Err("is no public address".to_owned());
        }
        if url.scheme() == "https" || (url.scheme() == "http" && here) { Ok(()) } else { Err("must begin with https://".to_owned()) }
    }

    fn tell<'a>(&'a self, url: &'a str, signature: &'a str, body: String) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.check(url)?;
            let request = self.client.post(url).header("content-type", "application/json").header("mahnwerk-signature", signature);
            let answer = request.body(body).send().await.map_err(|error| told(&error))?;
            let status = answer.status();
            if status.is_success() { Ok(()) } else { Err(format!("answered {status}")) }
        })
    }
}

/// With what lies behind it: by itself it only says that it did not work.
fn told(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Leaves out what may not be reached.
#[derive(Debug)]
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let open: Vec<_> = found.filter(|address| reach.may(address.ip())).collect();
            if open.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_public_and_encrypted_or_this_machine_where_allowed() {
        let (outside, inside) = (HttpTeller::new(false).expect("a client"), HttpTeller::new(true).expect("a client"));
        for (url, allowed, allowed_here) in [
            ("https://example.com/hook?a=1", true, true),
            ("http://example.com/hook", false, false),
            ("http://127.0.0.1:8080/hook", false, true),
            ("http://localhost/hook", false, true),
            ("http://[::1]:1/", false, true),
            ("https://10.0.0.1/", false, false),
            ("https://169.254.169.254/latest", false, false),
            ("https://2130706433/", false, true),
            ("https://user:secret@example.com/", false, false),
            ("ftp://example.com/", false, false),
            ("nonsense", false, false),
        ] {
            assert_eq!((outside.check(url).is_ok(), inside.check(url).is_ok()), (allowed, allowed_here), "{url}");
        }
    }

    /// A name that leads to this machine is not connected to, whatever the address says.
    #[tokio::test]
    async fn names_are_checked_by_what_they_resolve_to() {
        let resolve = |reach| Resolver(reach).resolve("localhost".parse().expect("a name"));
        assert!(resolve(Reach { loopback: false }).await.is_err());
        assert!(resolve(Reach { loopback: true }).await.is_ok());
    }
}
