//! `workflow check`: every problem of every file, as compilers and editors write them.

use crate::assembly;
use crate::assembly::workflow;
use crate::cli::output::json;
use crate::cli::{Ending, Globals, say};
use crate::domain::format::presentable;
use crate::domain::workflow::{Problem, Severity, content_hash};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workflow files, or names such as `standard`.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

pub(super) fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let texts = assembly::texts(&config)?;
    let mut ending = Ending::Done;
    for file in &args.files {
        let source = match workflow::find(file, &config) {
            Ok(source) => source,
            Err(error) => {
                unreadable(file, &error, globals.json);
                ending = Ending::Problems;
                continue;
            }
        };
        let parsed = source.parse(&texts);
        for problem in &parsed.problems {
            print(problem, &source.shown, globals.json);
        }
        let errors = parsed.problems.iter().filter(|problem| problem.is_error()).count();
        let warnings = parsed.problems.len() - errors;
        if errors > 0 {
            ending = Ending::Problems;
        }
        let hash = parsed.workflow.as_ref().map(content_hash);
        if globals.json {
            json(&json!({ "type": "file", "file": source.shown, "errors": errors, "warnings": warnings, "hash": hash }));
        } else if let Some(workflow) = &parsed.workflow {
            let enabled = workflow.stages.iter().filter(|stage| stage.enabled).count();
            let count = workflow.stages.len();
            say(format_args!("{}: can be used; {enabled} of {count} stages are switched on, {warnings} warnings", source.shown));
        } else {
            say(format_args!("{}: can't be used; {errors} errors, {warnings} warnings", source.shown));
        }
    }
    Ok(ending)
}

fn print(problem: &Problem, file: &str, as_json: bool) {
    if !as_json {
        return say(presentable(&problem.in_file(file)));
    }
    let Problem { severity, line, column, field, message } = problem;
    json(&json!({
        "type": "problem", "file": file, "line": line, "column": column, "severity": severity, "field": field, "message": message,
    }));
}

/// A file that can't be read is one problem; the others are checked all the same.
fn unreadable(file: &str, error: &anyhow::Error, as_json: bool) {
    let message = format!("{error:#}");
    let problem = Problem { severity: Severity::Error, line: 0, column: 0, field: String::new(), message };
    if as_json { print(&problem, file, true) } else { say(presentable(&problem.to_string())) }
}
