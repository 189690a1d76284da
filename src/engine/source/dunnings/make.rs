//! One dunning is made, or what became of one is found out. The order of things is the proof:
//!
//! 1. What is paid is asked for once more, and the claim is read with the dunnings at it.
//! 2. In one transaction: the notice still stands, its step is still to be started, nothing of this stage is in doubt; the intent.
//! 3. The source is asked, once. 4. What it answered is written down.
//!
//! An intent without an outcome is never asked for again: its token is looked for among the dunnings at the claim, with growing pauses, and
//! after [`dunning_search_ms`](crate::engine::source::connection::SourceSettings) a person is asked.

use super::obtain::{Obtained, Scene, unsettled};
use super::ports::{Made, NewDunning, Standing};
use super::wanted::Wanted;
use crate::domain::time::Timestamp;
use crate::engine::EngineError;
use crate::engine::late::missed;
use crate::engine::ports::{Numbered, Outcome};
use crate::engine::source::freshness::Look;
use crate::engine::source::ports::SourceError;
use crate::engine::start::stands;
use crate::engine::unit::Unit;
use crate::store::source_dunnings::{DunningRecord, DunningState};
use std::collections::BTreeSet;
use std::time::Duration;

/// A notice waits so long at most for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(45);
/// One that is made is waited for longer, and held for longer still, in milliseconds.
const MAKING: Duration = Duration::from_secs(100);
const LEASE_MS: i64 = 180_000;
/// The first pause before one is looked for again, doubled from one to the next; the longest while a step waits, and after that.
const FIRST_PAUSE_MS: i64 = 5_000;
const LONGEST_PAUSE_MS: i64 = 120_000;
const LONGEST_REST_MS: i64 = 6 * 3_600_000;
/// Between attempts to write down what the ledger could not take.
const STORE_PAUSE: Duration = Duration::from_millis(200);

/// What the ledger says once the claim was read.
enum Decided {
    /// It is there after all.
    There(DunningRecord),
    /// The intent is stored: now it must be asked for.
    Intended(DunningRecord),
    Otherwise(Obtained),
}

/// After so many looks, in milliseconds.
fn pause_ms(looks: u32, longest: i64) -> i64 {
    FIRST_PAUSE_MS.saturating_mul(1 << looks.min(20)).min(longest)
}

/// It was looked for and not found.
pub(super) fn looked(row: &mut DunningRecord, now: Timestamp) {
    row.next_at = Timestamp(now.0 + pause_ms(row.looks, LONGEST_REST_MS));
    row.looks = row.looks.saturating_add(1);
}

/// Recognises what is at the claim by our tokens; those rows that are made by this.
pub(super) fn recognise(rows: &mut [DunningRecord], standing: &Standing) -> Vec<usize> {
    let mut found = Vec::new();
    for (place, row) in rows.iter_mut().enumerate() {
        let open = matches!(row.state, DunningState::Intended | DunningState::Unknown | DunningState::NotMade);
        let there = standing.strange.iter().find(|(_, text)| open && text.contains(&row.token));
        if let Some((id, _)) = there {
            (row.state, row.external_id, row.error) = (DunningState::Made, Some(id.clone()), None);
            found.push(place);
        }
    }
    found
}

/// The dunnings of these rows that the source is known to have.
pub(super) fn known(rows: &[DunningRecord]) -> Vec<String> {
    rows.iter().filter_map(|row| row.external_id.clone()).collect()
}

