//! A story: how the tenant is set up, then what happens. Kept as text, one thing a line; `#` begins a remark.

use super::op::Op;
use std::fmt;
use std::str::FromStr;

/// A story as it is read, invented, cut down and kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Story {
    /// What it tells, for those who read it.
    pub(crate) remark: String,
    /// Seconds between two messages of a sender; 0 for no throttle.
    pub(crate) every_seconds: u32,
    /// How many invoices are dunned at once at most; 0 for any number.
    pub(crate) places: u32,
    /// Whether a person looks after what nobody knows as soon as it shows.
    pub(crate) prompt: bool,
    /// What leaves when hangs on what is struck: the weather meets another notice, a payment another moment.
    pub(crate) loose: bool,
    pub(crate) ops: Vec<Op>,
}

impl Story {
    /// The same with other ops.
    pub(crate) fn with(&self, ops: Vec<Op>) -> Self {
        Self { ops, ..self.clone() }
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.remark.lines() {
            writeln!(f, "# {line}")?;
        }
        if self.every_seconds > 0 {
            writeln!(f, "throttle {}", self.every_seconds)?;
        }
        if self.places > 0 {
            writeln!(f, "places {}", self.places)?;
        }
        if self.prompt {
            writeln!(f, "prompt")?;
        }
        if self.loose {
            writeln!(f, "loose")?;
        }
        self.ops.iter().try_for_each(|op| writeln!(f, "{op}"))
    }
}

impl FromStr for Story {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut story = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(remark) = line.strip_prefix('#') {
                story.remark.push_str(remark.trim());
                story.remark.push('\n');
            } else if let Some(seconds) = line.strip_prefix("throttle ") {
                story.every_seconds = seconds.parse().map_err(|_| format!("`{line}`: no number of seconds"))?;
            } else if let Some(places) = line.strip_prefix("places ") {
                story.places = places.parse().map_err(|_| format!("`{line}`: no number of places"))?;
            } else if line == "prompt" {
                story.prompt = true;
            } else if line == "loose" {
                story.loose = true;
            } else {
                story.ops.push(line.parse()?);
            }
        }
        story.remark = story.remark.trim_end().to_owned();
        Ok(story)
    }
}

#[test]
fn a_story_reads_as_it_is_written() {
    let text = "# what it tells\nthrottle 600\nplaces 2\nprompt\npublish shared post\nimport R1 K1 10000 4\nduring act pause K1 3\n\
                strike 17 crash-after\noutside answer-lost\nbell late\nlive 1440\nleap -60\ncrash\nsending off\n\
                choose\naddress K1 a@k.example\nsending on\n";
    let story: Story = text.parse().unwrap();
    assert_eq!(story.to_string(), text);
    assert!("fly away".parse::<Story>().is_err());
    assert!("outside snow".parse::<Story>().is_err());
    assert!("live soon".parse::<Story>().is_err());
}
