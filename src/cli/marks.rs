//! Where a process keeps how far the ledger was: a file, and Redis where several machines share one.

use super::ledger::sqlite_file;
use crate::config::Config;
use crate::store::Store;
use crate::store::mark::Marks;
use crate::workers::MarkShelf;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How much a mark may lag behind the ledger.
const EVERY: Duration = Duration::from_millis(500);

/// The file and the server that marks are kept in.
#[derive(Debug)]
pub(super) struct MarkPlaces {
    file: PathBuf,
    shelf: Option<MarkShelf>,
}

/// The file of the marks: as configured, else beside an embedded ledger, else in the data folder.
pub(super) fn mark_file(config: &Config) -> PathBuf {
    let configured = &config.ledger.mark_file;
    if !configured.as_os_str().is_empty() {
        return configured.clone();
    }
    sqlite_file(config.ledger.url.expose()).map_or_else(|| PathBuf::from("data/ledger.mark"), |ledger| ledger.with_extension("mark"))
}

impl MarkPlaces {
    /// Opens the places and learns what stands there.
    ///
    /// # Errors
    /// When one of them can't be read: a process that can't tell an old ledger must not send.
    pub(super) async fn open(config: &Config, store: &Store) -> anyhow::Result<Self> {
        let file = mark_file(config);
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(|| format!("[ledger] mark_file: making the folder {}", folder.display()))?;
        }
        let marks = store.marks();
        marks.read(&file)?;
        let shared = store.file().is_none() && config.queue.url.scheme().starts_with("redis");
        let shelf = if shared { Some(MarkShelf::open(config.queue.url.expose(), &config.queue.namespace).await?) } else { None };
        if let Some(shelf) = &shelf {
            let known = shelf.read().await.map_err(|why| anyhow::anyhow!("reading the ledger's marks from Redis: {why}"))?;
            known.into_iter().for_each(|(tenant, mark)| marks.learn(tenant, mark));
        }
        Ok(Self { file, shelf })
    }

    /// Writes the marks down as they move, until it is told to stop; then once more.
    pub(super) async fn keep(self, marks: Arc<Marks>, stop: CancellationToken) {
        let mut was_fine = true;
        loop {
            let stopped = stop.is_cancelled();
            if marks.take_changed() {
                let written = self.write(&marks).await;
                if let (Err(why), true) = (&written, was_fine) {
                    tracing::error!(why, "the ledger's mark could not be written; an old ledger might not be recognised");
                }
                was_fine = written.is_ok();
            }
            if stopped {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn write(&self, marks: &Arc<Marks>) -> Result<(), String> {
        let (file, own) = (self.file.clone(), marks.clone());
        let writing = tokio::task::spawn_blocking(move || own.write(&file));
        writing.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        match &self.shelf {
            Some(shelf) => shelf.write(&marks.all()).await,
            None => Ok(()),
        }
    }
}
