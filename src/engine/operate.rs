//! What a person may do to an instance, a customer or a notice. Each needs a reason, which the history keeps.

use super::Engine;
use super::error::EngineError;
use super::holds::Hold;
use super::unit::Unit;
use crate::domain::ids::{CustomerId, InvoiceId, NoticeId, TenantId};
use crate::domain::instance::{Command, State};
use crate::domain::pool::Pool;
use crate::domain::workflow::Channel;
use crate::store::cases::Case;
use crate::store::intake::PaymentRecord;
use crate::store::notices::NoticeOutcome;
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Who acts, and why.
#[derive(Clone, Debug)]
pub struct Cause {
    /// `user:NAME`, `token:NAME`.
    pub actor: String,
    pub reason: String,
}

/// What is paused or resumed.
#[derive(Clone, Copy, Debug)]
pub enum Scope {
    Customer(CustomerId),
    Invoice(InvoiceId),
}

/// How a person resolves a notice whose outcome nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It did arrive: the ladder goes on.
    Sent,
    /// It did not: it is sent again, under a new Message-ID.
    SendAgain,
}

pub(super) fn because(cause: &Cause) -> Map<String, Value> {
    Map::from_iter([("why".to_owned(), Value::String(cause.reason.clone()))])
}

impl Engine {
    /// A unit in which a person acts.
    pub(super) async fn unit(&self, tenant: TenantId, cause: &Cause) -> Result<Unit, EngineError> {
        let held = self.tenant_with_editions(tenant).await?;
        Unit::begin(&self.store, held, self.clock.now(), &cause.actor).await
    }

    pub(super) async fn one(unit: &mut Unit, invoice: InvoiceId) -> Result<Case, EngineError> {
        let found = unit.tx.cases([invoice]).await?.pop();
        found.ok_or_else(|| EngineError::NotFound(format!("there is no instance {invoice}")))
    }

    /// Blocks a customer or an invoice until a date (or for good); what is under way and not yet out is taken back.
    ///
    /// # Errors
    /// When the ledger fails or the date is not in the future.
    pub async fn pause(&self, tenant: TenantId, scope: Scope, until: Option<NaiveDate>, cause: &Cause) -> Result<usize, EngineError> {
        let hold = Hold { scope, kind: "pause", amount_minor: None, until, owner: None };
        Ok(self.set_hold(tenant, &hold, cause).await?.1)
    }

