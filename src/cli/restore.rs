//! `restore`: a backup becomes the ledger, fenced: nothing leaves until a person has said what was sent since.

use super::backup::{beside, remove, sound};
use super::ledger::sqlite_file;
use super::marks::mark_file;
use super::output::json;
use super::postgres_tools::Connection;
use super::{Ending, Globals, say};
use crate::assembly;
use crate::config::Config;
use crate::engine::clock::{Clock, SystemClock, SystemEntropy};
use crate::engine::{Engine, Limits};
use crate::store::Store;
use crate::store::db::lock;
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What `backup` has written.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What a restore did.
struct Restored {
    entries: i64,
    tenants: Vec<String>,
    /// Where the ledger lies that was there before.
    replaced: Option<PathBuf>,
}

/// Puts the backup in the ledger's place.
///
/// # Errors
/// When a `serve` runs on the ledger, or the backup is not sound; then nothing has changed.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    if !args.file.is_file() {
        bail!("there is no file {}", args.file.display());
    }
    let restored = match sqlite_file(config.ledger.url.expose()) {
        Some(ledger) => from_copy(&config, &args.file, &ledger).await?,
        None => from_dump(&config, &args.file).await?,
    };
    if globals.json {
        json(&json!({
            "type": "restored", "file": args.file, "entries": restored.entries, "fenced": restored.tenants, "replaced": restored.replaced,
        }));
        return Ok(Ending::Done);
    }
    say(format_args!("The ledger is that of {} now: {} entries of the history, verified.", args.file.display(), restored.entries));
    if let Some(replaced) = restored.replaced {
        say(format_args!("The one that was there lies beside it: {}", replaced.display()));
    }
    say(format_args!(
        "It is fenced for {}: `serve` takes facts in and sends nothing. Import what came in since the backup, then\n\
         `mahnwerk fence show` and `mahnwerk fence lift` (docs/operate/backup.md).",
        restored.tenants.join(", ")
    ));
    Ok(Ending::Done)
}

async fn from_copy(config: &Config, file: &Path, ledger: &Path) -> anyhow::Result<Restored> {
    if let Some(folder) = ledger.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    }
    let _held = lock(ledger)?;
    let copy = beside(ledger, "restoring")?;
    let prepared = prepare(config, file, &copy).await;
    let (entries, tenants) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            remove(&copy);
            return Err(error).with_context(|| format!("{} can't be restored", file.display()));
        }
    };
    let replaced = put_in_place(&copy, ledger).with_context(|| format!("putting the backup at {}", ledger.display()))?;
    Ok(Restored { entries, tenants, replaced })
}

/// A verified, migrated and fenced copy of the backup beside the ledger.
async fn prepare(config: &Config, file: &Path, copy: &Path) -> anyhow::Result<(i64, Vec<String>)> {
    std::fs::copy(file, copy)?;
    let store = Store::open(&format!("sqlite:{}", copy.display())).await?;
    let found = verify_and_fence(config, &store).await;
    store.close().await;
    let found = found?;
    std::fs::File::open(copy)?.sync_all()?;
    Ok(found)
}

async fn verify_and_fence(config: &Config, store: &Store) -> anyhow::Result<(i64, Vec<String>)> {
    let schema = store.schema().await?;
    if schema.applied == 0 {
        bail!("it is no ledger of Mahnwerk");
    }
    if let Some(advice) = schema.advice().filter(|_| schema.is_newer()) {
        bail!("it {advice}");
    }
    store.migrate().await?;
    let entries = sound(store).await?;
    store.marks().read(&mark_file(config))?;
    let owner = format!("restore-{}", std::process::id());
    let engine = Engine::new(store.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy), owner, Limits::default(), Vec::new());
    let mut tenants = Vec::new();
    for (tenant, name) in store.tenants().await? {
        engine.fence_restored(tenant).await?;
        tenants.push(name);
    }
    Ok((entries, tenants))
}

/// The old ledger keeps its content under another name; the new one takes its place in one step.
fn put_in_place(copy: &Path, ledger: &Path) -> std::io::Result<Option<PathBuf>> {
    let with = |suffix: &str| {
        let mut path = ledger.as_os_str().to_owned();
        path.push(suffix);
        PathBuf::from(path)
    };
    let mut replaced = None;
    if ledger.exists() {
        let kept = format!(".replaced-{}", SystemClock.now().0);
        std::fs::hard_link(ledger, with(&kept))?;
        // The write-ahead log belongs to the old file and must not be applied to the new one.
        for suffix in ["-wal", "-shm"] {
            if with(suffix).exists() {
                std::fs::rename(with(suffix), with(&format!("{kept}{suffix}")))?;
            }
        }
        replaced = Some(with(&kept));
    }
    std::fs::rename(copy, ledger)?;
    let folder = ledger.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()?;
    Ok(replaced)
}

async fn from_dump(config: &Config, file: &Path) -> anyhow::Result<Restored> {
    let store = assembly::store(&config.ledger).await?;
    let url = &config.ledger.url;
    if store.schema().await?.applied > 0 {
        bail!("the database {url} holds a ledger already: make an empty one, name it in [ledger] url, and restore into that");
    }
    let connection = Connection::of(url.expose());
    connection.run("pg_restore", &["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"], Some(file))?;
    let found = verify_and_fence(config, &store).await;
    store.close().await;
    let (entries, tenants) = found.context("what was restored is not sound; nothing may run on this database")?;
    Ok(Restored { entries, tenants, replaced: None })
}
