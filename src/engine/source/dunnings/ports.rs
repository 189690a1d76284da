//! What the engine asks of a source that makes dunnings itself, at the claim that they are about. Neutral to the product behind it.
//!
//! Nothing says that a source can tell a repetition: whoever has asked for a dunning and not learned how that ended looks for it.

use crate::domain::money::Currency;
use crate::engine::source::ports::{ClaimKey, ClaimKind, SourceError};
use crate::store::documents::Document;
use chrono::NaiveDate;
use futures::future::BoxFuture;

/// The part of a [`Source`](crate::engine::source::ports::Source) that makes dunnings.
pub trait Dunnings: Send + Sync {
    /// Whether it makes them of such claims.
    fn makes(&self, kind: &ClaimKind, currency: Currency) -> bool;

    /// How the claim stands now, and the dunnings at it that are not among those `known` by their ids.
    fn standing<'a>(&'a self, claim: &'a ClaimKey, known: &'a [String]) -> BoxFuture<'a, Result<Standing, SourceError>>;

    /// Makes a dunning. Asked once for each intent; what is under it is not asked again by itself unless it was not executed.
    fn make<'a>(&'a self, claim: &'a ClaimKey, basis: &'a Basis, dunning: &'a NewDunning) -> BoxFuture<'a, Made>;

    /// A dunning's document. [`SourceError::NotFound`] where there is no such dunning.
    fn document<'a>(&'a self, id: &'a str, expected: &'a Expected) -> BoxFuture<'a, Result<DunningDocument, SourceError>>;
}

/// A claim before it is dunned.
#[derive(Clone, Debug)]
pub struct Standing {
    /// It is still to be paid, by the source's own word.
    pub open: bool,
    pub basis: Basis,
    /// Dunnings at it, with the text in which a token of ours would stand.
    pub strange: Vec<(String, String)>,
}

/// What a dunning must repeat of its claim; only its source reads it.
#[derive(Clone, Debug, Default)]
pub struct Basis(pub serde_json::Value);

/// What a dunning says, all of it checked against the source's limits by [`Dunnings::make`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDunning {
    pub date: NaiveDate,
    /// Two small letters.
    pub language: String,
    pub text: DunningText,
    pub currency: Currency,
    /// Charged for dunning so far; 0: nothing is charged.
    pub fee_minor: i64,
}

/// The words of a dunning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DunningText {
    pub title: String,
    pub introduction: String,
    /// What is open of the claim, in a line.
    pub claim: String,
    /// What the fee is called.
    pub fee: String,
    /// With the token in it.
    pub remark: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    Done {
        id: String,
    },
    /// It was certainly not executed.
    Not(SourceError),
    /// Nobody knows yet.
    Unknown(SourceError),
}

/// What is looked for in a document.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Names, numbers and addresses of the sender; one of them is on every letterhead.
    pub sender: Vec<String>,
    /// All that we have written into it, so that it is not taken for a letterhead.
    pub written: String,
}

/// A dunning's document, and whether it says whom it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DunningDocument {
    pub document: Document,
    pub letterhead: Letterhead,
}

/// Whether a document says whom it is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letterhead {
    Shown,
    /// What it says can be read, and nothing of it is the sender's; there is no picture either.
    Missing,
    /// There is a picture, or its text can't be read.
    Unclear,
}
