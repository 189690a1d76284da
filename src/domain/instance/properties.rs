//! What holds for every instance, command and fact, not only for the examples: compiled into tests only.

use super::super::ids::{InvoiceId, NoticeId, WorkflowId};
use super::super::time::{Timestamp, midnight};
use super::super::workflow::Channel;
use super::ladder::Ladder;
use super::table::{calendar, this, workflow};
use super::{Command, Facts, Instance, Rest, State, decide, enrol, evolve};
use chrono::{Days, NaiveDate};
use proptest::prelude::*;

fn dates() -> impl Strategy<Value = NaiveDate> {
    (0..700_u64).prop_map(|days| NaiveDate::from_ymd_opt(2025, 6, 1).unwrap() + Days::new(days))
}

fn notices() -> impl Strategy<Value = NoticeId> {
    prop_oneof![Just(this()), Just(NoticeId("other".to_owned()))]
}

fn facts() -> impl Strategy<Value = Facts> {
    let block = proptest::option::weighted(0.2, Just(Rest { reason: "pause".to_owned(), until: None }));
    (dates(), -500..12_000_i64, prop_oneof![3 => Just(0), 1 => 0..12_000_i64], 0..1_000_i64, block, prop::bool::weighted(0.1)).prop_map(
        |(due_date, open_minor, resting_minor, minimum_minor, block, cancelled)| Facts {
            due_date,
            open_minor,
            resting_minor,
            minimum_minor,
            block,
            cancelled,
        },
    )
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        5 => Just(Command::Assess),
        2 => Just(Command::Enter),
        1 => Just(Command::Queue),
        3 => notices().prop_map(|notice| Command::Issue { notice }),
        1 => notices().prop_map(|notice| Command::Propose { notice }),
        1 => Just(Command::Release),
        1 => Just(Command::Redate),
        3 => (notices(), 0..3_usize, dates()).prop_map(|(notice, stage, on)| Command::Deliver { notice, stage, on }),
        1 => notices().prop_map(|notice| Command::Fail { notice, reason: "550".to_owned() }),
        1 => notices().prop_map(|notice| Command::Recall { notice }),
        1 => Just(Command::Retry),
        1 => Just(Command::Skip),
        1 => (0..3_usize).prop_map(|stage| Command::Jump { stage }),
        1 => prop_oneof![Just(None), Just(Some(Channel::Email)), Just(Some(Channel::Post))].prop_map(|channel| Command::Reroute { channel }),
        1 => (1..3_i64, proptest::option::of(0..3_usize), prop::bool::ANY)
            .prop_map(|(id, passed, under_way)| Command::Migrate { workflow: WorkflowId(id), passed, under_way }),
        1 => Just(Command::Withdraw),
        1 => Just(Command::HandOver),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// A life of up to forty commands under changing facts: what must hold after each of them.
    #[test]
    fn a_life_keeps_its_promises(first in facts(), life in proptest::collection::vec((commands(), facts(), 0..20_i64), 1..40)) {
        let workflow = workflow();
        let calendar = calendar(&workflow);
        let ladder = Ladder { workflow: &workflow, calendar: &calendar };
        let mut now = midnight(calendar.zone, NaiveDate::from_ymd_opt(2025, 12, 1).unwrap());
        let change = enrol(ladder, &first, None, now);
        let blank = Instance { id: InvoiceId(1), workflow: WorkflowId(1), seq: 0, passed: None, dispatched_on: None, placed: false, channel: None, state: change.to.clone() };
        let mut instance = evolve(blank, change);
        for (command, facts, hours) in life {
            now = Timestamp(now.0 + hours * 3_600_000);
            let decided = decide(&instance, ladder, &facts, &command, now);
            prop_assert_eq!(&decided, &decide(&instance, ladder, &facts, &command, now), "the same question has the same answer");
            let Ok(Some(change)) = decided else { continue };
            let before = instance.clone();
            instance = evolve(instance, change.clone());
            prop_assert_eq!(instance.seq, before.seq + 1);
            prop_assert_eq!(&instance.state, &change.to);
            prop_assert!(!instance.placed || instance.state.keeps_a_place(), "what has ended or rests gives its place up");
            prop_assert!(instance.placed || instance.state.notice().is_none() || matches!(instance.state, State::Failed { .. }),
                "who is dunned has a place");
            if let State::QueuedByQuota { .. } = instance.state {
                prop_assert!(before.state == instance.state || command == Command::Queue, "only the planner lets one queue");
                prop_assert!(!facts.cancelled && facts.open_minor > 0 && facts.block.is_none(), "nobody queues who is not to be dunned");
            }
            match &command {
                Command::Reroute { channel } => {
                    prop_assert_eq!(instance.channel, *channel);
                    prop_assert!(before.state.stage().is_some() && instance.passed == before.passed, "it goes on from where it stands");
                }
                Command::Deliver { notice, .. } if before.state.notice() == Some(notice) => {
                    prop_assert_eq!(instance.channel, None, "a way is chosen for one notice");
                }
                _ => prop_assert_eq!(instance.channel, before.channel, "and holds until that has left"),
            }
            let migrated = matches!(command, Command::Migrate { .. });
            prop_assert_eq!(instance.workflow != before.workflow, migrated, "a version is left on command only");
            prop_assert!(migrated || instance.passed >= before.passed, "what was reached is never lowered");
            if let Command::Migrate { workflow, passed, under_way } = command {
                prop_assert_eq!((instance.workflow, instance.passed), (workflow, passed));
                let on_its_way = before.state.notice().is_some() && !matches!(before.state, State::Failed { .. });
                prop_assert!(!under_way && !on_its_way, "what is under way is not moved");
                prop_assert!(before.state.stage().is_some(), "what has ended is not moved");
            }
            prop_assert!(instance.dispatched_on >= before.dispatched_on, "nor is the last dispatch forgotten");
            if let State::Waiting { stage, stage_date, wake_at } = instance.state {
                prop_assert!(wake_at >= now && calendar.is_open(wake_at), "it wakes in a window, not in the past");
                prop_assert!(wake_at >= midnight(calendar.zone, stage_date));
                prop_assert!(Some(stage) > instance.passed && workflow.stages[stage].enabled);
                let gap = u64::from(workflow.rules.min_gap_days);
                prop_assert!(instance.dispatched_on.is_none_or(|sent| stage_date >= sent + Days::new(gap)), "the gap is kept");
                prop_assert!(!facts.cancelled && facts.open_minor > 0 && facts.block.is_none(), "nobody waits who is not to be dunned");
            }
            if matches!(command, Command::Issue { .. } | Command::Propose { .. }) {
                prop_assert!(!facts.cancelled && facts.block.is_none() && facts.dunnable_minor() >= facts.minimum_minor);
                prop_assert!(facts.dunnable_minor() > 0, "what is paid is never dunned");
            }
            if matches!(before.state, State::Withdrawn | State::HandedOver) {
                prop_assert_eq!(&instance.state, &before.state, "what has ended stays so");
            }
            let again = decide(&instance, ladder, &facts, &Command::Assess, now);
            if command == Command::Assess {
                prop_assert_eq!(again, Ok(None), "the facts decide once");
            }
        }
    }
}

/// Another notice of the same instance was delivered late, with a higher stage than that of the notice that failed.
#[test]
fn skipping_a_failed_stage_does_not_forget_a_higher_one() {
    let workflow = workflow();
    let calendar = calendar(&workflow);
    let ladder = Ladder { workflow: &workflow, calendar: &calendar };
    let due_date = NaiveDate::from_ymd_opt(2025, 12, 1).unwrap();
    let now = midnight(calendar.zone, NaiveDate::from_ymd_opt(2026, 3, 2).unwrap());
    let facts = Facts { due_date, open_minor: 10_000, resting_minor: 0, minimum_minor: 0, block: None, cancelled: false };
    let state = State::Failed { stage: 0, notice: NoticeId("this".to_owned()), reason: "550".to_owned() };
    let failed = Instance {
        id: InvoiceId(1),
        workflow: WorkflowId(1),
        seq: 4,
        passed: Some(1),
        dispatched_on: Some(due_date),
        placed: false,
        channel: None,
        state,
    };
    let change = decide(&failed, ladder, &facts, &Command::Skip, now).unwrap().expect("a change");
    assert_eq!(change.passed, Some(1));
}
