//! Composition: the configuration becomes a ledger, tenants and an engine. The place where parts meet.

use super::Globals;
use crate::adapters::letters::{self, EngineChoice, LetterSettings, WkhtmltopdfSettings};
use crate::adapters::lexoffice::{ApiKey, LexofficeClient, LexofficeSettings, LexofficeSource, TURN, WebhookKey, WebhookKeyError};
use crate::adapters::mail::{FileMailer, Login, Security, SmtpMailer, SmtpSettings, Timeouts};
use crate::adapters::texts::TextSets;
use crate::config::{Config, LetterEngineChoice, Lexoffice, Mail, NamedTenant, Pools, Print, Queue, Sandbox, Smtp, Tls};
use crate::domain::calendar::Region;
use crate::domain::ids::{TenantId, WorkflowId};
use crate::domain::step::Backoff;
use crate::domain::tenant::{MailIdentity, TenantSettings};
use crate::domain::workflow::{Parsed, References, Workflow, parse_with};
use crate::engine::ports::{LetterEngine, Mailer};
use crate::engine::source::connection::{Connection, SourceSettings};
use crate::engine::source::pace::StoredPace;
use crate::engine::source::ports::{ClaimKind, Source};
use crate::engine::{Engine, Limits};
use crate::store::Store;
use crate::workers::{PoolSizes, QueueSettings};
use anyhow::{Context, anyhow, bail};
use rust_decimal::prelude::ToPrimitive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Who would wait longer for a turn at a source gets none, and comes back later.
const TURN_PATIENCE: Duration = Duration::from_secs(60);

/// Reads the configuration that the command line names.
///
/// # Errors
/// Every problem of it, with file and line.
pub fn config(globals: &Globals) -> anyhow::Result<Config> {
    Ok(crate::config::load(globals.config.as_deref(), std::env::vars())?)
}

/// The text sets that the configuration names.
///
/// # Errors
/// Every problem of them, with file and line.
pub fn texts(config: &Config) -> anyhow::Result<TextSets> {
    let folder = &config.templates.folder;
    TextSets::load(Some(folder.as_path()).filter(|folder| !folder.as_os_str().is_empty())).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the texts can't be used:\n{}", lines.join("\n"))
    })
}

/// Reads and checks a workflow file.
///
/// # Errors
/// When it can't be read.
pub fn workflow_file(path: &Path, texts: &TextSets) -> anyhow::Result<Parsed> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the workflow file {}", path.display()))?;
    Ok(parsed_workflow(&text, texts))
}

/// Reads and checks a workflow's text, with the regions and texts that it names.
#[must_use]
pub fn parsed_workflow(text: &str, texts: &TextSets) -> Parsed {
    let known_region = |code: &str| Region::parse(code).map(drop).map_err(|error| error.to_string());
    let known_template = |name: &str| {
        let known = texts.templates().join(", ");
        if texts.has(name) { Ok(()) } else { Err(format!("there is no text set `{name}`; there are {known}")) }
    };
    parse_with(text, &References { known_region: &known_region, known_template: &known_template })
}

/// Reads a workflow file that must be without errors.
///
/// # Errors
/// Every problem of it, with file and line.
pub fn sound_workflow(path: &Path, texts: &TextSets) -> anyhow::Result<Workflow> {
    let parsed = workflow_file(path, texts)?;
    let shown = path.display().to_string();
    match parsed.workflow {
        Some(workflow) => Ok(workflow),
        None => {
            let lines: Vec<_> = parsed.problems.iter().map(|problem| problem.in_file(&shown).to_string()).collect();
            bail!("the workflow can't be used:\n{}", lines.join("\n"))
        }
    }
}

/// A tenant as the engine wants it.
///
/// # Errors
/// When its holidays are unknown.
pub fn tenant_settings(id: TenantId, name: &str, config: &NamedTenant) -> anyhow::Result<TenantSettings> {
    let (tenant, mail) = (&config.tenant, &config.mail);
    let region = Region::parse(&tenant.holidays).with_context(|| format!("tenant {name}: holidays"))?;
    Ok(TenantSettings {
        id,
        name: name.to_owned(),
        zone: tenant.zone,
        region,
        holidays_added: tenant.holidays_added.clone(),
        holidays_removed: tenant.holidays_removed.clone(),
        language: tenant.language.clone(),
        currency: tenant.currency,
        creditor: tenant.creditor.clone(),
        mail: MailIdentity {
            from: mail.from.clone(),
            from_name: if mail.from_name.is_empty() { tenant.creditor.name.clone() } else { mail.from_name.clone() },
            reply_to: Some(mail.reply_to.clone()).filter(|address| !address.is_empty()),
            cc: mail.cc.clone(),
            bcc: mail.bcc.clone(),
        },
        mail_every_seconds: mail.every_seconds,
        post_every_seconds: 0,
        max_active: Some(tenant.max_active).filter(|max| *max > 0),
        address_rule: mail.address_rule.clone(),
    })
}

