//! The rehearsals on which binary and oracle are compared: other windows, zones, holidays, anchors, gaps, throttles,
//! channels and rules than the shipped file's. Each changes one thing of it, so that a difference names its cause.

use super::invented::{Business, FORMS, Form};
use super::ladder::{ALL_DAYS, Ladder, WEEKDAYS, WEEKEND, by_due, by_previous};
use super::model::Options;
use crate::support::dice::Dice;
use chrono::{Days, NaiveDate};

/// One rehearsal: its files and its command line.
#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) ladder: Ladder,
    pub(crate) business: Business,
    pub(crate) form: Form,
    pub(crate) options: Options,
}

impl Variant {
    /// Fourteen months from January 2012: weekends, four changes of the clock, Christmas and Easter.
    fn new(name: &str, ladder: Ladder) -> Self {
        Self::from_day(name, ladder, "2012-01-01")
    }

    fn from_day(name: &str, ladder: Ladder, first_day: &str) -> Self {
        let from = day(first_day);
        let seed = name.bytes().fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte));
        let business =
            Business { seed, invoices: 160, customers: 32, first_day: from - Days::new(40), days: 380, currency: "EUR", minimum: "10.00" };
        let options =
            Options { from, to: from + Days::new(425), every_seconds: None, consolidate: None, max_active: None, down: Vec::new() };
        let form = FORMS[name.len() % FORMS.len()];
        Self { name: name.to_owned(), ladder, business, form, options }
    }

    pub(crate) fn every(mut self, seconds: i64) -> Self {
        self.options.every_seconds = Some(seconds);
        self
    }

    pub(crate) fn consolidated(mut self, consolidate: bool) -> Self {
        self.options.consolidate = Some(consolidate);
        self
    }

    pub(crate) fn of(mut self, invoices: u64, customers: u64) -> Self {
        self.business.invoices = invoices;
        self.business.customers = customers;
        self
    }

    /// At most so many invoices are dunned at once.
    pub(crate) fn places(mut self, max: usize) -> Self {
        self.options.max_active = Some(max);
        self
    }

    /// Starts the rehearsal so many days after the file's first invoices.
    fn late_by(mut self, days: u64) -> Self {
        self.options.from = self.options.from + Days::new(days);
        self
    }
}

fn day(written: &str) -> NaiveDate {
    written.parse().expect("a date is YYYY-MM-DD")
}

fn zoned(zone: &'static str) -> Ladder {
    Ladder { zone, ..Ladder::shipped() }
}

fn open_always(zone: &'static str) -> Ladder {
    Ladder { zone, hours: None, ..Ladder::shipped() }
}

fn holidays(region: &'static str) -> Ladder {
    let rules = "consolidate = false\nlegal_due_shift = true\nminimum_amount = { EUR = \"10.00\" }\n".to_owned();
    Ladder { holidays: region, rules, ..Ladder::shipped() }
}

fn ruled(rules: &str) -> Ladder {
    Ladder { rules: rules.to_owned(), ..Ladder::shipped() }
}

/// Two stages that follow each other closely.
fn quick() -> Ladder {
    Ladder { stages: vec![by_due("reminder-1", 3), by_previous("dunning-1", 7)], ..Ladder::shipped() }
}

pub(crate) fn windows() -> Vec<Variant> {
    let hours = |days, start, end| Ladder { hours: Some((days, start, end)), ..Ladder::shipped() };
    let outside = vec![by_due("reminder-1", 3).at("07:15"), by_due("reminder-2", 10).at("15:00"), by_previous("dunning-1", 7).at("23:59")];
    let inside = vec![by_due("reminder-1", 0).at("14:59"), by_due("reminder-2", 10).at("09:00"), by_previous("dunning-1", 7).at("12:00")];
    vec![
        Variant::new("as shipped", Ladder::shipped()),
        Variant::new("twelve hundred invoices", Ladder::shipped()).of(1_200, 60),
        Variant::new("weekend only", hours(WEEKEND, "10:00", "11:30")),
        Variant::new("wednesday only", hours(&["wed"], "09:00", "15:00")),
        Variant::new("nearly the whole day", hours(ALL_DAYS, "00:00", "23:59")),
        Variant::new("times outside of the window", Ladder { stages: outside, ..Ladder::shipped() }),
        Variant::new("times inside of the window", Ladder { stages: inside, ..Ladder::shipped() }),
        Variant::new("starts late", Ladder::shipped()).late_by(200),
        Variant::new("starts late without a window", open_always("Europe/Berlin")).late_by(200),
    ]
}

