//! `bench pages`: how long the pages and the board take over very many instances while the engine works.
//!
//! A ledger of a business with a past: nearly everything was dunned once. A real `serve` over it goes on sending what comes in meanwhile,
//! and somebody who is signed in asks for one page after the other, in an order drawn by lot.

use super::backlog::send_all;
use super::ground::{Ground, TENANT, day, percentile, thousandths};
use super::ladder::incoming;
use super::served::{Served, get};
use crate::cli::{Ending, Globals, say};
use crate::domain::account::Role;
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::tenant::TenantSettings;
use crate::engine::accounts::Invited;
use crate::engine::clock::{Entropy, SystemClock, SystemEntropy};
use crate::engine::intake::Incoming;
use crate::engine::{Engine, Limits};
use crate::store::Store;
use crate::store::accounts::{EVERY_TENANT, Membership};
use crate::store::lists::{CustomerFilter, CustomerSort, InvoiceFilter, InvoiceSort, NoticeFilter, Order};
use anyhow::Context;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// New invoices that are due at once, while pages are read: so many each second.
const FRESH: usize = 100;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    instances: usize,
    /// How often each page is asked for.
    #[arg(long, value_name = "N", default_value_t = 40)]
    rounds: usize,
}

/// The job's line; times in milliseconds, until the whole page has arrived.
#[derive(Debug, Serialize)]
struct Figures {
    instances: usize,
    asked: usize,
    /// Sent by the engine while pages were read.
    sent_meanwhile: usize,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    most_ms: f64,
    /// The 95th percentile of each page.
    pages: BTreeMap<&'static str, f64>,
    rss_mb: u64,
}

/// Runs the job and prints its line.
///
/// # Errors
/// When a part can't be opened or a page is not answered.
pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let ground = Ground::open(&config, None, 0).await?;
    let workflow = ground.publish("email", 1).await?;
    let bills: Vec<_> = (0..args.instances)
        .map(|number| bill(number).map(|(customer, due)| shape(number, customer, due)))
        .collect::<anyhow::Result<_>>()?;
    for batch in bills.chunks(5000) {
        ground.engine.take_in(ground.tenant, TENANT, workflow, batch).await?;
    }
    let due = bills.iter().filter(|bill| is_past(bill)).count();
    send_all(&ground, &config, due).await?;
    let token = signed_in(&ground.engine).await?;
    let paths = paths(&ground.engine, ground.tenant).await?;
    let Ground { engine, tenant, folder, url, temporary } = ground;
    let settings = engine.tenant(tenant)?.settings.clone();
    // Closed and let go, with its lock: `serve` is another process.
    engine.store.close().await;
    drop(engine);
    let board = free_port()?;
    let mut serve = Served::start(&folder, &url, &format!("board_listen = \"127.0.0.1:{board}\"")).await?;
    let stop = CancellationToken::new();
    let meanwhile = tokio::spawn(business_goes_on(settings, url.clone(), workflow, args.instances, stop.clone()));
    let asked = ask(&paths, &args, &[serve.address.clone(), format!("127.0.0.1:{board}")], &token).await;
    stop.cancel();
    let sent_meanwhile = meanwhile.await??;
    let rss_mb = super::process::rss_mb_of(&serve.id);
    serve.stop().await?;
    drop(temporary);
    say(serde_json::to_string(&figures(&args, asked?, sent_meanwhile, rss_mb))?);
    Ok(Ending::Done)
}

/// Whose invoice it is and when it is due: most long ago, some in the weeks to come.
fn bill(number: usize) -> anyhow::Result<(usize, chrono::NaiveDate)> {
    let days = i64::try_from(number * 31 % 400)?;
    Ok((number * 7 % 40_000, day(if number.is_multiple_of(20) { 5 + days % 40 } else { -5 - days })?))
}

fn is_past(bill: &Incoming) -> bool {
    day(-2).is_ok_and(|today| bill.invoice.due_date < today)
}

/// An invoice among others: several of one customer, names that are shared, amounts that differ.
fn shape(number: usize, customer: usize, due_date: chrono::NaiveDate) -> Incoming {
    let mut bill = incoming(number, due_date);
    let key = format!("K{customer:05}");
    bill.customer.number.clone_from(&key);
    bill.customer.name = format!("Kunde {} Müller {customer}", customer * 31 % 997);
    bill.customer.email = format!("{key}@customers.example");
    bill.invoice.customer = key;
    bill.invoice.number = format!("RE-{:06}", number * 7_919 % 1_000_000);
    bill.invoice.amount_minor = 1_000 + i64::try_from(number * 37 % 90_000).unwrap_or_default();
    bill
}

/// Somebody who may see everything; his session.
async fn signed_in(engine: &Engine) -> anyhow::Result<String> {
    let email = "bench@mahnwerk.example";
    let link = engine.invite("system", email, Membership { tenant: EVERY_TENANT, role: Role::Owner }).await?;
    let password = crate::domain::chain::hex(&SystemEntropy.key());
    let said = Invited { email, name: "Bench", password: &password, language: "de" };
    Ok(engine.accept(&link, &said).await?.token)
}

