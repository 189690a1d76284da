//! A letter as HTML, cut into sheets.
//!
//! wkhtmltopdf, as distributions ship it, repeats no table heads, prints no page numbers and no footers. So the sheets
//! are made here: the text becomes pieces of known height, and these are dealt out to sheets of 297 mm, each with its
//! own head and footer. Line heights are fixed in the template, widths come from `metrics`.

use super::content::{Content, Row, inline_text};
use super::metrics::{lines, points};
use crate::domain::document::{Block, Inline};
use crate::engine::ports::LetterError;
use handlebars::html_escape;
use std::fmt::Write as _;

/// Micrometres for text on the first sheet, below the subject's top edge at 98.4 mm, and on those that follow.
const FIRST: u32 = 157_000;
const FOLLOWING: u32 = 220_000;
/// The text's width between the margins.
const WIDTH: u32 = 165_000;
const INDENT: u32 = 6_000;
/// Line heights as the template has them, a little more for rounding to whole pixels.
const LINE: u32 = 4_750;
const ROW_LINE: u32 = 4_150;
const ROW_PADDING: u32 = 1_450;
const PARAGRAPH_GAP: u32 = 3_200;
/// The inner widths of the table's columns.
const COLUMNS: [u32; 6] = [35_600, 19_000, 19_000, 25_000, 26_000, 26_000];
const QR: u32 = 34_500;

/// Something that isn't parted between sheets.
#[derive(Debug)]
struct Piece {
    html: String,
    height: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// Stands on the same sheet as what follows it.
    Heading,
    /// Part of the table, whose head is repeated on each sheet.
    Row,
}

/// The HTML of each sheet's text.
///
/// # Errors
/// [`LetterError::Content`] when a single paragraph is longer than a sheet.
pub(super) fn sheets(content: &Content) -> Result<Vec<String>, LetterError> {
    let mut pieces = vec![subject(content)];
    for block in &content.body {
        push_block(block, 0, content, &mut pieces);
    }
    pieces.push(payment(content)?);
    deal(&pieces, &head(content))
}

/// Deals pieces out to sheets, in order.
fn deal(pieces: &[Piece], head: &Piece) -> Result<Vec<String>, LetterError> {
    let (mut sheets, mut sheet, mut left, mut in_table) = (Vec::new(), String::new(), FIRST, false);
    for (index, piece) in pieces.iter().enumerate() {
        let follower = pieces.get(index + 1).filter(|_| piece.kind == Kind::Heading).map_or(0, |next| next.height);
        let opens = |in_table: bool| if piece.kind == Kind::Row && !in_table { head.height } else { 0 };
        if piece.height + follower + opens(in_table) > left {
            close_table(&mut sheet, &mut in_table);
            sheets.push(std::mem::take(&mut sheet));
            left = FOLLOWING;
        }
        let needed = piece.height + opens(in_table);
        if needed > left {
            let why = "a paragraph of the letter is longer than a page: divide it, or use the letter engine `typst`";
            return Err(LetterError::Content(why.to_owned()));
        }
        match (piece.kind, in_table) {
            (Kind::Row, false) => {
                sheet.push_str(&head.html);
                in_table = true;
            }
            (Kind::Row, true) => {}
            (Kind::Text | Kind::Heading, _) => close_table(&mut sheet, &mut in_table),
        }
        sheet.push_str(&piece.html);
        left -= needed;
    }
    close_table(&mut sheet, &mut in_table);
    sheets.push(sheet);
    Ok(sheets)
}

fn close_table(sheet: &mut String, in_table: &mut bool) {
    if std::mem::take(in_table) {
        sheet.push_str("</tbody></table>\n");
    }
}

fn subject(content: &Content) -> Piece {
    let height = lines(&content.subject, points(100), WIDTH) * LINE + 2 * PARAGRAPH_GAP;
    Piece { html: format!("<h1>{}</h1>\n", html_escape(&content.subject)), height, kind: Kind::Text }
}

