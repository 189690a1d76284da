//! What the ledger and the queues say, asked no more often than is cheap.
//!
//! A reading is kept for some seconds, and for fifty times as long as it took: at a million instances a count that takes
//! 200 ms is made every ten seconds at most. Nobody waits long for one: what is not there in time is shown as it was.

use super::text::{Kind, Text, float, seconds, signed};
use crate::domain::compose::Sender;
use crate::domain::ids::TenantId;
use crate::domain::pool::Pool;
use crate::domain::time::Timestamp;
use crate::engine::clock::Stopwatch;
use crate::engine::{Engine, EngineError};
use crate::store::StoreError;
use crate::workers::Queues;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A reading is never made again sooner.
const KEPT: Duration = Duration::from_secs(3);
/// At most this part of the time goes into readings.
const SHARE: u32 = 50;
/// How long a page waits for a reading, where there is an older one, and for the first.
const PATIENCE: Duration = Duration::from_millis(40);
const FIRST_PATIENCE: Duration = Duration::from_secs(2);
/// A reading that takes so long means that nobody answers.
const HANGS: Duration = Duration::from_secs(10);
/// What is due for so long is overdue.
const OVERDUE_MS: i64 = 60_000;

type Reading = BoxFuture<'static, Result<Text, String>>;

/// The last reading of one kind.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<(Stopwatch, Duration, Result<Text, String>)>,
    /// Since when one is being made.
    running: Option<Stopwatch>,
}

impl Kept {
    /// The reading, made anew if it is old; the old one where that takes too long. `None`: there was none yet.
    pub(super) async fn read(self: &Arc<Self>, make: impl FnOnce() -> Reading) -> Option<Result<Text, String>> {
        if self.takes_on() {
            let patience = if self.lock().last.is_some() { PATIENCE } else { FIRST_PATIENCE };
            let (kept, reading) = (self.clone(), make());
            let task = tokio::spawn(async move {
                let watch = Stopwatch::start();
                let text = reading.await;
                let mut state = kept.lock();
                state.last = Some((Stopwatch::start(), watch.elapsed(), text));
                state.running = None;
            });
            let _ = tokio::time::timeout(patience, task).await;
        }
        self.lock().last.as_ref().map(|(_, _, text)| text.clone())
    }

    /// Whether a new reading is due; then the caller makes it.
    fn takes_on(&self) -> bool {
        let mut state = self.lock();
        let old = state.last.as_ref().is_none_or(|(made, took, _)| made.elapsed() >= KEPT.max(*took * SHARE));
        let takes_on = old && state.running.is_none();
        if takes_on {
            state.running = Some(Stopwatch::start());
        }
        takes_on
    }

