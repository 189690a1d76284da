//! Drives the engine through the years: facts at an instant first, then decisions, then the work that they set going.

use super::outside::Hands;
use super::rows::Receivable;
use crate::domain::ids::{InvoiceId, TenantId, WorkflowId};
use crate::domain::time::{Timestamp, midnight};
use crate::engine::Engine;
use crate::engine::clock::VirtualClock;
use crate::engine::intake::{Incoming, Intake};
use crate::store::intake::PaymentRecord;
use anyhow::bail;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where rehearsed facts come from.
const SOURCE: &str = "file";

/// The file's facts by the instant at which they become known.
#[derive(Debug)]
pub(super) struct Timeline {
    entries: BTreeMap<Timestamp, Vec<Receivable>>,
    /// Of the invoices that have entered: what they will be paid, and when.
    payments: BTreeMap<Timestamp, Vec<PaymentRecord>>,
    zone: Tz,
}

impl Timeline {
    /// Invoices enter on their date, those from before the span on its first day; those after it never do.
    #[must_use]
    pub(super) fn new(rows: Vec<Receivable>, zone: Tz, from: NaiveDate, to: NaiveDate) -> Self {
        let mut entries: BTreeMap<Timestamp, Vec<Receivable>> = BTreeMap::new();
        for row in rows {
            let date = row.incoming.invoice.invoice_date.max(from);
            if date < to {
                entries.entry(midnight(zone, date)).or_default().push(row);
            }
        }
        Self { entries, payments: BTreeMap::new(), zone }
    }

    fn next(&self) -> Option<Timestamp> {
        [self.entries.keys().next(), self.payments.keys().next()].into_iter().flatten().min().copied()
    }

    /// A payment is known from midnight of its date, but not before its invoice.
    fn expect_payment(&mut self, invoice: InvoiceId, row: &Receivable, entered: Timestamp) {
        let Some(paid_on) = row.paid_on else { return };
        let at = midnight(self.zone, paid_on).max(entered);
        self.payments.entry(at).or_default().push(PaymentRecord {
            invoice,
            external_id: row.incoming.invoice.external_id.clone(),
            kind: "payment",
            amount_minor: row.incoming.invoice.amount_minor,
            effective_at: midnight(self.zone, paid_on),
        });
    }
}

/// The engine with its hands and its clock.
pub(super) struct Drive<'a> {
    pub engine: Arc<Engine>,
    pub clock: Arc<VirtualClock>,
    pub tenant: TenantId,
    pub workflow: WorkflowId,
    pub until: Timestamp,
    pub hands: &'a Hands,
}

impl Drive<'_> {
    /// Runs until nothing happens any more before the end.
    ///
    /// # Errors
    /// When the ledger fails or the file says one number twice.
    pub(super) async fn run(&self, mut timeline: Timeline) -> anyhow::Result<()> {
        let mut progress = super::super::progress::Progress::start("rehearsing");
        loop {
            let planned = self.engine.next_round(self.tenant).await?;
            let Some(at) = [timeline.next(), planned].into_iter().flatten().min().filter(|at| *at < self.until) else { break };
            self.clock.advance_to(at);
            progress.reached(&at.in_zone(timeline.zone).date_naive());
            let learned = self.learn(&mut timeline, at).await?;
            if planned.is_some_and(|planned| planned <= at) || (learned && self.is_due(at).await?) {
                self.decide(at).await?;
            }
        }
        progress.finish();
        Ok(())
    }

    /// Takes in what becomes known at `at`; whether there was anything.
    async fn learn(&self, timeline: &mut Timeline, at: Timestamp) -> anyhow::Result<bool> {
        let anything = timeline.next() == Some(at);
        if let Some(rows) = timeline.entries.remove(&at) {
            let batch: Vec<Incoming> = rows.iter().map(|row| row.incoming.clone()).collect();
            let results = self.engine.take_in(self.tenant, SOURCE, self.workflow, &batch).await?;
            for (row, result) in rows.iter().zip(results) {
                match result {
                    Intake::Enrolled(invoice) => timeline.expect_payment(invoice, row, at),
                    Intake::Known(_) => {}
                    Intake::Differs { fields, .. } => {
                        bail!("invoice {} stands in the file twice, with different {}", row.incoming.invoice.number, fields.join(", "))
                    }
                }
            }
        }
        if let Some(payments) = timeline.payments.remove(&at) {
            self.engine.take_in_payments(self.tenant, SOURCE, &payments).await?;
        }
        Ok(anything)
    }

    async fn is_due(&self, at: Timestamp) -> anyhow::Result<bool> {
        Ok(self.engine.next_round(self.tenant).await?.is_some_and(|next| next <= at))
    }

    /// Rounds and their work until nothing is due any more at `at`.
    async fn decide(&self, at: Timestamp) -> anyhow::Result<()> {
        loop {
            let round = self.engine.round(self.tenant).await?;
            self.hands.carry_out(&self.engine, self.tenant, &round.ready).await?;
            if !self.is_due(at).await? {
                return Ok(());
            }
        }
    }
}
