//! `serve --demo`: a sample tenant that lives through half a year in two minutes, with its mails in the sandbox's mailbox.
//!
//! It is the real installation, with its real engine, pools and mails; what is special is its clock (`clock`), which lets days pass as fast
//! as the work is done, and who makes up what happens (`sample`). Everything lies in a temporary folder and goes with the process.

mod clock;
mod drive;
mod sample;

use crate::adapters::sandbox::smtp::{Act, Fault, Point, SandboxSettings, SmtpSandbox};
use crate::config::{Config, NamedTenant, Secret, ServiceUrl, Tls};
use crate::domain::time::midnight;
use crate::engine::clock::{Clock, SystemClock};
use crate::web::mailbox::{self, Mailbox};
use anyhow::Context;
use axum::Router;
use chrono::Days;
use clock::PacedClock;
use std::sync::Arc;
use tempfile::TempDir;

pub(super) use drive::live;

/// The sample tenant.
pub(super) const TENANT: &str = "demo";
/// So far back it begins.
const DAYS: u64 = 182;
/// Whom the sample's mail server does not know.
const NOBODY: &str = "unbekannt@";

/// What a demonstration has beside the installation.
pub(super) struct Demo {
    pub(super) clock: Arc<PacedClock>,
    sandbox: SmtpSandbox,
    _folder: TempDir,
}

impl Demo {
    /// Starts the sandbox, and makes the configuration one that touches nothing but its own folder and loopback.
    ///
    /// # Errors
    /// When it would be reached from elsewhere, or no folder or port can be had.
    pub(super) async fn prepare(config: &mut Config) -> anyhow::Result<Self> {
        let listen = config.server.listen;
        anyhow::ensure!(listen.ip().is_loopback(), "[server] listen = \"{listen}\": a demonstration serves this machine only");
        let folder = tempfile::Builder::new().prefix("mahnwerk-demo-").tempdir().context("making a folder for the demonstration")?;
        let zone = config.tenant.zone;
        let today = SystemClock.now().date_in(zone);
        let start = midnight(zone, today.checked_sub_days(Days::new(DAYS)).unwrap_or(today));
        let clock = Arc::new(PacedClock::at(start));
        let timed = clock.clone();
        let sandbox =
            SmtpSandbox::start(SandboxSettings::new(Arc::new(move || timed.now().0))).await.context("the sandbox's mail server")?;
        let unknown = Act::Reply { code: 550, text: "5.1.1 No such user".to_owned() };
        sandbox.set_fault(Fault::always(Point::Rcpt, unknown).matching(NOBODY)).await.context("the sandbox's faults")?;
        let inside = |name: &str| folder.path().join(name);
        let sqlite = |name: &str| ServiceUrl::new(format!("sqlite:{}", inside(name).display()));
        // Near the pages: 8753 where they are at 8750.
        let beside = listen.port().checked_add(3).unwrap_or(0);
        config.server.board_listen = config.server.board_listen.or(Some((listen.ip(), beside).into()));
        config.ledger.url = sqlite("ledger.db");
        config.queue.url = sqlite("queue.db");
        config.ledger.mark_file = inside("ledger.mark");
        config.server.key_file = inside("mahnwerk.key");
        config.post.folder = inside("print-batch");
        config.smtp.host = "127.0.0.1".to_owned();
        config.smtp.port = sandbox.addr().port();
        (config.smtp.tls, config.smtp.user, config.smtp.password) = (Tls::None, String::new(), Secret::default());
        config.tenants = [(TENANT.to_owned(), tenant(config))].into();
        Ok(Self { clock, sandbox, _folder: folder })
    }

    /// The mailbox's page, at `/mailbox`.
    ///
    /// # Errors
    /// When a built-in template is broken.
    pub(super) fn mailbox(&self, config: &Config) -> anyhow::Result<Router> {
        let mailbox = Mailbox { sandbox: self.sandbox.clone(), base: "/mailbox".to_owned(), zone: config.tenant.zone };
        let pages = mailbox::router(mailbox).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Router::new().nest("/mailbox", pages))
    }

    pub(super) async fn stop(&self) {
        self.sandbox.stop().await;
    }
}

fn tenant(config: &Config) -> NamedTenant {
    let mut named = config.tenant_named(TENANT);
    named.smtp = config.smtp.clone();
    named.mail.from = "mahnwesen@muster-handel.example".to_owned();
    named.mail.from_name = "Muster Handel GmbH".to_owned();
    named.mail.every_seconds = 0;
    named.lexoffice = None;
    let creditor = &mut named.tenant.creditor;
    for (field, text) in [
        (&mut creditor.name, "Muster Handel GmbH"),
        (&mut creditor.street, "Lange Straße 12"),
        (&mut creditor.postcode, "10115"),
        (&mut creditor.city, "Berlin"),
        (&mut creditor.country, "DE"),
        (&mut creditor.email, "buchhaltung@muster-handel.example"),
        (&mut creditor.phone, "030 1234567"),
        (&mut creditor.contact, "Anna Muster"),
        (&mut creditor.bank, "Musterbank"),
        (&mut creditor.iban, "DE89370400440532013000"),
        (&mut creditor.tax_id, "DE123456789"),
    ] {
        text.clone_into(field);
    }
    named
}
