//! One claim is asked about: what is paid of it, and what its row lacks. The requests go out without any transaction; what they
//! answered is taken in by one.

use super::connection::Connection;
use super::email::addresses_of;
use super::exclusion::exclusion;
use super::facts::{Heard, commit, is_late, take};
use super::ports::{Claim, ClaimStatus, Contact, Payment, PostalAddress, SourceError};
use super::words::{GONE, claim_key, clean, is_over, status_word};
use crate::domain::ids::{CustomerId, TenantId};
use crate::domain::time::Timestamp;
use crate::engine::unit::Unit;
use crate::engine::{Engine, EngineError};
use crate::store::intake::{CustomerRecord, Enlisted, InvoiceUpdate};
use crate::store::source_claims::{ClaimRecord, ContactRecord};
use std::collections::BTreeMap;

/// A contact that was read is taken for current for so long, in milliseconds.
const CONTACT_KEEPS_MS: i64 = 24 * 3_600_000;
/// Details that could not be read are tried again after so long, in milliseconds; sooner if the claim changes.
const RETRY_MS: i64 = 6 * 3_600_000;

/// What is asked about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub payment: bool,
    pub details: bool,
    /// With the details its contact, however well that is known.
    pub contact: bool,
}

impl Wanted {
    pub(super) const PAYMENT: Self = Self { payment: true, details: false, contact: false };
    pub(super) const DETAILS: Self = Self { payment: false, details: true, contact: false };
    pub(super) const CONTACT: Self = Self { payment: false, details: true, contact: true };

    /// What is paid, and the details if they are wanted as well.
    pub(super) fn payment_and(details: bool) -> Self {
        Self { details, ..Self::PAYMENT }
    }
}

/// What was answered about one claim.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub external_id: String,
    /// Before the first request went out.
    pub asked_at: Timestamp,
    pub payment: Option<Result<Payment, SourceError>>,
    pub details: Option<Result<Details, SourceError>>,
}

/// A claim in full, with its contact where that was not known well enough.
#[derive(Clone, Debug)]
pub(super) struct Details {
    claim: Claim,
    contact: Option<Contact>,
}

