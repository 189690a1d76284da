//! The planner: one round at an instant finds everything that is due and sets it going. Takes no input but the time.
//!
//! Facts come before decisions: blocks that ran out are lifted first. Then what workers left behind, then the due
//! instances: without a throttle onto a notice at once, with one into the sender's queue; then the queues' heads. At last
//! whoever waits for a place of the tenant gets those that are free.

use super::Engine;
use super::agenda::Due;
use super::edition::Tenant;
use super::error::EngineError;
use super::issue::{Draft, Issued, Ready, issue};
use super::places::{fill, seat, seat_due};
use super::rejoin::rejoin;
use super::snapshot::Snapshot;
use super::source::freshness::{held_back, let_wait};
use super::sweep::Left;
use super::throttle::pool_of;
use super::unit::Unit;
use crate::domain::compose::{Route, Sender};
use crate::domain::ids::{CustomerId, InvoiceId, TenantId};
use crate::domain::instance::State;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Automation;
use crate::store::Store;
use crate::store::cases::Case;
use crate::store::slots::Slot;
use crate::store::statement::Dialect;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a round did.
#[derive(Debug, Default)]
pub struct Round {
    /// Steps to be rung.
    pub ready: Vec<Ready>,
    /// How many cases were due.
    pub due: usize,
    /// There may be more to do at the same instant.
    pub more: bool,
    /// Nothing may be issued or sent until a person lifts the fence, switches sending on or chooses for the backlog; not even what
    /// workers left behind is touched.
    pub shut: bool,
}

/// Whose cases share a notice: a customer's of one currency, those that leave by themselves apart from those that are reviewed.
type Group = (CustomerId, Currency, bool);

impl Engine {
    /// One round for a tenant at `now`.
    ///
    /// # Errors
    /// When the ledger fails; then nothing of the round stands.
    pub async fn round(&self, tenant: TenantId) -> Result<Round, EngineError> {
        self.round_at(tenant, self.clock.now()).await
    }

    /// One round by a clock that was looked at before: nobody can set it in between.
    pub(super) async fn round_at(&self, tenant: TenantId, now: Timestamp) -> Result<Round, EngineError> {
        let tenant = self.tenant(tenant)?;
        tenant.refresh(&self.store).await?;
        let Due { ids: due, more } = self.agenda.next(&self.store, tenant.settings.id, now, self.limits.batch).await?;
        let ahead = Ahead::read(&self.store, tenant.settings.id, &due).await?;
        let mut unit = Unit::begin(&self.store, tenant.clone(), now, "system").await?;
        if unit.tx.is_shut() {
            unit.commit_keeping_facts().await?;
            return Ok(Round { shut: true, ..Round::default() });
        }
        let mut round = Round { due: due.len(), more, ..Round::default() };
        self.lift_blocks(&mut unit).await?;
        round.ready.extend(self.sweep(&mut unit, Left::InTheOrdinaryCourse).await?);
        let due = still_due(&mut unit, &due, ahead).await?;
        let drafts = plan_due(&mut unit, due, round.more).await?;
        let (mut direct, queued): (Vec<_>, Vec<_>) = drafts.into_iter().partition(|draft| throttle(&tenant, draft.route).is_none());
        enqueue(&mut unit, queued).await?;
        unit.save().await?;
        for sender in Sender::ALL {
            if let Some(draft) = next_of_queue(&mut unit, sender).await? {
                direct.push(draft);
            }
        }
        let issued = if direct.is_empty() { Vec::new() } else { issue(&mut unit, direct).await? };
        round.ready.extend(issued.iter().filter_map(Issued::ready));
        if !round.more {
            fill(&mut unit).await?;
        }
        let facts_seq = unit.commit_keeping_facts().await?;
        let snapshot = |Issued { step, notice, cases }| Some(Snapshot { step: step?, notice, cases, facts_seq: Some(facts_seq), at: now });
        self.hand.put(tenant.settings.id, issued.into_iter().filter_map(snapshot).collect(), now);
        Ok(round)
    }

