//! The program: parses the command line, runs the command, maps the error to an exit code. Nothing else.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mahnwerk::cli::main()
}