/// A failure of the source, or of the ledger.
#[derive(Debug)]
pub(super) enum Trouble {
    Source(SourceError),
    Engine(EngineError),
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<crate::store::StoreError> for Trouble {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// A failure that concerns this claim alone is an answer; any other ends the asking.
fn of_this_one<T>(answer: Result<T, SourceError>) -> Result<Result<T, SourceError>, SourceError> {
    match answer {
        Err(error) if !error.is_of_one() => Err(error),
        answer => Ok(answer),
    }
}

impl Engine {
    /// Asks about one claim.
    ///
    /// # Errors
    /// When the source does not answer at all, or the ledger fails.
    pub(super) async fn ask(
        &self,
        tenant: TenantId,
        connection: &Connection,
        record: &ClaimRecord,
        wanted: Wanted,
    ) -> Result<Answer, Trouble> {
        let (asked_at, key, source) = (self.clock.now(), claim_key(record), connection.source.as_ref());
        let payment = if wanted.payment { Some(of_this_one(source.payment(&key).await)?) } else { None };
        let mut details = None;
        if wanted.details {
            details = Some(match of_this_one(source.claim(&key).await)? {
                Ok(claim) => match self.contact_of(tenant, connection, &claim, wanted.contact).await? {
                    Ok(contact) => Ok(Details { claim, contact }),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            });
        }
        Ok(Answer { external_id: record.external_id.clone(), asked_at, payment, details })
    }

    /// The claim's contact, if what is known of it is old, or in any case.
    async fn contact_of(
        &self,
        tenant: TenantId,
        connection: &Connection,
        claim: &Claim,
        in_any_case: bool,
    ) -> Result<Result<Option<Contact>, SourceError>, Trouble> {
        let Some(id) = claim.contact.as_deref() else { return Ok(Ok(None)) };
        let known = self.store.contact(tenant, connection.name(), id).await?;
        let fresh = known.and_then(|contact| contact.read_at).is_some_and(|at| self.clock.now().0 - at.0 < CONTACT_KEEPS_MS);
        if fresh && !in_any_case {
            return Ok(Ok(None));
        }
        Ok(match of_this_one(connection.source.contact(id).await)? {
            // Who was deleted there can't be written to from here either.
            Err(SourceError::NotFound { .. }) => Ok(Some(Contact { id: id.to_owned(), archived: true, ..Contact::default() })),
            answer => answer.map(Some),
        })
    }

    /// Asks about one claim now, because somebody said that it changed. One that the ledger does not know is found by the next listing.
    ///
    /// # Errors
    /// When the ledger fails. A source that fails is left to the next step.
    pub async fn ask_about(&self, tenant: TenantId, external_id: &str) -> Result<(), EngineError> {
        let Some(connection) = self.connection(tenant)?.filter(|connection| connection.settings.sync) else { return Ok(()) };
        let Some(record) = self.store.claim(tenant, connection.name(), external_id).await? else {
            return self.request_run(tenant, false).await;
        };
        let wanted = Wanted::payment_and(record.invoice.is_some());
        match self.ask(tenant, &connection, &record, wanted).await {
            Ok(answer) => self.take_answers(tenant, &connection, vec![answer], None).await,
            Err(Trouble::Source(error)) => {
                tracing::debug!(claim = external_id, %error, "a claim could not be asked about; the next listing will find it");
                connection.heard(Err(&error), self.clock.now());
                Ok(())
            }
            Err(Trouble::Engine(error)) => Err(error),
        }
    }

    /// Takes answers in, all in one transaction. `run`: they count as seen in it.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of them stands.
    pub(super) async fn take_answers(
        &self,
        tenant: TenantId,
        connection: &Connection,
        answers: Vec<Answer>,
        run: Option<i64>,
    ) -> Result<(), EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let mut unit = Unit::begin(&self.store, held, self.clock.now(), &connection.actor()).await?;
        self.take_answers_within(&mut unit, connection, answers, run).await?;
        commit(unit).await
    }

    /// As [`Self::take_answers`], in this transaction.
    pub(super) async fn take_answers_within(
        &self,
        unit: &mut Unit,
        connection: &Connection,
        answers: Vec<Answer>,
        run: Option<i64>,
    ) -> Result<(), EngineError> {
        let records = unit.tx.claims(connection.name(), answers.iter().map(|answer| answer.external_id.as_str())).await?;
        let mut heard = Vec::with_capacity(answers.len());
        for answer in answers {
            let Some(record) = records.get(&answer.external_id).cloned() else { continue };
            heard.push(self.heard_of(unit, connection, record, answer, run).await?);
        }
        take(unit, connection, heard).await
    }

    async fn heard_of(
        &self,
        unit: &mut Unit,
        connection: &Connection,
        mut record: ClaimRecord,
        answer: Answer,
        run: Option<i64>,
    ) -> Result<Heard, EngineError> {
        let now = unit.now;
        record.seen_run = run.unwrap_or(record.seen_run);
        let invoice = match answer.details {
            Some(Ok(details)) => {
                let invoice = self.detail(unit, connection, &mut record, &details).await?;
                (record.detailed_at, record.retry_at) = (Some(answer.asked_at), Timestamp(0));
                invoice
            }
            Some(Err(error)) => {
                record.retry_at = Timestamp(now.0 + RETRY_MS);
                if matches!(error, SourceError::NotFound { .. }) {
                    GONE.clone_into(&mut record.status);
                } else {
                    tracing::warn!(claim = record.external_id, %error, source = connection.name(), "a claim's details can't be read");
                }
                None
            }
            None => {
                // The configuration may be another one than when its details were read.
                let contacts = unit.tx.contacts(connection.name(), record.contact.as_deref()).await?;
                record.reason = exclusion(&connection.settings, &record, contacts.values().any(|contact| contact.archived));
                None
            }
        };
        let mut heard = Heard { record, open_minor: None, items: None, invoice };
        let Some(payment) = answer.payment.filter(|_| !is_late(&heard.record, answer.asked_at)) else { return Ok(heard) };
        let record = &mut heard.record;
        match payment {
            Ok(payment) => {
                record.checked_at = answer.asked_at;
                record.status = clean(status_word(&payment.status));
                record.open = !is_over(&payment.status);
                if !matches!(payment.status, ClaimStatus::Draft | ClaimStatus::Voided) {
                    (heard.open_minor, heard.items) = (Some(payment.open_minor), Some(payment.items));
                }
            }
            Err(SourceError::NotFound { .. }) => {
                record.checked_at = answer.asked_at;
                GONE.clone_into(&mut record.status);
            }
            // It stays as old as it is, and is not dunned when it is too old.
            Err(error) => {
                tracing::warn!(claim = record.external_id, %error, source = connection.name(), "a claim's payments can't be read")
            }
        }
        Ok(heard)
    }

    /// Writes down what a claim's details say, at it and at its customer.
    async fn detail(
        &self,
        unit: &mut Unit,
        connection: &Connection,
        record: &mut ClaimRecord,
        details: &Details,
    ) -> Result<Option<InvoiceUpdate>, EngineError> {
        let claim = &details.claim;
        record.number = clean(&claim.number);
        record.date = Some(claim.date);
        record.due_date = claim.due_date.or(record.due_date).or(Some(claim.date));
        record.contact.clone_from(&claim.contact);
        record.term_id = claim.term.as_ref().and_then(|term| term.id.clone());
        record.term = claim.term.as_ref().map(|term| clean(&term.text)).filter(|text| !text.is_empty());
        let contact = self.customer_of(unit, connection, details).await?;
        record.reason = exclusion(&connection.settings, record, contact.as_ref().is_some_and(|contact| contact.archived));
        let (Some(invoice), Some(due_date)) = (record.invoice, record.due_date) else { return Ok(None) };
        let Some(case) = unit.tx.cases([invoice]).await?.pop() else { return Ok(None) };
        // A draft says nothing that counts, and nothing can be claimed of a claim over nothing.
        if claim.status == ClaimStatus::Draft || claim.amount_minor <= 0 || claim.currency != case.currency {
            return Ok(None);
        }
        Ok(Some(InvoiceUpdate {
            invoice,
            customer: contact.map_or(case.customer, |contact| contact.customer),
            number: record.number.clone(),
            amount_minor: claim.amount_minor,
            invoice_date: claim.date,
            due_date,
        }))
    }

    /// The customer that the claim's contact is, with what is known of it now.
    async fn customer_of(&self, unit: &mut Unit, connection: &Connection, details: &Details) -> Result<Option<ContactRecord>, EngineError> {
        let Some(id) = details.claim.contact.as_deref() else { return Ok(None) };
        let known = unit.tx.contacts(connection.name(), [id]).await?.remove(id);
        let customer = match &known {
            Some(contact) => unit.tx.customers([contact.customer]).await?.remove(&contact.customer),
            None => None,
        };
        let Some(contact) = &details.contact else { return Ok(known) };
        let before = customer.unwrap_or_else(|| CustomerRecord { number: id.to_owned(), ..CustomerRecord::default() });
        let record = customer_record(contact, &details.claim, &before);
        let records = BTreeMap::from([(record.number.clone(), record.clone())]);
        let rule = unit.tenant.settings.address_rule.clone();
        let Enlisted { ids, .. } = unit.tx.upsert_customers(&records, &rule, || self.entropy.key()).await?;
        let customer = ids.get(&record.number).copied().unwrap_or(CustomerId(0));
        if record != before {
            unit.facts_moved = true;
        }
        if let Some(number) = contact.number.as_deref().map(clean).filter(|number| !number.is_empty() && *number != record.number) {
            unit.tx.renumber_customer(customer, &number).await?;
            unit.facts_moved = true;
        }
        let kept = ContactRecord { external_id: id.to_owned(), customer, read_at: Some(unit.now), archived: contact.archived };
        unit.tx.save_contacts(connection.name(), std::slice::from_ref(&kept)).await?;
        Ok(Some(kept))
    }
}

/// A contact as a customer. Its own address goes before the copy that stands on a claim, which may be older.
fn customer_record(contact: &Contact, claim: &Claim, before: &CustomerRecord) -> CustomerRecord {
    let whole = |address: &&PostalAddress| !address.street.trim().is_empty() && !address.city.trim().is_empty();
    let address = contact.addresses.iter().find(whole).or(claim.address.as_ref()).cloned().unwrap_or_default();
    let kind = match contact.is_business {
        Some(true) => "business",
        Some(false) => "consumer",
        None => "unknown",
    };
    let name = [&contact.name, &address.name, &before.name].into_iter().map(|name| clean(name)).find(|name| !name.is_empty());
    let language = clean(&claim.language);
    CustomerRecord {
        number: before.number.clone(),
        name: name.unwrap_or_default(),
        email: String::new(),
        addresses: addresses_of(contact),
        street: clean(&address.street),
        postcode: clean(&address.postcode),
        city: clean(&address.city),
        country: clean(&address.country),
        language: if language.is_empty() { before.language.clone() } else { language },
        kind: kind.to_owned(),
    }
}
