//! Keeps a ledger in step: one request, one transaction, and again. Whatever dies in between, the next one goes on where it was.
//!
//! One process at a time does so for a tenant; it holds the source's lease with every transaction. A request goes out before the
//! transaction that takes its answer in; if another process went on meanwhile, the answer is thrown away.

use super::ask::{Trouble, Wanted};
use super::condition::{CONNECTED, IN_STEP, NEW, SYNCING, answered, failed, is_well};
use super::connection::Connection;
use super::cursor::{Cursor, Phase, RunKind};
use super::facts::commit;
use super::ports::{Identity, SourceError};
use super::rows::{Listing, TO_BE_ASKED};
use super::take_up::Told;
use super::told::KEPT_MS;
use super::words::clean;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use crate::store::source::SourceRow;
use crate::store::source_claims::ClaimRecord;
use chrono::NaiveDate;
use std::sync::Arc;

/// How long a process that says nothing any more keeps the others from going on.
const LEASE_SECONDS: i64 = 90;

/// What there is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// A request was answered; there is more to do at once.
    More,
    /// Nothing to do before this instant.
    Idle(Timestamp),
    /// Another process keeps it in step.
    Elsewhere,
    /// The tenant has no source, or its synchronisation is off.
    Off,
}

/// The next request.
enum Next {
    Identify,
    Begin(RunKind),
    Page(Cursor),
    Missing(ClaimRecord),
    End(Cursor),
    Details(ClaimRecord),
    Told(Told),
    Idle(Timestamp),
}

impl Engine {
    /// Takes the next step towards being in step: at most one claim or page.
    ///
    /// # Errors
    /// When the ledger fails. A source that fails is written down at it.
    pub async fn advance(&self, tenant: TenantId) -> Result<Advance, EngineError> {
        let Some(connection) = self.connection(tenant)?.filter(|connection| connection.settings.sync) else { return Ok(Advance::Off) };
        let now = self.clock.now();
        let row = match self.store.source(tenant, connection.name()).await? {
            Some(row) => row,
            None => self.make_source(tenant, &connection).await?,
        };
        if row.is_kept_by_another(&self.owner.name(), now) {
            return Ok(Advance::Elsewhere);
        }
        if row.next_at > now {
            return Ok(Advance::Idle(row.next_at));
        }
        let next = self.next(tenant, &connection, &row).await?;
        if let Next::Idle(until) = next {
            return Ok(Advance::Idle(until));
        }
        match self.carry_out(tenant, &connection, &row, next).await {
            Ok(true) => {
                connection.heard(Ok(()), self.clock.now());
                Ok(Advance::More)
            }
            Ok(false) => Ok(Advance::Elsewhere),
            Err(Trouble::Source(error)) => self.write_trouble(tenant, &connection, &error).await,
            Err(Trouble::Engine(error)) => Err(error),
        }
    }

