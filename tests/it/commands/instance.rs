//! `instance`: what a person sees and may do.

use super::place::{AT_ONCE, Ended, Place};
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point, SandboxSettings, SmtpSandbox};
use mahnwerk::engine::clock::{Clock, SystemClock};
use std::sync::Arc;
use std::time::Duration;

/// Nothing is due for years.
const LATER: &str = "name = \"later\"\nholidays = \"none\"\n[rules]\nminimum_amount = { EUR = \"10.02\" }\n
    [[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 3650\n
    [[stages]]\nkey = \"reminder-2\"\nkind = \"reminder\"\nafter_days = 7\n";

fn show(place: &Place, number: &str) -> serde_json::Value {
    place.run(&["instance", "show", number, "--json"]).objects()[0].clone()
}

/// Cause, actor and words of the last entry in an invoice's history.
fn last_entry(place: &Place, number: &str) -> (String, String, String) {
    let entries = place.run(&["audit", "list", "--invoice", number, "--json"]).objects();
    let last = entries.last().expect("a history");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let detail: serde_json::Value = serde_json::from_str(&text(&last["detail"])).expect("details are JSON");
    (text(&last["cause"]), text(&last["actor"]), text(&detail["why"]))
}

#[test]
fn pause_rests_until_somebody_resumes_and_both_are_kept_with_their_reasons() {
    let place = Place::new("");
    place.enrol(3, LATER);
    place.run(&["instance", "pause", "RE-2", "--reason", "asked for time", "--as", "anna"]).fine();
    assert_eq!(last_entry(&place, "RE-2"), ("blocked".to_owned(), "user:anna".to_owned(), "asked for time".to_owned()));
    let shown = show(&place, "RE-2");
    assert_eq!(shown["state"], "blocked");
    assert_eq!(shown["not_sent_because"], "it rests until somebody resumes it: asked for time");
    assert_eq!(shown["next_possible"], serde_json::Value::Null);
    assert_eq!(place.run(&["instance", "list", "--state", "blocked", "--json"]).objects().len(), 2, "RE-1 is below the minimum");
    place.run(&["instance", "resume", "RE-2", "--reason", "time is over"]).fine();
    assert_eq!(last_entry(&place, "RE-2"), ("resumed".to_owned(), "user:tester".to_owned(), "time is over".to_owned()));
    let again = place.run(&["instance", "resume", "RE-2", "--reason", "x"]);
    assert_eq!((again.code, again.err.contains("nothing rests there")), (1, true), "{again:?}");
}

#[test]
fn a_pause_with_a_date_says_when_it_goes_on_and_a_past_date_is_refused() {
    let place = Place::new("");
    place.enrol(2, AT_ONCE);
    place.run(&["instance", "pause", "--customer", "C2", "--until", "2031-03-03", "--reason", "in hospital"]).fine();
    let shown = show(&place, "RE-2");
    assert_eq!(shown["blocks"][0]["scope"], "customer");
    assert_eq!(shown["not_sent_because"], "it rests until 2031-03-03: in hospital");
    assert!(shown["next_possible"].as_str().unwrap().starts_with("2031-03-03T"), "{shown}");
    let past = place.run(&["instance", "pause", "RE-1", "--until", "2001-01-01", "--reason", "x"]);
    assert!(past.code == 1 && past.err.contains("2001-01-01 is not in the future"), "{past:?}");
}

#[test]
fn show_says_which_rule_holds_it_back() {
    let place = Place::new("");
    place.enrol(2, LATER);
    let below = show(&place, "RE-1");
    assert_eq!(below["not_sent_because"], "EUR 10.01 may be dunned, and the workflow's minimum is EUR 10.02");
    let waits = show(&place, "RE-2");
    assert_eq!(waits["not_sent_because"], "the stage is not due before 2035-01-31: the due date and 3650 days");
    assert_eq!(waits["next_possible"], "2035-01-31T09:00:00+01:00");
    let text = place.run(&["instance", "show", "RE-2"]);
    assert!(text.fine().lines().all(|line| line.chars().count() <= 110), "{}", text.out);
}

#[test]
fn skip_settle_and_withdraw_move_the_instance_and_refuse_what_makes_no_sense() {
    let place = Place::new("");
    place.enrol(4, LATER);
    let skip = |number| place.run(&["instance", "skip", number, "--reason", "called"]);
    assert!(skip("RE-2").fine().contains("reminder-2 is next"));
    assert!(skip("RE-2").fine().contains("no stage is left"));
    let third = skip("RE-2");
    assert!(third.code == 1 && third.err.contains("cannot skip an instance that is exhausted"), "{third:?}");
    place.run(&["instance", "settle", "RE-3", "--reason", "paid in cash"]).fine();
    place.run(&["instance", "withdraw", "RE-4", "--reason", "wrong invoice"]).fine();
    assert_eq!((show(&place, "RE-3")["state"].clone(), show(&place, "RE-3")["open_minor"].clone()), ("settled".into(), 0.into()));
    assert_eq!(show(&place, "RE-4")["state"], "withdrawn");
    assert_eq!(last_entry(&place, "RE-4").2, "wrong invoice");
    let twice = place.run(&["instance", "settle", "RE-3", "--reason", "x"]);
    assert!(twice.code == 1 && twice.err.contains("nothing is open"), "{twice:?}");
}

#[test]
fn acts_need_a_reason_and_an_invoice_that_is_there() {
    let place = Place::new("");
    place.enrol(1, LATER);
    assert_eq!(place.run(&["instance", "skip", "RE-1"]).code, 2);
    let blank = place.run(&["instance", "skip", "RE-1", "--reason", " \u{1b} "]);
    assert!(blank.code == 1 && blank.err.contains("--reason is empty"), "{blank:?}");
    let unknown = place.run(&["instance", "skip", "RE-7", "--reason", "x"]);
    assert!(unknown.code == 1 && unknown.err.contains("has no invoice RE-7"), "{unknown:?}");
    assert_eq!(place.run(&["instance", "pause", "--reason", "x"]).code, 2, "neither invoice nor customer");
    let retry = place.run(&["instance", "retry", "RE-1", "--reason", "x"]);
    assert!(retry.code == 1 && retry.err.contains("only a failed notice can be sent again"), "{retry:?}");
}

#[test]
fn a_number_that_two_sources_use_is_listed_and_told_apart_by_its_id() {
    let place = Place::new("");
    place.enrol(1, LATER);
    // The second source calls another invoice by the same number.
    place.write("other.map.toml", "[invoice]\nnumber = \"{{number}}\"\nexternal_id = \"other-{{number}}\"\ninvoice_date = \"{{date}}\"\ndue_date = \"{{date}}\"\namount = \"{{amount}}\"\n[customer]\nnumber = \"{{customer}}\"\nname = \"{{customer}}\"\n");
    place.write("other.csv", "number,date,amount,customer\nRE-1,2025-05-05,20.00,C1\n");
    place.run(&["import", "invoices", "other.csv", "--tenant", "acme", "--map", "other.map.toml", "--workflow", "workflow.toml"]).fine();
    let ended = place.run(&["instance", "skip", "RE-1", "--reason", "x"]);
    assert!(ended.code == 1 && ended.err.contains("several invoices have the number RE-1"), "{ended:?}");
    let id = ended.err.split_whitespace().find(|word| word.starts_with('#')).expect("an id").to_owned();
    place.run(&["instance", "skip", &id, "--reason", "x"]).fine();
}

#[test]
fn several_tenants_must_be_told_apart() {
    let place = Place::new("");
    place.enrol(1, LATER);
    place.run(&["import", "invoices", "invoices.csv", "--tenant", "other"]).fine();
    let ended = place.run(&["instance", "list"]);
    assert!(ended.code == 1 && ended.err.contains("write --tenant and one of acme, other"), "{ended:?}");
    assert_eq!(place.run(&["instance", "list", "--tenant", "other", "--json"]).objects().len(), 1);
    let unknown = place.run(&["instance", "list", "--tenant", "nobody"]);
    assert!(unknown.err.contains("no tenant `nobody`; there are acme, other"), "{unknown:?}");
}

#[test]
fn without_a_ledger_commands_say_so_and_make_none() {
    let place = Place::new("");
    let ended = place.run(&["instance", "list"]);
    assert!(ended.code == 1 && ended.err.contains("there is no ledger at data/ledger.db yet"), "{ended:?}");
    assert!(!place.path("data").exists());
}

async fn sandbox() -> (SmtpSandbox, Place) {
    let sandbox = SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0))).await.expect("a mail server");
    let place = Place::new(&format!("[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n", sandbox.addr().port()));
    (sandbox, place)
}

