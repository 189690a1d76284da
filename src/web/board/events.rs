//! What happens, while somebody looks: the chain's new entries, as the board's live events. They come from the ledger, so that those of all
//! processes are there.

use crate::domain::ids::TenantId;
use crate::engine::Engine;
use crate::store::history::StoredTransition;
use crate::web::site::Site;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::stream::{self, Stream};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(1);
/// So many entries of a tenant at once; of a burst only some are told.
const AT_ONCE: i64 = 100;

struct Watch {
    engine: Arc<Engine>,
    /// How far each tenant's chain was told.
    told: BTreeMap<TenantId, i64>,
    waiting: VecDeque<Value>,
}

pub(super) fn stream(site: &Site) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let watch = Watch { engine: site.engine.clone(), told: BTreeMap::new(), waiting: VecDeque::new() };
    let events = stream::unfold(watch, |mut watch| async move {
        loop {
            if let Some(event) = watch.waiting.pop_front() {
                return Some((Ok(Event::default().data(event.to_string())), watch));
            }
            watch.look().await;
            if watch.waiting.is_empty() {
                tokio::time::sleep(EVERY).await;
            }
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Watch {
    /// Reads on; a ledger that is away is tried again.
    async fn look(&mut self) {
        for tenant in self.engine.tenants() {
            let Ok((head, _)) = self.engine.store.chain_head(tenant).await else { continue };
            let told = *self.told.entry(tenant).or_insert(head);
            if head <= told {
                continue;
            }
            let from = told.max(head - AT_ONCE);
            let Ok(entries) = self.engine.store.transitions_after(tenant, from, AT_ONCE).await else { continue };
            self.waiting.extend(entries.iter().map(event));
            self.told.insert(tenant, head);
        }
    }
}

/// An entry in the form that the board's pages read.
fn event(entry: &StoredTransition) -> Value {
    let row = &entry.transition;
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    let level = match row.to.as_str() {
        "failed" => "ERROR",
        "blocked" => "WARN",
        _ => "INFO",
    };
    let number = entry.number.as_deref().unwrap_or("the tenant");
    let message = format!("{number}: {} → {} {} ({})", row.cause, row.to, row.stage, row.actor);
    json!({
        "timestamp": row.recorded_at.rfc3339_in(chrono_tz::UTC),
        "level": level,
        "target": "mahnwerk",
        "fields": {"message": message},
        "span": {"attempt": 1, "task_id": detail["notice"].as_str().unwrap_or_default(), "name": row.cause},
    })
}
