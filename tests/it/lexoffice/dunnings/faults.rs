//! Every fault in turn, on what is asked before a dunning, on the dunning itself and on its document. After recovery each invoice has one
//! dunning, the ledger says what lexoffice has, and each mail left once.

use super::stage::{Stage, ladder};
use crate::support::ledger::TestLedger;
use crate::support::world::World;
use mahnwerk::adapters::sandbox::lexoffice::{Fault, Trouble};
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::engine::operate::Resolution;
use serde_json::json;

fn troubles() -> Vec<Trouble> {
    vec![
        Trouble::TooManyRequests,
        Trouble::ServerError,
        Trouble::Unavailable,
        Trouble::Unauthorized,
        Trouble::GatewayTimeout { written: false },
        Trouble::GatewayTimeout { written: true },
        Trouble::Reset { written: false },
        Trouble::Reset { written: true },
        Trouble::Delay { ms: 300 },
        Trouble::MalformedJson,
        Trouble::Oversized { bytes: 50 << 20 },
        Trouble::Redirect { to: "http://127.0.0.1:9".to_owned() },
        Trouble::DunningLag { ms: 60_000 },
    ]
}

/// What people do about what waits for them: they look into lexoffice, and let what did not leave be sent again.
async fn looked_after(stage: &Stage) -> usize {
    let (world, cause) = (&stage.world, World::cause("it is not there"));
    let unknown = world.ledger.rows("SELECT id FROM notice WHERE state = 'unknown' ORDER BY id").await;
    for row in &unknown {
        let id = NoticeId(row.text("id").unwrap());
        world.engine.resolve(world.tenant, &id, Resolution::SendAgain, &cause).await.unwrap();
    }
    let failed = world.ledger.rows("SELECT id FROM instance WHERE state = 'failed' ORDER BY id").await;
    for row in &failed {
        let invoice = mahnwerk::domain::ids::InvoiceId(row.int("id").unwrap());
        world.engine.retry(world.tenant, invoice, &cause).await.unwrap();
    }
    unknown.len() + failed.len()
}

/// Whether a request that fails so may have been executed, as far as the one who asks can know.
fn is_doubtful(trouble: &Trouble) -> bool {
    !matches!(trouble, Trouble::TooManyRequests | Trouble::Unauthorized | Trouble::Delay { .. } | Trouble::DunningLag { .. })
}

fn is_written(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::GatewayTimeout { written: true } | Trouble::Reset { written: true } | Trouble::MalformedJson)
}

