//! How each thing that may happen is done to the engine, and what people know once it was acknowledged.

use super::known::{Bill, End};
use super::ladders::{consolidates, ladder};
use super::op::Op;
use super::scene::{Process, Scene};
use crate::support::ledger::berlin;
use crate::support::world::{SOURCE, because, bill_over};
use chrono::Days;
use mahnwerk::domain::backlog::Choice;
use mahnwerk::domain::ids::{InvoiceId, NoticeId};
use mahnwerk::domain::instance::Foothold;
use mahnwerk::domain::time::{Timestamp, midnight};
use mahnwerk::domain::workflow::Channel;
use mahnwerk::engine::EngineError;
use mahnwerk::engine::clock::Clock;
use mahnwerk::engine::intake::{Incoming, Intake};
use mahnwerk::engine::migrate::Target;
use mahnwerk::engine::operate::{Resolution, Scope};
use mahnwerk::store::intake::PaymentRecord;
use std::sync::Arc;

const ZONE: chrono_tz::Tz = chrono_tz::Europe::Berlin;

/// Whether the ledger failed, as against a refusal that is an answer.
fn failed(error: &EngineError) -> bool {
    matches!(error, EngineError::Store(_))
}

impl Scene {
    /// Lets it happen, again until it is done should the process die over it.
    pub(crate) async fn happen(self: &Arc<Self>, op: &Op) {
        let now = self.clock.now();
        match op {
            Op::Live { minutes } => self.live_until(now.plus_seconds(minutes * 60)).await,
            Op::Until(civil) => self.live_until(berlin(&civil.replace('T', " "))).await,
            Op::Leap { minutes } => self.clock.set(now.plus_seconds(minutes * 60)),
            Op::Outside(weather) => self.outside.will(*weather),
            Op::Bell(trick) => self.queue.will(*trick),
            Op::Crash => self.crash().await,
            Op::Strike { points, mode } => self.faults.arm_in(*points, *mode),
            Op::During { place, op } => self.outside.meanwhile(*place, (**op).clone()),
            _ => self.insist(op).await,
        }
    }

    /// Does what people do until it is done.
    pub(crate) async fn insist(self: &Arc<Self>, op: &Op) {
        while self.attempt(&self.process(), op).await.is_err() {
            self.get_over().await;
        }
    }

    /// Tries it once. A refusal is an answer like any other.
    ///
    /// # Errors
    /// When the ledger failed: nobody knows whether it was done.
    pub(crate) async fn attempt(&self, process: &Process, op: &Op) -> Result<(), EngineError> {
        let done = self.try_once(process, op).await;
        match done {
            Err(error) if !failed(&error) => Ok(()),
            other => other,
        }
    }

    async fn try_once(&self, process: &Process, op: &Op) -> Result<(), EngineError> {
        match op {
            Op::Publish(words) => {
                let id = process.engine.publish(self.tenant, &ladder(words)).await?;
                *self.current.lock().unwrap() = (Some(id), words.clone());
                Ok(())
            }
            Op::Import { number, customer, amount, due_in } => self.import(process, number, customer, *amount, *due_in).await,
            Op::Reimport { number, amount } => self.reimport(process, number, *amount).await,
            Op::Pay { number, amount } => self.pay(process, number, *amount).await,
            Op::Debit { number, amount } => self.pay(process, number, -amount).await,
            Op::Pause { whom, days } => self.pause(process, whom, *days).await,
            Op::Resume { whom } => self.resume(process, whom).await,
            Op::Sending { on } => self.sending(process, *on).await,
            Op::Choose => self.choose(process).await,
            Op::Address { customer, address } => self.address(process, customer, address).await,
            Op::Round => self.round(process).await,
            Op::Release => self.release(process).await,
            Op::Attend => self.attend(process).await,
            Op::Skip { number }
            | Op::Migrate { number }
            | Op::Reroute { number, .. }
            | Op::Withdraw { number }
            | Op::HandOver { number }
            | Op::SettleByHand { number }
            | Op::Cancel { number }
            | Op::Retry { number }
            | Op::Recall { number } => self.command(process, op, number).await,
            _ => Ok(()),
        }
    }

    fn bill(&self, number: &str) -> Option<Bill> {
        self.known.lock().unwrap().bills.get(number).cloned()
    }

    fn edit(&self, number: &str, change: impl FnOnce(&mut Bill)) {
        if let Some(bill) = self.known.lock().unwrap().bills.get_mut(number) {
            change(bill);
        }
    }

    async fn import(&self, process: &Process, number: &str, customer: &str, amount: i64, due_in: i64) -> Result<(), EngineError> {
        let (Some(workflow), words) = self.current.lock().unwrap().clone() else { return Ok(()) };
        if self.bill(number).is_some() {
            return Ok(());
        }
        let due = self.clock.now().date_in(ZONE) + chrono::Duration::days(due_in);
        let bill = incoming(number, customer, amount, due);
        let results = process.engine.take_in(self.tenant, SOURCE, workflow, &[bill]).await?;
        let (Intake::Enrolled(id) | Intake::Known(id) | Intake::Differs { invoice: id, .. }) = results[0];
        let (consolidated, customer) = (consolidates(&words), customer.to_owned());
        let bill =
            Bill { id: id.0, customer, amount, paid: 0, due, end: None, cancelled: false, skips: 0, consolidated, alone: !consolidated };
        self.known.lock().unwrap().bills.insert(number.to_owned(), bill);
        Ok(())
    }