    /// When the next round for a tenant is needed; `None` if nothing is planned.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn next_round(&self, tenant: TenantId) -> Result<Option<Timestamp>, EngineError> {
        let held = self.tenant(tenant)?;
        let timer = self.store.next_timer(tenant, self.limits.patience_ms).await?;
        if timer.off {
            return Ok(None);
        }
        let mut at = timer.at;
        if timer.place_queue > 0 && held.settings.max_active.is_none_or(|max| timer.places < i64::from(max)) {
            let now = self.clock.now();
            at = Some(at.map_or(now, |at| at.min(now)));
        }
        // Also before a sender without a throttle: it may have had one when they went to stand there.
        for sender in Sender::ALL.into_iter().filter(|_| timer.queued) {
            let every = every_seconds(&held, sender);
            if every > 0 && self.store.on_its_way(tenant, pool_of(sender)).await? {
                continue;
            }
            let (workflows, last) = self.store.queue_of(tenant, sender).await?;
            for workflow in workflows {
                let Some(edition) = held.known(workflow) else { continue };
                let slot = edition.calendar.next_slot(last, every, self.clock.now());
                at = Some(at.map_or(slot, |at| at.min(slot)));
            }
        }
        Ok(at)
    }

    async fn lift_blocks(&self, unit: &mut Unit) -> Result<(), EngineError> {
        let customers = unit.tx.run_out_blocks(unit.now).await?;
        if customers.is_empty() {
            return Ok(());
        }
        unit.facts_moved = true;
        for mut case in unit.tx.all_cases_of(customers).await? {
            unit.assess(&mut case)?;
        }
        unit.save().await
    }
}

/// Due cases that were read before the round's transaction, while workers may write.
struct Ahead {
    changes: u64,
    cases: Vec<Case>,
}

impl Ahead {
    /// Only on an embedded ledger: a shared one has other processes, who queue and postpone unseen.
    async fn read(store: &Store, tenant: TenantId, due: &[InvoiceId]) -> Result<Option<Self>, EngineError> {
        if due.is_empty() || store.dialect() != Dialect::Sqlite {
            return Ok(None);
        }
        // The number first: what changes afterwards shows.
        let Some(changes) = store.changes(tenant) else { return Ok(None) };
        Ok(Some(Self { changes, cases: store.cases(tenant, due.iter().copied()).await? }))
    }
}

/// The cases of these instances that are due and stand in no queue, in the same order. As they were read ahead, if nobody may have
/// changed one since then and the round has done nothing yet.
async fn still_due(unit: &mut Unit, ids: &[InvoiceId], ahead: Option<Ahead>) -> Result<Vec<Case>, EngineError> {
    let holds = |ahead: &Ahead| ahead.changes == unit.tx.changes() && unit.is_untouched();
    let cases = match ahead.filter(holds) {
        Some(ahead) => ahead.cases,
        None => unit.tx.cases(ids.iter().copied()).await?,
    };
    let mut cases: BTreeMap<_, _> = cases.into_iter().map(|case| (case.instance.id, case)).collect();
    let due = |case: &Case| matches!(case.instance.state, State::Waiting { wake_at, .. } if wake_at <= unit.now) && case.slot.is_none();
    Ok(ids.iter().filter_map(|id| cases.remove(id)).filter(due).collect())
}

/// The sender and its throttle, where the way has one.
fn throttle(tenant: &Tenant, route: Route) -> Option<(Sender, u32)> {
    let sender = route.sender()?;
    let every = every_seconds(tenant, sender);
    (every > 0).then_some((sender, every))
}

pub(super) fn every_seconds(tenant: &Tenant, sender: Sender) -> u32 {
    match sender {
        Sender::Mail => tenant.settings.mail_every_seconds,
        Sender::Post => tenant.settings.post_every_seconds,
    }
}

/// Turns due cases into drafts; those whose window is closed now, whose customer had its notice today or whose payments are not known
/// well enough wait on.
async fn plan_due(unit: &mut Unit, mut due: Vec<Case>, more: bool) -> Result<Vec<Draft>, EngineError> {
    let held = held_of(unit, &mut due).await?;
    let_wait(unit, &held).await?;
    let mut later = Vec::new();
    let mut open = Vec::new();
    for mut case in due {
        if !unit.assess(&mut case)? || rejoin(unit, &mut case).await? {
            continue;
        }
        let edition = unit.edition(case.instance.workflow)?;
        let opens = edition.calendar.next_open(unit.now);
        if opens > unit.now {
            later.push((case.instance.id, opens));
        } else {
            open.push(case);
        }
    }
    unit.tx.postpone(&later).await?;
    let mut single = Vec::new();
    let mut shared = Vec::new();
    let seated = seat_due(unit, open, more)?;
    // Whoever took a place is written before he is put off or into a queue: what is written later takes him out of it again.
    unit.save().await?;
    for case in seated {
        let consolidates = unit.edition(case.instance.workflow)?.workflow.rules.consolidate;
        if consolidates { &mut shared } else { &mut single }.push(case);
    }
    let mut drafts = Vec::new();
    for case in single {
        drafts.extend(Draft::compose(unit, vec![case])?);
    }
    drafts.extend(share(unit, shared).await?);
    Ok(drafts)
}

