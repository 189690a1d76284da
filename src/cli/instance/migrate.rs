//! `instance migrate`, and what commands say of those that were moved to another version of a workflow.

use super::find::{self, One};
use super::operate::{Why, done, named};
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::{json, weekday_moment};
use crate::cli::workflow::version;
use crate::cli::{Ending, Globals, say};
use crate::domain::instance::ladder::Rung;
use crate::engine::edition::Edition;
use crate::engine::migrate::Moved;
use anyhow::bail;
use serde_json::json;

/// Where to go.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct To {
    /// The version to move to, by its number, or a name for the newest of that name; `workflow versions` shows them.
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) to: String,
    /// The stage there that counts as passed, `none` to begin the ladder; without it the stage of the same name. What was sent never
    /// comes again.
    #[arg(long, value_name = "STAGE")]
    pub(in crate::cli) after: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    to: To,
    /// Say what would come next and when; change nothing.
    #[arg(long)]
    preview: bool,
    #[command(flatten)]
    why: Why,
}

pub(super) async fn run(args: &Migrate, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.one.tenant.as_deref()).await?;
    let invoice = find::invoice(&desk, &args.one.number).await?;
    let (edition, target) = version::target(&desk, &args.to.to, args.to.after.as_deref()).await?;
    let arrival = desk.engine.arrival(desk.tenant, invoice, target).await?;
    let next = arrival.map(|arrival| next(&edition, arrival.next.as_ref()));
    if args.preview {
        let Some(next) = next else {
            bail!("{} can't move: a notice of it is under way, or it has ended", named(&args.one));
        };
        return done(&desk, globals, "preview", &named(&args.one), 0, &format!("in {}: {next}", version::named(&edition))).await;
    }
    desk.engine.migrate(desk.tenant, invoice, target, &cause).await?;
    let next = next.unwrap_or_default();
    done(&desk, globals, "migrate", &named(&args.one), 1, &format!("is in {} now: {next}", version::named(&edition))).await
}

/// What comes next there, and when.
fn next(edition: &Edition, rung: Option<&Rung>) -> String {
    rung.map_or_else(
        || "no stage is left".to_owned(),
        |rung| format!("{} is next, {}", edition.stage_key(Some(rung.stage)), weekday_moment(rung.wake_at, edition.calendar.zone)),
    )
}

/// Tells what became of many that were to move.
///
/// # Errors
/// Never so far.
pub(in crate::cli) async fn moved(desk: &Desk, globals: &Globals, what: &str, to: &Edition, outcome: &Moved) -> anyhow::Result<Ending> {
    let Moved { moved, stayed } = outcome;
    if !globals.json {
        for one in stayed {
            say(format_args!("invoice {}: {}", crate::domain::format::presentable(&one.number), one.why));
        }
    }
    for one in stayed.iter().filter(|_| globals.json) {
        json(&json!({ "type": "stayed", "invoice": one.number, "id": one.invoice, "why": one.why.to_string() }));
    }
    let count = |count: usize| if count == 1 { "1 instance".to_owned() } else { format!("{count} instances") };
    let left = if stayed.is_empty() { String::new() } else { format!("; {} stayed, see above", count(stayed.len())) };
    done(desk, globals, "migrate", what, *moved, &format!("{} moved to {}{left}", count(*moved), version::named(to))).await?;
    Ok(if stayed.is_empty() { Ending::Done } else { Ending::Problems })
}
