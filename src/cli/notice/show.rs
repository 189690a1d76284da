//! `notice show`: one notice with its invoices, its steps, and the bytes that were sent.

use super::find;
use crate::cli::instance::{lateness, notice_json};
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::{Side, Table, fact, json, moment, money};
use crate::cli::{Ending, Globals, dunnings, note, say};
use crate::domain::chain::{Hash, hex};
use crate::store::detail::LineDetail;
use crate::store::source_dunnings::DunningRecord;
use crate::store::views::{NoticeView, StepView};
use anyhow::Context;
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The notice's id, or at least its first 4 characters.
    #[arg(value_name = "ID")]
    id: String,
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Write the mail (.eml), the letter (.pdf) and dunnings of the accounting system as they were sent into this folder.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
}

pub(super) async fn run(args: &Args, globals: &Globals) -> anyhow::Result<Ending> {
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let id = find(&desk, &args.id).await?;
    let lines = desk.store.notice_lines(desk.tenant, &id).await?;
    let first = lines.first().context("the notice has no lines")?.instance;
    let found = desk.store.notices_of(desk.tenant, first).await?.into_iter().find(|notice| notice.id == id);
    let notice = found.context("the notice is gone")?;
    let steps = desk.store.steps_of_notice(desk.tenant, &id).await?;
    let all: Vec<_> = lines.iter().map(|line| line.instance).collect();
    let mut dunnings = desk.store.dunnings_of(desk.tenant, &all).await?;
    dunnings.retain(|dunning| dunning.notice.0 == id);
    let saved = match &args.save {
        Some(folder) => save(&desk, &notice, &dunnings, folder).await?,
        None => Vec::new(),
    };
    if globals.json {
        let dunnings: Vec<_> = dunnings.iter().map(|dunning| dunnings::object(dunning, desk.settings.zone)).collect();
        object(&notice, &lines, &steps, (&dunnings, &saved), desk.settings.zone);
    } else {
        facts(&notice, desk.settings.zone);
        dunnings::facts(&dunnings, desk.settings.zone);
        tables(&notice, &lines, &steps, desk.settings.zone);
        saved.iter().for_each(|path| say(format_args!("written to {}", path.display())));
    }
    if args.save.is_some() && saved.is_empty() {
        note(format_args!("notice {id} has neither mail nor letter yet: nothing was written"));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}

fn object(notice: &NoticeView, lines: &[LineDetail], steps: &[StepView], (dunnings, saved): (&[Value], &[PathBuf]), zone: Tz) {
    let mut object = notice_json(notice, steps, zone);
    object["customer"] = json!(notice.customer_number);
    object["name"] = json!(notice.customer_name);
    object["mail_sha256"] = json!(notice.mail_hash.as_deref().map(hex));
    object["letter_sha256"] = json!(notice.letter_hash.as_deref().map(hex));
    let line = |line: &LineDetail| {
        json!({
            "invoice": line.invoice, "due_date": line.due_date, "stage": line.stage, "open_minor": line.open_minor, "recalled": line.recalled,
        })
    };
    object["lines"] = json!(lines.iter().map(line).collect::<Vec<_>>());
    object["dunnings"] = json!(dunnings);
    object["saved"] = json!(saved);
    json(&object);
}

fn facts(notice: &NoticeView, zone: Tz) {
    fact("notice", &notice.id);
    fact("customer", &format!("{} {}", notice.customer_number, notice.customer_name));
    fact("state", &notice.state);
    fact("by", &notice.channel);
    fact("stage", &notice.stage);
    fact("because", notice.reason.as_deref().unwrap_or_default());
    fact("due", &moment(notice.due_at, zone));
    fact("slot", &moment(notice.slot_at, zone));
    fact("left", &notice.dispatched_at.map_or(String::new(), |at| moment(at, zone)));
    fact("late", &lateness(notice).unwrap_or_default());
    fact("to", notice.recipient.as_deref().unwrap_or_default());
    fact("chosen by", notice.recipient_rule.as_deref().unwrap_or_default());
    fact("reply", notice.reply.as_deref().unwrap_or_default());
    let fee = if notice.fee_minor == 0 { String::new() } else { format!(", {} of it fees", money(notice.fee_minor, &notice.currency)) };
    fact("to pay", &format!("{}{fee}", money(notice.open_minor.saturating_add(notice.fee_minor), &notice.currency)));
    fact("mail", &notice.mail_hash.as_deref().map_or(String::new(), |hash| format!("SHA-256 {}", hex(hash))));
    fact("letter", &notice.letter_hash.as_deref().map_or(String::new(), |hash| format!("SHA-256 {}", hex(hash))));
}

fn tables(notice: &NoticeView, lines: &[LineDetail], steps: &[StepView], zone: Tz) {
    say("");
    let mut table = Table::new(&[
        ("invoice", Side::Left, 24),
        ("due", Side::Left, 10),
        ("stage", Side::Left, 16),
        ("open", Side::Right, 16),
        ("", Side::Left, 12),
    ]);
    for line in lines {
        let recalled = if line.recalled { "recalled" } else { "" };
        let open = money(line.open_minor, &notice.currency);
        table.row([line.invoice.clone(), line.due_date.clone(), line.stage.clone(), open, recalled.to_owned()]);
    }
    table.print();
    say("");
    let mut table = Table::new(&[
        ("step", Side::Left, 6),
        ("state", Side::Left, 10),
        ("attempt", Side::Right, 7),
        ("at", Side::Left, 19),
        ("error", Side::Left, 56),
    ]);
    for step in steps {
        let at = moment(step.ended_at.or(step.started_at).unwrap_or(step.due_at), zone);
        table.row([step.pool.clone(), step.state.clone(), step.attempt.to_string(), at, step.error.clone().unwrap_or_default()]);
    }
    table.print();
}

/// Writes the documents; the files' names are the notice's.
async fn save(desk: &Desk, notice: &NoticeView, dunnings: &[DunningRecord], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let mut saved = Vec::new();
    let own = [(&notice.mail_hash, "eml".to_owned()), (&notice.letter_hash, "pdf".to_owned())];
    let own = own.into_iter().filter_map(|(hash, ending)| Some((Hash::try_from(hash.as_deref()?).ok()?, ending)));
    let made = dunnings.iter().filter_map(|dunning| Some((dunning.document?, format!("{}.pdf", dunning.token))));
    for (hash, ending) in own.chain(made) {
        let document = desk.store.document(desk.tenant, &hash).await?;
        let document = document.with_context(|| format!("the ledger has lost the document {}", hex(&hash)))?;
        anyhow::ensure!(document.hash() == hash, "the document {} is not what was sent: its content was changed", hex(&hash));
        let path = folder.join(format!("{}.{ending}", notice.id));
        std::fs::write(&path, &document.bytes).with_context(|| format!("writing {}", path.display()))?;
        saved.push(path);
    }
    Ok(saved)
}
