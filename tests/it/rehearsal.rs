//! `mahnwerk rehearse`, the real binary, against the oracle: every dispatch, every instance's end and the summary.
//!
//! The invented files and workflows are `oracle::variants`. The public sample of 2,466 receivables is a third party's and
//! not part of the repository: the ignored tests at the end read its folder from `MAHNWERK_DATA`.

use crate::oracle::comparison::{difference, read_printed};
use crate::oracle::invented;
use crate::oracle::invoice_file::read_accounts_receivable;
use crate::oracle::model::{Invoice, Options, Outcome};
use crate::oracle::promises;
use crate::oracle::simulation::expected;
use crate::oracle::variants::{self, Variant};
use crate::oracle::workflow_file;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn windows() {
    compare_all(variants::windows());
}

#[test]
fn zones_and_changes_of_the_clock() {
    compare_all(variants::zones());
}

#[test]
fn holidays() {
    compare_all(variants::regions());
}

#[test]
fn throttles() {
    compare_all(variants::throttles());
}

#[test]
fn consolidation() {
    compare_all(variants::consolidations());
}

#[test]
fn places() {
    compare_all(variants::places());
}

#[test]
#[ignore = "who joins a notice while places are few is not proven yet (docs/proof.md)"]
fn places_that_share_a_notice() {
    compare_all(variants::disputed_places());
}

#[test]
fn anchors_gaps_and_ladders() {
    compare_all(variants::ladders());
}

#[test]
fn channels() {
    compare_all(variants::channels());
}

#[test]
fn channels_mixed_in_one_notice() {
    compare_all(variants::mixed_channels());
}

#[test]
fn variants_drawn_by_lot() {
    compare_all((1..=12).map(variants::drawn).collect());
}

/// For hours without other work: `cargo test --test it many_variants -- --ignored`.
#[test]
#[ignore = "runs the binary 400 times"]
fn many_variants_drawn_by_lot() {
    compare_all((13..=412).map(variants::drawn).collect());
}

#[test]
fn a_second_run_prints_the_same_bytes() {
    let variant = variants::drawn(3);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = write_files(folder.path(), &variant);
    let first = rehearse(&files, &variant.options).expect("the first run");
    assert_eq!(first, rehearse(&files, &variant.options).expect("the second run"));
}

/// Runs every variant, so that one failure does not hide the others, and reports the first difference of each.
fn compare_all(variants: Vec<Variant>) {
    let failures: Vec<String> = variants.iter().filter_map(compare).collect();
    assert!(failures.is_empty(), "{} of {} variants differ\n\n{}", failures.len(), variants.len(), failures.join("\n"));
}

fn compare(variant: &Variant) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = write_files(folder.path(), variant);
    let invoices = variant.business.invoices();
    let found = compare_files(&files, &invoices, &variant.ladder.text(), &variant.options)?;
    Some(format!("== {} == {:?}\n{}\n{found}", variant.name, variant.options, variant.ladder.text()))
}

fn compare_files(files: &Files, invoices: &[Invoice], workflow: &str, options: &Options) -> Option<String> {
    let output = match rehearse(files, options) {
        Ok(output) => output,
        Err(complaint) => return Some(complaint),
    };
    // A line that cannot be read fails this variant only; the panic's own words are in the captured output.
    let Ok(printed) = std::panic::catch_unwind(|| read_printed(&output)) else {
        return Some(format!("the output cannot be read; it begins with {:?}\n", output.lines().next()));
    };
    let workflow = workflow_file::read(workflow);
    let wanted = expected(invoices, &workflow, options);
    let broken = promises::broken(invoices, &workflow, options, &printed.outcome);
    let promises = broken.first().map(|first| format!("{} broken promises, the first: {first}\n", broken.len()));
    let difference = difference(invoices, &wanted, &printed);
    (promises.is_some() || difference.is_some()).then(|| promises.unwrap_or_default() + &difference.unwrap_or_default())
}

pub(crate) struct Files {
    invoices: PathBuf,
    map: PathBuf,
    workflow: PathBuf,
}

pub(crate) fn write_files(folder: &Path, variant: &Variant) -> Files {
    let write = |name: &str, text: String| {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("the temporary folder takes files");
        file
    };
    Files {
        invoices: write("invoices.csv", invented::file(&variant.business.invoices(), variant.form)),
        map: write("invoices.map.toml", invented::map(variant.business.currency, variant.form)),
        workflow: write("workflow.toml", variant.ladder.text()),
    }
}

/// The binary's standard output, or what it complained about.
fn rehearse(files: &Files, options: &Options) -> Result<String, String> {
    rehearse_with(files, options, &[])
}