/// Takes those out that must not go onto a notice now.
async fn held_of(unit: &mut Unit, cases: &mut Vec<Case>) -> Result<BTreeSet<InvoiceId>, EngineError> {
    let ids: Vec<_> = cases.iter().map(|case| case.instance.id).collect();
    let held = held_back(unit, &ids).await?;
    cases.retain(|case| !held.contains(&case.instance.id));
    Ok(held)
}

/// Lets every waiting case of the same customers whose date has come join; one draft per group.
async fn share(unit: &mut Unit, due: Vec<Case>) -> Result<Vec<Draft>, EngineError> {
    let Some(first) = due.first() else { return Ok(Vec::new()) };
    // One date for the round: tenants whose workflows lie in several zones keep the first's.
    let (today, instants) = unit.edition(first.instance.workflow)?.calendar.day(unit.now);
    let customers: BTreeSet<_> = due.iter().map(|case| case.customer).collect();
    let noticed = unit.tx.noticed_on(customers.iter().copied(), today, instants).await?;
    let mut wanted: Vec<Group> = Vec::new();
    let mut later = Vec::new();
    for case in &due {
        let group = group(unit, case)?;
        if noticed.contains(&(case.customer, case.currency)) {
            later.push((case.instance.id, tomorrow(unit, case)?));
        } else if !wanted.contains(&group) {
            wanted.push(group);
        }
    }
    unit.tx.postpone(&later).await?;
    let mut groups = members(unit, customers, today).await?;
    let mut drafts = Vec::new();
    for group in wanted {
        if let Some(cases) = groups.remove(&group) {
            drafts.extend(Draft::compose(unit, cases)?);
        }
    }
    Ok(drafts)
}

fn group(unit: &mut Unit, case: &Case) -> Result<Group, EngineError> {
    let edition = unit.edition(case.instance.workflow)?;
    let stage = case.instance.state.stage().and_then(|stage| edition.workflow.stages.get(stage));
    let reviewed = stage.is_some_and(|stage| stage.automation < Automation::Dispatch);
    Ok((case.customer, case.currency, reviewed))
}

/// The waiting cases of these customers whose stage date is on or before `today`, by group.
async fn members(
    unit: &mut Unit,
    customers: impl IntoIterator<Item = CustomerId>,
    today: chrono::NaiveDate,
) -> Result<BTreeMap<Group, Vec<Case>>, EngineError> {
    let mut groups: BTreeMap<Group, Vec<Case>> = BTreeMap::new();
    // What was decided so far is read back here: a case must not be decided from two copies.
    unit.save().await?;
    let mut waiting = unit.tx.waiting_of(customers, today).await?;
    held_of(unit, &mut waiting).await?;
    for mut case in waiting {
        let consolidates = unit.edition(case.instance.workflow)?.workflow.rules.consolidate;
        if consolidates && unit.assess(&mut case)? && !rejoin(unit, &mut case).await? && seat(unit, &mut case)? {
            groups.entry(group(unit, &case)?).or_default().push(case);
        }
    }
    Ok(groups)
}

/// The first open instant of the day after the unit's.
fn tomorrow(unit: &mut Unit, case: &Case) -> Result<Timestamp, EngineError> {
    let calendar = &unit.edition(case.instance.workflow)?.calendar;
    let next_day = calendar.date(unit.now).succ_opt().unwrap_or(chrono::NaiveDate::MAX);
    Ok(calendar.departure(next_day, None, unit.now))
}

/// Appends drafts to their senders' queues; a group that stands there already takes its new cases in.
async fn enqueue(unit: &mut Unit, mut drafts: Vec<Draft>) -> Result<(), EngineError> {
    if drafts.is_empty() {
        return Ok(());
    }
    // As in `plan_due`, of those who share a notice.
    unit.save().await?;
    // By its dates alone: after a downtime all of them are due at this instant, whenever each would have woken.
    drafts.sort_by_cached_key(Draft::slot_key);
    let customers: BTreeSet<_> = drafts.iter().flat_map(|draft| draft.cases.first()).map(|case| case.customer).collect();
    let mut standing = BTreeMap::new();
    for slot in unit.tx.slots_of(customers).await? {
        // Who wants a notice for each invoice shares no place.
        if !unit.edition(slot.workflow)?.workflow.rules.consolidate {
            continue;
        }
        standing.entry((slot.customer, slot.currency, slot.sender)).or_insert(slot.seq);
    }
    let mut slots = Vec::new();
    let mut places: Vec<(InvoiceId, i64)> = Vec::new();
    for draft in drafts {
        let (Some(first), Some(sender)) = (draft.cases.first(), draft.route.sender()) else { continue };
        let shared = draft.edition.workflow.rules.consolidate;
        let known = if shared { standing.get(&(first.customer, first.currency, sender)).copied() } else { None };
        let seq = known.unwrap_or_else(|| unit.tx.take_ids(1));
        places.extend(draft.cases.iter().map(|case| (case.instance.id, seq)));
        if known.is_none() {
            let (workflow, customer, currency) = (draft.edition.id, first.customer, first.currency);
            slots.push(Slot { seq, sender, workflow, customer, currency, due_at: draft.due_at() });
        }
    }
    unit.tx.insert_slots(&slots).await?;
    Ok(unit.tx.queue_instances(&places).await?)
}

