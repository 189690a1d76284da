//! The program: parses the command line, runs the command, maps the error to an exit code. Nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    mahnwerk::cli::main()
}
