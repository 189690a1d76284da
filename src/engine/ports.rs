//! What the engine asks of the outside world, and what the world may answer.
//!
//! Adapters implement these; tests implement them with fakes. An answer says what to do next; there is no bare error.

use crate::domain::chain::Hash;
use crate::domain::document::NoticeText;
use crate::domain::ids::{StepId, TenantId};
use crate::domain::notice::Notice;
use crate::domain::pool::{Chunk, Pool};
use crate::domain::tenant::MailIdentity;
use crate::domain::time::Timestamp;
use crate::engine::source::dunnings::ports::DunningText;
use crate::store::documents::{Dictionary, Document};
use crate::store::owner_notices::Reached;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// One step with all that its effect needs. What it says is what the facts were at `at`; they are compared when it starts.
#[derive(Clone, Debug)]
pub struct Job {
    pub tenant: TenantId,
    pub step: StepId,
    pub epoch: i64,
    pub attempt: i64,
    pub position: i64,
    pub pool: Pool,
    /// Whether its end is the notice's end.
    pub last: bool,
    pub at: Timestamp,
    pub notice: Notice,
    /// Why it goes by paper though it was not planned so.
    pub paper_reason: Option<String>,
    pub identity: MailIdentity,
    /// The invoices whose documents a mail takes along.
    pub attach: Vec<Enclosure>,
    /// A mail takes the notice along as a letter.
    pub attach_letter: bool,
    /// The letter as it was kept last, by this step or an earlier one.
    pub letter: Option<Hash>,
    /// The dunnings that the source of its invoices made of them, by the invoice's number.
    pub dunnings: Vec<(String, Hash)>,
    /// Documents that the effect needs.
    pub documents: Vec<(Hash, Document)>,
}

/// The document of an invoice, as a mail takes it along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// The invoice's own number.
    pub number: String,
    /// `None` where the ledger has no document of it.
    pub hash: Option<Hash>,
    /// Why it has none, if that is known.
    pub lacks: Option<String>,
}

impl Job {
    /// The document with this hash, if it came along.
    #[must_use]
    pub fn document(&self, hash: Hash) -> Option<&Document> {
        self.documents.iter().find(|(known, _)| *known == hash).map(|(_, document)| document)
    }

    /// The letter that an earlier step of the notice made; not one that an earlier attempt of this step did.
    #[must_use]
    pub fn printed(&self) -> Option<&Document> {
        self.letter.filter(|_| self.position > 0).and_then(|hash| self.document(hash))
    }

    /// Whether a letter is set in its preparation.
    #[must_use]
    pub fn sets_letter(&self) -> bool {
        match self.pool {
            Pool::Print => true,
            Pool::Send => self.attach_letter && self.printed().is_none(),
            Pool::Post => false,
        }
    }
}

/// What was made for an effect before it happens; kept in the ledger with the intent.
#[derive(Clone, Debug, Default)]
pub struct Material {
    pub mail: Option<(Envelope, Document)>,
    /// What the mail resembles: it is kept beside it.
    pub dictionary: Option<Arc<Dictionary>>,
    pub letter: Option<Document>,
    pub recipient: Option<String>,
    pub recipient_rule: Option<String>,
}

/// The effects themselves: the real ones, or fakes under a virtual clock.
pub trait Effects: Send + Sync {
    /// Renders what the effect needs. Nothing leaves yet; an error is the step's outcome.
    fn prepare<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Material, Outcome>>;
    /// Does it.
    fn act<'a>(&'a self, job: &'a Job, material: &'a Material) -> BoxFuture<'a, Outcome>;
    /// The language of the tenant's text set that is used for a customer who wants `wanted`.
    fn language(&self, tenant: TenantId, template: &str, wanted: &str) -> String;
    /// What a dunning that a source makes says of the notice's only invoice; an error is the step's outcome.
    fn dunning_text(&self, tenant: TenantId, notice: &Notice, dunning: &Numbered<'_>) -> Result<DunningText, Outcome> {
        let _ = (tenant, dunning);
        Err(Outcome::Failed { reason: format!("there is no text for a dunning of notice {}", notice.id) })
    }
}

/// Which dunning of a workflow it is, from 1, and of how many; and the token that stands in it.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a> {
    pub number: usize,
    pub of: usize,
    pub token: &'a str,
}

/// How an effect ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened; `reply` is the other side's own words.
    Done { reply: String },
    /// It did not happen and may be tried again, not before `after` if that is given.
    Retry { reason: String, after: Option<Duration> },
    /// It did not happen and won't: a person must look.
    Failed { reason: String },
    /// Nobody can know whether it happened. It is never repeated by itself.
    Unknown { reason: String },
}

