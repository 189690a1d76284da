//! A customer's addresses: the first usable one by the tenant's rule is taken, and which rule that was stands at the notice.

use crate::support::ledger::TestLedger;
use crate::support::world::{SOURCE, World, bill, single};
use mahnwerk::domain::address::{Address, AddressKind};
use mahnwerk::domain::ids::{CustomerId, WorkflowId};
use mahnwerk::domain::tenant::TenantSettings;
use mahnwerk::engine::EngineError;
use mahnwerk::engine::intake::Incoming;
use mahnwerk::engine::unit::OWN;

on_both! {
    the_first_business_address_is_taken,
    a_blocked_one_is_skipped_and_stays_blocked,
    none_means_paper,
    a_persons_word_outlives_the_source,
    a_plain_address_stays_without_a_row,
    another_rule_chooses_anew,
    a_notice_under_way_is_made_anew,
}

use AddressKind::{Business, ContactPerson, Office};

fn addressed(number: &str, addresses: &[(AddressKind, i64, &str)]) -> Incoming {
    let mut bill = bill(number, "K1", "2026-01-02");
    bill.customer.addresses = addresses.iter().map(|(kind, position, address)| Address::new(*kind, *position, *address)).collect();
    bill.customer.email = String::new();
    bill
}

const THREE: [(AddressKind, i64, &str); 3] =
    [(Office, 0, "office@k.example"), (Business, 1, "second@k.example"), (Business, 0, "first@k.example")];

async fn begun(ledger: TestLedger) -> (World, WorkflowId) {
    let world = World::new(ledger).await;
    let workflow = world.publish(&single()).await;
    (world, workflow)
}

async fn customer(world: &World) -> CustomerId {
    world.ledger.store.customer_numbered(world.tenant, "K1").await.expect("read").expect("a customer")
}

/// Address, rule and block in use.
async fn in_use(world: &World) -> (String, String, Option<String>) {
    let found = world.engine.addresses(world.tenant, customer(world).await).await.expect("read");
    (found.in_use, found.rule, found.blocked)
}

fn chosen(address: &str, rule: &str) -> (String, String, Option<String>) {
    (address.to_owned(), rule.to_owned(), None)
}

async fn at_notice(world: &World) -> Vec<(String, String, String)> {
    let rows = world
        .ledger
        .rows(
            "SELECT channel, COALESCE(recipient, '') AS recipient, COALESCE(recipient_rule, '') AS rule FROM notice ORDER BY issued_at, id",
        )
        .await;
    rows.iter().map(|row| (row.text("channel").unwrap(), row.text("recipient").unwrap(), row.text("rule").unwrap())).collect()
}

fn mailed(address: &str, rule: &str) -> (String, String, String) {
    ("email".to_owned(), address.to_owned(), rule.to_owned())
}

async fn the_first_business_address_is_taken(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[addressed("R1", &THREE)]).await;
    assert_eq!(in_use(&world).await, chosen("first@k.example", "business"));
    world.live_until("2026-01-05 09:00").await;
    assert_eq!(at_notice(&world).await, [mailed("first@k.example", "business")]);
    // The source changes its mind.
    world.enrol(workflow, &[addressed("R2", &[(ContactPerson, 1, "b@k.example"), (ContactPerson, 0, "a@k.example")])]).await;
    assert_eq!(in_use(&world).await, chosen("a@k.example", "contact_person"));
}

async fn a_blocked_one_is_skipped_and_stays_blocked(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[addressed("R1", &THREE)]).await;
    let id = customer(&world).await;
    let cause = World::cause("it bounces");
    world.engine.block_address(world.tenant, id, "first@k.example", true, &cause).await.expect("blocked");
    assert_eq!(in_use(&world).await, chosen("second@k.example", "business"));
    world.enrol(workflow, &[addressed("R2", &THREE)]).await;
    let known = world.engine.addresses(world.tenant, id).await.expect("read").all;
    let first = known.iter().find(|address| address.address == "first@k.example").expect("it is known still");
    assert_eq!(first.blocked.as_deref(), Some("it bounces"), "the source knows nothing of it, and changes nothing");
    let unknown = world.engine.block_address(world.tenant, id, "x@k.example", true, &cause).await;
    assert!(matches!(unknown, Err(EngineError::NotFound(_))));
    world.engine.block_address(world.tenant, id, "first@k.example", false, &World::cause("mended")).await.expect("unblocked");
    assert_eq!(in_use(&world).await, chosen("first@k.example", "business"));
    assert_eq!(world.ledger.store.transitions_of(world.tenant, OWN).await.expect("read").len(), 2);
    let own = world.ledger.rows("SELECT detail FROM transition WHERE instance_id = 0").await;
    assert!(own.iter().all(|row| !row.text("detail").unwrap().contains("k.example")), "no address stands in the chain");
    world.verified().await;
}

