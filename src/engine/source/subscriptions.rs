//! Makes a source tell of changes, and sees that it goes on doing so: subscriptions are lost by a long outage, by a person, or with a key.
//!
//! They are looked at when a process starts, every few hours, and when a change was found that nobody told. What is missing is made, then
//! everything is listed, for what happened meanwhile was told to nobody. Subscriptions to other addresses are somebody else's. Failures here
//! are kept apart from the source's state: without any event it is in step all the same, only later.

use super::connection::Connection;
use super::ports::{Hooks, SourceError, Subscription};
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::source::condition::is_well;
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use crate::store::source_events::HooksRow;

/// Between two looks, in milliseconds.
const EVERY_MS: i64 = 6 * 3_600_000;
/// After a failure; it doubles with each, up to the longest.
const FIRST_PAUSE_MS: i64 = 60_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;

/// How the subscriptions stand, and what is to be done about them.
struct Found {
    /// Of what is wanted, what there is.
    subscribed: usize,
    missing: Vec<String>,
    /// Ours, and not wanted any more.
    stale: Vec<String>,
}

impl Found {
    fn of(all: &[Subscription], wanted: &[String], ours: Option<&str>, former: &[String]) -> Self {
        let is_there = |event: &&String| all.iter().any(|known| Some(known.callback.as_str()) == ours && known.event == **event);
        let is_stale = |known: &&Subscription| {
            if Some(known.callback.as_str()) == ours { !wanted.contains(&known.event) } else { former.contains(&known.callback) }
        };
        let missing: Vec<_> = wanted.iter().filter(|event| !is_there(event)).cloned().collect();
        let stale = all.iter().filter(is_stale).map(|known| known.id.clone()).collect();
        Self { subscribed: wanted.len() - missing.len(), missing, stale }
    }
}

impl Engine {
    /// Looks at the tenant's subscriptions if it is time, and puts them right.
    ///
    /// # Errors
    /// When the ledger fails. A source that refuses is written down.
    pub async fn keep_subscribed(&self, tenant: TenantId) -> Result<(), EngineError> {
        let Some(connection) = self.connection(tenant)?.filter(|connection| connection.settings.sync) else { return Ok(()) };
        let now = self.clock.now();
        let Some(hooks) = connection.source.hooks().filter(|_| connection.is_hooks_time(now)) else { return Ok(()) };
        let row = self.store.source(tenant, connection.name()).await?;
        let ready = |row: &crate::store::source::SourceRow| {
            row.organisation.is_some() && is_well(&row.state) && !row.is_kept_by_another(&self.owner.name(), now)
        };
        if !row.as_ref().is_some_and(ready) {
            return Ok(());
        }
        let kept = self.store.hooks(tenant, connection.name()).await?.unwrap_or_else(HooksRow::none);
        let ours = connection.settings.callback.as_deref();
        if ours.is_none() && kept.callback.is_none() && kept.former.is_empty() {
            connection.rest_hooks(Timestamp(i64::MAX));
            return Ok(());
        }
        if connection.has_seen_hooks() && kept.callback.as_deref() == ours && kept.next_at > now {
            connection.rest_hooks(kept.next_at);
            return Ok(());
        }
        let swept = row.is_some_and(|row| row.swept_at.is_some());
        self.put_right(tenant, &connection, hooks, kept, swept).await
    }