fn push_block(block: &Block, depth: u32, content: &Content, pieces: &mut Vec<Piece>) {
    match block {
        Block::P { c } => pieces.push(paragraph("p", c, depth, Kind::Text)),
        Block::H { c } => pieces.push(paragraph("h2", c, depth, Kind::Heading)),
        Block::Rule => pieces.push(Piece { html: "<hr>\n".to_owned(), height: 2 * PARAGRAPH_GAP, kind: Kind::Text }),
        Block::Quote { c } => c.iter().for_each(|block| push_block(block, depth + 1, content, pieces)),
        Block::Invoices => push_table(content, pieces),
        Block::List { ordered, start, items } => {
            for (index, (number, item)) in (*start..).zip(items).enumerate() {
                let first = pieces.len();
                item.iter().for_each(|block| push_block(block, depth + 1, content, pieces));
                let mark = if *ordered { format!("{number}.") } else { "•".to_owned() };
                if let Some(piece) = pieces.get_mut(first).filter(|piece| piece.kind != Kind::Row) {
                    piece.html = format!("<span class=\"mark\" style=\"left:{}mm\">{mark}</span>{}", depth * INDENT / 1000, piece.html);
                    let class = if index + 1 == items.len() { "item last" } else { "item" };
                    piece.html = format!("<div class=\"{class}\">{}</div>\n", piece.html);
                }
            }
        }
    }
}

fn paragraph(tag: &str, inlines: &[Inline], depth: u32, kind: Kind) -> Piece {
    let indent = depth * INDENT;
    let mut html = format!("<{tag} style=\"margin-left:{}mm\">", indent / 1000);
    push_inlines(inlines, &mut html);
    let _ = writeln!(html, "</{tag}>");
    let height = lines(&inline_text(inlines), points(100), WIDTH.saturating_sub(indent).max(INDENT)) * LINE + PARAGRAPH_GAP;
    Piece { html, height, kind }
}

fn push_inlines(inlines: &[Inline], html: &mut String) {
    for inline in inlines {
        let (open, c, close) = match inline {
            Inline::T { t } => {
                html.push_str(&html_escape(t));
                continue;
            }
            Inline::Br => {
                html.push_str("<br>");
                continue;
            }
            Inline::B { c } => ("<b>".to_owned(), c, "</b>"),
            Inline::I { c } => ("<i>".to_owned(), c, "</i>"),
            Inline::A { url, c } => (format!("<a href=\"{}\">", html_escape(url)), c, "</a>"),
        };
        html.push_str(&open);
        push_inlines(c, html);
        html.push_str(close);
    }
}

fn head(content: &Content) -> Piece {
    let mut html = "<table class=\"invoices\"><thead><tr>".to_owned();
    for text in content.table.heads {
        let _ = write!(html, "<th>{}</th>", html_escape(text));
    }
    html.push_str("</tr></thead><tbody>\n");
    Piece { html, height: row_height(&content.table.heads.map(str::to_owned)) + PARAGRAPH_GAP, kind: Kind::Row }
}

/// The rows; the last one with the sums below it, so that a total never stands alone.
fn push_table(content: &Content, pieces: &mut Vec<Piece>) {
    let table = &content.table;
    let first = pieces.len();
    pieces.extend(table.rows.iter().map(|row| Piece { html: row_html("", row), height: row_height(row), kind: Kind::Row }));
    let mut end =
        if pieces.len() > first { pieces.pop() } else { None }.unwrap_or(Piece { html: String::new(), height: 0, kind: Kind::Row });
    if let Some(more) = &table.more {
        let [label, _, _, _, amount, open] = more.each_ref().map(|cell| html_escape(cell));
        let _ = writeln!(end.html, "<tr><td colspan=\"4\"><i>{label}</i></td><td>{amount}</td><td>{open}</td></tr>");
        end.height += ROW_LINE + ROW_PADDING;
    }
    for (index, (label, amount)) in table.sums.iter().chain([&table.total]).enumerate() {
        let class = match index {
            _ if index == table.sums.len() => "total",
            0 => "sum first",
            _ => "sum",
        };
        let _ =
            writeln!(end.html, "<tr class=\"{class}\"><td colspan=\"5\">{}</td><td>{}</td></tr>", html_escape(label), html_escape(amount));
        end.height += ROW_LINE + ROW_PADDING;
    }
    end.height += PARAGRAPH_GAP;
    pieces.push(end);
}

fn row_html(class: &str, row: &Row) -> String {
    let cells: String = row.iter().map(|cell| format!("<td>{}</td>", html_escape(cell))).collect();
    format!("<tr class=\"{class}\">{cells}</tr>\n")
}

fn row_height(row: &Row) -> u32 {
    let most = row.iter().zip(COLUMNS).map(|(cell, width)| lines(cell, points(85), width)).max();
    most.unwrap_or(1) * ROW_LINE + ROW_PADDING
}

