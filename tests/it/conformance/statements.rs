//! Every statement, prepared; and what a ledger must be before the first of them.

use crate::support::ledger::TestLedger;
use crate::support::world::World;
use mahnwerk::store::statement::Dialect;
use mahnwerk::store::{Store, StoreError, statements};
use std::collections::BTreeSet;

on_both!(
    every_statement_can_be_prepared,
    migrating_again_changes_nothing,
    a_transaction_that_is_dropped_leaves_nothing,
    a_tenant_that_is_not_there_is_an_error,
    tenants_are_made_once,
    a_word_that_is_none_is_refused
);

async fn every_statement_can_be_prepared(ledger: TestLedger) {
    let all = statements();
    let names: BTreeSet<_> = all.iter().map(|statement| statement.name).collect();
    assert_eq!(names.len(), all.len(), "names are unique, or an error names the wrong statement");
    assert!(all.len() > 70, "only {} statements: a list was forgotten in store::statements()", all.len());
    let mut broken = Vec::new();
    for statement in all {
        if let Err(error) = ledger.store.prepare(statement).await {
            broken.push(error.to_string());
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

async fn migrating_again_changes_nothing(ledger: TestLedger) {
    let tenant = ledger.store.tenant_named("a", mahnwerk::domain::time::Timestamp(0)).await.unwrap();
    ledger.store.migrate().await.unwrap();
    let again = Store::open(&ledger.url).await.unwrap();
    again.migrate().await.unwrap();
    assert_eq!(again.tenants().await.unwrap(), [(tenant, "a".to_owned())]);
    again.close().await;
}

async fn a_transaction_that_is_dropped_leaves_nothing(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let mut tx = world.ledger.store.begin_tenant(world.tenant).await.unwrap();
    tx.publish_workflow("probe", "hash", "source", mahnwerk::domain::time::Timestamp(0)).await.unwrap();
    drop(tx);
    assert!(world.ledger.store.workflows(world.tenant).await.unwrap().is_empty());
}

async fn a_tenant_that_is_not_there_is_an_error(ledger: TestLedger) {
    let missing = mahnwerk::domain::ids::TenantId(99);
    let error = ledger.store.begin_tenant(missing).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: "tenant lock", .. }), "{error}");
    assert!(ledger.store.chain_head(missing).await.is_err());
    assert_eq!(ledger.store.find_tenant("nobody").await.unwrap(), None);
}

/// Also when many ask at once.
async fn tenants_are_made_once(ledger: TestLedger) {
    let now = mahnwerk::domain::time::Timestamp(0);
    let asked = (0..8).map(|_| ledger.store.tenant_named("müller", now));
    let ids: BTreeSet<_> = futures::future::join_all(asked).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let other = ledger.store.tenant_named("Müller", now).await.unwrap();
    assert!(!ids.contains(&other), "names differ by case");
    let names: Vec<_> = ledger.store.tenants().await.unwrap().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["Müller", "müller"], "by bytes");
}

async fn a_word_that_is_none_is_refused(ledger: TestLedger) {
    let columns = "INSERT INTO step (tenant_id, id, notice_id, position, pool, last, state, attempt, due_at, epoch) VALUES (1, 1, 'n', 0,";
    for wrong in ["'fax', 1, 'queued', 1, 1, 0)", "'send', 1, 'sent', 1, 1, 0)", "'send', 2, 'queued', 1, 1, 0)"] {
        let error = ledger.sql(&format!("{columns} {wrong}")).await.unwrap_err().to_string();
        assert!(error.to_lowercase().contains("check constraint"), "{wrong}: {error}");
    }
}

/// What durability hangs on, as the write connection really has it.
#[tokio::test]
async fn the_embedded_ledger_waits_for_the_disk() {
    let ledger = TestLedger::sqlite().await;
    assert_eq!(ledger.dialect(), Dialect::Sqlite);
    let pragma = async |name: &str| ledger.number(&format!("SELECT {name} AS n FROM pragma_{name}")).await;
    assert_eq!(pragma("synchronous").await, 1, "NORMAL: the log is brought to the disk after each commit, outside of it");
    assert_eq!(pragma("foreign_keys").await, 1);
    assert_eq!(ledger.rows("SELECT journal_mode AS n FROM pragma_journal_mode").await[0].text("n").unwrap(), "wal");
}

/// SQLite builds such a list anew for every row that it is compared with: it was half of what writing a step cost.
#[tokio::test]
async fn no_check_and_no_index_of_what_every_stage_writes_has_a_list() {
    let ledger = TestLedger::sqlite().await;
    let hot = "'customer', 'invoice', 'payment', 'block', 'instance', 'notice', 'notice_line', 'step', 'transition', 'document'";
    let rows = ledger.rows(&format!("SELECT name, sql FROM sqlite_schema WHERE tbl_name IN ({hot}) AND sql IS NOT NULL")).await;
    assert!(rows.len() > 20, "{} tables and indexes", rows.len());
    for row in rows {
        let (name, sql) = (row.text("name").unwrap(), row.text("sql").unwrap());
        for list in sql.split(" IN (").skip(1) {
            let list = list.split(')').next().unwrap();
            assert!(list.matches(',').count() < 2, "{name}: write IN ({list}) as a chain of OR");
        }
    }
}

#[tokio::test]
async fn the_embedded_ledger_serves_one_process() {
    let ledger = TestLedger::sqlite().await;
    let taken = ledger.store.clone().take_for_engine().unwrap();
    let other = Store::open(&ledger.url).await.unwrap();
    let error = other.clone().take_for_engine().unwrap_err();
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(taken);
    other.take_for_engine().unwrap();
}

#[tokio::test]
async fn a_postgresql_ledger_serves_many() {
    let ledger = TestLedger::postgres().await;
    let _one = ledger.store.clone().take_for_engine().unwrap();
    let _other = Store::open(&ledger.url).await.unwrap().take_for_engine().unwrap();
}

#[tokio::test]
async fn a_url_that_is_none_says_what_to_write() {
    for url in ["ledger.db", "mysql://localhost/x", ""] {
        let error = Store::open(url).await.unwrap_err().to_string();
        assert!(error.contains("write sqlite:PATH or postgres://"), "{error}");
    }
}