    /// Begins a run at the next step, whatever is under way: of everything if `full`, else of what has changed. Whoever keeps it in step
    /// is woken for it.
    ///
    /// # Errors
    /// When the ledger fails or the tenant has no source.
    pub async fn request_run(&self, tenant: TenantId, full: bool) -> Result<(), EngineError> {
        let connection = self.connection(tenant)?.ok_or_else(|| EngineError::NotFound("the tenant has no source".to_owned()))?;
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &connection.actor()).await?;
        let now = unit.now;
        let mut row = unit.tx.source(connection.name(), now).await?;
        row.next_at = Timestamp(0);
        let under_way = row.cursor.as_deref().and_then(read_cursor);
        match under_way {
            Some(cursor) if cursor.kind == RunKind::Sweep || !full => {}
            _ => {
                let kind = if full { RunKind::Sweep } else { wanted_kind(&row) };
                begin(&mut row, kind, now, now.date_in(unit.tenant.settings.zone));
            }
        }
        unit.tx.save_source(connection.name(), &row).await?;
        unit.tx.tell().await?;
        commit(unit).await?;
        connection.told.notify_one();
        Ok(())
    }

    /// Says that this process does not keep the tenant's source in step any more.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn let_source_go(&self, tenant: TenantId) -> Result<(), EngineError> {
        let Some(connection) = self.connection(tenant)? else { return Ok(()) };
        let mut tx = self.store.begin_tenant(tenant).await?;
        tx.let_source_go(connection.name(), &self.owner.name()).await?;
        Ok(tx.commit_keeping_facts().await?)
    }

    async fn make_source(&self, tenant: TenantId, connection: &Connection) -> Result<SourceRow, EngineError> {
        let now = self.clock.now();
        let mut tx = self.store.begin_tenant(tenant).await?;
        let row = tx.source(connection.name(), now).await?;
        tx.commit_keeping_facts().await?;
        Ok(row)
    }

    /// What is to be done next, as the ledger says. What the source told and the run that is under way take turns, so that neither waits
    /// for the end of the other.
    async fn next(&self, tenant: TenantId, connection: &Connection, row: &SourceRow) -> Result<Next, EngineError> {
        let known_key = row.key_hash == Some(connection.source.key_hash());
        if row.state == NEW || !is_well(&row.state) || !known_key {
            return Ok(Next::Identify);
        }
        let told = self.next_told(tenant, connection, row).await?;
        if let Some(told) = told.told.clone().filter(|_| connection.is_turn_of_events()) {
            return Ok(Next::Told(told));
        }
        Ok(match self.next_of_run(tenant, connection, row).await? {
            Next::Idle(until) => match (told.told, told.not_before) {
                (Some(told), _) => Next::Told(told),
                (None, not_before) => Next::Idle(not_before.map_or(until, |at| at.min(until))),
            },
            next => next,
        })
    }

    async fn next_of_run(&self, tenant: TenantId, connection: &Connection, row: &SourceRow) -> Result<Next, EngineError> {
        let (now, settings) = (self.clock.now(), &connection.settings);
        if let Some(cursor) = row.cursor.as_deref().and_then(read_cursor) {
            if cursor.phase != Phase::Missing {
                return Ok(Next::Page(cursor));
            }
            let before = if cursor.kind == RunKind::Sweep { row.run } else { TO_BE_ASKED + 1 };
            let missing = self.store.unseen_claims(tenant, connection.name(), before, 1).await?.pop();
            return Ok(missing.map_or(Next::End(cursor), Next::Missing));
        }
        let due = |at: Option<Timestamp>, every_ms: i64| Timestamp(at.map_or(0, |at| at.0.saturating_add(every_ms)));
        let (sweep, changes) = (due(row.swept_at, settings.sweep_every_ms()), due(row.changes_at, settings.changes_every_ms));
        if sweep <= now {
            return Ok(Next::Begin(RunKind::Sweep));
        }
        if changes <= now {
            return Ok(Next::Begin(RunKind::Changes));
        }
        let until = self.details_until(tenant, connection)?;
        Ok(match self.store.undetailed_claim(tenant, connection.name(), until, now).await? {
            Some(record) => Next::Details(record),
            None => Next::Idle(sweep.min(changes)),
        })
    }

    /// The last due day whose claims need their details now.
    pub(super) fn details_until(&self, tenant: TenantId, connection: &Connection) -> Result<NaiveDate, EngineError> {
        let today = self.clock.now().date_in(self.tenant(tenant)?.settings.zone);
        Ok(today.checked_add_days(chrono::Days::new(connection.settings.details_ahead_days)).unwrap_or(NaiveDate::MAX))
    }

    /// Asks and takes the answer in. `false` when another process went on meanwhile.
    async fn carry_out(&self, tenant: TenantId, connection: &Arc<Connection>, row: &SourceRow, next: Next) -> Result<bool, Trouble> {
        match next {
            Next::Idle(_) => Ok(true),
            Next::Identify => {
                let identity = connection.source.identity().await?;
                self.write_identity(tenant, connection, row, identity).await
            }
            Next::Begin(kind) => {
                let Some((unit, mut row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
                let (now, zone) = (unit.now, unit.tenant.settings.zone);
                begin(&mut row, kind, now, now.date_in(zone));
                self.save(unit, connection, row).await
            }
            Next::Page(cursor) => self.list(tenant, connection, row, cursor).await,
            Next::Missing(record) => {
                let details = record.detailed_at.is_none() && record.invoice.is_some();
                let answer = self.ask(tenant, connection, &record, Wanted::payment_and(details)).await?;
                let Some((mut unit, row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
                let run = row.run;
                self.take_answers_within(&mut unit, connection, vec![answer], Some(run)).await?;
                if unit.facts_moved && !unit.tx.was_told(connection.name(), &record.external_id, record.checked_at).await? {
                    connection.doubt_hooks(unit.now);
                }
                self.save(unit, connection, row).await
            }
            Next::Told(told) => self.see_to(tenant, connection, row, told).await,
            Next::Details(record) => {
                let answer = self.ask(tenant, connection, &record, Wanted::DETAILS).await?;
                let Some((mut unit, row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
                self.take_answers_within(&mut unit, connection, vec![answer], None).await?;
                self.save(unit, connection, row).await
            }
            Next::End(cursor) => {
                let Some((mut unit, mut row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
                end(&mut row, &cursor, unit.now);
                if cursor.kind == RunKind::Sweep {
                    let before = Timestamp(unit.now.0 - KEPT_MS);
                    unit.tx.forget_events(connection.name(), before).await?;
                }
                self.save(unit, connection, row).await
            }
        }
    }

    /// One page of the listing that is under way.
    async fn list(&self, tenant: TenantId, connection: &Connection, row: &SourceRow, mut cursor: Cursor) -> Result<bool, Trouble> {
        let (asked_at, kinds) = (self.clock.now(), &connection.settings.kinds);
        cursor.pass_begins(asked_at);
        let Some(filter) = cursor.filter(kinds) else { return Ok(true) };
        let page = connection.source.page(&filter, cursor.page).await?;
        let Some((mut unit, mut row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
        self.take_rows(&mut unit, connection, Listing { run: row.run, asked_at }, &page.rows).await?;
        let today = unit.now.date_in(unit.tenant.settings.zone);
        if let Err(too_many) = cursor.behind(&page, connection.source.bounds(), kinds, today) {
            let what = format!("more than {} claims of {} can't be listed", connection.source.bounds().window_rows, too_many.day);
            return Err(SourceError::Malformed { what, place: "listing".to_owned() }.into());
        }
        let (listed, expected) = cursor.progress();
        let count = |rows: u64| i64::try_from(rows).unwrap_or(i64::MAX);
        (row.listed, row.expected, row.cursor) = (count(listed), count(expected), Some(written(&cursor)));
        answered(&mut row, SYNCING, unit.now);
        self.save(unit, connection, row).await
    }

    /// A transaction in which this process holds the source, if it still is where it was when it was read.
    pub(super) async fn hold(
        &self,
        tenant: TenantId,
        connection: &Connection,
        read: &SourceRow,
    ) -> Result<Option<(Unit, SourceRow)>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &connection.actor()).await?;
        let (name, now) = (connection.name(), unit.now);
        let row = unit.tx.source(name, now).await?;
        let moved = (row.run, &row.cursor) != (read.run, &read.cursor);
        if moved || !unit.tx.hold_source(name, &self.owner.name(), now.plus_seconds(LEASE_SECONDS), now).await? {
            return Ok(None);
        }
        Ok(Some((unit, row)))
    }

    pub(super) async fn save(&self, mut unit: Unit, connection: &Connection, mut row: SourceRow) -> Result<bool, Trouble> {
        let (state, now) = (if row.cursor.is_some() { SYNCING } else { IN_STEP }, unit.now);
        answered(&mut row, state, now);
        unit.tx.save_source(connection.name(), &row).await?;
        commit(unit).await?;
        Ok(true)
    }

    /// The first organisation that answers is the one; from then on no other.
    async fn write_identity(
        &self,
        tenant: TenantId,
        connection: &Connection,
        row: &SourceRow,
        identity: Identity,
    ) -> Result<bool, Trouble> {
        if let Some(expected) = row.organisation.clone().filter(|expected| *expected != identity.organisation) {
            return Err(SourceError::WrongOrganisation { expected, found: identity.organisation }.into());
        }
        let Some((mut unit, mut row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
        (row.organisation, row.account) = (Some(identity.organisation), Some(clean(&identity.name)));
        row.key_hash = Some(connection.source.key_hash());
        let state = match (&row.cursor, row.swept_at) {
            (Some(_), _) => SYNCING,
            (None, Some(_)) => IN_STEP,
            (None, None) => CONNECTED,
        };
        answered(&mut row, state, unit.now);
        unit.tx.save_source(connection.name(), &row).await?;
        commit(unit).await?;
        Ok(true)
    }

    async fn write_trouble(&self, tenant: TenantId, connection: &Connection, error: &SourceError) -> Result<Advance, EngineError> {
        connection.heard(Err(error), self.clock.now());
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &connection.actor()).await?;
        let (name, now) = (connection.name(), unit.now);
        let mut row = unit.tx.source(name, now).await?;
        let chance = self.entropy.key()[0];
        let before = row.state.clone();
        failed(&mut row, error, &connection.source.key_hash(), chance, now);
        if before == row.state {
            tracing::debug!(tenant = unit.tenant.settings.name, source = name, %error, "the source still fails");
        } else {
            tracing::warn!(tenant = unit.tenant.settings.name, source = name, state = row.state, %error, "the source failed");
        }
        let next_at = row.next_at;
        unit.tx.save_source(name, &row).await?;
        commit(unit).await?;
        Ok(Advance::Idle(next_at))
    }
}

/// Begins a listing of what has changed.
pub(super) fn begin_changes(row: &mut SourceRow, now: Timestamp, today: NaiveDate) {
    let kind = wanted_kind(row);
    begin(row, kind, now, today);
}

/// A run of changes needs a sweep before it.
fn wanted_kind(row: &SourceRow) -> RunKind {
    if row.swept_at.is_some() { RunKind::Changes } else { RunKind::Sweep }
}

fn begin(row: &mut SourceRow, kind: RunKind, now: Timestamp, today: NaiveDate) {
    // Days of the source may begin at other instants than ours, and its stamps are only listed by day.
    let since = row.changes_at.or(row.swept_at).map_or(1, |at| 1 + (now.0 - at.0).max(0) / 86_400_000 + 1);
    let from = today.checked_sub_days(chrono::Days::new(u64::try_from(since).unwrap_or(2))).unwrap_or(today);
    row.run += 1;
    (row.listed, row.expected) = (0, 0);
    row.cursor = Some(written(&Cursor::begin(kind, now, today, from)));
}

fn end(row: &mut SourceRow, cursor: &Cursor, now: Timestamp) {
    row.cursor = None;
    row.changes_at = Some(cursor.started_at);
    if cursor.kind == RunKind::Sweep {
        row.swept_at = Some(cursor.started_at);
    }
    tracing::debug!(kind = ?cursor.kind, took_ms = now.0 - cursor.started_at.0, "a run has ended");
}

/// A cursor that another version wrote and this one can't read counts as none: the run is begun anew.
fn read_cursor(text: &str) -> Option<Cursor> {
    serde_json::from_str(text).ok()
}

fn written(cursor: &Cursor) -> String {
    serde_json::to_string(cursor).unwrap_or_default()
}