    async fn reimport(&self, process: &Process, number: &str, amount: i64) -> Result<(), EngineError> {
        let (Some(workflow), _) = self.current.lock().unwrap().clone() else { return Ok(()) };
        let Some(bill) = self.bill(number) else { return Ok(()) };
        let mut again = incoming(number, &bill.customer, amount, bill.due);
        again.customer.name.push_str(" & Söhne");
        let results = process.engine.take_in(self.tenant, SOURCE, workflow, &[again]).await?;
        let expected =
            if amount == bill.amount { matches!(results[0], Intake::Known(_)) } else { matches!(results[0], Intake::Differs { .. }) };
        if !expected {
            self.outside.complain(format!("{number} came again over {amount} instead of {}: {:?}", bill.amount, results[0]));
        }
        Ok(())
    }

    async fn pay(&self, process: &Process, number: &str, amount: i64) -> Result<(), EngineError> {
        let Some(bill) = self.bill(number) else { return Ok(()) };
        let external_id = format!("p{}", self.known.lock().unwrap().payments);
        let kind = if amount < 0 { "return_debit" } else { "payment" };
        let payment =
            PaymentRecord { invoice: InvoiceId(bill.id), external_id, kind, amount_minor: amount, effective_at: self.clock.now() };
        process.engine.take_in_payments(self.tenant, SOURCE, &[payment]).await?;
        self.known.lock().unwrap().payments += 1;
        self.edit(number, |bill| bill.paid += amount);
        Ok(())
    }

    fn scope(&self, whom: &str) -> Option<Scope> {
        let known = self.known.lock().unwrap();
        known.bills.get(whom).map(|bill| Scope::Invoice(InvoiceId(bill.id)))
    }

    async fn scope_of(&self, process: &Process, whom: &str) -> Result<Option<Scope>, EngineError> {
        if let Some(scope) = self.scope(whom) {
            return Ok(Some(scope));
        }
        Ok(process.engine.store.customer_numbered(self.tenant, whom).await?.map(Scope::Customer))
    }

    async fn pause(&self, process: &Process, whom: &str, days: Option<i64>) -> Result<(), EngineError> {
        let Some(scope) = self.scope_of(process, whom).await? else { return Ok(()) };
        let until = days.map(|days| self.clock.now().date_in(ZONE) + Days::new(days.unsigned_abs().max(1)));
        process.engine.pause(self.tenant, scope, until, &because("they asked")).await?;
        self.known.lock().unwrap().pause(whom, until.map(|date| midnight(ZONE, date)));
        Ok(())
    }

    async fn resume(&self, process: &Process, whom: &str) -> Result<(), EngineError> {
        let Some(scope) = self.scope_of(process, whom).await? else { return Ok(()) };
        process.engine.resume(self.tenant, scope, &because("go on")).await?;
        self.known.lock().unwrap().resume(whom);
        Ok(())
    }

    /// Before it is switched on, not after: whether it was done nobody knows until it is acknowledged.
    async fn sending(&self, process: &Process, on: bool) -> Result<(), EngineError> {
        if on {
            self.known.lock().unwrap().off = None;
        }
        process.engine.switch_sending(self.tenant, on, &because("so decided")).await?;
        if !on {
            let begun = self.place.started().await.into_iter().collect();
            self.known.lock().unwrap().off.get_or_insert(begun);
        }
        Ok(())
    }

    /// Done as often as it takes: whoever is asked again has what has begun by then behind him.
    async fn choose(&self, process: &Process) -> Result<(), EngineError> {
        let was_off = self.known.lock().unwrap().off.is_some();
        let (engine, tenant, cause) = (&process.engine, self.tenant, because("so decided"));
        self.sending(process, false).await?;
        engine.ask_backlog(tenant, &cause).await?;
        engine.backlog_previewed(tenant, Choice::All).await?;
        engine.confirm_backlog(tenant, Choice::All, &cause).await?;
        if was_off { Ok(()) } else { self.sending(process, true).await }
    }

    async fn address(&self, process: &Process, customer: &str, address: &str) -> Result<(), EngineError> {
        let Some(id) = process.engine.store.customer_numbered(self.tenant, customer).await? else { return Ok(()) };
        process.engine.give_address(self.tenant, id, address, &because("on the phone")).await.map(drop)
    }

