//! The mark on a real Redis: further ones replace it, older ones do not, a new lineage does.

use crate::support::redis::RedisServer;
use mahnwerk::domain::ids::TenantId;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::store::mark::Mark;
use mahnwerk::workers::MarkShelf;

fn mark(seq: i64, lineage: &str) -> Mark {
    Mark { seq, hash: [9; 32], lineage: lineage.to_owned(), at: Timestamp(seq) }
}

#[tokio::test]
async fn the_furthest_mark_of_the_lineage_that_lives_stands_on_redis() {
    let server = RedisServer::start().await;
    let (one, other) = (MarkShelf::open(&server.url(), "m").await.unwrap(), MarkShelf::open(&server.url(), "m").await.unwrap());
    assert_eq!(one.read().await.unwrap(), []);
    let first = TenantId(1);
    one.write(&[(first, mark(7, "")), (TenantId(2), mark(1, ""))]).await.unwrap();
    other.write(&[(first, mark(5, ""))]).await.unwrap();
    let of_first = async || one.read().await.unwrap().into_iter().find(|(tenant, _)| *tenant == first).map(|(_, mark)| mark);
    assert_eq!(of_first().await, Some(mark(7, "")), "a process that lags does not set it back");
    other.write(&[(first, mark(10, ""))]).await.unwrap();
    assert_eq!(of_first().await, Some(mark(10, "")));
    one.write(&[(first, mark(3, "ab12"))]).await.unwrap();
    assert_eq!(of_first().await, Some(mark(3, "ab12")), "after a lift");
    let elsewhere = MarkShelf::open(&server.url(), "another").await.unwrap();
    assert_eq!(elsewhere.read().await.unwrap(), [], "installations share a server");
}
