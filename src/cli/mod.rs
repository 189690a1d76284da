//! The command line. Help texts are documentation; each command is a file of its own.
//!
//! The rim: errors become sentences and exit codes here. 0: done. 1: it failed. 2: the command line was wrong.
//! 3: the input has problems, which were printed.

pub mod account;
pub mod audit;
pub mod backlog;
pub mod backup;
pub mod bench;
pub mod clock;
pub mod configuration;
pub mod customer;
mod demo;
pub mod doctor;
mod dunnings;
pub mod fence;
pub mod import;
pub mod installation;
pub mod instance;
mod interface;
mod key_file;
mod ledger;
mod marks;
pub mod migrate;
pub mod notice;
mod output;
mod postgres_tools;
pub mod progress;
pub mod rehearse;
pub mod restore;
mod running;
pub mod sandbox;
pub mod sending;
pub mod serve;
pub mod source;
mod telemetry;
pub mod token;
pub mod workflow;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Durable dunning (Mahnwesen): every open invoice is one durable workflow instance.
#[derive(Debug, Parser)]
#[command(name = "mahnwerk", version, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
    /// The configuration; worker.toml is read if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON object a line instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run planner, worker pools and page in one process.
    Serve(serve::ServeArgs),
    /// Run worker pools only, for more machines; needs PostgreSQL and Redis.
    Work(serve::WorkArgs),
    /// Run the real engine over an invoice file under a virtual clock, with the payments that it records.
    Rehearse(rehearse::Args),
    /// Take facts in from files.
    Import(import::Args),
    /// Check, show and try out workflow files.
    Workflow(workflow::Args),
    /// See instances and act on them; every act needs a reason, which the history keeps.
    Instance(instance::Args),
    /// See how the sources of invoices stand, and synchronise them.
    Source(source::Args),
    /// See notices as they were sent, and release proposals.
    Notice(notice::Args),
    /// See a customer's e-mail addresses, and say which to use.
    Customer(customer::Args),
    /// Hold back everything that would leave, or let it leave again.
    Sending(sending::Args),
    /// Choose what becomes of the invoices that were overdue before dunning began.
    Backlog(backlog::Args),
    /// See who may sign in to the pages, invite them, and make links that set passwords.
    Account(account::Args),
    /// Make and revoke the tokens that programs open the HTTP API with.
    Token(token::Args),
    /// Read, export and verify the history.
    Audit(audit::Args),
    /// Show or check the configuration.
    Config(configuration::Args),
    /// Make the ledger, or bring it up to this program's version.
    Migrate,
    /// Copy the ledger into one file while everything runs, and verify the copy.
    Backup(backup::Args),
    /// Make a backup the ledger; nothing leaves from it until its fence is lifted.
    Restore(restore::Args),
    /// See and lift the fence of a restored ledger, so that nothing is sent a second time.
    Fence(fence::Args),
    /// Try every configured part and say what to do where one fails.
    Doctor,
    /// See whether the planner trusts this machine's clock, and confirm it where it does not.
    Clock(clock::Args),
    /// Measure: performance jobs that print one JSON line.
    Bench(bench::Args),
    /// Stand in for outside systems on loopback: an SMTP server with a mailbox page, and lexoffice.
    Sandbox(sandbox::Args),
}

/// How a command ended, beside errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// The input has problems; they were printed.
    Problems,
}

/// What every command is given.
#[derive(Clone, Debug)]
pub struct Globals {
    pub config: Option<PathBuf>,
    pub json: bool,
}

impl Globals {
    /// Reads the configuration that the command line names.
    ///
    /// # Errors
    /// Every problem of it, with file and line.
    pub fn config(&self) -> anyhow::Result<crate::config::Config> {
        Ok(crate::config::load(self.config.as_deref(), std::env::vars())?)
    }
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let globals = Globals { config: cli.config, json: cli.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("starting")),
    };
    let ended = runtime.block_on(run(cli.command, &globals));
    // What was cut off on a blocking thread (a letter being set) does not hold the process up.
    runtime.shutdown_background();
    match ended {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Problems) => ExitCode::from(3),
        Err(error) => failed(&error),
    }
}

async fn run(command: Command, globals: &Globals) -> anyhow::Result<Ending> {
    match command {
        Command::Serve(args) => serve::serve(args, globals).await,
        Command::Work(args) => serve::work(args, globals).await,
        Command::Bench(args) => Box::pin(bench::run(args, globals)).await,
        Command::Sandbox(args) => sandbox::run(args, globals).await,
        Command::Rehearse(args) => rehearse::run(args, globals).await,
        Command::Import(args) => import::run(args, globals).await,
        Command::Workflow(args) => workflow::run(args, globals).await,
        Command::Instance(args) => instance::run(args, globals).await,
        Command::Source(args) => Box::pin(source::run(args, globals)).await,
        Command::Notice(args) => notice::run(args, globals).await,
        Command::Customer(args) => customer::run(args, globals).await,
        Command::Sending(args) => sending::run(args, globals).await,
        Command::Backlog(args) => backlog::run(args, globals).await,
        Command::Account(args) => account::run(args, globals).await,
        Command::Token(args) => token::run(args, globals).await,
        Command::Audit(args) => audit::run(args, globals).await,
        Command::Config(args) => configuration::run(&args, globals).await,
        Command::Clock(args) => clock::run(args, globals).await,
        Command::Migrate => migrate::run(globals).await,
        Command::Backup(args) => backup::run(args, globals).await,
        Command::Restore(args) => restore::run(args, globals).await,
        Command::Fence(args) => fence::run(args, globals).await,
        Command::Doctor => doctor::run(globals).await,
    }
}

#[expect(clippy::print_stderr, reason = "the rim says why it failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("mahnwerk: {error:#}");
    ExitCode::FAILURE
}

/// Prints a line of the command's output. A reader that went away (`| head`) is no error.
pub(crate) fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line for the person at the terminal.
pub(crate) fn note(line: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
