//! `customer`: addresses, as a person sees and changes them.

use super::place::{AT_ONCE, Place};

#[test]
fn addresses_are_shown_entered_and_blocked() {
    let place = Place::new("address_rule = [\"by_hand\", \"business\"]\n");
    place.enrol(1, AT_ONCE);
    let run = |args: &[&str]| place.run(&[&["customer"], args, &["--json"]].concat()).objects()[0].clone();
    let shown = run(&["show", "C1"]);
    assert_eq!((&shown["address"], &shown["rule"]), (&"c1@customers.example".into(), &"business".into()));
    let given = run(&["address", "C1", "dunning@customers.example", "--reason", "on the phone"]);
    assert_eq!((&given["address"], &given["rule"]), (&"dunning@customers.example".into(), &"by_hand".into()));
    let blocked = run(&["block", "C1", "dunning@customers.example", "--reason", "bounced"]);
    assert_eq!((&blocked["address"], &blocked["addresses"][0]["blocked"]), (&"c1@customers.example".into(), &"bounced".into()));
    run(&["block", "C1", "c1@customers.example", "--reason", "bounced, too"]);
    let text = place.run(&["customer", "show", "C1"]);
    insta::assert_snapshot!(text.fine(), @r#"
    customer       C1
    notices to     paper: no address is usable
    by rule        by_hand, business

    kind      address
    by_hand   dunning@customers.example  not used: bounced
    business  c1@customers.example       not used: bounced, too
    "#);
    run(&["unblock", "C1", "c1@customers.example", "--reason", "mended"]);
    let forgotten = run(&["forget", "C1", "--reason", "out of date"]);
    assert_eq!(forgotten["addresses"].as_array().unwrap().len(), 1);
    let decided = run(&["language", "C1", "EN", "--reason", "speaks English"]);
    assert_eq!(decided["language_by_hand"], "en");
    let decided = run(&["channel", "C1", "email_and_post", "--reason", "so wished"]);
    assert_eq!(decided["channel_by_hand"], "email_and_post");
    let fax = place.run(&["customer", "channel", "C1", "fax", "--reason", "x"]);
    assert!(fax.code == 1 && fax.err.contains("write email, post or email_and_post"), "{fax:?}");
    let decided = run(&["language", "C1", "--as-imported", "--reason", "not any more"]);
    assert!(decided["language_by_hand"].is_null());
    place.run(&["instance", "pause", "--customer", "C1", "--owner", "Frau Lang", "--reason", "in court"]).fine();
    let text = place.run(&["customer", "show", "C1"]).out;
    assert!(text.contains("sent by        email_and_post, decided by hand"), "{text}");
    assert!(text.contains("all of it until it is resumed, looked after by Frau Lang: in court"), "{text}");
    let unknown = place.run(&["customer", "show", "C9"]);
    assert!(unknown.code == 1 && unknown.err.contains("has no customer C9"), "{unknown:?}");
    let wrong = place.run(&["customer", "address", "C1", "Anna", "--reason", "x"]);
    assert!(wrong.code == 1 && wrong.err.contains("`Anna` is no mail address"), "{wrong:?}");
}
