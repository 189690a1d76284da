//! `fence show`: since when, why, and what would leave.

use super::super::ledger::{Desk, Ledger};
use super::super::output::{NOTICE_SHOWN, Side, Table, fact, json, moment};
use super::super::{Ending, Globals, say};
use crate::engine::clock::{Clock, SystemClock};
use crate::store::fence::{Doubtful, Fence};
use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::json;

/// Lines of the list.
const LINES: i64 = 200;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this tenant.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    let tenants = ledger.tenants(args.tenant.as_deref()).await?;
    for desk in ledger.desks(&tenants).await? {
        let zone = desk.settings.zone;
        let (held, uncertain) = desk.store.guard(desk.tenant).await?;
        let fences = desk.store.fences(desk.tenant).await?;
        if globals.json {
            fences.iter().for_each(|fence| line(&desk, fence));
        } else {
            said(&desk, held, &fences);
            if let Some(until) = uncertain {
                fact("in doubt", &format!("what was to leave until {} becomes unknown (`fence clear` ends that)", moment(until, zone)));
            }
        }
        if held {
            doubtful(&desk, SystemClock.now().date_in(zone), globals.json).await?;
        }
    }
    ledger.store.close().await;
    Ok(Ending::Done)
}

fn said(desk: &Desk, held: bool, fences: &[Fence]) {
    let zone = desk.settings.zone;
    fact("tenant", &desk.settings.name);
    fact("fence", if held { "holds: nothing is issued or sent" } else { "none" });
    for fence in fences {
        let (seq, at) = (fence.ledger_seq, instant(fence.ledger_at, zone));
        let mark = fence.mark_seq.map_or_else(String::new, |seq| format!("; it had been at {seq}, {}", instant(fence.mark_at, zone)));
        fact("raised", &format!("{}, because it was {}", moment(fence.raised_at, zone), because(&fence.cause)));
        fact("ledger", &format!("entry {seq}, {at}{mark}"));
        if let (Some(at), Some(by)) = (fence.lifted_at, &fence.lifted_by) {
            fact("lifted", &format!("{} by {by}: {}", moment(at, zone), fence.reason.as_deref().unwrap_or_default()));
        }
    }
}

fn because(cause: &str) -> &str {
    match cause {
        "restored" => "restored from a backup",
        "behind" => "behind what was done under it: an older one was put in its place",
        _ => "another one than that under which the last things were done",
    }
}

fn instant(at: Option<crate::domain::time::Timestamp>, zone: Tz) -> String {
    at.map_or_else(|| "without an instant".to_owned(), |at| moment(at, zone))
}

fn line(desk: &Desk, fence: &Fence) {
    let zone = desk.settings.zone;
    let shown = |at: Option<crate::domain::time::Timestamp>| at.map(|at| at.rfc3339_in(zone));
    json(&json!({
        "type": "fence", "tenant": desk.settings.name, "id": fence.id, "raised": shown(Some(fence.raised_at)), "cause": fence.cause,
        "ledger_seq": fence.ledger_seq, "ledger_at": shown(fence.ledger_at), "mark_seq": fence.mark_seq, "mark_at": shown(fence.mark_at),
        "lifted": shown(fence.lifted_at), "lifted_by": fence.lifted_by, "reason": fence.reason, "detail": fence.detail,
    }));
}

/// What may have been sent though the ledger does not know it.
pub(super) async fn doubtful(desk: &Desk, until: NaiveDate, as_json: bool) -> anyhow::Result<usize> {
    let found = desk.store.doubtful(desk.tenant, until, LINES + 1).await?;
    if as_json {
        found.iter().for_each(|one| {
            json(&json!({
                "type": "doubtful", "tenant": desk.settings.name, "number": one.number, "customer": one.customer, "name": one.customer_name,
                "state": one.state, "stage": one.stage.map(|stage| stage + 1), "stage_date": one.stage_date, "notice": one.notice,
            }));
        });
        return Ok(found.len());
    }
    if found.is_empty() {
        say("Nothing was to leave.");
        return Ok(0);
    }
    say(format_args!("\nWhat may have been sent until {until} though this ledger does not know it:\n"));
    let mut table = Table::new(&[
        ("invoice", Side::Left, 20),
        ("customer", Side::Left, 28),
        ("state", Side::Left, 9),
        ("stage", Side::Right, 5),
        ("date", Side::Left, 10),
        ("notice", Side::Left, NOTICE_SHOWN),
    ]);
    let limit = usize::try_from(LINES).unwrap_or(usize::MAX);
    found.iter().take(limit).for_each(|one| table.row(cells(one)));
    table.print();
    if found.len() > limit {
        say("…and more.");
    }
    Ok(found.len())
}

fn cells(one: &Doubtful) -> [String; 6] {
    [
        one.number.clone(),
        format!("{} {}", one.customer, one.customer_name),
        one.state.clone(),
        one.stage.map(|stage| (stage + 1).to_string()).unwrap_or_default(),
        one.stage_date.clone().unwrap_or_default(),
        one.notice.as_deref().unwrap_or_default().chars().take(NOTICE_SHOWN).collect(),
    ]
}