async fn none_means_paper(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[addressed("R1", &[(Business, 0, "only@k.example")])]).await;
    let id = customer(&world).await;
    world.engine.block_address(world.tenant, id, "only@k.example", true, &World::cause("it bounces")).await.expect("blocked");
    world.live_until("2026-01-05 09:00").await;
    let reason = world.ledger.rows("SELECT channel, reason FROM notice").await;
    assert_eq!((reason[0].text("channel").unwrap().as_str(), reason[0].text("reason").unwrap().as_str()), ("paper", "address_blocked"));

    let rule = world.engine.tenant(world.tenant).expect("our tenant").settings.clone();
    world.engine.add_tenant(TenantSettings { address_rule: vec![Office], ..rule });
    let mut other = addressed("R2", &[(Business, 0, "b@k2.example")]);
    other.customer.number = "K2".to_owned();
    other.invoice.customer = "K2".to_owned();
    world.enrol(workflow, &[other]).await;
    world.live_until("2026-01-06 09:00").await;
    let sql = "SELECT n.channel, n.reason FROM notice n JOIN customer c ON c.tenant_id = n.tenant_id AND c.id = n.customer_id WHERE c.number = 'K2'";
    let reason = world.ledger.rows(sql).await;
    assert_eq!((reason[0].text("channel").unwrap().as_str(), reason[0].text("reason").unwrap().as_str()), ("paper", "no_address"));
}

async fn a_persons_word_outlives_the_source(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-02")]).await;
    let id = customer(&world).await;
    let wrong = world.engine.give_address(world.tenant, id, "Anna <a@k.example>", &World::cause("on the phone")).await;
    assert!(matches!(wrong, Err(EngineError::Invalid(_))));
    world.engine.give_address(world.tenant, id, "dunning@k.example", &World::cause("on the phone")).await.expect("given");
    assert_eq!(in_use(&world).await, chosen("dunning@k.example", "by_hand"));
    world.enrol(workflow, &[bill("R2", "K1", "2026-01-02")]).await;
    assert_eq!(in_use(&world).await, chosen("dunning@k.example", "by_hand"), "the file says something else, and may");
    world.live_until("2026-01-05 09:00").await;
    assert!(at_notice(&world).await.iter().all(|notice| *notice == mailed("dunning@k.example", "by_hand")));
    world.engine.give_address(world.tenant, id, "", &World::cause("it is the usual one again")).await.expect("taken back");
    assert_eq!(in_use(&world).await, chosen("k1@customers.example", "business"));
}

async fn a_plain_address_stays_without_a_row(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[bill("R1", "K1", "2026-01-02")]).await;
    let mut moved = bill("R2", "K1", "2026-01-02");
    moved.customer.email = "new@k.example".to_owned();
    world.enrol(workflow, &[moved]).await;
    assert_eq!(in_use(&world).await, chosen("new@k.example", "business"));
    assert_eq!(world.ledger.number("SELECT COUNT(*) AS n FROM customer_address").await, 0);
    world.live_until("2026-01-05 09:00").await;
    assert!(at_notice(&world).await.iter().all(|notice| *notice == mailed("new@k.example", "business")));
}

async fn another_rule_chooses_anew(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[addressed("R1", &THREE)]).await;
    let settings = world.engine.tenant(world.tenant).expect("our tenant").settings.clone();
    assert!(world.engine.apply_address_rule(world.tenant).await.expect("applied"), "nobody had said yet by which");
    assert!(!world.engine.apply_address_rule(world.tenant).await.expect("applied"));
    world.engine.add_tenant(TenantSettings { address_rule: vec![Office, Business], ..settings });
    assert!(world.engine.apply_address_rule(world.tenant).await.expect("applied"));
    assert_eq!(in_use(&world).await, chosen("office@k.example", "office"));
    let known = world.engine.take_in(world.tenant, SOURCE, workflow, &[addressed("R1", &THREE)]).await.expect("taken in");
    assert_eq!(known.len(), 1);
    assert_eq!(in_use(&world).await, chosen("office@k.example", "office"));
}

async fn a_notice_under_way_is_made_anew(ledger: TestLedger) {
    let (world, workflow) = begun(ledger).await;
    world.enrol(workflow, &[addressed("R1", &THREE)]).await;
    world.wait_until("2026-01-05 09:00");
    let ready = world.round().await;
    let id = customer(&world).await;
    world.engine.block_address(world.tenant, id, "first@k.example", true, &World::cause("it bounces")).await.expect("blocked");
    world.perform(&ready).await;
    world.live_until("2026-01-05 09:01").await;
    assert_eq!(at_notice(&world).await, [mailed("second@k.example", "business")]);
}
