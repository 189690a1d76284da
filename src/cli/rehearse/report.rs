//! What a rehearsal prints: dispatches by instant, instances by number, a summary. As JSON lines or as a table.

use crate::cli::{note, say};
use crate::domain::format;
use crate::domain::ids::TenantId;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::store::Store;
use crate::store::views::{DispatchView, InstanceFilter, InstanceView};
use chrono_tz::Tz;
use serde::Serialize;
use std::collections::BTreeMap;

/// The time that was rehearsed, and the zone that it is written in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
    pub zone: Tz,
}

#[derive(Debug, Serialize)]
struct Dispatch<'a> {
    r#type: &'static str,
    at: String,
    stage: &'a str,
    channel: &'a str,
    customer: &'a str,
    lines: Vec<Line<'a>>,
    /// What is open on its invoices, without fees.
    total_minor: i64,
    /// What this notice newly charges; left out where it charges nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_minor: Option<i64>,
    currency: &'a str,
    notice: &'a str,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    invoice: &'a str,
    stage: &'a str,
    open_minor: i64,
}

#[derive(Debug, Serialize)]
struct Ended<'a> {
    r#type: &'static str,
    invoice: &'a str,
    state: &'a str,
    stages: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Summary {
    r#type: &'static str,
    invoices: usize,
    dispatches: usize,
    settled: usize,
    open: usize,
}

/// Prints the rehearsal that stands in the ledger.
///
/// # Errors
/// When the ledger fails.
pub(super) async fn print(store: &Store, tenant: TenantId, workflow: &Workflow, span: &Span, json: bool) -> anyhow::Result<()> {
    let mut dispatches = store.dispatches(tenant).await?;
    dispatches.retain(|dispatch| span.from <= dispatch.at && dispatch.at < span.to);
    let first = |dispatch: &DispatchView| dispatch.lines.first().map(|line| line.0.clone()).unwrap_or_default();
    dispatches.sort_by_cached_key(|dispatch| (dispatch.at, first(dispatch)));
    let instances = store.instance_list(tenant, &InstanceFilter::default(), i64::MAX).await?;
    let mut stages: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for (instance, stage) in store.dispatched_stages(tenant).await? {
        stages.entry(instance).or_default().push(stage);
    }
    let settled = instances.iter().filter(|instance| instance.state == "settled").count();
    let summary =
        Summary { r#type: "summary", invoices: instances.len(), dispatches: dispatches.len(), settled, open: instances.len() - settled };
    let ended: Vec<_> = instances
        .iter()
        .map(|instance| Ended {
            r#type: "instance",
            invoice: &instance.number,
            state: &instance.state,
            stages: stages.remove(&instance.id).unwrap_or_default(),
        })
        .collect();
    tell_failures(store, tenant).await?;
    if json {
        lines(&dispatches, &ended, &summary, span)
    } else {
        table(&dispatches, &ended, &instances, &summary, workflow, span)
    }
    Ok(())
}

/// Real effects may fail; what did not arrive is told beside the result.
async fn tell_failures(store: &Store, tenant: TenantId) -> anyhow::Result<()> {
    for state in ["failed", "unknown"] {
        for notice in store.notice_list(tenant, state, 5).await? {
            note(format_args!("notice {} for {} is {state}: {}", notice.id, notice.customer_number, notice.reason.unwrap_or_default()));
        }
    }
    Ok(())
}

fn lines(dispatches: &[DispatchView], ended: &[Ended<'_>], summary: &Summary, span: &Span) {
    for dispatch in dispatches {
        let lines = dispatch.lines.iter().map(|(invoice, stage, open_minor)| Line { invoice, stage, open_minor: *open_minor }).collect();
        print_json(&Dispatch {
            r#type: "dispatch",
            at: dispatch.at.rfc3339_in(span.zone),
            stage: &dispatch.stage,
            channel: &dispatch.channel,
            customer: &dispatch.customer,
            lines,
            total_minor: dispatch.open_minor,
            fee_minor: Some(dispatch.fee_minor).filter(|fee| *fee != 0),
            currency: &dispatch.currency,
            notice: &dispatch.notice,
        });
    }
    ended.iter().for_each(print_json);
    print_json(summary);
}

fn print_json<T: Serialize>(value: &T) {
    if let Ok(text) = serde_json::to_string(value) {
        say(text);
    }
}

fn table(
    dispatches: &[DispatchView],
    ended: &[Ended<'_>],
    instances: &[InstanceView],
    summary: &Summary,
    workflow: &Workflow,
    span: &Span,
) {
    say(format_args!("{}  {} – {}\n", workflow.title_in("en"), span.from.date_in(span.zone), span.to.date_in(span.zone)));
    say(format_args!("{:<23} {:<12} {:<7} {:<22} {:>16}  invoices", "leaves at", "stage", "channel", "customer", "open"));
    for dispatch in dispatches {
        let at = dispatch.at.in_zone(span.zone).format("%a %Y-%m-%d %H:%M:%S").to_string();
        let amount = money(dispatch.open_minor, &dispatch.currency);
        let invoices: Vec<_> = dispatch.lines.iter().map(|line| line.0.as_str()).collect();
        let (stage, channel, customer) = (&dispatch.stage, &dispatch.channel, &dispatch.customer);
        say(format_args!("{at:<23} {stage:<12} {channel:<7} {customer:<22} {amount:>16}  {}", invoices.join(", ")));
    }
    say(format_args!("\n{:<22} {:<12} {:>16}  stages sent", "invoice", "state", "open"));
    for (end, instance) in ended.iter().zip(instances) {
        let open = money(instance.open_minor.max(0), &instance.currency);
        say(format_args!("{:<22} {:<12} {open:>16}  {}", end.invoice, end.state, end.stages.join(", ")));
    }
    say(format_args!(
        "\n{} invoices, {} dispatches, {} settled, {} open",
        summary.invoices, summary.dispatches, summary.settled, summary.open
    ));
}

fn money(minor: i64, currency: &str) -> String {
    format::money("en", minor, Currency::parse(currency).unwrap_or(Currency::EUR))
}
