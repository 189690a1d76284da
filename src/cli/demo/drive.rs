//! Lets the sample's time pass: as fast as two minutes for all of it allow, and never while work is under way.

use super::sample::{Sample, samples};
use super::{DAYS, Demo};
use crate::assembly;
use crate::cli::installation::Installation;
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::time::{Timestamp, midnight};
use crate::engine::clock::{Clock, Stopwatch, SystemClock};
use crate::engine::intake::{Incoming, Intake};
use crate::store::intake::PaymentRecord;
use anyhow::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const WORKFLOW: &str = include_str!("../../../workflows/standard.toml");
const SOURCE: &str = "demo";
/// The whole of the sample passes in so long.
const LASTS: Duration = Duration::from_secs(120);
const BREATH: Duration = Duration::from_millis(5);

/// What is going to happen, by when it becomes known.
struct Story {
    tenant: TenantId,
    workflow: WorkflowId,
    invoices: BTreeMap<Timestamp, Vec<Sample>>,
    payments: BTreeMap<Timestamp, Vec<PaymentRecord>>,
}

/// Lives through the sample; then the clock is the real one.
///
/// # Errors
/// When the ledger fails.
pub(in crate::cli) async fn live(installation: Arc<Installation>, demo: Arc<Demo>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut story = Story::begin(&installation, &demo).await?;
    let (watch, start) = (Stopwatch::start(), demo.clock.now());
    while !stop.is_cancelled() {
        let real = SystemClock.now();
        let reached = paced(start, real, watch.elapsed());
        let next = story.next().min(installation.engine.next_round(story.tenant).await?.unwrap_or(real));
        if story.is_busy(&installation).await? {
            tokio::time::sleep(BREATH).await;
        } else if next <= reached && next < real {
            demo.clock.advance_to(next);
            story.tell(&installation, next).await?;
            tokio::time::sleep(BREATH).await;
        } else if reached >= real {
            demo.clock.advance_to(real);
            demo.clock.go_live();
            return Ok(());
        } else {
            demo.clock.advance_to(reached);
            tokio::time::sleep(BREATH).await;
        }
    }
    Ok(())
}

/// How far the sample's time may be after `elapsed`.
fn paced(start: Timestamp, real: Timestamp, elapsed: Duration) -> Timestamp {
    let all = i128::from(real.0 - start.0);
    let passed = i128::try_from(elapsed.as_millis()).unwrap_or(i128::MAX).min(i128::try_from(LASTS.as_millis()).unwrap_or(1));
    let share = all * passed / i128::try_from(LASTS.as_millis()).unwrap_or(1);
    Timestamp(start.0 + i64::try_from(share).unwrap_or(0))
}

impl Story {
    async fn begin(installation: &Installation, demo: &Demo) -> anyhow::Result<Self> {
        let engine = &installation.engine;
        let tenant = engine.store.tenant_named(super::TENANT, engine.clock.now()).await?;
        let texts = assembly::texts(&installation.config)?;
        let workflow = assembly::workflow::parsed_workflow(WORKFLOW, &texts).workflow.context("the sample's workflow is broken")?;
        let published = assembly::holding(&engine.store, tenant, &workflow.name).await?;
        let workflow = published.unwrap_or(workflow);
        let workflow = engine.publish(tenant, &workflow).await?;
        let zone = installation.config.tenant.zone;
        let mut invoices: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for sample in samples(demo.clock.now().date_in(zone), DAYS) {
            invoices.entry(midnight(zone, sample.incoming.invoice.invoice_date)).or_default().push(sample);
        }
        Ok(Self { tenant, workflow, invoices, payments: BTreeMap::new() })
    }

    /// When the next fact becomes known.
    fn next(&self) -> Timestamp {
        let next = [self.invoices.keys().next(), self.payments.keys().next()];
        next.into_iter().flatten().min().copied().unwrap_or(Timestamp(i64::MAX))
    }

    /// Whether something is due that the planner has not looked at, or a step is under way: then time stands still.
    async fn is_busy(&self, installation: &Installation) -> anyhow::Result<bool> {
        let engine = &installation.engine;
        if self.next() <= engine.clock.now() {
            return Ok(false);
        }
        let due = engine.next_round(self.tenant).await?.is_some_and(|at| at <= engine.clock.now());
        let counts = engine.store.step_counts(self.tenant).await?;
        Ok(due || counts.iter().any(|(_, state, count)| *count > 0 && matches!(state.as_str(), "queued" | "started" | "ready")))
    }

    /// Takes in what becomes known up to `at`.
    async fn tell(&mut self, installation: &Installation, at: Timestamp) -> anyhow::Result<()> {
        let (engine, zone) = (&installation.engine, installation.config.tenant.zone);
        while let Some(entry) = self.invoices.first_entry().filter(|entry| *entry.key() <= at) {
            let written = entry.remove();
            let batch: Vec<Incoming> = written.iter().map(|sample| sample.incoming.clone()).collect();
            let results = engine.take_in(self.tenant, SOURCE, self.workflow, &batch).await?;
            for (sample, result) in written.iter().zip(results) {
                let Intake::Enrolled(invoice) = result else { continue };
                for (place, (day, amount_minor)) in sample.payments.iter().enumerate() {
                    let effective_at = midnight(zone, *day);
                    let external_id = format!("{}/{place}", sample.incoming.invoice.external_id);
                    let payment = PaymentRecord { invoice, external_id, kind: "payment", amount_minor: *amount_minor, effective_at };
                    self.payments.entry(effective_at).or_default().push(payment);
                }
            }
        }
        while let Some(entry) = self.payments.first_entry().filter(|entry| *entry.key() <= at) {
            engine.take_in_payments(self.tenant, SOURCE, &entry.remove()).await?;
        }
        engine.woken.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_of_it_passes_in_two_minutes_and_no_more() {
        let (start, real) = (Timestamp(1_000_000), Timestamp(1_000_000 + 15_724_800_000));
        let after = |seconds| paced(start, real, Duration::from_secs(seconds)).0 - start.0;
        assert_eq!((after(0), after(60), after(120), after(500)), (0, 7_862_400_000, 15_724_800_000, 15_724_800_000));
    }
}
