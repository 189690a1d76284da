//! What another machine has given up is known again as soon as somebody reads the flight log of the process that had started it.

use crate::support::ledger::TestLedger;
use crate::support::world::{World, because, bill, single};
use mahnwerk::domain::ids::NoticeId;
use mahnwerk::engine::operate::Resolution;
use mahnwerk::engine::start::Task;
use mahnwerk::store::flight::{Answered, Flight};
use mahnwerk::store::views::NoticeView;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

on_both! {
    what_never_began_is_sent_and_what_was_answered_is_settled,
    what_a_person_has_resolved_stays_so,
    a_log_that_somebody_else_has_put_away_proves_nothing,
    how_the_steps_of_a_restored_ledger_ended_a_person_says,
}

/// A process that has died with mails in its hands, on a machine whose next process has not come yet.
struct Crash {
    world: World,
    tasks: Vec<Arc<Task>>,
    home: TempDir,
}

impl Crash {
    /// It had started `count` mails, of which it had begun what `fly` enters in its log.
    async fn after(ledger: TestLedger, count: usize, fly: impl Fn(&Flight, &[Arc<Task>])) -> Self {
        let (world, home) = (World::new(ledger).await, tempfile::tempdir().unwrap());
        world.engine.learn_flown(base(&home)).unwrap();
        let flight = world.engine.begin_flight(8).unwrap().expect("Linux tells boots apart");
        let workflow = world.publish(&single()).await;
        let bills: Vec<_> = (0..count).map(|number| bill(&format!("R{number}"), &format!("K{number}"), "2026-01-09")).collect();
        world.enrol(workflow, &bills).await;
        world.wait_until("2026-01-12 09:00");
        let ready = world.rounds().await;
        let chunk = world.engine.chunks(world.tenant, &ready).remove(0);
        let tasks = world.started(&world.engine, &chunk).await;
        assert_eq!(tasks.len(), count);
        fly(&flight, &tasks);
        Self { world, tasks, home }
    }

    /// Another machine, which can't read its log, finds the leases over.
    async fn given_up(self) -> Self {
        self.world.wait_until("2026-01-12 23:00");
        let (other, _) = self.world.another("other");
        assert_eq!(other.round(self.world.tenant).await.unwrap().ready, []);
        for number in 0..self.tasks.len() {
            assert_eq!(self.state(number).await, "unknown");
        }
        self
    }

    /// The next process of the machine comes; how many dead it found.
    async fn next_process(&self) -> usize {
        let (next, _) = self.world.another("next");
        next.learn_flown(base(&self.home)).unwrap();
        next.acquit().await.unwrap()
    }

    fn notice(&self, number: usize) -> &NoticeId {
        &self.tasks[number].job.notice.id
    }

    async fn view(&self, number: usize) -> NoticeView {
        let store = &self.world.ledger.store;
        store.notice(self.world.tenant, &self.notice(number).0).await.unwrap().expect("a notice").0
    }

    async fn state(&self, number: usize) -> String {
        self.view(number).await.state
    }
}

fn base(home: &TempDir) -> PathBuf {
    home.path().join("ledger.mark")
}

/// It began the second and the third; the third was answered.
fn two_of_three(flight: &Flight, tasks: &[Arc<Task>]) {
    let begin = |task: &Arc<Task>| flight.take_off(task.job.tenant, task.job.step, task.job.epoch).unwrap();
    let (_, third) = (begin(&tasks[1]), begin(&tasks[2]));
    flight.answered(&third, &Answered { at: tasks[2].snapshot.at, reply: "250 kept".to_owned() });
}

async fn what_never_began_is_sent_and_what_was_answered_is_settled(ledger: TestLedger) {
    let crash = Crash::after(ledger, 3, two_of_three).await.given_up().await;
    // The second time as if the next process had died before it had a log of its own.
    for _ in 0..2 {
        assert_eq!(crash.next_process().await, 1);
        assert_eq!(crash.state(0).await, "released");
        assert_eq!(crash.state(1).await, "unknown", "it may be out");
        assert_eq!((crash.state(2).await, crash.view(2).await.reply), ("sent".to_owned(), Some("250 kept".to_owned())));
    }
    crash.world.live_until("2026-01-14 00:00").await;
    let acts: Vec<_> = crash.world.outside.acts().iter().map(|act| act.notice.clone()).collect();
    assert_eq!(acts, [crash.notice(0).0.clone()]);
    assert_eq!((crash.state(0).await, crash.state(1).await), ("sent".to_owned(), "unknown".to_owned()));
    crash.world.verified().await;
}

async fn what_a_person_has_resolved_stays_so(ledger: TestLedger) {
    let crash = Crash::after(ledger, 3, two_of_three).await.given_up().await;
    let (engine, tenant) = (&crash.world.engine, crash.world.tenant);
    engine.resolve(tenant, crash.notice(0), Resolution::Sent, &because("it is in the server's log")).await.unwrap();
    engine.resolve(tenant, crash.notice(2), Resolution::SendAgain, &because("it is not in the server's log")).await.unwrap();
    let before = crash.world.verified().await;
    assert_eq!(crash.next_process().await, 1);
    assert_eq!((crash.state(0).await, crash.state(2).await), ("sent".to_owned(), "recalled".to_owned()));
    assert_eq!(crash.world.verified().await, before);
}

async fn a_log_that_somebody_else_has_put_away_proves_nothing(ledger: TestLedger) {
    let crash = Crash::after(ledger, 1, |_, _| {}).await.given_up().await;
    std::fs::remove_file(crash.home.path().join("ledger.flight-0")).unwrap();
    assert_eq!(crash.next_process().await, 0);
    assert_eq!(crash.state(0).await, "unknown");
}

/// Its log speaks of a later ledger, in which the step had ended.
async fn how_the_steps_of_a_restored_ledger_ended_a_person_says(ledger: TestLedger) {
    let crash = Crash::after(ledger, 1, |_, _| {}).await;
    crash.world.ledger.sql("UPDATE tenant SET fence = 'restored'").await.unwrap();
    assert_eq!(crash.next_process().await, 1);
    let started = "SELECT COUNT(*) AS n FROM step WHERE state = 'started'";
    assert_eq!(crash.world.ledger.number(started).await, 1);
}
