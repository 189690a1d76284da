//! The mail server is killed before, in and after DATA, is slow, greylists, closes and refuses: what it can't have taken
//! is tried again, what nobody can know is unknown, and nothing else is.

use super::fleet::{Fleet, Task};
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point};
use mahnwerk::store::statement::Statement;

/// Each fault meets the ten customers whose number begins so; for how many of them nobody can know.
fn faults() -> Vec<(&'static str, Fault, usize)> {
    let reply = |code, text: &str| Act::Reply { code, text: text.to_owned() };
    vec![
        ("c000", Fault::always(Point::Rcpt, Act::Greylist), 0),
        ("c001", Fault::always(Point::Rcpt, reply(421, "4.3.2 Shutting down")).times(10), 0),
        ("c002", Fault::always(Point::Rcpt, Act::Close { keep: false }).times(10), 0),
        ("c003", Fault::always(Point::Data, Act::Close { keep: false }).times(10), 0),
        ("c005", Fault::always(Point::Data, reply(451, "4.3.0 Try again later")).times(10), 0),
        ("c006", Fault::always(Point::Dot, reply(452, "4.2.2 Mailbox full")).times(10), 0),
        // From the first byte of the text on: a short one has left as a whole by then, and whether it was kept or not, the silence is the same.
        ("c004", Fault::always(Point::Body, Act::Close { keep: false }).times(10), 10),
        ("c007", Fault::always(Point::Dot, Act::Close { keep: false }).times(10), 10),
        ("c008", Fault::always(Point::Dot, Act::Close { keep: true }).times(10), 10),
        // Slow, but within the time that is given; and slower than that.
        ("c009", Fault::always(Point::Dot, Act::Delay { ms: 300 }), 0),
        ("c010", Fault::always(Point::Dot, Act::Delay { ms: 4_000 }).times(4), 4),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_of_the_dialogue_fails() {
    let fleet = Fleet::embedded(Task::burst(120)).await;
    for (customers, fault, _) in faults() {
        fleet.mails.set_fault(fault.matching(customers)).await.unwrap();
    }
    let _serve = fleet.serve();
    println!("fire: mail server's faults: all done after {:.1?}", fleet.finished().await);
    let unknown = fleet.judge().await;
    assert_eq!(unknown, faults().iter().map(|(_, _, unknown)| unknown).sum::<usize>(), "{}", fleet.logs());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_dies_and_comes_back() {
    let fleet = Fleet::embedded(Task::burst(200)).await;
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 10 })).await.unwrap();
    let _serve = fleet.serve();
    fleet.mails(40).await;
    fleet.mails.set_fault(Fault::always(Point::Connect, Act::Refuse)).await.unwrap();
    fleet.mails.drop_connections();
    fleet.until("everything else waits to be tried again", async || fleet.in_hand().await == 0).await;
    let before = fleet.mails.total();
    fleet.mails.clear_faults().await;
    let first = fleet.until("the first mail", async || fleet.mails.total() > before).await;
    println!("fire: mail server killed: first mail {first:.1?} after it was back, all after {:.1?}", fleet.finished().await);
    let unknown = fleet.judge().await;
    assert!(unknown <= 4, "{unknown} unknown, though only four were on the wire{}", fleet.logs());
}

static RETRIED: Statement = Statement::new("retried", "SELECT COUNT(*) AS n FROM step WHERE attempt > 1");

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_fewer_connections_than_we_make() {
    let fleet = Fleet::embedded(Task::burst(60)).await;
    fleet.mails.set_connections_max(2);
    fleet.mails.set_fault(Fault::always(Point::Dot, Act::Delay { ms: 20 })).await.unwrap();
    let _serve = fleet.serve();
    let took = fleet.finished().await;
    println!("fire: two connections instead of four: all done after {took:.1?}");
    assert_eq!(fleet.judge().await, 0, "{}", fleet.logs());
    let retried: i64 = fleet.store.rows(&RETRIED, &[]).await.unwrap().iter().map(|row| row.int("n").unwrap()).sum();
    assert_eq!(retried, 0, "no mail is worse for the server's limit");
}
