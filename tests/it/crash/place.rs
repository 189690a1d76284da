//! Where a story's ledger lies, and the observer beside it: plain SQL past the engine, unwatched and unhurt by crashes.

use crate::support::ledger::TestLedger;
use mahnwerk::store::statement::Statement;
use mahnwerk::store::{Row, Store, Value};
use std::path::PathBuf;
use tokio::sync::OnceCell;

#[derive(Debug)]
enum Kept {
    File { path: PathBuf, _folder: tempfile::TempDir },
    Database(TestLedger),
}

/// A fresh, migrated ledger that goes with the story.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) observer: Store,
    kept: Kept,
}

static STARTED: Statement =
    Statement::new("crash started", "SELECT notice_id FROM step WHERE tenant_id = $1 AND state = 'started' AND pool <> 'print'");

/// A migrated, empty file: copied for each story, for migrating takes longer than most stories.
async fn template() -> &'static [u8] {
    static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = folder.path().join("ledger.db");
            let store = Store::open_temporary(&path).await.expect("a ledger");
            store.migrate().await.expect("its tables");
            store.close().await;
            std::fs::read(&path).expect("the closed ledger is one file")
        })
        .await
}

impl Place {
    /// A file of its own that waits for no disk: what a dead process had committed stands all the same.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ledger.db");
        std::fs::write(&path, template().await).expect("a copy of the empty ledger");
        let observer = Store::open_temporary(&path).await.expect("the ledger opens");
        Self { observer, kept: Kept::File { path, _folder: folder } }
    }

    pub(crate) async fn postgres() -> Self {
        let ledger = TestLedger::postgres().await;
        Self { observer: ledger.store.clone(), kept: Kept::Database(ledger) }
    }

    /// As a process opens it.
    pub(crate) async fn open(&self) -> Store {
        match &self.kept {
            Kept::File { path, .. } => Store::open_temporary(path).await,
            Kept::Database(ledger) => Store::open(&ledger.url).await,
        }
        .expect("the ledger opens")
    }

    /// Rows of the observer's own SQL.
    pub(crate) async fn rows(&self, statement: &'static Statement, values: &[Value<'_>]) -> Vec<Row> {
        self.observer.rows(statement, values).await.expect("the observer's own SQL")
    }

    /// Notices of which a mail or a letter had been begun and not ended.
    pub(crate) async fn started(&self) -> Vec<String> {
        let rows = self.rows(&STARTED, &[Value::Int(1)]).await;
        rows.iter().map(|row| row.text("notice_id").expect("an id")).collect()
    }
}

const TABLES: [&str; 12] =
    ["tenant", "sender", "workflow", "customer", "document", "invoice", "payment", "block", "instance", "slot", "notice", "notice_line"];

impl Place {
    /// A digest of every row of a SQLite ledger; empty for PostgreSQL.
    pub(crate) async fn digest(&self) -> String {
        use sqlx::{AssertSqlSafe, Connection, Row};
        let Kept::File { path, .. } = &self.kept else { return String::new() };
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("the ledger's file");
        let mut content = String::new();
        for table in TABLES.into_iter().chain(["step", "transition"]) {
            let columns = format!("SELECT group_concat('quote(' || name || ')', ' || '','' || ') AS c FROM pragma_table_info('{table}')");
            let columns: String = sqlx::query(AssertSqlSafe(columns)).fetch_one(&mut connection).await.expect("columns").get("c");
            let rows =
                sqlx::query(AssertSqlSafe(format!("SELECT {columns} AS r FROM {table} ORDER BY 1"))).fetch_all(&mut connection).await;
            for row in rows.expect("rows") {
                content.push_str(table);
                content.push_str(&row.get::<String, _>("r"));
                content.push('\n');
            }
        }
        connection.close().await.expect("a clean end");
        mahnwerk::domain::chain::hex(&mahnwerk::domain::chain::digest(content.as_bytes()))
    }
}
