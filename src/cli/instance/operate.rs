//! What a person may do: pause, resume, skip, retry, settle, withdraw, hand over. Each says who acts and why.

use super::find::{self, One};
use crate::cli::ledger::{Desk, Ledger};
use crate::cli::output::json;
use crate::cli::{Ending, Globals, say};
use crate::domain::format::presentable;
use crate::domain::ids::{InvoiceId, NoticeId};
use crate::domain::workflow::Channel;
use crate::engine::holds::Hold;
use crate::engine::operate::{Cause, Resolution, Scope};
use anyhow::bail;
use chrono::NaiveDate;
use serde_json::json;

/// Who acts, and why.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Why {
    /// Why; the history keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who acts; the history keeps it as user:NAME. Without a name in $USER it is the number of the system's user.
    #[arg(long = "as", value_name = "NAME", env = "USER", hide_env_values = true)]
    name: Option<String>,
}

impl Why {
    /// # Errors
    /// When one of them is missing or can't stand in the history.
    pub(in crate::cli) fn cause(&self) -> anyhow::Result<Cause> {
        let reason = presentable(&self.reason).trim().to_owned();
        anyhow::ensure!(!reason.is_empty(), "--reason is empty: write why, the history keeps it");
        anyhow::ensure!(reason.chars().count() <= 500, "--reason is longer than 500 characters: shorten it");
        let name = self.name.as_deref().map(|name| presentable(name).trim().to_owned()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()));
        anyhow::ensure!(name.chars().count() <= 100, "--as is longer than 100 characters: shorten it");
        Ok(Cause { actor: format!("user:{name}"), reason })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Act {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("scope").required(true).args(["number", "customer"]))]
pub(super) struct Resume {
    /// The invoice's number, or `#` and its id in the ledger where several share a number.
    #[arg(value_name = "NUMBER")]
    number: Option<String>,
    /// The customer's number: all its invoices, future ones too.
    #[arg(long, value_name = "NUMBER")]
    customer: Option<String>,
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
pub(super) struct Pause {
    #[command(flatten)]
    scope: Resume,
    /// The first day on which dunning may go on; without it somebody has to resume.
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// Who looks after it; without it whoever sets it.
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("outcome").args(["as_sent", "send_again"]))]
pub(super) struct Retry {
    #[command(flatten)]
    one: One,
    /// For a notice whose outcome is unknown: it did arrive, the ladder goes on.
    #[arg(long)]
    as_sent: bool,
    /// For a notice whose outcome is unknown: it did not arrive, send it again.
    #[arg(long)]
    send_again: bool,
    #[command(flatten)]
    why: Why,
}

/// A way to send, or what takes it back.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Way(pub(in crate::cli) Option<Channel>);

impl std::str::FromStr for Way {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word == "usual" {
            Ok(Self(None))
        } else {
            Channel::by_hand(word).map(|channel| Self(Some(channel))).map_err(|why| format!("{why}, or usual"))
        }
    }
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            None => "as usual",
            Some(Channel::EmailAndPost) => "by e-mail and as a letter",
            Some(Channel::Post) => "as a letter",
            Some(Channel::Email | Channel::EmailThenPost) => "by e-mail",
        })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Reroute {
    #[command(flatten)]
    one: One,
    /// email, post, email_and_post, or usual: as its stage and its customer say.
    #[arg(value_name = "WAY")]
    way: Way,
    #[command(flatten)]
    why: Why,
}

pub(super) async fn reroute(args: &Reroute, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, invoice, cause) = open(&args.one, &args.why, globals).await?;
    desk.engine.reroute(desk.tenant, invoice, args.way.0, &cause).await?;
    done(&desk, globals, "channel", &named(&args.one), 1, &format!("its next notice goes {}", args.way)).await
}

pub(super) async fn pause(args: &Pause, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, scope, cause) = prepare(&args.scope, globals).await?;
    let hold = Hold { scope, kind: "pause", amount_minor: None, until: args.until, owner: args.owner.as_deref() };
    let (_, changed) = desk.engine.set_hold(desk.tenant, &hold, &cause).await?;
    let until = args.until.map_or_else(|| "until it is resumed".to_owned(), |date| format!("until {date}"));
    done(&desk, globals, "pause", &args.scope.named(), changed, &format!("rests {until}; {}", moved(changed))).await
}

fn moved(count: usize) -> String {
    if count == 1 { "1 instance was moved".to_owned() } else { format!("{count} instances were moved") }
}

pub(super) async fn resume(args: &Resume, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, scope, cause) = prepare(args, globals).await?;
    let ended = desk.engine.resume(desk.tenant, scope, &cause).await?;
    if ended == 0 {
        bail!("{}: nothing rests there; `mahnwerk instance list --state blocked` shows what does", args.named());
    }
    let ends = if ended == 1 { "1 block was ended".to_owned() } else { format!("{ended} blocks were ended") };
    done(&desk, globals, "resume", &args.named(), ended, &ends).await
}