/// How to pay, beside the payment code if there is one.
fn payment(content: &Content) -> Result<Piece, LetterError> {
    let (heading, details) = &content.payment;
    let mut html = "<div class=\"payment\">".to_owned();
    let mut height = 2 * LINE;
    if let Some(qr) = &content.qr {
        let svg = super::epc::qr_svg(&qr.payload).map_err(|error| LetterError::Content(error.to_string()))?;
        let _ = write!(html, "<img alt=\"{}\" src=\"{}\">", html_escape(qr.alt), data_uri("image/svg+xml", svg.as_bytes()));
    }
    let class = if content.qr.is_some() { "beside" } else { "alone" };
    let _ = write!(html, "<div class=\"{class}\"><b>{}</b><table cellspacing=\"0\">", html_escape(heading));
    for (label, value) in details {
        let _ = write!(html, "<tr><td>{}</td><td>{}</td></tr>", html_escape(label), html_escape(value));
        height += lines(value, points(85), 88_000) * ROW_LINE + 300;
    }
    html.push_str("</table>");
    if let Some(qr) = &content.qr {
        let _ = write!(html, "<span>{}</span>", html_escape(qr.hint));
        height += LINE;
    }
    html.push_str("</div></div>\n");
    Ok(Piece { html, height: if content.qr.is_some() { height.max(QR) } else { height }, kind: Kind::Text })
}

/// An image inside the page: the only kind that the locked-down engine can load.
pub(super) fn data_uri(content_type: &str, bytes: &[u8]) -> String {
    use base64::Engine as _;
    format!("data:{content_type};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// # Errors
/// [`LetterError::Content`] when the address, the return line or the information block is too long for its place.
pub(super) fn check_fit(content: &Content) -> Result<(), LetterError> {
    let refuse = |what: &str| Err(LetterError::Content(what.to_owned()));
    let address: u32 = content.recipient.iter().map(|line| lines(line, points(100), 78_000)).sum();
    if address > 6 {
        return refuse("the recipient's address does not fit in the address field of 85 x 27.3 mm: shorten the name or the address");
    }
    if lines(&content.return_line, points(65), 78_000) > 3 {
        return refuse("the sender's name and address do not fit in the return line of 78 mm: shorten the creditor's name or street");
    }
    let info: u32 = content.info.iter().map(|(_, value)| lines(value, points(90), 49_000)).sum();
    if info > 8 {
        return refuse(
            "the information block beside the address does not fit in 75 x 44 mm: shorten the creditor's contact, phone or e-mail, or the customer number",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(html: &str, height: u32, kind: Kind) -> Piece {
        Piece { html: html.to_owned(), height, kind }
    }

    #[test]
    fn a_table_is_opened_again_on_each_sheet() {
        let rows: Vec<Piece> = (0..61).map(|_| piece("r", 6_000, Kind::Row)).collect();
        let sheets = deal(&rows, &piece("<t>", 6_000, Kind::Row)).unwrap();
        let rows: Vec<usize> = sheets.iter().map(|sheet| sheet.matches('r').count()).collect();
        assert_eq!(rows, [25, 35, 1]);
        assert!(sheets.iter().all(|sheet| sheet.starts_with("<t>") && sheet.ends_with("</table>\n")));
    }

    #[test]
    fn a_heading_stays_with_what_follows() {
        let pieces = [piece("a", FIRST - 10_000, Kind::Text), piece("h", 5_000, Kind::Heading), piece("b", 6_000, Kind::Text)];
        assert_eq!(deal(&pieces, &piece("", 0, Kind::Row)).unwrap(), ["a", "hb"]);
    }

    #[test]
    fn a_paragraph_longer_than_a_sheet_is_refused() {
        let pieces = [piece("a", FOLLOWING + 1, Kind::Text)];
        assert!(matches!(deal(&pieces, &piece("", 0, Kind::Row)), Err(LetterError::Content(_))));
    }

    #[test]
    fn text_is_escaped_and_links_keep_their_target() {
        let t = |t: &str| Inline::T { t: t.to_owned() };
        let c = vec![t("<script>&"), Inline::A { url: "https://a.example/?x=1&y=\"".to_owned(), c: vec![t("{{x}}")] }];
        let html = paragraph("p", &c, 1, Kind::Text).html;
        assert_eq!(
            html,
            "<p style=\"margin-left:6mm\">&lt;script&gt;&amp;<a href=\"https://a.example/?x&#x3D;1&amp;y&#x3D;&quot;\">{{x}}</a></p>\n"
        );
    }
}
