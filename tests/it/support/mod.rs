//! What several integration tests stand on.

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

pub(crate) mod authority;
pub(crate) mod dice;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod world;
