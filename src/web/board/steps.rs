//! The ledger's steps as the board's tasks, of all tenants together.

use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::domain::time::Timestamp;
use crate::engine::Engine;
use crate::store::StoreError;
use crate::store::board::{BoardStep, Standing as Kept};
use crate::workers::board::{BoardTask, Counts, Standing, Steps, TaskKey};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Counting everything that was ever done takes a while: so old a count is shown.
const COUNTED_MS: i64 = 10_000;
/// The days of a queue's activity, and how old they are shown.
const ACTIVE_DAYS: usize = 7;
const ACTIVE_MS: i64 = 60_000;
/// A task's page shows so much of its history.
const HISTORY: usize = 30;

/// Tasks of the last days, by pool.
type Activity = BTreeMap<Pool, Vec<usize>>;

pub(super) struct LedgerSteps {
    engine: Arc<Engine>,
    site_url: String,
    counted: Mutex<Option<(Timestamp, Counts)>>,
    active: Mutex<Option<(Timestamp, Activity)>>,
}

/// Where a step stands; one whose notice was taken back wants nobody any more.
fn standing(step: &BoardStep) -> Standing {
    match step.state.as_str() {
        "queued" => Standing::Queued,
        "started" => Standing::Running,
        "done" => Standing::Done,
        "gave_up" | "unknown" if step.notice_state != "recalled" => Standing::Failed,
        "gave_up" | "unknown" | "cancelled" => Standing::Killed,
        _ => Standing::Pending,
    }
}

fn kept(standing: Standing) -> &'static [Kept] {
    match standing {
        Standing::Pending => &[Kept::Retried],
        Standing::Queued => &[Kept::Queued],
        Standing::Running => &[Kept::Started],
        Standing::Done => &[Kept::Done],
        Standing::Failed => &[Kept::GaveUp, Kept::Unknown],
        Standing::Killed => &[Kept::Cancelled, Kept::GaveUp, Kept::Unknown],
    }
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.0 / 1000).unwrap_or(0)
}

impl LedgerSteps {
    pub(super) fn new(engine: Arc<Engine>, site_url: String) -> Self {
        Self { engine, site_url, counted: Mutex::default(), active: Mutex::default() }
    }

    fn tenant_name(&self, tenant: TenantId) -> String {
        self.engine.tenant(tenant).map_or_else(|_| tenant.to_string(), |tenant| tenant.settings.name.clone())
    }

    fn task(&self, step: &BoardStep, arguments: Value) -> Option<BoardTask> {
        let attempts = self.engine.limits.backoff.max_attempts;
        Some(BoardTask {
            key: TaskKey { tenant: step.tenant, step: step.id },
            pool: Pool::ALL.into_iter().find(|pool| pool.as_str() == step.pool)?,
            standing: standing(step),
            attempt: usize::try_from(step.attempt).unwrap_or(0),
            max_attempts: usize::try_from(attempts).unwrap_or(0),
            due_at: seconds(step.due_at),
            done_at: step.ended_at.map(seconds),
            worker: step.owner.clone(),
            arguments,
        })
    }

    /// What a line of the board shows.
    fn arguments(&self, step: &BoardStep) -> Value {
        let tenant = self.tenant_name(step.tenant);
        json!({
            "state": step.state, "error": step.error, "reason": step.reason, "tenant": tenant, "notice": step.notice,
            "notice_state": step.notice_state, "stage": step.stage, "channel": step.channel,
            "customer": format!("{} {}", step.customer_number, step.customer_name), "recipient": step.recipient, "reply": step.reply,
            "page": format!("{}/t/{tenant}/notices/{}", self.site_url, step.notice),
        })
    }

    async fn listed(&self, pool: Option<Pool>, wanted: Standing, offset: usize, limit: usize) -> Result<Vec<BoardTask>, StoreError> {
        let pool = pool.map_or("", Pool::as_str);
        let reach = i64::try_from(offset.saturating_add(limit)).unwrap_or(i64::MAX);
        let mut found = Vec::new();
        for tenant in self.engine.tenants() {
            for state in kept(wanted) {
                found.extend(self.engine.store.board_steps(tenant, pool, *state, reach).await?);
            }
        }
        found.retain(|step| standing(step) == wanted);
        found.sort_by_key(|step| std::cmp::Reverse((step.ended_at.or(step.started_at).unwrap_or(step.due_at), step.tenant, step.id)));
        let page = found.iter().skip(offset).take(limit);
        Ok(page.filter_map(|step| self.task(step, self.arguments(step))).collect())
    }