impl Scene<'_> {
    /// A dunning that says what is wanted, at the source.
    pub(super) async fn make(&self, wanted: &Wanted, rows: Vec<DunningRecord>) -> Result<Result<DunningRecord, Obtained>, EngineError> {
        if let Some(error) = self.connection.down(self.now()) {
            return Ok(Err(self.trouble(&error)));
        }
        if let Look::Wait { until, why } = self.engine.ask_about_notice(self.tenant, self.snapshot).await? {
            return Ok(Err(Obtained::Wait { until, why }));
        }
        let token = wanted.token(&self.held.settings.name, &rows);
        let new = match self.new_dunning(wanted, &token) {
            Ok(new) => new,
            Err(outcome) => return Ok(Err(Obtained::Refused(outcome))),
        };
        let known = known(&rows);
        let standing = match self.asked(PATIENCE, self.dunnings.standing(&wanted.claim, &known)).await {
            Ok(standing) => standing,
            Err(error) => return Ok(Err(self.trouble(&error))),
        };
        if !standing.open {
            // What it is now is for the facts to say.
            self.engine.ask_about(self.tenant, &wanted.claim.id).await?;
            return Ok(Err(unsettled()));
        }
        self.engine.owner.present().await;
        match self.decide(wanted, &new, &token, &standing).await? {
            Decided::There(row) => Ok(Ok(row)),
            Decided::Otherwise(obtained) => Ok(Err(obtained)),
            Decided::Intended(row) => self.ask_for(wanted, row, &standing, &new).await,
        }
    }

    /// What the dunning says, or why it can't be said.
    pub(super) fn new_dunning(&self, wanted: &Wanted, token: &str) -> Result<NewDunning, Outcome> {
        let notice = &wanted.notice;
        let text = self.effects.dunning_text(self.tenant, notice, &Numbered { number: wanted.number, of: wanted.of, token })?;
        let (date, language, currency) = (notice.date, notice.language.clone(), notice.currency);
        Ok(NewDunning { date, language, text, currency, fee_minor: notice.fee_minor })
    }

    /// Asks the source, one notice after the other, and remembers whether it answers.
    pub(super) async fn asked<T>(
        &self,
        patience: Duration,
        answer: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        let _turn = self.connection.asking.lock().await;
        let answer = tokio::time::timeout(patience, answer).await;
        let answer = answer.unwrap_or_else(|_| Err(SourceError::Unreachable { why: "it did not answer in time".to_owned() }));
        self.connection.heard(answer.as_ref().map(drop), self.now());
        answer
    }

    /// The last look at the facts, what is known of this stage's dunnings, and the intent, in one transaction.
    async fn decide(&self, wanted: &Wanted, new: &NewDunning, token: &str, standing: &Standing) -> Result<Decided, EngineError> {
        let (snapshot, now) = (self.snapshot, self.now());
        let held = self.engine.tenant_with_editions(self.tenant).await?;
        let mut unit = Unit::begin(&self.engine.store, held, now, &self.connection.actor()).await?;
        if unit.tx.is_shut() || unit.tx.queued_steps(&[(snapshot.step.id, snapshot.step.attempt)]).await?.is_empty() {
            return Ok(Decided::Otherwise(Obtained::Gone));
        }
        if missed(&mut unit, &snapshot.step, &snapshot.notice).await? {
            unit.tx.put_off(&[snapshot.step.id], now).await?;
            unit.commit_keeping_facts().await?;
            return Ok(Decided::Otherwise(Obtained::Gone));
        }
        let mut rows = unit.tx.dunnings_of(&[wanted.invoice]).await?;
        for place in recognise(&mut rows, standing) {
            unit.tx.save_dunning(&rows[place]).await?;
        }
        if let Some(row) = wanted.served_by(&rows, None).cloned() {
            unit.commit_keeping_facts().await?;
            return Ok(Decided::There(row));
        }
        if let Some(mut doubtful) = wanted.of_stage(&rows).find(|row| row.state == DunningState::Intended).cloned() {
            let obtained = self.doubt(&mut doubtful, now);
            unit.tx.save_dunning(&doubtful).await?;
            unit.commit_keeping_facts().await?;
            return Ok(Decided::Otherwise(obtained));
        }
        // A person is asked about this very notice; whatever follows it follows from their word.
        if wanted.of_stage(&rows).any(|row| row.state == DunningState::Unknown && row.notice == snapshot.notice.id) {
            unit.commit_keeping_facts().await?;
            return Ok(Decided::Otherwise(self.unknown(token)));
        }
        let (notices, mut cases) = unit.notices_with_cases(BTreeSet::from([snapshot.notice.id.clone()])).await?;
        let Some(notice) = notices.get(&snapshot.notice.id) else { return Ok(Decided::Otherwise(Obtained::Gone)) };
        if !stands(&mut unit, notice, &mut cases)? {
            return Ok(Decided::Otherwise(unsettled()));
        }
        if *notice != snapshot.notice || wanted.token(&unit.tenant.settings.name, &rows) != token {
            return Ok(Decided::Otherwise(Obtained::Changed));
        }
        let again = wanted.of_stage(&rows).find(|row| row.state == DunningState::NotMade).map(|row| row.id);
        let id = again.unwrap_or_else(|| unit.tx.take_ids(1));
        let mut row = self.intent(id, wanted, new, token, now);
        // Of a ledger that was restored: what it had asked for before stands there already.
        let there = !recognise(std::slice::from_mut(&mut row), standing).is_empty();
        unit.tx.save_dunning(&row).await?;
        unit.commit_keeping_facts().await?;
        Ok(if there { Decided::There(row) } else { Decided::Intended(row) })
    }

    fn intent(&self, id: i64, wanted: &Wanted, new: &NewDunning, token: &str, now: Timestamp) -> DunningRecord {
        DunningRecord {
            id,
            source: self.connection.name().to_owned(),
            claim_id: wanted.claim.id.clone(),
            claim_kind: wanted.claim_kind.clone(),
            instance: wanted.invoice,
            stage: wanted.stage,
            stage_key: wanted.stage_key.clone(),
            token: token.to_owned(),
            state: DunningState::Intended,
            notice: self.snapshot.notice.id.clone(),
            open_minor: wanted.open_minor(),
            fee_minor: new.fee_minor,
            dated: new.date,
            pay_by: wanted.notice.pay_by,
            external_id: None,
            document: None,
            intended_at: now,
            lease_until: Timestamp(now.0 + LEASE_MS),
            looks: 0,
            next_at: Timestamp(now.0 + LEASE_MS),
            error: None,
        }
    }

    /// One that was intended and is not to be seen: whether to look again, or to ask a person.
    fn doubt(&self, row: &mut DunningRecord, now: Timestamp) -> Obtained {
        let search_until = row.intended_at.0.saturating_add(self.connection.settings.dunning_search_ms).max(row.lease_until.0);
        let until = Timestamp(now.0 + pause_ms(row.looks, LONGEST_PAUSE_MS));
        looked(row, now);
        if now.0 < search_until {
            // Who looks for what is left behind comes later than the step.
            row.next_at = row.next_at.max(Timestamp(until.0 + LONGEST_PAUSE_MS));
            return Obtained::Wait { until, why: self.in_doubt(&row.token) };
        }
        (row.state, row.notice) = (DunningState::Unknown, self.snapshot.notice.id.clone());
        row.next_at = Timestamp(now.0 + LONGEST_REST_MS);
        self.unknown(&row.token)
    }

    fn in_doubt(&self, token: &str) -> String {
        let source = self.connection.name();
        format!("it is not known yet whether {source} made the dunning {token}: it is looked for at the invoice there")
    }

    fn unknown(&self, token: &str) -> Obtained {
        let source = self.connection.name();
        let reason = format!(
            "nobody knows whether {source} made the dunning {token}: look at the invoice there. If it is not there, let this notice be sent \
             again; a dunning that is there is found then. Nothing was sent to the customer"
        );
        Obtained::Refused(Outcome::Unknown { reason })
    }

    /// Asks for what the ledger says is intended, and writes down how that ended.
    async fn ask_for(
        &self,
        wanted: &Wanted,
        mut row: DunningRecord,
        standing: &Standing,
        new: &NewDunning,
    ) -> Result<Result<DunningRecord, Obtained>, EngineError> {
        let answer = async {
            // Another one may have had the turn for long.
            if self.now().0 >= row.lease_until.0 - i64::try_from(MAKING.as_millis()).unwrap_or(0) {
                return Ok(Made::Not(SourceError::RateLimited { after: None }));
            }
            Ok(self.dunnings.make(&wanted.claim, &standing.basis, new).await)
        };
        let made = self.asked(MAKING, answer).await.unwrap_or_else(Made::Unknown);
        let now = self.now();
        let obtained = match made {
            Made::Done { id } => {
                tracing::info!(notice = %row.notice, dunning = id, "a dunning was made by its source");
                (row.state, row.external_id) = (DunningState::Made, Some(id));
                None
            }
            Made::Not(error) => {
                tracing::warn!(notice = %row.notice, %error, "a dunning was not made by its source");
                (row.state, row.error) = (DunningState::NotMade, Some(error.to_string()));
                Some(self.trouble(&error))
            }
            Made::Unknown(error) => {
                tracing::warn!(notice = %row.notice, %error, token = row.token, "a dunning may have been made by its source; it is looked for");
                row.error = Some(error.to_string());
                // Whatever it was that was asked is over.
                row.lease_until = now;
                let until = Timestamp(now.0 + pause_ms(0, LONGEST_PAUSE_MS));
                row.next_at = Timestamp(until.0 + LONGEST_PAUSE_MS);
                Some(Obtained::Wait { until, why: format!("{} ({error})", self.in_doubt(&row.token)) })
            }
        };
        self.keep(&row).await?;
        Ok(obtained.map_or(Ok(row), Err))
    }

    /// Writes the outcome down, as soon as the ledger takes it.
    async fn keep(&self, row: &DunningRecord) -> Result<(), EngineError> {
        let until = Timestamp(self.now().0 + LEASE_MS);
        loop {
            match self.write(row).await {
                Err(error) if error.is_passing() && self.now() < until => {
                    tracing::warn!(%error, token = row.token, "what became of a dunning could not be stored; trying again");
                }
                other => return other,
            }
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    /// Writes a row, unless somebody found it meanwhile.
    pub(super) async fn write(&self, row: &DunningRecord) -> Result<(), EngineError> {
        let mut tx = self.engine.store.begin_tenant(self.tenant).await?;
        let now = tx.dunnings_of(&[row.instance]).await?.into_iter().find(|other| other.id == row.id);
        if now.is_some_and(|other| other.state == DunningState::Made && row.state == DunningState::Intended) {
            return Ok(());
        }
        tx.save_dunning(row).await?;
        Ok(tx.commit_keeping_facts().await?)
    }
}
