//! A notice in a few words, on the pages of its invoices and its customer.

use crate::store::lists::NoticeLine;
use crate::store::views::NoticeView;
use crate::web::site::seat::Seat;
use crate::web::site::shown;

pub(in crate::web::site) struct Brief {
    pub(in crate::web::site) href: String,
    pub(in crate::web::site) at: String,
    pub(in crate::web::site) stage: String,
    pub(in crate::web::site) channel: String,
    pub(in crate::web::site) state: String,
    pub(in crate::web::site) tone: &'static str,
    pub(in crate::web::site) recipient: String,
    pub(in crate::web::site) reason: String,
    pub(in crate::web::site) mail: Option<String>,
    pub(in crate::web::site) letter: Option<String>,
}

pub(in crate::web::site) fn brief(seat: &Seat, notice: &NoticeView) -> Brief {
    let language = seat.language();
    let href = seat.href(&format!("/notices/{}", notice.id));
    let at = notice.dispatched_at.unwrap_or(notice.slot_at);
    Brief {
        at: shown::moment(language, at, seat.tenant.settings.zone),
        stage: notice.stage.clone(),
        channel: shown::channel(language, &notice.channel).to_owned(),
        state: shown::notice_state(language, &notice.state).to_owned(),
        tone: shown::tone(&notice.state),
        recipient: notice.recipient.clone().unwrap_or_default(),
        reason: notice.reason.as_deref().map(|words| shown::reason(language, words).to_owned()).unwrap_or_default(),
        mail: notice.mail_hash.as_ref().map(|_| format!("{href}/mail.eml")),
        letter: notice.letter_hash.as_ref().map(|_| format!("{href}/letter.pdf")),
        href,
    }
}

/// The same of a line of the list, which does not know of documents.
pub(in crate::web::site) fn brief_line(seat: &Seat, notice: &NoticeLine) -> Brief {
    let language = seat.language();
    let at = notice.dispatched_at.unwrap_or(notice.slot_at);
    Brief {
        href: seat.href(&format!("/notices/{}", notice.id)),
        at: shown::moment(language, at, seat.tenant.settings.zone),
        stage: notice.stage.clone(),
        channel: shown::channel(language, &notice.channel).to_owned(),
        state: shown::notice_state(language, &notice.state).to_owned(),
        tone: shown::tone(&notice.state),
        recipient: notice.recipient.clone().unwrap_or_default(),
        reason: notice.reason.as_deref().map(|words| shown::reason(language, words).to_owned()).unwrap_or_default(),
        mail: None,
        letter: None,
    }
}
