//! `bench sleepers`: what a million sleeping instances cost. Enrolled here, slept through by a real `serve`.

use super::ground::{Ground, TENANT, day, thousandths};
use super::ladder::per_second;
use super::process;
use super::served::Served;
use crate::cli::{Ending, Globals, say};
use crate::domain::tenant::TenantSettings;
use crate::engine::clock::{Clock, SystemClock, SystemEntropy};
use crate::engine::operate::Cause;
use crate::engine::{Engine, Limits};
use crate::store::Store;
use crate::store::intake::PaymentRecord;
use crate::store::views::{InstanceFilter, InstanceView};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long it is left alone.
const IDLE: Duration = Duration::from_secs(5);
/// Payments per transaction.
const PAYMENTS: usize = 1000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    instances: usize,
    /// How many of them are paid while the others sleep on.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    paid: usize,
}

/// The job's line.
#[derive(Debug, Serialize)]
struct Figures {
    instances: usize,
    enrol_per_s: u64,
    /// The most that this process took for enrolling.
    enrol_peak_rss_mb: u64,
    /// From the start of `serve` until its planner has looked at everything and knows its next timer.
    ready_ms: u64,
    rss_mb: u64,
    idle_cpu_percent: f64,
    disk_bytes_per_instance: u64,
    /// By table and index, the greatest first.
    disk: BTreeMap<String, f64>,
    paid_per_s: u64,
    paid_cpu_ms_each: f64,
    withdrawn_per_s: u64,
    /// Of `serve`, at the end.
    rss_after_mb: u64,
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a part can't be opened or `serve` does not come up.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let ground = Ground::open(&config, None, 0).await?;
    let workflow = ground.publish("email", 30).await?;
    process::forget_peak();
    let enrol_per_s = ground.enrol(workflow, args.instances, day(0)?).await?;
    let enrol_peak_rss_mb = process::peak_rss_mb();
    let mut disk = BTreeMap::new();
    let per_instance = |bytes: i64| u64::try_from(bytes).unwrap_or(0) * 1000 / u64::try_from(args.instances.max(1)).unwrap_or(1);
    for (name, bytes) in ground.engine.store.bytes_by_table().await? {
        disk.insert(name, thousandths(per_instance(bytes)));
    }
    let Ground { engine, tenant, folder, url, temporary } = ground;
    let settings = engine.tenant(tenant)?.settings.clone();
    // Closed and let go, with its lock: `serve` is another process.
    engine.store.close().await;
    drop(engine);
    let disk_bytes = std::fs::metadata(url.strip_prefix("sqlite:").unwrap_or_default()).map_or(0, |metadata| metadata.len());
    let mut serve = Served::start(&folder, &url, "").await?;
    let ready_ms = serve.ready_ms;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = process::cpu_ms_of(&serve.id, false);
    tokio::time::sleep(IDLE).await;
    let idle_ms = process::cpu_ms_of(&serve.id, false).saturating_sub(before);
    let rss_mb = process::rss_mb_of(&serve.id);
    let costs = wake_some(settings, &args, &url).await?;
    let rss_after_mb = process::rss_mb_of(&serve.id);
    serve.stop().await?;
    drop(temporary);
    let figures = Figures {
        instances: args.instances,
        enrol_per_s,
        enrol_peak_rss_mb,
        ready_ms,
        rss_mb,
        idle_cpu_percent: thousandths(idle_ms * 100_000 / u64::try_from(IDLE.as_millis())?),
        disk_bytes_per_instance: disk_bytes / u64::try_from(args.instances.max(1))?,
        disk,
        paid_per_s: costs.paid_per_s,
        paid_cpu_ms_each: costs.paid_cpu_ms_each,
        withdrawn_per_s: costs.withdrawn_per_s,
        rss_after_mb,
    };
    say(serde_json::to_string(&figures)?);
    Ok(Ending::Done)
}

struct Costs {
    paid_per_s: u64,
    paid_cpu_ms_each: f64,
    withdrawn_per_s: u64,
}

/// Pays some and withdraws a hundredth as many, beside the running `serve`, as commands do.
async fn wake_some(settings: TenantSettings, args: &Args, url: &str) -> anyhow::Result<Costs> {
    let (store, tenant) = (Store::open(url).await?, settings.id);
    let (clock, entropy, owner) = (Arc::new(SystemClock), Arc::new(SystemEntropy), "bench-command".to_owned());
    let engine = Engine::new(store, clock, entropy, owner, Limits::default(), vec![settings]);
    let some = i64::try_from(args.paid + args.paid / 100)?;
    let sleeping = engine.store.instance_list(tenant, &InstanceFilter::default(), some).await?;
    let (paid, withdrawn) = sleeping.split_at(args.paid.min(sleeping.len()));
    let payment = |instance: &InstanceView| PaymentRecord {
        invoice: instance.id,
        external_id: instance.number.clone(),
        kind: "payment",
        amount_minor: instance.open_minor,
        effective_at: SystemClock.now(),
    };
    let (started, cpu) = (Instant::now(), process::cpu_ms());
    for batch in paid.chunks(PAYMENTS) {
        let batch: Vec<_> = batch.iter().map(payment).collect();
        engine.take_in_payments(tenant, TENANT, &batch).await?;
    }
    let (paid_per_s, cpu_ms) = (per_second(paid.len(), started.elapsed().as_millis()), process::cpu_ms().saturating_sub(cpu));
    let cause = Cause { actor: "user:bench".to_owned(), reason: "measured".to_owned() };
    let started = Instant::now();
    for instance in withdrawn {
        engine.end(tenant, instance.id, false, &cause).await?;
    }
    let withdrawn_per_s = per_second(withdrawn.len(), started.elapsed().as_millis());
    engine.store.close().await;
    let each = cpu_ms * 1000 / u64::try_from(paid.len().max(1))?;
    Ok(Costs { paid_per_s, paid_cpu_ms_each: thousandths(each), withdrawn_per_s })
}