pub(crate) fn zones() -> Vec<Variant> {
    let at = |zone, time| Ladder {
        zone,
        hours: None,
        stages: vec![by_due("reminder-1", 0).at(time), by_due("reminder-2", 1).at(time), by_previous("dunning-1", 1).at(time)],
        rules: "consolidate = false\nmin_gap_days = 1\n".to_owned(),
        ..Ladder::shipped()
    };
    let night = |zone, end| Ladder { zone, hours: Some((ALL_DAYS, "00:00", end)), ..Ladder::shipped() };
    vec![
        Variant::new("New York", zoned("America/New_York")),
        Variant::new("Auckland", zoned("Pacific/Auckland")),
        Variant::new("Berlin around the clock", open_always("Europe/Berlin")),
        Variant::new("Auckland around the clock", open_always("Pacific/Auckland")),
        Variant::new("Berlin at half past two", at("Europe/Berlin", "02:30")).of(450, 80),
        Variant::new("New York at half past two", at("America/New_York", "02:30")).of(450, 80),
        Variant::new("New York at half past one", at("America/New_York", "01:30")).of(450, 80),
        Variant::new("Auckland at half past two", at("Pacific/Auckland", "02:30")).of(450, 80),
        Variant::new("a gap at midnight", at("America/Sao_Paulo", "00:00")).of(450, 80),
        Variant::new("midnight twice", at("America/Havana", "00:00")).of(450, 80),
        Variant::new("a change of half an hour", at("Australia/Lord_Howe", "02:15")).of(450, 80),
        Variant::from_day("a day that did not exist", at("Pacific/Apia", "12:00"), "2011-11-01").of(450, 80),
        Variant::new("nights in Berlin, throttled", night("Europe/Berlin", "06:00")).every(3_600),
        Variant::new("nights in New York, throttled", night("America/New_York", "05:00")).every(3_000),
        Variant::new("UTC", zoned("UTC")),
    ]
}

pub(crate) fn regions() -> Vec<Variant> {
    vec![
        Variant::new("Germany", holidays("DE")),
        Variant::new("Bavaria", holidays("DE-BY")),
        Variant::from_day("Berlin", holidays("DE-BE"), "2020-01-01"),
        Variant::from_day("Saxony", holidays("DE-SN"), "2017-01-01"),
        Variant::from_day("Austria", holidays("AT"), "2026-02-01"),
        Variant::from_day("Zurich", holidays("CH-ZH"), "2026-12-01"),
        Variant::from_day("Easter on the change of the clock", holidays("DE-BY"), "2027-01-01").of(300, 30),
        Variant::new("Bavaria, consolidated", holidays("DE-BY")).consolidated(true),
        Variant::new("holidays without a window", Ladder { hours: None, ..holidays("DE-BY") }),
    ]
}

pub(crate) fn throttles() -> Vec<Variant> {
    let narrow = Ladder { hours: Some((ALL_DAYS, "08:00", "08:01")), ..Ladder::shipped() };
    vec![
        Variant::new("no throttle said aloud", Ladder::shipped()).every(0),
        Variant::new("one a minute", Ladder::shipped()).every(60).of(1_200, 60),
        Variant::new("one an hour", Ladder::shipped()).every(3_600),
        Variant::new("one an hour, many", Ladder::shipped()).every(3_600).of(700, 45),
        Variant::new("one a day", Ladder::shipped()).every(86_400),
        Variant::new("one a day around the clock", open_always("America/New_York")).every(86_400),
        Variant::new("an odd pace around the clock", open_always("Europe/Berlin")).every(4_177),
        Variant::new("one a minute in a one-minute window", narrow).every(60),
        Variant::new("a backlog, one a minute", Ladder::shipped()).every(60).late_by(300).of(700, 45),
        Variant::new("consolidated, one an hour", Ladder::shipped()).every(3_600).consolidated(true).of(700, 45),
        Variant::new("consolidated, one a day", Ladder::shipped()).every(86_400).consolidated(true),
        Variant::new("consolidated around the clock, one an hour", open_always("Pacific/Auckland")).every(3_600).consolidated(true),
    ]
}