impl Outcome {
    /// Of a step whose process stood still for so long that it may have been given up.
    #[must_use]
    pub(super) fn not_begun() -> Self {
        Self::Retry { reason: "the process stood still before it sent anything".to_owned(), after: None }
    }
}

/// Who sends and who receives, as the SMTP envelope needs it. Plain addresses without display names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub from: String,
    /// To, CC and BCC together.
    pub recipients: Vec<String>,
}

/// A message to be made into bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Without angle brackets; derived from the notice: `<notice>@<domain of from>`.
    pub message_id: String,
    /// Milliseconds since the epoch; the Date header.
    pub date_ms: i64,
    pub from_name: String,
    pub from: String,
    pub reply_to: Option<String>,
    pub to_name: String,
    pub to: String,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub subject: String,
    pub language: String,
    pub plain: String,
    pub html: String,
    pub attachments: Vec<Attachment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Sends finished messages.
pub trait Mailer: Send + Sync {
    /// `smtp` or `files`, with where to; for `doctor` and the history.
    fn describe(&self) -> String;
    /// Can it be reached and may we log in? The other side's own words either way.
    fn check(&self) -> BoxFuture<'_, Result<String, String>>;
    /// Hands over one message. `name` identifies it where the other side is a folder.
    fn send<'a>(&'a self, name: &'a str, envelope: &'a Envelope, message: &'a [u8]) -> BoxFuture<'a, Outcome>;
}

/// A letter to be rendered.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    pub notice: &'a Notice,
    pub text: &'a NoticeText,
}

/// A finished letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// The content can't become a letter (a character no font has, an address too long): permanent, a person must look.
    #[error("{0}")]
    Content(String),
    /// The engine failed (missing program, crash, timeout): may be tried again.
    #[error("{0}")]
    Engine(String),
}

/// Renders letters. Blocking: called on the print pool's blocking threads.
pub trait LetterEngine: Send + Sync {
    fn name(&self) -> &'static str;
    /// Version and fitness at start-up.
    ///
    /// # Errors
    /// A plain sentence: what is missing and how to get it.
    fn check(&self) -> Result<String, String>;
    /// # Errors
    /// [`LetterError`] says whether trying again can help.
    fn render(&self, letter: &Letter<'_>) -> Result<Pdf, LetterError>;
}

/// One finished letter to be handed over.
#[derive(Clone, Debug)]
pub struct PostItem<'a> {
    pub notice: &'a Notice,
    /// Why it goes by paper though it was not planned so: no address, address blocked.
    pub reason: Option<&'a str>,
    pub pdf: &'a [u8],
    /// What lies in the same envelope: the invoice's number, and a PDF.
    pub enclosed: Vec<(&'a str, &'a [u8])>,
}

/// Hands letters over. Must be safe to repeat for the same notice: the same bytes at the same place.
pub trait LetterPost: Send + Sync {
    fn describe(&self) -> String;
    fn check(&self) -> BoxFuture<'_, Result<String, String>>;
    fn post<'a>(&'a self, item: &'a PostItem<'a>) -> BoxFuture<'a, Outcome>;
}

/// Wakes workers. Losing a ring is harmless: the planner rings again.
pub trait Bell: Send + Sync {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>>;

    /// Whether nothing that was rung waits or is in work any more. `false` where nobody can tell.
    fn is_silent(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(false))
    }
}

/// Does the work of a chunk. Never fails: what went wrong is in the ledger.
pub trait Performer: Send + Sync + 'static {
    fn perform(&self, chunk: Chunk) -> BoxFuture<'_, ()>;
}

/// What is said to the creditor.
#[derive(Clone, Debug)]
pub struct OwnerMail<'a> {
    pub tenant: TenantId,
    /// Without the domain; never given twice.
    pub message_id: String,
    pub at: Timestamp,
    pub identity: &'a MailIdentity,
    /// As the tenant's settings name it, such as `de`.
    pub language: &'a str,
    pub recipient: &'a str,
    /// Each with the address of its page, where that is known.
    pub invoices: Vec<(&'a Reached, Option<String>)>,
}

/// Words the mail and carries it.
pub trait OwnerPost: Send + Sync {
    /// The mail as it is to leave.
    ///
    /// # Errors
    /// Why it can't be made.
    fn compose(&self, mail: &OwnerMail<'_>) -> Result<Document, String>;
    /// Hands it over by the tenant's own sender; `name` identifies it where the other side is a folder.
    fn send<'a>(&'a self, tenant: TenantId, name: &'a str, envelope: &'a Envelope, message: &'a [u8]) -> BoxFuture<'a, Outcome>;
}