/// Opens the ledger's database as `[ledger]` says.
///
/// # Errors
/// When it can't be reached.
pub async fn store(ledger: &crate::config::Ledger) -> anyhow::Result<Store> {
    let timeout = Duration::from_secs(ledger.timeout_seconds.into());
    let opened = Store::open_with(ledger.url.expose(), ledger.connections, timeout).await;
    opened.with_context(|| format!("opening the ledger {}", ledger.url))
}

/// What mails leave through: the configured server, else files in the outbox, which is made if it is missing.
///
/// # Errors
/// A setting that can't work, by its name, or an outbox that can't be made.
pub fn mailer(smtp: &Smtp, mail: &Mail) -> anyhow::Result<Arc<dyn Mailer>> {
    if smtp.is_configured() {
        return Ok(Arc::new(SmtpMailer::new(smtp_settings(smtp)).context("[smtp]")?));
    }
    let folder = &mail.folder;
    std::fs::create_dir_all(folder).with_context(|| format!("[mail] folder: making the outbox {}", folder.display()))?;
    Ok(Arc::new(FileMailer::new(folder.clone())))
}

fn smtp_settings(smtp: &Smtp) -> SmtpSettings {
    let security = match smtp.tls {
        Tls::Implicit => Security::Tls,
        Tls::Starttls => Security::StartTls,
        Tls::None => Security::None,
    };
    let login = || Login { user: smtp.user.clone(), password: smtp.password.expose().to_owned() };
    let reply = Duration::from_secs(smtp.timeout_seconds.into());
    SmtpSettings {
        login: (!smtp.user.is_empty()).then(login),
        ca_file: given(&smtp.ca_file),
        hello_name: if smtp.helo.is_empty() { machine_name() } else { smtp.helo.clone() },
        connections: count(smtp.connections),
        timeouts: Timeouts { connect: reply, reply, delivery: Duration::from_secs(smtp.delivery_timeout_seconds.into()) },
        ..SmtpSettings::new(smtp.host.clone(), smtp.port, security)
    }
}

/// This machine's name as the kernel knows it; the loopback address where it has none that a server would take.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if fits { name.to_owned() } else { "[127.0.0.1]".to_owned() }
}

/// The letter engine that `[print]` names, with a tenant's letterhead (empty: none).
///
/// # Errors
/// What is missing or can't be used, and how to get it.
pub fn letter_engine(print: &Print, letterhead: &Path) -> anyhow::Result<Arc<dyn LetterEngine>> {
    let program = &print.wkhtmltopdf;
    let settings = LetterSettings {
        engine: match print.engine {
            LetterEngineChoice::Typst => EngineChoice::Typst,
            LetterEngineChoice::Wkhtmltopdf => EngineChoice::Wkhtmltopdf,
        },
        max_rows: count(print.max_rows),
        letterhead: given(letterhead),
        footer: print.footer,
        fonts: given(&print.fonts),
        wkhtmltopdf: WkhtmltopdfSettings {
            program: program.program.clone(),
            html_zoom: program.html_zoom.to_f64().context("[print.wkhtmltopdf] html_zoom")?,
            sandbox: match program.sandbox {
                Sandbox::Auto => letters::Sandbox::Auto,
                Sandbox::Always => letters::Sandbox::Always,
                Sandbox::Never => letters::Sandbox::Never,
            },
            timeout_s: program.timeout_seconds.into(),
        },
    };
    letters::engine(&settings).map_err(|why| anyhow!("[print] {why}"))
}

/// Where the queues are. `tag` must differ for every start of every process.
#[must_use]
pub fn queue_settings(queue: &Queue, tag: &str) -> QueueSettings {
    QueueSettings {
        url: queue.url.expose().to_owned(),
        namespace: queue.namespace.clone(),
        tag: tag.to_owned(),
        poll: Duration::from_millis(queue.poll_ms.into()),
        heartbeat: Duration::from_secs(queue.heartbeat_seconds.into()),
        missed_heartbeats: queue.missed_heartbeats,
    }
}

/// How many chunks of each pool are worked on at once.
#[must_use]
pub fn pool_sizes(pools: &Pools) -> PoolSizes {
    PoolSizes { print: count(pools.print), send: count(pools.send), post: count(pools.post) }
}

