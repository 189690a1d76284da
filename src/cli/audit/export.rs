//! `audit export`: the whole history as JSON lines or CSV, streamed.

use crate::cli::ledger::{Desk, Ledger};
use crate::cli::progress::Progress;
use crate::cli::{Ending, Globals, note};
use crate::engine::audit::Entry;
use anyhow::Context;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Entries read at a time.
const PAGE: i64 = 5000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON object a line.
    Jsonl,
    /// With a heading; commas, UTF-8.
    Csv,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// This file instead of standard output. It appears when it is complete.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let count = match &args.output {
        Some(path) => to_file(&desk, args.format, path).await?,
        None => {
            let mut out = Out::new(args.format, Box::new(io::stdout()));
            match write(&desk, &mut out).await {
                // A reader that went away (`| head`) has read enough.
                Err(error) if is_closed_pipe(&error) => return Ok(Ending::Done),
                other => other.context("writing to standard output")?,
            }
        }
    };
    if let Some(path) = &args.output {
        note(format_args!("{count} entries written to {}", path.display()));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

/// Written beside and moved into place, so that a half file is never taken for the history.
async fn to_file(desk: &Desk, format: Format, path: &Path) -> anyhow::Result<i64> {
    let shown = path.display();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder).with_context(|| format!("making a file in {}", folder.display()))?;
    let copy = file.reopen().with_context(|| format!("writing {shown}"))?;
    let mut out = Out::new(format, Box::new(copy));
    let count = write(desk, &mut out).await.with_context(|| format!("writing {shown}"))?;
    file.as_file().sync_all().with_context(|| format!("writing {shown}"))?;
    file.persist(path).with_context(|| format!("writing {shown}"))?;
    Ok(count)
}

async fn write(desk: &Desk, out: &mut Out) -> anyhow::Result<i64> {
    let mut progress = Progress::start("exporting");
    let (mut seq, mut count) = (0, 0);
    loop {
        let page = desk.store.transitions_after(desk.tenant, seq, PAGE).await?;
        for stored in &page {
            out.entry(&Entry::of(stored, &desk.settings.name, desk.settings.zone))?;
            count += 1;
        }
        let Some(last) = page.last() else { break };
        seq = last.transition.seq;
        progress.reached(&format_args!("{count} entries"));
    }
    out.finish()?;
    progress.finish();
    Ok(count)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Where entries go, in which form.
enum Out {
    Lines(BufWriter<Box<dyn Write + Send>>),
    Csv(Box<csv::Writer<Box<dyn Write + Send>>>),
}

impl Out {
    fn new(format: Format, to: Box<dyn Write + Send>) -> Self {
        match format {
            Format::Jsonl => Self::Lines(BufWriter::new(to)),
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(to))),
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        match self {
            Self::Lines(out) => {
                serde_json::to_writer(&mut *out, entry)?;
                out.write_all(b"\n")
            }
            Self::Csv(out) => out.serialize(entry).map_err(io::Error::from),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Lines(out) => out.flush(),
            Self::Csv(out) => out.flush(),
        }
    }
}
