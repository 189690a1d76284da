//! `workflow check`, `show` and `simulate`.

use super::place::{AT_ONCE, Place};

#[test]
fn check_names_every_problem_of_every_file() {
    let place = Place::new("");
    place.write(
        "bad.toml",
        "name = \"bad\"\nfoo = 1\n[business_hours]\ndays = []\nstart = \"10:00\"\nend = \"09:00\"\n[[stages]]\nkey = \"reminder-1\"\n\
         kind = \"reminder\"\nanchor = \"previous_stage\"\nafter_days = 1\n[[stages]]\nkey = \"reminder-1\"\nkind = \"letter\"\ntemplate = \"nowhere\"\n",
    );
    place.write("good.toml", AT_ONCE);
    let ended = place.run(&["workflow", "check", "bad.toml", "good.toml", "standard", "gone.toml"]);
    assert_eq!(ended.code, 3);
    insta::assert_snapshot!(ended.out, @r#"
    bad.toml:2:1: error: foo: is no key here; write one of `name`, `title`, `timezone`, `holidays`, `business_hours`, `rules` or `stages`
    bad.toml:4:8: error: business_hours.days: must name at least one day, or no notice could ever leave; to send on any day and hour, leave out [business_hours]
    bad.toml:10:10: error: stages[1].anchor: the first stage has no previous stage to count from: write anchor = "due_date" in it
    bad.toml:12:1: error: stages[2].after_days: is missing: write after_days = 7
    bad.toml:13:7: error: stages[2].key: `reminder-1` is already the key of stage 1: write another one
    bad.toml:14:8: error: stages[2].kind: must be `reminder` or `dunning`, not `letter`
    bad.toml:15:12: error: stages[2].template: there is no text set `nowhere`; there are dunning-1, dunning-2, dunning-3, reminder-1, reminder-2, reminder-3, reminder-4, reminder-5, reminder-6
    bad.toml: can't be used; 7 errors, 0 warnings
    good.toml: can be used; 2 of 2 stages are switched on, 0 warnings
    standard (built in): can be used; 6 of 9 stages are switched on, 0 warnings
    error: reading the workflow file gone.toml: No such file or directory (os error 2)
    "#);
}

#[test]
fn the_shipped_workflows_are_sound_wherever_one_is() {
    let place = Place::new("");
    place.run(&["workflow", "check", "standard", "gentle", "business"]).fine();
    for name in ["standard", "gentle", "business"] {
        let shown = place.run(&["workflow", "show", name]);
        assert!(shown.fine().lines().all(|line| line.chars().count() <= 110), "{}", shown.out);
    }
}

#[test]
fn a_file_of_the_folder_stands_above_the_shipped_one() {
    let place = Place::new("[workflows]\nfolder = \"ladders\"\n");
    std::fs::create_dir(place.path("ladders")).unwrap();
    place.write("ladders/standard.toml", AT_ONCE);
    assert!(place.run(&["workflow", "show", "standard"]).fine().contains("(at-once)"));
    assert!(place.run(&["workflow", "show", "gentle"]).fine().contains("(gentle)"));
}

#[test]
fn show_reads_as_a_ladder() {
    insta::assert_snapshot!(Place::new("").run(&["workflow", "show", "business"]).fine(), @r#"
    Procedure for business customers  (business)

    stage       kind      when                at     way                     by itself   fee
    reminder-1  reminder  due date + 2 days   08:30  e-mail +PDF             yes
    dunning-1   dunning   previous + 7 days          e-mail +PDF             yes
    dunning-2   dunning   previous + 10 days         e-mail +PDF             yes        5.00
    dunning-3   dunning   previous + 10 days         letter and e-mail +PDF  prepares   5.00

    leaves         Mon, Tue, Wed, Thu, Fri from 08:00 to before 17:00
    zone           Europe/Berlin
    holidays       the tenant's
    together       one notice for each invoice
    due date       moves to the next working day from weekends and holidays (§ 193 BGB)
    gap            at least 3 days between two notices about one invoice
    minimum        EUR 10.00
    version        b14dfc725eae0b294d50d46ad5730347fe04076f1cf822d6a95a078b48c1f795
    "#);
}

#[test]
fn a_simulation_shows_the_days_and_leaves_the_ledger_alone() {
    let place = Place::new("every_seconds = 3600\n");
    place.enrol(4, AT_ONCE);
    let before = place.run(&["audit", "export"]).out;
    place.write(
        "hours.toml",
        "name = \"hours\"\nholidays = \"none\"\n[business_hours]\ndays = [\"mon\"]\nstart = \"09:00\"\nend = \"11:00\"\n
        [[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 0\n",
    );
    place.run(&["instance", "pause", "RE-4", "--reason", "rests"]).fine();
    let paused = place.run(&["audit", "export"]).out;
    assert_ne!(paused, before);
    let args = ["workflow", "simulate", "hours.toml", "--tenant", "acme", "--from", "2030-01-06", "--days", "10"];
    // Two slots on the first Monday, one on the next; the paused invoice is left out.
    insta::assert_snapshot!(place.run(&args).fine(), @r#"
    hours: 3 open invoices from 2030-01-06 over 10 days, if nobody pays

    day             mails  letters  paper  proposals  backlog     first      last
    Mon 2030-01-07      2                                   1  09:00:00  10:00:00
    Tue 2030-01-08                                          1
    Wed 2030-01-09                                          1
    Thu 2030-01-10                                          1
    Fri 2030-01-11                                          1
    Sat 2030-01-12                                          1
    Sun 2030-01-13                                          1
    Mon 2030-01-14      1                                      09:00:00  09:00:00
    in all              3        0      0          0        0
    "#);
    assert_eq!(place.run(&["audit", "export"]).out, paused);
}

#[test]
fn a_simulation_takes_a_file_as_well() {
    let place = Place::new("");
    place.write_invoices(
        "a.csv",
        &[
            "A-1,2030-01-02,2030-01-10,10.00,C1,Kunde 1,c1@customers.example,,,,,,",
            "A-2,2030-01-02,2030-01-10,10.00,C2,Kunde 2,,Weg 1,10115,Berlin,DE,,",
        ],
    );
    place.write("now.toml", AT_ONCE);
    let args =
        ["workflow", "simulate", "now.toml", "--tenant", "new", "--invoices", "a.csv", "--from", "2030-01-01", "--days", "20", "--json"];
    let objects = place.run(&args).objects();
    assert_eq!(
        (objects[0]["date"].as_str(), objects[0]["mails"].as_i64(), objects[0]["paper"].as_i64()),
        (Some("2030-01-10"), Some(1), Some(1))
    );
    assert_eq!(objects.last().unwrap()["invoices"], 2);
    assert!(!place.path("data").exists(), "a file needs no ledger");
}
