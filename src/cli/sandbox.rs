//! `sandbox`: stands in for outside systems as real servers on loopback: an SMTP server with a mailbox page, and lexoffice.

use super::running::Signals;
use super::{Ending, Globals, note, say};
use crate::adapters::sandbox::lexoffice::{LexofficeSandbox, LexofficeSettings, Scenario, StartError};
use crate::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use crate::engine::clock::{Clock, SystemClock};
use crate::web::mailbox::{Mailbox, router};
use anyhow::Context;
use chrono_tz::Tz;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
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
    /// Where its lexoffice listens; loopback only. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8752")]
    pub lexoffice: SocketAddr,
    /// What lexoffice holds at the start, and what happens there: a TOML file, see docs/sandbox.md.
    #[arg(long, value_name = "FILE", conflicts_with = "lexoffice_invoices")]
    pub lexoffice_scenario: Option<PathBuf>,
    /// Without a scenario: so many open claims are made up, the same for the same number.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub lexoffice_invoices: u32,
}

/// Runs until it is interrupted.
///
/// # Errors
/// When an address is not loopback or is taken, or the scenario is wrong.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    for (name, address) in [("--smtp", args.smtp), ("--page", args.page), ("--lexoffice", args.lexoffice)] {
        let loopback =
            matches!(address.ip(), IpAddr::V4(v4) if v4.is_loopback()) || matches!(address.ip(), IpAddr::V6(v6) if v6.is_loopback());
        anyhow::ensure!(loopback, "{name} {address}: the sandbox serves this machine only, write 127.0.0.1:PORT");
    }
    let now_ms = Arc::new(|| SystemClock.now().0);
    let lexoffice = lexoffice(args.lexoffice, args.lexoffice_scenario.as_deref(), args.lexoffice_invoices).await?;
    let settings = SandboxSettings { listen: args.smtp, folder: args.folder, ..SandboxSettings::new(now_ms) };
    let sandbox = SmtpSandbox::start(settings).await.with_context(|| format!("--smtp {}", args.smtp))?;
    let listener = tokio::net::TcpListener::bind(args.page).await.with_context(|| format!("--page {}", args.page))?;
    let (smtp, page) = (sandbox.addr(), listener.local_addr()?);
    let router =
        router(Mailbox { sandbox: sandbox.clone(), base: String::new(), zone: args.zone }).map_err(|error| anyhow::anyhow!("{error}"))?;
    tell(globals, smtp, page, &lexoffice);
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let server = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    tokio::select! {
        ended = server => ended.context("the mailbox page")?,
        () = async { signals.asked().await; stop.cancel(); tokio::time::sleep(Duration::from_secs(1)).await } => {}
    }
    lexoffice.stop();
    sandbox.stop().await;
    Ok(Ending::Done)
}

async fn lexoffice(listen: SocketAddr, file: Option<&Path>, invoices: u32) -> anyhow::Result<LexofficeSandbox> {
    let scenario = match file {
        None => Scenario::Generated(invoices),
        Some(file) => Scenario::Toml(std::fs::read_to_string(file).with_context(|| format!("--lexoffice-scenario {}", file.display()))?),
    };
    let settings = LexofficeSettings { listen, scenario, real: Arc::new(|| SystemClock.now().0) };
    LexofficeSandbox::start(settings).await.map_err(|error| match (error, file) {
        (StartError::Scenario(problems), Some(file)) => {
            let lines: Vec<String> = problems.iter().map(|problem| problem.in_file(&file.display().to_string())).collect();
            anyhow::anyhow!("the scenario is wrong:\n{}", lines.join("\n"))
        }
        (error, _) => anyhow::anyhow!("--lexoffice {listen}: {error}"),
    })
}

fn tell(globals: &Globals, smtp: SocketAddr, page: SocketAddr, lexoffice: &LexofficeSandbox) {
    let (base, key) = (lexoffice.base_url(), lexoffice.key());
    if globals.json {
        let lexoffice = serde_json::json!({"base_url": base, "key": key});
        say(serde_json::json!({"type": "sandbox", "smtp": smtp.to_string(), "page": format!("http://{page}/"), "lexoffice": lexoffice}));
        return;
    }
    let key = key.unwrap_or_else(|| "none: the scenario names no keys".to_owned());
    let what_to_do = format!("http://{}/", lexoffice.addr());
    note(format_args!(
        "SMTP server: {smtp} (no TLS, no login)\nmailbox page: http://{page}/\n\
         lexoffice: {base} (key: {key}; what can be done to it: {what_to_do})\nCtrl-C ends it"
    ));
}
