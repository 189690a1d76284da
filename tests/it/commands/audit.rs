//! `audit`: reading the history, and noticing that it was altered.

use super::place::{AT_ONCE, Place};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

/// Does to the ledger what somebody with the file could do.
async fn tamper(place: &Place, statements: &[&str]) {
    let options = SqliteConnectOptions::new().filename(place.path("data/ledger.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the ledger's file");
    for statement in statements {
        sqlx::query(AssertSqlSafe((*statement).to_owned())).execute(&mut connection).await.expect("the statement runs");
    }
    connection.close().await.expect("the file closes");
}

#[tokio::test]
async fn an_altered_entry_is_named() {
    let place = Place::new("");
    place.enrol(5, AT_ONCE);
    let clean = place.run(&["audit", "verify"]);
    assert!(clean.fine().starts_with("acme: 5 entries, unbroken; head "), "{}", clean.out);
    tamper(&place, &["DROP TRIGGER transition_no_update", "UPDATE transition SET actor = 'user:nobody' WHERE seq = 3"]).await;
    let broken = place.run(&["audit", "verify"]);
    assert_eq!(broken.code, 1);
    assert!(broken.out.contains("acme: BROKEN at entry 3"), "{}", broken.out);
    assert!(broken.err.contains("the history was altered: acme at entry 3"), "{}", broken.err);
    let object = &place.run(&["audit", "verify", "--tenant", "acme", "--json"]).objects()[0];
    assert_eq!((object["valid"].clone(), object["broken"]["seq"].clone()), (false.into(), 3.into()));
}

#[tokio::test]
async fn a_missing_entry_is_named_wherever_it_was() {
    for (gone, place_of) in [(2, 2), (5, 5)] {
        let place = Place::new("");
        place.enrol(5, AT_ONCE);
        tamper(&place, &["DROP TRIGGER transition_no_delete", &format!("DELETE FROM transition WHERE seq = {gone}")]).await;
        let broken = place.run(&["audit", "verify"]);
        assert!(broken.code == 1 && broken.out.contains(&format!("BROKEN at entry {place_of}: the entry is missing")), "{broken:?}");
    }
}

#[test]
fn pages_and_exports_hold_the_same_entries() {
    let place = Place::new("");
    place.enrol(5, AT_ONCE);
    let page = place.run(&["audit", "list", "--after", "2", "--limit", "2", "--json"]).objects();
    assert_eq!(page.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect::<Vec<_>>(), [3, 4]);
    let one = place.run(&["audit", "list", "--invoice", "RE-4", "--json"]).objects();
    assert!(!one.is_empty() && one.iter().all(|entry| entry["invoice"] == "RE-4"), "{one:?}");
    let lines = place.run(&["audit", "export"]);
    assert_eq!(lines.objects().len(), 5);
    place.run(&["audit", "export", "--format", "csv", "--output", "history.csv"]).fine();
    let mut csv = csv::Reader::from_path(place.path("history.csv")).expect("the export");
    let hash = csv.headers().expect("a heading").iter().position(|name| name == "hash").expect("hashes");
    let hashes: Vec<_> = csv.records().map(|row| row.expect("a row")[hash].to_owned()).collect();
    let wanted: Vec<_> = lines.objects().iter().map(|entry| entry["hash"].as_str().unwrap().to_owned()).collect();
    assert_eq!(hashes, wanted);
    let text = place.run(&["audit", "list"]);
    assert!(text.fine().lines().all(|line| line.chars().count() <= 110), "{}", text.out);
}
