//! The invented notice that a text is shown with: the tenant's own sender and look, an invented customer.

use crate::adapters::outside::Trial;
use crate::adapters::texts::{EXAMPLES, OwnText, example};
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Creditor, Kind, Notice};
use crate::domain::workflow::{Stage, StageKind};
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use chrono::Days;

/// The name of an example, whatever was asked for.
pub(super) fn known(asked: &str) -> &'static str {
    EXAMPLES.into_iter().find(|name| *name == asked).unwrap_or(EXAMPLES[0])
}

/// A notice with this text as it would leave today.
pub(super) async fn trial(site: &Site, seat: &Seat, own: &OwnText, asked: &str) -> Result<Trial, PageError> {
    let stage = stage(site, seat, &own.template).await?;
    let settings = &seat.tenant.settings;
    let at = site.engine.clock.now();
    let sample = example(known(asked), at.date_in(settings.zone));
    let looks_like_dunning = own.template.starts_with("dunning");
    let kind = stage.as_ref().map_or(if looks_like_dunning { StageKind::Dunning } else { StageKind::Reminder }, |stage| stage.kind);
    let payment_days = stage.as_ref().map_or(10, |stage| stage.payment_days);
    let creditor = settings.creditor.clone();
    let name = if creditor.name.is_empty() { settings.name.clone() } else { creditor.name.clone() };
    let notice = Notice {
        id: NoticeId(crate::domain::chain::hex(&site.engine.entropy.key()[..16])),
        language: own.language.clone(),
        stage: stage.as_ref().map_or_else(|| own.template.clone(), |stage| stage.key.clone()),
        kind: Kind::from(kind),
        template: own.template.clone(),
        pay_by: sample.date.checked_add_days(Days::new(u64::from(payment_days))).unwrap_or(sample.date),
        currency: if sample.currency.decimals() == 0 { sample.currency } else { settings.currency },
        creditor: Creditor { name, ..creditor },
        ..sample
    };
    let attach_letter = stage.as_ref().and_then(|stage| stage.attach_letter) == Some(true);
    Ok(Trial { tenant: seat.id(), notice, identity: settings.mail.clone(), at, attach_letter })
}

/// The newest stage that writes with a text set.
async fn stage(site: &Site, seat: &Seat, template: &str) -> Result<Option<Stage>, PageError> {
    let held = site.engine.tenant_with_editions(seat.id()).await?;
    let editions = held.editions();
    let mut stages = editions.iter().rev().flat_map(|edition| &edition.workflow.stages);
    Ok(stages.find(|stage| stage.template == template).cloned())
}
