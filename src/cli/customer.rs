//! `customer`: a customer's e-mail addresses, and a person's word about them and about how it is dunned.

use super::instance::{To, Why, find_customer, moved};
use super::ledger::{Desk, Ledger};
use super::output::{Side, Table, fact, json};
use super::workflow::version;
use super::{Ending, Globals, say};
use crate::domain::format::presentable;
use crate::domain::ids::CustomerId;
use crate::store::addresses::Addresses;
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
    /// Go on with all open invoices in another version of their workflow, or in another workflow. What can't move is named and stays.
    Migrate(Migrate),
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
        What::Address(given) | What::Block(given) | What::Unblock(given) => &given.one,
    };
    let desk = Ledger::open(globals).await?.desk(one.tenant.as_deref()).await?;
    let customer = find_customer(&desk, &one.number).await?;
    if let What::Migrate(args) = &args.what {
        return migrate(&desk, customer, args, globals).await;
    }
    let addresses = act(&desk, customer, &args.what).await?;
    show(&desk, &one.number, &addresses, globals);
    desk.store.close().await;
    Ok(Ending::Done)
}

async fn act(desk: &Desk, customer: CustomerId, what: &What) -> anyhow::Result<Addresses> {
    let Desk { engine, tenant, .. } = desk;
    Ok(match what {
        What::Show(_) | What::Migrate(_) => engine.addresses(*tenant, customer).await?,
        What::Address(given) => engine.give_address(*tenant, customer, given.address.trim(), &given.why.cause()?).await?,
        What::Forget(act) => engine.give_address(*tenant, customer, "", &act.why.cause()?).await?,
        What::Block(given) => engine.block_address(*tenant, customer, given.address.trim(), true, &given.why.cause()?).await?,
        What::Unblock(given) => engine.block_address(*tenant, customer, given.address.trim(), false, &given.why.cause()?).await?,
    })
}

async fn migrate(desk: &Desk, customer: CustomerId, args: &Migrate, globals: &Globals) -> anyhow::Result<Ending> {
    let cause = args.act.why.cause()?;
    let (edition, target) = version::target(desk, &args.to.to, args.to.after.as_deref()).await?;
    let outcome = desk.engine.migrate_customer(desk.tenant, customer, target, &cause).await?;
    moved(desk, globals, &format!("customer {}", presentable(&args.act.one.number)), &edition, &outcome).await
}

fn show(desk: &Desk, number: &str, addresses: &Addresses, globals: &Globals) {
    let rule = &desk.settings.address_rule;
    let usable = addresses.blocked.is_none() && !addresses.in_use.is_empty();
    if globals.json {
        json(&json!({
            "type": "customer", "customer": number, "address": Some(&addresses.in_use).filter(|_| usable), "rule": addresses.rule,
            "addresses": addresses.all.iter().map(|address| json!({
                "kind": address.kind, "position": address.position, "address": address.address, "blocked": address.blocked,
            })).collect::<Vec<_>>(),
        }));
        return;
    }
    fact("customer", number);
    fact("notices to", if usable { &addresses.in_use } else { "paper: no address is usable" });
    fact("by rule", &rule.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", "));
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
