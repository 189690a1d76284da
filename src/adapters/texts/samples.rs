//! Invented notices that every text is tried on when it is loaded: ordinary ones, bare ones and a hostile one.

use crate::domain::ids::NoticeId;
use crate::domain::money::Currency;
use crate::domain::notice::{Account, Creditor, Kind, Line, Notice, Recipient};
use chrono::{Days, NaiveDate};

/// All samples with what they are, for the message that names the one a text failed on.
pub(super) fn all() -> Vec<(&'static str, Notice)> {
    vec![
        ("one invoice", one()),
        ("one invoice with a fee", with_fee(one())),
        ("several invoices", several()),
        ("several invoices with a fee", with_fee(several())),
        ("forty invoices", many()),
        ("nothing known but names and amounts", bare()),
        ("a hostile customer", hostile()),
    ]
}

/// What a person may look at a text with.
pub const EXAMPLES: [&str; 6] = ["one", "one-fee", "several", "several-fee", "many", "bare"];

/// One of the [`EXAMPLES`] as it would leave on `date`; the first where there is none of this name.
#[must_use]
pub fn example(name: &str, date: NaiveDate) -> Notice {
    let notice = match name {
        "one-fee" => with_fee(one()),
        "several" => several(),
        "several-fee" => with_fee(several()),
        "many" => many(),
        "bare" => bare(),
        _ => one(),
    };
    let moved = |day: NaiveDate| date + (day - notice.date);
    let lines = notice.lines.iter().cloned();
    let lines = lines.map(|line| Line { invoice_date: moved(line.invoice_date), due_date: moved(line.due_date), ..line }).collect();
    Notice { date, pay_by: moved(notice.pay_by), lines, ..notice }
}

/// One invoice, everything known.
pub(super) fn one() -> Notice {
    let date = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default();
    Notice {
        id: NoticeId("0".repeat(32)),
        language: "de".to_owned(),
        stage: "reminder-1".to_owned(),
        kind: Kind::Reminder,
        template: "reminder-1".to_owned(),
        date,
        pay_by: date + Days::new(10),
        currency: Currency::EUR,
        lines: vec![line("RE-2026-0815", date, 17, 119_000, 119_000)],
        fee_minor: 0,
        creditor: creditor(),
        recipient: recipient(),
        test: false,
    }
}

/// Three invoices, one of them paid in part.
pub(super) fn several() -> Notice {
    let one = one();
    let lines = vec![
        line("RE-2026-0702", one.date, 48, 35_700, 35_700),
        line("RE-2026-0744", one.date, 31, 50_000, 12_550),
        line("RE-2026-0815", one.date, 17, 119_000, 119_000),
    ];
    Notice { lines, ..one }
}

/// The same with a fee.
pub(super) fn with_fee(notice: Notice) -> Notice {
    Notice { fee_minor: 250, ..notice }
}

fn many() -> Notice {
    let one = one();
    let lines = (0..40_u32).map(|n| line(&format!("RE-2026-{n:04}"), one.date, u64::from(n), 10_000, 10_000)).collect();
    Notice { lines, ..one }
}

/// As little as a notice can know, in a currency without decimals.
pub(super) fn bare() -> Notice {
    Notice {
        creditor: Creditor { name: creditor().name, ..Creditor::default() },
        recipient: Recipient::default(),
        currency: Currency::parse("JPY").unwrap_or(Currency::EUR),
        ..one()
    }
}

/// Everything foreign in it tries to become markup, a header or a second placeholder.
pub(super) fn hostile() -> Notice {
    let attack = "<script>alert(1)</script> {{total}} {{{x}}} #h **b** [x](https://evil.example) ![i](https://evil.example/i.png)\r\n\
                  Bcc: a@evil.example\n\n    code\n- list\n1. x\n> q\n---\n\u{202E}\u{E000}41\u{E001}\u{E002}\0\u{7} 👍 \" ' & \\ `c`";
    let mut hostile = one();
    hostile.lines.push(line(attack, hostile.date, 3, 1, 1));
    attack.clone_into(&mut hostile.recipient.name);
    attack.clone_into(&mut hostile.recipient.number);
    hostile.creditor = Creditor {
        name: attack.to_owned(),
        contact: attack.to_owned(),
        phone: attack.to_owned(),
        email: attack.to_owned(),
        bank: attack.to_owned(),
        iban: attack.to_owned(),
        bic: attack.to_owned(),
        footer: vec![attack.to_owned()],
        second_account: Account { bank: attack.to_owned(), iban: attack.to_owned(), bic: attack.to_owned() },
        ..creditor()
    };
    hostile
}

pub(super) fn line(invoice: &str, date: NaiveDate, days_overdue: u64, amount_minor: i64, open_minor: i64) -> Line {
    let due_date = date - Days::new(days_overdue);
    Line {
        invoice: invoice.to_owned(),
        stage: "reminder-1".to_owned(),
        invoice_date: due_date - Days::new(14),
        due_date,
        amount_minor,
        open_minor,
        days_overdue: i64::try_from(days_overdue).unwrap_or(0),
    }
}

fn creditor() -> Creditor {
    let text = str::to_owned;
    Creditor {
        name: text("Lechtal Werkzeugbau GmbH"),
        street: text("Am Mühlbach 12"),
        postcode: text("86150"),
        city: text("Augsburg"),
        country: text("DE"),
        email: text("buchhaltung@lechtal-werkzeugbau.example"),
        phone: text("0821 555 01 20"),
        website: text("www.lechtal-werkzeugbau.example"),
        contact: text("Maria Huber"),
        bank: text("Deutsche Kreditbank"),
        iban: text("DE02120300000000202051"),
        bic: text("BYLADEM1001"),
        tax_id: text("DE123456789"),
        footer: vec![text("Geschäftsführer: Josef Lechner · Amtsgericht Augsburg HRB 12345")],
        second_account: Account::default(),
    }
}

fn recipient() -> Recipient {
    let text = str::to_owned;
    Recipient {
        number: text("10042"),
        name: text("Holzbau Seidl OHG"),
        email: text("rechnung@holzbau-seidl.example"),
        email_rule: text("business"),
        street: text("Industriestraße 7"),
        postcode: text("86399"),
        city: text("Bobingen"),
        country: text("DE"),
    }
}
