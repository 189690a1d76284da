//! Documents: mails and letters as they were sent, and invoices' own files, by the hash of their content.

use super::call::{Answer, Answered, Call};
use super::problem::Problem;
use super::routes::{Operation, READ};
use super::shape::is_hash;
use crate::domain::chain::{Hash, parse_hex};

pub(super) const OPERATIONS: &[Operation] = &[Operation {
    path: "/api/v1/documents/{hash}",
    id: "getDocument",
    tag: "Documents",
    summary: "Fetch a document",
    text: "The bytes with their media type, to be kept. The hash is the SHA-256 of the content.",
    handler: |call| Box::pin(fetch(call)),
    ..READ
}];

async fn fetch(call: Call) -> Answered {
    let (text, missing) = (call.named("hash"), || Problem::not_found("document"));
    let hash = read_hash(text).ok_or_else(missing)?;
    let document = call.engine().store.document(call.tenant_id(), &hash).await?.ok_or_else(missing)?;
    let ending = match document.media_type.as_str() {
        "application/pdf" => "pdf",
        "message/rfc822" => "eml",
        _ => "bin",
    };
    Ok(Answer::File { media_type: document.media_type, name: format!("{text}.{ending}"), bytes: document.bytes })
}

fn read_hash(text: &str) -> Option<Hash> {
    is_hash(text).then(|| parse_hex(text))?
}
