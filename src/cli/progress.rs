//! Shows how far long work has come: a bar on a terminal, plain lines now and then otherwise, nothing when it is quick.

use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How long work may take before a plain line says where it is.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// The progress of one piece of work.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    last_line: Instant,
}

impl Progress {
    /// Work of unknown length.
    #[must_use]
    pub fn start(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {prefix} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.set_prefix(what);
            bar
        });
        Self { bar, what, last_line: Instant::now() }
    }

    /// Work of `length` units, bytes for example; a length of 0 is unknown.
    #[must_use]
    pub fn of_length(what: &'static str, length: u64) -> Self {
        let progress = Self::start(what);
        if let Some(bar) = progress.bar.as_ref().filter(|_| length > 0) {
            bar.set_length(length);
            bar.set_style(
                ProgressStyle::with_template("{prefix} [{bar:30}] {percent:>3} % {msg} ({elapsed}, {eta} left)")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
        }
        progress
    }

    /// So many units are done, which is this far.
    pub fn done(&mut self, units: u64, place: &dyn Display) {
        if let Some(bar) = &self.bar {
            bar.set_position(units);
        }
        self.reached(place);
    }

    /// Prints a line of output without tearing the bar.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| super::say(line)),
            None => super::say(line),
        }
    }

    /// It has come this far.
    pub fn reached(&mut self, place: &dyn Display) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(place.to_string());
                bar.tick();
            }
            None if self.last_line.elapsed() >= BETWEEN_LINES => {
                super::note(format_args!("{}: {place}", self.what));
                self.last_line = Instant::now();
            }
            None => {}
        }
    }

    /// It is done.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
