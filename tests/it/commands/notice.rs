//! `notice`: what was sent, and the release of proposals.

use super::place::{AT_ONCE, Ended, Place};

fn count_is(count: usize) -> impl Fn(&Ended) -> bool {
    move |ended| ended.code == 0 && ended.objects().len() == count
}

#[test]
fn a_sent_mail_is_listed_shown_and_saved_as_it_was_sent() {
    let place = Place::new("");
    place.enrol(2, AT_ONCE);
    let _serving = place.serve();
    let sent = place.until(&["notice", "list", "--state", "sent", "--json"], count_is(2)).objects();
    let id = sent[0]["id"].as_str().unwrap();
    let shown = place.run(&["notice", "show", &id[..8], "--save", "saved"]);
    assert!(shown.fine().contains("RE-") && shown.out.contains(&format!("written to saved/{id}.eml")), "{}", shown.out);
    assert!(shown.out.lines().all(|line| line.chars().count() <= 110), "{}", shown.out);
    let saved = std::fs::read(place.path(&format!("saved/{id}.eml"))).unwrap();
    let outbox = std::fs::read(place.path(&format!("data/outbox/{id}.eml"))).unwrap();
    assert_eq!(saved, outbox, "what is kept is what was sent");
    assert_eq!(place.run(&["notice", "list", "--state", "failed", "--json"]).objects().len(), 0);
    let unknown = place.run(&["notice", "show", "ffffffff"]);
    assert!(unknown.code == 1 && unknown.err.contains("has no notice ffffffff"), "{unknown:?}");
    let no_id = place.run(&["notice", "show", "../x"]);
    assert!(no_id.code == 1 && no_id.err.contains("is no notice's id"), "{no_id:?}");
}

#[test]
fn a_proposal_leaves_when_it_is_released_and_not_before() {
    let place = Place::new("");
    place.enrol(2, &AT_ONCE.replacen("after_days = 0", "after_days = 0\nautomation = \"propose\"", 1));
    let _serving = place.serve();
    let proposed = place.until(&["notice", "list", "--state", "proposed", "--json"], count_is(2)).objects();
    let day = &proposed[0]["planned"].as_str().unwrap()[..10];
    assert_eq!(place.run(&["notice", "list", "--on", day, "--json"]).objects().len(), 2);
    assert_eq!(place.run(&["notice", "list", "--on", "1999-12-31", "--json"]).objects().len(), 0);
    let id = proposed[0]["id"].as_str().unwrap();
    place.run(&["notice", "release", id, "--reason", "looked at"]).fine();
    place.until(&["notice", "list", "--state", "sent", "--json"], count_is(1));
    let again = place.run(&["notice", "release", id, "--reason", "x"]);
    assert!(again.code == 1 && again.err.contains("not proposed"), "{again:?}");
    let other = proposed[1]["id"].as_str().unwrap();
    place.run(&["notice", "recall", other, "--reason", "not yet"]).fine();
    assert_eq!(place.run(&["notice", "show", other, "--json"]).objects()[0]["state"], "recalled");
}
