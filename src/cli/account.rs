//! `account list|link|invite|shut-out|let-in`: who may sign in to the pages, from the server's own command line.

use super::ledger::Ledger;
use super::output::{Side, Table, json};
use super::{Ending, Globals, say};
use crate::domain::account::Role;
use crate::store::accounts::{EVERY_TENANT, Membership};
use anyhow::Context;
use serde_json::json;

/// Who acts on the command line: whoever may read the ledger's files or has its password.
pub(super) const ACTOR: &str = "system:command line";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show all accounts with their roles.
    List,
    /// Make a link that sets an account's password anew; without an address the link that makes the first account.
    Link {
        #[arg(value_name = "EMAIL")]
        email: Option<String>,
    },
    /// Make a link for a new account.
    Invite {
        #[arg(value_name = "EMAIL")]
        email: String,
        /// owner, administrator, operator or auditor.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Where the role holds; without it at all tenants.
        #[arg(long, value_name = "NAME")]
        tenant: Option<String>,
    },
    /// Shut an account out; all its sessions end.
    ShutOut {
        #[arg(value_name = "EMAIL")]
        email: String,
    },
    /// Let an account in again.
    LetIn {
        #[arg(value_name = "EMAIL")]
        email: String,
    },
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| format!("`{word}` is no role: write owner, administrator, operator or auditor"))
}

/// Runs a subcommand.
///
/// # Errors
/// When there is no such account or tenant, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    match args.what {
        What::List => list(&ledger, globals).await?,
        What::Link { email: None } => {
            let token = ledger.engine().first_link().await?;
            link(&ledger, &token.context("there are accounts already: name the one whose password is to be set")?, globals);
        }
        What::Link { email: Some(email) } => link(&ledger, &ledger.engine().reset_link(ACTOR, &email).await?, globals),
        What::Invite { email, role, tenant } => {
            let tenant = match tenant {
                None => EVERY_TENANT,
                Some(name) => ledger.tenants(Some(&name)).await?.first().context("there is no such tenant")?.0,
            };
            link(&ledger, &ledger.engine().invite(ACTOR, &email, Membership { tenant, role }).await?, globals);
        }
        What::ShutOut { email } => shut_out(&ledger, &email, true).await?,
        What::LetIn { email } => shut_out(&ledger, &email, false).await?,
    }
    ledger.store.close().await;
    Ok(Ending::Done)
}

async fn list(ledger: &Ledger, globals: &Globals) -> anyhow::Result<()> {
    let tenants = ledger.store.tenants().await?;
    let name = |id| tenants.iter().find(|(known, _)| *known == id).map_or("all tenants", |(_, name)| name);
    let mut table =
        Table::new(&[("e-mail", Side::Left, 40), ("name", Side::Left, 30), ("roles", Side::Left, 60), ("state", Side::Left, 20)]);
    for (account, own) in ledger.store.accounts().await? {
        let roles: Vec<_> = own.iter().map(|membership| (name(membership.tenant), membership.role.as_str())).collect();
        let state = if account.disabled_at.is_some() { "shut out" } else { "open" };
        if globals.json {
            let roles: Vec<_> = roles.iter().map(|(tenant, role)| json!({"tenant": tenant, "role": role})).collect();
            json(&json!({"type": "account", "email": account.email, "name": account.name, "roles": roles, "state": state,
                "second_factor": account.totp_secret.is_some()}));
        } else {
            let roles: Vec<_> = roles.iter().map(|(tenant, role)| format!("{role} of {tenant}")).collect();
            table.row([account.email, account.name, roles.join(", "), state.to_owned()]);
        }
    }
    if !globals.json {
        table.print();
    }
    Ok(())
}

fn link(ledger: &Ledger, token: &str, globals: &Globals) {
    let url = format!("{}/welcome/{token}", ledger.config.pages_url());
    if globals.json { json(&json!({"type": "link", "url": url})) } else { say(url) }
}

async fn shut_out(ledger: &Ledger, email: &str, out: bool) -> anyhow::Result<()> {
    let account = ledger.store.account_by_email(&email.trim().to_lowercase()).await?;
    let account = account.with_context(|| format!("there is no account of {email}"))?;
    ledger.engine().shut_out(ACTOR, &account.id, out).await?;
    say(format_args!("{email} is {}", if out { "shut out" } else { "let in" }));
    Ok(())
}
