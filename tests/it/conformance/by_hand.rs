//! What people decide about an instance or a customer: another workflow, another way, another language, somebody who looks after it.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, shared, single};
use mahnwerk::domain::ids::{CustomerId, WorkflowId};
use mahnwerk::domain::instance::Foothold;
use mahnwerk::domain::workflow::Channel;
use mahnwerk::engine::EngineError;
use mahnwerk::engine::customers::Decision;
use mahnwerk::engine::holds::Hold;
use mahnwerk::engine::migrate::Target;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;
use mahnwerk::engine::unit::OWN;

on_both!(
    what_was_sent_never_comes_again_whatever_the_version,
    a_stage_that_is_gone_needs_a_persons_choice,
    offered_are_the_newest_of_each_workflow_and_all_of_its_own,
    what_is_under_way_or_has_ended_stays,
    a_failed_notice_is_freed_by_a_move,
    the_next_notice_goes_the_chosen_way_once,
    of_several_choices_none_is_passed_over,
    a_customers_way_holds_from_the_next_notice_on,
    a_customers_language_and_workflow_stand_above_the_source,
    a_block_has_an_owner
);

fn to(workflow: WorkflowId) -> Target {
    Target { workflow, foothold: Foothold::SameKey }
}

async fn customer(world: &World, number: &str) -> CustomerId {
    world.ledger.store.customer_numbered(world.tenant, number).await.unwrap().unwrap()
}

/// Invoice and channel of every notice that was not recalled, in order.
async fn ways(world: &World) -> Vec<String> {
    let notices = world.ledger.store.notice_list(world.tenant, "", 100).await.unwrap();
    notices.into_iter().filter(|notice| notice.state != "recalled").map(|notice| format!("{} {}", notice.stage, notice.channel)).collect()
}

/// A stage more at the front, so that every position is another one.
fn shifted() -> String {
    single().replacen("[[stages]]", "[[stages]]\nkey = \"friendly\"\nkind = \"reminder\"\nafter_days = 1\n\n[[stages]]", 1)
}