    /// A step with its invoices and the history of the first.
    async fn shown(&self, key: TaskKey) -> Result<Option<BoardTask>, StoreError> {
        if self.engine.tenant(key.tenant).is_err() {
            return Ok(None);
        }
        let Some(step) = self.engine.store.board_step(key.tenant, key.step).await? else { return Ok(None) };
        let lines = self.engine.store.board_lines(key.tenant, &step.notice).await?;
        let mut arguments = self.arguments(&step);
        arguments["invoices"] = json!(lines.iter().map(|(_, number)| number).collect::<Vec<_>>());
        arguments["what_to_do"] = json!(what_to_do(&step));
        if let Some((first, _)) = lines.first() {
            let history = self.engine.store.transitions_of(key.tenant, *first).await?;
            let entries = history.iter().rev().take(HISTORY).map(|entry| {
                let row = &entry.transition;
                let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
                let at = row.recorded_at.rfc3339_in(chrono_tz::UTC);
                json!({"at": at, "what": row.cause, "to": row.to, "stage": row.stage, "by": row.actor, "why": detail["why"]})
            });
            arguments["history"] = entries.collect();
        }
        Ok(self.task(&step, arguments))
    }

    async fn count(&self) -> Result<Counts, StoreError> {
        let now = self.engine.clock.now();
        if let Some(counts) = fresh(&self.counted, now, COUNTED_MS) {
            return Ok(counts);
        }
        let mut counts = Vec::new();
        for tenant in self.engine.tenants() {
            let wanting = self.engine.store.board_wanting(tenant).await?;
            for pool in Pool::ALL {
                let count = wanting.iter().find(|(name, _)| name == pool.as_str()).map_or(0, |(_, count)| *count);
                counts.push((pool, Standing::Failed, count));
            }
            for (pool, state, count) in self.engine.store.step_counts(tenant).await? {
                let Some(pool) = Pool::ALL.into_iter().find(|known| known.as_str() == pool) else { continue };
                let standing = match state.as_str() {
                    "queued" => Standing::Queued,
                    "started" => Standing::Running,
                    "done" => Standing::Done,
                    "cancelled" => Standing::Killed,
                    "gave_up" | "unknown" => continue,
                    _ => Standing::Pending,
                };
                counts.push((pool, standing, count));
            }
        }
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, counts.clone()));
        Ok(counts)
    }
}

impl LedgerSteps {
    async fn activity_lately(&self) -> Result<Activity, StoreError> {
        let now = self.engine.clock.now();
        if let Some(active) = fresh(&self.active, now, ACTIVE_MS) {
            return Ok(active);
        }
        let mut active: Activity = Pool::ALL.into_iter().map(|pool| (pool, vec![0; ACTIVE_DAYS])).collect();
        for tenant in self.engine.tenants() {
            let days = i64::try_from(ACTIVE_DAYS).unwrap_or(0);
            for (name, day, count) in self.engine.store.board_activity(tenant, now, days).await? {
                let pool = Pool::ALL.into_iter().find(|pool| pool.as_str() == name).and_then(|pool| active.get_mut(&pool));
                // Issued this very moment is the day after the last whole one.
                let day = usize::try_from(day).unwrap_or(0).min(ACTIVE_DAYS - 1);
                if let Some(sum) = pool.and_then(|days| days.get_mut(day)) {
                    *sum += usize::try_from(count).unwrap_or(0);
                }
            }
        }
        *self.active.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, active.clone()));
        Ok(active)
    }
}

/// What is kept, if it is not older than that.
fn fresh<T: Clone>(kept: &Mutex<Option<(Timestamp, T)>>, now: Timestamp, age_ms: i64) -> Option<T> {
    let held = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
    held.filter(|(at, _)| (0..age_ms).contains(&(now.0 - at.0))).map(|(_, value)| value)
}

fn what_to_do(step: &BoardStep) -> &'static str {
    match (step.state.as_str(), standing(step)) {
        ("unknown", Standing::Failed) => {
            "nobody knows whether it left: look at the mail server or ask the customer, then say on its page whether it was sent or is to be sent again"
        }
        ("gave_up", Standing::Failed) => "retry sends it again, as a new notice with what is open then",
        (_, Standing::Killed) => "nothing: it was taken back before it left",
        _ => "nothing",
    }
}

impl Steps for LedgerSteps {
    fn list(&self, pool: Option<Pool>, standing: Standing, offset: usize, limit: usize) -> BoxFuture<'_, Result<Vec<BoardTask>, String>> {
        Box::pin(async move { self.listed(pool, standing, offset, limit).await.map_err(|error| error.to_string()) })
    }

    fn one(&self, key: TaskKey) -> BoxFuture<'_, Result<Option<BoardTask>, String>> {
        Box::pin(async move { self.shown(key).await.map_err(|error| error.to_string()) })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, String>> {
        Box::pin(async move { self.count().await.map_err(|error| error.to_string()) })
    }

    fn activity(&self) -> BoxFuture<'_, Result<Activity, String>> {
        Box::pin(async move { self.activity_lately().await.map_err(|error| error.to_string()) })
    }

    fn workers(&self) -> BoxFuture<'_, Result<Vec<(String, u64)>, String>> {
        Box::pin(async move {
            let processes = self.engine.store.board_processes().await.map_err(|error| error.to_string())?;
            if processes.is_empty() {
                return Ok(vec![(self.engine.owner.name().to_string(), seconds(self.engine.clock.now()))]);
            }
            Ok(processes.into_iter().map(|(name, at)| (name, seconds(at))).collect())
        })
    }
}