/// The same with more arguments.
pub(crate) fn rehearse_with(files: &Files, options: &Options, more: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mahnwerk"));
    command.args(["rehearse", "--json", "--invoices"]).arg(&files.invoices).arg("--map").arg(&files.map);
    command.arg("--workflow").arg(&files.workflow);
    command.args(["--from", &options.from.to_string(), "--to", &options.to.to_string()]);
    if let Some(seconds) = options.every_seconds {
        command.args(["--every-seconds", &seconds.to_string()]);
    }
    if let Some(consolidate) = options.consolidate {
        command.args(["--consolidate", &consolidate.to_string()]);
    }
    if let Some(max) = options.max_active {
        command.args(["--max-active", &max.to_string()]);
    }
    let output = command.args(more).output().expect("the binary can be started");
    if !output.status.success() {
        return Err(format!("rehearse failed with {}: {}\n", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("the output is not UTF-8: {error}\n"))
}

/// The sample's files in the folder that `MAHNWERK_DATA` names.
fn sample() -> (Files, Vec<Invoice>, String) {
    let folder = std::env::var_os("MAHNWERK_DATA").expect("MAHNWERK_DATA names the folder of accounts-receivable.csv");
    let file = |name: &str| Path::new(&folder).join(name);
    let files = Files {
        invoices: file("accounts-receivable.csv"),
        map: file("accounts-receivable.map.toml"),
        workflow: file("rehearsal-workflow.toml"),
    };
    let invoices = read_accounts_receivable(&files.invoices);
    let workflow = std::fs::read_to_string(&files.workflow).expect("the sample's workflow file can be read");
    (files, invoices, workflow)
}

/// The command line of the issue, and others.
fn sample_options() -> Vec<Options> {
    let date = |written: &str| written.parse().expect("a date");
    let asked = Options {
        from: date("2012-01-01"),
        to: date("2014-03-01"),
        every_seconds: None,
        consolidate: None,
        max_active: None,
        down: Vec::new(),
    };
    let with = |every_seconds, consolidate| Options { every_seconds, consolidate, ..asked.clone() };
    vec![
        asked.clone(),
        with(None, Some(true)),
        with(Some(60), None),
        with(Some(60), Some(true)),
        with(Some(3_600), None),
        with(Some(3_600), Some(true)),
        with(Some(86_400), Some(false)),
        Options { from: date("2013-02-10"), ..asked.clone() },
        Options { from: date("2013-02-10"), every_seconds: Some(600), ..asked.clone() },
        Options { to: date("2013-06-01"), consolidate: Some(true), ..asked },
    ]
}

#[test]
#[ignore = "needs the public sample in the folder that MAHNWERK_DATA names"]
fn the_sample_of_2466_receivables() {
    let (files, invoices, workflow) = sample();
    let compare = |options: &Options| compare_files(&files, &invoices, &workflow, options).map(|found| format!("== {options:?}\n{found}"));
    let failures: Vec<String> = sample_options().iter().filter_map(compare).collect();
    assert!(failures.is_empty(), "{} command lines differ\n\n{}", failures.len(), failures.join("\n"));
}

#[test]
#[ignore = "needs the public sample in the folder that MAHNWERK_DATA names; prints the oracle's own figures"]
fn the_oracles_figures_for_the_sample() {
    let (_, invoices, workflow) = sample();
    let workflow = workflow_file::read(&workflow);
    for options in sample_options() {
        let outcome = expected(&invoices, &workflow, &options);
        assert_eq!(promises::broken(&invoices, &workflow, &options, &outcome), Vec::<String>::new());
        println!("{}", figures(&options, &outcome));
    }
}

fn figures(options: &Options, outcome: &Outcome) -> String {
    let mut by_stage: BTreeMap<String, usize> = BTreeMap::new();
    for dispatch in &outcome.dispatches {
        *by_stage.entry(format!("{} {}", dispatch.stage, dispatch.channel)).or_default() += 1;
    }
    let mut by_state: BTreeMap<&str, usize> = BTreeMap::new();
    for instance in &outcome.instances {
        *by_state.entry(&instance.state).or_default() += 1;
    }
    let total: i64 = outcome.dispatches.iter().map(|dispatch| dispatch.total_minor).sum();
    let (dispatches, instances) = (outcome.dispatches.len(), outcome.instances.len());
    let (first, last) = (outcome.dispatches.first(), outcome.dispatches.last());
    format!(
        "{options:?}\n  {dispatches} dispatches {by_stage:?}, total {total}\n  {instances} instances {by_state:?}\n  \
         first {first:?}\n  last  {last:?}"
    )
}
