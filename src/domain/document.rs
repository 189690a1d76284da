//! The tree that a stage's text becomes: written once as plain text, once as mail HTML, once as a letter.
//!
//! Values are data in it, never markup; the writers escape for their own target and nothing else.

use serde::{Deserialize, Serialize};

/// A block of text. The JSON form is what the letter template walks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
pub enum Block {
    P {
        c: Vec<Inline>,
    },
    H {
        c: Vec<Inline>,
    },
    List {
        ordered: bool,
        start: u64,
        items: Vec<Vec<Block>>,
    },
    Quote {
        c: Vec<Block>,
    },
    Rule,
    /// Where the table of invoices stands, with its totals.
    Invoices,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
pub enum Inline {
    T { t: String },
    B { c: Vec<Inline> },
    I { c: Vec<Inline> },
    A { url: String, c: Vec<Inline> },
    Br,
}

/// A notice's text in one language: what subject line, mail and letter share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeText {
    /// One line, free of control characters.
    pub subject: String,
    pub body: Vec<Block>,
}
