//! Instances move onto another published version of a workflow: one, a customer's, or all that are on a version. Each for itself: what
//! can't move stays where it is, with the reason told.
//!
//! What counts as behind an instance there is said by its stages' keys (`domain::instance::carry`), or by a person where they don't.

use super::Engine;
use super::edition::{Edition, Tenant};
use super::error::EngineError;
use super::operate::{Cause, because};
use super::unit::Unit;
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, TenantId, WorkflowId};
use crate::domain::instance::ladder::Rung;
use crate::domain::instance::{Command, Foothold, Lost, Refusal, State, carry};
use crate::store::cases::Case;
use crate::store::versions::StandingLine;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where instances are to go.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub workflow: WorkflowId,
    pub foothold: Foothold,
}

/// What became of many.
#[derive(Debug, Default)]
pub struct Moved {
    pub moved: usize,
    pub stayed: Vec<Stayed>,
}

/// One that could not move.
#[derive(Debug)]
pub struct Stayed {
    pub invoice: InvoiceId,
    /// The invoice's number.
    pub number: String,
    pub why: Obstacle,
}

/// Why an instance can't move.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl From<Obstacle> for EngineError {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Refused(refusal) => Self::Refused(refusal),
            Obstacle::Lost(lost) => Self::Lost(lost),
        }
    }
}

/// Where an instance would arrive.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub edition: Arc<Edition>,
    pub foothold: Foothold,
    /// The last stage there that counts as behind it.
    pub passed: Option<usize>,
    /// What comes next, if nothing lets it rest; `None`: no stage is left.
    pub next: Option<Rung>,
}

impl Engine {
    /// Moves one instance. A failed notice of its is recalled; the others on it are due again.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when a notice is under way or it has ended, [`EngineError::Lost`] when a person has to say where it goes
    /// on.
    pub async fn migrate(&self, tenant: TenantId, invoice: InvoiceId, to: Target, cause: &Cause) -> Result<Case, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let case = Self::one(&mut unit, invoice).await?;
        let moved = self.move_all(&mut unit, vec![case], to, cause).await?;
        if let Some(stayed) = moved.stayed.into_iter().next() {
            return Err(stayed.why.into());
        }
        let case = Self::one(&mut unit, invoice).await?;
        unit.commit().await?;
        Ok(case)
    }

    /// Moves all open instances of a customer that are not there already.
    ///
    /// # Errors
    /// When there is no such version, or the ledger fails; then none has moved.
    pub async fn migrate_customer(&self, tenant: TenantId, customer: CustomerId, to: Target, cause: &Cause) -> Result<Moved, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let open = |case: &Case| case.instance.state.stage().is_some() && case.instance.workflow != to.workflow;
        let cases = unit.tx.all_cases_of([customer]).await?.into_iter().filter(open).collect();
        let moved = self.move_all(&mut unit, cases, to, cause).await?;
        unit.commit().await?;
        Ok(moved)
    }

    /// Moves all instances of a version that have not ended, batch by batch: a process that dies meanwhile leaves the rest on the old
    /// version, and the same again goes on there.
    ///
    /// # Errors
    /// When there is no such version, or the ledger fails; what was moved by then has moved.
    pub async fn migrate_all(&self, tenant: TenantId, from: WorkflowId, to: WorkflowId, cause: &Cause) -> Result<Moved, EngineError> {
        known(&*self.tenant_with_editions(tenant).await?, from)?;
        let mut all = Moved::default();
        let mut after = InvoiceId(0);
        loop {
            let ids = self.store.instances_on(tenant, from, after, self.limits.batch).await?;
            let Some(last) = ids.last() else { return Ok(all) };
            after = *last;
            let mut unit = self.unit(tenant, cause).await?;
            let mut cases = unit.tx.cases(ids).await?;
            cases.retain(|case| case.instance.workflow == from);
            let batch = self.move_all(&mut unit, cases, Target { workflow: to, foothold: Foothold::SameKey }, cause).await?;
            unit.commit().await?;
            all.moved += batch.moved;
            all.stayed.extend(batch.stayed);
        }
    }

    /// Where an instance would arrive. Nothing is decided by it. `None` where it can't move as it stands.
    ///
    /// # Errors
    /// [`EngineError::Lost`] when a person has to say where it goes on, [`EngineError::NotFound`] when there is no such version.
    pub async fn arrival(&self, tenant: TenantId, invoice: InvoiceId, to: Target) -> Result<Option<Arrival>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let edition = known(&held, to.workflow)?;
        let Some((case, lines)) = self.movable(tenant, invoice).await? else { return Ok(None) };
        let passed = foot(&held, &case, &lines, to)??;
        Ok(Some(self.arrive(&case, &edition, to.foothold, passed)))
    }

    /// As [`Self::arrival`] in each other version that it may sensibly go over to ([`Tenant::destinations`]); where it needs a person's choice, by
    /// each of those.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn arrivals(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Vec<Arrival>, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let Some((case, lines)) = self.movable(tenant, invoice).await? else { return Ok(Vec::new()) };
        let own = known(&held, case.instance.workflow)?;
        let others = held.destinations(&own.workflow.name).into_iter().filter(|edition| edition.id != own.id);
        Ok(others.flat_map(|edition| self.arrivals_in(&held, &case, &lines, &edition)).collect())
    }

    /// An instance that may move, with its lines.
    async fn movable(&self, tenant: TenantId, invoice: InvoiceId) -> Result<Option<(Case, Vec<StandingLine>)>, EngineError> {
        let Some(case) = self.store.cases(tenant, [invoice]).await?.pop() else { return Ok(None) };
        let lines = self.store.standing_lines(tenant, [invoice]).await?;
        let movable = is_movable(&case.instance.state) && !lines.iter().any(is_under_way);
        Ok(movable.then_some((case, lines)))
    }

    fn arrivals_in(&self, held: &Tenant, case: &Case, lines: &[StandingLine], edition: &Arc<Edition>) -> Vec<Arrival> {
        let arrive = |foothold| {
            let passed = foot(held, case, lines, Target { workflow: edition.id, foothold }).ok()?.ok()?;
            Some(self.arrive(case, edition, foothold, passed))
        };
        if let Some(by_key) = arrive(Foothold::SameKey) {
            return vec![by_key];
        }
        let stages = (0..edition.workflow.stages.len()).map(Foothold::After);
        let mut chosen: Vec<_> = std::iter::once(Foothold::Beginning).chain(stages).filter_map(arrive).collect();
        chosen.dedup_by_key(|arrival| arrival.passed);
        chosen
    }

    pub(super) fn arrive(&self, case: &Case, edition: &Arc<Edition>, foothold: Foothold, passed: Option<usize>) -> Arrival {
        let next = edition.ladder().next(passed, case.instance.dispatched_on, case.due_date, self.clock.now());
        Arrival { edition: edition.clone(), foothold, passed, next }
    }

    /// Moves these cases of a unit; those that can't are told.
    async fn move_all(&self, unit: &mut Unit, cases: Vec<Case>, to: Target, cause: &Cause) -> Result<Moved, EngineError> {
        let held = unit.tenant.clone();
        let target = known(&held, to.workflow)?;
        let lines = unit.tx.standing_lines(cases.iter().map(|case| case.instance.id)).await?;
        let mut moved = Moved::default();
        let mut failed: BTreeSet<NoticeId> = BTreeSet::new();
        for mut case in cases {
            let (invoice, number) = (case.instance.id, case.number.clone());
            let own: Vec<_> = lines.iter().filter(|line| line.instance == invoice).cloned().collect();
            match one(unit, &held, &mut case, &own, to, &target, cause)? {
                Ok(()) => {
                    moved.moved += 1;
                    failed.extend(own.into_iter().filter(|line| line.state == "failed").map(|line| line.notice));
                }
                Err(why) => moved.stayed.push(Stayed { invoice, number, why }),
            }
        }
        unit.save().await?;
        for notice in failed {
            self.free_failed(unit, &notice, None, cause).await?;
        }
        Ok(moved)
    }
}

