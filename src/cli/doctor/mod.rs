//! `doctor`: every configured part is tried, and where one fails it says what to do. Sends nothing to anybody.
//!
//! `base`: ledger and queue. `forgotten`: whether the ledger holds what nobody would look at. `content`: texts, workflows,
//! tenants. `outside`: mail server, letters, print batch.
//! `sources`: whether accounting systems can call.

mod base;
mod content;
mod forgotten;
mod outside;
mod sources;

use super::output::{json, wrapped};
use super::{Ending, Globals, say};
use crate::assembly::Pictures;
use crate::config::{Config, NamedTenant};
use crate::domain::format::presentable;
use anyhow::bail;
use serde::Serialize;

/// How a part does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    /// It works, but probably not as it should.
    Warning,
    Failed,
}

/// What was found out about one part.
#[derive(Debug, Serialize)]
struct Finding {
    part: String,
    health: Health,
    /// The part's own words.
    what: String,
    /// What to do; empty if nothing.
    advice: String,
}

impl Finding {
    fn ok(part: impl Into<String>, what: impl Into<String>) -> Self {
        Self { part: part.into(), health: Health::Ok, what: what.into(), advice: String::new() }
    }

    fn warning(part: impl Into<String>, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { part: part.into(), health: Health::Warning, what: what.into(), advice: advice.into() }
    }

    fn failed(part: impl Into<String>, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { part: part.into(), health: Health::Failed, what: what.into(), advice: advice.into() }
    }
}

/// Prints findings as they come: some parts take seconds to answer.
struct Findings {
    as_json: bool,
    all: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        if self.as_json {
            json(&finding);
        } else {
            print(&finding);
        }
        self.all.push(finding);
    }

    fn count(&self, health: Health) -> usize {
        self.all.iter().filter(|finding| finding.health == health).count()
    }
}

/// Tries every part.
///
/// # Errors
/// When a part failed; what was found was printed.
pub async fn run(globals: &Globals) -> anyhow::Result<Ending> {
    let mut findings = Findings { as_json: globals.json, all: Vec::new() };
    match globals.config() {
        Ok(config) => {
            findings.add(Finding::ok("configuration", format!("can be used; {} tenants are described in it", config.tenants.len())));
            examine(&config, &mut findings).await;
        }
        Err(error) => findings.add(Finding::failed("configuration", format!("{error:#}"), "correct the lines that are named")),
    }
    let (failed, warnings) = (findings.count(Health::Failed), findings.count(Health::Warning));
    if !globals.json {
        say(format_args!("\n{} parts tried, {failed} failed, {warnings} warnings", findings.all.len()));
    }
    if failed > 0 {
        let parts: Vec<_> =
            findings.all.iter().filter(|finding| finding.health == Health::Failed).map(|finding| finding.part.as_str()).collect();
        bail!("failed: {}", parts.join(", "));
    }
    Ok(Ending::Done)
}

/// A tenant as it holds.
#[derive(Clone, Debug)]
struct Held {
    name: String,
    tenant: NamedTenant,
    pictures: Pictures,
}

async fn examine(config: &Config, findings: &mut Findings) {
    let known = base::ledger(config, findings).await;
    base::queue(config, findings).await;
    let texts = content::texts(config, findings);
    content::workflows(config, texts.as_ref(), findings);
    let tenants = tenants(config, known);
    for held in &tenants {
        content::tenant(&held.name, &held.tenant, findings);
    }
    sources::webhooks(config, &tenants, findings);
    outside::mail(&tenants, findings).await;
    outside::letters(config, &tenants, findings).await;
    outside::print_batch(config, findings).await;
}

/// The tenants of ledger and configuration; the general settings where there is none yet.
fn tenants(config: &Config, mut held: Vec<Held>) -> Vec<Held> {
    let described = |name: &str| {
        let tenant = config.tenant_named(name);
        Held { name: name.to_owned(), pictures: Pictures::of_files(&tenant), tenant }
    };
    let missing: Vec<_> = config.tenants.keys().filter(|name| held.iter().all(|one| one.name != **name)).collect();
    held.extend(missing.into_iter().map(|name| described(name)));
    if held.is_empty() {
        return vec![Held { name: "every tenant".to_owned(), ..described("") }];
    }
    held.sort_by(|a, b| a.name.cmp(&b.name));
    held
}

fn print(finding: &Finding) {
    let word = match finding.health {
        Health::Ok => "ok",
        Health::Warning => "warning",
        Health::Failed => "FAILED",
    };
    let mut start = format!("{word:<8} {:<14} ", finding.part);
    for line in finding.what.lines().flat_map(|line| wrapped(&presentable(line), 86)) {
        say(format_args!("{start}{line}"));
        start = " ".repeat(24);
    }
    for (index, line) in finding.advice.lines().flat_map(|line| wrapped(&presentable(line), 82)).enumerate() {
        say(format_args!("{:24}{} {line}", "", if index == 0 { "→" } else { " " }));
    }
}
