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
        last_stage_notice: tenant.last_stage_notice.clone(),
        address_rule: mail.address_rule.clone(),
    })
}

/// A tenant without a name or sender address may try things out on this machine, but not write to the world.
///
/// # Errors
/// Which setting is missing, where mails leave through a server elsewhere.
pub fn complete(name: &str, tenant: &mut NamedTenant) -> anyhow::Result<()> {
    let outward = sends_outward(tenant);
    for key in missing(tenant) {
        let shown = if key == NAME { "[tenant.creditor] name" } else { "[mail] from" };
        anyhow::ensure!(!outward, "tenant {name} can't send: {shown} is missing in the configuration");
        tracing::warn!(tenant = name, "{shown} is missing; something made up stands in, since mails stay on this machine");
    }
    let creditor_name = &mut tenant.tenant.creditor.name;
    if creditor_name.is_empty() {
        name.clone_into(creditor_name);
    }
    if tenant.mail.from.is_empty() {
        tenant.mail.from = "noreply@mahnwerk.invalid".to_owned();
    }
    Ok(())
}

const NAME: &str = "creditor.name";
const FROM: &str = "mail.from";

/// What nobody can write to the world without.
pub(super) fn missing(tenant: &NamedTenant) -> Vec<&'static str> {
    let keys = [(tenant.tenant.creditor.name.is_empty(), NAME), (tenant.mail.from.is_empty(), FROM)];
    keys.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, key)| key).collect()
}

/// Whether mails leave through a server elsewhere.
pub(super) fn sends_outward(tenant: &NamedTenant) -> bool {
    tenant.smtp.is_configured() && !is_loopback(&tenant.smtp.host)
}

/// Whether a host is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
