//! `token list|make|revoke`: what programs open the HTTP API with, from the server's own command line.

use super::account::ACTOR;
use super::ledger::Ledger;
use super::output::{Side, Table, json, moment};
use super::{Ending, Globals, say};
use crate::domain::ids::TenantId;
use crate::domain::scope::Scope;
use crate::engine::accounts::NewToken;
use crate::store::api_tokens::Token;
use anyhow::{Context, bail};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Show all tokens of a tenant, revoked ones included.
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Make a token. It is shown once; keep it like a password.
    Make {
        /// As the history names it, token:NAME; no two tokens of a tenant ever have the same.
        #[arg(value_name = "NAME")]
        name: String,
        /// What it may be used for: read, facts:write, operate, admin.
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// For so many days; for good if left out.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: Option<u32>,
        #[command(flatten)]
        of: Of,
    },
    /// Take a token back at once and for good.
    Revoke {
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        of: Of,
    },
}

#[derive(Debug, clap::Args)]
struct Of {
    /// Needed where the ledger has several tenants.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

fn scope(word: &str) -> Result<Scope, String> {
    let words = Scope::ALL.map(Scope::as_str);
    Scope::parse(word).ok_or_else(|| format!("`{word}` is no scope: write some of {}", words.join(",")))
}

/// Runs a subcommand.
///
/// # Errors
/// When there is no such tenant or token, the name was used before, or the ledger fails.
pub async fn run(args: Args, globals: &Globals) -> anyhow::Result<Ending> {
    let ledger = Ledger::open(globals).await?;
    match args.what {
        What::List { of } => list(&ledger, tenant(&ledger, &of).await?, globals).await?,
        What::Make { name, scopes, days, of } => {
            let tenant = tenant(&ledger, &of).await?;
            let secret = ledger.engine().make_token(ACTOR, &NewToken { tenant, name: &name, scopes: &scopes, days }).await?;
            if globals.json { json(&json!({"type": "token", "name": name, "token": secret})) } else { say(secret) }
        }
        What::Revoke { name, of } => {
            let tenant = tenant(&ledger, &of).await?;
            ledger.engine().revoke_token(ACTOR, tenant, &name).await.with_context(|| format!("revoking the token {name}"))?;
            say(format_args!("{name} holds no more"));
        }
    }
    ledger.store.close().await;
    Ok(Ending::Done)
}

async fn tenant(ledger: &Ledger, of: &Of) -> anyhow::Result<TenantId> {
    let found = ledger.tenants(of.tenant.as_deref()).await?;
    match found.as_slice() {
        [(id, _)] => Ok(*id),
        [] => bail!("the ledger has no tenant yet"),
        _ => bail!("there are several tenants: write --tenant NAME"),
    }
}

async fn list(ledger: &Ledger, tenant: TenantId, globals: &Globals) -> anyhow::Result<()> {
    let engine = ledger.engine();
    let (now, zone) = (engine.clock.now(), chrono_tz::UTC);
    let mut table = Table::new(&[
        ("name", Side::Left, 30),
        ("scopes", Side::Left, 34),
        ("state", Side::Left, 10),
        ("used (UTC)", Side::Left, 20),
        ("made by", Side::Left, 30),
    ]);
    for token in ledger.store.tokens(tenant).await? {
        let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let state = state(&token, now);
        if globals.json {
            json(&json!({"type": "token", "name": token.name, "scopes": scopes, "state": state, "created_by": token.created_by,
                "created_at": token.created_at.rfc3339_in(zone), "expires_at": token.expires_at.map(|at| at.rfc3339_in(zone)),
                "used_at": token.used_at.map(|at| at.rfc3339_in(zone))}));
        } else {
            let used = token.used_at.map_or_else(|| "never".to_owned(), |at| moment(at, zone));
            table.row([token.name, scopes.join(","), state.to_owned(), used, token.created_by]);
        }
    }
    if !globals.json {
        table.print();
    }
    Ok(())
}

fn state(token: &Token, now: crate::domain::time::Timestamp) -> &'static str {
    if token.revoked_at.is_some() {
        "revoked"
    } else if token.holds(now) {
        "holds"
    } else {
        "expired"
    }
}
