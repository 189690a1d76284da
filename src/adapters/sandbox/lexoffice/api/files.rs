//! Files: of sales vouchers and dunnings by `/file` (preferred) and `/document` (old), of bookkeeping vouchers by `/files/{id}`.

use super::super::answer::{Answer, Content, Refusal};
use super::super::ids::Id;
use super::super::render::{self, Rendered};
use super::super::time::day;
use super::super::world::{Document, EDocument, File, FileContent, Kind, Status, Voucher};
use super::{Call, dunnings};
use serde_json::json;

const UPLOAD_MAX: usize = 5 << 20;
const EXTENSIONS: &[&str] = &["pdf", "jpg", "jpeg", "png", "xml"];

/// `/file`: what comes hangs on the document and on `Accept`. A draft is a conflict.
pub(super) fn of_voucher(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let voucher = call.sales_voucher()?;
    if voucher.status == Status::Draft {
        return Err(Refusal::regular(409, "A draft has no file"));
    }
    let as_xml = matches!((wanted(call)?, voucher.e_document), (Wanted::Xml, _) | (Wanted::Any, EDocument::XRechnung));
    if as_xml && voucher.e_document != EDocument::XRechnung {
        return Err(Refusal::not_found());
    }
    Ok(file(if as_xml { render::xml(voucher) } else { render::voucher(voucher) }, "attachment"))
}

/// Dunnings are drafts, and have a PDF all the same.
pub(super) fn of_dunning(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let dunning = dunnings::find(call)?;
    if wanted(call)? == Wanted::Xml {
        return Err(Refusal::not_found());
    }
    let invoice = call.organization.voucher(dunning.invoice);
    Ok(file(render::dunning(dunning, invoice, call.organization.sender()), "attachment"))
}

/// `/document`: only the id of a file. A draft is not acceptable.
pub(super) fn document_of_voucher(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let voucher = call.sales_voucher()?;
    if voucher.status == Status::Draft {
        return Err(Refusal::regular(406, "A draft has no document"));
    }
    let id = voucher.id;
    Ok(document_of(call, id))
}

pub(super) fn document_of_dunning(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let id = dunnings::find(call)?.id;
    Ok(document_of(call, id))
}

fn document_of(call: &mut Call<'_>, of: Id) -> Answer {
    let known = call.organization.files.values().find(|file| matches!(file.content, FileContent::DocumentOf(id) if id == of));
    let id = known.map_or_else(|| Id::new(call.dice), |file| file.id);
    call.organization.files.entry(id).or_insert(File { id, voucher: None, content: FileContent::DocumentOf(of) });
    Answer::json(json!({ "documentFileId": id }))
}

pub(super) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let found = call.id().and_then(|id| call.organization.files.get(&id)).ok_or_else(Refusal::legacy_not_found)?;
    let rendered = match &found.content {
        FileContent::Uploaded { name, media_type, bytes } => {
            Rendered { name: name.clone(), media_type: media_type.clone(), bytes: bytes.clone() }
        }
        FileContent::DocumentOf(id) => {
            let organization = &*call.organization;
            let of_dunning = || {
                organization
                    .dunnings
                    .get(id)
                    .map(|dunning| render::dunning(dunning, organization.voucher(dunning.invoice), organization.sender()))
            };
            organization.voucher(*id).map(render::voucher).or_else(of_dunning).ok_or_else(Refusal::legacy_not_found)?
        }
    };
    Ok(file(rendered, "inline"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Any,
    Xml,
    Pdf,
}

fn wanted(call: &Call<'_>) -> Result<Wanted, Refusal> {
    let accept = call.asked.header("accept").unwrap_or("*/*");
    let types: Vec<&str> = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim()).collect();
    let has = |wanted: &str| types.contains(&wanted);
    match () {
        () if has("application/pdf") => Ok(Wanted::Pdf),
        () if has("application/xml") => Ok(Wanted::Xml),
        () if has("*/*") => Ok(Wanted::Any),
        () => Err(Refusal::regular(406, "Acceptable representations: [application/pdf, application/xml]")),
    }
}

