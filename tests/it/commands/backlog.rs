//! `import --backlog ask` and `backlog`: nothing leaves before a choice was seen and made.

use super::place::Place;

/// Three stages, all of them long past for the invoices of a place.
const OLD: &str = "name = \"old\"\nholidays = \"none\"\n[rules]\nconsolidate = false\n
    [[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 3\n
    [[stages]]\nkey = \"reminder-2\"\nkind = \"reminder\"\nafter_days = 7\n
    [[stages]]\nkey = \"dunning-1\"\nkind = \"dunning\"\nafter_days = 14\nfee = \"2.50\"\n";

fn asked(place: &Place, rows: &[&str]) {
    place.write("workflow.toml", OLD);
    place.write_invoices("invoices.csv", rows);
    let import = ["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml", "--backlog", "ask"];
    let ended = place.run(&import);
    ended.fine();
    assert!(ended.err.contains("nothing leaves yet: `mahnwerk backlog preview --tenant acme --choice all`"), "{ended:?}");
}

const ROWS: [&str; 4] = [
    "RE-1,2025-01-02,2025-02-01,10.01,C1,Kunde 1,c1@customers.example,Weg 1,10115,Berlin,DE,,",
    "RE-2,2025-01-02,2025-02-02,10.02,C2,Kunde 2,c2@customers.example,Weg 2,10115,Berlin,DE,,",
    "RE-3,2024-01-02,2024-02-03,10.03,C3,Kunde 3,c3@customers.example,Weg 3,10115,Berlin,DE,,",
    "RE-4,2024-01-02,2024-02-04,10.04,C4,Kunde 4,,Weg 4,10115,Berlin,DE,,",
];

fn preview(place: &Place, choice: &str) -> Vec<serde_json::Value> {
    place.run(&["backlog", "preview", "--tenant", "acme", "--choice", choice, "--days", "60", "--json"]).objects()
}

#[test]
fn each_choice_has_its_own_days() {
    let place = Place::new("every_seconds = 60\n");
    asked(&place, &ROWS);
    let before = place.run(&["audit", "export"]).out;
    let all = preview(&place, "all");
    let sum =
        |objects: &[serde_json::Value], key: &str| objects.iter().find(|one| one["type"] == "summary").unwrap()[key].as_i64().unwrap();
    assert_eq!((sum(&all, "mails"), sum(&all, "paper"), sum(&all, "invoices")), (9, 3, 4), "three stages each");
    let by_age = preview(&place, "by_age");
    assert_eq!((sum(&by_age, "mails"), sum(&by_age, "paper")), (3, 1), "the last stage alone");
    let end = by_age.last().unwrap();
    assert_eq!((end["type"].as_str(), end["advanced"].as_i64(), end["resting"].as_i64()), (Some("backlog"), Some(4), Some(0)));
    let from = preview(&place, "from 2025-01-01");
    assert_eq!((sum(&from, "mails"), sum(&from, "paper"), from.last().unwrap()["resting"].as_i64()), (6, 0, Some(2)));
    let first = from.iter().find(|one| one["type"] == "day").unwrap();
    assert_eq!(first["mails"], 2);
    assert_ne!(first["first"], first["last"], "one a minute");
    assert_eq!(place.run(&["audit", "export"]).out, before, "nothing was changed");
    let text = place.run(&["backlog", "preview", "--choice", "by_age"]);
    assert!(
        text.fine().contains("by_age: 4 open invoices over 30 days from ") && text.out.contains("4 of 4 start at the stage"),
        "{text:?}"
    );
    assert!(text.err.contains("mahnwerk backlog confirm --tenant acme --choice \"by_age\""), "{text:?}");
}

#[test]
fn what_was_not_seen_is_not_confirmed_and_what_was_leaves() {
    let place = Place::new("");
    asked(&place, &ROWS);
    let unseen = place.run(&["backlog", "confirm", "--choice", "by_age", "--reason", "x"]);
    assert!(unseen.code == 1 && unseen.err.contains("look at what it would do first"), "{unseen:?}");
    let wrong = place.run(&["backlog", "preview", "--choice", "newest"]);
    assert!(wrong.code == 2 && wrong.err.contains("`newest` is no choice"), "{wrong:?}");
    let shown = place.run(&["instance", "show", "RE-1", "--json"]).objects()[0]["not_sent_because"].as_str().unwrap().to_owned();
    assert!(shown.contains("mahnwerk backlog preview --tenant acme"), "{shown}");
    preview(&place, "by_age");
    let done = place.run(&["backlog", "confirm", "--choice", "by_age", "--reason", "as agreed", "--as", "anna"]);
    assert_eq!(done.fine(), "tenant acme: by_age; of 4 invoices 4 start at a later stage and 0 rest\nwhat is due leaves from now on\n");
    {
        let _serve = place.serve();
        let exhausted = ["instance", "list", "--state", "exhausted", "--json"];
        place.until(&exhausted, |ended| ended.code == 0 && ended.objects().len() == 4);
    }
    let notices = place.run(&["notice", "list", "--json"]).objects();
    assert!(notices.len() == 4 && notices.iter().all(|notice| notice["stage"] == "dunning-1"), "{notices:?}");
    let twice = place.run(&["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml", "--backlog", "ask"]);
    assert!(twice.code == 1 && twice.err.contains("at work already"), "{twice:?}");
    place.run(&["audit", "verify"]).fine();
}

#[test]
fn places_are_in_the_preview_and_in_the_lists() {
    let place = Place::new("[tenant]\nmax_active = 1\n");
    asked(&place, &ROWS);
    let objects = preview(&place, "all");
    let days: Vec<_> =
        objects.iter().filter(|one| one["type"] == "day").map(|one| (one["mails"].as_i64(), one["paper"].as_i64())).collect();
    assert_eq!(days[0], (Some(1), Some(0)), "one at a time: the oldest has an address");
    place.run(&["backlog", "confirm", "--choice", "all", "--reason", "slowly"]).fine();
    let _serve = place.serve();
    let queued = ["instance", "list", "--state", "queued_by_quota", "--json"];
    let ended = place.until(&queued, |ended| ended.code == 0 && ended.objects().len() == 3);
    let places: Vec<_> =
        ended.objects().iter().map(|one| format!("{} {}", one["invoice"].as_str().unwrap(), one["place_in_queue"])).collect();
    assert_eq!(places, ["RE-1 2", "RE-2 3", "RE-4 1"], "by due date");
    let shown = place.run(&["instance", "show", "RE-2", "--json"]).objects()[0].clone();
    assert_eq!((&shown["queued_before"], &shown["state"]), (&2.into(), &"queued_by_quota".into()));
    assert!(shown["not_sent_because"].as_str().unwrap().contains("it waits for a place"), "{shown}");
    place.run(&["instance", "settle", "RE-3", "--reason", "paid in cash"]).fine();
    place.until(&queued, |ended| ended.code == 0 && ended.objects().len() == 2);
}
