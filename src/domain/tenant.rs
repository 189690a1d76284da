//! A tenant: one creditor, with what its calendar, senders and letterhead need.

use super::address::AddressKind;
use super::calendar::{Calendar, Holidays, Region};
use super::ids::TenantId;
use super::money::Currency;
use super::notice::Creditor;
use super::workflow::Workflow;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// What the configuration says about a tenant.
#[derive(Clone, Debug)]
pub struct TenantSettings {
    pub id: TenantId,
    /// The short name on the command line.
    pub name: String,
    pub zone: Tz,
    pub region: Region,
    pub holidays_added: BTreeSet<NaiveDate>,
    pub holidays_removed: BTreeSet<NaiveDate>,
    pub language: String,
    pub currency: Currency,
    pub creditor: Creditor,
    pub mail: MailIdentity,
    /// The throttle of the mail sender and of the postal sender: seconds between two dispatches, 0 for none.
    pub mail_every_seconds: u32,
    pub post_every_seconds: u32,
    /// How many invoices are dunned at once; any number if none.
    pub max_active: Option<u32>,
    /// Who is told, once a day, whose last stage was sent; empty: nobody.
    pub last_stage_notice: String,
    /// Which of a customer's e-mail addresses notices go to.
    pub address_rule: Vec<AddressKind>,
}

/// How the tenant's mails are addressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailIdentity {
    pub from: String,
    pub from_name: String,
    pub reply_to: Option<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    /// What the attachments of one mail may come to, in bytes; any size if none.
    pub attachments_max: Option<usize>,
}

impl TenantSettings {
    /// The calendar that `workflow` is read in: its own zone and holidays where it names them, else the tenant's.
    #[must_use]
    pub fn calendar(&self, workflow: &Workflow) -> Calendar {
        let region = workflow.holidays.as_deref().and_then(|code| Region::parse(code).ok()).unwrap_or(self.region);
        Calendar {
            zone: workflow.timezone.unwrap_or(self.zone),
            holidays: Holidays::new(region, self.holidays_added.clone(), self.holidays_removed.clone()),
            hours: workflow.business_hours.clone(),
        }
    }
}
