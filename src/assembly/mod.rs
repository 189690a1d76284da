//! Configuration becomes parts: the ledger, the queues, and each tenant's ways out, texts, workflows and source.
//!
//! [`Tenancy`] keeps them as they are configured now, while a process runs. Decides nothing about dunning and holds no transaction; the
//! rims ask here for what they need.

pub mod catalogue;
mod letters;
mod mail;
mod parts;
mod published;
mod settings;
mod source;
mod tenancy;
mod tenant;
mod trial;
pub mod workflow;

pub use letters::{Pictures, letter_engine, pictures};
pub use mail::mailer;
pub use parts::{limits, pool_sizes, queue_settings, store};
pub use published::{Unpublished, holding, own_texts, texts_of};
pub use settings::{configured, configured_for_looking, published_settings, read_over};
pub use source::{connect, onlooker, webhook_key};
pub use tenancy::Tenancy;
pub use tenant::{complete, is_loopback, tenant_settings};
pub use trial::{Tried, try_mail_server};

use crate::adapters::texts::{OwnText, TextProblem, TextSets};
use crate::config::Config;
use std::path::{Path, PathBuf};

/// The text sets that the configuration names.
///
/// # Errors
/// Every problem of them, with file and line.
pub fn texts(config: &Config) -> anyhow::Result<TextSets> {
    installations(config, &[]).map_err(|problems| unusable(&problems))
}

/// The text sets that the configuration names, with a tenant's own above them.
fn installations(config: &Config, own: &[OwnText]) -> Result<TextSets, Vec<TextProblem>> {
    let folder = &config.templates.folder;
    TextSets::load_with(Some(folder.as_path()).filter(|folder| !folder.as_os_str().is_empty()), own)
}

fn unusable(problems: &[TextProblem]) -> anyhow::Error {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!("the texts can't be used:\n{}", lines.join("\n"))
}

/// A path that was set; the configuration writes "not set" as an empty one.
fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