    /// Whether what is asked answers: the last reading was well, and none hangs.
    pub(super) fn is_up(&self) -> bool {
        let state = self.lock();
        let hangs = state.running.is_some_and(|since| since.elapsed() > HANGS);
        !hangs && state.last.as_ref().is_none_or(|(_, _, text)| text.is_ok())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What presses: from indexes that hold only that.
pub(super) async fn pressing(engine: Arc<Engine>) -> Result<Text, String> {
    let mut text = Text::default();
    let tenants = engine.store.tenants().await.map_err(told)?;
    heads(&engine, &tenants, &mut text).await.map_err(told)?;
    due(&engine, &tenants, &mut text).await.map_err(told)?;
    notices(&engine, &tenants, &mut text).await.map_err(told)?;
    backlog(&engine, &tenants, &mut text).await.map_err(|error| error.to_string())?;
    sources(&engine, &tenants, &mut text).await.map_err(|error| error.to_string())?;
    let at = engine.store.last_backup().await.map_err(told)?.map_or(0.0, |at| seconds(at.0));
    let name = "mahnwerk_backup_last_success_timestamp_seconds";
    text.single(name, Kind::Gauge, "When the ledger was last backed up; 0 for never.", at);
    Ok(text)
}

/// What walks through more: every instance, every step under way.
pub(super) async fn census(engine: Arc<Engine>) -> Result<Text, String> {
    let mut text = Text::default();
    let tenants = engine.store.tenants().await.map_err(told)?;
    text.family("mahnwerk_instances", Kind::Gauge, "Instances by state.");
    for (id, name) in &tenants {
        for (state, count) in engine.store.instance_counts(*id).await.map_err(told)? {
            text.sample("mahnwerk_instances", &[("tenant", name), ("state", &state)], signed(count));
        }
    }
    text.family("mahnwerk_steps", Kind::Gauge, "Steps under way, by pool and state.");
    for (id, name) in &tenants {
        let found = engine.store.steps_under_way(*id).await.map_err(told)?;
        for pool in Pool::ALL {
            for state in ["queued", "started", "retry"] {
                let count = found.iter().find(|(p, s, _)| p == pool.as_str() && s == state).map_or(0, |(_, _, count)| *count);
                text.sample("mahnwerk_steps", &[("tenant", name), ("pool", pool.as_str()), ("state", state)], signed(count));
            }
        }
    }
    Ok(text)
}

/// What the queues hold.
pub(super) async fn queues(queues: Arc<Queues>) -> Result<Text, String> {
    let mut text = Text::default();
    text.family("mahnwerk_queue_messages", Kind::Gauge, "Messages that wait or are in work, by pool.");
    for pool in Pool::ALL {
        let count = queues.unfinished(pool).await?;
        text.sample("mahnwerk_queue_messages", &[("pool", pool.as_str())], float(u64::try_from(count).unwrap_or(0)));
    }
    Ok(text)
}

fn told(error: StoreError) -> String {
    error.to_string()
}

async fn heads(engine: &Engine, tenants: &[(TenantId, String)], text: &mut Text) -> Result<(), StoreError> {
    let mut heads = Vec::with_capacity(tenants.len());
    for (id, name) in tenants {
        heads.push((name.as_str(), engine.store.head(*id).await?, engine.store.gate(*id).await?));
    }
    text.family("mahnwerk_chain_entries", Kind::Gauge, "Entries of the history.");
    for (name, head, _) in &heads {
        text.sample("mahnwerk_chain_entries", &[("tenant", name)], signed(head.entries));
    }
    text.family("mahnwerk_fenced", Kind::Gauge, "1 where the ledger was restored and nothing is sent until a person lifts the fence.");
    for (name, head, _) in &heads {
        text.sample("mahnwerk_fenced", &[("tenant", name)], f64::from(u8::from(head.fenced)));
    }
    text.family("mahnwerk_in_doubt", Kind::Gauge, "1 where old invoices become unknown, because a fence was lifted with --as-unknown.");
    for (name, head, _) in &heads {
        text.sample("mahnwerk_in_doubt", &[("tenant", name)], f64::from(u8::from(head.in_doubt)));
    }
    text.family(
        "mahnwerk_held",
        Kind::Gauge,
        "1 where a person holds everything back: sending is off, or the backlog waits for its choice.",
    );
    for (name, _, gate) in &heads {
        text.sample("mahnwerk_held", &[("tenant", name)], f64::from(u8::from(gate.is_held())));
    }
    text.family("mahnwerk_places", Kind::Gauge, "Invoices that are being dunned.");
    for (name, _, gate) in &heads {
        text.sample("mahnwerk_places", &[("tenant", name)], signed(gate.places));
    }
    text.family("mahnwerk_place_queue", Kind::Gauge, "Invoices that are due and wait for a place.");
    for (name, _, gate) in &heads {
        text.sample("mahnwerk_place_queue", &[("tenant", name)], signed(gate.place_queue));
    }
    Ok(())
}

async fn due(engine: &Engine, tenants: &[(TenantId, String)], text: &mut Text) -> Result<(), StoreError> {
    let now = engine.clock.now();
    let mut found = Vec::with_capacity(tenants.len());
    for (id, name) in tenants {
        found.push((name.as_str(), engine.store.due_figures(*id, now, Timestamp(now.0 - OVERDUE_MS)).await?));
    }
    text.family("mahnwerk_instances_due", Kind::Gauge, "Instances whose time has come and that the planner has not taken up yet.");
    for (name, due) in &found {
        text.sample("mahnwerk_instances_due", &[("tenant", name)], signed(due.due));
    }
    text.family("mahnwerk_instances_overdue", Kind::Gauge, "Those of them that have been due for more than a minute.");
    for (name, due) in &found {
        text.sample("mahnwerk_instances_overdue", &[("tenant", name)], signed(due.overdue));
    }
    text.family("mahnwerk_instances_oldest_due_seconds", Kind::Gauge, "For how long the oldest of them has been due.");
    for (name, due) in &found {
        let age = due.oldest.map_or(0.0, |at| seconds(now.0 - at.0));
        text.sample("mahnwerk_instances_oldest_due_seconds", &[("tenant", name)], age);
    }
    Ok(())
}

async fn notices(engine: &Engine, tenants: &[(TenantId, String)], text: &mut Text) -> Result<(), StoreError> {
    text.family("mahnwerk_notices", Kind::Gauge, "Notices that wait for a person, by state.");
    for (id, name) in tenants {
        let found = engine.store.attention(*id).await?;
        for state in ["proposed", "failed", "unknown"] {
            let count = found.iter().find(|(word, _)| word == state).map_or(0, |(_, count)| *count);
            text.sample("mahnwerk_notices", &[("tenant", name), ("state", state)], signed(count));
        }
    }
    Ok(())
}

/// What sources told and nobody has taken up, and whether they go on telling.
async fn sources(engine: &Engine, tenants: &[(TenantId, String)], text: &mut Text) -> Result<(), EngineError> {
    let mut found = Vec::new();
    for (id, name) in tenants {
        let Some(connection) = engine.tenant(*id).ok().and_then(|tenant| tenant.source()) else { continue };
        let hooks = engine.store.hooks(*id, connection.name()).await?;
        let missing = hooks.filter(|_| connection.settings.callback.is_some()).map_or(0, |row| row.wanted - row.subscribed);
        found.push((name.as_str(), engine.store.events_waiting(*id, connection.name()).await?, missing));
    }
    text.family("mahnwerk_source_events_waiting", Kind::Gauge, "Events that a source told and that nobody has taken up yet.");
    for (name, waiting, _) in &found {
        text.sample("mahnwerk_source_events_waiting", &[("tenant", name)], signed(*waiting));
    }
    text.family(
        "mahnwerk_source_subscriptions_missing",
        Kind::Gauge,
        "Kinds of events that a source should tell of and can't be subscribed to.",
    );
    for (name, _, missing) in &found {
        text.sample("mahnwerk_source_subscriptions_missing", &[("tenant", name)], signed(*missing));
    }
    Ok(())
}

async fn backlog(engine: &Engine, tenants: &[(TenantId, String)], text: &mut Text) -> Result<(), EngineError> {
    let mut found = Vec::new();
    let ours = engine.tenants();
    for (id, name) in tenants.iter().filter(|(id, _)| ours.contains(id)) {
        let waiting = engine.store.backlog(*id).await?;
        for sender in Sender::ALL {
            let count = waiting.iter().find(|(word, _)| word == sender.word()).map_or(0, |(_, count)| *count);
            found.push((name.as_str(), sender, count, engine.backlog_seconds(*id, sender, count).await?));
        }
    }
    text.family("mahnwerk_slot_backlog", Kind::Gauge, "Notices that wait for a slot of their sender's throttle.");
    for (name, sender, count, _) in &found {
        text.sample("mahnwerk_slot_backlog", &[("tenant", name), ("sender", sender.word())], signed(*count));
    }
    text.family("mahnwerk_slot_backlog_seconds", Kind::Gauge, "How long that will take, with throttle and business hours.");
    for (name, sender, _, seconds) in &found {
        text.sample("mahnwerk_slot_backlog_seconds", &[("tenant", name), ("sender", sender.word())], signed(*seconds));
    }
    Ok(())
}
