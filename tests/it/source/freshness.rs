//! No notice leaves on old payment data, or for what was paid before it left.

use super::stage::Stage;
use crate::support::ledger::TestLedger;
use crate::support::world::{shared, single};
use mahnwerk::engine::source::ports::{ClaimStatus, SourceError};

on_both!(
    paid_between_issue_and_start_is_not_sent,
    what_was_asked_a_moment_ago_is_not_asked_again,
    an_unreachable_source_keeps_old_data_back_and_all_goes_on_when_it_is_back,
    young_data_may_go_without_the_source,
    a_begun_notice_waits_for_the_source_with_its_reason,
    of_a_shared_notice_only_what_is_paid_drops_out,
    a_source_that_is_off_or_gone_lets_nothing_old_leave,
    a_document_that_travels_along_is_fetched_when_it_leaves,
);

fn down() -> SourceError {
    SourceError::Unreachable { why: "connection refused".to_owned() }
}

async fn paid_between_issue_and_start_is_not_sent(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for id in ["R1", "R2", "R3"] {
        stage.fake.bill(id, id, "2026-01-02");
    }
    stage.later("2026-01-05 08:55").await;
    stage.world.wait_until("2026-01-05 09:00");
    let ready = stage.world.round().await;
    assert_eq!(ready.len(), 3);
    // The source knows it, the ledger does not yet.
    stage.fake.with(|books| {
        books.pay("R1", 10_000);
        books.pay("R2", 4_000);
    });
    stage.world.perform(&ready).await;
    let mut told: Vec<_> = stage.world.outside.acts().iter().flat_map(|act| act.lines.clone()).collect();
    told.sort();
    assert_eq!(told, [("R2".to_owned(), 6_000), ("R3".to_owned(), 10_000)]);
    assert_eq!(stage.tells("R1").await, "settled");
    assert_eq!(stage.booked("R1").await, ["payment 10000"]);
    stage.again().await;
    assert_eq!(stage.booked("R1").await, ["payment 10000"]);
    stage.world.verified().await;
}

async fn what_was_asked_a_moment_ago_is_not_asked_again(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-02");
    stage.later("2026-01-05 09:00").await;
    stage.fake.asked();
    let ready = stage.world.round().await;
    stage.world.perform(&ready).await;
    assert_eq!((stage.world.outside.told().len(), stage.fake.asked()), (1, vec![]));
}

async fn an_unreachable_source_keeps_old_data_back_and_all_goes_on_when_it_is_back(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    for id in ["R1", "R2", "R3"] {
        stage.fake.bill(id, id, "2026-01-05");
    }
    stage.in_step().await;
    stage.later("2026-01-06 12:30").await;
    stage.fake.with(|books| books.failing = Some(down()));
    stage.later("2026-01-06 13:00").await;
    assert_eq!(stage.state().await, "unreachable");
    // Due on the 8th at nine, while what is known is from the 6th.
    stage.world.live_until("2026-01-08 12:00").await;
    assert_eq!(stage.world.outside.told(), [""; 0]);
    assert_eq!(stage.world.ledger.number("SELECT COUNT(*) AS n FROM notice").await, 0, "nothing is put onto a notice that can't leave");
    let why = stage.waits("R1").await.unwrap();
    assert!(why.contains("fake is unreachable since 2026-01-06 13:00: it can't be reached: connection refused"), "{why}");
    assert!(why.starts_with("what is paid of it was last asked on 2026-01-06 12:"), "{why}");
    stage.fake.with(|books| {
        books.pay("R2", 10_000);
        books.failing = None;
    });
    stage.in_step().await;
    assert_eq!(stage.state().await, "in_step");
    assert_eq!((stage.waits("R1").await, stage.tells("R2").await), (None, "settled".to_owned()));
    stage.world.live_until("2026-01-08 13:00").await;
    let acts = stage.world.outside.acts();
    let told: Vec<_> = acts.iter().map(|act| act.lines[0].0.as_str()).collect();
    assert_eq!(told, ["R1", "R3"]);
    assert!(acts[0].at != acts[1].at, "they go on one after the other");
    stage.world.verified().await;
}

async fn young_data_may_go_without_the_source(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-02");
    stage.in_step().await;
    stage.fake.with(|books| books.failing = Some(down()));
    stage.world.live_until("2026-01-05 12:00").await;
    assert_eq!(stage.world.outside.told(), ["2026-01-05 09:00 reminder-1 R1"], "nine hours old");
    assert_eq!(stage.fake.asked().last().unwrap(), "payment R1", "it was tried");
}

