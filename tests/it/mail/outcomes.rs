//! Each way a hand-over can end, against a server that ends it so: what is said, and how many messages the server kept.

use super::{SOON, envelope, is_done, mail, mailer, sandbox, sandbox_settings, send, smtp_settings};
use mahnwerk::adapters::mail::{SmtpMailer, compose};
use mahnwerk::adapters::sandbox::smtp::{Act, Fault, Point, SmtpSandbox};
use mahnwerk::engine::ports::{Attachment, Mail, Mailer, Outcome};
use std::time::{Duration, Instant};

fn reply(code: u16) -> Act {
    Act::Reply { code, text: "so sagt es der Server".to_owned() }
}

/// `Done`, `Retry`, `Failed` or `Unknown`; every one must carry words.
fn kind(outcome: &Outcome) -> &'static str {
    let (kind, words) = match outcome {
        Outcome::Done { reply } => ("Done", reply),
        Outcome::Retry { reason, .. } => ("Retry", reason),
        Outcome::Failed { reason } => ("Failed", reason),
        Outcome::Unknown { reason } => ("Unknown", reason),
    };
    assert!(!words.is_empty());
    kind
}

fn words(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done { reply } => reply,
        Outcome::Retry { reason, .. } | Outcome::Failed { reason } | Outcome::Unknown { reason } => reason,
    }
}

/// Sends one mail into a server with this fault; then the fault is gone and the same mailer must work at once.
async fn outcome_of(fault: Fault, pipelining: bool) -> (Outcome, u64) {
    let mut settings = sandbox_settings();
    settings.pipelining = pipelining;
    let sandbox = SmtpSandbox::start(settings).await.unwrap();
    let mailer = mailer(&sandbox);
    sandbox.set_fault(fault).await.unwrap();
    let outcome = send(&mailer, &mail("first")).await;
    let kept = sandbox.total();
    sandbox.clear_faults().await;
    assert!(is_done(&send(&mailer, &mail("second")).await), "the mailer recovers after {outcome:?}");
    assert_eq!(sandbox.count_by_message_id()["second@bau.example"], 1);
    (outcome, kept)
}

