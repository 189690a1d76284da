//! `bench source`: the first synchronisation of very many open claims, at the pace of the real service or another one, by a process
//! that may be killed at any moment. The accounting system is the sandbox's lexoffice, in a process of its own.

use super::process;
use super::source_child::{self, Told};
use crate::adapters::lexoffice::TURN;
use crate::cli::{Ending, Globals, note, say};
use crate::engine::clock::{Entropy, SystemEntropy};
use anyhow::Context;
use serde::Serialize;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long the sandbox may take to make its world up.
const READY_WITHIN: Duration = Duration::from_secs(300);
/// How often the synchronising process is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// The key of a made-up world.
const KEY: &str = crate::adapters::sandbox::lexoffice::GENERATED_KEY;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Open claims at the accounting system.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    invoices: u32,
    /// How often the synchronising process is killed (SIGKILL) at a moment that chance chooses, while it lists.
    #[arg(long, value_name = "N", default_value_t = 0)]
    kills: u32,
    /// From one request to the next; 550 is what the service allows.
    #[arg(long, value_name = "MS", default_value_t = u64::try_from(TURN.as_millis()).unwrap_or(550))]
    turn_ms: u64,
    /// After everything is listed, read the details of so many claims; the rest would go on at the same pace.
    #[arg(long, value_name = "N", default_value_t = 100)]
    details: u64,
    /// The synchronising process itself: what it is to do, as JSON.
    #[arg(long, hide = true)]
    child: Option<String>,
}

/// The job's line.
#[derive(Debug, Serialize)]
struct Figures {
    invoices: u32,
    kills: u32,
    turn_ms: u64,
    /// Until every open claim stands in the ledger.
    listed_requests: u64,
    listed_s: f64,
    /// What so many requests take at that pace, if nothing else takes any time.
    listed_pace_s: f64,
    enrolled: u64,
    /// Details that were read then, and how long that took beside its pace.
    details: u64,
    details_requests: u64,
    details_s: f64,
    details_pace_s: f64,
    /// Claims whose details are wanted still.
    undetailed: u64,
    /// Of the synchronising process; of those that were killed, too.
    peak_rss_mb: u64,
    cpu_s: f64,
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a process can't be started, or does not come to its end.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    if let Some(task) = &args.child {
        return source_child::run(serde_json::from_str(task).context("--child")?, globals).await;
    }
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let mut office = Office::start(args.invoices).await?;
    if args.turn_ms < 550 {
        // Who asks faster than the service allows is not to be refused here.
        office.control("POST", "limit", "{\"per_second\":0}").await?;
    }
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let task = |details| source_child::Task {
        url: url.clone(),
        base_url: office.base_url.clone(),
        key: KEY.to_owned(),
        turn_ms: args.turn_ms,
        details,
    };
    let mut peak_rss_mb = 0;
    let (started, mut dice) = (Instant::now(), Dice::new());
    // A page holds 250 claims, and three more requests stand around them.
    let span = u64::from(args.invoices) / 250 / u64::from(args.kills + 1);
    for kill in 0..args.kills {
        let mut child = Synchroniser::start(&task(0))?;
        let mortal = office.requests().await? + 1 + dice.below(span.max(1));
        while office.requests().await? < mortal && child.is_alive()? {
            tokio::time::sleep(LOOK).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.below(args.turn_ms.max(1)))).await;
        peak_rss_mb = peak_rss_mb.max(child.peak_rss_mb());
        child.kill().await?;
        note(format_args!("killed for the {}. time after {} requests", kill + 1, office.requests().await?));
    }
    let mut child = Synchroniser::start(&task(0))?;
    let listed = child.told().await?;
    let (listed_requests, listed_s) = (office.requests().await?, started.elapsed());
    peak_rss_mb = peak_rss_mb.max(listed.peak_rss_mb);
    let started = Instant::now();
    let mut child = Synchroniser::start(&task(args.details))?;
    let detailed = child.told().await?;
    let details_s = started.elapsed();
    let details_requests = office.requests().await? - listed_requests;
    office.stop().await;
    let pace = |requests: u64| seconds(Duration::from_millis(requests.saturating_sub(1) * args.turn_ms));
    let figures = Figures {
        invoices: args.invoices,
        kills: args.kills,
        turn_ms: args.turn_ms,
        listed_requests,
        listed_s: seconds(listed_s),
        listed_pace_s: pace(listed_requests),
        enrolled: listed.enrolled,
        details: listed.undetailed - detailed.undetailed,
        details_requests,
        details_s: seconds(details_s),
        details_pace_s: pace(details_requests),
        undetailed: detailed.undetailed,
        peak_rss_mb: peak_rss_mb.max(detailed.peak_rss_mb),
        cpu_s: super::ground::thousandths(listed.cpu_ms + detailed.cpu_ms),
    };
    say(serde_json::to_string(&figures)?);
    Ok(Ending::Done)
}

