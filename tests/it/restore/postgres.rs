//! `backup` and `restore` of a ledger on PostgreSQL, by its own programs.

use crate::support::ledger::postgres_database;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(folder: &Path, url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mahnwerk"));
    command.args(args).current_dir(folder).env("USER", "tester").env("MAHNWERK__LEDGER__URL", url);
    command.stdin(Stdio::null()).output().unwrap()
}

#[tokio::test]
async fn a_dump_is_restored_into_an_empty_database_and_fenced() {
    let ((from, _one), (to, _other)) = (postgres_database().await, postgres_database().await);
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    std::fs::write(place.join("workflow.toml"), "name = \"w\"\n[[stages]]\nkey = \"reminder-1\"\nkind = \"reminder\"\nafter_days = 3\n")
        .unwrap();
    let rows = "invoice_number,invoice_date,due_date,amount,customer_number,customer_name,email,street,postcode,city,country\n\
                RE-1,2025-01-02,2025-02-01,10.00,C1,Kunde,c1@customers.example,,,,DE\n";
    std::fs::write(place.join("invoices.csv"), rows).unwrap();
    let imported = run(place, &from, &["import", "invoices", "invoices.csv", "--tenant", "acme", "--workflow", "workflow.toml"]);
    assert!(imported.status.success(), "{imported:?}");
    let made = run(place, &from, &["backup", "ledger.dump"]);
    assert!(made.status.success(), "{made:?}");
    let full = run(place, &from, &["restore", "ledger.dump"]);
    assert!(String::from_utf8_lossy(&full.stderr).contains("holds a ledger already"), "{full:?}");
    let restored = run(place, &to, &["restore", "ledger.dump"]);
    assert!(restored.status.success(), "{restored:?}");
    let shown = run(place, &to, &["fence", "show"]);
    let said = String::from_utf8_lossy(&shown.stdout);
    assert!(said.contains("holds: nothing is issued or sent") && said.contains("RE-1"), "{said}");
    let verified = run(place, &to, &["audit", "verify", "--tenant", "acme"]);
    assert!(verified.status.success(), "{verified:?}");
}
