//! The backlog: nothing leaves until the owner has seen and made a choice; then everything starts where it says.

use crate::support::ledger::TestLedger;
use crate::support::world::{SOURCE, World, bill, single};
use mahnwerk::domain::backlog::Choice;
use mahnwerk::domain::ids::{InvoiceId, WorkflowId};
use mahnwerk::engine::EngineError;
use mahnwerk::engine::gate::Chosen;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::unit::OWN;

on_both! {
    all_start_at_the_first_stage,
    by_age_at_the_stage_that_fits,
    older_than_a_date_rests_and_may_be_resumed,
    only_what_was_seen_may_be_confirmed,
    who_is_at_work_is_not_asked,
    what_comes_in_later_falls_under_the_choice,
    a_switch_that_is_off_stays_off,
}

/// One of yesterday, one of a fortnight, one of three weeks, one of last year.
async fn asked(world: &World) -> (WorkflowId, Vec<InvoiceId>) {
    world.wait_until("2026-01-20 08:00");
    let workflow = world.publish(&single()).await;
    assert!(world.engine.ask_backlog(world.tenant, &World::cause("connected")).await.expect("asked"));
    assert!(!world.engine.ask_backlog(world.tenant, &World::cause("again")).await.expect("asked"), "it waits already");
    let dues = ["2026-01-19", "2026-01-06", "2025-12-29", "2025-06-01"];
    let bills: Vec<_> = dues.iter().enumerate().map(|(n, due)| bill(&format!("R{n}"), &format!("K{n}"), due)).collect();
    let ids = world.enrol(workflow, &bills).await;
    assert_eq!(world.engine.next_round(world.tenant).await.expect("a plan"), None);
    world.wait_until("2026-01-20 10:00");
    assert!(world.round().await.is_empty());
    (workflow, ids)
}

async fn confirm(world: &World, choice: Choice) -> Chosen {
    let outlook = world.engine.backlog_outlooks(world.tenant, &[choice]).await.expect("read").remove(0);
    world.engine.backlog_previewed(world.tenant, choice).await.expect("seen");
    let chosen = world.engine.confirm_backlog(world.tenant, choice, &World::cause("as agreed")).await.expect("confirmed");
    assert_eq!((outlook.choice, outlook.chosen), (choice, chosen), "what was shown is what is done");
    chosen
}

async fn all_start_at_the_first_stage(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, ids) = asked(&world).await;
    assert_eq!(confirm(&world, Choice::All).await, Chosen { looked_at: 4, advanced: 0, resting: 0 });
    world.live_until("2026-01-20 10:00").await;
    let told = ["R1", "R2", "R3"].map(|number| format!("2026-01-20 10:00 reminder-1 {number}"));
    let mut left = world.outside.told();
    left.sort();
    assert_eq!(left, told);
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-22 09:00");
    let own = world.ledger.store.transitions_of(world.tenant, OWN).await.expect("read");
    assert_eq!(own.iter().map(|entry| entry.transition.to.as_str()).collect::<Vec<_>>(), ["asked", "all"]);
    world.verified().await;
}

async fn by_age_at_the_stage_that_fits(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, ids) = asked(&world).await;
    let outlook = world.engine.backlog_outlooks(world.tenant, &[Choice::ByAge]).await.expect("read").remove(0);
    let starts: Vec<_> =
        outlook.starts.iter().map(|begins| (begins.stage.as_deref().unwrap_or("rests"), begins.ages, begins.due)).collect();
    assert_eq!(starts, [("reminder-1", [0, 1, 0, 0, 0], 0), ("reminder-2", [0, 1, 0, 0, 0], 1), ("dunning-1", [0, 1, 0, 0, 1], 2)]);
    let first: Vec<_> = outlook.first.iter().map(|opening| format!("{} {}", opening.stage, opening.number)).collect();
    assert_eq!(first, ["dunning-1 R3", "dunning-1 R2", "reminder-2 R1", "reminder-1 R0"], "by the earliest instant, then by due date");
    assert_eq!(confirm(&world, Choice::ByAge).await, Chosen { looked_at: 4, advanced: 3, resting: 0 });
    assert_eq!(world.tells(ids[1]).await, "waiting reminder-2 2026-01-20 10:00", "ten days after the due date");
    world.live_until("2026-01-20 10:00").await;
    let mut left = world.outside.told();
    left.sort();
    assert_eq!(left, ["2026-01-20 10:00 dunning-1 R2", "2026-01-20 10:00 dunning-1 R3", "2026-01-20 10:00 reminder-2 R1"]);
    let fees: Vec<_> = world.outside.acts().iter().map(|act| act.fee_minor).filter(|fee| *fee > 0).collect();
    assert_eq!(fees, [250, 250], "each its own, none for what was left out");
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-1 2026-01-22 09:00", "too young for any");
    assert_eq!(world.tells(ids[3]).await, "exhausted");
    world.verified().await;
}

