//! What a source told is taken up: what an event points at is asked about. Events that point at the same are taken up together.
//!
//! They wait in the ledger until the answer stands there, so a process that dies in between loses none; and as nothing but the source's
//! present answer counts, neither their order nor their number matters.

use super::ask::{Answer, Trouble, Wanted};
use super::connection::Connection;
use super::ports::SourceError;
use super::run::begin_changes;
use crate::domain::ids::TenantId;
use crate::domain::time::Timestamp;
use crate::engine::{Engine, EngineError};
use crate::store::source::SourceRow;
use crate::store::source_claims::{ClaimRecord, ContactRecord};
use crate::store::source_events::EventRow;

/// Claims that are not in the ledger are found by a listing of what has changed, but not by one after the other, in milliseconds.
const LISTING_PAUSE_MS: i64 = 5_000;

/// What is to be done about events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matter {
    Claim(Box<ClaimRecord>, Wanted),
    /// Claims that the ledger does not have.
    Unknown,
    Contact(String),
    Access,
    Nothing,
}

/// Events that are taken up by one deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub matter: Matter,
    pub events: Vec<EventRow>,
}

/// The next deed, and when there may be one if there is none now.
#[derive(Debug, Default)]
pub(super) struct NextTold {
    pub told: Option<Told>,
    pub not_before: Option<Timestamp>,
}

fn is_about_claims(event: &EventRow) -> bool {
    matches!(event.kind.as_str(), "payment" | "claim")
}

impl Engine {
    /// The events that are taken up next: the first that waits, with all that point at the same.
    pub(super) async fn next_told(&self, tenant: TenantId, connection: &Connection, row: &SourceRow) -> Result<NextTold, EngineError> {
        if connection.source.hooks().is_none() {
            return Ok(NextTold::default());
        }
        // A run that is under way may have listed them before they changed: they wait for its end.
        let waiting = self.store.waiting_events(tenant, connection.name(), row.cursor.is_none()).await?;
        let listing_at = Timestamp(row.changes_at.map_or(0, |at| at.0 + LISTING_PAUSE_MS));
        let may_list = listing_at <= self.clock.now();
        let is_unknown = |event: &EventRow| is_about_claims(event) && !event.known;
        let Some(first) = waiting.iter().find(|event| may_list || !is_unknown(event)).cloned() else {
            return Ok(NextTold { told: None, not_before: (!waiting.is_empty()).then_some(listing_at) });
        };
        if is_unknown(&first) {
            let events = waiting.into_iter().filter(is_unknown).collect();
            return Ok(NextTold { told: Some(Told { matter: Matter::Unknown, events }), not_before: None });
        }
        let events: Vec<_> = waiting
            .into_iter()
            .filter(|event| {
                event.resource == first.resource && (event.kind == first.kind || is_about_claims(event) && is_about_claims(&first))
            })
            .collect();
        let matter = match first.kind.as_str() {
            "payment" | "claim" => match self.store.claim(tenant, connection.name(), &first.resource).await? {
                Some(record) => Matter::Claim(Box::new(record), Wanted::payment_and(events.iter().any(|event| event.kind == "claim"))),
                None => Matter::Unknown,
            },
            "contact" => Matter::Contact(first.resource),
            "access" => Matter::Access,
            _ => Matter::Nothing,
        };
        Ok(NextTold { told: Some(Told { matter, events }), not_before: None })
    }

    /// Asks about what was told and takes the answer in, with the events, in one transaction. `false` when another process went on
    /// meanwhile.
    pub(super) async fn see_to(&self, tenant: TenantId, connection: &Connection, row: &SourceRow, told: Told) -> Result<bool, Trouble> {
        let answers = match &told.matter {
            Matter::Claim(record, wanted) => vec![self.ask(tenant, connection, record, *wanted).await?],
            Matter::Contact(id) => self.ask_about_contact(tenant, connection, id).await?,
            Matter::Access => {
                self.look_at_access(connection, row).await?;
                Vec::new()
            }
            Matter::Unknown | Matter::Nothing => Vec::new(),
        };
        let name = connection.name();
        let Some((mut unit, mut row)) = self.hold(tenant, connection, row).await? else { return Ok(false) };
        if let (Matter::Contact(id), true) = (&told.matter, answers.is_empty()) {
            // Nobody needs it now; who does later reads it anew.
            let known = unit.tx.contacts(name, [id.as_str()]).await?.remove(id);
            let forgotten: Vec<_> = known.into_iter().map(|contact| ContactRecord { read_at: None, ..contact }).collect();
            unit.tx.save_contacts(name, &forgotten).await?;
        }
        self.take_answers_within(&mut unit, connection, answers, None).await?;
        let now = unit.now;
        unit.tx.take_events(name, &told.events, now).await?;
        if told.matter == Matter::Unknown && row.cursor.is_none() {
            let zone = unit.tenant.settings.zone;
            begin_changes(&mut row, now, now.date_in(zone));
        }
        self.save(unit, connection, row).await
    }

    /// A contact is read anew, through the first of its open claims; for the others it is only seen whether they are still dunned.
    async fn ask_about_contact(&self, tenant: TenantId, connection: &Connection, id: &str) -> Result<Vec<Answer>, Trouble> {
        let claims = self.store.open_claims_of(tenant, connection.name(), id).await?;
        let Some((first, others)) = claims.split_first() else { return Ok(Vec::new()) };
        let asked_at = self.clock.now();
        let mut answers = vec![self.ask(tenant, connection, first, Wanted::CONTACT).await?];
        answers.extend(others.iter().map(|record| Answer {
            external_id: record.external_id.clone(),
            asked_at,
            payment: None,
            details: None,
        }));
        Ok(answers)
    }

    /// Whether the key still opens the account. If it does not, that is said at once.
    async fn look_at_access(&self, connection: &Connection, row: &SourceRow) -> Result<(), Trouble> {
        let found = connection.source.identity().await?.organisation;
        match row.organisation.clone().filter(|expected| *expected != found) {
            Some(expected) => Err(SourceError::WrongOrganisation { expected, found }.into()),
            None => Ok(()),
        }
    }
}
