//! Prometheus' text format: a family has a name, a kind and a help once, then its samples.

use crate::engine::metrics::Histogram;
use std::fmt::Write;

/// What a family's values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gauge,
    Counter,
    Histogram,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
        }
    }
}

/// Families as they are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// Begins a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = writeln!(self.0, "{name}{} {value}", braces(labels));
    }

    /// A family of one sample without labels.
    pub(super) fn single(&mut self, name: &str, kind: Kind, help: &str, value: f64) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    /// The samples of one histogram; `unit` is how many of its whole numbers make one of the family's unit.
    pub(super) fn histogram(&mut self, name: &str, labels: &[(&str, &str)], unit: f64, histogram: &Histogram) {
        let (counts, total, sum) = histogram.cumulative();
        for (bound, count) in counts {
            let bound = (float(bound) / unit).to_string();
            let labels = [labels, &[("le", bound.as_str())]].concat();
            self.sample(&format!("{name}_bucket"), &labels, float(count));
        }
        self.sample(&format!("{name}_bucket"), &[labels, &[("le", "+Inf")]].concat(), float(total));
        self.sample(&format!("{name}_sum"), labels, float(sum) / unit);
        self.sample(&format!("{name}_count"), labels, float(total));
    }

    pub(super) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

fn braces(labels: &[(&str, &str)]) -> String {
    let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escape(value))).collect();
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Counts as the format wants them: beyond 2^53 the last digit is lost, which no graph shows.
#[expect(clippy::cast_precision_loss, reason = "a figure for a graph")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// As [`float`], for what may be negative.
#[expect(clippy::cast_precision_loss, reason = "a figure for a graph")]
pub(super) fn signed(count: i64) -> f64 {
    count as f64
}

/// Milliseconds as seconds.
pub(super) fn seconds(ms: i64) -> f64 {
    signed(ms) / 1000.0
}
