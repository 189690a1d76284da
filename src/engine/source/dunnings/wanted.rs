//! Which lines of a notice have a dunning of their source, what it says, and by what it is known again.

use super::ports::Dunnings;
use crate::domain::chain::digest;
use crate::domain::ids::{InvoiceId, NoticeId};
use crate::domain::notice::{Kind, Notice};
use crate::domain::workflow::StageKind;
use crate::engine::edition::Tenant;
use crate::engine::ports::Effects;
use crate::engine::snapshot::{Snapshot, compose_job};
use crate::engine::source::ports::ClaimKey;
use crate::engine::source::words::claim_key;
use crate::engine::{Engine, EngineError};
use crate::store::notices::NoticeRow;
use crate::store::source_dunnings::{DunningRecord, DunningState};
use std::collections::BTreeMap;

/// Crockford's digits: none looks like another.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A line of a notice of which the source makes a dunning.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) invoice: InvoiceId,
    pub(super) claim: ClaimKey,
    pub(super) claim_kind: String,
    pub(super) stage: usize,
    pub(super) stage_key: String,
    pub(super) payment_days: u32,
    /// Which dunning of its workflow it is, from 1, and of how many.
    pub(super) number: usize,
    pub(super) of: usize,
    /// The notice as if it were about this line alone.
    pub(super) notice: Notice,
}

impl Wanted {
    pub(super) fn open_minor(&self) -> i64 {
        self.notice.open_minor()
    }

    /// Of the claim's dunnings, those of this stage.
    pub(super) fn of_stage<'r>(&self, rows: &'r [DunningRecord]) -> impl DoubleEndedIterator<Item = &'r DunningRecord> + use<'r> {
        let stage = self.stage;
        rows.iter().filter(move |row| row.stage == stage)
    }

    /// The dunning that is there already and still says what is right: the same amounts, and at least half of the time to pay. What the
    /// letter of the notice `printed` was printed with stays.
    pub(super) fn served_by<'r>(&self, rows: &'r [DunningRecord], printed: Option<&NoticeId>) -> Option<&'r DunningRecord> {
        let right = |row: &&DunningRecord| {
            let printed = printed == Some(&row.notice);
            let left = (row.pay_by - self.notice.date).num_days();
            let same = row.open_minor == self.open_minor() && row.fee_minor == self.notice.fee_minor;
            row.state == DunningState::Made && (printed || (same && left * 2 >= i64::from(self.payment_days)))
        };
        self.of_stage(rows).rev().find(right)
    }

    /// The token of the next one that is made: the same for the same claim, stage and amounts, and another one after each that was made.
    pub(super) fn token(&self, tenant: &str, rows: &[DunningRecord]) -> String {
        let before = self.of_stage(rows).filter(|row| row.state != DunningState::NotMade).count();
        let (claim, stage, open, fee) = (&self.claim.id, &self.stage_key, self.open_minor(), self.notice.fee_minor);
        let content = format!("mahnwerk.dunning.1\0{tenant}\0{claim}\0{stage}\0{open}\0{fee}\0{before}");
        let bits = digest(content.as_bytes()).iter().take(5).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let digit = |place: u32| char::from(DIGITS[usize::try_from(bits >> (5 * place) & 31).unwrap_or(0)]);
        format!("M-{}", (0..8).rev().map(digit).collect::<String>())
    }
}

impl Engine {
    /// The lines of the snapshot's notice of which `dunnings` makes dunnings.
    pub(super) async fn wanted_dunnings(
        &self,
        held: &Tenant,
        source: &str,
        dunnings: &dyn Dunnings,
        snapshot: &Snapshot,
        effects: &dyn Effects,
    ) -> Result<Vec<Wanted>, EngineError> {
        let notice = &snapshot.notice;
        let mut stages = Vec::new();
        for (line, case) in notice.lines.iter().filter_map(|line| {
            let case = snapshot.cases.iter().find(|case| case.instance.id == line.instance)?;
            Some((line, case))
        }) {
            if held.known(case.instance.workflow).is_none() {
                held.refresh(&self.store).await?;
            }
            let Some(edition) = held.known(case.instance.workflow) else { continue };
            let all = &edition.workflow.stages;
            let dunning = |stage: &&crate::domain::workflow::Stage| stage.kind == StageKind::Dunning;
            let Some(stage) = all.get(line.stage).filter(dunning) else { continue };
            let (number, of) = (all.iter().take(line.stage + 1).filter(dunning).count(), all.iter().filter(dunning).count());
            stages.push((line, stage.clone(), number, of));
        }
        if stages.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = stages.iter().map(|(line, ..)| line.instance).collect();
        let claims = self.store.claims_of(held.settings.id, &ids).await?;
        let claims: BTreeMap<_, _> = claims.iter().filter(|claim| claim.source == source).map(|claim| (claim.invoice, claim)).collect();
        let fees = self.fees_of(held, notice, &ids).await?;
        let whole = compose_job(held, snapshot, |template, wanted| effects.language(held.settings.id, template, wanted))?.notice;
        let mut wanted = Vec::with_capacity(stages.len());
        for (line, stage, number, of) in stages {
            let Some(record) = claims.get(&Some(line.instance)) else { continue };
            let claim = claim_key(record);
            if !dunnings.makes(&claim.kind, notice.currency) {
                continue;
            }
            let asked = if notice.language.is_empty() { &held.settings.language } else { &notice.language };
            wanted.push(Wanted {
                invoice: line.instance,
                claim_kind: record.kind.clone(),
                claim,
                stage: line.stage,
                stage_key: line.stage_key.clone(),
                payment_days: stage.payment_days,
                number,
                of,
                notice: Notice {
                    language: effects.language(held.settings.id, &stage.template, asked),
                    stage: line.stage_key.clone(),
                    kind: Kind::Dunning,
                    template: stage.template.clone(),
                    lines: whole.lines.iter().filter(|own| own.invoice == line.number).take(1).cloned().collect(),
                    fee_minor: fees.get(&line.instance).copied().unwrap_or(0),
                    ..whole.clone()
                },
            });
        }
        Ok(wanted)
    }

