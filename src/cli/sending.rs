//! `sending on|off|show`: the owner's switch for everything that leaves a tenant.

use super::instance::Why;
use super::ledger::{Desk, Ledger};
use super::output::{fact, json, moment};
use super::{Ending, Globals, say};
use crate::domain::backlog::Backlog;
use crate::domain::tenant::TenantSettings;
use crate::engine::prospect::Held;
use crate::engine::unit::OWN;
use crate::store::gate::Gate;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Let notices leave again: one stage for each instance at most, at the sender's pace, as after a downtime.
    On(Switch),
    /// Hold everything back: nothing is issued and no mail or letter is begun until it is switched on again. Facts are taken in.
    Off(Switch),
    /// Show whether notices leave, and who switched it when and why.
    Show(Named),
}

#[derive(Debug, clap::Args)]
struct Named {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Switch {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    why: Why,
}

/// Runs a subcommand.
///
/// # Errors
/// When the backlog's choice is not made yet, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    match args.what {
        What::On(args) => switch(&args, true, globals).await,
        What::Off(args) => switch(&args, false, globals).await,
        What::Show(args) => show(&args, globals).await,
    }
}

async fn switch(args: &Switch, on: bool, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.named.tenant.as_deref()).await?;
    let changed = desk.engine.switch_sending(desk.tenant, on, &cause).await?;
    let (name, word) = (&desk.settings.name, if on { "on" } else { "off" });
    if globals.json {
        json(&json!({"type": "sending", "tenant": name, "sending": word, "changed": changed}));
    } else if changed {
        let effect = if on { "what is due leaves, one stage for each invoice" } else { "nothing is issued or sent" };
        say(format_args!("tenant {name}: sending is {word}; {effect}"));
    } else {
        say(format_args!("tenant {name}: sending is {word} already"));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

async fn show(args: &Named, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    let tenants = ledger.tenants(args.tenant.as_deref()).await?;
    for desk in ledger.desks(&tenants).await? {
        let gate = desk.store.gate(desk.tenant).await?;
        let history = desk.store.transitions_of(desk.tenant, OWN).await?;
        let zone = desk.settings.zone;
        let why = |detail: &str| {
            let detail: Value = serde_json::from_str(detail).unwrap_or_default();
            let told = |key: &str| detail[key].as_str().map(str::to_owned).unwrap_or_default();
            (told("why"), told("choice"))
        };
        let switched = history.iter().map(|entry| &entry.transition).filter(|entry| matches!(entry.cause.as_str(), "sending" | "backlog"));
        if globals.json {
            json(&json!({
                "type": "sending", "tenant": desk.settings.name, "sending": if gate.off { "off" } else { "on" }, "fenced": gate.fenced,
                "backlog": word(&gate), "places": gate.places, "max_active": desk.settings.max_active, "waiting_for_a_place": gate.place_queue,
            }));
            for entry in switched {
                let (reason, choice) = why(&entry.detail);
                json(&json!({
                    "type": entry.cause, "tenant": desk.settings.name, "at": entry.recorded_at.rfc3339_in(zone), "by": entry.actor,
                    "from": entry.from, "to": entry.to, "choice": Some(choice).filter(|choice| !choice.is_empty()), "reason": reason,
                }));
            }
            continue;
        }
        fact("tenant", &desk.settings.name);
        let held = desk.engine.held(desk.tenant, &gate).await?;
        fact("sending", &held.map_or_else(|| "on: notices leave".to_owned(), |held| held_words(&held, &desk.settings)));
        fact("backlog", &word(&gate).unwrap_or_default());
        fact("places", &places(&desk, &gate));
        for entry in switched {
            let (reason, choice) = why(&entry.detail);
            let to = if choice.is_empty() { entry.to.clone() } else { choice };
            fact(&entry.cause, &format!("{to}, {} by {}: {reason}", moment(entry.recorded_at, zone), entry.actor));
        }
    }
    ledger.store.close().await;
    Ok(Ending::Done)
}

fn word(gate: &Gate) -> Option<String> {
    Some(match gate.backlog? {
        Backlog::Asked => "waits for a choice".to_owned(),
        Backlog::Chosen { choice, on } => format!("{choice}, chosen on {on}"),
    })
}

fn places(desk: &Desk, gate: &Gate) -> String {
    let Some(max) = desk.settings.max_active else { return format!("{} taken, of any number", gate.places) };
    let queue = if gate.place_queue == 0 { String::new() } else { format!("; {} wait for one", gate.place_queue) };
    format!("{} of {max} taken{queue}", gate.places)
}

/// Why nothing of the tenant leaves, as one sentence.
pub(super) fn held_words(held: &Held, settings: &TenantSettings) -> String {
    let name = &settings.name;
    match held {
        Held::Fenced => format!("the ledger was restored: `mahnwerk fence show --tenant {name}` says what to do"),
        Held::Off { by, .. } if by.is_empty() => "sending is off".to_owned(),
        Held::Off { at, by, reason } => format!("sending is off since {} by {by}: {reason}", moment(*at, settings.zone)),
        Held::BacklogAsked => {
            format!("what becomes of the backlog is not decided: `mahnwerk backlog preview --tenant {name} --choice all`")
        }
    }
}
