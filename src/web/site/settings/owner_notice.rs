//! How the last mail to the creditor about last stages ended, beside its setting.

use super::words::SettingsWords;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use crate::web::site::shown::moment;

/// When the last one was sent, or why not; `None`: there was none yet.
pub(super) async fn told(site: &Site, seat: &Seat) -> Result<Option<String>, PageError> {
    let words = SettingsWords::of(seat.language());
    let newest = site.engine.store.newest_owner_notice(seat.id()).await?;
    let Some(notice) = newest.filter(|newest| newest.state != "begins") else { return Ok(None) };
    let ended = match notice.state.as_str() {
        "sent" => words.notice_sent,
        "failed" => words.notice_failed,
        "unknown" => words.notice_unknown,
        "retry" => words.notice_retry,
        _ => words.notice_under_way,
    };
    let at = moment(seat.language(), notice.ended_at.unwrap_or(notice.started_at), seat.tenant.settings.zone);
    let why = notice.reply.filter(|_| notice.state != "sent").map(|why| format!(" ({why})")).unwrap_or_default();
    Ok(Some(format!("{}: {at}, {ended}{why}.", words.notice_last)))
}
