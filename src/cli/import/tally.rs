//! What came of the rows: counted, and each finding printed with file, line and field.

use crate::adapters::invoice_file::{RowProblem, RowWarning};
use crate::cli::output::json;
use crate::cli::progress::Progress;
use crate::cli::say;
use crate::domain::format::presentable;
use crate::engine::intake::Incoming;
use serde_json::json;
use std::path::Path;

/// Counts of one import. Keeps no rows, so its size does not depend on the file's.
#[derive(Debug)]
pub(super) struct Tally {
    file: String,
    as_json: bool,
    pub read: u64,
    pub enrolled: u64,
    pub known: u64,
    pub refused: u64,
    warnings: u64,
    /// The line of the last row that was dealt with.
    last_line: u64,
    stopped_at: Option<u64>,
}

impl Tally {
    pub(super) fn new(file: &Path, as_json: bool) -> Self {
        let file = file.display().to_string();
        Self { file, as_json, read: 0, enrolled: 0, known: 0, refused: 0, warnings: 0, last_line: 0, stopped_at: None }
    }

    pub(super) fn reached(&mut self, line: Option<u64>) {
        self.last_line = line.unwrap_or(self.last_line);
    }

    pub(super) fn refuse(&mut self, progress: &Progress, problem: &RowProblem) {
        self.refused += 1;
        if problem.ends_file {
            self.stopped_at = Some(problem.line);
        }
        self.print(progress, "refused", problem);
    }

    pub(super) fn warn(&mut self, progress: &Progress, warnings: &[RowWarning]) {
        self.warnings += warnings.len() as u64;
        for RowWarning { line, column, field, value, message } in warnings.iter().cloned() {
            self.print(progress, "warning", &RowProblem { line, column, field, value, message, ends_file: false });
        }
    }

    /// The ledger has the invoice with other content.
    pub(super) fn differs(&mut self, progress: &Progress, line: u64, given: &Incoming, fields: &[&'static str]) {
        let message = format!(
            "is in the ledger with another {}, which was left as it is: correct the row, or give the new invoice a number of its own",
            fields.join(", another ")
        );
        let value = given.invoice.number.clone();
        self.refuse(progress, &RowProblem { line, column: None, field: "number", value, message, ends_file: false });
    }

    fn print(&self, progress: &Progress, kind: &str, problem: &RowProblem) {
        let file = &self.file;
        if self.as_json {
            let RowProblem { line, column, field, value, message, .. } = problem;
            let object = json!({
                "type": kind, "file": file, "line": line, "column": column, "field": field, "value": value, "message": message,
            });
            return progress.say(&object.to_string());
        }
        let line = match kind {
            "warning" => format!("{file}:{}", problem.to_string().replacen(": ", ": warning: ", 1)),
            _ => format!("{file}:{problem}"),
        };
        progress.say(&presentable(&line));
    }

    /// What holds when the import had to stop in the middle.
    pub(super) fn what_stands(&self) -> String {
        if self.read == 0 {
            return format!("the import of {} stopped before its first row was taken in", self.file);
        }
        format!(
            "the import of {} stopped; everything up to line {} stands ({} enrolled, {} known, {} refused) and nothing after it. \
             Run the same command again: what stands is skipped",
            self.file, self.last_line, self.enrolled, self.known, self.refused
        )
    }

    /// The line that closes the output.
    pub(super) fn summary(&self, tenant: &str, workflow: &str) {
        let Self { file, read, enrolled, known, refused, warnings, stopped_at, .. } = self;
        if self.as_json {
            return json(&json!({
                "type": "summary", "file": file, "tenant": tenant, "workflow": workflow, "read": read, "enrolled": enrolled,
                "known": known, "refused": refused, "warnings": warnings, "stopped_at": stopped_at,
            }));
        }
        let stopped = stopped_at.map_or(String::new(), |line| format!("; nothing after line {line} could be read"));
        let empty = if *read == 0 { "; the file has a heading and no rows" } else { "" };
        say(format_args!(
            "{}: {read} rows read, {enrolled} enrolled, {known} known, {refused} refused, {warnings} warnings{stopped}{empty}",
            presentable(file)
        ));
    }
}
