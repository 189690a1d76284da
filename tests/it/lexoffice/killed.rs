//! The first synchronisation as processes: the sandbox's lexoffice, and a client of it that is killed again and again.

use serde_json::Value;
use std::process::Command;

/// The line of `bench source`.
fn bench(kills: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mahnwerk"))
        .current_dir(folder.path())
        .args(["bench", "source", "--invoices", "2000", "--turn-ms", "20", "--details", "40", "--kills", kills])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn killed_at_any_moment_it_goes_on_where_it_was() {
    let (whole, killed) = (bench("0"), bench("5"));
    let of = |line: &Value, name: &str| line[name].as_u64().unwrap_or_else(|| panic!("{name} in {line}"));
    assert!(of(&whole, "enrolled") >= 2_000 && of(&whole, "details") == 40, "{whole}");
    assert_eq!(of(&whole, "enrolled"), of(&killed, "enrolled"));
    let more = of(&killed, "listed_requests").saturating_sub(of(&whole, "listed_requests"));
    // A step of a claim may be two requests, and a new process asks once for the terms of payment.
    assert!(more <= 15, "each death costs what was under way at most: {whole} {killed}");
    assert!(of(&whole, "listed_requests") <= 80, "a page for each 250 claims, and what only asking tells: {whole}");
    assert!(of(&killed, "peak_rss_mb") < 300, "{killed}");
}
