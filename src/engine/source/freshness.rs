//! Nothing is dunned on old payment data: what holds a claim back when its notice is planned, and the look at the source right before a
//! notice leaves.
//!
//! Only claims of synchronised sources are concerned; a tenant that has none pays with one look at a flag. What waits is looked at again
//! every few minutes, spread by its id, so that not everything leaves at once when the source is back.

use super::ask::{Answer, Trouble, Wanted};
use super::condition::is_well;
use super::connection::{Connection, SourceSettings};
use super::exclusion::exclusion;
use super::ports::Payment;
use super::words::claim_key;
use crate::domain::ids::{InvoiceId, TenantId, WorkflowId};
use crate::domain::pool::Pool;
use crate::domain::time::Timestamp;
use crate::engine::edition::Tenant;
use crate::engine::snapshot::Snapshot;
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use crate::store::source::SourceRow;
use crate::store::source_claims::ClaimRecord;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What waits for its source is looked at again after so long, and as much again at most, in milliseconds.
const WAIT_MS: i64 = 5 * 60_000;
/// A notice waits for an answer so long at most; its worker waits with it.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a look at the source came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// What is known is young enough; what was answered stands in the ledger.
    Go,
    /// It must not leave: what is known is too old, and the source does not answer.
    Wait { until: Timestamp, why: String },
}

/// When something that waits since `now` is looked at again.
pub(super) fn again(id: i64, now: Timestamp) -> Timestamp {
    Timestamp(now.0 + WAIT_MS + id.rem_euclid(WAIT_MS / 1000) * 1000)
}

/// The settings of a source that is not configured any more: nothing is switched on, so what is known only grows old.
fn bygone() -> SourceSettings {
    SourceSettings { sync: false, ..SourceSettings::new(WorkflowId(0)) }
}

/// What holds a claim back at `now`, in words for people.
fn hold(tenant: &Tenant, connection: Option<&Connection>, row: Option<&SourceRow>, record: &ClaimRecord, now: Timestamp) -> Option<String> {
    let (bygone, source) = (bygone(), record.source.as_str());
    let settings = connection.map_or(&bygone, |connection| &connection.settings);
    if record.detailed_at.is_none() {
        return Some(format!("its details are not read from {source} yet"));
    }
    if let Some(why) = connection.and_then(|_| exclusion(settings, record, false)) {
        return Some(why);
    }
    let well = settings.sync && row.is_some_and(|row| is_well(&row.state));
    if well || !is_old(settings, record, now) {
        return None;
    }
    Some(too_old(tenant, connection, row, record))
}

fn is_old(settings: &SourceSettings, record: &ClaimRecord, now: Timestamp) -> bool {
    now.0 - record.checked_at.0 > settings.max_data_age_ms
}

fn too_old(tenant: &Tenant, connection: Option<&Connection>, row: Option<&SourceRow>, record: &ClaimRecord) -> String {
    let moment = |at: Timestamp| at.in_zone(tenant.settings.zone).format("%Y-%m-%d %H:%M").to_string();
    let (source, checked) = (&record.source, moment(record.checked_at));
    let why = match (connection, row) {
        (None, _) => format!("{source} is not configured any more"),
        (Some(connection), _) if !connection.settings.sync => format!("the synchronisation with {source} is off"),
        (_, Some(row)) => {
            let error = row.error.as_deref().unwrap_or("it does not answer");
            format!("{source} is {} since {}: {error}", row.state, moment(row.since))
        }
        (_, None) => format!("{source} never answered"),
    };
    format!("what is paid of it was last asked on {checked}, which is too long ago, and {why}")
}

/// Those of these invoices that must not go onto a notice now.
///
/// # Errors
/// When the ledger fails.
pub(in crate::engine) async fn held_back(unit: &mut Unit, invoices: &[InvoiceId]) -> Result<BTreeSet<InvoiceId>, EngineError> {
    let connection = unit.tenant.source();
    if invoices.is_empty() || (connection.is_none() && !had_source(unit).await?) {
        return Ok(BTreeSet::new());
    }
    let claims = unit.tx.claims_of(invoices).await?;
    let Some(first) = claims.first() else { return Ok(BTreeSet::new()) };
    let row = unit.tx.known_source(&first.source).await?;
    let (tenant, now) = (unit.tenant.clone(), unit.now);
    let held = |record: &&ClaimRecord| hold(&tenant, connection.as_deref(), row.as_ref(), record, now).is_some();
    Ok(claims.iter().filter(held).filter_map(|record| record.invoice).collect())
}

