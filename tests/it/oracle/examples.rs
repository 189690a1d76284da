//! Hand-made examples for the oracle itself: each sentence of DESIGN section 5 with figures that a reader can check by
//! heart. If one of these fails, the oracle is wrong; if they hold and the binary differs, look at the binary first.

use super::model::{Invoice, Options, Outcome};
use super::simulation::expected;
use super::workflow_file;

const HEAD: &str = r#"
timezone = "Europe/Berlin"
holidays = "none"
[business_hours]
days = ["mon", "tue", "wed", "thu", "fri"]
start = "09:00"
end = "15:00"
"#;

pub(super) fn stage(key: &str, kind: &str, more: &str) -> String {
    format!("[[stages]]\nkey = \"{key}\"\nkind = \"{kind}\"\nautomation = \"dispatch\"\nchannel = \"email\"\n{more}\n")
}

/// One reminder three days after the due date, a second at ten days, a dunning a week after that.
pub(super) fn three_stages() -> String {
    [
        stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 3"),
        stage("r2", "reminder", "anchor = \"due_date\"\nafter_days = 10\ntime_of_day = \"10:30\""),
        stage("d1", "dunning", "anchor = \"previous_stage\"\nafter_days = 7\nfee = \"5.00\""),
    ]
    .concat()
}

pub(super) fn invoice(number: &str, due_date: &str) -> Invoice {
    let due_date = due_date.parse().expect("a date");
    Invoice {
        number: number.to_owned(),
        customer: format!("customer of {number}"),
        has_email: true,
        invoice_date: due_date - chrono::Days::new(14),
        due_date,
        amount_minor: 10_000,
        currency: "EUR".to_owned(),
        paid_on: None,
    }
}

pub(super) fn paid(invoice: Invoice, paid_on: &str) -> Invoice {
    Invoice { paid_on: Some(paid_on.parse().expect("a date")), ..invoice }
}

pub(super) fn of_customer(invoice: Invoice, customer: &str) -> Invoice {
    Invoice { customer: customer.to_owned(), ..invoice }
}

pub(super) fn span(from: &str, to: &str) -> Options {
    let date = |written: &str| written.parse().expect("a date");
    Options { from: date(from), to: date(to), every_seconds: None, consolidate: Some(false), max_active: None, down: Vec::new() }
}

pub(super) fn run(invoices: &[Invoice], workflow: &str, options: &Options) -> Outcome {
    expected(invoices, &workflow_file::read(workflow), options)
}

/// `instant stage channel invoices`, one string a dispatch.
pub(super) fn told(outcome: &Outcome) -> Vec<String> {
    let lines = |dispatch: &super::model::Dispatch| {
        let lines = dispatch.lines.iter().map(|line| format!("{}:{}", line.invoice, line.stage));
        lines.collect::<Vec<_>>().join("+")
    };
    let told = outcome.dispatches.iter();
    told.map(|dispatch| format!("{} {} {} {}", dispatch.at, dispatch.stage, dispatch.channel, lines(dispatch))).collect()
}

/// Twelve overdue invoices for ten places: the ten with the earliest due dates begin; one is paid and number eleven enters with its
/// own full ladder; another one is and number twelve does.
#[test]
fn places_go_by_due_date_and_are_given_on() {
    let number = |n: usize| format!("R{n:02}");
    // The higher the number, the earlier it was due.
    let mut invoices: Vec<Invoice> = (1..=12).map(|n| invoice(&number(n), &format!("2013-04-{:02}", 21 - n))).collect();
    invoices[11] = paid(invoices[11].clone(), "2013-05-08");
    invoices[4] = paid(invoices[4].clone(), "2013-05-09");
    let options = Options { max_active: Some(10), ..span("2013-05-06", "2013-05-11") };
    let outcome = run(&invoices, &standard(), &options);
    let first = told(&outcome).into_iter().filter(|line| line.contains(" r1 ")).collect::<Vec<_>>();
    let (at_once, later) = first.split_at(10);
    assert!(at_once.iter().all(|line| line.starts_with("2013-05-06T09:00:00+02:00")), "{at_once:?}");
    assert!((3..=12).all(|n| at_once.iter().any(|line| line.contains(&number(n)))), "{at_once:?}");
    assert_eq!(later, ["2013-05-08T09:00:00+02:00 r1 email R02:r1", "2013-05-09T09:00:00+02:00 r1 email R01:r1"]);
}

