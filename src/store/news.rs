//! Word from other processes that a tenant has news: facts came in, or a person acted.
//!
//! Only a wake-up: it carries nothing, may be lost, and the planner looks at least once a tick without it. PostgreSQL
//! delivers it with the commit (NOTIFY); an embedded ledger has no such way.

use super::db::{Pools, Store, Tx, Value};
use super::error::StoreError;
use super::statement::{Dialect, Statement};
use super::tenant::TenantTx;
use sqlx::postgres::{PgListener, PgPoolOptions};

const CHANNEL: &str = "mahnwerk_news";

// PostgreSQL alone knows these words.
static TELL: Statement = Statement::new("tell news", "SELECT CAST(pg_notify($1, '') AS TEXT) AS told");

/// Hears the other processes' news on a connection of its own.
#[derive(Debug)]
pub struct News(PgListener);

impl Store {
    /// Starts to listen; `None` on an embedded ledger.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn news(&self) -> Result<Option<News>, StoreError> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(None) };
        let failed = |fault| StoreError::Database { statement: "LISTEN", fault };
        let own = PgPoolOptions::new().max_connections(1).connect_lazy_with(pool.connect_options().as_ref().clone());
        let mut listener = PgListener::connect_with(&own).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok(Some(News(listener)))
    }
}

impl News {
    /// Waits for the next news. A connection that was lost is made anew; what was told meanwhile is lost.
    ///
    /// # Errors
    /// When the database can't be reached.
    pub async fn next(&mut self) -> Result<(), StoreError> {
        // `None` is a connection that was lost and is there again: something may have been told meanwhile.
        self.0.try_recv().await.map(drop).map_err(|fault| StoreError::Database { statement: "LISTEN", fault })
    }
}

impl TenantTx {
    /// Tells the other processes, with this transaction's commit, that there are news.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tell(&mut self) -> Result<(), StoreError> {
        tell(&mut self.tx).await
    }
}

/// As [`TenantTx::tell`], in a transaction that holds no head.
pub(super) async fn tell(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.rows(&TELL, &[Value::Text(CHANNEL)]).await?;
    }
    Ok(())
}