#[tokio::test]
async fn every_fault_has_its_outcome() {
    let close = |keep| Act::Close { keep };
    for (at, act, expected, kept) in [
        (Point::Connect, Act::Refuse, "Retry", 0),
        (Point::Connect, reply(421), "Retry", 0),
        (Point::Connect, reply(554), "Retry", 0),
        (Point::Connect, close(false), "Retry", 0),
        (Point::Ehlo, reply(550), "Retry", 0),
        (Point::Mail, reply(451), "Retry", 0),
        (Point::Mail, reply(421), "Retry", 0),
        (Point::Mail, reply(550), "Failed", 0),
        (Point::Mail, close(false), "Retry", 0),
        (Point::Rcpt, reply(450), "Retry", 0),
        (Point::Rcpt, reply(550), "Failed", 0),
        (Point::Rcpt, close(false), "Retry", 0),
        (Point::Rcpt, Act::Greylist, "Retry", 0),
        (Point::Data, reply(451), "Retry", 0),
        (Point::Data, reply(554), "Failed", 0),
        (Point::Data, reply(421), "Retry", 0),
        (Point::Data, close(false), "Retry", 0),
        (Point::Body, close(false), "Unknown", 0),
        (Point::Dot, reply(451), "Retry", 0),
        (Point::Dot, reply(421), "Retry", 0),
        (Point::Dot, reply(554), "Failed", 0),
        (Point::Dot, close(false), "Unknown", 0),
        (Point::Dot, close(true), "Unknown", 1),
    ] {
        for pipelining in [true, false] {
            let (outcome, count) = outcome_of(Fault::always(at, act.clone()), pipelining).await;
            assert_eq!((kind(&outcome), count), (expected, kept), "{at:?} {act:?} pipelining {pipelining}: {outcome:?}");
            if matches!(act, Act::Reply { .. }) {
                assert!(words(&outcome).contains("so sagt es der Server"), "the server's own words: {outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_big_message_cut_off_in_the_middle_was_certainly_not_delivered() {
    let sandbox = sandbox().await;
    sandbox.set_fault(Fault::always(Point::Body, Act::Close { keep: false })).await.unwrap();
    let big = Mail { attachments: vec![pdf(20 << 20)], ..mail("big") };
    let outcome = send(&mailer(&sandbox), &big).await;
    assert_eq!((kind(&outcome), sandbox.total()), ("Retry", 0), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_unknown_after_the_dot_and_a_retry_before() {
    for (at, expected, kept) in [(Point::Mail, "Retry", 0), (Point::Data, "Retry", 0), (Point::Dot, "Unknown", 1)] {
        let sandbox = sandbox().await;
        let mut settings = smtp_settings(&sandbox);
        settings.timeouts.reply = Duration::from_millis(150);
        settings.timeouts.delivery = Duration::from_millis(150);
        sandbox.set_fault(Fault::always(at, Act::Delay { ms: 60_000 })).await.unwrap();
        let outcome = send(&SmtpMailer::new(settings).unwrap(), &mail("slow")).await;
        assert_eq!((kind(&outcome), sandbox.total()), (expected, kept), "{at:?}: {outcome:?}");
        assert!(words(&outcome).contains("150 ms"));
    }
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let sandbox = sandbox().await;
    for at in [Point::Connect, Point::Ehlo, Point::Mail, Point::Rcpt, Point::Data, Point::Dot] {
        sandbox.set_fault(Fault::always(at, Act::Delay { ms: 30 }).times(1)).await.unwrap();
    }
    let start = Instant::now();
    assert!(is_done(&send(&mailer(&sandbox), &mail("slow")).await));
    assert!(start.elapsed() >= Duration::from_millis(180) && sandbox.faults().is_empty());
}

#[tokio::test]
async fn greylisting_ends_with_the_second_attempt() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    sandbox.set_fault(Fault::always(Point::Rcpt, Act::Greylist)).await.unwrap();
    assert_eq!(kind(&send(&mailer, &mail("grey")).await), "Retry");
    assert!(is_done(&send(&mailer, &mail("grey")).await));
    assert_eq!(sandbox.total(), 1);
}

#[tokio::test]
async fn a_refused_copy_does_not_stop_the_mail_and_a_refused_debtor_stops_the_copies() {
    for pipelining in [true, false] {
        let mut settings = sandbox_settings();
        settings.pipelining = pipelining;
        let sandbox = SmtpSandbox::start(settings).await.unwrap();
        let mailer = mailer(&sandbox);
        for code in [550, 452] {
            sandbox.set_fault(Fault::always(Point::Rcpt, reply(code)).matching("kollege")).await.unwrap();
            let to = envelope(&["debtor@x.example", "kollege@x.example", "archiv@x.example"]);
            let outcome = mailer.send("n", &to, b"Subject: x\r\n\r\n").await;
            assert!(is_done(&outcome), "{outcome:?}");
            assert!(words(&outcome).contains(&format!("copies refused: RCPT TO:<kollege@x.example>: {code}")), "{outcome:?}");
            assert_eq!(sandbox.messages().pop().unwrap().recipients, ["debtor@x.example", "archiv@x.example"]);
            sandbox.clear_faults().await;
        }
        sandbox.set_fault(Fault::always(Point::Rcpt, reply(550)).matching("debtor")).await.unwrap();
        let outcome = mailer.send("n", &envelope(&["debtor@x.example", "archiv@x.example"]), b"Subject: x\r\n\r\n").await;
        assert_eq!((kind(&outcome), sandbox.total()), ("Failed", 2), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_message_over_the_announced_size_is_not_even_tried() {
    let mut settings = sandbox_settings();
    settings.message_bytes_max = 10_000;
    let sandbox = SmtpSandbox::start(settings).await.unwrap();
    let outcome = send(&mailer(&sandbox), &Mail { attachments: vec![pdf(20_000)], ..mail("big") }).await;
    assert_eq!(kind(&outcome), "Failed");
    assert!(words(&outcome).contains("at most 10000"), "{outcome:?}");
}

#[tokio::test]
async fn an_envelope_can_not_smuggle_a_command() {
    let sandbox = sandbox().await;
    for hostile in ["a@b.example>\r\nRCPT TO:<c@d.example", "", "a b@c.example", "ä@b.example"] {
        let outcome = mailer(&sandbox).send("n", &envelope(&[hostile]), b"Subject: x\r\n\r\n").await;
        assert_eq!(kind(&outcome), "Failed", "{hostile:?}");
    }
    assert_eq!(kind(&mailer(&sandbox).send("n", &envelope(&[]), b"x").await), "Failed");
    assert_eq!(sandbox.total(), 0);
}

#[tokio::test]
async fn what_arrives_is_what_was_composed() {
    let sandbox = sandbox().await;
    let mailer = mailer(&sandbox);
    for size in [0, 1, 5 << 20] {
        let given = Mail { attachments: vec![pdf(size)], cc: vec!["kopie@markt.example".to_owned()], ..mail(&format!("size-{size}")) };
        let (envelope, bytes) = compose(&given).unwrap();
        assert!(is_done(&mailer.send("n", &envelope, &bytes).await));
        let received = sandbox.messages().pop().unwrap();
        assert!(received.bytes == bytes, "byte for byte, {size} bytes of attachment");
        assert_eq!((&received.sender, &received.recipients), (&envelope.from, &envelope.recipients));
        assert_eq!(received.message_id.as_deref(), Some(given.message_id.as_str()));
    }
    // Dots and lone line ends at every awkward place.
    let awkward = b".\r\n..\r\n\r\n.x\r\n. \r\n.\n.\r\r\n..";
    assert!(is_done(&mailer.send("n", &envelope(&["a@b.example"]), awkward).await));
    assert_eq!(sandbox.messages().pop().unwrap().bytes, b".\r\n..\r\n\r\n.x\r\n. \r\n.\r\n.\r\n\r\n..\r\n");
    sandbox.wait_for(4, SOON).await.unwrap();
}

fn pdf(size: usize) -> Attachment {
    let bytes = (0..size).map(|n| u8::try_from(n * n % 251).unwrap()).collect();
    Attachment { name: "Mahnung.pdf".to_owned(), content_type: "application/pdf".to_owned(), bytes }
}
