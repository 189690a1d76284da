//! Claims that are open and not dunned, each with its reason.

use super::fake::contact;
use super::stage::Stage;
use crate::support::ledger::TestLedger;
use mahnwerk::engine::source::ports::{ClaimKind, PaymentTerm, SourceError};

on_both!(what_has_nobody_to_write_to_is_kept_with_its_reason, terms_and_dates_leave_out_and_may_change, revenue_vouchers_have_their_switch);

async fn reasons(stage: &Stage) -> Vec<String> {
    let status = stage.world.engine.source_status(stage.world.tenant).await.unwrap().unwrap();
    status.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect()
}

async fn what_has_nobody_to_write_to_is_kept_with_its_reason(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for id in ["R1", "R2", "R3", "R4"] {
        stage.fake.bill(id, id, "2026-01-02");
    }
    stage.fake.with(|books| {
        books.claims.get_mut("R1").unwrap().contact = None;
        books.contacts.get_mut("R2").unwrap().archived = true;
        books.contacts.remove("R3");
    });
    stage.in_step().await;
    assert_eq!(
        reasons(&stage).await,
        ["1 it has no contact (collective customer), so that nobody can be written to", "2 its contact is archived"]
    );
    assert_eq!(stage.tells("R2").await, "blocked reminder-1 its contact is archived");
    assert!(stage.world.ledger.store.invoices_numbered(stage.world.tenant, "R1").await.unwrap().is_empty(), "nobody owes it");
    let named = stage.world.engine.not_dunnable(stage.world.tenant).await.unwrap();
    assert_eq!(named.iter().map(|claim| claim.number.as_str()).collect::<Vec<_>>(), ["R1", "R2", "R3"]);
    stage.world.live_until("2026-01-05 10:00").await;
    assert_eq!(stage.world.outside.told(), ["2026-01-05 09:00 reminder-1 R4"]);
    // A contact is found for the one, the other comes back from the archive.
    stage.world.wait_until("2026-01-06 10:00");
    stage.fake.with(|books| {
        books.contacts.insert("X".to_owned(), contact("X"));
        books.change("R1", |claim| claim.contact = Some("X".to_owned()));
        books.contacts.get_mut("R2").unwrap().archived = false;
        books.change("R2", |_| {});
    });
    stage.in_step().await;
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-06 10:00");
    assert_eq!(stage.tells("R2").await, "waiting reminder-1 2026-01-06 10:00");
    assert_eq!(reasons(&stage).await, ["1 its contact is archived"]);
}

async fn terms_and_dates_leave_out_and_may_change(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    let terms = |settings: &mut mahnwerk::engine::source::connection::SourceSettings| {
        settings.excluded_terms = vec!["term-7".to_owned(), "LASTSCHRIFT".to_owned()];
        settings.sync_from = Some("2025-12-15".parse().unwrap());
    };
    stage.connect(terms);
    for id in ["R1", "R2", "R3", "OLD"] {
        stage.fake.bill(id, "A", if id == "OLD" { "2025-12-20" } else { "2026-01-02" });
    }
    let term = |id: Option<&str>, text: &str| Some(PaymentTerm { id: id.map(str::to_owned), text: text.to_owned() });
    stage.fake.with(|books| {
        books.claims.get_mut("R1").unwrap().term = term(Some("term-7"), "14 Tage netto");
        books.claims.get_mut("R2").unwrap().term = term(None, "Zahlbar per Lastschrift");
        books.claims.get_mut("R3").unwrap().term = term(Some("term-8"), "14 Tage netto");
    });
    stage.in_step().await;
    assert_eq!(stage.tells("R1").await, "blocked reminder-1 its payment term is excluded: 14 Tage netto");
    assert_eq!(stage.tells("R2").await, "blocked reminder-1 its payment term is excluded: Zahlbar per Lastschrift");
    assert_eq!(stage.tells("R3").await, "waiting reminder-1 2026-01-05 09:00");
    assert!(reasons(&stage).await.contains(&"1 it is dated before 2025-12-15, the first day that is synchronised".to_owned()));
    // The configuration changes while R3 is due: it is left out at once, whatever was read of it before.
    stage.connect(|settings| settings.excluded_terms = vec!["term-8".to_owned()]);
    stage.world.live_until("2026-01-05 10:00").await;
    assert_eq!(stage.world.outside.told(), [""; 0]);
    assert_eq!(stage.waits("R3").await.unwrap(), "its payment term is excluded: 14 Tage netto");
    stage.sweep().await;
    assert_eq!(stage.tells("R1").await, "waiting reminder-1 2026-01-05 10:00");
    assert_eq!(stage.tells("OLD").await, "waiting reminder-1 2026-01-05 10:00");
    assert_eq!(stage.tells("R3").await, "blocked reminder-1 its payment term is excluded: 14 Tage netto");
}

async fn revenue_vouchers_have_their_switch(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-02");
    stage.fake.bill("V1", "A", "2026-01-02");
    stage.fake.with(|books| books.claims.get_mut("V1").unwrap().kind = ClaimKind::RevenueVoucher);
    stage.in_step().await;
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM invoice").await, 1);
    stage.connect(|settings| settings.kinds.push(ClaimKind::RevenueVoucher));
    stage.sweep().await;
    assert_eq!(stage.tells("V1").await, "waiting reminder-1 2026-01-05 09:00");
    let kind = &stage.world.ledger.rows("SELECT kind FROM invoice WHERE number = 'V1'").await[0];
    assert_eq!(kind.text("kind").unwrap(), "revenue_voucher");
    stage.connect(|_| {});
    stage.sweep().await;
    assert_eq!(stage.waits("V1").await.unwrap(), "claims of the kind revenue_voucher are switched off");
    stage.world.live_until("2026-01-05 10:00").await;
    assert_eq!(stage.world.outside.told(), ["2026-01-05 09:00 reminder-1 R1"]);
}

#[tokio::test]
async fn a_claim_that_cannot_be_read_stops_nobody_else() {
    let stage = Stage::new(TestLedger::sqlite().await).await;
    for id in ["R1", "R2", "R3"] {
        stage.fake.bill(id, "A", "2026-01-02");
    }
    let broken = SourceError::Malformed { what: "`null` is no amount".to_owned(), place: "claim R1, totalGrossAmount".to_owned() };
    stage.fake.with(|books| books.failing_claim = Some(("R1".to_owned(), broken)));
    stage.in_step().await;
    assert_eq!(stage.state().await, "in_step");
    stage.world.live_until("2026-01-05 10:00").await;
    let mut told = stage.world.outside.told();
    told.sort();
    assert_eq!(told, ["2026-01-05 09:00 reminder-1 R2", "2026-01-05 09:00 reminder-1 R3"]);
    assert_eq!(stage.waits("R1").await.unwrap(), "its details are not read from fake yet");
    stage.fake.with(|books| books.failing_claim = None);
    stage.later("2026-01-05 12:30").await;
    stage.world.live_until("2026-01-05 14:00").await;
    assert_eq!(stage.world.outside.told().len(), 3);
}
