//! One long story on both databases at once: the same notices, the same lists, the same hashes to the last entry.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, bill_over, shared, single};
use mahnwerk::domain::chain::hex;
use mahnwerk::engine::operate::Scope;
use mahnwerk::engine::ports::Outcome;
use mahnwerk::store::views::InstanceFilter;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarter_is_lived_alike() {
    let sqlite = lived(TestLedger::sqlite().await).await;
    let postgres = lived(TestLedger::postgres().await).await;
    assert!(sqlite.len() > 150, "only {} lines to compare", sqlite.len());
    for (ours, theirs) in sqlite.iter().zip(&postgres) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(sqlite.len(), postgres.len());
}

/// A quarter with all that may happen; what the ledger tells of it afterwards, line by line.
async fn lived(ledger: TestLedger) -> Vec<String> {
    let world = World::throttled(ledger, 900).await;
    let both = single()
        .replace("name = \"probe\"", "name = \"letters\"")
        .replace("after_days = 3\n", "after_days = 3\nchannel = \"email_and_post\"\n");
    let (mail, post) = (world.publish(&shared()).await, world.publish(&both).await);
    let due = ["2026-01-07", "2026-01-09", "2026-01-09", "2026-01-15", "2026-01-20"];
    let customers = ["Ärger", "ärger", "Zorn", "zorn", "A\u{30a}", "Å"];
    let mut bills = Vec::new();
    for number in 0..40_usize {
        let mut bill =
            bill_over(300 + 977 * number as i64, &format!("{}-{number}", customers[number % 3]), customers[number % 6], due[number % 5]);
        if number % 7 == 0 {
            bill.customer.email = String::new();
        }
        bills.push(bill);
    }
    let ids = world.enrol(mail, &bills).await;
    let letters = world.enrol(post, &[bill("L1", "Zorn", "2026-01-09"), bill("L2", "Post", "2026-01-12")]).await;
    world.outside.will([
        Outcome::Done { reply: "250".to_owned() },
        Outcome::Retry { reason: "451 später".to_owned(), after: Some(Duration::from_secs(1_000)) },
        Outcome::Failed { reason: "550 „niemand“".to_owned() },
        Outcome::Unknown { reason: "lost".to_owned() },
    ]);
    world.live_until("2026-01-14 11:00").await;
    world
        .pay_all(&[world.payment(ids[3], "p1", 100), world.payment(ids[8], "p2", 1_000_000), world.payment(letters[0], "p3", 10_000)])
        .await;
    world.engine.pause(world.tenant, Scope::Invoice(ids[11]), Some("2026-02-02".parse().unwrap()), &because("Streit")).await.unwrap();
    world.engine.skip(world.tenant, ids[14], &because("Kulanz")).await.ok();
    world.live_until("2026-02-10 11:00").await;
    world.pay(ids[8], "p2-back", -1_000_000).await;
    world.live_until("2026-03-31 00:00").await;
    world.verified().await;
    told(&world).await
}

async fn told(world: &World) -> Vec<String> {
    let (store, tenant) = (&world.ledger.store, world.tenant);
    let mut lines = world.outside.told();
    lines.sort();
    lines.extend(store.instance_list(tenant, &InstanceFilter::default(), 1_000).await.unwrap().iter().map(|view| format!("{view:?}")));
    lines.extend(store.dispatches(tenant).await.unwrap().iter().map(|view| format!("{view:?}")));
    lines.extend(store.notice_list(tenant, "", 1_000).await.unwrap().iter().map(|view| format!("{view:?}")));
    for notice in store.notice_list(tenant, "", 1_000).await.unwrap() {
        lines.extend(store.steps_of_notice(tenant, &notice.id).await.unwrap().iter().map(|view| format!("{view:?}")));
    }
    lines.push(format!("{:?}", store.dispatched_stages(tenant).await.unwrap()));
    lines.push(format!("{:?}", store.step_counts(tenant).await.unwrap()));
    lines.push(format!("{:?}", store.backlog(tenant).await.unwrap()));
    let (length, head) = store.chain_head(tenant).await.unwrap();
    let history = store.transitions_after(tenant, 0, length).await.unwrap();
    lines.extend(history.iter().map(|row| format!("{:?} {}", row.transition, hex(&row.hash))));
    lines.push(format!("{length} {}", hex(&head)));
    lines
}