async fn a_begun_notice_waits_for_the_source_with_its_reason(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-05");
    stage.in_step().await;
    stage.later("2026-01-07 08:00").await;
    // In step by its own account, when the notice is planned; the source goes right after that, and for more than a day.
    stage.connect(|settings| settings.max_data_age_ms = 30 * 60_000);
    stage.world.wait_until("2026-01-08 09:00");
    let ready = stage.world.round().await;
    assert_eq!(ready.len(), 1);
    stage.fake.with(|books| books.failing = Some(down()));
    stage.world.perform(&ready).await;
    assert_eq!(stage.world.outside.told(), [""; 0]);
    let step = &stage.world.ledger.rows("SELECT state, error, attempt FROM step").await[0];
    assert_eq!((step.text("state").unwrap(), step.int("attempt").unwrap()), ("retry".to_owned(), 1));
    assert!(step.text("error").unwrap().starts_with("what is paid of it was last asked on 2026-01-07 08:00"));
    assert!(stage.waits("R1").await.is_none(), "the loop has not noticed yet");
    stage.in_step().await;
    assert!(stage.waits("R1").await.unwrap().contains("fake is unreachable"));
    stage.world.live_until("2026-01-08 10:00").await;
    assert_eq!(stage.world.outside.told(), [""; 0]);
    stage.fake.with(|books| books.failing = None);
    stage.world.live_until("2026-01-08 10:30").await;
    let told = stage.world.outside.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("2026-01-08 10:") && told[0].ends_with("reminder-1 R1"), "{told:?}");
}

async fn of_a_shared_notice_only_what_is_paid_drops_out(ledger: TestLedger) {
    let stage = Stage::under(ledger, &shared()).await;
    for id in ["R1", "R2", "R3"] {
        stage.fake.bill(id, "A", "2026-01-02");
    }
    stage.in_step().await;
    stage.world.wait_until("2026-01-05 09:00");
    let ready = stage.world.round().await;
    assert_eq!(ready.len(), 1);
    stage.fake.with(|books| {
        books.pay("R2", 10_000);
        books.change("R3", |claim| claim.status = ClaimStatus::Draft);
    });
    stage.fake.asked();
    stage.world.perform(&ready).await;
    assert_eq!(stage.world.outside.told(), ["2026-01-05 09:00 reminder-1 R1"]);
    assert_eq!(stage.fake.asked(), ["payment R1", "payment R2", "payment R3"]);
    assert_eq!(stage.tells("R3").await, "blocked reminder-1 it is a draft again in fake");
}

async fn a_source_that_is_off_or_gone_lets_nothing_old_leave(ledger: TestLedger) {
    let stage = Stage::new(ledger).await;
    stage.fake.bill("R1", "A", "2026-01-05");
    stage.in_step().await;
    stage.connect(|settings| settings.sync = false);
    stage.world.live_until("2026-01-08 12:00").await;
    assert_eq!(stage.world.outside.told(), [""; 0]);
    assert!(stage.waits("R1").await.unwrap().ends_with("the synchronisation with fake is off"));
    // The next process has no word of it in its configuration.
    let fake = stage.fake.clone();
    let (workflow, world) = (stage.workflow, stage.world.reopened(0).await);
    let stage = Stage { world, fake, workflow };
    stage.world.live_until("2026-01-08 13:00").await;
    assert_eq!(stage.world.outside.told(), [""; 0]);
    assert!(stage.waits("R1").await.unwrap().ends_with("fake is not configured any more"));
    stage.connect(|_| {});
    stage.in_step().await;
    stage.world.live_until("2026-01-08 13:30").await;
    assert_eq!(stage.world.outside.told().len(), 1);
}

async fn a_document_that_travels_along_is_fetched_when_it_leaves(ledger: TestLedger) {
    let ladder = single().replace("after_days = 3\n", "after_days = 3\nattach_invoice = true\n");
    let stage = Stage::under(ledger, &ladder).await;
    stage.fake.bill("R1", "A", "2026-01-02");
    stage.fake.bill("R2", "B", "2026-01-30");
    stage.in_step().await;
    stage.world.live_until("2026-01-05 10:00").await;
    assert_eq!(stage.world.outside.told(), ["2026-01-05 09:00 reminder-1 R1"]);
    let asked = stage.fake.asked();
    assert_eq!(asked.iter().filter(|call| call.starts_with("document")).collect::<Vec<_>>(), ["document R1"]);
    let kept = "SELECT COUNT(*) AS n FROM invoice v JOIN document d ON d.tenant_id = v.tenant_id AND d.hash = v.document_hash";
    assert_eq!(stage.world.ledger.number(kept).await, 1);
}
