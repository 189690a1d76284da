//! The chart of what is due: a bar a day, letters upon mails. Drawn here, so that it needs no script.

use super::figures::DueDay;
use crate::domain::format::short_date;
use crate::web::language::Language;
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The drawing's size in its own units.
pub(super) const WIDTH: i64 = 720;
pub(super) const HEIGHT: i64 = 150;
const FOOT: i64 = 20;
const STEP: i64 = 24;

/// One day of the chart.
pub(super) struct Bar {
    pub(super) x: i64,
    pub(super) mail_y: i64,
    pub(super) mail_height: i64,
    pub(super) post_y: i64,
    pub(super) post_height: i64,
    /// Under the first day and every Monday.
    pub(super) label: Option<String>,
    pub(super) date: String,
    pub(super) iso: String,
    pub(super) by_mail: i64,
    pub(super) by_post: i64,
}

/// Bars from `today` on. The highest fills the drawing; whatever is more than nothing can be seen.
pub(super) fn bars(days: &[DueDay], today: NaiveDate, language: Language) -> Vec<Bar> {
    let highest = days.iter().map(|day| day.by_mail + day.by_post).max().unwrap_or(0).max(1);
    let room = HEIGHT - FOOT;
    let height = |count: i64| if count == 0 { 0 } else { (count * (room - 4) / highest).max(2) };
    let date = |ahead: usize| today.checked_add_days(Days::new(u64::try_from(ahead).unwrap_or(0))).unwrap_or(today);
    let bar = |(ahead, day): (usize, &DueDay)| {
        let (mail, post, date) = (height(day.by_mail), height(day.by_post), date(ahead));
        let named = ahead == 0 || (date.weekday() == Weekday::Mon && ahead > 2);
        Bar {
            x: i64::try_from(ahead).unwrap_or(0) * STEP,
            mail_y: room - mail,
            mail_height: mail,
            post_y: room - mail - post,
            post_height: post,
            label: named.then(|| date.format(if language == Language::German { "%d.%m." } else { "%d %b" }).to_string()),
            date: short_date(language.tag(), date),
            iso: date.to_string(),
            by_mail: day.by_mail,
            by_post: day.by_post,
        }
    };
    days.iter().enumerate().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_foot_and_the_smallest_can_be_seen() {
        let days = [DueDay { by_mail: 1000, by_post: 0 }, DueDay { by_mail: 1, by_post: 1 }, DueDay::default()];
        let bars = bars(&days, NaiveDate::from_ymd_opt(2026, 11, 28).expect("a day"), Language::German);
        let drawn: Vec<_> = bars.iter().map(|bar| (bar.mail_y, bar.mail_height, bar.post_y, bar.post_height)).collect();
        assert_eq!(drawn, [(4, 126, 4, 0), (128, 2, 126, 2), (130, 0, 130, 0)]);
        assert_eq!((bars[0].label.as_deref(), bars[2].iso.as_str()), (Some("28.11."), "2026-11-30"));
    }
}
