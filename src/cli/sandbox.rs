//! `sandbox`: stands in for outside systems as real servers on loopback: an SMTP server with a mailbox page.

use super::running::Signals;
use super::{Ending, Globals, note, say};
use crate::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use crate::engine::clock::{Clock, SystemClock};
use crate::web::mailbox::{Mailbox, router};
use anyhow::Context;
use chrono_tz::Tz;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where its SMTP server listens; loopback only. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2525")]
    pub smtp: SocketAddr,
    /// Where the mailbox page listens; loopback only. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8751")]
    pub page: SocketAddr,
    /// Keep the mails in this folder too.
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// The zone of the times on the page.
    #[arg(long, value_name = "ZONE", default_value = "Europe/Berlin")]
    pub zone: Tz,
}

/// Runs until it is interrupted.
///
/// # Errors
/// When an address is not loopback or is taken.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    for (name, address) in [("--smtp", args.smtp), ("--page", args.page)] {
        let loopback =
            matches!(address.ip(), IpAddr::V4(v4) if v4.is_loopback()) || matches!(address.ip(), IpAddr::V6(v6) if v6.is_loopback());
        anyhow::ensure!(loopback, "{name} {address}: the sandbox serves this machine only, write 127.0.0.1:PORT");
    }
    let now_ms = Arc::new(|| SystemClock.now().0);
    let settings = SandboxSettings { listen: args.smtp, folder: args.folder, ..SandboxSettings::new(now_ms) };
    let sandbox = SmtpSandbox::start(settings).await.with_context(|| format!("--smtp {}", args.smtp))?;
    let listener = tokio::net::TcpListener::bind(args.page).await.with_context(|| format!("--page {}", args.page))?;
    let (smtp, page) = (sandbox.addr(), listener.local_addr()?);
    let router =
        router(Mailbox { sandbox: sandbox.clone(), base: String::new(), zone: args.zone }).map_err(|error| anyhow::anyhow!("{error}"))?;
    if globals.json {
        say(serde_json::json!({"type": "sandbox", "smtp": smtp.to_string(), "page": format!("http://{page}/")}));
    } else {
        note(format_args!("SMTP server: {smtp} (no TLS, no login)\nmailbox page: http://{page}/\nCtrl-C ends it"));
    }
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let server = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        ended = server => ended.context("the mailbox page")?,
        () = async { signals.asked().await; stop.cancel(); tokio::time::sleep(Duration::from_secs(1)).await } => {}
    }
    sandbox.stop().await;
    Ok(Ending::Done)
}
