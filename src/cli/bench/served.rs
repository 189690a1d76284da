//! A real `serve` over a bench's ledger, as a process of its own.

use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How long it may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A running `serve` on the bench's ledger.
pub(super) struct Served {
    child: Child,
    pub(super) id: String,
    pub(super) address: String,
    pub(super) ready_ms: u64,
}

impl Served {
    /// Starts it in this folder, with `more` lines of configuration, and waits until its planner has looked at everything.
    pub(super) async fn start(folder: &Path, url: &str, more: &str) -> anyhow::Result<Self> {
        let config = folder.join("worker.toml");
        let queue = folder.join("queue.db");
        let text = format!(
            "[ledger]\nurl = \"{url}\"\n[queue]\nurl = \"sqlite:{}\"\n[server]\nlisten = \"127.0.0.1:0\"\n{more}\n[log]\nlevel = \"error\"\n",
            queue.display()
        );
        std::fs::write(&config, text).context("writing the configuration of `serve`")?;
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe().context("finding this program")?)
            .arg("--config")
            .arg(&config)
            .arg("serve")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting `serve`")?;
        let id = child.id().context("`serve` ended at once")?.to_string();
        let mut said = BufReader::new(child.stderr.take().context("`serve` has no standard error")?).lines();
        let mut heard = Vec::new();
        let address = loop {
            let line = tokio::time::timeout(READY_WITHIN, said.next_line()).await.context("`serve` says nothing")??;
            let line = line.with_context(|| format!("`serve` ended: {}", heard.join(" ")))?;
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('/').next().unwrap_or_default().to_owned();
            }
            heard.push(line);
        };
        tokio::spawn(async move { while said.next_line().await.is_ok_and(|line| line.is_some()) {} });
        while !is_healthy(&address).await {
            anyhow::ensure!(started.elapsed() < READY_WITHIN, "`serve` is not ready after {} s", READY_WITHIN.as_secs());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(Self { child, id, address, ready_ms: u64::try_from(started.elapsed().as_millis())? })
    }

    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        let id = rustix::process::Pid::from_raw(self.id.parse()?).context("a process id")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        self.child.wait().await?;
        Ok(())
    }
}

/// Whether `/healthz` answers 200: the planner has looked at all tenants.
async fn is_healthy(address: &str) -> bool {
    get(address, "/healthz", "").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// Asks for a page; the whole answer.
pub(super) async fn get(address: &str, path: &str, cookie: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let asked = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