async fn what_was_sent_never_comes_again_whatever_the_version(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let first = world.publish(&single()).await;
    let second = world.publish(&shifted()).await;
    let ids = world.enrol(first, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.live_until("2026-01-13 00:00").await;
    let arrival = world.engine.arrival(world.tenant, ids[0], to(second)).await.unwrap().unwrap();
    assert_eq!((arrival.passed, arrival.next.map(|rung| rung.stage)), (Some(1), Some(2)));
    let moved = world.engine.migrate_all(world.tenant, first, second, &because("a friendlier start")).await.unwrap();
    assert_eq!((moved.moved, moved.stayed.len()), (2, 0));
    let instance = world.instance(ids[0]).await;
    assert_eq!((instance.workflow, instance.passed), (second, Some(1)));
    let history = world.ledger.store.transitions_of(world.tenant, ids[0]).await.unwrap();
    let last = &history.last().unwrap().transition;
    assert_eq!((last.cause.as_str(), last.stage.as_str(), last.actor.as_str()), ("migrated", "reminder-2", "user:test"));
    let detail: serde_json::Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(
        (&detail["why"], &detail["version"], &detail["from_version"]),
        (&"a friendlier start".into(), &second.0.into(), &first.0.into())
    );
    // Its third position was its second before: it goes back onto the first version once that was sent here.
    world.live_until("2026-01-20 00:00").await;
    let again = world.engine.migrate(world.tenant, ids[0], to(first), &because("back")).await.unwrap();
    assert_eq!((again.instance.workflow, again.instance.passed), (first, Some(1)));
    assert!(world.tells(ids[0]).await.starts_with("waiting dunning-1"));
    world.live_until("2026-02-20 00:00").await;
    let told: Vec<_> = world.outside.told().into_iter().filter(|told| told.ends_with("R1")).map(|told| told[17..].to_owned()).collect();
    assert_eq!(told, ["reminder-1 R1", "reminder-2 R1", "dunning-1 R1"]);
    assert_eq!(world.tells(ids[0]).await, "exhausted");
    world.verified().await;
}

async fn a_stage_that_is_gone_needs_a_persons_choice(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let first = world.publish(&single()).await;
    let other = single().replace("name = \"probe\"", "name = \"other\"").replace("key = \"reminder-1\"", "key = \"start\"");
    let other = world.publish(&other).await;
    let ids = world.enrol(first, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K2", "2026-02-09")]).await;
    world.live_until("2026-01-13 00:00").await;
    let lost = world.engine.migrate(world.tenant, ids[0], to(other), &because("x")).await.unwrap_err();
    assert!(matches!(&lost, EngineError::Lost(lost) if lost.stage == "reminder-1"), "{lost}");
    let moving = world.engine.moving(world.tenant, first, other).await.unwrap();
    let next: Vec<_> = moving.next.iter().map(|next| (next.stage.as_deref(), next.count, next.due)).collect();
    assert_eq!((moving.moves, moving.stays, next), (1, 1, vec![(Some("start"), 1, 0)]), "foreseen");
    let stays = &moving.named[0];
    assert_eq!((stays.invoice, stays.lost.as_ref().map(|lost| lost.stage.as_str())), (ids[0], Some("reminder-1")));
    let moved = world.engine.migrate_all(world.tenant, first, other, &because("all of them")).await.unwrap();
    assert_eq!((moved.moved, moved.stayed.len(), moved.stayed[0].invoice), (1, 1, ids[0]), "what can move moves");
    assert!(moved.stayed[0].why.to_string().contains("no stage `reminder-1`"), "{}", moved.stayed[0].why);
    let offered = world.engine.arrivals(world.tenant, ids[0]).await.unwrap();
    let offered: Vec<_> = offered.iter().map(|arrival| (arrival.edition.id, arrival.foothold)).collect();
    assert_eq!(
        offered,
        [Foothold::Beginning, Foothold::After(0), Foothold::After(1), Foothold::After(2)].map(|foothold| (other, foothold))
    );
    let chosen = Target { workflow: other, foothold: Foothold::After(0) };
    world.engine.migrate(world.tenant, ids[0], chosen, &because("had one already")).await.unwrap();
    assert_eq!(world.tells(ids[0]).await, "waiting reminder-2 2026-01-19 10:30");
    let nonsense = Target { workflow: first, foothold: Foothold::After(9) };
    assert!(matches!(world.engine.migrate(world.tenant, ids[0], nonsense, &because("x")).await, Err(EngineError::Invalid(_))));
    assert!(matches!(world.engine.migrate(world.tenant, ids[0], to(WorkflowId(999)), &because("x")).await, Err(EngineError::NotFound(_))));
    world.verified().await;
}

async fn offered_are_the_newest_of_each_workflow_and_all_of_its_own(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let other = |days: &str| single().replace("name = \"probe\"", "name = \"other\"").replace("after_days = 10", days);
    let older = world.publish(&single()).await;
    let own = world.publish(&shifted()).await;
    let passed_over = world.publish(&other("after_days = 20")).await;
    let newest = world.publish(&other("after_days = 30")).await;
    let ids = world.enrol(own, &[bill("R1", "K1", "2026-01-09")]).await;
    let offered = world.engine.arrivals(world.tenant, ids[0]).await.unwrap();
    let offered: Vec<_> = offered.iter().map(|arrival| arrival.edition.id).collect();
    assert_eq!(offered, [newest, older], "not {passed_over}");
}

async fn what_is_under_way_or_has_ended_stays(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let first = world.publish(&single()).await;
    let second = world.publish(&shifted()).await;
    let bills = ["R1", "R2", "R3", "R4"].map(|number| bill(number, number, "2026-01-09"));
    let ids = world.enrol(first, &bills).await;
    world.pay(ids[1], "p", 10_000).await;
    world.wait_until("2026-01-12 09:00");
    let ready = world.round().await;
    world.outside.will([Outcome::Unknown { reason: "cut off".to_owned() }]);
    world.perform(&ready[..1]).await;
    // Whose notice nobody knows of rests meanwhile: it is not issued, but it may have been sent.
    world.engine.pause(world.tenant, Scope::Invoice(ids[0]), None, &because("asks")).await.unwrap();
    assert!(world.tells(ids[0]).await.starts_with("blocked"));
    for (id, why) in [(ids[0], "a notice is under way"), (ids[1], "it has ended"), (ids[2], "a notice is under way")] {
        let refused = world.engine.migrate(world.tenant, id, to(second), &because("x")).await.unwrap_err();
        assert!(matches!(refused, EngineError::Refused(_)) && refused.to_string().contains(why), "{refused}");
        assert!(world.engine.arrivals(world.tenant, id).await.unwrap().is_empty());
        let refused = world.engine.reroute(world.tenant, id, Some(Channel::Post), &because("x")).await;
        assert_eq!(refused.is_err(), id != ids[0], "what rests may be given another way");
    }
    world.perform(&ready[2..]).await;
    let moving = world.engine.moving(world.tenant, first, second).await.unwrap();
    assert_eq!((moving.moves, moving.stays), (1, 2), "foreseen");
    assert!(moving.named.iter().all(|stays| stays.lost.is_none()), "{:?}", moving.named);
    let moved = world.engine.migrate_all(world.tenant, first, second, &because("new")).await.unwrap();
    assert_eq!((moved.moved, moved.stayed.len()), (1, 2), "the one that was sent moves, those under way stay");
    let same = world.engine.migrate(world.tenant, ids[3], to(second), &because("x")).await.unwrap_err();
    assert!(same.to_string().contains("on this version already"), "{same}");
    world.verified().await;
}

async fn a_failed_notice_is_freed_by_a_move(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let first = world.publish(&shared()).await;
    let second = world.publish(&shared().replace("after_days = 10", "after_days = 20")).await;
    let ids = world.enrol(first, &[bill("R1", "K1", "2026-01-09"), bill("R2", "K1", "2026-01-09")]).await;
    world.outside.will([Outcome::Failed { reason: "550".to_owned() }]);
    world.live_until("2026-01-12 12:00").await;
    world.engine.migrate(world.tenant, ids[0], to(second), &because("another way")).await.unwrap();
    assert!(world.tells(ids[1]).await.starts_with("waiting reminder-1"), "its notice is recalled, so it is due again");
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.outside.told(), ["2026-01-12 12:00 reminder-1 R1+R2"], "of two versions, and one notice");
    let customer = customer(&world, "K1").await;
    let moved = world.engine.migrate_customer(world.tenant, customer, to(second), &because("both")).await.unwrap();
    assert_eq!((moved.moved, moved.stayed.len()), (1, 0), "the other is there already");
    world.verified().await;
}

async fn the_next_notice_goes_the_chosen_way_once(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    world.engine.reroute(world.tenant, ids[0], Some(Channel::Post), &because("asks for a letter")).await.unwrap();
    assert_eq!(world.instance(ids[0]).await.channel, Some(Channel::Post));
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.instance(ids[0]).await.channel, None, "it held once");
    world.outside.will([Outcome::Failed { reason: "550".to_owned() }]);
    world.live_until("2026-01-20 00:00").await;
    assert!(world.tells(ids[0]).await.starts_with("failed"));
    world.engine.reroute(world.tenant, ids[0], Some(Channel::EmailAndPost), &because("then both")).await.unwrap();
    world.live_until("2026-01-21 00:00").await;
    assert_eq!(ways(&world).await, ["reminder-1 post", "reminder-2 email"]);
    let pools: Vec<_> = world.outside.acts().iter().map(|act| act.pool.as_str()).collect();
    assert_eq!(pools, ["print", "post", "send", "print", "post", "send"], "a letter; a mail that failed; both");
    let history = world.ledger.store.transitions_of(world.tenant, ids[0]).await.unwrap();
    let causes: Vec<_> = history.iter().map(|entry| entry.transition.cause.as_str()).collect();
    assert_eq!(causes, ["enrolled", "rerouted", "issued", "delivered", "issued", "failed", "rerouted", "issued", "delivered"]);
    world.verified().await;
}

