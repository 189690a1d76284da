//! Checkpoints of an embedded ledger: what its write-ahead log has grown by is copied into it by a connection of its own, beside the one
//! that writes. That one sees to it only when this could not keep up (`AUTOMATIC_PAGES` in [`super::open`]), and then little is left to copy.

use sqlx::sqlite::SqlitePool;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// After so many commits it is looked how far the log has grown.
const COMMITS: u32 = 16;
/// It is copied when it has grown by so many pages, 32 MB: a page that is written many times in a burst is copied once for all of them.
const PAGES: i64 = 8000;

/// By default there are none but SQLite's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkpoints(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    connection: SqlitePool,
    commits: AtomicU32,
    looking: AtomicBool,
}

impl Checkpoints {
    /// By this connection, which nobody else uses.
    pub(super) fn by(connection: SqlitePool) -> Self {
        Self(Some(Arc::new(Inner { connection, commits: AtomicU32::new(0), looking: AtomicBool::new(false) })))
    }

    /// Waits for one that is under way, and makes none any more.
    pub(super) async fn close(&self) {
        if let Some(inner) = &self.0 {
            inner.connection.close().await;
        }
    }

    /// Takes down a commit; now and then looks whether a checkpoint is due, which goes on by itself.
    pub(super) fn count(&self) {
        let Some(inner) = &self.0 else { return };
        if inner.commits.fetch_add(1, Ordering::Relaxed) + 1 < COMMITS || inner.looking.swap(true, Ordering::Acquire) {
            return;
        }
        inner.commits.store(0, Ordering::Relaxed);
        let inner = inner.clone();
        tokio::spawn(async move {
            if let Err(error) = inner.look().await {
                tracing::debug!(%error, "the write-ahead log could not be copied into the ledger; it is tried again");
            }
            inner.looking.store(false, Ordering::Release);
        });
    }
}

impl Inner {
    async fn look(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.connection.acquire().await?;
        let (_, pages, copied): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(NOOP)").fetch_one(&mut *connection).await?;
        if pages - copied >= PAGES {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_all(&mut *connection).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Store;
    use crate::store::statement::Statement;

    static TABLE: Statement = Statement::new("a test's table", "CREATE TABLE much (bytes BLOB)");
    static MUCH: Statement = Statement::new("a test's row", "INSERT INTO much VALUES (zeroblob(1000000))");

    /// 64 MB, which the connection that writes would leave in the log.
    #[tokio::test]
    async fn the_log_is_copied_beside_the_connection_that_writes() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.db");
        let store = Store::open(&format!("sqlite:{}", ledger.display())).await.unwrap();
        let write = async |statement| {
            let mut tx = store.begin().await.unwrap();
            tx.run(statement, &[]).await.unwrap();
            tx.commit().await.unwrap();
        };
        write(&TABLE).await;
        for _ in 0..64 {
            write(&MUCH).await;
        }
        // Looks are made by commits, and go on beside them.
        while std::fs::metadata(&ledger).unwrap().len() < 32_000_000 {
            store.begin().await.unwrap().commit().await.unwrap();
        }
        store.close().await;
    }
}
