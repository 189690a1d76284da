//! The plain-text mail: the tree in lines of at most 78 columns, with an aligned table of invoices.

use super::plain_table;
use super::wrap::wrapped;
use crate::domain::document::{Block, Inline, NoticeText};
use crate::domain::format;
use crate::domain::notice::Notice;

/// RFC 5322 asks for lines of at most 78 characters.
pub(super) const WIDTH: usize = 78;

/// The whole text of a mail: the notice's words, the invoices with how to pay them, and who the creditor is.
#[must_use]
pub fn plain(notice: &Notice, text: &NoticeText) -> String {
    let mut lines = Vec::new();
    blocks(notice, &text.body, WIDTH, &mut lines);
    // Not "-- ": mail programs hide what follows it, and a creditor's particulars must be seen.
    lines.push("-".repeat(WIDTH));
    for line in format::imprint(&notice.language, &notice.creditor) {
        lines.extend(wrapped(&line, WIDTH));
    }
    let mut mail = lines.join("\n");
    mail.push('\n');
    mail
}

/// The same words without a table of invoices: what stands before it, and what follows. Not broken into lines.
#[must_use]
pub fn around_invoices(notice: &Notice, text: &NoticeText) -> (String, String) {
    let table = text.body.iter().position(|block| matches!(block, Block::Invoices)).unwrap_or(text.body.len());
    let written = |tree: &[Block]| {
        let mut lines = Vec::new();
        blocks(notice, tree, usize::MAX, &mut lines);
        lines.join("\n").trim().to_owned()
    };
    (written(&text.body[..table]), written(text.body.get(table + 1..).unwrap_or_default()))
}

/// Every block is followed by an empty line.
fn blocks(notice: &Notice, tree: &[Block], width: usize, lines: &mut Vec<String>) {
    for block in tree {
        match block {
            Block::P { c } | Block::H { c } => {
                for line in inlines(c).split('\n') {
                    lines.extend(wrapped(line, width));
                }
            }
            Block::List { ordered, start, items } => list(notice, (*ordered).then_some(*start), items, width, lines),
            Block::Quote { c } => {
                let mut quoted = Vec::new();
                blocks(notice, c, width.saturating_sub(2), &mut quoted);
                quoted.pop();
                lines.extend(quoted.iter().map(|line| format!("> {line}")));
            }
            Block::Rule => lines.push("-".repeat(WIDTH / 3)),
            Block::Invoices => lines.extend(plain_table::invoices(notice)),
        }
        lines.push(String::new());
    }
}

fn list(notice: &Notice, start: Option<u64>, items: &[Vec<Block>], width: usize, lines: &mut Vec<String>) {
    for (number, item) in (start.unwrap_or(1)..).zip(items) {
        let mark = if start.is_some() { format!("{number}. ") } else { "- ".to_owned() };
        let mut inner = Vec::new();
        blocks(notice, item, width.saturating_sub(mark.len()), &mut inner);
        inner.pop();
        for (place, line) in inner.iter().enumerate() {
            let lead = if place == 0 { mark.clone() } else { " ".repeat(mark.len()) };
            lines.push(format!("{lead}{line}").trim_end().to_owned());
        }
    }
}

/// Emphasis has no plain form; a link shows where it leads unless its text says so already.
fn inlines(tree: &[Inline]) -> String {
    let mut line = String::new();
    for inline in tree {
        match inline {
            Inline::T { t } => line.push_str(t),
            Inline::B { c } | Inline::I { c } => line.push_str(&inlines(c)),
            Inline::A { url, c } => {
                let shown = inlines(c);
                let says_so = shown == *url || url.strip_prefix("mailto:") == Some(shown.as_str());
                line.push_str(&if says_so { shown } else { format!("{shown} <{url}>") });
            }
            Inline::Br => line.push('\n'),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn written(markdown: &str) -> String {
        let body = super::super::markdown::parse(markdown).unwrap();
        let text = plain(&samples::one(), &NoticeText { subject: String::new(), body });
        text.split("\n----------").next().unwrap().trim_end().to_owned()
    }

    #[test]
    fn lists_quotes_links_and_breaks_keep_their_shape() {
        assert_eq!(
            written(
                "# Kopf\n\n1. eins\n2. zwei\n   - innen\n\n> Zitat\n> weiter\n\nA\\\nB [hier](https://a.example) <https://a.example> <a@b.example>"
            ),
            "Kopf\n\n1. eins\n2. zwei\n\n   - innen\n\n> Zitat weiter\n\nA\nB hier <https://a.example> https://a.example a@b.example"
        );
    }

    #[test]
    fn no_line_is_longer_than_78_columns_whatever_the_notice_holds() {
        let mut huge = samples::several();
        huge.lines[0].amount_minor = i64::MAX / 4;
        huge.lines[0].open_minor = i64::MAX / 8;
        "RE-".repeat(60).clone_into(&mut huge.lines[1].invoice);
        for notice in [samples::one(), samples::several(), samples::bare(), huge] {
            for language in ["de", "en"] {
                let notice = Notice { language: language.to_owned(), ..notice.clone() };
                let text = plain(&notice, &NoticeText { subject: String::new(), body: vec![Block::Invoices] });
                for line in text.lines() {
                    assert!(line.chars().count() <= WIDTH, "{line}");
                }
            }
        }
    }
}
