//! `config`: what holds in the end, and what is wrong with it. Tries nothing outside; `doctor` does.

use super::output::json;
use super::{Ending, Globals, say};
use crate::config::{self, Config, DEFAULT_FILE, LoadError, Problem};
use crate::domain::calendar::Region;
use anyhow::Context;
use serde_json::json;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print every setting as it holds: defaults, file and environment together. Secrets are hidden.
    Show,
    /// Name everything that is wrong with the configuration, with its line.
    Check,
}

/// Runs a subcommand.
///
/// # Errors
/// When the configuration can't be read.
pub fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::Show => show(globals),
        What::Check => check(globals),
    }
}

fn show(globals: &Globals) -> anyhow::Result<Ending> {
    let redacted = globals.config()?.redacted();
    if globals.json {
        let table: toml::Table = redacted.parse().context("writing the configuration as JSON")?;
        json(&table);
    } else {
        say(redacted.trim_end());
    }
    Ok(Ending::Done)
}

fn check(globals: &Globals) -> anyhow::Result<Ending> {
    let file = globals.config.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
    let config = match config::load(globals.config.as_deref(), std::env::vars()) {
        Ok(config) => config,
        Err(LoadError::Problems { path, problems }) => {
            let shown = path.display().to_string();
            problems.iter().for_each(|problem| print(problem, &shown, globals.json));
            return Ok(Ending::Problems);
        }
        Err(error @ LoadError::File { .. }) => return Err(error.into()),
    };
    let regions = unknown_regions(&config);
    for problem in &regions {
        if globals.json {
            json(&json!({ "type": "problem", "file": file, "severity": "error", "message": problem }));
        } else {
            say(format_args!("{}: error: {problem}", file.display()));
        }
    }
    if !regions.is_empty() {
        return Ok(Ending::Problems);
    }
    let tenants = config.tenants.len();
    let from = if file.exists() { file.display().to_string() } else { "the defaults (there is no worker.toml here)".to_owned() };
    if globals.json {
        json(&json!({ "type": "file", "file": file, "errors": 0, "tenants": tenants }));
    } else {
        say(format_args!("{from}: can be used; {tenants} tenants are described. `mahnwerk doctor` tries every part"));
    }
    Ok(Ending::Done)
}

fn print(problem: &Problem, file: &str, as_json: bool) {
    if !as_json {
        return say(problem.in_file(file));
    }
    let Problem { severity, line, column, field, message } = problem;
    json(&json!({
        "type": "problem", "file": file, "line": line, "column": column, "severity": severity, "field": field, "message": message,
    }));
}

/// Regions whose shape is right but that no holidays are known for.
fn unknown_regions(config: &Config) -> Vec<String> {
    let general = std::iter::once(("tenant.holidays".to_owned(), &config.tenant.holidays));
    let named = config.tenants.iter().map(|(name, tenant)| (format!("tenants.{name}.holidays"), &tenant.tenant.holidays));
    let problem = |(field, code): (String, &String)| Region::parse(code).err().map(|error| format!("{field}: {error}"));
    general.chain(named).filter_map(problem).collect()
}
