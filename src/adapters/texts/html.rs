//! The HTML mail: a quiet page of one column that phones, dark mode and old mail programs can show.
//!
//! Tables and inline styles, because mail programs know little else; nothing is fetched from anywhere. The style sheet in
//! the head only adds dark colours and, on phones, puts labels above their values; a program that drops it loses nothing else.

use crate::domain::document::{Block, Inline, NoticeText};
use crate::domain::format::{self, labels};
use crate::domain::notice::{Line, Notice};

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const TEXT: &str = "color:#1f2328";
const QUIET: &str = "color:#59636e";
const RULE: &str = "#d1d9e0";
/// Long invoice numbers and addresses break rather than widen the page beyond a phone's.
const BREAK: &str = "overflow-wrap:anywhere;word-break:break-word";

const SHEET: &str = ":root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (prefers-color-scheme:dark){\
.page{background:#16181c!important;color:#e6e9ed!important}\
.text{color:#e6e9ed!important}.quiet{color:#a3abb5!important}\
.rule{border-color:#3d444d!important}.box{background:#21252b!important;border-color:#3d444d!important}\
a{color:#8ab4f8!important}}\
@media (max-width:480px){.key,.value{display:block!important}\
.key{padding:4px 12px 0!important;font-size:13px!important}.value{padding:0 12px 4px!important;font-size:15px!important}}";

/// A complete HTML document in the notice's language.
#[must_use]
pub fn html(notice: &Notice, text: &NoticeText) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <meta name=\"format-detection\" content=\"telephone=no,date=no,address=no\">\n\
         <title>{title}</title>\n<style>{SHEET}</style>\n</head>\n\
         <body class=\"page\" style=\"margin:0;padding:0;background:#ffffff;{TEXT};-webkit-text-size-adjust:100%\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>\
         <td align=\"center\" style=\"padding:28px 16px\">\n\
         <table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"max-width:600px\"><tr>\
         <td class=\"text\" align=\"left\" style=\"{FONT};font-size:16px;line-height:1.5;{TEXT};text-align:left;{BREAK}\">\n",
        language = escaped(&notice.language),
        title = escaped(&text.subject),
    );
    letterhead(notice, &mut page);
    blocks(notice, &text.body, &mut page);
    imprint(notice, &mut page);
    page.push_str("</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n");
    page
}

fn letterhead(notice: &Notice, page: &mut String) {
    let name = escaped(&format::presentable(&notice.creditor.name));
    page.push_str(&format!(
        "<div class=\"rule\" style=\"padding:0 0 12px;margin:0 0 24px;border-bottom:1px solid {RULE};font-size:17px;font-weight:600\">{name}</div>\n"
    ));
}

fn imprint(notice: &Notice, page: &mut String) {
    let lines: Vec<_> = format::imprint(&notice.language, &notice.creditor).iter().map(|line| escaped(line)).collect();
    page.push_str(&format!(
        "<div class=\"rule quiet\" style=\"margin:32px 0 0;padding:12px 0 0;border-top:1px solid {RULE};font-size:13px;line-height:1.6;{QUIET}\">{}</div>\n",
        lines.join("<br>\n")
    ));
}

fn blocks(notice: &Notice, tree: &[Block], page: &mut String) {
    for block in tree {
        match block {
            Block::P { c } => wrap(page, "<p style=\"margin:0 0 16px\">", "</p>\n", |page| inlines(c, page)),
            Block::H { c } => {
                wrap(page, "<h2 style=\"margin:24px 0 8px;font-size:18px;line-height:1.3\">", "</h2>\n", |page| inlines(c, page))
            }
            Block::List { ordered, start, items } => list(notice, (*ordered).then_some(*start), items, page),
            Block::Quote { c } => {
                let open =
                    format!("<blockquote class=\"rule\" style=\"margin:0 0 16px;padding:0 0 0 14px;border-left:3px solid {RULE}\">\n");
                wrap(page, &open, "</blockquote>\n", |page| blocks(notice, c, page));
            }
            Block::Rule => page.push_str(&format!("<hr class=\"rule\" style=\"margin:24px 0;border:0;border-top:1px solid {RULE}\">\n")),
            Block::Invoices => {
                invoices(notice, page);
                payment(notice, page);
            }
        }
    }
}

fn wrap(page: &mut String, open: &str, close: &str, inner: impl FnOnce(&mut String)) {
    page.push_str(open);
    inner(page);
    page.push_str(close);
}

fn list(notice: &Notice, start: Option<u64>, items: &[Vec<Block>], page: &mut String) {
    let style = "style=\"margin:0 0 16px;padding:0 0 0 24px\"";
    let (open, close) = match start {
        Some(start) => (format!("<ol start=\"{start}\" {style}>\n"), "</ol>\n"),
        None => (format!("<ul {style}>\n"), "</ul>\n"),
    };
    wrap(page, &open, close, |page| {
        for item in items {
            wrap(page, "<li style=\"margin:0 0 4px\">", "</li>\n", |page| match item.as_slice() {
                [Block::P { c }] => inlines(c, page),
                several => blocks(notice, several, page),
            });
        }
    });
}

