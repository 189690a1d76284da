//! `clock`: shown, doubted, confirmed; and what `doctor`, `notice show` and `instance show` say of time.

use super::place::{AT_ONCE, Place};
use mahnwerk::domain::time::Timestamp;
use mahnwerk::store::Store;

/// A planner looked at the ledger at this instant, as far as the ledger knows.
fn seen(place: &Place, at: Timestamp) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&format!("sqlite:{}", place.path("data/ledger.db").display())).await.unwrap();
        store.see_clock(at).await.unwrap();
        store.close().await;
    });
}

/// 1 January 2100, 12:00 UTC.
const FAR_AHEAD: Timestamp = Timestamp(4_102_488_000_000);

#[test]
fn a_doubted_clock_is_told_and_can_be_confirmed() {
    let place = Place::new("");
    place.enrol(1, AT_ONCE);
    assert!(place.run(&["clock", "show"]).fine().contains("never"));
    seen(&place, FAR_AHEAD);
    let shown = place.run(&["clock", "show", "--json"]).objects().remove(0);
    assert!(shown["doubt"].as_str().unwrap().contains("2100-01-01 12:00 UTC"), "{shown}");
    let doctor = place.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("FAILED   clock"), "{doctor:#?}");
    let unsaid = place.run(&["clock", "confirm"]);
    assert!(unsaid.code == 2 && unsaid.err.contains("--reason"), "{unsaid:#?}");
    place.run(&["clock", "confirm", "--reason", "the year was wrong"]).fine();
    let shown = place.run(&["clock", "show", "--json"]).objects().remove(0);
    assert_eq!((&shown["doubt"], &shown["confirmed"]["by"]), (&serde_json::Value::Null, &"user:tester".into()));
    assert_eq!(shown["confirmed"]["reason"], "the year was wrong");
    assert!(place.run(&["doctor"]).fine().contains("0 failed"));
}

#[test]
fn serve_plans_nothing_by_a_clock_that_it_doubts_and_goes_on_when_it_is_confirmed() {
    let place = Place::new("");
    place.enrol(1, AT_ONCE);
    seen(&place, FAR_AHEAD);
    let _serving = place.serve();
    let told = |place: &Place| std::fs::read_to_string(place.path("serve.log")).unwrap_or_default().contains("clock confirm");
    place.until(&["notice", "list"], |_| told(&place));
    assert_eq!(place.run(&["instance", "list", "--json"]).objects()[0]["state"], "waiting", "nothing was planned");
    place.run(&["clock", "confirm", "--reason", "the year was wrong"]).fine();
    place.until(&["notice", "list", "--json"], |ended| ended.out.contains("\"sent\""));
    let shown = place.run(&["instance", "show", "RE-1", "--json"]).objects();
    let notice = shown.iter().find(|object| object["type"] == "notice").unwrap();
    assert!(notice["late_seconds"].as_i64().unwrap() > 86_400, "{notice}");
    let id = notice["id"].as_str().unwrap();
    let text = place.run(&["notice", "show", id]);
    let late = text.fine().lines().find(|line| line.starts_with("late ")).unwrap_or_default().to_owned();
    assert!(late.contains("days"), "{text:#?}");
}
