//! `fence lift`: first it is tried what would come of it, for all fenced tenants; only if that is right is it done.

use super::super::instance::Why;
use super::super::ledger::{Desk, Ledger};
use super::super::output::{json, moment};
use super::super::{Ending, Globals, say};
use super::show::doubtful;
use super::window::window;
use crate::adapters::mail::Records;
use crate::config::Config;
use crate::domain::ids::NoticeId;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::fence::{Answer, Lift, Lifted, Recorded};
use anyhow::{bail, ensure};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Ids that a message names.
const NAMED: usize = 20;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("means").required(true).multiple(true).args(["sent", "confirm_window"]))]
#[command(group = clap::ArgGroup::new("answer").requires("confirm_window").args(["nothing_sent", "as_unknown"]))]
pub(super) struct Args {
    /// Only this tenant.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// What was sent since the backup, as a server or archive has recorded it: a list or log with the Message-IDs, a folder of
    /// .eml files, a Maildir, an mbox file, a print batch. May be given several times; together it must be all that was sent.
    #[arg(long, value_name = "FILE or FOLDER")]
    sent: Vec<PathBuf>,
    /// The span from the backup to the last moment at which something may have been sent, as FROM..TO (dates or instants).
    /// Without an answer it lists what may have been sent in it.
    #[arg(long, value_name = "FROM..TO")]
    confirm_window: Option<String>,
    /// The answer: beside what --sent names nothing was sent in the window.
    #[arg(long)]
    nothing_sent: bool,
    /// The answer: nobody knows. What was to leave in the window becomes `unknown`, and a person decides on each.
    #[arg(long)]
    as_unknown: bool,
    /// No letter was printed since the backup, though no print batch says so.
    #[arg(long)]
    no_letters: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
pub(super) struct Clear {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    why: Why,
}

pub(super) async fn clear(args: &Clear, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let was = desk.engine.end_uncertainty(desk.tenant, &args.why.cause()?).await?;
    desk.store.close().await;
    ensure!(was, "nothing is in doubt: no fence was lifted with --as-unknown");
    say(format_args!("{}: nothing more is taken for doubtful", desk.settings.name));
    Ok(Ending::Done)
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.why.cause()?;
    let ledger = Ledger::open(globals).await?;
    let desks = super::fenced(&ledger, args.tenant.as_deref()).await?;
    ensure!(!desks.is_empty(), "no fence holds: notices leave");
    let recorded = recorded(args, &ledger.config)?;
    if let (Some(span), false) = (&args.confirm_window, args.nothing_sent || args.as_unknown) {
        for desk in &desks {
            let (_, until) = checked_window(desk, span).await?;
            doubtful(desk, until.date_in(desk.settings.zone), globals.json).await?;
        }
        if !globals.json {
            say("\nNothing was changed. Add --nothing-sent if none of it was sent, or --as-unknown if nobody knows.");
        }
        return Ok(Ending::Problems);
    }
    let mut tried = Vec::new();
    for desk in &desks {
        let answer = answer(args, desk).await?;
        let others = BTreeSet::new();
        let lift = Lift { recorded: &recorded, answer, others: &others, try_only: true };
        tried.push((answer, desk.engine.lift_fence(desk.tenant, &lift, &cause).await?));
    }
    let explained: BTreeSet<NoticeId> = tried.iter().flat_map(|(_, lifted)| explained(lifted)).collect();
    let letters: i64 = tried.iter().map(|(_, lifted)| lifted.letters).sum();
    let open: Vec<_> = recorded.ids.keys().filter(|id| !explained.contains(*id)).collect();
    if !open.is_empty() && !args.as_unknown {
        return Ok(refuse(&open, globals));
    }
    ensure!(
        letters == 0 || args.no_letters || args.confirm_window.is_some(),
        "{letters} letters would be printed, and no print batch says which of them were printed before: give its folder by --sent, \
         or --no-letters if none was"
    );
    for (desk, (answer, _)) in desks.iter().zip(tried) {
        let lift = Lift { recorded: &recorded, answer, others: &explained, try_only: false };
        let lifted = desk.engine.lift_fence(desk.tenant, &lift, &cause).await?;
        told(desk, &lifted, answer, globals.json);
    }
    ledger.store.close().await;
    Ok(Ending::Done)
}

/// What --sent names, and what the configured print batch does.
fn recorded(args: &Args, config: &Config) -> anyhow::Result<Recorded> {
    let mut records = Records::default();
    let mut read = |path: &PathBuf| {
        records.read(path).map_err(|(path, error)| anyhow::Error::new(error).context(format!("--sent: reading {}", path.display())))
    };
    for path in &args.sent {
        ensure!(path.exists(), "--sent: there is no {}", path.display());
        read(path)?;
    }
    let found = !args.sent.is_empty();
    if config.post.folder.is_dir() {
        read(&config.post.folder)?;
    }
    ensure!(
        !found || !records.notices.is_empty(),
        "--sent: no Message-ID of ours (32 hex digits before the @) is in it. If nothing was sent, say so by --confirm-window and --nothing-sent"
    );
    Ok(Recorded { ids: records.notices, letters: records.manifests > 0 })
}

async fn answer(args: &Args, desk: &Desk) -> anyhow::Result<Answer> {
    let Some(span) = &args.confirm_window else { return Ok(Answer::NothingSent) };
    let (_, until) = checked_window(desk, span).await?;
    Ok(if args.as_unknown { Answer::Unknown { until } } else { Answer::NothingSent })
}

/// The window must hold all that the ledger has forgotten.
async fn checked_window(desk: &Desk, span: &str) -> anyhow::Result<(Timestamp, Timestamp)> {
    let zone = desk.settings.zone;
    let (from, to) = window(span, zone)?;
    let fence = desk.engine.open_fence(desk.tenant).await?;
    let name = &desk.settings.name;
    if let Some(at) = fence.ledger_at.filter(|at| *at < from) {
        bail!("--confirm-window: tenant {name}'s ledger ends at {}, before the window begins; begin there", moment(at, zone));
    }
    if let Some(at) = fence.mark_at.filter(|at| *at > to) {
        bail!(
            "--confirm-window: tenant {name}'s ledger had gone on until {}, after the window ends; end it there or later",
            moment(at, zone)
        );
    }
    Ok((from, to.min(SystemClock.now())))
}

fn explained(lifted: &Lifted) -> impl Iterator<Item = NoticeId> + '_ {
    let ids = lifted.known.iter().chain(&lifted.ended).chain(lifted.recognised.iter().map(|notice| &notice.notice));
    ids.cloned()
}

