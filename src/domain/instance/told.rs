//! Why an instance still waits, in a sentence: the one source of its words, in German and English, for whoever shows it.
//!
//! A sentence begins small and has no full stop, so that it may stand after a colon as well as for itself. How days and amounts are
//! written is the caller's.

use super::{DateRule, Hindrance};
use chrono::NaiveDate;

/// How a sentence is written.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    /// `de`; anything else is English.
    pub language: &'a str,
    pub day: &'a dyn Fn(NaiveDate) -> String,
    /// An amount in minor units, in the invoice's currency.
    pub amount: &'a dyn Fn(i64) -> String,
}

impl std::fmt::Debug for Teller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Teller").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Teller<'_> {
    fn pick(&self, german: &str, english: &str) -> String {
        if self.language == "de" { german } else { english }.to_owned()
    }

    /// The first rule that stops it.
    #[must_use]
    pub fn why(&self, why: &Hindrance) -> String {
        let Self { day, amount, .. } = self;
        match why {
            Hindrance::Date { stage_date, rule } => {
                let (date, rule) = (day(*stage_date), self.date_rule(*rule));
                self.pick(&format!("die Stufe ist erst am {date} fällig: {rule}"), &format!("the stage is not due before {date}: {rule}"))
            }
            Hindrance::TimeOfDay => self.pick("die Stufe geht heute zu einer späteren Uhrzeit hinaus", "the stage leaves later today"),
            Hindrance::Window => self.pick(
                "außerhalb der Geschäftszeiten des Mahnverfahrens, oder es ist Feiertag",
                "outside the workflow's business hours, or a holiday",
            ),
            Hindrance::OneADay => self.pick(
                "der Kunde hat heute schon ein Schreiben bekommen; mehr als eines am Tag bekommt er nicht",
                "the customer had a notice today, and gets one a day at most",
            ),
            Hindrance::Throttle => self.pick(
                "die Stufe ist fällig und wartet auf den nächsten freien Sendeplatz",
                "the stage is due and waits for its sender's next free slot",
            ),
            Hindrance::Place => self.pick(
                "die Stufe ist fällig; es werden gerade so viele Rechnungen gemahnt, wie zugleich erlaubt sind",
                "the stage is due; as many invoices as are allowed at once are being dunned",
            ),
            Hindrance::NextRound => {
                self.pick("nichts: Die Stufe ist fällig und geht gleich hinaus", "nothing: the stage is due and leaves at once")
            }
            Hindrance::BelowMinimum { dunnable_minor, minimum_minor } => {
                let (open, least) = (amount(*dunnable_minor), amount(*minimum_minor));
                self.pick(
                    &format!("{open} dürfen gemahnt werden; der Mindestbetrag des Mahnverfahrens ist {least}"),
                    &format!("{open} may be dunned, and the workflow's minimum is {least}"),
                )
            }
            Hindrance::Block { reason, until: Some(until) } => {
                let until = day(*until);
                self.pick(&format!("Mahnsperre bis {until}: {reason}"), &format!("it rests until {until}: {reason}"))
            }
            Hindrance::Block { reason, until: None } => self
                .pick(&format!("Mahnsperre, bis jemand sie aufhebt: {reason}"), &format!("it rests until somebody resumes it: {reason}")),
            Hindrance::Review { .. } => {
                self.pick("das Schreiben ist vorgeschlagen; jemand muss es freigeben", "its notice is proposed; a person has to release it")
            }
            Hindrance::UnderWay { .. } => self.pick("das Schreiben ist unterwegs", "its notice is on its way"),
            Hindrance::Failed { reason, .. } => self.pick(
                &format!("das Schreiben konnte nicht versendet werden: {reason}"),
                &format!("its notice could not be sent: {reason}"),
            ),
            Hindrance::Settled => self.pick("es ist nichts mehr offen", "nothing is open any more"),
            Hindrance::Ended => self.pick("die Forderung ist beendet", "the claim has ended"),
            Hindrance::Exhausted => {
                self.pick("alle Stufen des Mahnverfahrens sind durchlaufen", "every stage of its workflow is behind it")
            }
        }
    }

    fn date_rule(&self, rule: DateRule) -> String {
        let count = |days: u32| match (self.language == "de", days) {
            (true, 1) => "1 Tag".to_owned(),
            (true, days) => format!("{days} Tage"),
            (false, 1) => "1 day".to_owned(),
            (false, days) => format!("{days} days"),
        };
        match rule {
            DateRule::DueDate { days, shifted: false } => {
                self.pick(&format!("Fälligkeit und {}", count(days)), &format!("the due date and {}", count(days)))
            }
            DateRule::DueDate { days, shifted: true } => self.pick(
                &format!("Fälligkeit, auf den nächsten Werktag verschoben (§ 193 BGB), und {}", count(days)),
                &format!("the due date, moved to the next working day (§ 193 BGB), and {}", count(days)),
            ),
            DateRule::PreviousStage { days } => {
                self.pick(&format!("voriges Schreiben und {}", count(days)), &format!("the previous notice and {}", count(days)))
            }
            DateRule::Gap { days } => self.pick(
                &format!("zwischen zwei Schreiben liegen mindestens {}", count(days)),
                &format!("at least {} lie between two notices", count(days)),
            ),
        }
    }

    /// When it may go on: `at`, as the caller writes it, where an instant is known.
    #[must_use]
    pub fn next(&self, why: &Hindrance, at: Option<String>) -> String {
        match (why, at) {
            (Hindrance::NextRound, _) => self.pick("jetzt", "now"),
            (_, Some(at)) => at,
            (Hindrance::Throttle, None) => self.pick("wenn die davor versendet sind", "when those before it have left"),
            (Hindrance::Place, None) => self.pick("wenn ein Platz frei ist", "when a place is free"),
            (Hindrance::BelowMinimum { .. }, None) => self.pick("wenn mehr offen ist", "when more is open"),
            (Hindrance::Block { .. } | Hindrance::Review { .. } | Hindrance::Failed { .. }, None) => {
                self.pick("wenn jemand es entscheidet", "when a person acts")
            }
            (Hindrance::UnderWay { .. }, None) => self.pick("wenn es versendet ist", "when it has left"),
            _ => self.pick("nie", "never"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_tell_the_same() {
        let (day, amount) = (|date: NaiveDate| date.to_string(), |minor: i64| format!("{minor} ct"));
        let german = Teller { language: "de", day: &day, amount: &amount };
        let english = Teller { language: "en", ..german };
        let date = NaiveDate::from_ymd_opt(2026, 1, 12).unwrap();
        let why = Hindrance::Date { stage_date: date, rule: DateRule::DueDate { days: 1, shifted: false } };
        assert_eq!(german.why(&why), "die Stufe ist erst am 2026-01-12 fällig: Fälligkeit und 1 Tag");
        assert_eq!(english.why(&why), "the stage is not due before 2026-01-12: the due date and 1 day");
        let small = Hindrance::BelowMinimum { dunnable_minor: 400, minimum_minor: 500 };
        assert_eq!(english.why(&small), "400 ct may be dunned, and the workflow's minimum is 500 ct");
        assert_eq!((german.next(&small, None), english.next(&small, None)), ("wenn mehr offen ist".into(), "when more is open".into()));
        assert_eq!(english.next(&why, Some("Monday".to_owned())), "Monday");
    }
}
