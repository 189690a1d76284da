//! `config`: what holds in the end, and what is wrong with it. Tries nothing outside; `doctor` does.

use super::ledger::sqlite_file;
use super::output::{json, moment};
use super::{Ending, Globals, say};
use crate::assembly;
use crate::config::{self, Config, DEFAULT_FILE, LoadError, Problem};
use crate::domain::calendar::Region;
use crate::store::publications::Publication;
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
    /// Print every setting as it holds: defaults, file and environment together, and what was published on the pages above them. Secrets are
    /// hidden.
    Show,
    /// Name everything that is wrong with the configuration, with its line, and with what was published on the pages.
    Check,
}

/// Runs a subcommand.
///
/// # Errors
/// When the configuration can't be read.
pub async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::Show => show(globals).await,
        What::Check => check(globals).await,
    }
}

async fn show(globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let redacted = config.redacted();
    let published = published(&config).await;
    if globals.json {
        let mut table: toml::Table = redacted.parse().context("writing the configuration as JSON")?;
        let texts = published?.into_iter().map(|(name, publication)| (name, publication.content.parse().unwrap_or_default()));
        let texts: toml::Table = texts.map(|(name, text): (String, toml::Table)| (name, toml::Value::Table(text))).collect();
        if !texts.is_empty() {
            table.insert("published".to_owned(), toml::Value::Table(texts));
        }
        json(&table);
    } else {
        say(redacted.trim_end());
        for (name, publication) in published? {
            let (at, by) = (moment(publication.published_at, chrono_tz::UTC), &publication.published_by);
            say(format_args!("\n# Published on the pages by {by} at {at} UTC; it stands above [tenants.{name}]:"));
            publication.content.lines().for_each(|line| say(format_args!("# {line}")));
        }
    }
    Ok(Ending::Done)
}

/// What was published and can't be used above this file.
async fn unusable(config: &Config) -> anyhow::Result<Vec<String>> {
    let stands_in = |_: i64, _: &str| Ok("-".to_owned());
    let mut found = Vec::new();
    for (name, publication) in published(config).await? {
        let read = config::published(&publication.content, &config.tenant_named(&name), &stands_in);
        let problems = read.err().into_iter().flatten();
        found.extend(problems.map(|problem| format!("published for tenant {name}: {}: {}", problem.field, problem.message)));
    }
    Ok(found)
}

/// What was published of tenants' settings, where there is a ledger of this program's version.
async fn published(config: &Config) -> anyhow::Result<Vec<(String, Publication)>> {
    if sqlite_file(config.ledger.url.expose()).is_some_and(|file| !file.exists()) {
        return Ok(Vec::new());
    }
    let store = assembly::store(&config.ledger).await?;
    let mut found = Vec::new();
    if store.schema().await?.advice().is_none() {
        for (id, name) in store.tenants().await? {
            found.extend(assembly::published_settings(&store, id).await?.map(|publication| (name, publication)));
        }
    }
    store.close().await;
    Ok(found)
}

async fn check(globals: &Globals) -> anyhow::Result<Ending> {
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
    let mut found = unknown_regions(&config);
    found.extend(unusable(&config).await?);
    for problem in &found {
        if globals.json {
            json(&json!({ "type": "problem", "file": file, "severity": "error", "message": problem }));
        } else {
            say(format_args!("{}: error: {problem}", file.display()));
        }
    }
    if !found.is_empty() {
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
