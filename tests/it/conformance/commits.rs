//! The group commit: what many workers hand over at once is written together, and each gets its own answer.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, shared, single};
use mahnwerk::domain::pool::Pool;
use mahnwerk::engine::ports::Outcome;

on_both!(
    a_burst_is_sent_once_each,
    mixed_outcomes_of_one_batch_do_not_touch_each_other,
    letters_are_printed_then_posted,
    both_ways_the_letter_goes_first,
    a_mail_that_fails_becomes_a_letter,
    the_whole_ladder_is_climbed,
    downtime_costs_no_more_than_one_stage
);

async fn a_burst_is_sent_once_each(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let bills: Vec<_> = (0..600).map(|number| bill(&format!("R{number:03}"), &format!("K{}", number % 300), "2026-01-09")).collect();
    world.enrol(workflow, &bills).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.rounds().await;
    assert_eq!(ready.len(), 300);
    futures::future::join_all(ready.chunks(40).map(|part| world.perform(part))).await;
    let mut lines: Vec<_> = world.outside.acts().into_iter().flat_map(|act| act.lines).map(|(number, _)| number).collect();
    lines.sort();
    lines.dedup();
    assert_eq!((lines.len(), world.outside.acts().len()), (600, 300));
    assert_eq!(world.ledger.store.busy_steps(world.tenant).await.unwrap(), 0);
    assert_eq!(world.verified().await, 1_800);
    let sent = world.ledger.number("SELECT COUNT(*) AS n FROM notice WHERE state = 'sent' AND mail_hash IS NOT NULL").await;
    assert_eq!(sent, 300);
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM document").await, 300);
}

async fn mixed_outcomes_of_one_batch_do_not_touch_each_other(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &["R1", "R2", "R3", "R4"].map(|number| bill(number, number, "2026-01-09"))).await;
    world.outside.will([
        Outcome::Done { reply: "250 2.0.0".to_owned() },
        Outcome::Failed { reason: "550".to_owned() },
        Outcome::Unknown { reason: "lost".to_owned() },
        Outcome::Retry { reason: "451".to_owned(), after: None },
    ]);
    world.live_until("2026-01-12 09:00").await;
    let mut told: Vec<_> = world.ledger.store.instance_list(world.tenant, &Default::default(), 9).await.unwrap();
    told.sort_by(|a, b| a.number.cmp(&b.number));
    let states: Vec<_> = told.iter().map(|line| line.state.as_str()).collect();
    let mut sorted = states.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["failed", "issued", "issued", "waiting"], "{states:?}");
    let counts = world.ledger.store.step_counts(world.tenant).await.unwrap();
    let counts: Vec<_> = counts.iter().map(|(_, state, count)| (state.as_str(), *count)).collect();
    assert_eq!(counts, [("done", 1), ("gave_up", 1), ("retry", 1), ("unknown", 1)]);
    let replies = world.ledger.store.notice_list(world.tenant, "sent", 9).await.unwrap();
    assert_eq!(replies[0].reply.as_deref(), Some("250 2.0.0"));
    world.verified().await;
}

fn by(channel: &str) -> String {
    single().replace("after_days = 3\n", &format!("after_days = 3\nchannel = \"{channel}\"\n"))
}

async fn pools(world: &World) -> Vec<Pool> {
    world.outside.acts().iter().map(|act| act.pool).collect()
}

async fn letters_are_printed_then_posted(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&by("post")).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(pools(&world).await, [Pool::Print, Pool::Post]);
    let dispatches = world.ledger.store.dispatches(world.tenant).await.unwrap();
    assert_eq!((dispatches[0].channel.as_str(), dispatches[0].lines.len()), ("post", 1));
    let notice = world.ledger.store.notice_list(world.tenant, "sent", 9).await.unwrap().remove(0);
    let hash: [u8; 32] = notice.letter_hash.unwrap().try_into().unwrap();
    let letter = world.ledger.store.document(world.tenant, &hash).await.unwrap().unwrap();
    assert_eq!(letter.media_type, "application/pdf");
}

async fn both_ways_the_letter_goes_first(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&by("email_and_post")).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(pools(&world).await, [Pool::Print, Pool::Post, Pool::Send]);
    assert_eq!(world.ledger.store.dispatches(world.tenant).await.unwrap().len(), 1);
    world.verified().await;
}

async fn a_mail_that_fails_becomes_a_letter(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&by("email_then_post")).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.outside.will([Outcome::Failed { reason: "550 no such user".to_owned() }]);
    world.live_until("2026-01-12 12:00").await;
    assert_eq!(pools(&world).await, [Pool::Send, Pool::Print, Pool::Post]);
    let notice = world.ledger.store.notices_of(world.tenant, ids[0]).await.unwrap().remove(0);
    assert_eq!((notice.state.as_str(), notice.channel.as_str(), notice.reason.as_deref()), ("sent", "post", Some("550 no such user")));
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-01-19 10:30");
    world.verified().await;
}

async fn the_whole_ladder_is_climbed(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.live_until("2026-06-01 00:00").await;
    let expected = ["2026-01-12 09:00 reminder-1 R1", "2026-01-19 10:30 reminder-2 R1", "2026-01-26 09:00 dunning-1 R1"];
    assert_eq!(world.outside.told(), expected);
    assert_eq!(world.tells(ids[0]).await, "exhausted");
    assert_eq!(world.engine.next_round(world.tenant).await.unwrap(), None, "nothing is planned");
    let fees: Vec<_> =
        world.ledger.store.dispatches(world.tenant).await.unwrap().iter().map(|sent| (sent.stage.clone(), sent.fee_minor)).collect();
    assert!(fees.contains(&("dunning-1".to_owned(), 250)) && fees.contains(&("reminder-1".to_owned(), 0)), "{fees:?}");
    let stages: Vec<_> = world.ledger.store.dispatched_stages(world.tenant).await.unwrap().into_iter().map(|(_, stage)| stage).collect();
    assert_eq!(stages, ["reminder-1", "reminder-2", "dunning-1"]);
    world.pay(ids[0], "p1", 10_000).await;
    assert_eq!(world.tells(ids[0]).await, "settled", "facts still settle what is exhausted");
}

async fn downtime_costs_no_more_than_one_stage(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.wait_until("2026-03-09 11:00");
    world.live_until("2026-03-20 00:00").await;
    let expected = ["2026-03-09 11:00 reminder-1 R1", "2026-03-12 10:30 reminder-2 R1", "2026-03-19 09:00 dunning-1 R1"];
    assert_eq!(world.outside.told(), expected);
    let history = world.ledger.store.transitions_of(world.tenant, ids[0]).await.unwrap();
    assert!(history[1].transition.detail.contains("\"late_seconds\":"), "{}", history[1].transition.detail);
    assert!(!history[3].transition.detail.contains("late_seconds"), "{}", history[3].transition.detail);
}
