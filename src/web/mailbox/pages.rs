//! The mailbox for people.

use super::Shared;
use super::content::{self, shown_size, shown_time};
use super::texts::texts;
use crate::adapters::sandbox::smtp::{Act, Fault, Point, Received};
use crate::web::language::Language;
use crate::web::mails;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const PAGE_LENGTH: usize = 50;

/// The faults of the page's menu, in the order of `Texts::presets`.
fn preset(index: usize) -> Option<(Point, Act)> {
    let reply = |code, text: &str| Act::Reply { code, text: text.to_owned() };
    Some(match index {
        0 => (Point::Connect, Act::Refuse),
        1 => (Point::Connect, reply(421, "4.3.2 Service not available")),
        2 => (Point::Mail, reply(550, "5.7.1 Sender rejected")),
        3 => (Point::Rcpt, reply(450, "4.2.0 Mailbox busy")),
        4 => (Point::Rcpt, reply(550, "5.1.1 No such user")),
        5 => (Point::Rcpt, Act::Greylist),
        6 => (Point::Data, reply(451, "4.3.0 Try again later")),
        7 => (Point::Body, Act::Close { keep: false }),
        8 => (Point::Dot, reply(451, "4.3.0 Try again later")),
        9 => (Point::Dot, reply(554, "5.6.0 Message refused")),
        10 => (Point::Dot, Act::Close { keep: true }),
        11 => (Point::Dot, Act::Close { keep: false }),
        12 => (Point::Dot, Act::Delay { ms: 5000 }),
        _ => return None,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    q: String,
    /// Counted from 1.
    #[serde(default)]
    page: usize,
    #[serde(default)]
    lang: String,
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, Query(query): Query<ListQuery>, headers: HeaderMap) -> Response {
    if let Some(language) = Language::from_tag(&query.lang) {
        return choose_language(&shared, language);
    }
    let language = Language::of(&headers);
    let q = query.q.trim();
    let messages = shared.mailbox.sandbox.messages();
    let page = query.page.max(1);
    let start = (page - 1).saturating_mul(PAGE_LENGTH);
    let found: Vec<&Arc<Received>> = if q.is_empty() {
        messages.iter().rev().collect()
    } else {
        messages.iter().rev().filter(|received| content::matches(&content::summary(received), q)).collect()
    };
    let rows: Vec<Value> = found.iter().skip(start).take(PAGE_LENGTH).map(|received| row(&shared, received)).collect();
    let texts = texts(language);
    let faults: Vec<Value> = shared.mailbox.sandbox.faults().iter().map(|fault| shown_fault(fault, language)).collect();
    let presets: Vec<Value> = texts.presets.iter().enumerate().map(|(index, name)| json!({ "index": index, "name": name })).collect();
    let data = json!({
        "q": q,
        "q_encoded": mails::percent_encoded(q),
        "rows": rows,
        "found": found.len(),
        "is_empty": messages.is_empty(),
        "has_pages": found.len() > PAGE_LENGTH,
        "newer": (page > 1).then(|| page - 1),
        "older": (start + PAGE_LENGTH < found.len()).then(|| page + 1),
        "faults": faults,
        "presets": presets,
    });
    render(&shared, "list", StatusCode::OK, language, data)
}

fn row(shared: &Shared, received: &Received) -> Value {
    let summary = content::summary(received);
    json!({
        "number": summary.number,
        "to": summary.to,
        "from": summary.from,
        "subject": summary.subject,
        "time": shown_time(summary.received_ms, shared.mailbox.zone),
        "size": shown_size(summary.bytes),
    })
}

fn shown_fault(fault: &Fault, language: Language) -> Value {
    let texts = texts(language);
    let known = (0..).map_while(preset).position(|(at, act)| at == fault.at && act == fault.act);
    // A fault that a program set and the menu does not know is shown as that program wrote it.
    let name = known.map_or_else(|| serde_json::to_string(&fault.act).unwrap_or_default(), |index| texts.presets[index].to_owned());
    json!({
        "name": name,
        "matching": fault.matching,
        "times": fault.times.map_or_else(|| texts.until_cleared.to_owned(), |times| format!("{times} {}", texts.times_left)),
    })
}

fn choose_language(shared: &Shared, language: Language) -> Response {
    let path = if shared.mailbox.base.is_empty() { "/" } else { &shared.mailbox.base };
    let cookie = format!("lang={}; Path={path}; SameSite=Lax; Max-Age=31536000", language.tag());
    ([(header::SET_COOKIE, cookie)], home(shared)).into_response()
}

fn home(shared: &Shared) -> Redirect {
    Redirect::to(&format!("{}/", shared.mailbox.base))
}

#[derive(Debug, Deserialize)]
pub(super) struct MessageQuery {
    #[serde(default)]
    view: String,
}

pub(super) async fn message(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Query(query): Query<MessageQuery>,
    headers: HeaderMap,
) -> Response {
    let language = Language::of(&headers);
    let Some(received) = shared.mailbox.sandbox.message(number) else {
        return render(&shared, "missing", StatusCode::NOT_FOUND, language, json!({}));
    };
    let content = content::content(&received);
    let view = match query.view.as_str() {
        "source" => "source",
        "text" => "text",
        _ if content.html.is_some() => "html",
        _ => "text",
    };
    let (source, source_is_cut) = if view == "source" { mails::source(&received.bytes) } else { (String::new(), false) };
    let attachments: Vec<Value> = content
        .attachments
        .iter()
        .map(|file| json!({ "index": file.index, "name": file.name, "type": file.content_type, "size": shown_size(file.bytes) }))
        .collect();
    let summary = &content.summary;
    let data = json!({
        "number": number,
        "subject": summary.subject,
        "from": summary.from,
        "to": summary.to,
        "time": shown_time(summary.received_ms, shared.mailbox.zone),
        "size": shown_size(summary.bytes),
        "message_id": summary.message_id,
        "sender": summary.sender,
        "recipients": summary.recipients.join(", "),
        "connection": summary.connection,
        "encrypted": summary.encrypted,
        "login": summary.login,
        "attachments": attachments,
        "has_html": content.html.is_some(),
        "is_html": view == "html",
        "is_text": view == "text",
        "is_source": view == "source",
        "text": content.text,
        "source": source,
        "source_is_cut": source_is_cut,
    });
    render(&shared, "message", StatusCode::OK, language, data)
}

/// The mail's own HTML, for the frame.
pub(super) async fn html(State(shared): State<Arc<Shared>>, Path(number): Path<u64>) -> Response {
    let received = shared.mailbox.sandbox.message(number);
    received.and_then(|received| mails::framed(&received.bytes)).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

pub(super) async fn source(State(shared): State<Arc<Shared>>, Path(number): Path<u64>) -> Response {
    match shared.mailbox.sandbox.message(number) {
        Some(received) => mails::mail_source(&format!("{number}.eml"), received.bytes.clone()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) async fn attachment(State(shared): State<Arc<Shared>>, Path((number, index)): Path<(u64, u32)>) -> Response {
    let file = shared.mailbox.sandbox.message(number).and_then(|received| mails::attachment(&received.bytes, index));
    file.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |(name, bytes)| mails::download(&name, bytes))
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page.css")).into_response()
}

pub(super) async fn clear(State(shared): State<Arc<Shared>>) -> Redirect {
    shared.mailbox.sandbox.clear();
    home(&shared)
}

#[derive(Debug, Deserialize)]
pub(super) struct FaultForm {
    preset: usize,
    #[serde(default)]
    matching: String,
    #[serde(default)]
    times: String,
}

pub(super) async fn set_fault(State(shared): State<Arc<Shared>>, Form(form): Form<FaultForm>) -> Response {
    let refuse = |reason: String| (StatusCode::BAD_REQUEST, reason).into_response();
    let Some((at, act)) = preset(form.preset) else { return refuse(format!("preset: there is no fault {}", form.preset)) };
    let mut fault = Fault::always(at, act);
    if !form.matching.trim().is_empty() {
        fault = fault.matching(form.matching.trim());
    }
    if !form.times.trim().is_empty() {
        let Ok(times) = form.times.trim().parse() else { return refuse(format!("times: \"{}\" is no number", form.times)) };
        fault = fault.times(times);
    }
    match shared.mailbox.sandbox.set_fault(fault).await {
        Ok(()) => home(&shared).into_response(),
        Err(error) => refuse(error.to_string()),
    }
}

pub(super) async fn clear_faults(State(shared): State<Arc<Shared>>) -> Redirect {
    shared.mailbox.sandbox.clear_faults().await;
    home(&shared)
}

fn render(shared: &Shared, page: &str, status: StatusCode, language: Language, mut data: Value) -> Response {
    data["t"] = json!(texts(language));
    data["lang"] = json!(language.tag());
    data["base"] = json!(shared.mailbox.base);
    data["total"] = json!(shared.mailbox.sandbox.total());
    data["smtp"] = json!(shared.mailbox.sandbox.addr().to_string());
    match shared.pages.render(page, &data) {
        Ok(html) => (status, mails::protection(mails::PAGE_POLICY), Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, page, "a page of the mailbox could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_a_name_and_can_be_set() {
        let texts = texts(Language::German);
        assert!((0..texts.presets.len()).all(|index| preset(index).is_some()));
        assert_eq!(preset(texts.presets.len()), None);
    }
}
