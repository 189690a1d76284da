//! `worker.toml`: everything that an installation can set, read once, typed and complete.
//!
//! The file may be absent, and so may any key: defaults run everything in one process on one machine. Environment
//! variables stand above the file (`environment`), secrets may come from files of their own (`load`). Unknown keys are
//! refused, all problems are told at once. May name `domain` only; who uses a setting turns it into its own types.
//! The documented file at the repository's root is the defaults; a test holds that.

mod environment;
mod folders;
mod layout;
mod lexoffice;
mod load;
mod mail;
mod pools;
mod print;
mod published;
mod secret;
mod server;
mod smtp;
mod storage;
mod tenant;
#[cfg(test)]
mod tests;
mod url;

pub use crate::domain::toml_reader::{Problem, Severity};
pub use folders::{Post, Templates, Workflows};
pub use layout::{Colour, Layout, LogoPosition};
pub use lexoffice::Lexoffice;
pub use load::{DEFAULT_FILE, LoadError, load};
pub use mail::Mail;
pub use pools::Pools;
pub use print::{LetterEngineChoice, PdfStandard, Print, Sandbox, Wkhtmltopdf};
pub use published::{OpenSecret, SECRET_KEYS, SecretKey, document_name, document_of, published, value_at};
pub use secret::{Secret, ServiceUrl};
pub use server::{Log, LogFormat, LogLevel, Server, Telemetry};
pub use smtp::{Smtp, Tls};
pub use storage::{Ledger, Queue};
pub use tenant::{NamedTenant, Tenant};

use crate::domain::toml_reader::{Document, Overrides};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// All settings of an installation. Empty texts and paths mean "not set".
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Config {
    pub ledger: Ledger,
    pub queue: Queue,
    pub pools: Pools,
    pub server: Server,
    pub smtp: Smtp,
    pub mail: Mail,
    pub print: Print,
    pub post: Post,
    pub templates: Templates,
    pub workflows: Workflows,
    pub log: Log,
    pub telemetry: Telemetry,
    /// For every tenant that is not named in `tenants`, and for what those leave out.
    pub tenant: Tenant,
    /// By name, each complete.
    pub tenants: BTreeMap<String, NamedTenant>,
}

/// Reads the text of a `worker.toml`, without environment and without opening password files.
///
/// # Errors
/// Everything that is wrong with it, in the order of the text.
pub fn parse(text: &str) -> Result<Config, Vec<Problem>> {
    read(text, Overrides::default(), &|_| Ok(String::new()))
}

impl Config {
    /// Where browsers reach the pages: as configured, else on this machine. Without a slash at its end.
    #[must_use]
    pub fn pages_url(&self) -> String {
        if self.server.public_url.is_empty() { format!("http://{}", self.server.listen) } else { self.server.public_url.clone() }
    }

    /// The settings as TOML that can be read again, with `***` for every secret.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut shown = self.clone();
        shown.smtp.show_password_once();
        for tenant in shown.tenants.values_mut() {
            tenant.smtp.show_password_once();
            tenant.lexoffice.iter_mut().for_each(Lexoffice::show_key_once);
        }
        toml::to_string(&shown).unwrap_or_else(|error| format!("# can't be shown: {error}\n"))
    }

    /// What holds for the tenant called `name`: its own tables, else the general ones.
    #[must_use]
    pub fn tenant_named(&self, name: &str) -> NamedTenant {
        self.tenants.get(name).cloned().unwrap_or_else(|| self.any_tenant())
    }

    fn any_tenant(&self) -> NamedTenant {
        NamedTenant {
            tenant: self.tenant.clone(),
            letterhead: self.print.letterhead.clone(),
            layout: self.print.layout.clone(),
            mail: self.mail.clone(),
            smtp: self.smtp.clone(),
            lexoffice: None,
        }
    }
}

/// How the content of a password file is got.
type ReadSecret<'a> = &'a dyn Fn(&Path) -> Result<String, String>;

/// Reads the text with what stands above it. Where something is wrong the default stands in until the problems are told.
fn read(text: &str, overrides: Overrides, read_secret: ReadSecret<'_>) -> Result<Config, Vec<Problem>> {
    let document = Document::new(text, overrides);
    let config = read_sections(&document, read_secret);
    let problems = document.into_problems();
    if problems.iter().any(Problem::is_error) { Err(problems) } else { Ok(config) }
}

fn read_sections(document: &Document<'_>, read_secret: ReadSecret<'_>) -> Config {
    let root = document.root();
    let mut config = Config {
        ledger: Ledger::read(&root.table("ledger")),
        queue: Queue::read(&root.table("queue")),
        pools: Pools::read(&root.table("pools")),
        server: Server::read(&root.table("server")),
        smtp: Smtp::read(&root.table("smtp"), read_secret),
        mail: Mail::read(&root.table("mail")),
        print: Print::read(&root.table("print")),
        post: Post::read(&root.table("post")),
        templates: Templates::read(&root.table("templates")),
        workflows: Workflows::read(&root.table("workflows")),
        log: Log::read(&root.table("log")),
        telemetry: Telemetry::read(&root.table("telemetry")),
        tenant: Tenant::read_general(&root.table("tenant")),
        tenants: BTreeMap::new(),
    };
    storage::are_two_places(&root, &config.ledger, &config.queue);
    let tenants = root.table("tenants");
    for name in tenants.keys() {
        let table = tenants.table(name);
        tenant::check_name(&tenants, name);
        config.tenants.insert(name.to_owned(), NamedTenant::read(&table, &config.any_tenant(), read_secret));
    }
    root.finish();
    config
}
