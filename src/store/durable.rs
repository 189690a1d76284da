//! When a commit is durable. On an embedded ledger its write-ahead log is brought to the disk after the transaction, once for all who wait.
//!
//! SQLite would do that itself (`synchronous = FULL`) while it holds the one connection that writes; so the next transaction goes on
//! meanwhile. Nothing may follow from a commit before [`Committed::durable`] has returned: no effect, no answer, no mark. Commits reach the
//! disk in their order: whoever has waited for his own knows that all before it are there as well. See decision 37.

use super::checkpoint::Checkpoints;
use super::db::Watch;
use super::error::StoreError;
use super::mark::{Mark, Marks};
use super::probe::Call;
use crate::domain::ids::TenantId;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The write-ahead log of an embedded ledger.
#[derive(Clone, Debug)]
pub(super) struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: PathBuf,
    path: PathBuf,
    /// How many commits stand in it.
    written: AtomicU64,
    /// How many of them are known to be on the disk.
    synced: tokio::sync::Mutex<u64>,
    /// Why it can't be trusted any more.
    broken: OnceLock<String>,
    checkpoints: Checkpoints,
}

impl Log {
    /// The log of a ledger that is open. It lies beside the file itself, not beside what points to it.
    ///
    /// # Errors
    /// When the ledger is not there.
    pub(super) fn of(ledger: &Path, checkpoints: Checkpoints) -> io::Result<Self> {
        let ledger = ledger.canonicalize()?;
        let mut path = ledger.clone().into_os_string();
        path.push("-wal");
        let (written, synced, broken) = (AtomicU64::new(0), tokio::sync::Mutex::new(0), OnceLock::new());
        Ok(Self(Arc::new(Inner { ledger, path: path.into(), written, synced, broken, checkpoints })))
    }

    /// Whether it still takes commits. After a sync that failed the system may have dropped what it could not write, and would call the next
    /// one a success: only a new process reads what is really there.
    pub(super) fn is_sound(&self) -> Result<(), sqlx::Error> {
        self.0.broken.get().map_or(Ok(()), |why| Err(sqlx::Error::Io(io::Error::other(why.clone()))))
    }

    /// Ends its checkpoints.
    pub(super) async fn close(&self) {
        self.0.checkpoints.close().await;
    }

    /// Takes down that a commit was written; its place.
    fn wrote(&self) -> u64 {
        self.0.checkpoints.count();
        self.0.written.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Waits until the commit at this place is on the disk.
    async fn sync(&self, place: u64) -> Result<(), sqlx::Error> {
        let mut synced = self.0.synced.lock().await;
        if *synced >= place {
            return Ok(());
        }
        self.is_sound()?;
        // What is counted by now stands in the file by now.
        let (reaches, log) = (self.0.written.load(Ordering::SeqCst), self.clone());
        let done = tokio::task::spawn_blocking(move || log.0.bring_to_disk()).await.unwrap_or_else(|fault| Err(io::Error::other(fault)));
        if let Err(fault) = done {
            let why = format!("{}: {fault}; what was committed last may be lost, restart this process", self.0.path.display());
            let _ = self.0.broken.set(why);
            return self.is_sound();
        }
        *synced = reaches;
        Ok(())
    }
}

impl Inner {
    /// A log that is not there was copied into its ledger when the last connection was closed.
    fn bring_to_disk(&self) -> io::Result<()> {
        match File::open(&self.path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => File::open(&self.ledger)?.sync_data(),
            log => log?.sync_data(),
        }
    }
}

/// A transaction that is committed: others read it, but the disk may not have it yet.
#[derive(Debug)]
#[must_use = "what is committed counts only once it is durable"]
pub struct Committed {
    /// The log and the place in it. `None`: the database has seen to it.
    log: Option<(Log, u64)>,
    mark: Option<(Arc<Marks>, TenantId, Mark)>,
    probe: Watch,
}

impl Committed {
    pub(super) fn new(log: Option<&Log>, probe: Watch) -> Self {
        Self { log: log.map(|log| (log.clone(), log.wrote())), mark: None, probe }
    }

    /// The mark that holds from then on: it is never ahead of what the disk has.
    pub(super) fn with_mark(self, marks: Arc<Marks>, tenant: TenantId, mark: Mark) -> Self {
        Self { mark: Some((marks, tenant, mark)), ..self }
    }

    /// Whether there is nothing to wait for.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.log.is_none()
    }

    /// Waits until a loss of power can't undo it.
    ///
    /// # Errors
    /// When the disk did not take it: then nobody knows whether it stands.
    pub async fn durable(self) -> Result<(), StoreError> {
        let failed = |fault| StoreError::Database { statement: "COMMIT", fault };
        if let Some((log, place)) = &self.log {
            log.sync(*place).await.map_err(failed)?;
        }
        if let Some((marks, tenant, mark)) = self.mark {
            marks.note(tenant, mark);
        }
        self.probe.after(Call::Commit).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn log(folder: &Path) -> Log {
        let ledger = folder.join("ledger.db");
        std::fs::write(&ledger, "").unwrap();
        Log::of(&ledger, Checkpoints::default()).unwrap()
    }

    #[tokio::test]
    async fn the_log_of_a_ledger_that_is_a_link_is_the_one_that_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("elsewhere.db"), folder.path().join("ledger.db"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let store = Store::open(&format!("sqlite:{}", link.display())).await.unwrap();
        store.migrate().await.unwrap();
        let log = store.log().expect("an embedded ledger");
        assert_eq!(log.0.path.file_name().unwrap(), "elsewhere.db-wal");
        assert!(log.0.path.metadata().unwrap().len() > 0, "SQLite writes it");
        store.close().await;
    }

    #[tokio::test]
    async fn a_commit_waits_for_its_sync() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("ledger.db").display())).await.unwrap();
        let log = store.log().expect("an embedded ledger").clone();
        let tx = store.begin().await.unwrap();
        let apart = tx.commit_apart().await.unwrap();
        assert!(!apart.is_durable() && *log.0.synced.lock().await == 0);
        let tx = store.begin().await.expect("the connection is free meanwhile");
        tx.commit().await.unwrap();
        assert_eq!(*log.0.synced.lock().await, 2, "the first with the second");
        apart.durable().await.unwrap();
        store.close().await;
    }

    #[tokio::test]
    async fn one_sync_serves_all_that_were_written_before_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ledger.db-wal"), "frames").unwrap();
        let log = log(folder.path());
        let (first, second) = (log.wrote(), log.wrote());
        log.sync(first).await.unwrap();
        assert_eq!(*log.0.synced.lock().await, second);
    }

    #[tokio::test]
    async fn a_log_that_was_copied_and_removed_has_nothing_to_bring() {
        let folder = tempfile::tempdir().unwrap();
        let log = log(folder.path());
        log.sync(log.wrote()).await.expect("its ledger has it");
        std::fs::remove_file(folder.path().join("ledger.db")).unwrap();
        log.sync(log.wrote()).await.expect_err("and without that nothing has it");
    }

    #[tokio::test]
    async fn after_a_sync_that_failed_nothing_is_taken_for_durable_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db-wal");
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let log = log(folder.path());
        let place = log.wrote();
        log.sync(place).await.expect_err("a file that can't be opened");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "frames").unwrap();
        assert!(log.sync(log.wrote()).await.unwrap_err().to_string().contains("restart this process"));
        log.is_sound().unwrap_err();
    }
}
