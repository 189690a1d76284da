//! One notice in full.

use super::words::{NoticeWords, rule};
use crate::domain::account::Right;
use crate::store::detail::LineDetail;
use crate::store::views::{NoticeView, StepView};
use crate::web::mails::Mail;
use crate::web::site::Site;
use crate::web::site::acts::{ActForm, ActWords};
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::Seat;
use crate::web::site::shown;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use std::sync::Arc;

struct Line {
    href: String,
    number: String,
    due: String,
    stage: String,
    open: String,
    recalled: bool,
}

struct Step {
    what: String,
    state: String,
    attempt: i64,
    at: String,
    error: String,
}

#[derive(Template)]
#[template(path = "notices/notice.html")]
struct NoticePage {
    frame: Frame,
    words: &'static NoticeWords,
    act_words: &'static ActWords,
    back: String,
    href: String,
    stage: String,
    state: String,
    tone: &'static str,
    is_unknown: bool,
    customer: String,
    customer_href: String,
    channel: String,
    reason: String,
    planned: String,
    left: Option<String>,
    recipient: String,
    rule: String,
    reply: String,
    amount: String,
    fee: Option<String>,
    lines: Vec<Line>,
    steps: Vec<Step>,
    mail: Option<Mail>,
    mail_title: &'static str,
    has_letter: bool,
    acts: Vec<ActForm>,
}

pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, id)): Path<(String, String)>,
) -> Result<Html<String>, PageError> {
    let (language, words, zone) = (seat.language(), NoticeWords::of(seat.language()), seat.tenant.settings.zone);
    let store = &site.engine.store;
    let (notice, customer) = store.notice(seat.id(), &id).await?.ok_or(PageError::NotFound)?;
    let lines = store.notice_lines(seat.id(), &id).await?;
    let steps = store.steps_of_notice(seat.id(), &id).await?;
    let mail = super::files::document(&site, &seat, notice.mail_hash.as_deref()).await?;
    let total = notice.open_minor.saturating_add(notice.fee_minor);
    let line = |line: &LineDetail| Line {
        href: seat.href(&format!("/invoices/{}", line.instance.0)),
        number: line.invoice.clone(),
        due: shown::day(language, &line.due_date),
        stage: line.stage.clone(),
        open: shown::money(language, line.open_minor, &notice.currency),
        recalled: line.recalled,
    };
    let step = |step: &StepView| Step {
        what: shown::step_pool(language, &step.pool).to_owned(),
        state: shown::step_state(language, &step.state).to_owned(),
        attempt: step.attempt,
        at: shown::moment(language, step.ended_at.or(step.started_at).unwrap_or(step.due_at), zone),
        error: step.error.clone().unwrap_or_default(),
    };
    let title = format!("{} {}, {}", words.one, notice.stage, notice.customer_name);
    render(&NoticePage {
        frame: seat.frame("notices", &title),
        words,
        act_words: ActWords::of(language),
        back: seat.href("/notices"),
        href: seat.href(&format!("/notices/{id}")),
        stage: notice.stage.clone(),
        state: shown::notice_state(language, &notice.state).to_owned(),
        tone: shown::tone(&notice.state),
        is_unknown: notice.state == "unknown",
        customer: format!("{} {}", notice.customer_number, notice.customer_name),
        customer_href: seat.href(&format!("/customers/{}", customer.0)),
        channel: shown::channel(language, &notice.channel).to_owned(),
        reason: notice.reason.as_deref().map(|words| shown::reason(language, words).to_owned()).unwrap_or_default(),
        planned: shown::moment(language, notice.slot_at, zone),
        left: notice.dispatched_at.map(|at| shown::moment(language, at, zone)),
        recipient: notice.recipient.clone().unwrap_or_default(),
        rule: notice.recipient_rule.as_deref().map(|word| rule(language, word).to_owned()).unwrap_or_default(),
        reply: notice.reply.clone().unwrap_or_default(),
        amount: shown::money(language, total, &notice.currency),
        fee: (notice.fee_minor > 0).then(|| shown::money(language, notice.fee_minor, &notice.currency)),
        lines: lines.iter().map(line).collect(),
        steps: steps.iter().map(step).collect(),
        mail: mail.map(|document| Mail::read(&document.bytes)),
        mail_title: if notice.dispatched_at.is_some() { words.mail } else { words.mail_prepared },
        has_letter: notice.letter_hash.is_some(),
        acts: if seat.may(Right::Operate) { acts(&seat, &notice, &steps, words) } else { Vec::new() },
    })
}

/// What makes sense for it; the engine has the last word.
fn acts(seat: &Seat, notice: &NoticeView, steps: &[StepView], words: &'static NoticeWords) -> Vec<ActForm> {
    let form =
        |act: &str, label, hint| ActForm { action: seat.href(&format!("/notices/{}/{act}", notice.id)), label, hint, ..ActForm::default() };
    let begun = steps.iter().any(|step| matches!(step.state.as_str(), "started" | "done" | "unknown"));
    match notice.state.as_str() {
        "proposed" => vec![form("release", words.release, words.release_hint), form("recall", words.recall, words.recall_hint)],
        "released" if !begun => vec![form("recall", words.recall, words.recall_hint)],
        "failed" => vec![form("retry", words.retry, words.retry_hint)],
        "unknown" => vec![
            form("as-sent", words.as_sent, words.as_sent_hint),
            ActForm { is_final: true, ..form("send-again", words.send_again, words.send_again_hint) },
        ],
        _ => Vec::new(),
    }
}
