//! How PostgreSQL runs a burst: it may not walk through what other rows of the burst have written. What it thinks of a table hangs on when it
//! counted its rows.

use crate::support::ledger::TestLedger;
use mahnwerk::store::statement::Dialect;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

#[tokio::test]
async fn steps_of_a_batch_are_found_by_their_keys() {
    let ledger = TestLedger::postgres().await;
    let mut connection = PgConnection::connect(&ledger.url).await.expect("a connection");
    // In the midst of a burst; whose notices they are does not matter here.
    let burst = "SET session_replication_role = replica;
        INSERT INTO step (tenant_id, id, notice_id, position, pool, last, state, attempt, due_at, epoch)
        SELECT 1, n, CAST(n AS TEXT), 0, 'send', 1, CASE WHEN n % 10 = 0 THEN 'queued' ELSE 'done' END, 1, 0, 0 FROM generate_series(1, 3000) AS n";
    sqlx::raw_sql(burst).execute(&mut connection).await.expect("rows");
    ledger.store.count_grown_tables().await.expect("counted");
    // What a plan that is kept for all values would be.
    sqlx::raw_sql("SET plan_cache_mode = force_generic_plan").execute(&mut connection).await.expect("a setting");
    for name in ["step start", "steps started", "step settle", "step settle held"] {
        let statement = mahnwerk::store::statements().into_iter().find(|statement| statement.name == name).expect(name);
        let plan = plan(&mut connection, statement.sql(Dialect::Postgres)).await;
        assert!(plan.contains("step_pkey") && !plan.contains("Join Filter"), "{name}:\n{plan}");
    }
}

async fn plan(connection: &mut PgConnection, sql: &str) -> String {
    let parameters = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
    let run = format!("EXPLAIN EXECUTE planned({})", vec!["NULL"; parameters].join(", "));
    sqlx::raw_sql(AssertSqlSafe(format!("PREPARE planned AS {sql}"))).execute(&mut *connection).await.expect("a statement");
    let lines = sqlx::raw_sql(AssertSqlSafe(run)).fetch_all(&mut *connection).await.expect("a plan");
    sqlx::raw_sql("DEALLOCATE planned").execute(connection).await.expect("an end");
    lines.iter().map(|line| line.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_table_that_has_grown_is_counted_once_nobody_is_at_it() {
    let ledger = TestLedger::postgres().await;
    assert_eq!(ledger.store.count_grown_tables().await.expect("nothing to count"), Vec::<String>::new());
    // By nobody else meanwhile.
    let grow = "CREATE TABLE \"Grown\" WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 20000) AS n";
    ledger.sql(grow).await.expect("a table");
    let mut other = PgConnection::connect(&ledger.url).await.expect("a connection");
    let busy = "BEGIN; LOCK TABLE \"Grown\" IN SHARE UPDATE EXCLUSIVE MODE";
    sqlx::raw_sql(busy).execute(&mut other).await.expect("somebody who is at it");
    ledger.store.count_grown_tables().await.expect("it is passed over");
    assert!(counted(&ledger).await <= 0, "nobody has counted it");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.expect("an end");
    assert_eq!(ledger.store.count_grown_tables().await.expect("counted"), ["\"Grown\""]);
    assert_eq!(counted(&ledger).await, 20_000);
    assert_eq!(ledger.store.count_grown_tables().await.expect("nothing new"), Vec::<String>::new());
    let embedded = TestLedger::sqlite().await;
    assert!(embedded.store.count_grown_tables().await.expect("nothing to do").is_empty());
}

async fn counted(ledger: &TestLedger) -> i64 {
    ledger.number("SELECT CAST(reltuples AS BIGINT) AS n FROM pg_class WHERE relname = 'Grown'").await
}