impl Resume {
    fn named(&self) -> String {
        match (&self.number, &self.customer) {
            (Some(number), _) => format!("invoice {}", presentable(number)),
            (None, Some(number)) => format!("customer {}", presentable(number)),
            (None, None) => String::new(),
        }
    }
}

async fn prepare(args: &Resume, globals: &Globals) -> anyhow::Result<(Desk, Scope, Cause)> {
    let cause = args.why.cause()?;
    let desk = Ledger::open(globals).await?.desk(args.tenant.as_deref()).await?;
    let scope = match (&args.number, &args.customer) {
        (Some(number), _) => Scope::Invoice(find::invoice(&desk, number).await?),
        (None, Some(number)) => Scope::Customer(find::customer(&desk, number).await?),
        (None, None) => bail!("name an invoice, or a customer with --customer"),
    };
    Ok((desk, scope, cause))
}

pub(super) async fn skip(args: &Act, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, invoice, cause) = open(&args.one, &args.why, globals).await?;
    let case = desk.engine.skip(desk.tenant, invoice, &cause).await?;
    let held = desk.engine.tenant_with_editions(desk.tenant).await?;
    let key = held.known(case.instance.workflow).map(|edition| edition.stage_key(case.instance.state.stage())).unwrap_or_default();
    let next = if key.is_empty() { "no stage is left".to_owned() } else { format!("{key} is next") };
    done(&desk, globals, "skip", &named(&args.one), 1, &format!("a stage was left out; {next}")).await
}

pub(super) async fn settle(args: &Act, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, invoice, cause) = open(&args.one, &args.why, globals).await?;
    desk.engine.settle_by_hand(desk.tenant, invoice, &cause).await?;
    done(&desk, globals, "settle", &named(&args.one), 1, "what was open is booked as settled").await
}

pub(super) async fn withdraw(args: &Act, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, invoice, cause) = open(&args.one, &args.why, globals).await?;
    desk.engine.end(desk.tenant, invoice, false, &cause).await?;
    done(&desk, globals, "withdraw", &named(&args.one), 1, "the claim is withdrawn").await
}

pub(super) async fn hand_over(args: &Act, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, invoice, cause) = open(&args.one, &args.why, globals).await?;
    desk.engine.end(desk.tenant, invoice, true, &cause).await?;
    done(&desk, globals, "hand-over", &named(&args.one), 1, "the claim is handed over").await
}

pub(super) async fn retry(args: &Retry, globals: &Globals) -> anyhow::Result<Ending> {
    let (desk, invoice, cause) = open(&args.one, &args.why, globals).await?;
    let name = named(&args.one);
    let unknown = desk.store.notices_of(desk.tenant, invoice).await?.into_iter().find(|notice| notice.state == "unknown");
    match (unknown, args.as_sent, args.send_again) {
        (Some(notice), true, _) => {
            desk.engine.resolve(desk.tenant, &NoticeId(notice.id), Resolution::Sent, &cause).await?;
            done(&desk, globals, "resolve", &name, 1, "its notice counts as sent; the ladder goes on").await
        }
        (Some(notice), false, true) => {
            desk.engine.resolve(desk.tenant, &NoticeId(notice.id), Resolution::SendAgain, &cause).await?;
            done(&desk, globals, "resolve", &name, 1, "its notice is recalled and sent again, under a new Message-ID").await
        }
        (Some(notice), false, false) => bail!(
            "nobody knows whether notice {} arrived ({}). Ask the customer or look into the server's log, then write \
             --as-sent if it did or --send-again if it did not",
            notice.id,
            notice.reason.as_deref().map(presentable).unwrap_or_default()
        ),
        (None, false, false) => {
            let count = desk.engine.retry(desk.tenant, invoice, &cause).await?;
            let more = if count > 1 { format!(", with {} more invoices of the same notice", count - 1) } else { String::new() };
            done(&desk, globals, "retry", &name, count, &format!("its stage is due again{more}")).await
        }
        (None, ..) => bail!("{name} has no notice whose outcome is unknown: leave --as-sent and --send-again out"),
    }
}

async fn open(one: &One, why: &Why, globals: &Globals) -> anyhow::Result<(Desk, InvoiceId, Cause)> {
    let cause = why.cause()?;
    let desk = Ledger::open(globals).await?.desk(one.tenant.as_deref()).await?;
    let invoice = find::invoice(&desk, &one.number).await?;
    Ok((desk, invoice, cause))
}

pub(super) fn named(one: &One) -> String {
    format!("invoice {}", presentable(&one.number))
}

pub(super) async fn done(desk: &Desk, globals: &Globals, act: &str, what: &str, count: usize, words: &str) -> anyhow::Result<Ending> {
    if globals.json {
        json(&json!({ "type": "done", "act": act, "what": what, "count": count, "message": words }));
    } else {
        say(format_args!("{what}: {words}"));
    }
    desk.store.close().await;
    Ok(Ending::Done)
}