/// A name for each page, which server has it (0: the pages, 1: the board), and its address.
type Paths = Vec<(&'static str, usize, String)>;

async fn paths(engine: &Engine, tenant: TenantId) -> anyhow::Result<Paths> {
    let store = &engine.store;
    let invoices = store.list_invoices(tenant, &InvoiceFilter::default(), (InvoiceSort::Due, Order::Up), None, 1).await?;
    let invoice = invoices.lines.first().context("there is no invoice")?.id;
    let customers = store.list_customers(tenant, &CustomerFilter::default(), (CustomerSort::Name, Order::Up), None, 1).await?;
    let customer = customers.lines.first().context("there is no customer")?.id;
    let notices = store.list_notices(tenant, &NoticeFilter::default(), Order::Down, None, 1).await?;
    let notice = &notices.lines.first().context("nothing was sent")?.id;
    let lists = [
        ("overview", String::new()),
        ("invoices", "/invoices".to_owned()),
        ("invoices by amount", "/invoices?sort=amount&dir=down".to_owned()),
        ("invoices by next date", "/invoices?sort=next".to_owned()),
        ("invoices by customer", "/invoices?sort=customer".to_owned()),
        ("invoices waiting", "/invoices?state=waiting".to_owned()),
        ("invoices exhausted", "/invoices?state=exhausted".to_owned()),
        ("invoices failed", "/invoices?state=failed".to_owned()),
        ("invoices, a number", "/invoices?q=re-0815".to_owned()),
        ("invoices, two words", "/invoices?q=m%C3%BCller+777".to_owned()),
        ("invoices, a common word", "/invoices?q=kunde".to_owned()),
        ("invoices, a common word and a state", "/invoices?q=kunde&state=waiting".to_owned()),
        ("invoices, nothing fits", "/invoices?q=nobody".to_owned()),
        ("invoice", format!("/invoices/{invoice}")),
        ("customers", "/customers".to_owned()),
        ("customers, two words", "/customers?q=m%C3%BCller+777".to_owned()),
        ("customer", format!("/customers/{}", customer.0)),
        ("notices", "/notices".to_owned()),
        ("notices, a number", "/notices?q=re-0815".to_owned()),
        ("notice", format!("/notices/{notice}")),
        ("history", "/history".to_owned()),
    ];
    let boards =
        [("board, overview", "/api/v1/overview"), ("board, queues", "/api/v1/queues"), ("board, tasks", "/api/v1/queues/send/tasks")];
    let lists = lists.into_iter().map(|(name, path)| (name, 0, format!("/t/{TENANT}{path}")));
    Ok(lists.chain(boards.into_iter().map(|(name, path)| (name, 1, path.to_owned()))).collect())
}

/// Asks for every page so many times; the microseconds that each took.
async fn ask(paths: &Paths, args: &Args, servers: &[String; 2], token: &str) -> anyhow::Result<BTreeMap<&'static str, Vec<i64>>> {
    let cookie = format!("mahnwerk={token}");
    let mut took: BTreeMap<&'static str, Vec<i64>> = BTreeMap::new();
    let mut progress = crate::cli::progress::Progress::start("reading");
    let mut lot = 1_usize;
    for round in 0..=args.rounds {
        progress.reached(&format!("round {round} of {}", args.rounds));
        for _ in 0..paths.len() {
            lot = (lot * 5 + 3) % paths.len().next_power_of_two();
            let Some((name, server, path)) = paths.get(lot) else { continue };
            let began = Instant::now();
            let answer = get(&servers[*server], path, &cookie).await.with_context(|| format!("asking for {path}"))?;
            anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "{path}: {}", answer.lines().next().unwrap_or_default());
            // The first round fills caches.
            if round > 0 {
                took.entry(name).or_default().push(i64::try_from(began.elapsed().as_micros())?);
            }
        }
    }
    progress.finish();
    Ok(took)
}

/// New invoices that are due at once, each second some; how many.
async fn business_goes_on(
    settings: TenantSettings,
    url: String,
    workflow: WorkflowId,
    first: usize,
    stop: CancellationToken,
) -> anyhow::Result<usize> {
    let tenant = settings.id;
    let owner = "bench-command".to_owned();
    let engine =
        Engine::new(Store::open(&url).await?, Arc::new(SystemClock), Arc::new(SystemEntropy), owner, Limits::default(), vec![settings]);
    let (mut count, due) = (0, day(-10)?);
    while !stop.is_cancelled() {
        let batch: Vec<_> = (0..FRESH).map(|nth| shape(first + count + nth, (count + nth) % 40_000, due)).collect();
        engine.take_in(tenant, TENANT, workflow, &batch).await?;
        count += FRESH;
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = stop.cancelled() => {}
        }
    }
    engine.store.close().await;
    Ok(count)
}

fn figures(args: &Args, took: BTreeMap<&'static str, Vec<i64>>, sent_meanwhile: usize, rss_mb: u64) -> Figures {
    let ms = |micros: i64| thousandths(u64::try_from(micros).unwrap_or(0));
    let mut all: Vec<_> = took.values().flatten().copied().collect();
    all.sort_unstable();
    let pages = took.into_iter().map(|(name, mut values)| {
        values.sort_unstable();
        (name, ms(percentile(&values, 95)))
    });
    Figures {
        instances: args.instances,
        asked: all.len(),
        sent_meanwhile,
        p50_ms: ms(percentile(&all, 50)),
        p95_ms: ms(percentile(&all, 95)),
        p99_ms: ms(percentile(&all, 99)),
        most_ms: ms(percentile(&all, 100)),
        pages: pages.collect(),
        rss_mb,
    }
}

/// A port of this machine that nobody listens on.
fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