fn standard() -> String {
    HEAD.to_owned() + &three_stages()
}

#[test]
fn the_issues_example() {
    let invoices = [paid(invoice("9982796720", "2013-11-17"), "2013-12-01")];
    let outcome = run(&invoices, &standard(), &span("2012-01-01", "2014-03-01"));
    assert_eq!(told(&outcome), ["2013-11-20T09:00:00+01:00 r1 email 9982796720:r1", "2013-11-27T10:30:00+01:00 r2 email 9982796720:r2"]);
    assert_eq!(outcome.instances[0].state, "settled");
    assert_eq!(outcome.instances[0].stages, ["r1", "r2"]);
}

#[test]
fn a_saturday_at_half_past_ten_leaves_on_monday_at_nine() {
    // Due on a Wednesday: + 3 is a Saturday; the second stage (+ 10) is the Saturday after that, at 10:30.
    let outcome = run(&[invoice("A", "2013-05-01")], &standard(), &span("2013-01-01", "2013-05-20"));
    assert_eq!(told(&outcome), ["2013-05-06T09:00:00+02:00 r1 email A:r1", "2013-05-13T09:00:00+02:00 r2 email A:r2"]);
}

#[test]
fn a_time_outside_of_the_window_means_the_next_windows_start() {
    let at = |time: &str| {
        let more = format!("anchor = \"due_date\"\nafter_days = 1\ntime_of_day = \"{time}\"");
        told(&run(&[invoice("A", "2013-05-01")], &(HEAD.to_owned() + &stage("r1", "reminder", &more)), &span("2013-01-01", "2013-06-01")))
    };
    assert_eq!(at("07:00"), ["2013-05-02T09:00:00+02:00 r1 email A:r1"]);
    assert_eq!(at("14:59"), ["2013-05-02T14:59:00+02:00 r1 email A:r1"]);
    assert_eq!(at("15:00"), ["2013-05-03T09:00:00+02:00 r1 email A:r1"]);
}

#[test]
fn a_payment_known_from_midnight_comes_before_that_days_decisions() {
    let before = run(&[paid(invoice("A", "2013-05-06"), "2013-05-09")], &standard(), &span("2013-01-01", "2013-06-01"));
    let after = run(&[paid(invoice("A", "2013-05-06"), "2013-05-10")], &standard(), &span("2013-01-01", "2013-06-01"));
    assert_eq!(told(&before), Vec::<String>::new());
    assert_eq!(told(&after), ["2013-05-09T09:00:00+02:00 r1 email A:r1"]);
}

#[test]
fn an_open_amount_equal_to_the_minimum_is_dunned() {
    let below = Invoice { amount_minor: 999, ..invoice("A", "2013-05-06") };
    let equal = Invoice { amount_minor: 1_000, ..invoice("B", "2013-05-06") };
    let workflow = HEAD.to_owned() + "[rules]\nminimum_amount = { EUR = \"10.00\" }\n" + &three_stages();
    let outcome = run(&[below, equal], &workflow, &span("2013-05-01", "2013-05-10"));
    assert_eq!(told(&outcome), ["2013-05-09T09:00:00+02:00 r1 email B:r1"]);
    assert_eq!([outcome.instances[0].state.as_str(), outcome.instances[1].state.as_str()], ["blocked", "waiting"]);
}