fn file(rendered: Rendered, disposition: &str) -> Answer {
    let headers = vec![("content-disposition", format!("{disposition}; filename={};", rendered.name))];
    Answer { status: 200, headers, content: Content::Bytes(rendered.media_type, rendered.bytes) }
}

/// A file for bookkeeping: makes a voucher that is `unchecked`. The same bytes again give the same pair of ids.
pub(super) fn upload(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let refuse = |status, key, source: &str| Refusal::Legacy { status, key, source: source.to_owned() };
    let parts = multipart(call.asked.header("content-type"), &call.asked.body);
    if !parts.iter().any(|part| part.field == "type") {
        return Err(refuse(400, "bad_request_error", "type"));
    }
    let part = parts.iter().find(|part| part.field == "file").ok_or_else(|| refuse(500, "technical_error", "file"))?;
    let extension = part.file_name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if !EXTENSIONS.contains(&extension.as_str()) || part.bytes.len() > UPLOAD_MAX {
        return Err(refuse(406, "inacceptable_file_extension", "file"));
    }
    let same = |file: &&File| matches!(&file.content, FileContent::Uploaded { bytes, .. } if *bytes == part.bytes);
    let known = call.organization.files.values().find(same).map(|file| (file.id, file.voucher));
    let (id, voucher) = known.unwrap_or_else(|| keep_upload(call, part));
    let body = json!({"id": id, "voucherId": voucher});
    Ok(Answer { status: 202, headers: vec![("location", format!("/v1/files/{id}"))], content: Content::Json(body) })
}

fn keep_upload(call: &mut Call<'_>, part: &Part<'_>) -> (Id, Option<Id>) {
    let id = Id::new(call.dice);
    let voucher = unchecked(Id::new(call.dice), call.organization.next_number("B"), id, call.now);
    let voucher = call.organization.add_voucher(voucher, call.now);
    let content =
        FileContent::Uploaded { name: part.file_name.to_owned(), media_type: part.media_type.to_owned(), bytes: part.bytes.to_vec() };
    call.organization.files.insert(id, File { id, voucher: Some(voucher), content });
    (id, Some(voucher))
}

/// What is known of a voucher of which there is only a picture.
fn unchecked(id: Id, number: String, file: Id, now: i64) -> Voucher {
    Voucher {
        id,
        kind: Kind::PurchaseInvoice,
        status: Status::Unchecked,
        number,
        due: None,
        created: now,
        updated: now,
        version: 1,
        archived: false,
        document: Document::empty(day(now)),
        gross: 0,
        tax: 0,
        claimed: None,
        condition: None,
        payments: Vec::new(),
        related: Vec::new(),
        e_document: EDocument::None,
        files: vec![file],
    }
}

struct Part<'b> {
    field: &'b str,
    file_name: &'b str,
    media_type: &'b str,
    bytes: &'b [u8],
}

fn multipart<'b>(content_type: Option<&str>, body: &'b [u8]) -> Vec<Part<'b>> {
    let boundary = content_type.and_then(|value| value.split("boundary=").nth(1)).map(|value| value.split(';').next().unwrap_or_default());
    let Some(boundary) = boundary else { return Vec::new() };
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let starts: Vec<usize> =
        body.windows(delimiter.len()).enumerate().filter(|(_, w)| *w == delimiter.as_bytes()).map(|(at, _)| at).collect();
    starts.windows(2).filter_map(|pair| part(body.get(pair[0] + delimiter.len()..pair[1])?)).collect()
}

fn part(text: &[u8]) -> Option<Part<'_>> {
    let end_of_head = text.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&text[..end_of_head]).ok()?;
    let bytes = text[end_of_head + 4..].strip_suffix(b"\r\n")?;
    let value = |name: &str| {
        let after = head.split(&format!(" {name}=\"")).nth(1)?;
        after.split('"').next()
    };
    let media_type = head.lines().find_map(|line| line.to_ascii_lowercase().starts_with("content-type:").then(|| line[13..].trim()));
    Some(Part {
        field: value("name")?,
        file_name: value("filename").unwrap_or_default(),
        media_type: media_type.unwrap_or("application/octet-stream"),
        bytes,
    })
}
