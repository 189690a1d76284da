//! What a move of all instances of a version onto another one would do, for whoever has to say whether. Nothing is decided by it; the move
//! itself is [`Engine::migrate_all`].

use super::Engine;
use super::error::EngineError;
use super::migrate::{Target, foot, is_movable, is_under_way, known};
use crate::domain::ids::{InvoiceId, TenantId, WorkflowId};
use crate::domain::instance::{Foothold, Lost, State};
use std::collections::BTreeMap;

/// Of those that would stay, so many are named.
pub const NAMED: usize = 20;

/// What would become of all instances of a version that have not ended.
#[derive(Clone, Debug, Default)]
pub struct Moving {
    /// Those that would move.
    pub moves: usize,
    /// What would be next for them there, in the order of its ladder; last those for which no stage is left.
    pub next: Vec<Next>,
    /// Those that would stay.
    pub stays: usize,
    /// The first of them.
    pub named: Vec<Stays>,
}

/// How many would go on with a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// `None`: no stage is left.
    pub stage: Option<String>,
    pub count: usize,
    /// Those of them whose stage would be due at once.
    pub due: usize,
}

/// One that would stay.
#[derive(Clone, Debug)]
pub struct Stays {
    pub invoice: InvoiceId,
    pub number: String,
    /// A person has to say where it goes on; `None`: a notice is under way.
    pub lost: Option<Lost>,
}

impl Engine {
    /// What [`Self::migrate_all`] would do now.
    ///
    /// # Errors
    /// When there is no such version, or the ledger fails.
    pub async fn moving(&self, tenant: TenantId, from: WorkflowId, to: WorkflowId) -> Result<Moving, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        let (_, edition) = (known(&held, from)?, known(&held, to)?);
        let target = Target { workflow: to, foothold: Foothold::SameKey };
        let today = edition.calendar.date(self.clock.now());
        let (mut moving, mut next) = (Moving::default(), BTreeMap::new());
        let mut after = InvoiceId(0);
        loop {
            let ids = self.store.instances_on(tenant, from, after, self.limits.batch).await?;
            let Some(last) = ids.last() else { break };
            after = *last;
            let lines = self.store.standing_lines(tenant, ids.iter().copied()).await?;
            for case in self.store.cases(tenant, ids).await? {
                let own: Vec<_> = lines.iter().filter(|line| line.instance == case.instance.id).cloned().collect();
                let is_free = is_movable(&case.instance.state) && !own.iter().any(is_under_way);
                let lost = match foot(&held, &case, &own, target)? {
                    Ok(passed) if is_free => {
                        let rung = self.arrive(&case, &edition, target.foothold, passed).next;
                        let rests = matches!(case.instance.state, State::Blocked { .. });
                        let (count, due) = next.entry(rung.as_ref().map_or(usize::MAX, |rung| rung.stage)).or_insert((0, 0));
                        *count += 1;
                        *due += usize::from(!rests && rung.is_some_and(|rung| rung.stage_date <= today));
                        moving.moves += 1;
                        continue;
                    }
                    Err(lost) if is_free => Some(lost),
                    _ => None,
                };
                moving.stays += 1;
                if moving.named.len() < NAMED {
                    moving.named.push(Stays { invoice: case.instance.id, number: case.number, lost });
                }
            }
        }
        let stage = |place: usize| edition.workflow.stages.get(place).map(|stage| stage.key.clone());
        moving.next = next.into_iter().map(|(place, (count, due))| Next { stage: stage(place), count, due }).collect();
        Ok(moving)
    }
}
