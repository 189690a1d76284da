//! How long a sender's queue will take: the throttle and the hours in which it may send.

use super::Engine;
use super::error::EngineError;
use super::plan::every_seconds;
use crate::domain::compose::Sender;
use crate::domain::ids::TenantId;

/// Days that are looked at to know how much of a day is open: holidays and weekends weigh as they come.
const DAYS: u64 = 28;

impl Engine {
    /// The seconds of real time that `waiting` messages before a sender will take, in the hours of the workflows that wait there.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn backlog_seconds(&self, tenant: TenantId, sender: Sender, waiting: i64) -> Result<i64, EngineError> {
        let held = self.tenant(tenant)?;
        let sending = waiting.saturating_mul(i64::from(every_seconds(&held, sender)));
        if sending == 0 {
            return Ok(0);
        }
        held.refresh_if_empty(&self.store).await?;
        let (workflows, _) = self.store.queue_of(tenant, sender).await?;
        let now = self.clock.now();
        // Of several windows the widest: while one is open, its messages are sent.
        let open = workflows.iter().filter_map(|id| held.known(*id)).map(|edition| {
            let days = edition.calendar.date(now).iter_days().take(usize::try_from(DAYS).unwrap_or(0));
            days.filter_map(|date| edition.calendar.window(date)).map(|(start, end)| (end.0 - start.0) / 1000).sum::<i64>()
        });
        let open = open.max().unwrap_or(0).max(1);
        let span = i64::try_from(DAYS).unwrap_or(28) * 86_400;
        Ok(i64::try_from(i128::from(sending) * i128::from(span) / i128::from(open)).unwrap_or(i64::MAX))
    }
}
