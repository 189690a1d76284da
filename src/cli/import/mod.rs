//! `import invoices`: a file of open invoices becomes instances, in batches, each of them one transaction.
//!
//! Rows are read on a thread of their own (`reading`), with the documents that they name (`documents`); what came of
//! them is printed and counted here and in `tally`. Running it again changes nothing: known rows are skipped.

mod documents;
mod reading;
mod tally;

use super::ledger::{Desk, Ledger};
use super::progress::Progress;
use super::rehearse::rows::read_map;
use super::telemetry::Telemetry;
use super::{Ending, Globals, note};
use crate::adapters::invoice_file::InvoiceFile;
use crate::assembly;
use crate::assembly::workflow;
use crate::domain::ids::WorkflowId;
use crate::engine::intake::Intake;
use crate::engine::operate::Cause;
use anyhow::Context;
use reading::{Batch, CountedFile, Row};
use std::path::PathBuf;
use tally::Tally;
use tokio::sync::mpsc;

/// Where the facts of files come from, as invoices and history name it.
const SOURCE: &str = "file";
/// Batches that are read ahead of the one that is written.
const AHEAD: usize = 2;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Take in the open invoices of a CSV file. Rows that are known are skipped, so it may be repeated.
    Invoices(Invoices),
}

#[derive(Debug, clap::Args)]
struct Invoices {
    /// The invoice file (CSV). Documents that it names are PDF files in its folder or below.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whose invoices they are; made if it is new. [tenants.NAME] of the configuration describes it, else [tenant].
    #[arg(long, value_name = "NAME")]
    tenant: String,
    /// How columns become invoices: a map file, or `standard` or `opos`.
    #[arg(long, value_name = "MAP", default_value = "standard")]
    map: String,
    /// The workflow of new invoices: a file, or a name such as `standard`, `gentle` or `business`.
    #[arg(long, value_name = "WORKFLOW", default_value = "standard")]
    workflow: String,
    /// `ask`: nothing leaves until `backlog confirm` has said what becomes of what is overdue already.
    #[arg(long, value_name = "WORD", value_parser = ["ask"])]
    backlog: Option<String>,
}

/// Runs the import.
///
/// # Errors
/// When file, map, workflow or ledger can't be used. What was committed before stands; the message says so.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let What::Invoices(args) = args.what;
    let name = &args.tenant;
    anyhow::ensure!(
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
        "--tenant \"{}\": write 1 to 64 of the characters a-z A-Z 0-9 - _ .",
        name.escape_debug()
    );
    // Everything that can be wrong with the inputs is found before a ledger is made; one that is there may know more workflows and texts.
    let config = globals.config()?;
    if let Err(error) = workflow::sound(&args.workflow, &config, &assembly::texts(&config)?) {
        match Ledger::open(globals).await {
            Ok(ledger) => ledger.store.close().await,
            Err(_) => return Err(error),
        }
    }
    let (counted, read_bytes) = CountedFile::open(&args.file)?;
    let length = counted.length();
    let rows = InvoiceFile::read(&args.file.display().to_string(), Box::new(counted), &read_map(&args.map)?)?;
    let telemetry = Telemetry::traces_only(&config)?;
    let desk = Ledger::make(globals).await?.desk_made(name).await?;
    let workflow = workflow::of_tenant(&args.workflow, &desk.store, desk.tenant, &config).await?;
    if args.backlog.is_some() {
        desk.engine.ask_backlog(desk.tenant, &asked_by_import()).await?;
    }
    let published = desk.engine.publish(desk.tenant, &workflow).await?;
    let (sender, batches) = mpsc::channel(AHEAD);
    let folder = args.file.parent().map(PathBuf::from).unwrap_or_default();
    let reader = tokio::task::spawn_blocking(move || reading::read(rows, &folder, &sender));
    let mut progress = Progress::of_length("importing", length);
    let mut tally = Tally::new(&args.file, globals.json);
    let outcome = take_in(&desk, published, batches, &mut tally, &mut progress, &read_bytes).await;
    progress.finish();
    reader.await.context("reading the invoice file")?;
    desk.store.close().await;
    // After the ledger: the database's threads hold the span in which they were last asked.
    telemetry.stop().await;
    if let Err(error) = outcome {
        return Err(error.context(tally.what_stands()));
    }
    tally.summary(name, &workflow.name);
    if args.backlog.is_some() {
        note(format_args!("nothing leaves yet: `mahnwerk backlog preview --tenant {name} --choice all` shows the days to come"));
    }
    Ok(if tally.refused > 0 { Ending::Problems } else { Ending::Done })
}

fn asked_by_import() -> Cause {
    Cause { actor: format!("source:{SOURCE}"), reason: "imported with --backlog ask".to_owned() }
}

async fn take_in(
    desk: &Desk,
    workflow: WorkflowId,
    mut batches: mpsc::Receiver<Batch>,
    tally: &mut Tally,
    progress: &mut Progress,
    read_bytes: &reading::Bytes,
) -> anyhow::Result<()> {
    while let Some(Batch { mut incoming, rows }) = batches.recv().await {
        let results = if incoming.is_empty() { Vec::new() } else { desk.engine.take_in(desk.tenant, SOURCE, workflow, &incoming).await? };
        let mut results = incoming.drain(..).zip(results);
        for row in &rows {
            match row {
                Row::Refused(problem) => tally.refuse(progress, problem),
                Row::Sound { line, warnings } => {
                    tally.warn(progress, warnings);
                    match results.next() {
                        Some((_, Intake::Enrolled(_))) => tally.enrolled += 1,
                        Some((given, Intake::Differs { fields, .. })) => tally.differs(progress, *line, &given, &fields),
                        Some((_, Intake::Known(_))) | None => tally.known += 1,
                    }
                }
            }
            tally.read += 1;
        }
        tally.reached(rows.last().map(Row::line));
        progress.done(read_bytes.so_far(), &format_args!("{} rows", tally.read));
    }
    Ok(())
}
