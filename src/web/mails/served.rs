//! Answers with mails and files: nothing in them runs, loads or sends anything.

use super::content::Mail;
use crate::domain::percent::encoded;
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse, Response};

/// Our own pages: one style sheet, frames and forms of our own, nothing else.
pub(in crate::web) const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A mail's HTML: its own styles and embedded pictures. No script, no form, nothing from elsewhere. A link may open a
/// page of its own, outside the sandbox, because looking at the dossier behind it is what the mail is for.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; \
                           frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";
/// Downloads: should a browser show one all the same, it shows it without powers.
const FILE_POLICY: &str = "default-src 'none'; sandbox";
/// Nothing about content: a browser's own viewer shows a PDF with parts of its own, and runs nothing of the page's.
const PDF_POLICY: &str = "frame-ancestors 'none'";
/// The same for a PDF in a frame of ours.
const FRAMED_PDF_POLICY: &str = "frame-ancestors 'self'";
/// Older browsers look at this instead of `frame-ancestors`.
const OWN_FRAME: [(HeaderName, &str); 1] = [(header::X_FRAME_OPTIONS, "SAMEORIGIN")];

/// The mail's own HTML, for a frame of ours; `None` if it has none.
pub(in crate::web) fn framed(bytes: &[u8]) -> Option<Response> {
    let html = Mail::read(bytes).html?;
    Some((protection(MAIL_POLICY), OWN_FRAME, Html(with_links_outside(&html))).into_response())
}

/// Links open a page of their own instead of replacing the mail in its frame. Before a doctype the tag would change how
/// the mail is laid out, so it goes into the head if there is one.
fn with_links_outside(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    let lower = html.to_ascii_lowercase();
    let head = lower.find("<head").and_then(|start| lower[start..].find('>').map(|end| start + end + 1));
    let (before, after) = html.split_at(head.unwrap_or(0));
    format!("{before}{BASE}{after}")
}

/// The whole mail as a file.
pub(in crate::web) fn mail_source(name: &str, bytes: Vec<u8>) -> Response {
    answer(name, "application/octet-stream", "attachment", FILE_POLICY, bytes)
}

/// A PDF, in the browser's own viewer.
pub(in crate::web) fn pdf(name: &str, bytes: Vec<u8>) -> Response {
    answer(name, "application/pdf", "inline", PDF_POLICY, bytes)
}

/// A PDF in a frame of ours.
pub(in crate::web) fn framed_pdf(name: &str, bytes: Vec<u8>) -> Response {
    (OWN_FRAME, answer(name, "application/pdf", "inline", FRAMED_PDF_POLICY, bytes)).into_response()
}

/// An attachment: PDF is shown by the browser, everything else is a download, whatever type the mail claims.
pub(in crate::web) fn download(name: &str, bytes: Vec<u8>) -> Response {
    if bytes.starts_with(b"%PDF-") { pdf(name, bytes) } else { mail_source(name, bytes) }
}

fn answer(name: &str, content_type: &'static str, disposition: &str, policy: &'static str, bytes: Vec<u8>) -> Response {
    // RFC 6266: the plain form for old programs, the encoded one with the real name.
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect();
    let encoded = percent_encoded(name);
    let disposition = format!("{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (protection(policy), headers, bytes).into_response()
}

pub(in crate::web) fn percent_encoded(text: &str) -> String {
    encoded(text, b".-_")
}

pub(in crate::web) fn protection(policy: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_DNS_PREFETCH_CONTROL, "off"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_leave_the_frame_without_touching_the_layout() {
        assert_eq!(with_links_outside("<p>x"), "<base target=\"_blank\"><p>x");
        assert_eq!(
            with_links_outside("<!doctype html><HEAD lang=de><title>x</title>"),
            "<!doctype html><HEAD lang=de><base target=\"_blank\"><title>x</title>"
        );
        // Lower-casing must not move positions: İ has three bytes in lower case with Unicode rules.
        assert_eq!(with_links_outside("İ<head>"), "İ<head><base target=\"_blank\">");
    }
}