/// The notice that takes the sender's slot now, if the slot and a window are open and someone waits.
async fn next_of_queue(unit: &mut Unit, sender: Sender) -> Result<Option<Draft>, EngineError> {
    let tenant: Arc<Tenant> = unit.tenant.clone();
    let every = every_seconds(&tenant, sender);
    let mut open = Vec::new();
    for id in unit.tx.queued_workflows(sender).await? {
        if unit.edition(id)?.calendar.is_open(unit.now) {
            open.push(id);
        }
    }
    if open.is_empty() {
        return Ok(None);
    }
    let free_at = unit.tx.last_slot(sender).await?.map(|last| last.plus_seconds(i64::from(every)));
    // One at a time: when it leaves is known once it has left (`throttle`).
    if free_at.is_some_and(|at| unit.now < at) || (every > 0 && unit.tx.on_its_way(pool_of(sender)).await?) {
        return Ok(None);
    }
    loop {
        let heads = unit.tx.queue_heads(sender, &open, 1).await?;
        let Some(head) = heads.first() else { return Ok(None) };
        let draft = compose_head(unit, head).await?;
        unit.tx.delete_slots(&[head.seq]).await?;
        if let Some(draft) = draft {
            let now = unit.now;
            if draft.route.sender().is_some() {
                unit.tx.set_last_slot(sender, now).await?;
            }
            return Ok(Some(draft));
        }
    }
}

/// What the head of a queue leaves with now: facts are read again, and what became due meanwhile joins.
async fn compose_head(unit: &mut Unit, head: &Slot) -> Result<Option<Draft>, EngineError> {
    let (mut alive, mut standing) = (Vec::new(), unit.tx.cases_at_slots([head.seq]).await?);
    let held = held_of(unit, &mut standing).await?;
    let_wait(unit, &held).await?;
    for mut case in standing {
        if unit.assess(&mut case)? && !rejoin(unit, &mut case).await? {
            alive.push(case);
        }
    }
    let Some(first) = alive.first() else { return Ok(None) };
    let edition = unit.edition(first.instance.workflow)?;
    if !edition.workflow.rules.consolidate {
        alive.truncate(1);
        return Draft::compose(unit, alive);
    }
    let (today, instants) = edition.calendar.day(unit.now);
    let group = group(unit, first)?;
    if unit.tx.noticed_on([head.customer], today, instants).await?.contains(&(head.customer, head.currency)) {
        let at = tomorrow(unit, first)?;
        let later: Vec<_> = alive.iter().map(|case| (case.instance.id, at)).collect();
        unit.tx.postpone(&later).await?;
        return Ok(None);
    }
    let cases = members(unit, [head.customer], today).await?.remove(&group).unwrap_or_default();
    Draft::compose(unit, cases)
}

/// Composes what is left of a recalled notice anew, in its slot: its own cases, and whatever may join.
pub(super) async fn compose_rest(unit: &mut Unit, rest: Vec<Case>) -> Result<Vec<Draft>, EngineError> {
    let mut drafts = Vec::new();
    let mut groups_done: Vec<Group> = Vec::new();
    for case in rest {
        let State::Waiting { wake_at, .. } = case.instance.state else { continue };
        if wake_at > unit.now {
            continue;
        }
        let edition = unit.edition(case.instance.workflow)?;
        if !edition.workflow.rules.consolidate {
            drafts.extend(Draft::compose(unit, vec![case])?);
            continue;
        }
        let group = group(unit, &case)?;
        if groups_done.contains(&group) {
            continue;
        }
        let today = edition.calendar.date(unit.now);
        let cases = members(unit, [case.customer], today).await?.remove(&group).unwrap_or_default();
        drafts.extend(Draft::compose(unit, cases)?);
        groups_done.push(group);
    }
    Ok(drafts)
}
