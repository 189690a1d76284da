//! `bench letters`: the print pool's own path. The real letter engine and texts, each letter kept in the ledger, then posted
//! into a folder; as in `serve`, with every intent and outcome stored.

use super::ground::{Ground, day, thousandths};
use super::ladder::per_second;
use super::process::{self, Counter};
use crate::adapters::letters::PrintBatch;
use crate::adapters::mail::FileMailer;
use crate::adapters::outside::{Outside, Ways};
use crate::assembly;
use crate::cli::{Ending, Globals, say};
use crate::config::LetterEngineChoice;
use crate::engine::perform::Work;
use crate::engine::ports::{LetterPost, Outcome, PostItem};
use crate::engine::width::Width;
use crate::workers::PoolSizes;
use clap::ValueEnum;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, value_name = "N", default_value_t = 1000)]
    count: usize,
    /// What sets the letters; wkhtmltopdf is one process per letter.
    #[arg(long, value_enum, default_value_t = Engine::Typst)]
    engine: Engine,
    /// Letters that are set at once.
    #[arg(long, value_name = "K", default_value_t = 1)]
    workers: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Engine {
    Typst,
    Wkhtmltopdf,
}

/// The print batch, counted.
struct Counted {
    batch: PrintBatch,
    letters: Counter,
    bytes: Counter,
}

impl LetterPost for Counted {
    fn describe(&self) -> String {
        self.batch.describe()
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        self.batch.check()
    }

    fn post<'a>(&'a self, item: &'a PostItem<'a>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let outcome = self.batch.post(item).await;
            if matches!(outcome, Outcome::Done { .. }) {
                self.letters.add(1);
                self.bytes.add(u64::try_from(item.pdf.len()).unwrap_or(0));
            }
            outcome
        })
    }
}

/// The job's line. Memory in mebibytes, of this process alone.
#[derive(Debug, Serialize)]
struct Figures {
    letters: usize,
    engine: Engine,
    workers: usize,
    letters_per_s: u64,
    /// With the letter engine's own processes.
    cpu_ms_per_letter: f64,
    bytes_per_letter: u64,
    rss_mb: Memory,
}

/// After a tenth, a half and all of the letters, and the most at any time.
#[derive(Debug, Default, Serialize)]
struct Memory {
    start: u64,
    middle: u64,
    end: u64,
    peak: u64,
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a part can't be opened or a letter is not posted.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let mut config = globals.config()?;
    config.print.engine = match args.engine {
        Engine::Typst => LetterEngineChoice::Typst,
        Engine::Wkhtmltopdf => LetterEngineChoice::Wkhtmltopdf,
    };
    let ground = Ground::open(&config, None, 0).await?;
    let (letters, bytes) = (Counter::default(), Counter::default());
    let post = Counted { batch: PrintBatch::new(ground.folder.join("letters")), letters: letters.clone(), bytes: bytes.clone() };
    let outside = Outside::new(Arc::new(assembly::texts(&config)?));
    let engine = assembly::letter_engine(&config.print, &assembly::Pictures::default(), &config.print.layout)?;
    engine.check().map_err(anyhow::Error::msg)?;
    let mailer = Arc::new(FileMailer::new(ground.folder.join("outbox")));
    outside.open(ground.tenant, Ways { mailer, letters: engine, post: Arc::new(post) });
    let workflow = ground.publish("post", 1).await?;
    ground.enrol(workflow, args.count, day(-10)?).await?;
    let queues = ground.queues(&config).await?;
    let work = Work::new(ground.engine.clone(), Arc::new(outside), Width::new(args.workers, 1, 1));
    work.set_bell(queues.bell());
    process::forget_peak();
    let (cpu_before, started) = (process::cpu_ms_with_children(), Instant::now());
    let pools = queues.start(&PoolSizes { print: args.workers, send: 0, post: 1 }, work);
    let stop = CancellationToken::new();
    let planner = tokio::spawn(ground.engine.clone().plan(queues.bell(), Arc::default(), stop.clone()));
    let count = u64::try_from(args.count)?;
    let mut memory = Memory::default();
    let sample = || {
        let (done, now) = (letters.get(), process::rss_mb_of("self"));
        if memory.start == 0 && done * 10 >= count {
            memory.start = now;
        }
        if memory.middle == 0 && done * 2 >= count {
            memory.middle = now;
        }
        done
    };
    ground.wait_for("printing", count, Duration::from_millis(20), sample).await?;
    let millis = started.elapsed().as_millis();
    let cpu_ms = process::cpu_ms_with_children().saturating_sub(cpu_before);
    memory.end = process::rss_mb_of("self");
    memory.peak = process::peak_rss_mb();
    stop.cancel();
    planner.await?;
    pools.stop(Duration::from_secs(10)).await;
    let figures = Figures {
        letters: args.count,
        engine: args.engine,
        workers: args.workers,
        letters_per_s: per_second(args.count, millis),
        cpu_ms_per_letter: thousandths(cpu_ms * 1000 / count.max(1)),
        bytes_per_letter: bytes.get() / count.max(1),
        rss_mb: memory,
    };
    say(serde_json::to_string(&figures)?);
    ground.engine.store.close().await;
    Ok(Ending::Done)
}