fn seconds(duration: Duration) -> f64 {
    super::ground::thousandths(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Chance for the moments of death; nothing that is measured hangs on it.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(u64::from_le_bytes(*SystemEntropy.key().first_chunk().unwrap_or(&[7; 8])))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

/// The sandbox's lexoffice, as a process.
struct Office {
    child: Child,
    base_url: String,
    address: String,
}

impl Office {
    async fn start(invoices: u32) -> anyhow::Result<Self> {
        let mut child = Command::new(program()?)
            .args(["--json", "sandbox", "--smtp", "127.0.0.1:0", "--page", "127.0.0.1:0", "--lexoffice", "127.0.0.1:0"])
            .args(["--lexoffice-invoices", &invoices.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .context("starting `sandbox`")?;
        let line = first_line(&mut child, READY_WITHIN).await.context("`sandbox` says nothing")?;
        let told: serde_json::Value = serde_json::from_str(&line).with_context(|| format!("`sandbox` said {line}"))?;
        let base_url = told["lexoffice"]["base_url"].as_str().context("`sandbox` serves no lexoffice")?.to_owned();
        let address = base_url.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
        Ok(Self { child, base_url, address })
    }

    /// How many requests it has seen.
    async fn requests(&self) -> anyhow::Result<u64> {
        let body = self.control("GET", "requests", "").await?;
        let start = body.find('{').context("`sandbox` answered nothing")?;
        let end = body.rfind('}').context("`sandbox` answered nothing")?;
        let told: serde_json::Value = serde_json::from_str(&body[start..=end]).context("what `sandbox` answered")?;
        told["total"].as_u64().context("`sandbox` counts nothing")
    }

    /// A request to the sandbox itself, and what it answers.
    async fn control(&self, method: &str, name: &str, body: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(&self.address).await.context("asking `sandbox`")?;
        let (host, length) = (&self.address, body.len());
        let head = format!("{method} /_control/{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all((head + body).as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.context("asking `sandbox`")?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        anyhow::ensure!(head.starts_with("HTTP/1.1 2"), "`sandbox` answered {answer}");
        Ok(body.to_owned())
    }

    async fn stop(&mut self) {
        let _ = self.child.kill().await;
    }
}

/// The process that synchronises.
struct Synchroniser(Child);

impl Synchroniser {
    fn start(task: &source_child::Task) -> anyhow::Result<Self> {
        let child = Command::new(program()?)
            .args(["bench", "source", "--child", &serde_json::to_string(task)?])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .context("starting the process that synchronises")?;
        Ok(Self(child))
    }

    fn is_alive(&mut self) -> anyhow::Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }

    fn peak_rss_mb(&self) -> u64 {
        self.0.id().map_or(0, |id| process::peak_rss_mb_of(&id.to_string()))
    }

    /// SIGKILL.
    async fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill().await.context("killing the process that synchronises")
    }

    /// What it says at its end.
    async fn told(&mut self) -> anyhow::Result<Told> {
        let line = first_line(&mut self.0, Duration::MAX).await.context("the process that synchronises said nothing")?;
        let ended = self.0.wait().await?;
        anyhow::ensure!(ended.success(), "the process that synchronises ended with {ended}");
        serde_json::from_str(&line).with_context(|| format!("it said {line}"))
    }
}

async fn first_line(child: &mut Child, within: Duration) -> anyhow::Result<String> {
    let mut said = BufReader::new(child.stdout.take().context("it has no standard output")?).lines();
    let line = tokio::time::timeout(within, said.next_line()).await.context("within its time")??;
    line.context("it ended")
}

fn program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("finding this program")
}