async fn survives(fault: Fault) {
    let stage = Stage::new(TestLedger::hasty().await, &ladder("email", false)).await;
    stage.office.sandbox.set_fault(fault.clone()).unwrap();
    stage.live_until("2026-03-02 09:10").await;
    assert!(stage.there().await.len() <= 2, "{fault:?}: {:?}", stage.there().await);
    stage.office.sandbox.clear_faults();
    stage.live_until("2026-03-02 11:00").await;
    let asked = looked_after(&stage).await;
    let doubtful = fault.method.as_deref() == Some("POST") && is_doubtful(&fault.act);
    if doubtful {
        assert_eq!(asked, usize::from(!is_written(&fault.act)), "{fault:?}: {:?}", stage.notices().await);
    }
    stage.live_until("2026-03-03 12:00").await;
    looked_after(&stage).await;
    stage.live_until("2026-03-04 12:00").await;
    assert_eq!(stage.there().await, ["AR1", "RE1"], "{fault:?}: {:?} {:?}", stage.here().await, stage.notices().await);
    stage.agrees().await;
    assert_eq!(stage.mails().len(), 3, "{fault:?}: {:?}", stage.notices().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_while_a_dunning_is_made() {
    for act in troubles() {
        survives(Fault { path: Some("/dunnings".to_owned()), method: Some("POST".to_owned()), times: Some(1), ..Fault::always(act) }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_while_its_document_is_fetched() {
    for act in troubles() {
        survives(Fault { path: Some("/file".to_owned()), method: Some("GET".to_owned()), times: Some(4), ..Fault::always(act) }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_while_the_invoice_is_read() {
    for act in troubles() {
        survives(Fault { path: Some("/invoices/".to_owned()), method: Some("GET".to_owned()), times: Some(4), ..Fault::always(act) }).await;
    }
}

on_both!(
    what_was_written_without_an_answer_is_found_however_late_it_shows,
    what_is_nowhere_asks_a_person_and_is_made_once_more_at_their_word,
    what_is_paid_while_it_is_looked_for_is_found_all_the_same,
    what_a_person_deleted_there_is_made_again_at_their_word,
    away_for_hours_it_goes_on
);

fn once(act: Trouble) -> Fault {
    Fault { path: Some("/dunnings".to_owned()), method: Some("POST".to_owned()), times: Some(1), ..Fault::always(act) }
}

async fn what_was_written_without_an_answer_is_found_however_late_it_shows(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.office.sandbox.set_fault(once(Trouble::GatewayTimeout { written: true })).unwrap();
    stage.office.sandbox.set_fault(once(Trouble::DunningLag { ms: 8 * 60_000 })).unwrap();
    stage.live_until("2026-03-02 09:05").await;
    assert_eq!(stage.there().await, ["AR1", "RE1"]);
    assert!(stage.here().await.iter().any(|row| row.ends_with("intended")), "{:?}", stage.here().await);
    let step = stage.world.ledger.rows("SELECT error FROM step WHERE state = 'retry'").await;
    let why = step[0].text("error").unwrap();
    assert!(why.starts_with("it is not known yet whether lexoffice made the dunning M-"), "{why}");
    stage.live_until("2026-03-02 09:20").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (2, 3), "{:?}", stage.notices().await);
    stage.agrees().await;
}

async fn what_is_nowhere_asks_a_person_and_is_made_once_more_at_their_word(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.office.sandbox.set_fault(once(Trouble::GatewayTimeout { written: false })).unwrap();
    stage.live_until("2026-03-02 12:00").await;
    let unknown: Vec<_> = stage.notices().await.into_iter().filter(|notice| notice.starts_with("unknown")).collect();
    assert!(unknown.len() == 1 && unknown[0].contains("nobody knows whether lexoffice made the dunning M-"), "{unknown:?}");
    // However long nobody says anything, nothing happens.
    stage.live_until("2026-03-04 12:00").await;
    assert_eq!(stage.there().await.len(), 1);
    assert_eq!(looked_after(&stage).await, 1);
    stage.live_until("2026-03-05 12:00").await;
    assert_eq!(stage.there().await.len(), 3, "and RE2's, which was due meanwhile");
    let here = stage.here().await;
    assert_eq!(here.iter().filter(|row| row.ends_with("made")).count(), 3, "{here:?}");
    assert_eq!(here.iter().filter(|row| row.ends_with("unknown")).count(), 1, "what was asked about stays as it was: {here:?}");
    stage.agrees().await;
}

async fn what_is_paid_while_it_is_looked_for_is_found_all_the_same(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.office.sandbox.set_fault(once(Trouble::Reset { written: true })).unwrap();
    stage.office.sandbox.set_fault(once(Trouble::DunningLag { ms: 3 * 60_000 })).unwrap();
    stage.live_until("2026-03-02 09:01").await;
    for voucher in ["RE1", "AR1"] {
        stage.office.control("pay", json!({"voucher": voucher})).await;
    }
    stage.sweep().await;
    assert_eq!((stage.tells("RE1").await.as_str(), stage.tells("AR1").await.as_str()), ("settled", "settled"));
    stage.live_until("2026-03-03 12:00").await;
    assert!(stage.here().await.iter().all(|row| row.ends_with("made")), "{:?}", stage.here().await);
    stage.agrees().await;
    assert_eq!(stage.mails().len(), 2, "the one that was in doubt did not leave: {:?}", stage.notices().await);
}

async fn what_a_person_deleted_there_is_made_again_at_their_word(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    let away = Fault { path: Some("/file".to_owned()), method: Some("GET".to_owned()), ..Fault::always(Trouble::Unavailable) };
    stage.office.sandbox.set_fault(away).unwrap();
    stage.live_until("2026-03-02 10:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (1, 1), "while it is away nothing more is asked for");
    stage.world.ledger.sql("UPDATE source_dunning SET external_id = '00000000-0000-4000-8000-000000000000'").await.unwrap();
    stage.office.sandbox.clear_faults();
    stage.live_until("2026-03-02 12:00").await;
    let failed: Vec<_> = stage.notices().await.into_iter().filter(|notice| notice.starts_with("failed")).collect();
    assert!(failed.len() == 1 && failed[0].contains("was deleted in lexoffice"), "{failed:?}");
    assert_eq!(looked_after(&stage).await, 1);
    stage.live_until("2026-03-03 12:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (3, 3), "{:?}", stage.notices().await);
    assert!(stage.here().await.iter().any(|row| row.ends_with("gone")), "{:?}", stage.here().await);
}

async fn away_for_hours_it_goes_on(ledger: TestLedger) {
    let stage = Stage::new(ledger, &ladder("email", false)).await;
    stage.office.sandbox.set_fault(Fault::always(Trouble::Unavailable)).unwrap();
    stage.live_until("2026-03-02 11:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (0, 1), "{:?}", stage.notices().await);
    stage.office.sandbox.clear_faults();
    stage.live_until("2026-03-02 13:00").await;
    assert_eq!((stage.there().await.len(), stage.mails().len()), (2, 3), "{:?}", stage.notices().await);
    stage.agrees().await;
}
