//! Configuration becomes parts: the ledger, the queues, and each tenant's ways out, texts, workflows and source.
//!
//! [`Tenancy`] keeps them as they are configured now, while a process runs. Decides nothing about dunning and holds no transaction; the
//! rims ask here for what they need.

mod letters;
mod mail;
mod parts;
mod settings;
mod source;
mod tenancy;
mod tenant;
mod trial;
pub mod workflow;

pub use letters::{Pictures, letter_engine, pictures};
pub use mail::mailer;
pub use parts::{limits, pool_sizes, queue_settings, store};
pub use settings::{configured, configured_for_looking, published_settings, read_over};
pub use source::{connect, onlooker, webhook_key};
pub use tenancy::Tenancy;
pub use tenant::{complete, is_loopback, tenant_settings};
pub use trial::{Tried, try_mail_server};

use crate::adapters::texts::TextSets;
use crate::config::Config;
use std::path::{Path, PathBuf};

/// The text sets that the configuration names.
///
/// # Errors
/// Every problem of them, with file and line.
pub fn texts(config: &Config) -> anyhow::Result<TextSets> {
    let folder = &config.templates.folder;
    TextSets::load(Some(folder.as_path()).filter(|folder| !folder.as_os_str().is_empty())).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the texts can't be used:\n{}", lines.join("\n"))
    })
}

/// A path that was set; the configuration writes "not set" as an empty one.
fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
