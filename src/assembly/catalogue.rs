//! A tenant's workflows by name, each as it would be taken for new invoices now, with where it comes from.

use super::workflow::{in_files, names, parsed_workflow};
use crate::adapters::texts::TextSets;
use crate::config::Config;
use crate::domain::ids::TenantId;
use crate::domain::publication::Kind;
use crate::domain::workflow::Parsed;
use crate::store::publications::Publication;
use crate::store::{Store, StoreError};

/// Where a workflow comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Published on the pages.
    Published(Publication),
    /// A file of the folder, by its path.
    File(String),
    /// It came with the program.
    Shipped,
    /// Only in the ledger: invoices came in under it from a file of another place.
    Ledger,
}

/// A workflow under its name.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: String,
    pub place: Place,
    pub text: String,
    pub parsed: Parsed,
}

/// All of them, by name.
///
/// # Errors
/// When the ledger fails.
pub async fn catalogue(store: &Store, tenant: TenantId, config: &Config, texts: &TextSets) -> Result<Vec<Listed>, StoreError> {
    let (mut published, editions) = (store.published(tenant, Kind::Workflow).await?, store.workflows(tenant).await?);
    let mut all = names(config);
    all.extend(published.iter().map(|publication| publication.name.clone()));
    all.extend(editions.iter().map(|edition| edition.name.clone()));
    all.sort();
    all.dedup();
    let mut place_of = |name: &str| {
        if let Some(at) = published.iter().position(|publication| publication.name == name) {
            let found = published.swap_remove(at);
            return Some((found.content.clone(), Place::Published(found)));
        }
        if let Some(found) = in_files(name, config) {
            let place = if found.is_shipped { Place::Shipped } else { Place::File(found.shown) };
            return Some((found.text, place));
        }
        let newest = editions.iter().filter(|edition| edition.name == name).max_by_key(|edition| edition.id)?;
        Some((newest.source.clone(), Place::Ledger))
    };
    let listed = |name: String| {
        let (text, place) = place_of(&name)?;
        Some(Listed { parsed: parsed_workflow(&text, texts), name, place, text })
    };
    Ok(all.into_iter().filter_map(listed).collect())
}

/// One of them.
///
/// # Errors
/// When the ledger fails.
pub async fn listed(store: &Store, tenant: TenantId, name: &str, config: &Config, texts: &TextSets) -> Result<Option<Listed>, StoreError> {
    Ok(catalogue(store, tenant, config, texts).await?.into_iter().find(|listed| listed.name == name))
}
