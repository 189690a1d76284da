//! Sends what the queue says is due. Plain HTTP to this machine; nothing in here can reach another.

use super::super::server::Shared;
use super::signature::sign;
use super::{Delivery, Queue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const HOPS_MAX: usize = 3;
/// The sandbox's clock may be moved at any time; the notifier says so, and this is for what it missed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Whether the sandbox calls this address at all.
pub(in super::super) fn is_loopback(callback: &str) -> bool {
    Url::parse(callback).is_ok_and(|url| url.scheme() == "http" && is_this_machine(&url))
}

fn is_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// Runs until the sandbox stops.
pub(in super::super) async fn run(shared: Arc<Shared>) {
    let client = match client() {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(error = %error, "the sandbox sends no webhooks");
            return;
        }
    };
    loop {
        let woken = shared.changed.notified();
        let now = shared.clock.now();
        let (due, next) = shared.with(|state| {
            state.catch_up(now);
            state.queue.forget_unsubscribed(&state.world);
            (state.queue.take_due(now), state.queue.next_due())
        });
        for delivery in due {
            tokio::spawn(attempt(shared.clone(), client.clone(), delivery));
        }
        let wait = next.map_or(LONGEST_SLEEP, |due| Duration::from_millis(u64::try_from(due - now).unwrap_or(0)).min(LONGEST_SLEEP));
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = woken => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The TLS that it is built with trusts nobody: only plain HTTP is ever asked for.
fn client() -> io::Result<Client> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let redirects =
        Policy::custom(|hop| if hop.previous().len() > HOPS_MAX || !is_this_machine(hop.url()) { hop.stop() } else { hop.follow() });
    Client::builder().tls_backend_preconfigured(tls).no_proxy().redirect(redirects).timeout(ANSWER_WITHIN).build().map_err(io::Error::other)
}

async fn attempt(shared: Arc<Shared>, client: Client, delivery: Delivery) {
    let status = send(&client, &delivery).await;
    let now = shared.clock.now();
    shared.with(|state| {
        if let Some(gone) = Queue::settle(&mut state.queue, delivery, status, now) {
            for organization in &mut state.world.organizations {
                organization.subscriptions.retain(|subscription| subscription.id != gone);
            }
        }
    });
    shared.changed.notify_one();
}

/// The status of the answer, if there was one.
async fn send(client: &Client, delivery: &Delivery) -> Option<u16> {
    let signature = sign(delivery.body.as_bytes()).ok()?;
    let request = client.post(&delivery.callback).header("content-type", "application/json").header("x-lxo-signature", signature);
    let answer = request.body(delivery.body.clone()).send().await.ok()?;
    Some(answer.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_called_and_only_in_plain_http() {
        for (callback, allowed) in [
            ("http://127.0.0.1:8080/hook", true),
            ("http://localhost/hook", true),
            ("http://[::1]:1/", true),
            ("https://127.0.0.1/", false),
            ("http://example.com/", false),
            ("http://127.0.0.1.example.com/", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_loopback(callback), allowed, "{callback}");
        }
    }
}
