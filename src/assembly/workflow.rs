//! Where a workflow comes from: a file, or one of those that have a name. At a tenant a name means what was published there first.

use super::{holding, texts_of};
use crate::adapters::texts::TextSets;
use crate::config::Config;
use crate::domain::calendar::Region;
use crate::domain::ids::TenantId;
use crate::domain::workflow::{Parsed, References, Workflow, parse_with};
use crate::store::Store;
use anyhow::{Context, bail};
use std::path::Path;

/// The workflows that come with the program, so that their names work anywhere.
const SHIPPED: [(&str, &str); 3] = [
    ("standard", include_str!("../../workflows/standard.toml")),
    ("gentle", include_str!("../../workflows/gentle.toml")),
    ("business", include_str!("../../workflows/business.toml")),
];

/// A workflow's text and what to call it in messages.
#[derive(Debug)]
pub struct Source {
    pub shown: String,
    pub text: String,
    /// It came with the program; else it is a file.
    pub is_shipped: bool,
}

/// Finds a workflow: a name without a dot or slash means the file of that name in `[workflows] folder`, else the one
/// that is shipped; anything else is a file.
///
/// # Errors
/// When there is none, or it can't be read.
pub fn find(wanted: &str, config: &Config) -> anyhow::Result<Source> {
    if !is_name(wanted) || Path::new(wanted).is_file() {
        return read(Path::new(wanted));
    }
    find_named(wanted, config)
}

/// Whether it is a name; else it is a file.
pub(super) fn is_name(wanted: &str) -> bool {
    !wanted.contains(['.', '/', '\\'])
}

fn find_named(wanted: &str, config: &Config) -> anyhow::Result<Source> {
    let own = config.workflows.folder.join(format!("{wanted}.toml"));
    if own.is_file() {
        return read(&own);
    }
    if let Some((name, text)) = SHIPPED.into_iter().find(|(name, _)| *name == wanted) {
        return Ok(Source { shown: format!("{name} (built in)"), text: text.to_owned(), is_shipped: true });
    }
    let names: Vec<_> = SHIPPED.iter().map(|(name, _)| *name).collect();
    bail!("there is no workflow `{wanted}`: name a file, one in {}, or one of {}", config.workflows.folder.display(), names.join(", "))
}

fn read(path: &Path) -> anyhow::Result<Source> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the workflow file {}", path.display()))?;
    Ok(Source { shown: path.display().to_string(), text, is_shipped: false })
}

impl Source {
    /// Reads and checks it, with the regions and texts that it names.
    pub fn parse(&self, texts: &TextSets) -> Parsed {
        parsed_workflow(&self.text, texts)
    }

    fn sound(&self, texts: &TextSets) -> anyhow::Result<Workflow> {
        let parsed = self.parse(texts);
        parsed.workflow.ok_or_else(|| {
            let lines: Vec<_> = parsed.problems.iter().map(|problem| problem.in_file(&self.shown)).collect();
            anyhow::anyhow!("the workflow can't be used:\n{}", lines.join("\n"))
        })
    }
}

/// Finds a workflow that must be without errors.
///
/// # Errors
/// Every problem of it, with file and line.
pub fn sound(wanted: &str, config: &Config, texts: &TextSets) -> anyhow::Result<Workflow> {
    find(wanted, config)?.sound(texts)
}

/// The tenant's workflow of this name: what was published there, else the folder's, else the one that is shipped. A file stays a file.
///
/// # Errors
/// As [`sound`], or when the ledger fails.
pub async fn of_tenant(wanted: &str, store: &Store, tenant: TenantId, config: &Config) -> anyhow::Result<Workflow> {
    if is_name(wanted)
        && !Path::new(wanted).is_file()
        && let Some(workflow) = holding(store, tenant, wanted).await?
    {
        return Ok(workflow);
    }
    sound(wanted, config, &texts_of(store, tenant, config).await?)
}

/// The names that lead to a workflow without a tenant's publications: those of the folder and those that are shipped, in order.
#[must_use]
pub fn names(config: &Config) -> Vec<String> {
    let listing = std::fs::read_dir(&config.workflows.folder).into_iter().flatten().flatten();
    let of_folder = listing.filter_map(|entry| entry.path().file_name()?.to_str()?.strip_suffix(".toml").map(ToOwned::to_owned));
    let mut names: Vec<_> = of_folder.filter(|name| is_name(name)).chain(SHIPPED.map(|(name, _)| name.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}

/// What the folder or the program has under a name; `None` if there is none, or it can't be read.
#[must_use]
pub fn in_files(name: &str, config: &Config) -> Option<Source> {
    is_name(name).then(|| find_named(name, config).ok()).flatten()
}

/// As [`sound`], for a name that comes from outside: it never leads to a file of another place.
///
/// # Errors
/// When it is no name, and as [`sound`].
pub fn named(wanted: &str, config: &Config, texts: &TextSets) -> anyhow::Result<Workflow> {
    anyhow::ensure!(is_name(wanted), "there is no workflow `{wanted}`");
    find_named(wanted, config)?.sound(texts)
}

/// Reads and checks a workflow file.
///
/// # Errors
/// When it can't be read.
pub fn workflow_file(path: &Path, texts: &TextSets) -> anyhow::Result<Parsed> {
    Ok(read(path)?.parse(texts))
}

/// Reads and checks a workflow's text, with the regions and texts that it names.
#[must_use]
pub fn parsed_workflow(text: &str, texts: &TextSets) -> Parsed {
    let known_region = |code: &str| Region::parse(code).map(drop).map_err(|error| error.to_string());
    let known_template = |name: &str| {
        let known = texts.templates().join(", ");
        if texts.has(name) { Ok(()) } else { Err(format!("there is no text set `{name}`; there are {known}")) }
    };
    parse_with(text, &References { known_region: &known_region, known_template: &known_template })
}

/// Reads a workflow file that must be without errors.
///
/// # Errors
/// Every problem of it, with file and line.
pub fn sound_workflow(path: &Path, texts: &TextSets) -> anyhow::Result<Workflow> {
    read(path)?.sound(texts)
}