    async fn put_right(
        &self,
        tenant: TenantId,
        connection: &Connection,
        hooks: &dyn Hooks,
        kept: HooksRow,
        swept: bool,
    ) -> Result<(), EngineError> {
        let ours = connection.settings.callback.as_deref();
        let wanted = ours.map_or_else(Vec::new, |_| hooks.wanted(&connection.settings.kinds));
        let mut next = HooksRow { wanted: count(wanted.len()), ..kept.clone() };
        if kept.callback.as_deref() != ours {
            next.former.extend(kept.callback.filter(|before| !kept.former.contains(before)));
            next.former.retain(|before| Some(before.as_str()) != ours);
            next.callback = ours.map(str::to_owned);
        }
        let found = match hooks.subscriptions().await {
            Ok(all) => Found::of(&all, &wanted, ours, &next.former),
            Err(error) => {
                self.write_hooks_trouble(&mut next, &error);
                return self.save_hooks(tenant, connection, next).await;
            }
        };
        // A gap that an earlier look found and could not close is one still.
        let gap = !found.missing.is_empty() || kept.subscribed < kept.wanted;
        next.subscribed = count(found.subscribed);
        if !found.missing.is_empty() {
            // Before they are made: should this process die, the next one knows that there was a gap, and what is ours.
            self.save_hooks(tenant, connection, HooksRow { next_at: Timestamp(0), ..next.clone() }).await?;
            tracing::info!(source = connection.name(), missing = found.missing.join(", "), "subscribing");
        }
        match self.subscribe(hooks, ours, &found, &mut next.subscribed).await {
            Ok(()) => {
                if gap && swept && ours.is_some() {
                    self.request_run(tenant, true).await?;
                }
                let now = self.clock.now();
                next = HooksRow {
                    former: Vec::new(),
                    checked_at: Some(now),
                    next_at: Timestamp(now.0 + EVERY_MS),
                    failures: 0,
                    error: None,
                    ..next
                };
            }
            Err(error) => self.write_hooks_trouble(&mut next, &error),
        }
        self.save_hooks(tenant, connection, next).await
    }

    /// Makes what is missing, then ends what is stale. What the source refuses of one does not keep the others from being made.
    async fn subscribe(&self, hooks: &dyn Hooks, ours: Option<&str>, found: &Found, subscribed: &mut i64) -> Result<(), SourceError> {
        let mut refused = None;
        for event in &found.missing {
            match hooks.subscribe(event, ours.unwrap_or_default()).await {
                Ok(()) => *subscribed += 1,
                Err(error) if error.is_of_one() => refused = refused.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        for id in &found.stale {
            hooks.unsubscribe(id).await?;
        }
        refused.map_or(Ok(()), Err)
    }

    fn write_hooks_trouble(&self, row: &mut HooksRow, error: &SourceError) {
        let now = self.clock.now();
        row.failures += 1;
        let doublings = u32::try_from(row.failures - 1).unwrap_or(0).min(12);
        row.next_at = Timestamp(now.0 + (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS));
        if row.error.as_deref() != Some(error.to_string().as_str()) {
            tracing::warn!(%error, "a source's subscriptions can't be put right; changes are asked for instead");
        }
        row.error = Some(error.to_string());
    }

    async fn save_hooks(&self, tenant: TenantId, connection: &Connection, row: HooksRow) -> Result<(), EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &connection.actor()).await?;
        unit.tx.save_hooks(connection.name(), &row).await?;
        connection.saw_hooks(unit.now, row.next_at);
        unit.commit_keeping_facts().await.map(drop)
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str, event: &str, callback: &str) -> Subscription {
        Subscription { id: id.to_owned(), event: event.to_owned(), callback: callback.to_owned() }
    }

    #[test]
    fn what_is_somebody_elses_is_left_alone() {
        let wanted = ["paid".to_owned(), "changed".to_owned()];
        let all = [
            known("1", "paid", "https://a.example/x"),
            known("2", "article", "https://a.example/x"),
            known("3", "paid", "https://old.example/x"),
            known("4", "changed", "https://shop.example/"),
        ];
        let found = Found::of(&all, &wanted, Some("https://a.example/x"), &["https://old.example/x".to_owned()]);
        assert_eq!((found.subscribed, found.missing, found.stale), (1, vec!["changed".to_owned()], vec!["2".to_owned(), "3".to_owned()]));
    }

    #[test]
    fn who_wants_nothing_any_more_takes_back_what_was_asked_for() {
        let all = [known("1", "paid", "https://a.example/x"), known("2", "paid", "https://shop.example/")];
        let found = Found::of(&all, &[], None, &["https://a.example/x".to_owned()]);
        assert_eq!((found.missing.len(), found.stale), (0, vec!["1".to_owned()]));
        assert!(Found::of(&all, &[], None, &[]).stale.is_empty());
    }
}
