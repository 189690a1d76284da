//! The process that `bench source` measures and kills: a ledger, an engine, a client of lexoffice, and steps until everything is listed.

use super::ground::TENANT;
use super::process;
use crate::adapters::lexoffice::{ApiKey, LexofficeClient, LexofficeSettings, LexofficeSource};
use crate::assembly;
use crate::cli::{Ending, Globals, say};
use crate::engine::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::engine::source::condition::is_well;
use crate::engine::source::connection::{Connection, SourceSettings};
use crate::engine::source::pace::StoredPace;
use crate::engine::source::ports::ClaimKind;
use crate::engine::source::run::Advance;
use crate::engine::{Engine, Limits};
use crate::store::Store;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The same name after a death: whoever started this process knows that the one before it is dead.
const OWNER: &str = "bench-source";
const PATIENCE: Duration = Duration::from_secs(60);

/// What it is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) url: String,
    pub(super) base_url: String,
    pub(super) key: String,
    pub(super) turn_ms: u64,
    /// Details that are read after everything is listed.
    pub(super) details: u64,
}

/// What it says at its end.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) enrolled: u64,
    pub(super) undetailed: u64,
    pub(super) peak_rss_mb: u64,
    pub(super) cpu_ms: u64,
}

pub(super) async fn run(task: Task, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let store = Store::open(&task.url).await?.take_for_engine()?;
    store.migrate().await?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let tenant = store.tenant_named(TENANT, clock.now()).await?;
    let settings = assembly::tenant_settings(tenant, TENANT, &config.tenant_named(TENANT))?;
    let engine = Engine::new(store, clock.clone(), entropy.clone(), OWNER.to_owned(), Limits::default(), vec![settings]);
    let texts = assembly::texts(&config)?;
    let workflow = assembly::workflow::sound("standard", &config, &texts)?;
    let workflow = engine.publish(tenant, &workflow).await?;
    let key = ApiKey::new(task.key)?;
    let pace = StoredPace::new(engine.store.clone(), clock, key.hash(), Duration::from_millis(task.turn_ms), PATIENCE);
    let client = LexofficeClient::new(LexofficeSettings::new(task.base_url, key, entropy.key()), Arc::new(pace))?;
    let mut settings = SourceSettings::new(workflow);
    settings.kinds.push(ClaimKind::RevenueVoucher);
    engine.connect(tenant, Connection::new(Arc::new(LexofficeSource::new(client)), settings))?;
    let mut wanted = task.details;
    let told = loop {
        let status = engine.source_status(tenant).await?.context("no source")?;
        let listed = status.row.as_ref().is_some_and(|row| row.cursor.is_none() && row.swept_at.is_some());
        if listed && wanted == 0 {
            let count = |number: i64| u64::try_from(number).unwrap_or(0);
            let (enrolled, undetailed) = (count(status.open), count(status.undetailed));
            break Told { enrolled, undetailed, peak_rss_mb: process::peak_rss_mb(), cpu_ms: process::cpu_ms() };
        }
        match engine.advance(tenant).await? {
            Advance::More => wanted -= u64::from(listed),
            Advance::Idle(_) if listed => wanted = 0,
            other => {
                let row = status.row.filter(|row| !is_well(&row.state));
                bail!("the synchronisation stopped ({other:?}): {}", row.and_then(|row| row.error).unwrap_or_default());
            }
        }
    };
    say(serde_json::to_string(&told)?);
    engine.store.close().await;
    Ok(Ending::Done)
}
