//! Ledger and queue.

use super::{Finding, Findings, Held, forgotten};
use crate::assembly;
use crate::cli::key_file;
use crate::cli::ledger::{Ledger, sqlite_file};
use crate::cli::output::moment;
use crate::config::Config;
use crate::domain::ids::TenantId;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::trust::doubt_at;
use crate::store::{Store, StoreError};
use crate::workers::Queues;
use std::path::Path;
use std::time::Duration;

/// How long a database may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// Tries the ledger; its tenants as they hold.
pub(super) async fn ledger(config: &Config, findings: &mut Findings) -> Vec<Held> {
    let url = config.ledger.url.redacted();
    if let Some(file) = sqlite_file(config.ledger.url.expose()).filter(|file| !file.exists()) {
        findings.add(not_there(&file));
        return Vec::new();
    }
    let opened = tokio::time::timeout(ANSWERS_WITHIN, assembly::store(&config.ledger)).await;
    let failed = |why: String| Finding::failed("ledger", format!("{url}: {why}"), "start the database, or correct [ledger] url");
    let store = match opened {
        Ok(Ok(store)) => store,
        Ok(Err(error)) => {
            findings.add(failed(format!("{error:#}")));
            return Vec::new();
        }
        Err(_) => {
            findings.add(failed(format!("no answer within {} seconds", ANSWERS_WITHIN.as_secs())));
            return Vec::new();
        }
    };
    let held = match look(config, &store, &url, findings).await {
        Ok(held) => held,
        Err(error) => {
            findings.add(failed(error.to_string()));
            Vec::new()
        }
    };
    store.close().await;
    held
}

async fn look(config: &Config, store: &Store, url: &str, findings: &mut Findings) -> Result<Vec<Held>, StoreError> {
    let about = store.about().await?;
    let weak = ["synchronous OFF", "synchronous NORMAL", "synchronous_commit off", "fsync off"];
    findings.add(match weak.iter().find(|setting| about.contains(**setting)) {
        Some(setting) => Finding::failed(
            "ledger",
            format!("{url}: {about}"),
            format!("{setting}: a power failure could lose what was sent, and it would be sent twice. Switch it on"),
        ),
        None => Finding::ok("ledger", format!("{url}: {about}")),
    });
    let schema = store.schema().await?;
    if let Some(advice) = schema.advice() {
        findings.add(Finding::failed("schema", format!("version {} of {}", schema.applied, schema.known), format!("the ledger {advice}")));
        return Ok(Vec::new());
    }
    findings.add(Finding::ok("schema", format!("version {}, which is this program's", schema.applied)));
    lock(store, findings);
    clock(store, findings).await?;
    let tenants = store.tenants().await?;
    for (tenant, name) in &tenants {
        if store.guard(*tenant).await?.0 {
            findings.add(Finding::failed(
                "fence",
                format!("tenant {name}: the ledger is older than what was sent under it, so nothing is issued or sent"),
                "`mahnwerk fence show`, then `mahnwerk fence lift`",
            ));
        }
    }
    let names: Vec<_> = tenants.iter().map(|(_, name)| name.as_str()).collect();
    let listed = if names.is_empty() { "no tenant yet".to_owned() } else { format!("tenants: {}", names.join(", ")) };
    findings.add(Finding::ok("tenants", listed));
    forgotten::look(store, &tenants, findings).await?;
    Ok(held(config, store, tenants, findings).await)
}

/// What each tenant goes by; one whose published settings can't be used is told and left out.
async fn held(config: &Config, store: &Store, tenants: Vec<(TenantId, String)>, findings: &mut Findings) -> Vec<Held> {
    let mut held = Vec::new();
    let engine = Ledger { config: config.clone(), store: store.clone() }.engine();
    match key_file::read_if_there(&config.server.key_file) {
        Ok(key) => key.iter().for_each(|key| engine.unlock(key)),
        Err(error) => findings.add(Finding::failed("key file", format!("{error:#}"), "restore it from your backup")),
    }
    for (id, name) in tenants {
        let made = async {
            let tenant = assembly::configured(&engine, config, id, &name).await?;
            let pictures = assembly::pictures(store, id, &tenant).await?;
            anyhow::Ok(Held { name: name.clone(), tenant, pictures })
        };
        match made.await {
            Ok(one) => held.push(one),
            Err(error) => {
                let advice = "publish others under /settings, or restore the key file that [server] key_file names";
                findings.add(Finding::failed(name.as_str(), format!("{error:#}"), advice));
            }
        }
    }
    held
}

/// Whether a planner would trust this machine's clock.
async fn clock(store: &Store, findings: &mut Findings) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let Some(seen) = store.seen_clock().await? else { return Ok(()) };
    findings.add(match doubt_at(now, &seen) {
        Some(doubt) => Finding::failed("clock", doubt.to_string(), "set the clock, or confirm it with `mahnwerk clock confirm`"),
        None => {
            Finding::ok("clock", format!("goes with the ledger's: a planner looked at {}", moment(seen.seen_at, chrono_tz::UTC) + " UTC"))
        }
    });
    Ok(())
}

/// Whether a `serve` runs on an embedded ledger. The lock is tried and given back at once.
fn lock(store: &Store, findings: &mut Findings) {
    if store.dialect() != crate::store::statement::Dialect::Sqlite {
        return;
    }
    findings.add(match store.clone().take_for_engine() {
        Ok(_) => Finding::ok("lock", "free: no `serve` runs on this ledger"),
        Err(StoreError::InUse { .. }) => Finding::ok("lock", "held: a `serve` runs on this ledger"),
        Err(error) => Finding::failed("lock", error.to_string(), "let this user write the folder of the ledger"),
    });
}

/// An embedded ledger that nobody has made yet; whether it could be made.
fn not_there(file: &Path) -> Finding {
    let shown = file.display();
    let folder = file.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match tempfile::tempfile_in(folder) {
        Ok(_) => {
            Finding::warning("ledger", format!("{shown} is not there yet"), "`mahnwerk import invoices` or `mahnwerk migrate` makes it")
        }
        Err(error) => Finding::failed(
            "ledger",
            format!("{shown} is not there, and {} can't be written: {error}", folder.display()),
            "let this user write the folder, or correct [ledger] url",
        ),
    }
}

/// Tries the queue.
pub(super) async fn queue(config: &Config, findings: &mut Findings) {
    let url = config.queue.url.redacted();
    let settings = assembly::queue_settings(&config.queue, &format!("doctor-{}", std::process::id()));
    let tried = async {
        let queues = Queues::open(&settings).await.map_err(|error| error.to_string())?;
        queues.check().await
    };
    let answer = tokio::time::timeout(ANSWERS_WITHIN, tried).await;
    let advice = "start the server, or correct [queue] url; nothing is lost with the queue";
    findings.add(match answer {
        Ok(Ok(words)) => Finding::ok("queue", words),
        Ok(Err(why)) => Finding::failed("queue", format!("{url}: {why}"), advice),
        Err(_) => Finding::failed("queue", format!("{url}: no answer within {} seconds", ANSWERS_WITHIN.as_secs()), advice),
    });
}
