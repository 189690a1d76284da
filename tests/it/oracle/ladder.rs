//! Writes workflow files for the variants: a head, and stages line by line, so that a variant says only what is special in it.

use std::fmt::Write;

/// The head of a workflow file; everything that is not set is what the shipped rehearsal file has.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    pub(crate) zone: &'static str,
    pub(crate) holidays: &'static str,
    /// Days, start and end; `None` leaves the table out.
    pub(crate) hours: Option<(&'static [&'static str], &'static str, &'static str)>,
    /// Lines of the table `[rules]`.
    pub(crate) rules: String,
    pub(crate) stages: Vec<Rung>,
}

/// One stage.
#[derive(Clone, Debug)]
pub(crate) struct Rung {
    pub(crate) key: &'static str,
    pub(crate) anchor: &'static str,
    pub(crate) after_days: u64,
    pub(crate) channel: &'static str,
    pub(crate) automation: &'static str,
    /// Further lines, such as `time_of_day = "10:30"`.
    pub(crate) more: String,
}

pub(crate) const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri"];
pub(crate) const ALL_DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(crate) const WEEKEND: &[&str] = &["sat", "sun"];

/// A mailed stage counted from the due date.
pub(crate) fn by_due(key: &'static str, after_days: u64) -> Rung {
    Rung { key, anchor: "due_date", after_days, channel: "email", automation: "dispatch", more: String::new() }
}

/// A mailed stage counted from the previous stage's dispatch.
pub(crate) fn by_previous(key: &'static str, after_days: u64) -> Rung {
    Rung { anchor: "previous_stage", ..by_due(key, after_days) }
}

impl Rung {
    pub(crate) fn at(mut self, time_of_day: &str) -> Self {
        let _ = writeln!(self.more, "time_of_day = \"{time_of_day}\"");
        self
    }

    pub(crate) fn by(self, channel: &'static str) -> Self {
        Self { channel, ..self }
    }

    pub(crate) fn automated(self, automation: &'static str) -> Self {
        Self { automation, ..self }
    }

    pub(crate) fn disabled(mut self) -> Self {
        self.more.push_str("enabled = false\n");
        self
    }

    pub(crate) fn fee(mut self, fee: &str) -> Self {
        let _ = writeln!(self.more, "fee = \"{fee}\"");
        self
    }

    /// The texts that every installation has; ladders with more stages use them again.
    fn template(&self) -> &'static str {
        const SHIPPED: [&str; 9] =
            ["reminder-1", "reminder-2", "reminder-3", "reminder-4", "reminder-5", "reminder-6", "dunning-1", "dunning-2", "dunning-3"];
        let fallback = if self.is_dunning() { "dunning-1" } else { "reminder-1" };
        SHIPPED.into_iter().find(|template| *template == self.key).unwrap_or(fallback)
    }

    fn is_dunning(&self) -> bool {
        self.key.starts_with("dunning")
    }

    fn text(&self) -> String {
        let Self { key, anchor, after_days, channel, automation, more } = self;
        let kind = if self.is_dunning() { "dunning" } else { "reminder" };
        let template = self.template();
        format!(
            "[[stages]]\nkey = \"{key}\"\nkind = \"{kind}\"\nanchor = \"{anchor}\"\nafter_days = {after_days}\n\
             automation = \"{automation}\"\nchannel = \"{channel}\"\ntemplate = \"{template}\"\npayment_days = 7\n{more}\n"
        )
    }
}

impl Ladder {
    /// Like the shipped rehearsal file.
    pub(crate) fn shipped() -> Self {
        Self {
            zone: "Europe/Berlin",
            holidays: "none",
            hours: Some((WEEKDAYS, "09:00", "15:00")),
            rules: "consolidate = false\nmin_gap_days = 3\nminimum_amount = { EUR = \"10.00\" }\n".to_owned(),
            stages: vec![
                by_due("reminder-1", 3),
                by_due("reminder-2", 10).at("10:30"),
                by_previous("dunning-1", 7),
                by_previous("dunning-2", 10).fee("5.00"),
                by_previous("dunning-3", 10).fee("5.00").disabled(),
            ],
        }
    }

    pub(crate) fn text(&self) -> String {
        let Self { zone, holidays, rules, .. } = self;
        let mut text = format!(
            "name = \"variant\"\ntitle = {{ de = \"Variante\", en = \"Variant\" }}\ntimezone = \"{zone}\"\nholidays = \"{holidays}\"\n\n"
        );
        if let Some((days, start, end)) = self.hours {
            let _ = writeln!(text, "[business_hours]\ndays = {days:?}\nstart = \"{start}\"\nend = \"{end}\"\n");
        }
        let _ = writeln!(text, "[rules]\n{rules}");
        text.extend(self.stages.iter().map(Rung::text));
        text
    }
}
