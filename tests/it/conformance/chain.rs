//! The history can't be changed, and if somebody with the database's password does it all the same, it shows.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, bill, single};
use mahnwerk::engine::audit::{Verification, verify};

on_both!(
    the_database_refuses_to_change_history,
    the_database_refuses_a_second_notice_of_a_stage,
    the_database_refuses_what_no_rule_would_write,
    a_whole_chain_is_verified,
    a_changed_entry_is_found,
    a_removed_entry_is_found,
    entries_cut_off_at_the_end_are_found,
    exchanged_entries_are_found,
    an_exchanged_head_is_found,
    a_long_chain_is_read_in_pages
);

async fn world_with_history(ledger: TestLedger) -> World {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    world.enrol(workflow, &["R1", "R2"].map(|number| bill(number, "K1", "2026-01-09"))).await;
    world.live_until("2026-01-13 00:00").await;
    assert_eq!(world.verified().await, 6);
    world
}

async fn broken(world: &World) -> (i64, String) {
    let Verification { broken, .. } = verify(&world.ledger.store, world.tenant, &mut |_| {}).await.unwrap();
    let broken = broken.expect("it shows");
    (broken.seq, broken.why)
}

async fn the_database_refuses_to_change_history(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    let ids = world.ledger.store.invoices_numbered(world.tenant, "R1").await.unwrap();
    world.pay(ids[0], "p1", 1).await;
    for sql in [
        "UPDATE transition SET detail = 'x' WHERE seq = 1",
        "DELETE FROM transition WHERE seq = 1",
        "UPDATE payment SET amount_minor = 2",
        "DELETE FROM payment",
        "UPDATE document SET bytes = media_type",
    ] {
        assert!(world.ledger.sql(sql).await.is_err(), "{sql}");
    }
    world.verified().await;
}

async fn the_database_refuses_a_second_notice_of_a_stage(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    let again = "INSERT INTO notice_line (tenant_id, notice_id, position, instance_id, stage, stage_key, open_minor, fee_minor)
        SELECT tenant_id, notice_id, position + 10, instance_id, stage, stage_key, open_minor, fee_minor FROM notice_line";
    let error = world.ledger.sql(again).await.unwrap_err().to_string();
    assert!(error.contains("notice_line_once") || error.contains("instance_id, notice_line.stage"), "{error}");
    world.ledger.sql("UPDATE notice_line SET recalled = 1").await.unwrap();
    world.ledger.sql(again).await.expect("a recalled notice frees its stages");
}

/// The constraints of the schema hold on both databases alike.
async fn the_database_refuses_what_no_rule_would_write(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    for sql in [
        "UPDATE instance SET state = 'dreaming'",
        "UPDATE instance SET wake_at = NULL WHERE state = 'waiting'",
        "UPDATE instance SET state = 'issued' WHERE state = 'waiting'",
        "UPDATE instance SET slot_seq = 1, state = 'settled', wake_at = NULL, stage_date = NULL",
        "UPDATE step SET owner = 'somebody'",
        "UPDATE step SET state = 'claimed'",
        "UPDATE notice SET channel = 'pigeon'",
        "UPDATE notice SET state = 'lost'",
        "UPDATE invoice SET amount_minor = 0",
        "UPDATE invoice SET customer_id = 999",
        "UPDATE customer SET kind = 'robot'",
        "UPDATE notice_line SET recalled = 2",
        "DELETE FROM tenant",
        "INSERT INTO block (tenant_id, id, customer_id, kind, reason, owner, starts_at, until_date) VALUES (1, 999, 1, 'pause', '', '', 0, '2026-01-01')",
        "INSERT INTO sender (tenant_id, name) VALUES (1, 'pigeon')",
    ] {
        assert!(world.ledger.sql(sql).await.is_err(), "{sql}");
    }
}

async fn a_whole_chain_is_verified(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    let mut seen = Vec::new();
    let found = verify(&world.ledger.store, world.tenant, &mut |entries| seen.push(entries)).await.unwrap();
    assert_eq!((found.entries, found.broken), (6, None));
    assert_eq!(seen, [6], "progress is told");
    let (length, head) = world.ledger.store.chain_head(world.tenant).await.unwrap();
    assert_eq!((length, mahnwerk::domain::chain::hex(&head)), (6, found.head));
}

async fn a_changed_entry_is_found(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    world.ledger.disarm().await;
    for (column, seq) in [("actor = 'user:nobody'", 5), ("business_at = business_at + 1", 4), ("stage = 'dunning-1'", 3)] {
        world.ledger.sql(&format!("UPDATE transition SET {column} WHERE seq = {seq}")).await.unwrap();
        let (found, why) = broken(&world).await;
        assert_eq!((found, why.as_str()), (seq, "its content or the entry before it was changed"), "{column}");
    }
}

async fn a_removed_entry_is_found(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    world.ledger.disarm().await;
    world.ledger.sql("DELETE FROM transition WHERE seq = 3").await.unwrap();
    assert_eq!(broken(&world).await, (3, "the entry is missing".to_owned()));
    // Closing the gap does not help.
    for seq in 4..=6 {
        world.ledger.sql(&format!("UPDATE transition SET seq = {} WHERE seq = {seq}", seq - 1)).await.unwrap();
    }
    assert_eq!(broken(&world).await.0, 3);
}

async fn entries_cut_off_at_the_end_are_found(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    world.ledger.disarm().await;
    world.ledger.sql("DELETE FROM transition WHERE seq > 4").await.unwrap();
    assert_eq!(broken(&world).await, (5, "the entry is missing at the end".to_owned()));
    world.ledger.sql("DELETE FROM transition").await.unwrap();
    assert_eq!(broken(&world).await.0, 1);
}

async fn exchanged_entries_are_found(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    world.ledger.disarm().await;
    for (from, to) in [(2, 99), (3, 2), (99, 3)] {
        world.ledger.sql(&format!("UPDATE transition SET seq = {to} WHERE seq = {from}")).await.unwrap();
    }
    assert_eq!(broken(&world).await.0, 2);
}

async fn an_exchanged_head_is_found(ledger: TestLedger) {
    let world = world_with_history(ledger).await;
    world.ledger.sql("UPDATE tenant SET chain_hash = (SELECT hash FROM transition WHERE seq = 5)").await.unwrap();
    assert_eq!(broken(&world).await, (6, "the tenant's head does not fit the last entry".to_owned()));
}

async fn a_long_chain_is_read_in_pages(ledger: TestLedger) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    let bills: Vec<_> = (0..5_200).map(|number| bill(&format!("R{number}"), &format!("K{}", number % 90), "2026-03-09")).collect();
    world.enrol(workflow, &bills).await;
    assert_eq!(world.verified().await, 5_200);
    let page = world.ledger.store.transitions_after(world.tenant, 5_190, 100).await.unwrap();
    assert_eq!(page.iter().map(|row| row.transition.seq).collect::<Vec<_>>(), (5_191..=5_200).collect::<Vec<_>>());
    assert_eq!(page[0].number.as_deref(), Some("R5190"));
}