    /// Ends the blocks of a customer or an invoice; how many there were.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn resume(&self, tenant: TenantId, scope: Scope, cause: &Cause) -> Result<usize, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let (customer, invoice) = match scope {
            Scope::Customer(customer) => (customer, None),
            Scope::Invoice(invoice) => (Self::one(&mut unit, invoice).await?.customer, Some(invoice)),
        };
        let blocks = unit.tx.open_blocks(customer).await?;
        let ended: Vec<_> = blocks.into_iter().filter(|block| invoice.is_none() || block.invoice == invoice).collect();
        let now = unit.now;
        for block in &ended {
            unit.tx.end_block(block.id, &cause.actor, &cause.reason, now).await?;
        }
        reassess(&mut unit, scope, customer, &because(cause)).await?;
        unit.commit().await?;
        Ok(ended.len())
    }

    /// Leaves an instance's next stage out.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when a notice is under way or no stage is left.
    pub async fn skip(&self, tenant: TenantId, invoice: InvoiceId, cause: &Cause) -> Result<Case, EngineError> {
        self.command(tenant, invoice, &Command::Skip, cause).await
    }

    /// Goes on at a higher stage; those between count as passed without being sent.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when a notice is under way, or the stage is not higher or not switched on.
    pub async fn jump(&self, tenant: TenantId, invoice: InvoiceId, stage: usize, cause: &Cause) -> Result<Case, EngineError> {
        self.command(tenant, invoice, &Command::Jump { stage }, cause).await
    }

    /// Says how an instance's next notice goes; `None`: as its stage and its customer say. A failed notice is sent again that way, with
    /// all its invoices.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when a notice is under way or it has ended.
    pub async fn reroute(
        &self,
        tenant: TenantId,
        invoice: InvoiceId,
        channel: Option<Channel>,
        cause: &Cause,
    ) -> Result<Case, EngineError> {
        self.command(tenant, invoice, &Command::Reroute { channel }, cause).await
    }

    /// Withdraws a claim, or hands it over.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when it has ended already.
    pub async fn end(&self, tenant: TenantId, invoice: InvoiceId, hand_over: bool, cause: &Cause) -> Result<Case, EngineError> {
        let command = if hand_over { Command::HandOver } else { Command::Withdraw };
        self.command(tenant, invoice, &command, cause).await
    }

    async fn command(&self, tenant: TenantId, invoice: InvoiceId, command: &Command, cause: &Cause) -> Result<Case, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let mut case = Self::one(&mut unit, invoice).await?;
        let failed = if let State::Failed { notice, .. } = &case.instance.state { Some(notice.clone()) } else { None };
        let mut detail = because(cause);
        if let Command::Reroute { channel } = command {
            detail.insert("channel".to_owned(), channel.map_or("usual", Channel::word).into());
        }
        let changed = unit.act(&mut case, command, detail)?;
        if let Some(notice) = failed.filter(|_| changed) {
            self.free_failed(&mut unit, &notice, Some(invoice), cause).await?;
        }
        unit.commit().await?;
        Ok(case)
    }

    /// Books what is open as settled by hand.
    ///
    /// # Errors
    /// When nothing is open.
    pub async fn settle_by_hand(&self, tenant: TenantId, invoice: InvoiceId, cause: &Cause) -> Result<Case, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let case = Self::one(&mut unit, invoice).await?;
        if case.open_minor <= 0 {
            return Err(EngineError::Invalid(format!("nothing is open on invoice {}", case.number)));
        }
        let now = unit.now;
        let payment = PaymentRecord {
            invoice,
            external_id: format!("{}-{}", invoice.0, case.instance.seq),
            kind: "settled_by_hand",
            amount_minor: case.open_minor,
            effective_at: now,
        };
        unit.tx.insert_payments("by_hand", &[payment], now).await?;
        let mut case = Self::one(&mut unit, invoice).await?;
        unit.act(&mut case, &Command::Assess, because(cause))?;
        unit.commit().await?;
        Ok(case)
    }

    /// Sends a failed notice again, with all its invoices, as a new notice.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when the instance has not failed.
    pub async fn retry(&self, tenant: TenantId, invoice: InvoiceId, cause: &Cause) -> Result<usize, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let mut case = Self::one(&mut unit, invoice).await?;
        let State::Failed { notice, .. } = case.instance.state.clone() else {
            unit.act(&mut case, &Command::Retry, because(cause))?;
            return Ok(0);
        };
        unit.act(&mut case, &Command::Retry, because(cause))?;
        let count = 1 + self.free_failed(&mut unit, &notice, Some(invoice), cause).await?;
        unit.commit().await?;
        Ok(count)
    }

    /// Recalls a failed notice; its other failed instances are due again with it.
    pub(super) async fn free_failed(
        &self,
        unit: &mut Unit,
        notice: &NoticeId,
        done: Option<InvoiceId>,
        cause: &Cause,
    ) -> Result<usize, EngineError> {
        unit.save().await?;
        unit.tx.recall_notices(&[(notice, cause.reason.as_str())]).await?;
        let rows = unit.tx.notices(std::slice::from_ref(notice)).await?;
        let others: Vec<_> = rows.values().flat_map(|row| &row.lines).map(|line| line.instance).filter(|id| Some(*id) != done).collect();
        let mut count = 0;
        for mut case in unit.tx.cases(others).await? {
            if matches!(&case.instance.state, State::Failed { notice: own, .. } if own == notice) {
                unit.act(&mut case, &Command::Retry, because(cause))?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Resolves a notice whose outcome is unknown.
    ///
    /// # Errors
    /// When there is no such notice or its outcome is known.
    pub async fn resolve(&self, tenant: TenantId, notice: &NoticeId, resolution: Resolution, cause: &Cause) -> Result<(), EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let rows = unit.tx.notices(std::slice::from_ref(notice)).await?;
        let row = rows.get(notice).ok_or_else(|| EngineError::NotFound(format!("there is no notice {notice}")))?;
        if row.state != "unknown" {
            return Err(EngineError::Invalid(format!("notice {notice} is {}, not unknown", row.state)));
        }
        // It left when its step began, which may be days after its slot: a retry, a release outside the window.
        let steps = unit.tx.steps_of(&[notice]).await?;
        let left_at =
            steps.iter().filter_map(|(step, _)| step.started_at.filter(|_| step.pool != Pool::Print)).max().unwrap_or(row.slot_at);
        let on = unit.edition(row.workflow)?.calendar.date(left_at);
        if resolution == Resolution::SendAgain {
            unit.tx.recall_notices(&[(notice, cause.reason.as_str())]).await?;
        } else {
            let (reason, dispatched_at) = (Some(cause.reason.clone()), Some(left_at));
            unit.tx.save_outcomes(&[NoticeOutcome { id: notice.clone(), state: "sent", reason, reply: None, dispatched_at }]).await?;
        }
        let cases = unit.tx.cases(row.lines.iter().map(|line| line.instance)).await?;
        for (mut case, line) in cases.into_iter().filter_map(|case| {
            Some((row.lines.iter().find(|line| line.instance == case.instance.id)?, case)).map(|(line, case)| (case, line))
        }) {
            let command = match resolution {
                Resolution::Sent => Command::Deliver { notice: notice.clone(), stage: line.stage, on },
                Resolution::SendAgain => Command::Recall { notice: notice.clone() },
            };
            unit.act(&mut case, &command, because(cause))?;
        }
        unit.commit().await
    }

    /// Takes a notice back that has not left: a proposal, or one whose steps have not begun. Its instances are due again.
    ///
    /// # Errors
    /// When there is no such notice or it may have left already.
    pub async fn recall(&self, tenant: TenantId, notice: &NoticeId, cause: &Cause) -> Result<usize, EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let cases = self.recall_within(&mut unit, notice, &["proposed", "released"], cause).await?;
        unit.commit().await?;
        Ok(cases.len())
    }

    /// Takes a notice back that is in one of these states and has not left; its cases as they are then.
    pub(super) async fn recall_within(
        &self,
        unit: &mut Unit,
        notice: &NoticeId,
        states: &[&str],
        cause: &Cause,
    ) -> Result<Vec<Case>, EngineError> {
        let rows = unit.tx.notices(std::slice::from_ref(notice)).await?;
        let row = rows.get(notice).ok_or_else(|| EngineError::NotFound(format!("there is no notice {notice}")))?;
        let begun = unit.tx.steps_of(&[notice]).await?.iter().any(|(_, state)| matches!(state.as_str(), "started" | "done" | "unknown"));
        if begun || !states.contains(&row.state.as_str()) {
            return Err(EngineError::Invalid(format!("notice {notice} is {} and may have left: it can't be recalled", row.state)));
        }
        let mut cases = unit.tx.cases(row.lines.iter().map(|line| line.instance)).await?;
        self.take_back(unit, notice, &mut cases, cause).await?;
        Ok(cases)
    }

    async fn take_back(&self, unit: &mut Unit, notice: &NoticeId, cases: &mut [Case], cause: &Cause) -> Result<(), EngineError> {
        unit.tx.recall_notices(&[(notice, cause.reason.as_str())]).await?;
        for case in cases {
            unit.act(case, &Command::Recall { notice: notice.clone() }, because(cause))?;
        }
        unit.save().await
    }

    /// Lets a proposal go: its first step is taken up by the planner, in the sender's next slot inside the window.
    ///
    /// # Errors
    /// When there is no such proposal.
    pub async fn release(&self, tenant: TenantId, notice: &NoticeId, cause: &Cause) -> Result<(), EngineError> {
        let mut unit = self.unit(tenant, cause).await?;
        let rows = unit.tx.notices(std::slice::from_ref(notice)).await?;
        let row = rows.get(notice).ok_or_else(|| EngineError::NotFound(format!("there is no notice {notice}")))?;
        if row.state != "proposed" {
            return Err(EngineError::Invalid(format!("notice {notice} is {}, not proposed", row.state)));
        }
        let mut cases = unit.tx.cases(row.lines.iter().map(|line| line.instance)).await?;
        let amounts: BTreeMap<_, _> = row.lines.iter().map(|line| (line.instance, line.open_minor)).collect();
        let proposed = |case: &Case| matches!(&case.instance.state, State::Proposed { notice: own, .. } if own == notice);
        if !cases.iter().all(|case| proposed(case) && amounts.get(&case.instance.id) == Some(&case.dunnable_minor())) {
            self.take_back(&mut unit, notice, &mut cases, cause).await?;
            unit.commit().await?;
            return Err(EngineError::Invalid(format!(
                "what notice {notice} says has changed since it was proposed; it was recalled, a new one follows"
            )));
        }
        let now = unit.now;
        unit.tx.release_notice(notice, now).await?;
        for case in &mut cases {
            unit.act(case, &Command::Release, because(cause))?;
        }
        unit.tx.release_steps(notice, now).await?;
        unit.commit().await
    }
}

/// Lets the facts decide for what a scope covers; how many instances changed. `detail` goes into their history.
pub(super) async fn reassess(
    unit: &mut Unit,
    scope: Scope,
    customer: CustomerId,
    detail: &Map<String, Value>,
) -> Result<usize, EngineError> {
    let cases = match scope {
        Scope::Customer(_) => unit.tx.all_cases_of([customer]).await?,
        Scope::Invoice(invoice) => unit.tx.cases([invoice]).await?,
    };
    let mut changed = 0;
    for mut case in cases {
        changed += usize::from(unit.act(&mut case, &Command::Assess, detail.clone())?);
    }
    Ok(changed)
}
