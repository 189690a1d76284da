//! Connections are shared, limited, replaced when stale, and closed when idle.

use super::{SOON, is_done, mail, mailer, sandbox, send, smtp_settings};
use mahnwerk::adapters::mail::SmtpMailer;
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point, SmtpSandbox};
use mahnwerk::engine::ports::Outcome;
use std::time::Duration;

/// Polls for a condition that the server reaches by itself.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(SOON, reached).await.is_ok(), "not within {SOON:?}: {what}");
}

#[tokio::test]
async fn many_messages_share_one_connection() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    for n in 0..50 {
        assert!(is_done(&send(&mailer, &mail(&format!("m{n}"))).await));
    }
    assert_eq!((sandbox.connections(), sandbox.total()), (1, 50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_uses_no_more_connections_than_allowed_and_sends_each_once() {
    let sandbox = sandbox().await;
    sandbox.set_connections_max(3);
    let mut settings = smtp_settings(&sandbox);
    settings.connections = 3;
    let mailer = SmtpMailer::new(settings).unwrap();
    let burst = (0..500).map(|n| {
        let mailer = mailer.clone();
        tokio::spawn(async move { send(&mailer, &mail(&format!("b{n}"))).await })
    });
    for outcome in futures::future::join_all(burst).await {
        assert!(is_done(&outcome.unwrap()));
    }
    let counts = sandbox.count_by_message_id();
    assert_eq!(counts.len(), 500);
    assert!(counts.values().all(|count| *count == 1) && sandbox.connections() <= 3);
}

/// The server's limit is not the messages' fault: they wait for the connections that it takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_fewer_connections_gets_fewer() {
    let sandbox = sandbox().await;
    sandbox.set_connections_max(2);
    let mut settings = smtp_settings(&sandbox);
    settings.connections = 6;
    let mailer = SmtpMailer::new(settings).unwrap();
    let burst = (0..100).map(|n| {
        let mailer = mailer.clone();
        tokio::spawn(async move { send(&mailer, &mail(&format!("f{n}"))).await })
    });
    for outcome in futures::future::join_all(burst).await {
        assert!(is_done(&outcome.unwrap()));
    }
    assert_eq!(sandbox.count_by_message_id().len(), 100);
}

/// One that takes nobody is another matter: no message waits for it.
#[tokio::test]
async fn a_server_that_turns_everybody_away_is_tried_again_later() {
    let sandbox = sandbox().await;
    let busy = Act::Reply { code: 421, text: "4.3.2 shutting down".to_owned() };
    sandbox.set_fault(Fault::always(Point::Connect, busy)).await.unwrap();
    let mailer = mailer(&sandbox);
    for n in 0..6 {
        assert!(matches!(send(&mailer, &mail(&format!("t{n}"))).await, Outcome::Retry { .. }));
    }
}

#[tokio::test]
async fn a_stale_connection_is_replaced_without_anybody_noticing() {
    for fault in [
        None,
        Some((Point::Mail, Act::Close { keep: false })),
        Some((Point::Rcpt, Act::Close { keep: false })),
        Some((Point::Data, Act::Close { keep: false })),
        Some((Point::Mail, Act::Reply { code: 421, text: "4.4.2 idle too long".to_owned() })),
    ] {
        let sandbox = sandbox().await;
        let mailer = mailer(&sandbox);
        assert!(is_done(&send(&mailer, &mail("one")).await));
        match fault.clone() {
            Some((at, act)) => sandbox.set_fault(Fault::always(at, act).times(1)).await.unwrap(),
            None => {
                sandbox.drop_connections();
                until("the server dropped its connections", || sandbox.open_connections() == 0).await;
            }
        }
        let outcome = send(&mailer, &mail("two")).await;
        assert!(is_done(&outcome), "{fault:?}: {outcome:?}");
        assert_eq!((sandbox.connections(), sandbox.total()), (2, 2), "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_never_repeated_even_on_a_reused_connection() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    assert!(is_done(&send(&mailer, &mail("one")).await));
    sandbox.set_fault(Fault::always(Point::Dot, Act::Close { keep: true }).times(1)).await.unwrap();
    assert!(matches!(send(&mailer, &mail("two")).await, Outcome::Unknown { .. }));
    assert_eq!(sandbox.count_by_message_id()["two@bau.example"], 1);
}

#[tokio::test]
async fn a_fault_that_stays_ends_after_one_fresh_connection() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    assert!(is_done(&send(&mailer, &mail("one")).await));
    sandbox.set_fault(Fault::always(Point::Data, Act::Close { keep: false })).await.unwrap();
    assert!(matches!(send(&mailer, &mail("two")).await, Outcome::Retry { .. }));
    assert_eq!(sandbox.connections(), 2);
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_in_use() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    for (at, code) in [(Point::Mail, 550), (Point::Rcpt, 550), (Point::Data, 451), (Point::Dot, 554)] {
        sandbox.set_fault(Fault::always(at, Act::Reply { code, text: "no".to_owned() }).times(1)).await.unwrap();
        assert!(!is_done(&send(&mailer, &mail("refused")).await));
        assert!(is_done(&send(&mailer, &mail("taken")).await));
    }
    assert_eq!((sandbox.connections(), sandbox.total()), (1, 4));
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let sandbox = sandbox().await;
    let mut settings = smtp_settings(&sandbox);
    settings.idle = Duration::from_millis(50);
    let mailer = SmtpMailer::new(settings).unwrap();
    for round in 1..=2 {
        assert!(is_done(&send(&mailer, &mail("x")).await));
        assert_eq!(sandbox.connections(), round);
        until("the idle connection was closed", || sandbox.open_connections() == 0).await;
    }
}

#[tokio::test]
async fn closing_says_goodbye_and_refuses_what_comes_later() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    assert!(is_done(&send(&mailer, &mail("x")).await));
    mailer.close().await;
    until("the connection was closed", || sandbox.open_connections() == 0).await;
    assert!(matches!(send(&mailer, &mail("y")).await, Outcome::Retry { .. }));
}

#[tokio::test]
async fn too_many_connections_is_a_retry() {
    let sandbox = sandbox().await;
    sandbox.set_connections_max(1);
    let first = mailer(&sandbox);
    assert!(is_done(&send(&first, &mail("x")).await));
    let Outcome::Retry { reason, .. } = send(&mailer(&sandbox), &mail("y")).await else { panic!("a retry") };
    assert!(reason.contains("421"), "{reason}");
}

#[tokio::test]
async fn a_stopped_server_frees_its_port_and_is_a_retry() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    assert!(is_done(&send(&mailer, &mail("x")).await));
    sandbox.stop().await;
    assert!(matches!(send(&mailer, &mail("y")).await, Outcome::Retry { .. }));
    let mut settings = super::sandbox_settings();
    settings.listen = sandbox.addr();
    let again = SmtpSandbox::start(settings).await.unwrap();
    assert!(is_done(&send(&mailer, &mail("y")).await));
    assert_eq!(again.total(), 1);
}