async fn of_several_choices_none_is_passed_over(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&shared()).await;
    let mut bills = ["R1", "R2", "R3"].map(|number| bill(number, "K1", "2026-01-09")).to_vec();
    bills.extend(["S1", "S2"].map(|number| bill(number, "K2", "2026-01-09")));
    let ids = world.enrol(workflow, &bills).await;
    for (id, way) in [(ids[0], Channel::Post), (ids[1], Channel::Email), (ids[3], Channel::Post)] {
        world.engine.reroute(world.tenant, id, Some(way), &because("so asked")).await.unwrap();
    }
    world.engine.reroute(world.tenant, ids[1], Some(Channel::Email), &because("again")).await.unwrap();
    world.live_until("2026-01-13 00:00").await;
    let told: Vec<_> = world.outside.acts().iter().map(|act| format!("{} {}", act.pool.as_str(), act.lines.len())).collect();
    let (both, one) = (told.iter().filter(|told| told.ends_with('3')).count(), told.iter().filter(|told| told.ends_with('2')).count());
    assert_eq!((both, one), (3, 2), "three invoices by letter and mail, two by letter alone: {told:?}");
    world.verified().await;
}

async fn a_customers_way_holds_from_the_next_notice_on(ledger: TestLedger) {
    let world = World::throttled(ledger, 600).await;
    let workflow = world.publish(&single()).await;
    let mut bills = ["R1", "R2", "R3"].map(|number| bill(number, number, "2026-01-09"));
    bills[2].customer.street.clear();
    let ids = world.enrol(workflow, &bills).await;
    world.live_until("2026-01-12 09:05").await;
    // Both stand in the mail server's queue; a letter does not wait for it.
    for number in ["R2", "R3"] {
        let decided = Decision::Channel(Some(Channel::Post));
        world.engine.decide_for(world.tenant, customer(&world, number).await, &decided, &because("no mails")).await.unwrap();
    }
    world.live_until("2026-01-12 09:06").await;
    let told = world.outside.told();
    assert!(told.iter().any(|told| told.ends_with("R2")), "{told:?}");
    assert_eq!(ways(&world).await, ["reminder-1 email", "reminder-1 post", "reminder-1 paper"], "without an address it is printed");
    world.engine.reroute(world.tenant, ids[1], Some(Channel::Email), &because("this once")).await.unwrap();
    world.live_until("2026-01-20 00:00").await;
    let taken_back = Decision::Channel(None);
    world.engine.decide_for(world.tenant, customer(&world, "R3").await, &taken_back, &because("mails again")).await.unwrap();
    world.live_until("2026-01-31 00:00").await;
    let of = |number: &str, told: &[(String, String)]| {
        told.iter().filter(|(of, _)| of == number).map(|(_, way)| way.clone()).collect::<Vec<_>>()
    };
    let notices = world.ledger.store.notice_list(world.tenant, "", 100).await.unwrap();
    let told: Vec<_> = notices.into_iter().map(|notice| (notice.customer_number, notice.channel)).collect();
    assert_eq!(of("R2", &told), ["post", "email", "post"]);
    assert_eq!(of("R3", &told), ["paper", "paper", "email"]);
    world.verified().await;
}