pub(crate) fn consolidations() -> Vec<Variant> {
    let scattered = vec![
        by_due("reminder-1", 2).at("09:10"),
        by_due("reminder-2", 6).at("14:30"),
        by_previous("dunning-1", 5).at("11:45"),
        by_previous("dunning-2", 7).at("16:00").fee("5.00"),
    ];
    let crossed = vec![by_due("dunning-1", 2), by_due("reminder-1", 8).at("13:00"), by_previous("dunning-2", 6), by_due("reminder-2", 30)];
    vec![
        Variant::new("consolidated", Ladder::shipped()).consolidated(true),
        Variant::new("consolidated, few customers", Ladder::shipped()).consolidated(true).of(600, 8),
        Variant::new("consolidated by default", ruled("minimum_amount = { EUR = \"10.00\" }\n")).of(400, 15),
        Variant::new("the option against the file", ruled("consolidate = true\n")).consolidated(false),
        Variant::new("consolidated, scattered times", Ladder { stages: scattered.clone(), ..Ladder::shipped() })
            .consolidated(true)
            .of(600, 20),
        Variant::new("consolidated without a window", Ladder { stages: scattered, ..open_always("Europe/Berlin") })
            .consolidated(true)
            .of(600, 20),
        Variant::new("reminders above dunnings", Ladder { stages: crossed, ..Ladder::shipped() }).consolidated(true).of(400, 20),
        Variant::new("consolidated, starts late", Ladder::shipped()).consolidated(true).late_by(250).of(400, 15),
    ]
}

/// With few places for many invoices. First stages have no time of their own: who is due on a day is due when the window opens.
pub(crate) fn places() -> Vec<Variant> {
    let proposed = vec![by_due("reminder-1", 3), by_previous("dunning-1", 7).automated("propose")];
    let shifted = || Ladder { stages: quick().stages, ..holidays("DE-BY") };
    vec![
        Variant::new("one place", Ladder::shipped()).places(1).of(120, 40),
        Variant::new("ten places", Ladder::shipped()).places(10),
        Variant::new("ten places, short ladder", quick()).places(10),
        Variant::new("fifty places, many", Ladder::shipped()).places(50).of(700, 45),
        Variant::new("places enough for all", Ladder::shipped()).places(5_000),
        Variant::new("ten places, a backlog", quick()).places(10).late_by(300),
        Variant::new("ten places, moved due dates", shifted()).places(10),
        Variant::new("eighty places, proposals keep theirs", Ladder { stages: proposed, ..Ladder::shipped() }).places(80).of(300, 60),
        Variant::new("ten places, one an hour", quick()).places(10).every(3_600),
        Variant::new("ten places, one a day", quick()).places(10).every(86_400),
        Variant::new("thirty places, a backlog, one a minute", quick()).places(30).every(60).late_by(300).of(700, 45),
        Variant::new("twenty places, consolidated, one an hour", quick()).places(20).consolidated(true).every(3_600).of(400, 15),
        Variant::new("five places around the clock", open_always("Europe/Berlin")).places(5),
    ]
}

/// Few places where invoices of one customer share a notice: the model lets in another one with a notice where the engine does not.
pub(crate) fn disputed_places() -> Vec<Variant> {
    vec![Variant::new("twenty places, consolidated", quick()).places(20).consolidated(true).of(400, 15)]
}

