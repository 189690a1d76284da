//! Turns of a key: one after the other over all processes, and none for who would wait too long.

use crate::support::ledger::TestLedger;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::store::Store;
use std::collections::BTreeSet;

on_both!(turns_follow_each_other_whoever_takes_them, a_pause_holds_for_everybody);

const KEY: [u8; 32] = [1; 32];
const NOW: Timestamp = Timestamp(1_700_000_000_000);

async fn turns_follow_each_other_whoever_takes_them(ledger: TestLedger) {
    let other = Store::open(&ledger.url).await.unwrap();
    let takes = (0..20).map(|number| {
        let store = if number % 2 == 0 { ledger.store.clone() } else { other.clone() };
        tokio::spawn(async move { store.take_turn(&KEY, NOW, 550, 60_000).await.unwrap().unwrap().0 })
    });
    let turns: BTreeSet<i64> = futures::future::join_all(takes).await.into_iter().map(Result::unwrap).collect();
    let expected: BTreeSet<i64> = (0..20).map(|number| NOW.0 + number * 550).collect();
    assert_eq!(turns, expected);
    // The next one is eleven seconds away.
    assert_eq!(ledger.store.take_turn(&KEY, NOW, 550, 10_000).await.unwrap(), None);
    assert_eq!(ledger.store.take_turn(&KEY, NOW, 550, 11_000).await.unwrap(), Some(Timestamp(NOW.0 + 11_000)));
    assert_eq!(ledger.store.take_turn(&[2; 32], NOW, 550, 0).await.unwrap(), Some(NOW), "another key has turns of its own");
    let later = Timestamp(NOW.0 + 100_000);
    assert_eq!(ledger.store.take_turn(&KEY, later, 550, 0).await.unwrap(), Some(later), "what nobody took is not made up for");
}

async fn a_pause_holds_for_everybody(ledger: TestLedger) {
    let store = &ledger.store;
    store.pause_turns(&KEY, Timestamp(NOW.0 + 30_000)).await.unwrap();
    store.pause_turns(&KEY, Timestamp(NOW.0 + 10_000)).await.unwrap();
    assert_eq!(store.take_turn(&KEY, NOW, 550, 29_999).await.unwrap(), None);
    assert_eq!(store.take_turn(&KEY, NOW, 550, 30_000).await.unwrap(), Some(Timestamp(NOW.0 + 30_000)));
    // A clock that ran ahead for a day does not shut the key out for a day.
    store.pause_turns(&KEY, Timestamp(NOW.0 + 86_400_000)).await.unwrap();
    assert_eq!(store.take_turn(&KEY, NOW, 550, 0).await.unwrap(), Some(NOW));
}
