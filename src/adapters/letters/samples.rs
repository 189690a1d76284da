//! Notices and texts for this folder's tests; the data is that of `tests/it/letters`.

use crate::domain::document::NoticeText;
use crate::domain::notice::{Line, Notice};
use chrono::{Days, NaiveDate};

/// A dunning notice with `rows` invoices.
pub(super) fn notice(language: &str, rows: u32) -> Notice {
    let base: Notice = serde_json::from_str(include_str!("../../../tests/it/letters/notice.json")).unwrap();
    let start = NaiveDate::from_ymd_opt(2013, 1, 3).unwrap();
    let lines = (1..=rows).map(|number| {
        let invoice_date = start + Days::new(3 * u64::from(number));
        let due_date = invoice_date + Days::new(30);
        let amount_minor = 5_594 + 12_345 * i64::from(number);
        Line {
            invoice: format!("RE-2013-{number:04}"),
            stage: base.stage.clone(),
            invoice_date,
            due_date,
            amount_minor,
            open_minor: amount_minor - 1_000 * i64::from(number % 2),
            days_overdue: (base.date - due_date).num_days(),
        }
    });
    Notice { language: language.to_owned(), lines: lines.collect(), ..base.clone() }
}

/// A text with every kind of block.
pub(super) fn text(language: &str) -> NoticeText {
    let json = if language.starts_with("de") {
        include_str!("../../../tests/it/letters/text.de.json")
    } else {
        include_str!("../../../tests/it/letters/text.en.json")
    };
    serde_json::from_str(json).unwrap()
}