pub(crate) fn ladders() -> Vec<Variant> {
    let staged = |stages| Ladder { stages, ..Ladder::shipped() };
    let previous = vec![by_due("reminder-1", 1), by_previous("reminder-2", 1), by_previous("reminder-3", 5), by_previous("dunning-1", 12)];
    let due = vec![by_due("reminder-1", 1), by_due("reminder-2", 2), by_due("dunning-1", 20), by_due("dunning-2", 21)];
    let hole = vec![
        by_due("reminder-1", 3),
        by_due("reminder-2", 6).disabled(),
        by_previous("reminder-3", 4),
        by_previous("dunning-1", 9).disabled(),
        by_due("dunning-2", 30),
    ];
    let long = ["reminder-1", "reminder-2", "reminder-3", "reminder-4", "reminder-5", "reminder-6", "reminder-7", "reminder-8"];
    let mut long: Vec<_> = long.into_iter().zip(0..).map(|(key, nth)| by_due(key, 4 * nth)).collect();
    long.extend(["dunning-1", "dunning-2", "dunning-3", "dunning-4"].map(|key| by_previous(key, 5)));
    let proposed = vec![by_due("reminder-1", 3), by_due("reminder-2", 9), by_previous("dunning-1", 7).automated("propose")];
    let finalized = vec![by_due("reminder-1", 3), by_previous("dunning-1", 7).automated("finalize"), by_previous("dunning-2", 7)];
    vec![
        Variant::new("each from the previous stage", staged(previous.clone())),
        Variant::new("each from the due date", staged(due.clone())),
        Variant::new("a gap of one day", Ladder { stages: due.clone(), ..ruled("consolidate = false\nmin_gap_days = 1\n") }),
        Variant::new("a gap of two weeks", Ladder { stages: due, ..ruled("consolidate = false\nmin_gap_days = 14\n") }),
        Variant::new("a gap above every distance", Ladder { stages: previous, ..ruled("consolidate = false\nmin_gap_days = 15\n") }),
        Variant::new("stages switched off", staged(hole)),
        Variant::new("twelve stages", staged(long)).of(300, 40),
        Variant::new("the last stage is proposed", staged(proposed.clone())),
        Variant::new("proposed, consolidated", staged(proposed)).consolidated(true),
        Variant::new("a stage is only finalized", staged(finalized)),
        Variant::new("a minimum of another currency", ruled("consolidate = false\nminimum_amount = { CHF = \"5000.00\" }\n")),
        Variant::new("a high minimum", ruled("consolidate = false\nminimum_amount = { EUR = \"3000.00\", CHF = \"1.00\" }\n")),
    ]
}

pub(crate) fn channels() -> Vec<Variant> {
    let by = |one, two, three| Ladder {
        stages: vec![by_due("reminder-1", 3).by(one), by_previous("reminder-2", 6).by(two), by_previous("dunning-1", 7).by(three)],
        ..Ladder::shipped()
    };
    vec![
        Variant::new("all by post", by("post", "post", "post")),
        Variant::new("mail, then post", by("email", "email", "post")),
        Variant::new("mail, then post, one an hour", by("email", "email", "post")).every(3_600).of(450, 60),
        Variant::new("both ways", by("email_and_post", "email_then_post", "post")),
        Variant::new("both ways, one an hour", by("email", "email_then_post", "email_and_post")).every(3_600).of(450, 60),
        Variant::new("post, consolidated", by("post", "post", "post")).consolidated(true).every(1_800).of(450, 30),
    ]
}

/// Where DESIGN section 5 can be read in two ways: stages of one customer that would leave by different senders on one day.
/// Read here: they join into one notice, which goes the highest stage's way.
pub(crate) fn mixed_channels() -> Vec<Variant> {
    let stages = vec![by_due("reminder-1", 3), by_previous("dunning-1", 7).by("post"), by_previous("dunning-2", 7).by("email_and_post")];
    let mixed = Ladder { stages, ..Ladder::shipped() };
    vec![
        Variant::new("senders mixed, consolidated", mixed.clone()).consolidated(true).of(450, 25),
        Variant::new("senders mixed, consolidated, one an hour", mixed).consolidated(true).every(3_600).of(450, 25),
    ]
}

/// Small ones, to be rehearsed once in every mode.
pub(crate) fn modes() -> Vec<Variant> {
    let stages = vec![
        by_due("reminder-1", 3),
        by_previous("reminder-2", 6).by("email_then_post"),
        by_previous("dunning-1", 7).by("email_and_post").fee("5.00"),
    ];
    vec![
        Variant::new("every mode, consolidated and throttled", Ladder::shipped()).consolidated(true).every(3_600).of(50, 10),
        Variant::new("every mode, mails and letters", Ladder { stages, ..Ladder::shipped() }).of(40, 12),
    ]
}