#[test]
fn late_stages_leave_one_at_a_time_and_keep_the_gap() {
    // Everything is long due when the rehearsal starts on a Sunday: Monday, the gap of three days, then a week.
    let outcome = run(&[invoice("A", "2013-01-01")], &standard(), &span("2013-06-02", "2013-07-01"));
    assert_eq!(
        told(&outcome),
        ["2013-06-03T09:00:00+02:00 r1 email A:r1", "2013-06-06T10:30:00+02:00 r2 email A:r2", "2013-06-13T09:00:00+02:00 d1 email A:d1"]
    );
    assert_eq!(outcome.instances[0].state, "exhausted");
    assert_eq!(outcome.dispatches[2].fee_minor, 500);
}

#[test]
fn without_a_window_a_late_stage_leaves_at_once_and_others_at_nine() {
    let workflow = "timezone = \"Europe/Berlin\"\nholidays = \"none\"\n".to_owned() + &three_stages();
    let outcome = run(&[invoice("A", "2013-05-01"), invoice("B", "2013-06-01")], &workflow, &span("2013-06-02", "2013-06-05"));
    assert_eq!(told(&outcome), ["2013-06-02T00:00:00+02:00 r1 email A:r1", "2013-06-04T09:00:00+02:00 r1 email B:r1"]);
}

#[test]
fn an_invoice_enters_on_its_date_and_never_on_or_after_the_end() {
    let invoices = [invoice("A", "2013-05-14"), invoice("B", "2013-05-15")];
    let outcome = run(&invoices, &standard(), &span("2013-01-01", "2013-05-01"));
    assert_eq!(outcome.instances.iter().map(|instance| instance.invoice.as_str()).collect::<Vec<_>>(), ["A"]);
}

#[test]
fn consolidation_takes_all_of_the_day_along_in_the_highest_stages_words() {
    // A's second reminder is due on 13 May at 10:30, B's first on the same day at 09:00, C's first only on 14 May.
    let invoices = [
        of_customer(invoice("A", "2013-05-03"), "K"),
        of_customer(invoice("B", "2013-05-10"), "K"),
        of_customer(invoice("C", "2013-05-11"), "K"),
    ];
    let options = Options { consolidate: Some(true), ..span("2013-05-01", "2013-05-21") };
    let outcome = run(&invoices, &standard(), &options);
    assert_eq!(
        told(&outcome),
        [
            "2013-05-06T09:00:00+02:00 r1 email A:r1",
            "2013-05-13T09:00:00+02:00 r2 email A:r2+B:r1",
            "2013-05-14T09:00:00+02:00 r1 email C:r1",
            "2013-05-20T09:00:00+02:00 d1 email A:d1+B:r2"
        ]
    );
    assert_eq!(outcome.dispatches[1].total_minor, 20_000);
}

