//! `doctor`, `config` and `migrate`.

use super::place::{AT_ONCE, Place};
use sqlx::Connection;
use std::net::TcpListener;

/// The health of a part, and what it said.
fn part(place: &Place, name: &str) -> (i32, String, String) {
    let ended = place.run(&["doctor", "--json"]);
    let found = ended.objects().into_iter().find(|object| object["part"] == name);
    let found = found.unwrap_or_else(|| panic!("nothing about {name}: {ended:#?}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (ended.code, text("health"), format!("{} → {}", text("what"), text("advice")))
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

#[test]
fn all_is_well_with_what_works() {
    let place = Place::new("");
    place.enrol(1, AT_ONCE);
    let ended = place.run(&["doctor"]);
    assert!(ended.fine().ends_with("0 failed, 0 warnings\n"), "{}", ended.out);
    assert!(ended.out.contains("synchronous by commit") && ended.out.contains("free: no `serve` runs"), "{}", ended.out);
    assert!(ended.out.lines().all(|line| line.chars().count() <= 110), "{}", ended.out);
}

#[test]
fn a_running_serve_is_no_fault() {
    let place = Place::new("");
    place.enrol(1, AT_ONCE);
    let _serving = place.serve();
    place.until(&["doctor"], |ended| ended.code == 0 && ended.out.contains("held: a `serve` runs on this ledger"));
}

#[test]
fn a_mail_server_that_does_not_answer_is_named() {
    let port = free_port();
    let place = Place::new(&format!("[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n"));
    let (code, health, words) = part(&place, "smtp");
    assert_eq!((code, health.as_str()), (1, "failed"));
    assert!(words.contains(&format!("127.0.0.1:{port}")) && words.contains("[smtp]"), "{words}");
}

#[test]
fn a_redis_that_does_not_answer_is_named() {
    let place = Place::new(&format!("[queue]\nurl = \"redis://:s3cret@127.0.0.1:{}/0\"\n", free_port()));
    let (code, health, words) = part(&place, "queue");
    assert_eq!((code, health.as_str()), (1, "failed"));
    assert!(words.contains("redis at 127.0.0.1") && !words.contains("s3cret"), "{words}");
}

#[test]
fn a_database_that_does_not_answer_is_named() {
    let place = Place::new(&format!("[ledger]\nurl = \"postgres://anna:s3cret@127.0.0.1:{}/x\"\ntimeout_seconds = 1\n", free_port()));
    let (code, health, words) = part(&place, "ledger");
    assert_eq!((code, health.as_str()), (1, "failed"));
    assert!(words.contains("postgres://anna:***@127.0.0.1") && !words.contains("s3cret"), "{words}");
}

#[test]
fn a_missing_letter_program_and_broken_texts_and_workflows_are_named() {
    let more = "[print]\nengine = \"wkhtmltopdf\"\n[print.wkhtmltopdf]\nprogram = \"no-such-program\"\n[workflows]\nfolder = \"ladders\"\n";
    let place = Place::new(more);
    std::fs::create_dir(place.path("ladders")).unwrap();
    place.write("ladders/mine.toml", "name = \"mine\"\n");
    assert!(part(&place, "letters").2.contains("no-such-program"));
    let (_, health, words) = part(&place, "workflows");
    assert!(health == "failed" && words.contains("ladders/mine.toml:1:1: error: stages:"), "{words}");
}

#[test]
fn a_fast_sender_to_the_world_and_a_nameless_creditor_are_warned_about() {
    let place = Place::new("");
    place.write("worker.toml", "[smtp]\nhost = \"mail.invalid\"\ntls = \"implicit\"\n");
    let ended = place.run(&["doctor"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("warning  throttle") && ended.out.contains("every_seconds = 60"), "{}", ended.out);
    assert!(ended.out.contains("[tenant.creditor] name and [mail] from"), "{}", ended.out);
}

#[test]
fn a_ledger_that_is_not_there_is_not_made_by_looking() {
    let place = Place::new("");
    assert_eq!(part(&place, "ledger").1, "warning");
    assert!(!place.path("data/ledger.db").exists());
    assert!(place.run(&["migrate"]).fine().contains("data/ledger.db is at version"));
    assert!(place.run(&["migrate"]).fine().contains("is up to date"));
    assert_eq!(part(&place, "ledger").1, "ok");
}

#[test]
fn a_mistake_in_the_configuration_is_told_with_its_line() {
    let place = Place::new("");
    place.write("worker.toml", "[smtp]\nhosst = \"mail.example.com\"\nport = 0\n[tenant]\nholidays = \"DE-BY\"\n");
    let check = place.run(&["config", "check"]);
    assert_eq!(check.code, 3);
    assert!(check.out.contains("worker.toml:2:1: error: smtp.hosst: is no key here; did you mean `host`?"), "{}", check.out);
    assert!(check.out.contains("worker.toml:3:8: error: smtp.port:"), "{}", check.out);
    let doctor = place.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.out.contains("smtp.hosst"), "{doctor:?}");
}

#[test]
fn secrets_are_not_shown() {
    let place = Place::new("[smtp]\nhost = \"mail.example.com\"\nuser = \"anna\"\npassword = \"s3cret\"\n");
    for args in [&["config", "show"][..], &["config", "show", "--json"]] {
        let shown = place.run(args);
        assert!(shown.fine().contains("mail.example.com") && shown.out.contains("***"), "{}", shown.out);
        assert!(!shown.out.contains("s3cret"));
    }
    assert!(place.run(&["config", "check"]).fine().contains("can be used"));
}

/// A fault of ours that left something behind is found, and what `doctor` advises mends it.
#[tokio::test]
async fn what_nobody_would_look_at_again_is_found_and_mended_by_the_advice() {
    let place = Place::new("");
    place.enrol(2, AT_ONCE);
    assert_eq!(part(&place, "forgotten").1, "ok");
    let spoil = async |sql: &'static str| {
        let url = format!("sqlite:{}", place.path("data/ledger.db").display());
        let mut ledger = sqlx::SqliteConnection::connect(&url).await.unwrap();
        assert_eq!(sqlx::query(sql).execute(&mut ledger).await.unwrap().rows_affected(), 1);
    };
    spoil("UPDATE instance SET slot_seq = 99 WHERE id = (SELECT id FROM invoice WHERE number = 'RE-2')").await;
    let (code, health, words) = part(&place, "forgotten");
    assert_eq!((code, health.as_str()), (1, "failed"));
    assert!(
        words.contains("tenant acme: invoices at a place in the queue that there is not: RE-2") && words.contains("instance pause"),
        "{words}"
    );
    place.run(&["instance", "pause", "RE-2", "--reason", "forgotten"]).fine();
    place.run(&["instance", "resume", "RE-2", "--reason", "forgotten"]).fine();
    assert_eq!(part(&place, "forgotten").1, "ok");
    spoil("UPDATE tenant SET places = places + 1").await;
    assert!(part(&place, "forgotten").2.contains("max_active"));
}