/// The engine's bounds. How many steps a message points at stands under `[queue]`, so `chunk` is left at its default.
#[must_use]
pub fn limits(pools: &Pools) -> Limits {
    let backoff =
        Backoff { first_seconds: pools.first_retry_seconds, max_seconds: pools.longest_retry_seconds, max_attempts: pools.max_attempts };
    Limits { lease_seconds: pools.lease_seconds.into(), backoff, ..Limits::default() }
}

/// A path that was set; the configuration writes "not set" as an empty one.
fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Connects a tenant with the source that `[tenants.NAME.lexoffice]` names, if it does. Where it is new, nothing leaves before the owner
/// has chosen what becomes of the backlog.
///
/// # Errors
/// When the account or the workflow can't be used, or the ledger fails.
pub async fn connect(engine: &Engine, tenant: TenantId, name: &str, config: &Config) -> anyhow::Result<()> {
    let Some(connection) = connection(engine, tenant, name, config).await? else { return Ok(()) };
    if engine.ask_for_new_source(tenant, connection.name()).await? {
        tracing::warn!(
            tenant = name,
            "nothing leaves before it is chosen what becomes of invoices that are overdue already: `mahnwerk backlog preview`"
        );
    }
    engine.connect(tenant, connection)?;
    Ok(())
}

/// A tenant's source with its settings; `None` if it has none. Its workflow is published.
///
/// # Errors
/// When the account or the workflow can't be used.
async fn connection(engine: &Engine, tenant: TenantId, name: &str, config: &Config) -> anyhow::Result<Option<Connection>> {
    let Some(lexoffice) = config.tenants.get(name).and_then(|tenant| tenant.lexoffice.as_ref()) else { return Ok(None) };
    let workflow = super::workflow::source::sound(&lexoffice.workflow, config, &texts(config)?)
        .with_context(|| format!("[tenants.{name}.lexoffice] workflow"))?;
    let source = source(engine, lexoffice).with_context(|| format!("[tenants.{name}.lexoffice]"))?;
    let workflow = engine.publish(tenant, &workflow).await?;
    Ok(Some(Connection::new(source, source_settings(workflow, name, lexoffice, config))))
}

/// As [`connection`], for those who only look: nothing is published, so nothing can be taken in through it.
///
/// # Errors
/// When the account can't be used.
pub fn onlooker(engine: &Engine, name: &str, config: &Config) -> anyhow::Result<Option<Connection>> {
    let Some(lexoffice) = config.tenants.get(name).and_then(|tenant| tenant.lexoffice.as_ref()) else { return Ok(None) };
    let source = source(engine, lexoffice).with_context(|| format!("[tenants.{name}.lexoffice]"))?;
    Ok(Some(Connection::new(source, source_settings(WorkflowId(0), name, lexoffice, config))))
}

fn source_settings(workflow: WorkflowId, name: &str, lexoffice: &Lexoffice, config: &Config) -> SourceSettings {
    let mut settings = SourceSettings::new(workflow);
    settings.sync = lexoffice.sync;
    settings.kinds.extend(lexoffice.revenue_vouchers.then_some(ClaimKind::RevenueVoucher));
    settings.sync_from = lexoffice.sync_from;
    settings.excluded_terms.clone_from(&lexoffice.excluded_terms);
    settings.max_data_age_ms = i64::from(lexoffice.max_data_age_hours) * 3_600_000;
    let public_url = &config.server.public_url;
    let is_told = lexoffice.webhooks && lexoffice.sync && !public_url.is_empty();
    settings.callback = is_told.then(|| format!("{public_url}/hooks/lexoffice/{name}"));
    settings
}

/// The account behind the port. Its turns stand in the ledger, for all processes that use its key.
fn source(engine: &Engine, lexoffice: &Lexoffice) -> anyhow::Result<Arc<dyn Source>> {
    let key = ApiKey::new(lexoffice.api_key.expose().to_owned())?;
    let pace = StoredPace::new(engine.store.clone(), engine.clock.clone(), key.hash(), TURN, TURN_PATIENCE);
    let settings = LexofficeSettings::new(lexoffice.base_url.clone(), key, engine.entropy.key());
    let source = LexofficeSource::new(LexofficeClient::new(settings, Arc::new(pace))?);
    Ok(Arc::new(source.with_webhook_key(webhook_key(lexoffice)?)))
}

/// The key that lexoffice's calls are checked with: the vendor's if no file is named.
///
/// # Errors
/// When the file holds none.
pub fn webhook_key(lexoffice: &Lexoffice) -> Result<WebhookKey, WebhookKeyError> {
    given(&lexoffice.webhook_key_file).map_or_else(|| Ok(WebhookKey::default()), |file| WebhookKey::from_file(&file))
}