/// Moves one case, unless something stands against it.
fn one(
    unit: &mut Unit,
    held: &Tenant,
    case: &mut Case,
    lines: &[StandingLine],
    to: Target,
    target: &Edition,
    cause: &Cause,
) -> Result<Result<(), Obstacle>, EngineError> {
    let under_way = lines.iter().any(is_under_way);
    let passed = match foot(held, case, lines, to)? {
        Err(lost) if is_movable(&case.instance.state) && !under_way => return Ok(Err(lost.into())),
        passed => passed.unwrap_or(None),
    };
    let mut detail = because(cause);
    detail.insert("workflow".to_owned(), target.workflow.name.clone().into());
    detail.insert("version".to_owned(), to.workflow.0.into());
    detail.insert("from_version".to_owned(), case.instance.workflow.0.into());
    detail.insert("passed".to_owned(), target.stage_key(passed).into());
    match unit.act(case, &Command::Migrate { workflow: to.workflow, passed, under_way }, detail) {
        Ok(_) => Ok(Ok(())),
        Err(EngineError::Refused(refusal)) => Ok(Err(refusal.into())),
        Err(error) => Err(error),
    }
}

/// What would count as behind a case there.
pub(super) fn foot(held: &Tenant, case: &Case, lines: &[StandingLine], to: Target) -> Result<Result<Option<usize>, Lost>, EngineError> {
    let (from, target) = (known(held, case.instance.workflow)?, known(held, to.workflow)?);
    if let Foothold::After(stage) = to.foothold
        && stage >= target.workflow.stages.len()
    {
        return Err(EngineError::Invalid(format!("workflow version {} has no stage {stage}", to.workflow)));
    }
    let sent: Vec<_> = lines.iter().filter(|line| line.state != "failed").map(|line| line.stage_key.as_str()).collect();
    Ok(carry((&from.workflow, case.instance.passed), &target.workflow, &sent, to.foothold))
}

/// Whether it may move as far as its own state goes.
pub(super) fn is_movable(state: &State) -> bool {
    state.stage().is_some() && (state.notice().is_none() || matches!(state, State::Failed { .. }))
}

pub(super) fn is_under_way(line: &StandingLine) -> bool {
    matches!(line.state.as_str(), "proposed" | "released" | "unknown")
}

pub(super) fn known(held: &Tenant, id: WorkflowId) -> Result<Arc<Edition>, EngineError> {
    held.known(id).ok_or_else(|| EngineError::NotFound(format!("there is no workflow version {id}")))
}
