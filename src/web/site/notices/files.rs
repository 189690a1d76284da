//! The mail and the letter of a notice, byte for byte as they were sent.

use crate::domain::chain::Hash;
use crate::store::documents::Document;
use crate::store::views::NoticeView;
use crate::web::mails;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

/// A document of a notice; `None` if it has none yet.
pub(super) async fn document(site: &Site, seat: &Seat, hash: Option<&[u8]>) -> Result<Option<Document>, PageError> {
    let Some(hash) = hash.and_then(|bytes| Hash::try_from(bytes).ok()) else { return Ok(None) };
    Ok(site.engine.store.document(seat.id(), &hash).await?)
}

async fn one(site: &Site, seat: &Seat, id: &str, pick: impl Fn(&NoticeView) -> Option<&Vec<u8>>) -> Result<Vec<u8>, PageError> {
    let (notice, _) = site.engine.store.notice(seat.id(), id).await?.ok_or(PageError::NotFound)?;
    let found = document(site, seat, pick(&notice).map(Vec::as_slice)).await?;
    Ok(found.ok_or(PageError::NotFound)?.bytes)
}

/// The mail's own HTML, for the frame on the notice's page.
pub(super) async fn mail(State(site): State<Arc<Site>>, seat: Seat, Path((_, id)): Path<(String, String)>) -> Result<Response, PageError> {
    let bytes = one(&site, &seat, &id, |notice| notice.mail_hash.as_ref()).await?;
    mails::framed(&bytes).ok_or(PageError::NotFound)
}

pub(super) async fn source(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let bytes = one(&site, &seat, &id, |notice| notice.mail_hash.as_ref()).await?;
    Ok(mails::mail_source(&format!("{id}.eml"), bytes))
}

pub(super) async fn attachment(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, id, index)): Path<(String, String, u32)>,
) -> Result<Response, PageError> {
    let bytes = one(&site, &seat, &id, |notice| notice.mail_hash.as_ref()).await?;
    let (name, bytes) = mails::attachment(&bytes, index).ok_or(PageError::NotFound)?;
    Ok(mails::download(&name, bytes))
}

pub(super) async fn letter(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let bytes = one(&site, &seat, &id, |notice| notice.letter_hash.as_ref()).await?;
    Ok(mails::pdf(&format!("{id}.pdf"), bytes))
}
