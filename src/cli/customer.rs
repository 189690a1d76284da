//! `customer`: a customer's e-mail addresses, and a person's word about them and about how it is dunned.

use super::instance::{To, Why, find_customer, moved};
use super::ledger::{Desk, Ledger};
use super::output::{Side, Table, fact, json};
use super::workflow::version;
use super::{Ending, Globals, say};
use crate::domain::format::presentable;
use crate::domain::ids::CustomerId;
use crate::domain::workflow::Channel;
use crate::engine::customers::Decision;
use crate::store::addresses::Addresses;
use crate::store::blocks::OpenBlock;
use crate::store::by_hand::ByHand;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show the addresses, and which of them notices go to.
    Show(One),
    /// Enter an address by hand; by the usual rule it stands before all that sources give.
    Address(Given),
    /// Take back the address that was entered by hand.
    Forget(Act),
    /// Use an address no more, for example because it bounces; the next usable one takes its place.
    Block(Given),
    /// Use an address again.
    Unblock(Given),
    /// Decide the language of the customer's notices, above what sources bring; what is not out yet is made anew.
    Language(Decide),
    /// Decide how the customer's notices go (email, post, email_and_post), above what stages say; from the next notice on.
    Channel(Decide),
    /// Decide the workflow of the customer's invoices to come, by name; it must be published. Those that are open: `customer migrate`.
    Workflow(Decide),
    /// Go on with all open invoices in another version of their workflow, or in another workflow. What can't move is named and stays.
    Migrate(Migrate),
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("decision").required(true).args(["value", "as_imported"]))]
struct Decide {
    #[command(flatten)]
    one: One,
    /// What is decided.
    #[arg(value_name = "VALUE")]
    value: Option<String>,
    /// Take back what was decided.
    #[arg(long)]
    as_imported: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct Migrate {
    #[command(flatten)]
    act: Act,
    #[command(flatten)]
    to: To,
}

#[derive(Debug, clap::Args)]
struct One {
    /// The customer's number.
    #[arg(value_name = "NUMBER")]
    number: String,
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Act {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, clap::Args)]
struct Given {
    #[command(flatten)]
    one: One,
    /// The e-mail address.
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    why: Why,
}

/// Runs a subcommand.
///
/// # Errors
/// When there is no such customer or address, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let one = match &args.what {
        What::Show(one) => one,
        What::Forget(act) => &act.one,
        What::Migrate(args) => &args.act.one,
        What::Language(decide) | What::Channel(decide) | What::Workflow(decide) => &decide.one,
        What::Address(given) | What::Block(given) | What::Unblock(given) => &given.one,
    };
    let desk = Ledger::open(globals).await?.desk(one.tenant.as_deref()).await?;
    let customer = find_customer(&desk, &one.number).await?;
    if let What::Migrate(args) = &args.what {
        return migrate(&desk, customer, args, globals).await;
    }
    act(&desk, customer, &args.what).await?;
    let addresses = desk.engine.addresses(desk.tenant, customer).await?;
    let decided = desk.store.by_hand(desk.tenant, customer).await?.unwrap_or_default();
    let blocks = desk.store.open_blocks(desk.tenant, customer).await?;
    show(&desk, &one.number, &addresses, &decided, &blocks, globals);
    desk.store.close().await;
    Ok(Ending::Done)
}

async fn act(desk: &Desk, customer: CustomerId, what: &What) -> anyhow::Result<()> {
    let Desk { engine, tenant, .. } = desk;
    match what {
        What::Show(_) | What::Migrate(_) => {}
        What::Address(given) => drop(engine.give_address(*tenant, customer, given.address.trim(), &given.why.cause()?).await?),
        What::Forget(act) => drop(engine.give_address(*tenant, customer, "", &act.why.cause()?).await?),
        What::Block(given) => drop(engine.block_address(*tenant, customer, given.address.trim(), true, &given.why.cause()?).await?),
        What::Unblock(given) => drop(engine.block_address(*tenant, customer, given.address.trim(), false, &given.why.cause()?).await?),
        What::Language(decide) | What::Channel(decide) | What::Workflow(decide) => {
            let value = decide.value.as_deref().map(str::trim);
            let decision = match what {
                What::Language(_) => Decision::Language(value.map(str::to_lowercase)),
                What::Channel(_) => Decision::Channel(value.map(Channel::by_hand).transpose().map_err(anyhow::Error::msg)?),
                _ => Decision::Workflow(value.map(ToOwned::to_owned)),
            };
            engine.decide_for(*tenant, customer, &decision, &decide.why.cause()?).await?;
        }
    }
    Ok(())
}

async fn migrate(desk: &Desk, customer: CustomerId, args: &Migrate, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.act.why.cause()?;
    let (edition, target) = version::target(desk, &args.to.to, args.to.after.as_deref()).await?;
    let outcome = desk.engine.migrate_customer(desk.tenant, customer, target, &cause).await?;
    moved(desk, globals, &format!("customer {}", presentable(&args.act.one.number)), &edition, &outcome).await
}

fn show(desk: &Desk, number: &str, addresses: &Addresses, decided: &ByHand, blocks: &[OpenBlock], globals: &Globals) {
    let rule = &desk.settings.address_rule;
    let usable = addresses.blocked.is_none() && !addresses.in_use.is_empty();
    if globals.json {
        json(&json!({
            "type": "customer", "customer": number, "address": Some(&addresses.in_use).filter(|_| usable), "rule": addresses.rule,
            "language_by_hand": decided.language, "channel_by_hand": decided.channel.map(Channel::word), "workflow_by_hand": decided.workflow,
            "blocks": blocks.iter().map(|block| json!({
                "id": block.id, "kind": block.kind, "reason": block.reason, "owner": block.owner, "until": block.until, "invoice_id": block.invoice,
            })).collect::<Vec<_>>(),
            "addresses": addresses.all.iter().map(|address| json!({
                "kind": address.kind, "position": address.position, "address": address.address, "blocked": address.blocked,
            })).collect::<Vec<_>>(),
        }));
        return;
    }
    fact("customer", number);
    fact("notices to", if usable { &addresses.in_use } else { "paper: no address is usable" });
    fact("by rule", &rule.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", "));
    for (what, value) in [
        ("language", decided.language.as_deref()),
        ("sent by", decided.channel.map(Channel::word)),
        ("workflow", decided.workflow.as_deref()),
    ] {
        if let Some(value) = value {
            fact(what, &format!("{value}, decided by hand"));
        }
    }
    for block in blocks {
        let until = block.until.map_or_else(|| "until it is resumed".to_owned(), |date| format!("until {date}"));
        let scope = block.invoice.map_or_else(|| "all of it".to_owned(), |invoice| format!("invoice #{invoice}"));
        fact("rests", &format!("{scope} {until}, looked after by {}: {}", block.owner, block.reason));
    }
    let mut table = Table::new(&[("kind", Side::Left, 14), ("address", Side::Left, 44), ("", Side::Left, 40)]);
    for address in &addresses.all {
        let remark = match &address.blocked {
            Some(why) => format!("not used: {why}"),
            None if address.address == addresses.in_use => "in use".to_owned(),
            None => String::new(),
        };
        table.row([address.kind.word().to_owned(), address.address.clone(), remark]);
    }
    if !table.is_empty() {
        say("");
        table.print();
    }
}
