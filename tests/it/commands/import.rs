//! `import invoices`.

use super::place::{AT_ONCE, Place};

const GOOD: &str = "RE-1,2025-01-02,2025-02-01,10.00,C1,Kunde 1,c1@customers.example,Weg 1,10115,Berlin,DE,,";

fn import(place: &Place, file: &str) -> super::place::Ended {
    place.run(&["import", "invoices", file, "--tenant", "acme"])
}

#[test]
fn the_same_file_again_changes_nothing() {
    let place = Place::new("");
    place.enrol(3, AT_ONCE);
    let history = place.run(&["audit", "export"]).fine().to_owned();
    let again = place.run(&["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml"]);
    assert_eq!(again.fine(), "invoices.csv: 3 rows read, 0 enrolled, 3 known, 0 refused, 0 warnings\n");
    assert_eq!(place.run(&["audit", "export"]).fine(), history);
}

#[test]
fn a_known_number_with_other_content_is_refused_and_left_as_it_was() {
    let place = Place::new("");
    place.write_invoices("a.csv", &[GOOD]);
    import(&place, "a.csv").fine();
    place.write_invoices("b.csv", &[&GOOD.replace("10.00", "12.00").replace("2025-02-01", "2025-03-01"), &GOOD.replace("RE-1,", "RE-2,")]);
    let second = import(&place, "b.csv");
    assert_eq!(second.code, 3);
    insta::assert_snapshot!(second.out, @r#"
    b.csv:2: number: "RE-1" is in the ledger with another amount, another due_date, which was left as it is: correct the row, or give the new invoice a number of its own
    b.csv: 2 rows read, 1 enrolled, 0 known, 1 refused, 0 warnings
    "#);
    let listed = place.run(&["instance", "list", "--json"]);
    let amounts: Vec<_> = listed.objects().iter().map(|object| object["open_minor"].as_i64()).collect();
    assert_eq!(amounts, [Some(1000), Some(1000)]);
}

#[test]
fn within_one_file_the_same_row_is_skipped_and_a_different_one_refused() {
    let place = Place::new("");
    place.write_invoices("a.csv", &[GOOD, GOOD, &GOOD.replace("10.00", "11.00")]);
    let ended = import(&place, "a.csv");
    assert_eq!(ended.code, 3);
    assert!(ended.out.starts_with("a.csv:4: number: \"RE-1\" is in the ledger with another amount"), "{}", ended.out);
    assert!(ended.out.ends_with("3 rows read, 1 enrolled, 1 known, 1 refused, 0 warnings\n"), "{}", ended.out);
}

#[test]
fn every_refused_row_is_told_with_line_and_field_and_the_others_are_taken_in() {
    let place = Place::new("");
    place.write_invoices(
        "a.csv",
        &[
            &GOOD.replace("2025-02-01", "2025-02-31"),
            &GOOD.replace("10.00", "\"10,00\""),
            &GOOD.replace("10.00", "-10.00"),
            &GOOD.replace("10.00", "0"),
            &GOOD.replace("DE,,", "DE,,credit_note"),
            &GOOD.replace("DE,,", "DE,gone.pdf,"),
            &GOOD.replace("DE,,", "DE,../worker.toml,"),
            &GOOD.replace("DE,,", "DE,worker.toml,"),
            &GOOD.replace("c1@customers.example", "nobody"),
            "RE-9,2025-01-02",
        ],
    );
    let ended = import(&place, "a.csv");
    assert_eq!(ended.code, 3);
    insta::assert_snapshot!(ended.out, @r#"
    a.csv:2: due_date: "2025-02-31" is not a date: write it like 2025-12-31
    a.csv:3: amount: "10,00" is not an amount: write it like 1234.50, or set decimal = "," in [format] of the map
    a.csv:4: amount: "-10.00" is negative: leave credits out, and write what is still open into the amount of the invoice
    a.csv:5: amount: "0" is zero: an invoice without an amount has nothing to dun, leave the row out
    a.csv:6: kind: "credit_note" is no claim that could be dunned: leave the row out, and write what is still open into the amount of its invoice
    a.csv:7: document: "gone.pdf" is not there (No such file or directory (os error 2)): put the file at ./gone.pdf, or leave the field empty to send without the document
    a.csv:8: document: "../worker.toml" leaves the folder of the file: write a path below it, such as documents/RE-1.pdf
    a.csv:9: document: "worker.toml" is no PDF: export the invoice as PDF
    a.csv:10: warning: customer.email (column email): "nobody" is no e-mail address and was left out: the customer gets letters; write one like name@domain.example
    a.csv:11: row: "RE-9" begins a row of 2 fields where the heading has 13: write every field, empty ones too
    a.csv: 10 rows read, 1 enrolled, 0 known, 9 refused, 1 warnings
    "#);
}

#[test]
fn documents_are_kept_with_their_invoices() {
    let place = Place::new("");
    std::fs::create_dir(place.path("documents")).unwrap();
    place.write("documents/RE-1.pdf", b"%PDF-1.7\nthe invoice\n");
    place.write_invoices("a.csv", &[&GOOD.replace("DE,,", "DE,documents/RE-1.pdf,"), &GOOD.replace("RE-1,", "RE-2,")]);
    import(&place, "a.csv").fine();
    let kept = |number: &str| place.run(&["instance", "show", number, "--json"]).objects()[0]["has_document"].clone();
    assert_eq!([kept("RE-1"), kept("RE-2")], [true, false]);
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_folder() {
    let place = Place::new("");
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("secret.pdf"), b"%PDF-1.7\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), place.path("documents")).unwrap();
    place.write_invoices("a.csv", &[&GOOD.replace("DE,,", "DE,documents/secret.pdf,")]);
    let ended = import(&place, "a.csv");
    assert_eq!(ended.code, 3);
    assert!(ended.out.contains("document: \"documents/secret.pdf\" leads out of the folder"), "{}", ended.out);
}

#[test]
fn nothing_is_made_when_an_input_can_not_be_used() {
    let place = Place::new("");
    place.write_invoices("a.csv", &[GOOD]);
    place.write("broken.toml", "name = \"x\"\n");
    for (args, said) in [
        (["nowhere.csv", "--map", "standard"], "nowhere.csv can't be opened"),
        (["a.csv", "--map", "nowhere.toml"], "nowhere.toml"),
        (["a.csv", "--workflow", "nowhere"], "there is no workflow `nowhere`"),
        (["a.csv", "--workflow", "broken.toml"], "broken.toml:1:1: error: stages:"),
        (["a.csv", "--map", "opos"], "lacks columns"),
    ] {
        let ended = place.run(&[&["import", "invoices", "--tenant", "acme"][..], &args[..]].concat());
        assert_eq!(ended.code, 1, "{args:?}: {ended:?}");
        assert!(ended.err.contains(said), "{args:?}: {}", ended.err);
    }
    assert!(!place.path("data").exists(), "a ledger was made");
}

#[test]
fn names_of_customers_can_not_move_the_cursor() {
    let place = Place::new("");
    place.write_invoices("a.csv", &[&GOOD.replace("Kunde 1", "Kunde\u{1b}[2J\u{202e}1")]);
    import(&place, "a.csv").fine();
    for args in [&["instance", "list"][..], &["instance", "show", "RE-1"], &["audit", "list"]] {
        let out = place.run(args).fine().to_owned();
        assert!(!out.contains(|c: char| c.is_control() && c != '\n') && !out.contains('\u{202e}'), "{args:?}: {out:?}");
    }
}

#[test]
fn json_has_one_object_a_line() {
    let place = Place::new("");
    place.write_invoices("a.csv", &[GOOD, &GOOD.replace("10.00", "x")]);
    let ended = place.run(&["import", "invoices", "a.csv", "--tenant", "acme", "--json"]);
    let objects = ended.objects();
    assert_eq!(objects[0]["type"], "refused");
    assert_eq!((objects[0]["line"].as_i64(), objects[0]["field"].as_str()), (Some(3), Some("amount")));
    assert_eq!((objects[1]["enrolled"].as_i64(), objects[1]["refused"].as_i64()), (Some(1), Some(1)));
}
