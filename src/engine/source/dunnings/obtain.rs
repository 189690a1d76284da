//! Before a step starts, the dunnings that its notice's source makes are there, with their documents.
//!
//! Runs between the snapshot and the preparation, as the fetching of attachments does: the step is still queued. What can't be had now lets
//! it wait; what a person must see becomes its outcome.

use super::ports::Dunnings;
use super::wanted::Wanted;
use crate::domain::chain::Hash;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::edition::Tenant;
use crate::engine::ports::{Effects, Job, Outcome};
use crate::engine::snapshot::Snapshot;
use crate::engine::source::connection::Connection;
use crate::engine::source::freshness::again;
use crate::engine::source::ports::SourceError;
use crate::engine::{Engine, EngineError};
use crate::store::documents::Document;
use chrono::NaiveDate;
use std::sync::Arc;

/// What does not get through is tried again after so long, in milliseconds.
const PAUSE_MS: i64 = 60_000;

/// What became of the dunnings that a step needs.
#[derive(Debug)]
pub enum Obtained {
    /// All there; none where its source makes none.
    Have(Vec<Enclosed>),
    /// Not now.
    Wait { until: Timestamp, why: String },
    /// The notice says something else by now: it must be made anew.
    Changed,
    /// The step is somebody else's, or must not begin.
    Gone,
    /// The step ends so.
    Refused(Outcome),
}

/// A dunning that goes along with a notice.
#[derive(Clone, Debug)]
pub struct Enclosed {
    /// The invoice's.
    pub number: String,
    pub pay_by: NaiveDate,
    pub hash: Hash,
    pub document: Document,
}

/// A step with all that its dunnings hang on.
pub(super) struct Scene<'a> {
    pub(super) engine: &'a Engine,
    pub(super) tenant: TenantId,
    pub(super) held: Arc<Tenant>,
    pub(super) connection: Arc<Connection>,
    pub(super) dunnings: &'a dyn Dunnings,
    pub(super) snapshot: &'a Snapshot,
    pub(super) effects: &'a dyn Effects,
}

impl Engine {
    /// Lets the source make the dunnings that the snapshot's notice needs and that are not there yet, and fetches their documents.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn obtain_dunnings(&self, tenant: TenantId, snapshot: &Snapshot, effects: &dyn Effects) -> Result<Obtained, EngineError> {
        let held = self.tenant(tenant)?;
        let Some(connection) = held.source().filter(|connection| connection.settings.sync && connection.settings.dunnings) else {
            return Ok(Obtained::Have(Vec::new()));
        };
        // Apart, so that the steps of those who have no source need not have room for it.
        Box::pin(self.obtain_from(tenant, held, connection, snapshot, effects)).await
    }

    async fn obtain_from(
        &self,
        tenant: TenantId,
        held: Arc<Tenant>,
        connection: Arc<Connection>,
        snapshot: &Snapshot,
        effects: &dyn Effects,
    ) -> Result<Obtained, EngineError> {
        let none = Ok(Obtained::Have(Vec::new()));
        let source = connection.source.clone();
        let Some(dunnings) = source.dunnings() else { return none };
        let wanted = self.wanted_dunnings(&held, connection.name(), dunnings, snapshot, effects).await?;
        if wanted.is_empty() {
            return none;
        }
        // Whoever starts it looks again, and takes it back if it is to be.
        if snapshot.facts_seq.is_none() {
            return Ok(unsettled());
        }
        let scene = Scene { engine: self, tenant, held, connection, dunnings, snapshot, effects };
        let mut have = Vec::with_capacity(wanted.len());
        for wanted in &wanted {
            match scene.obtain(wanted).await? {
                Ok(enclosed) => have.push(enclosed),
                Err(obtained) => return Ok(obtained),
            }
        }
        Ok(Obtained::Have(have))
    }
}

impl Job {
    /// Takes dunnings along. The notice names the deadline that they name; of several the latest.
    pub fn enclose(&mut self, dunnings: Vec<Enclosed>) {
        self.notice.pay_by = dunnings.iter().map(|dunning| dunning.pay_by).max().unwrap_or(self.notice.pay_by);
        for Enclosed { number, hash, document, .. } in dunnings {
            self.dunnings.push((number, hash));
            self.documents.push((hash, document));
        }
    }
}

/// The facts have moved: the step is tried again, unless its start takes the notice back.
pub(super) fn unsettled() -> Obtained {
    Obtained::Refused(Outcome::Retry { reason: "what is open changed while its dunning was to be made".to_owned(), after: None })
}

impl Scene<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    pub(super) fn shortly(&self) -> Timestamp {
        Timestamp(self.now().0 + PAUSE_MS)
    }

    async fn obtain(&self, wanted: &Wanted) -> Result<Result<Enclosed, Obtained>, EngineError> {
        let rows = self.engine.store.dunnings_of(self.tenant, &[wanted.invoice]).await?;
        let notice = &self.snapshot.notice;
        // Not the letter that an earlier attempt of the same step made: that one never left.
        let printed = (notice.letter_hash.is_some() && self.snapshot.step.position > 0).then_some(&notice.id);
        let row = match wanted.served_by(&rows, printed) {
            Some(row) => row.clone(),
            None => match self.make(wanted, rows).await? {
                Ok(row) => row,
                Err(obtained) => return Ok(Err(obtained)),
            },
        };
        self.take(wanted, row).await
    }

    /// What a source that does not do what it is asked means for the step.
    pub(super) fn trouble(&self, error: &SourceError) -> Obtained {
        let (now, source) = (self.now(), self.connection.name());
        let why = format!("the dunning can't be had from {source}: {error}");
        match error {
            SourceError::RateLimited { .. } => Obtained::Wait { until: self.shortly(), why },
            // The connection's trouble, which is shown there; what it holds back goes on when it is mended.
            error if !error.is_of_one() => Obtained::Wait { until: again(self.snapshot.step.id.0, now), why },
            SourceError::Malformed { .. } | SourceError::TooLarge { .. } => Obtained::Refused(Outcome::Retry { reason: why, after: None }),
            _ => Obtained::Refused(Outcome::Failed { reason: why }),
        }
    }
}
