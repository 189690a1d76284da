//! A rendered text becomes a tree: paragraphs, headings, lists, quotes, rules, emphasis, links, hard breaks.
//!
//! What else Markdown knows (HTML, code, tables, pictures) stays the text that it is. Links go to `https:` or `mailto:`
//! only, and no value can choose where they lead.

use super::seal::{TABLE, first_value, unseal, unseal_into_url};
use crate::domain::document::{Block, Inline};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// A link that leads where no text may lead, as its author wrote it (up to the first value in it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadLink(pub(super) String);

/// # Errors
/// All links that are refused.
pub(super) fn parse(markdown: &str) -> Result<Vec<Block>, Vec<BadLink>> {
    let mut tree = Tree { frames: vec![Frame::Blocks(Vec::new())], lists: Vec::new(), links: Vec::new(), refused: Vec::new() };
    for event in Parser::new_ext(markdown, Options::empty()) {
        tree.take(event);
    }
    if tree.refused.is_empty() { Ok(tree.pop_blocks()) } else { Err(tree.refused) }
}

enum Frame {
    Blocks(Vec<Block>),
    Inlines(Vec<Inline>),
}

struct List {
    start: Option<u64>,
    items: Vec<Vec<Block>>,
}

struct Tree {
    frames: Vec<Frame>,
    lists: Vec<List>,
    links: Vec<String>,
    refused: Vec<BadLink>,
}

impl Tree {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.inline(Inline::T { t: unseal(&text) });
            }
            Event::SoftBreak => self.inline(Inline::T { t: " ".to_owned() }),
            Event::HardBreak => self.inline(Inline::Br),
            Event::Rule => self.block(Block::Rule),
            // Extensions that are not switched on.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Link { dest_url, link_type, .. } => {
                self.link(&dest_url, link_type);
                self.frames.push(Frame::Inlines(Vec::new()));
            }
            Tag::List(start) => self.lists.push(List { start, items: Vec::new() }),
            Tag::Item | Tag::BlockQuote(_) => self.frames.push(Frame::Blocks(Vec::new())),
            _ => self.frames.push(Frame::Inlines(Vec::new())),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                let c = self.pop_inlines();
                let is_table = matches!(c.as_slice(), [Inline::T { t }] if t == TABLE);
                self.block(if is_table { Block::Invoices } else { Block::P { c } });
            }
            TagEnd::Heading(_) => {
                let c = self.pop_inlines();
                self.block(Block::H { c });
            }
            TagEnd::Strong => {
                let c = self.pop_inlines();
                self.inline(Inline::B { c });
            }
            TagEnd::Emphasis => {
                let c = self.pop_inlines();
                self.inline(Inline::I { c });
            }
            TagEnd::Link => {
                let c = self.pop_inlines();
                let url = self.links.pop().unwrap_or_default();
                self.inline(Inline::A { url, c });
            }
            TagEnd::Item => {
                let item = self.pop_blocks();
                if let Some(list) = self.lists.last_mut() {
                    list.items.push(item);
                }
            }
            TagEnd::List(_) => {
                if let Some(List { start, items }) = self.lists.pop() {
                    self.block(Block::List { ordered: start.is_some(), start: start.unwrap_or(1), items });
                }
            }
            TagEnd::BlockQuote(_) => {
                let c = self.pop_blocks();
                self.block(Block::Quote { c });
            }
            // A picture's description, and whatever an extension would bring: only its text.
            _ => {
                for inline in self.pop_inlines() {
                    self.inline(inline);
                }
            }
        }
    }

    fn link(&mut self, written: &str, link_type: LinkType) {
        let written = if link_type == LinkType::Email { format!("mailto:{written}") } else { written.to_owned() };
        let url = unseal_into_url(&written);
        if !leads_to_an_allowed_place(&written) || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let fixed = first_value(&written).map_or(written.as_str(), |at| &written[..at]);
            self.refused.push(BadLink(fixed.to_owned()));
        }
        self.links.push(url);
    }

    fn inline(&mut self, inline: Inline) {
        match self.frames.last_mut() {
            Some(Frame::Inlines(inlines)) => push_joined(inlines, inline),
            // A tight list item has its text directly below it; here text always stands in a paragraph.
            Some(Frame::Blocks(blocks)) => match blocks.last_mut() {
                Some(Block::P { c }) => push_joined(c, inline),
                _ => blocks.push(Block::P { c: vec![inline] }),
            },
            None => {}
        }
    }

    fn block(&mut self, block: Block) {
        if let Some(Frame::Blocks(blocks)) = self.frames.last_mut() {
            blocks.push(block);
        }
    }

    fn pop_inlines(&mut self) -> Vec<Inline> {
        match self.frames.pop() {
            Some(Frame::Inlines(inlines)) => inlines,
            _ => Vec::new(),
        }
    }

    fn pop_blocks(&mut self) -> Vec<Block> {
        match self.frames.pop() {
            Some(Frame::Blocks(blocks)) => blocks,
            _ => Vec::new(),
        }
    }
}