/// Something was sent that this ledger can't have composed: it lacks facts, and would compose other notices for the same invoices.
fn refuse(open: &[&NoticeId], globals: &Globals) -> Ending {
    if globals.json {
        json(&json!({ "type": "unexplained", "notices": open }));
        return Ending::Problems;
    }
    say(format_args!("{} recorded Message-IDs stand for notices that this ledger can't have composed:", open.len()));
    open.iter().take(NAMED).for_each(|id| say(format_args!("  {id}")));
    if open.len() > NAMED {
        say("  …");
    }
    say("\nNothing was changed. Facts are missing: import what came in since the backup (invoices, payments), then try again.\n\
         If they stay unexplained, add --confirm-window FROM..TO --as-unknown: what is not explained waits for a person.");
    Ending::Problems
}

fn told(desk: &Desk, lifted: &Lifted, answer: Answer, as_json: bool) {
    let name = &desk.settings.name;
    let zone = desk.settings.zone;
    if as_json {
        for notice in &lifted.recognised {
            json(&json!({
                "type": "recognised", "tenant": name, "notice": notice.notice, "customer": notice.customer, "invoices": notice.invoices,
                "stage": notice.stage, "at": notice.at.rfc3339_in(zone),
            }));
        }
        json(&json!({
            "type": "lifted", "tenant": name, "known": lifted.known.len(), "ended": lifted.ended.len(), "recognised": lifted.recognised.len(),
            "freed": lifted.freed.len(), "doubtful": lifted.doubtful.len(),
        }));
        return;
    }
    for notice in &lifted.recognised {
        say(format_args!("sent {}  {} {}  {}", moment(notice.at, zone), notice.stage, notice.customer, notice.invoices.join(", ")));
    }
    say(format_args!(
        "{name}: {} notices that the ledger had forgotten are entered as sent, {} that were under way too; {} others were known. \
         {} under way go on, {} became unknown.",
        lifted.recognised.len(),
        lifted.ended.len(),
        lifted.known.len(),
        lifted.freed.len(),
        lifted.doubtful.len()
    ));
    match answer {
        Answer::NothingSent => say("The fence is lifted: what is due leaves."),
        Answer::Unknown { until } => say(format_args!(
            "The fence is lifted. What was to leave until {} becomes unknown when its turn comes: `notice list --state unknown`,\n\
             then `instance retry NUMBER --as-sent` or `--send-again`. When all is answered: `fence clear`.",
            moment(until, zone)
        )),
    }
}