#[test]
fn without_an_address_mail_becomes_paper_and_post_stays_post() {
    let channel = |medium: &str| {
        let more = "anchor = \"due_date\"\nafter_days = 3";
        let workflow = HEAD.to_owned() + &stage("r1", "reminder", more).replace("\"email\"", &format!("\"{medium}\""));
        let with = invoice("A", "2013-05-06");
        let without = Invoice { has_email: false, ..invoice("B", "2013-05-06") };
        let outcome = run(&[with, without], &workflow, &span("2013-05-01", "2013-06-01"));
        outcome.dispatches.iter().map(|dispatch| dispatch.channel.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(channel("email"), "email paper");
    assert_eq!(channel("post"), "post post");
    assert_eq!(channel("email_and_post"), "email post");
    assert_eq!(channel("email_then_post"), "email post");
}

#[test]
fn the_throttle_of_the_reference() {
    // reference/dunning.md section 5: 400 due on Thursday 24 December 2026, one a minute, 09:00 to 15:00, holidays.
    let invoices: Vec<Invoice> = (0..400).map(|number| invoice(&format!("{number:03}"), "2026-12-21")).collect();
    let workflow = standard().replace("\"none\"", "\"DE-BE\"");
    let options = Options { every_seconds: Some(60), ..span("2026-12-01", "2026-12-29") };
    let told = told(&run(&invoices, &workflow, &options));
    assert_eq!(told.len(), 400);
    assert_eq!(told[0], "2026-12-24T09:00:00+01:00 r1 email 000:r1");
    assert_eq!(told[359], "2026-12-24T14:59:00+01:00 r1 email 359:r1");
    assert_eq!(told[360], "2026-12-28T09:00:00+01:00 r1 email 360:r1");
    assert_eq!(told[399], "2026-12-28T09:39:00+01:00 r1 email 399:r1");
}

#[test]
fn a_free_slot_is_filled_by_those_behind_and_paper_takes_none() {
    // One a day. B is paid before its turn, so C moves up; P goes by paper on the first day.
    let paper = Invoice { has_email: false, ..invoice("P", "2013-05-03") };
    let invoices = [invoice("A", "2013-05-03"), paid(invoice("B", "2013-05-03"), "2013-05-07"), invoice("C", "2013-05-03"), paper];
    let first_only = HEAD.to_owned() + &stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 3");
    let options = Options { every_seconds: Some(86_400), ..span("2013-05-01", "2013-05-20") };
    let outcome = run(&invoices, &first_only, &options);
    assert_eq!(
        told(&outcome),
        ["2013-05-06T09:00:00+02:00 r1 email A:r1", "2013-05-06T09:00:00+02:00 r1 paper P:r1", "2013-05-07T09:00:00+02:00 r1 email C:r1"]
    );
}

#[test]
fn the_queue_goes_by_instant_then_stage_date_due_date_and_number() {
    // Saturday's and Sunday's stage dates both leave on Monday at 09:00: the older stage date first, then the number.
    let invoices = [invoice("A", "2013-05-02"), invoice("C", "2013-05-01"), invoice("B", "2013-05-01"), invoice("0", "2013-05-04")];
    let first_only = HEAD.to_owned() + &stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 3");
    let options = Options { every_seconds: Some(90_000), ..span("2013-05-01", "2013-05-20") };
    assert_eq!(
        told(&run(&invoices, &first_only, &options)),
        [
            "2013-05-06T09:00:00+02:00 r1 email B:r1",
            "2013-05-07T10:00:00+02:00 r1 email C:r1",
            "2013-05-08T11:00:00+02:00 r1 email A:r1",
            "2013-05-09T12:00:00+02:00 r1 email 0:r1"
        ]
    );
}

#[test]
fn a_notice_that_waited_takes_the_later_days_instances_along() {
    // One a day, customers X and K: K's notice waits behind X's and leaves on Tuesday with what has become due by then.
    let invoices = [
        of_customer(invoice("A", "2013-05-02"), "X"),
        of_customer(invoice("B", "2013-05-03"), "K"),
        of_customer(invoice("C", "2013-05-04"), "K"),
    ];
    let first_only = HEAD.to_owned() + &stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 3");
    let options = Options { every_seconds: Some(86_400), consolidate: Some(true), ..span("2013-05-01", "2013-05-20") };
    assert_eq!(
        told(&run(&invoices, &first_only, &options)),
        ["2013-05-06T09:00:00+02:00 r1 email A:r1", "2013-05-07T09:00:00+02:00 r1 email B:r1+C:r1"]
    );
}

#[test]
fn a_proposed_stage_waits_for_a_person() {
    let proposed = stage("r1", "reminder", "anchor = \"due_date\"\nafter_days = 3").replace("\"dispatch\"", "\"propose\"");
    let outcome = run(&[invoice("A", "2013-05-03")], &(HEAD.to_owned() + &proposed), &span("2013-05-01", "2013-05-20"));
    assert_eq!(told(&outcome), Vec::<String>::new());
    assert_eq!(outcome.instances[0].state, "proposed");
}

#[test]
fn what_is_due_but_still_queued_at_the_end_waits() {
    let options = Options { every_seconds: Some(86_400), ..span("2013-05-01", "2013-05-07") };
    let outcome = run(&[invoice("A", "2013-05-03"), invoice("B", "2013-05-03")], &standard(), &options);
    let ends: Vec<_> = outcome.instances.iter().map(|instance| (instance.state.as_str(), instance.stages.len())).collect();
    assert_eq!(ends, [("waiting", 1), ("waiting", 0)]);
}
