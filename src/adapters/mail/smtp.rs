//! Hands messages to an SMTP server. Settings here, the conversation in `session`, its connections in `pool`.

use super::error::MailError;
use super::pool::Pool;
use super::session::Verdict;
use crate::adapters::tls::client_config;
use crate::engine::ports::{Envelope, Mailer, Outcome};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::ServerName;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a server on the same machine or network.
    None,
    /// Starts plain and must become TLS (usually port 587); no STARTTLS, no mail.
    StartTls,
    /// TLS from the first byte (usually port 465).
    Tls,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).field("password", &"…").finish()
    }
}

/// How long each kind of wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To connect, and for the TLS handshake.
    pub connect: Duration,
    /// For each reply before the message, and for each stretch of progress while it is written.
    pub reply: Duration,
    /// For the reply to the message. RFC 5321 4.5.3.2.6 wants ten minutes: cut short, it makes mails `unknown`.
    pub delivery: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(30), reply: Duration::from_secs(60), delivery: Duration::from_secs(600) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<Login>,
    /// Certificates in PEM form to trust beside this system's own.
    pub ca_file: Option<PathBuf>,
    /// What we call ourselves in EHLO: a domain, or an address in brackets.
    pub hello_name: String,
    /// At most this many connections at once.
    pub connections: usize,
    /// A connection that was not used for so long is closed.
    pub idle: Duration,
    pub timeouts: Timeouts,
}

impl SmtpSettings {
    /// No login, no extra CA, four connections that may idle for 30 seconds, ordinary timeouts.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            login: None,
            ca_file: None,
            hello_name: "[127.0.0.1]".to_owned(),
            connections: 4,
            idle: Duration::from_secs(30),
            timeouts: Timeouts::default(),
        }
    }

    fn check(&self) -> Result<(), MailError> {
        let setting = |field, reason: &str| Err(MailError::Setting { field, reason: reason.to_owned() });
        if self.connections == 0 {
            return setting("connections", "0 connections send nothing; write at least 1");
        }
        if self.hello_name.is_empty() || !self.hello_name.bytes().all(|b| b.is_ascii_graphic()) {
            return setting("hello_name", "write a domain such as mail.example.com or an address such as [192.0.2.1]");
        }
        if self.login.as_ref().is_some_and(|login| login.user.is_empty() || login.user.contains('\0') || login.password.contains('\0')) {
            return setting("login", "the user is empty, or user or password contains a NUL byte");
        }
        let timeouts = [self.timeouts.connect, self.timeouts.reply, self.timeouts.delivery];
        if timeouts.iter().any(Duration::is_zero) {
            return setting("timeouts", "a timeout of 0 never succeeds");
        }
        Ok(())
    }
}

/// A [`Mailer`] over SMTP. Clones share the connections.
#[derive(Clone)]
pub struct SmtpMailer {
    pool: Arc<Pool>,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("settings", &self.pool.settings).finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// Reads certificates; connects to nothing yet.
    ///
    /// # Errors
    /// A [`MailError`] that names the setting.
    pub fn new(settings: SmtpSettings) -> Result<Self, MailError> {
        settings.check()?;
        let tls = match settings.security {
            Security::None => None,
            Security::StartTls | Security::Tls => {
                let host = settings.host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(host).map_err(|_| MailError::Host { value: settings.host.clone() })?;
                Some((client_config(settings.ca_file.as_deref())?, name))
            }
        };
        Ok(Self { pool: Pool::new(settings, tls) })
    }

    /// Ends idle connections with QUIT. Messages that come later are answered with `Retry`.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn send_one(&self, envelope: &Envelope, message: &[u8]) -> Outcome {
        let closed = || Outcome::Retry { reason: "this mailer was closed".to_owned(), after: None };
        let Some(mut turn) = self.pool.turn().await else { return closed() };
        let mut idle = self.pool.reuse(&turn);
        loop {
            let (mut session, reused) = match idle.take() {
                Some(session) => (session, true),
                None => match self.pool.open(&turn).await {
                    Ok(session) => (session, false),
                    Err(unready) => {
                        // Servers limit connections: the message waits for one that we have, and is no worse for it.
                        if !unready.turned_away || !self.pool.shrink(turn) {
                            return Outcome::Retry { reason: unready.reason, after: unready.after };
                        }
                        let Some(next) = self.pool.turn().await else { return closed() };
                        turn = next;
                        idle = self.pool.reuse(&turn);
                        continue;
                    }
                },
            };
            match session.deliver(envelope, message).await {
                Verdict::Settled(outcome) => {
                    self.pool.give_back(session);
                    return outcome;
                }
                // A server may close an idle connection at any time; that says nothing about this message. The next
                // round is on a fresh connection, so there is no third.
                Verdict::Lost(reason) if reused => tracing::debug!(reason, "an idle SMTP connection was stale"),
                Verdict::Lost(reason) => return Outcome::Retry { reason, after: None },
            }
        }
    }

    async fn try_out(&self) -> Result<String, String> {
        let session = self.pool.open_now().await.map_err(|unready| unready.reason)?;
        let user = self.pool.settings.login.as_ref().map(|login| login.user.as_str());
        let introduction = session.introduction(user);
        session.quit().await;
        Ok(introduction)
    }
}

impl Mailer for SmtpMailer {
    fn describe(&self) -> String {
        let settings = &self.pool.settings;
        let security = match settings.security {
            Security::None => "not encrypted",
            Security::StartTls => "STARTTLS",
            Security::Tls => "TLS",
        };
        format!("smtp {}:{} ({security})", settings.host, settings.port)
    }

    /// Connects, encrypts and logs in, without sending anything.
    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        self.try_out().boxed()
    }

    fn send<'a>(&'a self, _name: &'a str, envelope: &'a Envelope, message: &'a [u8]) -> BoxFuture<'a, Outcome> {
        self.send_one(envelope, message).boxed()
    }
}
