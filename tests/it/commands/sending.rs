//! `sending`: the switch, and what a person sees of it.

use super::place::{AT_ONCE, Place};

#[test]
fn off_holds_everything_back_and_says_so() {
    let place = Place::new("");
    place.enrol(2, AT_ONCE);
    let off = place.run(&["sending", "off", "--reason", "stocktaking", "--as", "anna"]);
    assert_eq!(off.fine(), "tenant acme: sending is off; nothing is issued or sent\n");
    assert!(place.run(&["sending", "off", "--reason", "x"]).fine().contains("off already"));
    let shown = place.run(&["instance", "show", "RE-1", "--json"]).objects()[0].clone();
    let why = shown["not_sent_because"].as_str().unwrap().to_owned();
    assert!(why.starts_with("sending is off since ") && why.ends_with(" by user:anna: stocktaking"), "{why}");
    assert_eq!((&shown["next_possible"], &shown["held_back"]), (&serde_json::Value::Null, &serde_json::Value::Bool(true)));
    {
        let _serve = place.serve();
        // It runs, and has taken the tenant on: its log says so.
        let taken_on = || std::fs::read_to_string(place.path("serve.log")).unwrap_or_default().contains("taken on");
        place.until(&["sending", "show", "--json"], |_| taken_on());
        assert_eq!(place.run(&["notice", "list", "--json"]).objects().len(), 0);
        place.run(&["sending", "on", "--reason", "done", "--as", "anna"]).fine();
        let sent = ["notice", "list", "--state", "sent", "--json"];
        place.until(&sent, |ended| ended.code == 0 && ended.objects().len() == 2);
    }
    let objects = place.run(&["sending", "show", "--json"]).objects();
    assert_eq!((objects[0]["sending"].as_str(), objects[0]["places"].as_i64()), (Some("on"), Some(2)));
    let told: Vec<_> = objects[1..].iter().map(|entry| format!("{} {} {}", entry["to"], entry["by"], entry["reason"])).collect();
    assert_eq!(told, ["\"off\" \"user:anna\" \"stocktaking\"", "\"on\" \"user:anna\" \"done\""]);
    let audit = place.run(&["audit", "list", "--json"]).objects();
    assert_eq!(audit.iter().filter(|entry| entry["cause"] == "sending" && entry["instance"] == 0).count(), 2);
    place.run(&["audit", "verify"]).fine();
    assert!(place.run(&["sending", "show"]).fine().contains("on: notices leave"));
}

#[test]
fn a_reason_is_needed() {
    let place = Place::new("");
    place.enrol(1, AT_ONCE);
    assert_eq!(place.run(&["sending", "off"]).code, 2);
    assert_eq!(place.run(&["sending", "off", "--reason", " "]).code, 1);
}
