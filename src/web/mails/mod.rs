//! Mails and files as pages show them: what strangers wrote, decoded and never trusted, and answers that run nothing of it.
//!
//! For the sandbox's mailbox and for the notices of a ledger alike. `content` reads the bytes, `served` answers with them.

mod content;
mod served;

pub(super) use content::{AttachedFile, Mail, attachment, source};
pub(super) use served::{PAGE_POLICY, download, framed, framed_pdf, mail_source, pdf, percent_encoded, protection};