fn state_is<'s>(state: &'s str) -> impl Fn(&Ended) -> bool + 's {
    move |ended| ended.code == 0 && ended.objects()[0]["state"] == state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_mail_is_sent_again_after_retry() {
    let (sandbox, place) = sandbox().await;
    sandbox.set_fault(Fault::always(Point::Rcpt, Act::Reply { code: 550, text: "no such user".to_owned() })).await.expect("a fault");
    place.enrol(1, AT_ONCE);
    let serving = place.serve();
    place.until(&["instance", "show", "RE-1", "--json"], state_is("failed"));
    let text = place.run(&["instance", "show", "RE-1"]);
    assert!(text.fine().contains("no such user"), "the server's own words: {}", text.out);
    sandbox.clear_faults().await;
    place.run(&["instance", "retry", "RE-1", "--reason", "address was corrected there"]).fine();
    sandbox.wait_for(1, Duration::from_secs(60)).await.expect("the mail arrives");
    place.until(&["instance", "show", "RE-1", "--json"], state_is("waiting"));
    drop(serving);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_resolved_by_a_person() {
    let (sandbox, place) = sandbox().await;
    sandbox.set_fault(Fault::always(Point::Dot, Act::Close { keep: false })).await.expect("a fault");
    place.enrol(2, AT_ONCE);
    let serving = place.serve();
    place.until(&["notice", "list", "--state", "unknown", "--json"], |ended| ended.code == 0 && ended.objects().len() == 2);
    sandbox.clear_faults().await;
    let bare = place.run(&["instance", "retry", "RE-1", "--reason", "x"]);
    assert!(bare.code == 1 && bare.err.contains("--as-sent if it did or --send-again if it did not"), "{bare:?}");
    place.run(&["instance", "retry", "RE-1", "--as-sent", "--reason", "the customer has it"]).fine();
    assert_eq!(show(&place, "RE-1")["state"], "waiting");
    place.run(&["instance", "retry", "RE-2", "--send-again", "--reason", "the server's log has nothing"]).fine();
    place.until(&["instance", "show", "RE-2", "--json"], state_is("waiting"));
    let none = place.run(&["instance", "retry", "RE-1", "--as-sent", "--reason", "x"]);
    assert!(none.code == 1 && none.err.contains("no notice whose outcome is unknown"), "{none:?}");
    drop(serving);
    sandbox.stop().await;
}
