//! The same rehearsal in every mode prints the same bytes: on SQLite and PostgreSQL, in the process and through both
//! queues, with one worker and eight. And where it delivers, what it printed is what arrived.

use crate::oracle::variants::{self, Variant};
use crate::rehearsal::{rehearse_with, write_files};
use crate::support::ledger::postgres_database;
use mahnwerk::adapters::sandbox::smtp::{SandboxSettings, SmtpSandbox};
use mahnwerk::engine::clock::{Clock, SystemClock};
use std::path::Path;
use std::sync::Arc;

const REDIS: &str = "MAHNWERK_TEST_REDIS";

#[test]
fn on_another_database() {
    each(|variant, here, usual| {
        let file = format!("sqlite:{}", here.join("ledger.db").display());
        assert_same(usual, &run(variant, here, &["--database", &file]), "a SQLite file");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (url, _database) = runtime.block_on(postgres_database());
        assert_same(usual, &run(variant, here, &["--database", &url]), "PostgreSQL");
        let again = write_and_run(variant, here, &["--database", &url]).unwrap_err();
        assert!(again.contains("has a rehearsal already"), "{again}");
    });
}

#[test]
fn through_the_embedded_queue_into_a_folder() {
    each(|variant, here, usual| {
        let config = configuration(here, &format!("sqlite:{}", here.join("queue.db").display()));
        for workers in ["1", "8"] {
            let out = here.join(format!("delivered by {workers}"));
            let out_text = out.to_str().unwrap();
            let printed = run(variant, here, &["--config", &config, "--deliver", out_text, "--workers", workers]);
            assert_same(usual, &printed, &format!("the SQLite queue, {workers} workers"));
            let (mails, letters) = (files_in(&out.join("mails"), "eml"), files_in(&out.join("letters"), "pdf"));
            assert_eq!(mails, mails_in(usual), "{}: one file per mail", variant.name);
            assert!(letters >= dispatches(usual, "post") + dispatches(usual, "paper"), "{}: {letters} letters", variant.name);
        }
    });
}

#[test]
fn through_redis_to_a_mail_server_on_postgresql() {
    let redis =
        std::env::var(REDIS).unwrap_or_else(|_| panic!("{REDIS} is not set: `bash tests/run` starts a Redis for the tests and sets it"));
    each(|variant, here, usual| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(SmtpSandbox::start(SandboxSettings::new(Arc::new(|| SystemClock.now().0)))).unwrap();
        let (url, _database) = runtime.block_on(postgres_database());
        let (config, smtp) = (configuration(here, &redis), format!("smtp://{}", sandbox.addr()));
        let printed = run(variant, here, &["--config", &config, "--smtp", &smtp, "--workers", "8", "--database", &url]);
        assert_same(usual, &printed, "Redis, SMTP and PostgreSQL");
        let received = sandbox.count_by_message_id();
        assert_eq!(received.len(), mails_in(usual), "{}: one Message-ID per mail", variant.name);
        assert!(received.values().all(|count| *count == 1), "{}: every mail once", variant.name);
        runtime.block_on(sandbox.stop());
    });
}

/// Runs a check for each variant, with its folder and what it prints in the usual mode.
fn each(check: impl Fn(&Variant, &Path, &str)) {
    for variant in variants::modes() {
        let folder = tempfile::tempdir().unwrap();
        let usual = run(&variant, folder.path(), &[]);
        assert!(dispatches(&usual, "email") > 20, "{}: too little happens", variant.name);
        check(&variant, folder.path(), &usual);
    }
}

fn run(variant: &Variant, here: &Path, more: &[&str]) -> String {
    write_and_run(variant, here, more).unwrap_or_else(|complaint| panic!("{} with {more:?}: {complaint}", variant.name))
}

fn write_and_run(variant: &Variant, here: &Path, more: &[&str]) -> Result<String, String> {
    rehearse_with(&write_files(here, variant), &variant.options, more)
}

fn configuration(here: &Path, queue: &str) -> String {
    let file = here.join("worker.toml");
    std::fs::write(&file, format!("[queue]\nurl = \"{queue}\"\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

fn assert_same(usual: &str, printed: &str, mode: &str) {
    for (number, (expected, line)) in usual.lines().zip(printed.lines()).enumerate() {
        assert_eq!(expected, line, "{mode}: line {}", number + 1);
    }
    assert_eq!(usual, printed, "{mode}");
}

fn dispatches(printed: &str, channel: &str) -> usize {
    printed.lines().filter(|line| line.contains("\"type\":\"dispatch\"") && line.contains(&format!("\"channel\":\"{channel}\""))).count()
}

/// Where both ways are gone, the line says `email`: each is one mail.
fn mails_in(printed: &str) -> usize {
    dispatches(printed, "email")
}

fn files_in(folder: &Path, extension: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(
            |path| {
                if path.is_dir() { files_in(&path, extension) } else { usize::from(path.extension().is_some_and(|end| end == extension)) }
            },
        )
        .sum()
}
