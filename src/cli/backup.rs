//! `backup`: a sound copy of the ledger in one file, while everything runs.

use super::ledger::Ledger;
use super::output::json;
use super::postgres_tools::Connection;
use super::{Ending, Globals, say};
use crate::engine::audit;
use crate::engine::clock::{Clock, SystemClock};
use crate::store::Store;
use crate::store::statement::Dialect;
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write; it must not be there yet.
    #[arg(value_name = "FILE", required_unless_present = "made_elsewhere")]
    file: Option<PathBuf>,
    /// Writes none, but takes down that your own tools have made one, so that the age of the last backup is known.
    #[arg(long, conflicts_with = "file")]
    made_elsewhere: bool,
}

/// Writes the copy under a name of its own, verifies it, and gives it its name last.
///
/// # Errors
/// When it can't be written or is not sound; then there is no such file.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    // What came after this moment need not be in it.
    let begun = SystemClock.now();
    let Some(file) = args.file else {
        ledger.store.note_backup(begun, "elsewhere", 0).await?;
        ledger.store.close().await;
        say("taken down: a backup was made elsewhere");
        return Ok(Ending::Done);
    };
    if file.exists() {
        bail!("{} is there already: name a new file, a backup never overwrites one", file.display());
    }
    let beside = beside(&file, "part")?;
    let made = match ledger.store.dialect() {
        Dialect::Sqlite => copy(&ledger.store, &beside).await,
        Dialect::Postgres => dump(&ledger, &beside).await,
    };
    let entries = match made {
        Ok(entries) => entries,
        Err(error) => {
            remove(&beside);
            return Err(error);
        }
    };
    finish(&beside, &file).with_context(|| format!("writing {}", file.display()))?;
    ledger.store.note_backup(begun, "backup", entries).await?;
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    ledger.store.close().await;
    if globals.json {
        json(&json!({ "type": "backup", "file": file, "bytes": bytes, "entries": entries }));
    } else {
        say(format_args!("{}: {bytes} bytes, {entries} entries of the history, verified", file.display()));
    }
    Ok(Ending::Done)
}

/// A file in the same folder, so that it can be renamed.
pub(super) fn beside(file: &Path, suffix: &str) -> anyhow::Result<PathBuf> {
    let name = file.file_name().with_context(|| format!("{} names no file", file.display()))?;
    let mut name = name.to_owned();
    name.push(format!(".{suffix}-{}", std::process::id()));
    Ok(file.with_file_name(name))
}

/// Removes an unfinished copy with what the database put beside it.
pub(super) fn remove(file: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        let _ = std::fs::remove_file(PathBuf::from(path));
    }
}

/// Makes the copy safe on the disk and gives it its name.
fn finish(beside: &Path, file: &Path) -> std::io::Result<()> {
    std::fs::File::open(beside)?.sync_all()?;
    std::fs::rename(beside, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

async fn copy(store: &Store, beside: &Path) -> anyhow::Result<i64> {
    store.copy_to(beside).await.with_context(|| format!("copying the ledger to {}", beside.display()))?;
    let copy = Store::open(&format!("sqlite:{}", beside.display())).await?;
    let entries = sound(&copy).await;
    copy.close().await;
    entries
}

/// Verifies a ledger: the database's own checks and every tenant's chain. How many entries they have.
pub(super) async fn sound(store: &Store) -> anyhow::Result<i64> {
    if store.dialect() == Dialect::Sqlite {
        let faults = store.faults().await?;
        if !faults.is_empty() {
            bail!("the copy is not sound: {}", faults.join("; "));
        }
    }
    let mut entries = 0;
    for (tenant, name) in store.tenants().await? {
        let found = audit::verify(store, tenant, &mut |_| {}).await?;
        if let Some(broken) = found.broken {
            bail!("the history of tenant {name} is broken at entry {}: {}", broken.seq, broken.why);
        }
        entries += found.entries;
    }
    Ok(entries)
}

async fn dump(ledger: &Ledger, beside: &Path) -> anyhow::Result<i64> {
    // A dump can't be verified without restoring it; `restore` does. What it is made from is verified here.
    let entries = sound(&ledger.store).await?;
    let connection = Connection::of(ledger.config.ledger.url.expose());
    connection.run("pg_dump", &["--format=custom", "--no-owner", "--no-privileges", "--file"], Some(beside))?;
    connection.run("pg_restore", &["--list"], Some(beside))?;
    Ok(entries)
}