async fn older_than_a_date_rests_and_may_be_resumed(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (_, ids) = asked(&world).await;
    let from = Choice::From("2025-12-20".parse().unwrap());
    // Invoices are dated a fortnight before they are due.
    assert_eq!(confirm(&world, from).await, Chosen { looked_at: 4, advanced: 0, resting: 2 });
    let reason = "dated before 2025-12-20, where the backlog that is dunned begins";
    assert_eq!(world.tells(ids[3]).await, format!("blocked reminder-1 {reason}"));
    world.live_until("2026-01-20 10:00").await;
    assert_eq!(world.outside.told(), ["2026-01-20 10:00 reminder-1 R1"]);
    world.engine.resume(world.tenant, Scope::Invoice(ids[3]), &World::cause("this one all the same")).await.expect("resumed");
    world.live_until("2026-01-20 11:00").await;
    assert_eq!(world.outside.told().last().unwrap(), "2026-01-20 10:00 reminder-1 R3");
    world.pay(ids[2], "p1", 10_000).await;
    assert_eq!(world.tells(ids[2]).await, "settled", "a payment is a fact, whoever rests");
}

async fn only_what_was_seen_may_be_confirmed(ledger: TestLedger) {
    let world = World::new(ledger).await;
    asked(&world).await;
    let cause = World::cause("in a hurry");
    let unseen = world.engine.confirm_backlog(world.tenant, Choice::All, &cause).await;
    assert!(
        matches!(&unseen, Err(EngineError::Invalid(why)) if why.contains("backlog preview --tenant muster --choice \"all\"")),
        "{unseen:?}"
    );
    world.engine.backlog_previewed(world.tenant, Choice::ByAge).await.expect("seen");
    assert!(world.engine.confirm_backlog(world.tenant, Choice::All, &cause).await.is_err(), "another one was seen");
    let on = world.engine.switch_sending(world.tenant, true, &cause).await;
    assert!(matches!(&on, Err(EngineError::Invalid(why)) if why.contains("backlog preview")), "{on:?}");
    world.live_until("2026-01-25 00:00").await;
    assert_eq!(world.outside.acts(), []);
    world.engine.confirm_backlog(world.tenant, Choice::ByAge, &cause).await.expect("confirmed");
    let twice = world.engine.confirm_backlog(world.tenant, Choice::ByAge, &cause).await;
    assert!(matches!(&twice, Err(EngineError::Invalid(why)) if why.contains("no backlog that waits")), "{twice:?}");
}

async fn who_is_at_work_is_not_asked(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-02")]).await;
    world.live_until("2026-01-05 09:00").await;
    let cause = World::cause("a second source");
    let refused = world.engine.ask_backlog(world.tenant, &cause).await;
    assert!(matches!(&refused, Err(EngineError::Invalid(why)) if why.contains("at work already")), "{refused:?}");
    world.engine.switch_sending(world.tenant, false, &cause).await.expect("off");
    assert!(world.engine.ask_backlog(world.tenant, &cause).await.expect("asked"));
    world.wait_until("2026-03-01 00:00");
    assert_eq!(confirm(&world, Choice::ByAge).await.looked_at, 0, "what has begun is no backlog");
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-01-12 10:30");
}

async fn what_comes_in_later_falls_under_the_choice(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let (workflow, _) = asked(&world).await;
    confirm(&world, Choice::ByAge).await;
    let late = world.enrol(workflow, &[bill("L1", "L", "2025-06-01"), bill("L2", "L", "2026-01-20")]).await;
    assert_eq!(world.tells(late[0]).await, "waiting dunning-1 2026-01-20 10:00", "the first synchronisation was not over");
    assert_eq!(world.tells(late[1]).await, "waiting reminder-1 2026-01-23 09:00");
    world.wait_until("2026-03-20 10:00");
    let later = world.enrol(workflow, &[bill("L3", "L", "2026-01-21")]).await;
    assert_eq!(world.tells(later[0]).await, "waiting reminder-1 2026-03-20 10:00", "it was no backlog on the day of the choice");

    let other = World::new(if world.ledger.dialect() == mahnwerk::store::statement::Dialect::Sqlite {
        TestLedger::sqlite().await
    } else {
        TestLedger::postgres().await
    })
    .await;
    let (workflow, _) = asked(&other).await;
    confirm(&other, Choice::From("2026-01-01".parse().unwrap())).await;
    let late = other.enrol(workflow, &[bill("L1", "L", "2025-06-01")]).await;
    assert!(other.tells(late[0]).await.starts_with("blocked reminder-1 dated before 2026-01-01"));
    let again = other.engine.take_in(other.tenant, SOURCE, workflow, &[bill("L1", "L", "2025-06-01")]).await.expect("taken in");
    assert_eq!(again, [mahnwerk::engine::intake::Intake::Known(late[0])]);
    other.engine.resume(other.tenant, Scope::Invoice(late[0]), &World::cause("yes")).await.expect("its block is a real one");
    assert_eq!(other.tells(late[0]).await, "waiting reminder-1 2026-01-20 10:00");
    other.verified().await;
}

async fn a_switch_that_is_off_stays_off(ledger: TestLedger) {
    let world = World::new(ledger).await;
    asked(&world).await;
    world.engine.switch_sending(world.tenant, false, &World::cause("not before Monday")).await.expect("off");
    confirm(&world, Choice::All).await;
    world.live_until("2026-01-23 00:00").await;
    assert_eq!(world.outside.acts(), []);
    world.engine.switch_sending(world.tenant, true, &World::cause("it is Monday")).await.expect("on");
    world.wait_until("2026-01-23 10:00");
    world.live_until("2026-01-23 10:00").await;
    assert_eq!(world.outside.acts().len(), 4);
}