async fn a_customers_language_and_workflow_stand_above_the_source(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let usual = world.publish(&single()).await;
    let gentle = single().replace("name = \"probe\"", "name = \"gentle\"");
    world.publish(&gentle).await;
    let gentle = world.publish(&gentle.replace("after_days = 10", "after_days = 30")).await;
    world.enrol(usual, &[bill("R1", "K1", "2026-01-09")]).await;
    let (tenant, id) = (world.tenant, customer(&world, "K1").await);
    let decide = async |decision| world.engine.decide_for(tenant, id, &decision, &because("so wished")).await;
    decide(Decision::Language(Some("en".to_owned()))).await.unwrap();
    let decided = decide(Decision::Workflow(Some("gentle".to_owned()))).await.unwrap();
    assert_eq!((decided.language.as_deref(), decided.workflow.as_deref()), (Some("en"), Some("gentle")));
    assert!(matches!(decide(Decision::Language(Some("English".to_owned()))).await, Err(EngineError::Invalid(_))));
    assert!(matches!(decide(Decision::Workflow(Some("nowhere".to_owned()))).await, Err(EngineError::NotFound(_))));

    let again = bill("R2", "K1", "2026-01-09");
    let ids = world.enrol(usual, &[again, bill("S1", "K2", "2026-01-09")]).await;
    assert_eq!(world.instance(ids[0]).await.workflow, gentle, "the newest version of that name");
    assert_eq!(world.instance(ids[1]).await.workflow, usual, "others come in as their source says");
    let case = async |invoice| world.ledger.store.cases(tenant, [invoice]).await.unwrap().remove(0);
    assert_eq!(case(ids[0]).await.language, "en", "though the source said `de` again");
    decide(Decision::Language(None)).await.unwrap();
    decide(Decision::Workflow(None)).await.unwrap();
    assert_eq!(case(ids[0]).await.language, "de");
    let ids = world.enrol(usual, &[bill("R3", "K1", "2026-01-09")]).await;
    assert_eq!(world.instance(ids[0]).await.workflow, usual);
    let own = world.ledger.store.transitions_of(tenant, OWN).await.unwrap();
    let told: Vec<_> = own.iter().map(|entry| format!("{} {}", entry.transition.cause, entry.transition.to)).collect();
    assert_eq!(told, ["language by_hand", "workflow by_hand", "language as_imported", "workflow as_imported"]);
    world.verified().await;
}

async fn a_block_has_an_owner(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let ids = world.enrol(workflow, &[bill("R1", "K1", "2026-01-09")]).await;
    let scope = Scope::Customer(customer(&world, "K1").await);
    let hold = Hold { scope, kind: "pause", amount_minor: None, until: None, owner: Some("Frau Lang ") };
    let (_, changed) = world.engine.set_hold(world.tenant, &hold, &because("in insolvency")).await.unwrap();
    assert_eq!(changed, 1);
    let long = "x".repeat(101);
    for owner in [" ", long.as_str()] {
        let refused = world.engine.set_hold(world.tenant, &Hold { owner: Some(owner), ..hold }, &because("x")).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{refused:?}");
    }
    let line = world.ledger.store.customer_line(world.tenant, customer(&world, "K1").await).await.unwrap().unwrap();
    assert_eq!(line.rests, Some(("Frau Lang".to_owned(), None)));
    let history = world.ledger.store.transitions_of(world.tenant, ids[0]).await.unwrap();
    let last = &history.last().unwrap().transition;
    assert!(last.actor == "user:test" && last.detail.contains("\"owner\":\"Frau Lang\""), "{}", last.detail);
}