    async fn command(&self, process: &Process, op: &Op, number: &str) -> Result<(), EngineError> {
        let Some(bill) = self.bill(number) else { return Ok(()) };
        let (engine, tenant, invoice, cause) = (&process.engine, self.tenant, InvoiceId(bill.id), because("so decided"));
        match op {
            Op::Skip { .. } => self.skip(process, number, invoice).await?,
            Op::Migrate { .. } => {
                let (Some(workflow), words) = self.current.lock().unwrap().clone() else { return Ok(()) };
                // Before it is known to be done: who was in both may have had two notices on one day.
                self.edit(number, |bill| {
                    bill.consolidated &= consolidates(&words);
                    bill.alone &= !consolidates(&words);
                });
                engine.migrate(tenant, invoice, Target { workflow, foothold: Foothold::SameKey }, &cause).await?;
            }
            Op::Reroute { post, .. } => drop(engine.reroute(tenant, invoice, post.then_some(Channel::Post), &cause).await?),
            Op::Withdraw { .. } | Op::HandOver { .. } => {
                let hand_over = matches!(op, Op::HandOver { .. });
                let ended = engine.end(tenant, invoice, hand_over, &cause).await;
                if ended.as_ref().is_err_and(failed) {
                    return ended.map(drop);
                }
                let end = if hand_over { End::HandedOver } else { End::Withdrawn };
                self.edit(number, |bill| bill.end = bill.end.or(Some(end)));
            }
            Op::SettleByHand { .. } => {
                let settled = engine.settle_by_hand(tenant, invoice, &cause).await;
                if settled.as_ref().is_err_and(failed) {
                    return settled.map(drop);
                }
                self.edit(number, |bill| bill.paid = bill.paid.max(bill.amount));
            }
            Op::Cancel { .. } => {
                let mut tx = engine.store.begin_tenant(tenant).await?;
                tx.cancel_invoice(invoice, self.clock.now()).await?;
                tx.commit().await?;
                self.edit(number, |bill| bill.cancelled = true);
            }
            Op::Retry { .. } => drop(engine.retry(tenant, invoice, &cause).await?),
            Op::Recall { .. } => {
                for notice in self.notices_in("released").await {
                    if notice.lines.contains(&bill.id) {
                        engine.recall(tenant, &NoticeId(notice.id), &cause).await?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A person who does not know whether it was done looks at the instance first.
    async fn skip(&self, process: &Process, number: &str, invoice: InvoiceId) -> Result<(), EngineError> {
        let before = self.place.sequence(invoice.0).await;
        let skipped = process.engine.skip(self.tenant, invoice, &because("left out")).await;
        if self.place.sequence(invoice.0).await > before {
            self.edit(number, |bill| bill.skips += 1);
            return Ok(());
        }
        skipped.map(drop)
    }

    async fn release(&self, process: &Process) -> Result<(), EngineError> {
        for notice in self.notices_in("proposed").await {
            self.known.lock().unwrap().by_hand.insert(notice.id.clone());
            let released = process.engine.release(self.tenant, &NoticeId(notice.id), &because("fine")).await;
            if released.as_ref().is_err_and(failed) {
                return released;
            }
        }
        Ok(())
    }

    /// A person releases proposals, sends failed notices again, and asks the server about those that nobody knows of.
    async fn attend(&self, process: &Process) -> Result<(), EngineError> {
        self.release(process).await?;
        for notice in self.notices_in("failed").await {
            for invoice in notice.lines {
                let retried = process.engine.retry(self.tenant, InvoiceId(invoice), &because("again")).await;
                if retried.as_ref().is_err_and(failed) {
                    return retried.map(drop);
                }
            }
        }
        self.resolve_unknown(process).await
    }

    async fn resolve_unknown(&self, process: &Process) -> Result<(), EngineError> {
        for notice in self.notices_in("unknown").await {
            self.judge_unknown(&notice.id);
            let resolution = if self.outside.has(&notice.id) { Resolution::Sent } else { Resolution::SendAgain };
            let resolved = process.engine.resolve(self.tenant, &NoticeId(notice.id), resolution, &because("the server's log")).await;
            if resolved.as_ref().is_err_and(failed) {
                return resolved;
            }
        }
        Ok(())
    }

    /// A person looks after what nobody knows, and does it again should the process die over it.
    pub(crate) async fn look_after_unknown(self: &Arc<Self>) {
        while self.resolve_unknown(&self.process()).await.is_err() {
            self.get_over().await;
        }
    }

    /// `unknown` is only what truly can't be known: the answer was lost, or the process died in between.
    pub(crate) fn judge_unknown(&self, notice: &str) {
        if !self.outside.lost_the_answer_of(notice) && !self.in_the_air.lock().unwrap().contains(notice) {
            self.outside.complain(format!("notice {notice} is unknown, though it could be known"));
        }
    }
}

fn incoming(number: &str, customer: &str, amount: i64, due: chrono::NaiveDate) -> Incoming {
    let mut bill = bill_over(amount, number, customer, &due.to_string());
    let kind = customer.chars().next().unwrap_or('K');
    if matches!(kind, 'P' | 'N') {
        bill.customer.email.clear();
    }
    if matches!(kind, 'M' | 'N') {
        bill.customer.street.clear();
        bill.customer.city.clear();
    }
    bill
}

/// The instant, as people read it.
pub(crate) fn told(at: Timestamp) -> String {
    at.in_zone(ZONE).format("%Y-%m-%d %H:%M:%S").to_string()
}