/// Small ones, to be lived through with times at which the process is down.
pub(crate) fn down(name: &str, ladder: Ladder) -> Variant {
    Variant::new(name, ladder).of(110, 25)
}

/// A variant drawn by lot.
pub(crate) fn drawn(seed: u64) -> Variant {
    let mut dice = Dice::new(seed);
    let zones = ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Europe/Vienna", "Asia/Kathmandu", "America/St_Johns"];
    let windows = [(WEEKDAYS, "09:00", "15:00"), (ALL_DAYS, "08:30", "20:15"), (WEEKDAYS, "13:00", "13:20"), (WEEKEND, "00:00", "12:00")];
    let keys = ["reminder-1", "reminder-2", "reminder-3", "dunning-1", "dunning-2"];
    let gap = 1 + dice.below(9);
    let shift = dice.percent(50);
    let count = 2 + usize::try_from(dice.below(4)).expect("at most five");
    let stages = keys.into_iter().take(count).enumerate().map(|(position, key)| drawn_stage(&mut dice, position, key)).collect();
    let ladder = Ladder {
        zone: dice.pick(&zones),
        holidays: dice.pick(&["none", "DE-BY", "DE-BE", "AT"]),
        hours: dice.percent(75).then(|| dice.pick(&windows)),
        rules: format!("legal_due_shift = {shift}\nmin_gap_days = {gap}\nminimum_amount = {{ EUR = \"10.00\" }}\n"),
        stages,
    };
    let mut variant = Variant::from_day(&format!("drawn {seed}"), ladder, dice.pick(&["2012-01-01", "2019-10-01", "2027-02-01"]));
    variant.options.every_seconds = dice.pick(&[None, None, Some(0), Some(60), Some(1_700), Some(3_600), Some(90_000)]);
    variant.options.consolidate = Some(dice.percent(50));
    variant.late_by(dice.pick(&[0, 0, 90])).of(100 + dice.below(150), 10 + dice.below(30))
}

fn drawn_stage(dice: &mut Dice, position: usize, key: &'static str) -> super::ladder::Rung {
    let after_days = dice.below(15);
    let on_due = position == 0 || dice.percent(50);
    let stage = if on_due { by_due(key, after_days) } else { by_previous(key, after_days) };
    let time = dice.pick(&[None, None, Some("02:30"), Some("09:00"), Some("10:30"), Some("14:59"), Some("23:30"), Some("00:00")]);
    let stage = if let Some(time) = time { stage.at(time) } else { stage };
    if dice.percent(20) { stage.fee("2.50") } else { stage }
}

#[cfg(test)]
mod tests {
    use super::super::{promises, simulation::expected, workflow_file};
    use super::*;

    /// Guards both the variants (each must have something to compare) and the oracle (its own lines keep the promises).
    #[test]
    fn the_oracle_keeps_the_promises_on_every_variant() {
        let fixed =
            [windows(), zones(), regions(), throttles(), consolidations(), places(), ladders(), channels(), mixed_channels()].concat();
        for variant in fixed.into_iter().chain((1..=40).map(drawn)) {
            let invoices = variant.business.invoices();
            let workflow = workflow_file::read(&variant.ladder.text());
            let outcome = expected(&invoices, &workflow, &variant.options);
            let broken = promises::broken(&invoices, &workflow, &variant.options, &outcome);
            assert_eq!(broken, Vec::<String>::new(), "{}", variant.name);
            let few = if variant.options.max_active == Some(1) { 10 } else { 40 };
            assert!(outcome.dispatches.len() >= few, "{}: only {} dispatches", variant.name, outcome.dispatches.len());
        }
    }

    #[test]
    fn names_and_so_seeds_are_unique() {
        let fixed =
            [windows(), zones(), regions(), throttles(), consolidations(), places(), ladders(), channels(), mixed_channels()].concat();
        let mut names: Vec<_> = fixed.iter().map(|variant| &variant.name).collect();
        names.sort();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
