//! A tenant as the engine wants it.

use super::count;
use crate::config::NamedTenant;
use crate::domain::calendar::Region;
use crate::domain::ids::TenantId;
use crate::domain::tenant::{MailIdentity, TenantSettings};
use anyhow::Context;
use std::net::IpAddr;

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
            attachments_max: Some(count(mail.attachments_mb) << 20),
        },
        mail_every_seconds: mail.every_seconds,
        post_every_seconds: 0,
        max_active: Some(tenant.max_active).filter(|max| *max > 0),
        address_rule: mail.address_rule.clone(),
    })
}

/// A tenant without a name or sender address may try things out on this machine, but not write to the world.
///
/// # Errors
/// Which setting is missing, where mails leave through a server elsewhere.
pub fn complete(name: &str, tenant: &mut NamedTenant) -> anyhow::Result<()> {
    let outward = tenant.smtp.is_configured() && !is_loopback(&tenant.smtp.host);
    let creditor_name = &mut tenant.tenant.creditor.name;
    for (missing, key) in [(creditor_name.is_empty(), "[tenant.creditor] name"), (tenant.mail.from.is_empty(), "[mail] from")] {
        anyhow::ensure!(!(missing && outward), "tenant {name} can't send: {key} is missing in the configuration");
        if missing {
            tracing::warn!(tenant = name, "{key} is missing; something made up stands in, since mails stay on this machine");
        }
    }
    if creditor_name.is_empty() {
        name.clone_into(creditor_name);
    }
    if tenant.mail.from.is_empty() {
        tenant.mail.from = "noreply@mahnwerk.invalid".to_owned();
    }
    Ok(())
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
