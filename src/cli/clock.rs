//! `clock show|confirm`: the clock that this ledger is planned by, and a person's word where it is doubted.

use super::instance::Why;
use super::ledger::Ledger;
use super::output::{fact, json, moment};
use super::{Ending, Globals, say};
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::trust::doubt_at;
use crate::store::clock::SeenClock;
use chrono_tz::Tz;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// This machine's clock beside the one that the ledger was last worked on with.
    Show,
    /// This machine's clock is right, though the planner doubts it: after months without a planner, or after a time with a wrong clock.
    ///
    /// What a clock that ran ahead has put off is brought back: senders' slots, retries, sleeping timers. What was sent
    /// stays sent, and keeps its gap from the day that it was sent on.
    Confirm(Why),
}

/// Runs the command.
///
/// # Errors
/// When the ledger can't be opened.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    let zone = ledger.config.tenant.zone;
    match args.act {
        Act::Show => show(SystemClock.now(), ledger.store.seen_clock().await?.as_ref(), zone, globals),
        Act::Confirm(why) => {
            let before = ledger.engine().confirm_clock(&why.cause()?).await?;
            let now = SystemClock.now();
            if globals.json {
                json(
                    &json!({"type": "clock_confirmed", "now": now.rfc3339_in(zone), "before": before.map(|seen| seen.seen_at.rfc3339_in(zone))}),
                );
            } else {
                say(format_args!("confirmed: it is {}; a running planner goes on within seconds", moment(now, zone)));
            }
        }
    }
    ledger.store.close().await;
    Ok(Ending::Done)
}

fn show(now: Timestamp, seen: Option<&SeenClock>, zone: Tz, globals: &Globals) {
    let doubt = seen.and_then(|seen| doubt_at(now, seen)).map(|doubt| doubt.to_string());
    let confirmed = seen.and_then(|seen| seen.confirmed.as_ref());
    if globals.json {
        json(&json!({
            "type": "clock", "now": now.rfc3339_in(zone), "planner_looked": seen.map(|seen| seen.seen_at.rfc3339_in(zone)), "doubt": doubt,
            "confirmed": confirmed.map(|word| json!({"at": word.at.rfc3339_in(zone), "by": word.by, "reason": word.reason})),
        }));
        return;
    }
    fact("now", &moment(now, zone));
    fact("planner looked", &seen.map_or_else(|| "never".to_owned(), |seen| moment(seen.seen_at, zone)));
    if let Some(word) = confirmed {
        fact("confirmed", &format!("{} by {}: {}", moment(word.at, zone), word.by, word.reason));
    }
    fact("doubt", doubt.as_deref().unwrap_or("none"));
}
