//! `workflow show`: a workflow as people read it, the ladder first.

use crate::assembly;
use crate::assembly::workflow;
use crate::cli::output::{Side, Table, fact, json};
use crate::cli::{Ending, Globals, say};
use crate::domain::format::presentable;
use crate::domain::workflow::{Anchor, Automation, BusinessHours, Channel, Rules, Stage, StageKind, Workflow, content_hash, to_toml};
use anyhow::Context;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A workflow file, or a name such as `standard`.
    #[arg(value_name = "FILE")]
    file: String,
}

pub(super) fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let config = globals.config()?;
    let texts = assembly::texts(&config)?;
    let workflow = workflow::sound(&args.file, &config, &texts)?;
    if globals.json {
        let table: toml::Table = to_toml(&workflow).parse().context("writing the workflow as JSON")?;
        let mut object = serde_json::to_value(table).context("writing the workflow as JSON")?;
        object["hash"] = json!(content_hash(&workflow));
        json(&object);
        return Ok(Ending::Done);
    }
    say(format_args!("{}  ({})\n", presentable(workflow.title_in("en")), workflow.name));
    ladder(&workflow);
    say("");
    fact("leaves", &window(workflow.business_hours.as_ref()));
    fact("zone", workflow.timezone.map_or("the tenant's", |zone| zone.name()));
    fact("holidays", workflow.holidays.as_deref().unwrap_or("the tenant's"));
    rules(&workflow.rules);
    fact("version", &content_hash(&workflow));
    Ok(Ending::Done)
}

fn ladder(workflow: &Workflow) {
    let mut table = Table::new(&[
        ("stage", Side::Left, 16),
        ("kind", Side::Left, 8),
        ("when", Side::Left, 22),
        ("at", Side::Left, 6),
        ("way", Side::Left, 24),
        ("by itself", Side::Left, 9),
        ("fee", Side::Right, 7),
    ]);
    for stage in &workflow.stages {
        table.row([
            stage.key.clone(),
            if stage.kind == StageKind::Reminder { "reminder" } else { "dunning" }.to_owned(),
            if stage.enabled { when(stage) } else { "switched off".to_owned() },
            stage.time_of_day.map_or(String::new(), |time| time.format("%H:%M").to_string()),
            way(stage),
            match stage.automation {
                Automation::Propose => "proposes",
                Automation::Finalize => "prepares",
                Automation::Dispatch => "yes",
            }
            .to_owned(),
            if stage.fee.is_zero() { String::new() } else { format!("{:.2}", stage.fee) },
        ]);
    }
    table.print();
}

fn when(stage: &Stage) -> String {
    let days = if stage.after_days == 1 { "1 day".to_owned() } else { format!("{} days", stage.after_days) };
    match stage.anchor {
        Anchor::DueDate => format!("due date + {days}"),
        Anchor::PreviousStage => format!("previous + {days}"),
    }
}

fn way(stage: &Stage) -> String {
    let way = match stage.channel {
        Channel::Email => "e-mail",
        Channel::Post => "letter",
        Channel::EmailAndPost => "letter and e-mail",
        Channel::EmailThenPost => "e-mail, else letter",
    };
    let letter = if stage.attach_letter == Some(true) { " +letter" } else { "" };
    format!("{way}{}{letter}", if stage.attach_invoice { " +PDF" } else { "" })
}

fn window(hours: Option<&BusinessHours>) -> String {
    let Some(hours) = hours else { return "on any day, at 09:00 where a stage names no time".to_owned() };
    let days: Vec<_> = hours.days.iter().map(ToString::to_string).collect();
    format!("{} from {} to before {}", days.join(", "), hours.start.format("%H:%M"), hours.end.format("%H:%M"))
}

fn rules(rules: &Rules) {
    let minimum: Vec<_> = rules.minimum_amount.iter().map(|(currency, amount)| format!("{currency} {amount:.2}")).collect();
    fact("together", if rules.consolidate { "one notice per customer and day" } else { "one notice for each invoice" });
    fact(
        "due date",
        if rules.legal_due_shift { "moves to the next working day from weekends and holidays (§ 193 BGB)" } else { "counts as it is" },
    );
    fact("gap", &format!("at least {} days between two notices about one invoice", rules.min_gap_days));
    fact("minimum", &if minimum.is_empty() { "any open amount is dunned".to_owned() } else { minimum.join(", ") });
}