/// Whether the tenant had a source, asked once.
async fn had_source(unit: &mut Unit) -> Result<bool, EngineError> {
    if let Some(known) = unit.tenant.had_source.get() {
        return Ok(*known);
    }
    let had = unit.tx.has_source().await?;
    Ok(*unit.tenant.had_source.get_or_init(|| had))
}

/// Lets what is held back sleep a while.
///
/// # Errors
/// When the ledger fails.
pub(in crate::engine) async fn let_wait(unit: &mut Unit, held: &BTreeSet<InvoiceId>) -> Result<(), EngineError> {
    let now = unit.now;
    let later: Vec<_> = held.iter().map(|invoice| (*invoice, again(invoice.0, now))).collect();
    Ok(unit.tx.postpone(&later).await?)
}

impl Engine {
    /// Why an invoice of a synchronised source is not dunned now, and when it was last asked about; `None` for those of no source.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn freshness(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Option<(ClaimRecord, Option<String>)>, EngineError> {
        let Some(record) = self.store.claims_of(tenant, &[invoice]).await?.pop() else { return Ok(None) };
        let (held, row) = (self.tenant(tenant)?, self.store.source(tenant, &record.source).await?);
        let why = hold(&held, held.source().as_deref(), row.as_ref(), &record, self.clock.now());
        Ok(Some((record, why)))
    }

    /// Asks the source about the claims of a notice that is about to leave, unless that was done a moment ago. What it answers stands in
    /// the ledger afterwards: if it changed anything, the facts have moved and the start looks again.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn look_at_source(&self, tenant: TenantId, snapshot: &Snapshot) -> Result<Look, EngineError> {
        // What is printed leaves with another step.
        if snapshot.step.pool == Pool::Print { Ok(Look::Go) } else { self.ask_about_notice(tenant, snapshot).await }
    }

    /// As [`Self::look_at_source`], whatever the step does.
    pub(super) async fn ask_about_notice(&self, tenant: TenantId, snapshot: &Snapshot) -> Result<Look, EngineError> {
        let held = self.tenant(tenant)?;
        let connection = held.source();
        if connection.is_none() && !self.had_source(&held).await? {
            return Ok(Look::Go);
        }
        // Apart, so that the steps of those who have no source need not have room for it.
        Box::pin(self.ask_about_claims(tenant, held, connection, snapshot)).await
    }

    async fn ask_about_claims(
        &self,
        tenant: TenantId,
        held: Arc<Tenant>,
        connection: Option<Arc<Connection>>,
        snapshot: &Snapshot,
    ) -> Result<Look, EngineError> {
        let invoices: Vec<_> = snapshot.cases.iter().map(|case| case.instance.id).collect();
        let claims = self.store.claims_of(tenant, &invoices).await?;
        let wanted: Vec<_> = claims.iter().filter_map(|record| self.wanted(connection.as_deref(), record)).collect();
        if wanted.is_empty() {
            return Ok(Look::Go);
        }
        let failure = match connection.as_ref().filter(|connection| connection.settings.sync) {
            Some(connection) => match tokio::time::timeout(PATIENCE, self.ask_in_turn(tenant, connection, &wanted)).await {
                Ok(Ok(())) => return self.still_old(tenant, &held, &invoices).await,
                Ok(Err(Trouble::Engine(error))) => return Err(error),
                Ok(Err(Trouble::Source(error))) => Some(error),
                // Its turns are taken by others; the source is well.
                Err(_) => None,
            },
            None => None,
        };
        if let Some(error) = &failure {
            tracing::debug!(%error, step = %snapshot.step.id, "the source could not be asked before a notice leaves");
        }
        self.still_old(tenant, &held, &invoices).await
    }

    async fn had_source(&self, held: &Tenant) -> Result<bool, EngineError> {
        if let Some(known) = held.had_source.get() {
            return Ok(*known);
        }
        let had = self.store.has_source(held.settings.id).await?;
        Ok(*held.had_source.get_or_init(|| had))
    }

    /// What is to be asked about a claim before it is dunned.
    fn wanted<'a>(&self, connection: Option<&Connection>, record: &'a ClaimRecord) -> Option<(&'a ClaimRecord, Wanted)> {
        let recheck_ms = connection.map_or(0, |connection| connection.settings.recheck_ms);
        let payment = self.clock.now().0 - record.checked_at.0 > recheck_ms;
        let wanted = Wanted { payment, details: record.detailed_at.is_none(), contact: false };
        (wanted.payment || wanted.details).then_some((record, wanted))
    }

    /// Asks, one notice after the other, and takes the answers in.
    async fn ask_in_turn(&self, tenant: TenantId, connection: &Arc<Connection>, wanted: &[(&ClaimRecord, Wanted)]) -> Result<(), Trouble> {
        let _turn = connection.asking.lock().await;
        if let Some(error) = connection.down(self.clock.now()) {
            return Err(error.into());
        }
        let answers = self.answers(tenant, connection, wanted).await;
        match &answers {
            Ok(_) => connection.heard(Ok(()), self.clock.now()),
            Err(Trouble::Source(error)) => connection.heard(Err(error), self.clock.now()),
            Err(Trouble::Engine(_)) => {}
        }
        Ok(self.take_answers(tenant, connection, answers?, None).await?)
    }

    async fn answers(&self, tenant: TenantId, connection: &Connection, wanted: &[(&ClaimRecord, Wanted)]) -> Result<Vec<Answer>, Trouble> {
        let keys: Vec<_> = wanted.iter().map(|(record, _)| claim_key(record)).collect();
        let asked_at = self.clock.now();
        let at_once = if keys.len() > 1 { connection.source.payments(&keys) } else { None };
        let mut payments: Vec<Option<Payment>> = match at_once {
            Some(answer) => answer.await?.into_iter().map(Some).collect(),
            None => Vec::new(),
        };
        payments.resize(keys.len(), None);
        let mut answers = Vec::with_capacity(keys.len());
        for ((record, wanted), payment) in wanted.iter().zip(payments) {
            let wanted = Wanted { payment: wanted.payment && payment.is_none(), ..*wanted };
            let mut answer = if wanted.payment || wanted.details {
                self.ask(tenant, connection, record, wanted).await?
            } else {
                Answer { external_id: record.external_id.clone(), asked_at, payment: None, details: None }
            };
            if let Some(payment) = payment {
                (answer.payment, answer.asked_at) = (Some(Ok(payment)), asked_at);
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Whether one of the claims is too old to be dunned, or not known well enough, after all that could be asked.
    async fn still_old(&self, tenant: TenantId, held: &Tenant, invoices: &[InvoiceId]) -> Result<Look, EngineError> {
        let (connection, now) = (held.source(), self.clock.now());
        let (bygone, claims) = (bygone(), self.store.claims_of(tenant, invoices).await?);
        let settings = connection.as_ref().map_or(&bygone, |connection| &connection.settings);
        let Some(record) = claims.iter().find(|record| record.detailed_at.is_none() || is_old(settings, record, now)) else {
            return Ok(Look::Go);
        };
        let row = self.store.source(tenant, &record.source).await?;
        let why = if record.detailed_at.is_none() {
            format!("its details can't be read from {}", record.source)
        } else {
            too_old(held, connection.as_deref(), row.as_ref(), record)
        };
        Ok(Look::Wait { until: again(record.invoice.map_or(0, |invoice| invoice.0), now), why })
    }

    /// Lets a step that must not leave wait, with the reason written at it.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn let_step_wait(&self, tenant: TenantId, snapshot: &Snapshot, until: Timestamp, why: &str) -> Result<(), EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), "system").await?;
        unit.tx.hold_step(&snapshot.step, until, why).await?;
        unit.commit_keeping_facts().await.map(drop)
    }
}
