//! What mails leave through.

use super::{count, given};
use crate::adapters::mail::{FileMailer, Login, Security, SmtpMailer, SmtpSettings, Timeouts};
use crate::config::{Mail, Smtp, Tls};
use crate::engine::ports::Mailer;
use anyhow::Context;
use std::sync::Arc;
use std::time::Duration;

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
