//! How SQLite runs the batch statements: from the batch into the tables, never from a table into the batch.
//!
//! The batch is a JSON text; its rows have no index. A plan that walks a table and looks through the batch for each of
//! its rows gets slower with every row that the ledger has: an import of 60,000 invoices took minutes.

use mahnwerk::store::Store;
use mahnwerk::store::statement::{Dialect, Statement};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection};
use std::path::Path;

#[tokio::test]
async fn batch_statements_start_from_the_batch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut connection = empty_ledger(folder.path()).await;
    let mut slow = Vec::new();
    for statement in mahnwerk::store::statements() {
        // Its batch is a handful of workflows, and it ends at the first place that fits.
        if statement.name == "slot heads" {
            continue;
        }
        let plan = plan(&mut connection, statement).await;
        if !starts_from_the_batch(&plan) {
            slow.push(format!("{}:\n    {}", statement.name, plan.join("\n    ")));
        }
    }
    assert!(slow.is_empty(), "{} statements look through the batch once for each row of a table:\n{}", slow.len(), slow.join("\n"));
}

/// Statements that read a whole table or tenant by what they are for, on a person's word: lists, reports, sums that are kept for a while, a restored ledger, a clock
/// that was set right. And those of which SQLite shows how it would look for orphans, had a transaction left any.
const WHOLE: &[&str] = &[
    "slot heads",
    "invoices by number",
    "instance list",
    "notice list",
    "instance counts",
    "notice counts",
    "step counts",
    "dispatches",
    "dispatched stages",
    "fence list",
    "fence customers",
    "fence due",
    "clock pull steps",
    "slot workflows",
    "editions in use",
    "publication newest",
    "secret list",
    "overview receivables",
    "overview invoiced",
    "versions with instances",
    "board done",
    "overview places",
    "strays",
    "overview addressless",
    "transitions sought of invoices",
    "tenant create",
    "customer insert",
];

#[tokio::test]
async fn no_statement_walks_through_a_whole_tenant() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut connection = empty_ledger(folder.path()).await;
    let mut slow = Vec::new();
    for statement in mahnwerk::store::statements() {
        let plan = plan(&mut connection, statement).await;
        let is_list = statement.name.starts_with("list ");
        if plan.iter().any(|line| walks(line)) && !is_list && !WHOLE.contains(&statement.name) {
            slow.push(format!("{}:\n    {}", statement.name, plan.join("\n    ")));
        }
    }
    assert!(slow.is_empty(), "{} statements walk through everything that a tenant has:\n{}", slow.len(), slow.join("\n"));
}

/// Lists end after a page: where they walk, they do so in the order of an index, and sort nothing first.
#[tokio::test]
async fn pages_of_lists_are_read_in_order() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut connection = empty_ledger(folder.path()).await;
    let (mut slow, mut seen) = (Vec::new(), 0);
    for statement in mahnwerk::store::statements() {
        let walks = statement.name.starts_with("list ") && statement.name.contains(" by ");
        if !walks && !matches!(statement.name, "list notices" | "list notices down") {
            continue;
        }
        seen += 1;
        let plan = plan(&mut connection, statement).await;
        if plan.iter().any(|line| line.contains("TEMP B-TREE") || line.starts_with("SCAN ")) {
            slow.push(format!("{}:\n    {}", statement.name, plan.join("\n    ")));
        }
    }
    assert_eq!(seen, 16, "all walks are looked at");
    assert!(slow.is_empty(), "{} lists are sorted whole before their first page:\n{}", slow.len(), slow.join("\n"));
}

/// What is searched for is looked up in an index that holds the words; of invoices nothing else is read.
#[tokio::test]
async fn searches_read_an_index() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut connection = empty_ledger(folder.path()).await;
    for statement in mahnwerk::store::statements().into_iter().filter(|statement| statement.name.ends_with(" found")) {
        let plan = plan(&mut connection, statement).await;
        let first = |table: &str| plan.iter().find(|line| line.split_whitespace().nth(1) == Some(table)).cloned();
        let (customers, invoices) = (first("c"), first("v"));
        assert!(customers.is_none_or(|line| line.contains("INDEX customer_search")), "{}:\n    {}", statement.name, plan.join("\n    "));
        assert!(invoices.is_none_or(|line| line.contains("COVERING INDEX")), "{}:\n    {}", statement.name, plan.join("\n    "));
    }
}

/// A table from one end to the other, or all that one tenant has of it. A partial index holds only what is pressing; there are few accounts, publications and secrets.
fn walks(line: &str) -> bool {
    const SMALL: &[&str] = &[
        "tenant",
        "sender",
        "workflow",
        "process",
        "clock",
        "slot",
        "source",
        "account",
        "membership",
        "invitation",
        "api_token",
        "webhook",
        "publication",
        "sealed_secret",
        "r",
        "t",
        "b",
        "k",
    ];
    let pressing = ["instance_due", "instance_slot", "instance_quota", "block_open", "block_until", "notice_attention", "step_"];
    let table = line.split_whitespace().nth(1).unwrap_or_default();
    let all = line.starts_with("SCAN ") || (line.starts_with("SEARCH ") && line.ends_with("(tenant_id=?)"));
    all && !SMALL.contains(&table) && !table.starts_with('(') && table != "CONSTANT" && !pressing.iter().any(|index| line.contains(index))
}

/// A ledger without rows, as SQLite sees it.
async fn empty_ledger(folder: &Path) -> SqliteConnection {
    let path = folder.join("ledger.db");
    let store = Store::open(&format!("sqlite:{}", path.display())).await.expect("a ledger");
    store.migrate().await.expect("its tables");
    store.close().await;
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&path)).await.expect("the ledger's file")
}

async fn plan(connection: &mut SqliteConnection, statement: &'static Statement) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {}", statement.sql(Dialect::Sqlite));
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await;
    let rows = rows.unwrap_or_else(|error| panic!("{}: {error}", statement.name));
    rows.iter().map(|row| row.get::<String, _>("detail")).collect()
}

/// The first table of the plan is the batch; a list that is made of it once (`IN (SELECT … FROM batch)`) is as good.
fn starts_from_the_batch(plan: &[String]) -> bool {
    let Some(place) = plan.iter().position(|line| line.starts_with("SCAN r ")) else { return true };
    let as_list = plan[..place].iter().any(|line| line.starts_with("LIST SUBQUERY"));
    as_list || !plan[..place].iter().any(|line| line.starts_with("SEARCH ") || line.starts_with("SCAN "))
}
