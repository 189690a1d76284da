//! The ledger's promises, on SQLite and PostgreSQL alike: every statement, and what the engine builds on them.
//!
//! Each story is told once, as an async function over a [`TestLedger`](crate::support::ledger::TestLedger), and run on
//! both. The stories go through the engine where it has a way, through the store's own methods where it has none.

/// Runs each story on both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::ledger::TestLedger::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::ledger::TestLedger::postgres().await).await;
            })+
        }
    };
}

mod addresses;
mod alike;
mod backlog;
mod blocks;
mod chain;
mod claims;
mod commits;
mod details;
mod facts;
mod late;
mod news;
mod operations;
mod order;
mod places;
mod processes;
mod recalls;
mod sending;
mod statements;
mod throttle;