    /// What was charged for dunning each of these invoices of the notice, the notice included.
    async fn fees_of(&self, held: &Tenant, notice: &NoticeRow, invoices: &[InvoiceId]) -> Result<BTreeMap<InvoiceId, i64>, EngineError> {
        match (notice.fee_minor, notice.lines.len(), invoices) {
            (0, ..) => Ok(BTreeMap::new()),
            (fee, 1, [invoice]) => Ok(BTreeMap::from([(*invoice, fee)])),
            _ => Ok(self.store.begin_tenant(held.settings.id).await?.fees_so_far(invoices.iter().copied()).await?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::domain::notice::{Creditor, Line, Recipient};
    use crate::domain::time::Timestamp;
    use crate::engine::source::ports::ClaimKind;

    fn wanted(open_minor: i64, date: &str) -> Wanted {
        let day = |text: &str| text.parse().unwrap();
        let line = Line {
            invoice: "RE1".to_owned(),
            stage: "dunning-1".to_owned(),
            invoice_date: day("2026-01-01"),
            due_date: day("2026-01-15"),
            amount_minor: 20_000,
            open_minor,
            days_overdue: 30,
        };
        Wanted {
            invoice: InvoiceId(1),
            claim: ClaimKey { kind: ClaimKind::Invoice, id: "c".to_owned() },
            claim_kind: "invoice".to_owned(),
            stage: 2,
            stage_key: "dunning-1".to_owned(),
            payment_days: 7,
            number: 1,
            of: 1,
            notice: Notice {
                id: NoticeId("n".to_owned()),
                language: "de".to_owned(),
                stage: "dunning-1".to_owned(),
                kind: Kind::Dunning,
                template: "dunning-1".to_owned(),
                date: day(date),
                pay_by: day(date) + chrono::Days::new(7),
                currency: Currency::EUR,
                lines: vec![line],
                fee_minor: 250,
                creditor: Creditor::default(),
                recipient: Recipient::default(),
                test: false,
            },
        }
    }

    fn made(state: DunningState, pay_by: &str) -> DunningRecord {
        DunningRecord {
            id: 9,
            source: "lexoffice".to_owned(),
            claim_id: "c".to_owned(),
            claim_kind: "invoice".to_owned(),
            instance: InvoiceId(1),
            stage: 2,
            stage_key: "dunning-1".to_owned(),
            token: String::new(),
            state,
            notice: NoticeId("n".to_owned()),
            open_minor: 10_000,
            fee_minor: 250,
            dated: "2026-02-02".parse().unwrap(),
            pay_by: pay_by.parse().unwrap(),
            external_id: None,
            document: None,
            intended_at: Timestamp(0),
            lease_until: Timestamp(0),
            looks: 0,
            next_at: Timestamp(0),
            error: None,
        }
    }

    #[test]
    fn a_token_is_the_same_until_one_was_made() {
        let (not_made, there) = (made(DunningState::NotMade, "2026-02-09"), made(DunningState::Made, "2026-02-09"));
        let first = wanted(10_000, "2026-02-02").token("a", &[]);
        assert_eq!(first.len(), 10, "{first}");
        assert_eq!(first, wanted(10_000, "2026-02-05").token("a", std::slice::from_ref(&not_made)));
        for other in [
            wanted(9_000, "2026-02-02").token("a", &[]),
            wanted(10_000, "2026-02-02").token("b", &[]),
            wanted(10_000, "2026-02-02").token("a", &[there]),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn what_is_there_serves_while_its_amounts_are_right_and_its_deadline_is_not_near() {
        let notice = NoticeId("n".to_owned());
        let serves = |open, date: &str, state, pay_by: &str, printed: bool| {
            wanted(open, date).served_by(&[made(state, pay_by)], printed.then_some(&notice)).is_some()
        };
        assert!(serves(10_000, "2026-02-05", DunningState::Made, "2026-02-09", false));
        assert!(!serves(10_000, "2026-02-06", DunningState::Made, "2026-02-09", false), "three days of seven");
        assert!(!serves(9_999, "2026-02-05", DunningState::Made, "2026-02-09", false));
        assert!(!serves(10_000, "2026-02-05", DunningState::Intended, "2026-02-09", false));
        assert!(serves(10_000, "2026-02-08", DunningState::Made, "2026-02-09", true), "the letter is printed with it");
    }
}
