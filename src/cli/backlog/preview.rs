//! `backlog preview`: the days to come as a choice would make them, by the real engine on a copy of what is open.

use super::Asked;
use crate::assembly;
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::{fact, json};
use crate::cli::rehearse::calendar::Calendar;
use crate::cli::rehearse::simulation::{Simulation, Span};
use crate::cli::{Ending, Globals, note, say};
use crate::domain::backlog::{Backlog, Choice};
use crate::domain::ids::{InvoiceId, WorkflowId};
use crate::domain::instance::State;
use crate::domain::workflow::{Channel, Workflow, parse};
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::gate::Chosen;
use crate::engine::intake::Incoming;
use crate::engine::operate::Cause;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows read from the ledger at a time.
const PAGE: i64 = 5000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    asked: Asked,
    /// How many days.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
}

/// An open invoice and the workflow that it is pinned to.
type Open = (Incoming, WorkflowId);

pub(super) async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let texts = Arc::new(assembly::texts(&config)?);
    let desk = Ledger::open(globals).await?.desk(args.asked.tenant.as_deref()).await?;
    let name = desk.settings.name.clone();
    let workflows: BTreeMap<_, _> =
        desk.store.workflows(desk.tenant).await?.into_iter().filter_map(|row| Some((row.id, parse(&row.source).workflow?))).collect();
    let (open, begun) = open_invoices(&desk).await?;
    let (now, zone) = (SystemClock.now(), desk.settings.zone);
    let span = Span { at: now, from: now.date_in(zone), days: args.days };
    let simulation = Simulation::open(&name, desk.configured_for_looking(&config).await?, &span, &config, texts).await?;
    copy(&simulation, &workflows, &open).await?;
    let chosen = choose(&simulation, args.asked.choice).await?;
    let two_ways = workflows.values().any(|workflow| workflow.stages.iter().any(|stage| stage.channel == Channel::EmailAndPost));
    let days = simulation.live(&span, two_ways, None, |_| Vec::new()).await?;
    let waiting = simulation.store.gate(simulation.tenant).await?.place_queue;
    simulation.close().await;
    let calendar = Calendar { days, zone, invoices: open.len() };
    let outlook = Outlook { chosen, begun, waiting };
    if globals.json {
        lines(&name, args.asked.choice, &calendar, &outlook)
    } else {
        tell(args.asked.choice, &calendar, &outlook, &span)
    }
    desk.engine.backlog_previewed(desk.tenant, args.asked.choice).await?;
    if desk.store.gate(desk.tenant).await?.backlog == Some(Backlog::Asked) {
        let choice = args.asked.choice;
        note(format_args!("nothing leaves yet: `mahnwerk backlog confirm --tenant {name} --choice \"{choice}\" --reason …` makes it so"));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

/// What the days do not show.
struct Outlook {
    chosen: Chosen,
    /// Invoices that are being dunned already.
    begun: usize,
    /// Those that wait for a place at the end.
    waiting: i64,
}

fn lines(name: &str, choice: Choice, calendar: &Calendar, outlook: &Outlook) {
    calendar.lines();
    let Outlook { chosen: Chosen { looked_at, advanced, resting }, begun, waiting } = outlook;
    json(&json!({
        "type": "backlog", "tenant": name, "choice": choice.to_string(), "backlog": looked_at, "advanced": advanced, "resting": resting,
        "begun": begun, "waiting_for_a_place": waiting,
    }));
}

fn tell(choice: Choice, calendar: &Calendar, outlook: &Outlook, span: &Span) {
    let Span { from, days, .. } = span;
    calendar.table(&format!("{choice}: {} open invoices over {days} days from {from}, if nobody pays", calendar.invoices));
    let Outlook { chosen: Chosen { looked_at, advanced, resting }, begun, waiting } = outlook;
    let told = |count: i64, text: String| if count == 0 { String::new() } else { text };
    let counted = |count: &usize| i64::try_from(*count).unwrap_or(i64::MAX);
    say("");
    fact("later stage", &told(counted(advanced), format!("{advanced} of {looked_at} start at the stage that fits their age")));
    fact("resting", &told(counted(resting), format!("{resting} of {looked_at} are older and rest")));
    fact("left out", &told(counted(begun), format!("{begun} are being dunned already")));
    fact("places", &told(*waiting, format!("{waiting} wait for a place at the end")));
}

/// What is open and has nothing behind it, leaving out what rests; and how many others are being dunned already.
async fn open_invoices(desk: &Desk) -> anyhow::Result<(Vec<Open>, usize)> {
    let (mut found, mut begun) = (Vec::new(), 0);
    let mut after = InvoiceId(0);
    loop {
        let page = desk.store.open_invoices(desk.tenant, after, PAGE).await?;
        let Some((last, ..)) = page.last() else { return Ok((found, begun)) };
        after = *last;
        let cases = desk.store.cases(desk.tenant, page.iter().map(|(id, ..)| *id)).await?;
        let instances: BTreeMap<_, _> = cases.into_iter().map(|case| (case.instance.id, case.instance)).collect();
        for (id, customer, mut record) in page {
            let Some(instance) = instances.get(&id) else { continue };
            let waits = matches!(instance.state, State::Waiting { .. } | State::QueuedByQuota { .. });
            if !waits || instance.passed.is_some() || instance.dispatched_on.is_some() {
                begun += 1;
                continue;
            }
            // Several sources may use one external id; here they stand side by side.
            record.external_id = id.to_string();
            found.push((Incoming { customer, invoice: record, document: None }, instance.workflow));
        }
    }
}

/// Takes the invoices in under their own workflows, on a ledger whose backlog waits for its choice.
async fn copy(simulation: &Simulation, workflows: &BTreeMap<WorkflowId, Workflow>, open: &[Open]) -> anyhow::Result<()> {
    let Simulation { engine, tenant, .. } = simulation;
    engine.ask_backlog(*tenant, &preview()).await?;
    for (id, workflow) in workflows {
        let published = engine.publish(*tenant, workflow).await?;
        let own: Vec<_> = open.iter().filter(|(_, pinned)| pinned == id).map(|(incoming, _)| incoming.clone()).collect();
        for batch in own.chunks(usize::try_from(PAGE).unwrap_or(1)) {
            engine.take_in(*tenant, "preview", published, batch).await?;
        }
    }
    Ok(())
}

async fn choose(simulation: &Simulation, choice: Choice) -> anyhow::Result<Chosen> {
    let Simulation { engine, tenant, .. } = simulation;
    engine.backlog_previewed(*tenant, choice).await?;
    Ok(engine.confirm_backlog(*tenant, choice, &preview()).await?)
}

fn preview() -> Cause {
    Cause { actor: "system".to_owned(), reason: "preview".to_owned() }
}