/// Neighbouring pieces of text become one, so that every writer sees whole words.
fn push_joined(inlines: &mut Vec<Inline>, inline: Inline) {
    match (inlines.last_mut(), inline) {
        (Some(Inline::T { t }), Inline::T { t: more }) => t.push_str(&more),
        (_, inline) => inlines.push(inline),
    }
}

/// `https:` with a written-out host, or `mailto:`; the part that decides where a link leads holds no value.
fn leads_to_an_allowed_place(written: &str) -> bool {
    let fixed = first_value(written).map_or(written, |at| &written[..at]);
    let lower = fixed.to_ascii_lowercase();
    if lower.starts_with("mailto:") {
        return true;
    }
    let Some(rest) = lower.strip_prefix("https://") else { return false };
    let host_ends = rest.find(['/', '?', '#']);
    let host = &rest[..host_ends.unwrap_or(rest.len())];
    let host_is_whole = host_ends.is_some() || fixed.len() == written.len();
    host_is_whole && !host.is_empty() && !host.contains('@')
}

#[cfg(test)]
mod tests {
    use super::super::seal::seal;
    use super::*;

    fn text(t: &str) -> Inline {
        Inline::T { t: t.to_owned() }
    }

    #[test]
    fn the_subset_becomes_its_tree() {
        let blocks =
            parse("# Kopf\n\nEin **fettes** und *schräges*\nWort\\\nneu\n\n1. eins\n2. [zwei](https://a.example)\n\n> Zitat\n\n---\n")
                .unwrap();
        assert_eq!(
            serde_json::to_value(&blocks).unwrap(),
            serde_json::json!([
                {"k": "h", "c": [{"k": "t", "t": "Kopf"}]},
                {"k": "p", "c": [{"k": "t", "t": "Ein "}, {"k": "b", "c": [{"k": "t", "t": "fettes"}]}, {"k": "t", "t": " und "},
                    {"k": "i", "c": [{"k": "t", "t": "schräges"}]}, {"k": "t", "t": " Wort"}, {"k": "br"}, {"k": "t", "t": "neu"}]},
                {"k": "list", "ordered": true, "start": 1, "items": [
                    [{"k": "p", "c": [{"k": "t", "t": "eins"}]}],
                    [{"k": "p", "c": [{"k": "a", "url": "https://a.example", "c": [{"k": "t", "t": "zwei"}]}]}]]},
                {"k": "quote", "c": [{"k": "p", "c": [{"k": "t", "t": "Zitat"}]}]},
                {"k": "rule"},
            ])
        );
    }

    #[test]
    fn the_table_stands_alone_even_if_its_line_touches_others() {
        let blocks = parse(&format!("Bitte zahlen:\n{}\nDanke", seal(TABLE))).unwrap();
        assert_eq!(blocks, [Block::P { c: vec![text("Bitte zahlen:")] }, Block::Invoices, Block::P { c: vec![text("Danke")] }]);
    }

    #[test]
    fn html_code_and_pictures_stay_text() {
        let blocks = parse("a <b>c</b> `d` ![e](https://x.example/i.png)\n\n<div>f</div>\n\n    g").unwrap();
        let json = serde_json::to_string(&blocks).unwrap();
        assert!(json.contains("a <b>c</b> d e"), "{json}");
        assert!(json.contains("<div>f</div>") && !json.contains("i.png"), "{json}");
    }

    #[test]
    fn a_value_is_one_run_of_text_wherever_it_stands() {
        let value = "**b** [x](https://evil.example) <i> # h";
        let blocks = parse(&format!("{v}\n\n- {v}\n\n**{v}** x{v}y", v = seal(value))).unwrap();
        assert_eq!(blocks[0], Block::P { c: vec![text(value)] });
        assert_eq!(blocks[1], Block::List { ordered: false, start: 1, items: vec![vec![Block::P { c: vec![text(value)] }]] });
        assert_eq!(blocks[2], Block::P { c: vec![Inline::B { c: vec![text(value)] }, text(&format!(" x{value}y"))] });
    }

    #[test]
    fn links_lead_only_where_the_author_wrote() {
        let value = seal("a@evil.example");
        for good in [
            "https://a.example",
            "https://a.example/x?y=z",
            "mailto:a@b.example",
            &format!("mailto:{value}"),
            &format!("https://a.example/{value}"),
        ] {
            assert!(parse(&format!("[x]({good})")).is_ok(), "{good}");
        }
        assert!(parse("<a@b.example> <https://a.example>").is_ok());
        for bad in ["javascript:alert(1)", "http://a.example", "data:text/html,x", "//a.example", "x", "https://", &value]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("https://{value}"), format!("https://a.example{value}"), "https://bank.example@evil.example/".to_owned()])
        {
            assert!(parse(&format!("[x]({bad})")).is_err(), "{bad}");
        }
    }
}