fn inlines(tree: &[Inline], page: &mut String) {
    for inline in tree {
        match inline {
            Inline::T { t } => page.push_str(&escaped(t)),
            Inline::B { c } => wrap(page, "<strong>", "</strong>", |page| inlines(c, page)),
            Inline::I { c } => wrap(page, "<em>", "</em>", |page| inlines(c, page)),
            Inline::A { url, c } => {
                let open = format!("<a href=\"{}\" style=\"color:#0b57d0\">", escaped(url));
                wrap(page, &open, "</a>", |page| inlines(c, page));
            }
            Inline::Br => page.push_str("<br>\n"),
        }
    }
}

/// Three columns, so that a phone can show them: what belongs to a figure stands small below it.
fn invoices(notice: &Notice, page: &mut String) {
    let labels = labels(&notice.language);
    page.push_str(
        "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
         style=\"margin:0 0 16px;border-collapse:collapse;font-size:15px;line-height:1.4\">\n<thead><tr>",
    );
    for (place, head) in [labels.invoice, labels.due_date, labels.open].into_iter().enumerate() {
        let align = if place == 2 { "right" } else { "left" };
        page.push_str(&format!(
            "<th class=\"rule quiet\" scope=\"col\" align=\"{align}\" style=\"padding:{};border-bottom:1px solid {RULE};font-size:13px;\
             font-weight:600;text-align:{align};{QUIET}\">{head}</th>",
            padding(place, 6)
        ));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for line in &notice.lines {
        invoice(notice, line, page);
    }
    page.push_str("</tbody>\n<tfoot>\n");
    let totals = format::totals(notice);
    for (place, (label, amount)) in totals.iter().enumerate() {
        let weight = if place + 1 == totals.len() { "font-weight:700" } else { "font-weight:400" };
        page.push_str(&format!(
            "<tr><th scope=\"row\" colspan=\"2\" align=\"left\" style=\"padding:8px 12px 0 0;text-align:left;{weight}\">{label}</th>\
             <td align=\"right\" style=\"padding:8px 0 0;text-align:right;white-space:nowrap;{weight}\">{}</td></tr>\n",
            escaped(amount)
        ));
    }
    page.push_str("</tfoot>\n</table>\n");
}

fn invoice(notice: &Notice, line: &Line, page: &mut String) {
    let language = notice.language.as_str();
    let part_of = (line.open_minor != line.amount_minor).then(|| format::out_of(language, line.amount_minor, notice.currency));
    let cells = [
        (format::presentable(&line.invoice), Some(format::dated(language, line.invoice_date))),
        (format::short_date(language, line.due_date), format::overdue(language, line.days_overdue)),
        (format::money(language, line.open_minor, notice.currency), part_of),
    ];
    page.push_str("<tr>");
    for (place, (figure, below)) in cells.iter().enumerate() {
        let align = if place == 2 { "right" } else { "left" };
        let breaking = if place == 0 { BREAK } else { "white-space:nowrap" };
        page.push_str(&format!(
            "<td class=\"rule\" align=\"{align}\" valign=\"top\" style=\"padding:{};border-bottom:1px solid {RULE};text-align:{align};\
             vertical-align:top;{breaking}\">{}",
            padding(place, 8),
            escaped(figure)
        ));
        if let Some(below) = below {
            page.push_str(&format!("<br><span class=\"quiet\" style=\"font-size:13px;{QUIET}\">{}</span>", escaped(below)));
        }
        page.push_str("</td>");
    }
    page.push_str("</tr>\n");
}

fn padding(place: usize, vertical: u32) -> String {
    format!("{vertical}px {}px {vertical}px 0", if place == 2 { 0 } else { 12 })
}

fn payment(notice: &Notice, page: &mut String) {
    let heading = labels(&notice.language).payment;
    page.push_str(&format!(
        "<table class=\"box\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 20px;background:#f6f8fa;\
         border:1px solid {RULE};border-radius:6px;border-collapse:separate;padding:0 0 8px;font-size:14px;line-height:1.4\">\n\
         <tr><th class=\"quiet\" colspan=\"2\" align=\"left\" style=\"padding:12px 12px 4px;text-align:left;font-size:13px;font-weight:600;{QUIET}\">\
         {heading}</th></tr>\n"
    ));
    let details = format::payment_details(notice);
    for (label, value) in &details {
        page.push_str(&format!(
            "<tr><td class=\"key quiet\" valign=\"top\" style=\"padding:0 10px 4px 12px;vertical-align:top;white-space:nowrap;{QUIET}\">{label}</td>\
             <td class=\"value\" valign=\"top\" width=\"100%\" style=\"padding:0 10px 4px 0;vertical-align:top;{BREAK}\">{}</td></tr>\n",
            escaped(value)
        ));
    }
    page.push_str("</table>\n");
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        let (before, special) = rest.split_at(at);
        escaped.push_str(before);
        escaped.push_str(match special.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &special[1..];
    }
    escaped.push_str(rest);
    escaped
}
