//! Letterhead and logo: uploaded into the ledger, named by the draft.

use super::draft::keep_text;
use super::fields::{Field, Shape};
use super::form;
use super::standing::Standing;
use super::words::SettingsWords;
use crate::adapters::letters::check_picture;
use crate::config::document_name;
use crate::domain::chain::{hex, parse_hex};
use crate::store::documents::Document;
use crate::web::mails;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::multipart::Multipart;
use axum::extract::{Form, Path, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;
use toml::Value;

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    field: String,
}

fn picture_field(path: &str) -> Result<&'static Field, PageError> {
    Field::of(path).filter(|field| field.shape == Shape::Picture).ok_or(PageError::NotFound)
}

/// The session's token is in the address, since the body is no simple form.
pub(super) async fn upload(State(site): State<Arc<Site>>, seat: Seat, mut body: Multipart) -> Result<Redirect, PageError> {
    let (mut path, mut bytes) = (String::new(), Vec::new());
    while let Some(part) = body.next_field().await.map_err(|_| PageError::TooLarge)? {
        match part.name() {
            Some("field") => path = part.text().await.map_err(|_| PageError::NotFound)?,
            Some("file") => bytes = part.bytes().await.map_err(|_| PageError::TooLarge)?.to_vec(),
            _ => {}
        }
    }
    let field = picture_field(&path)?;
    let refused = |why: String| PageError::Invalid(format!("{} {why}", SettingsWords::of(seat.language()).upload_wrong));
    let (media_type, ending) = check_picture(&bytes).map_err(refused)?;
    let hash = site.engine.keep_file(seat.id(), Document { media_type: media_type.to_owned(), bytes }).await?;
    set(&site, &seat, field, Some(document_name(&hex(&hash), ending))).await
}

pub(super) async fn remove(State(site): State<Arc<Site>>, seat: Seat, Form(named): Form<Named>) -> Result<Redirect, PageError> {
    set(&site, &seat, picture_field(&named.field)?, None).await
}

/// Lets the draft name a picture. One of the file's is not taken away but named as none.
async fn set(site: &Site, seat: &Seat, field: &Field, name: Option<String>) -> Result<Redirect, PageError> {
    let standing = Standing::read(site, seat).await?;
    let mut text = standing.text_table();
    complete_table(&mut text, &standing, field);
    form::put(&mut text, field.path, Value::from(name.unwrap_or_default()));
    keep_text(site, seat, &standing, &text).await?;
    Ok(Redirect::to(&seat.href(&format!("{}?done=draft-saved", field.section.address()))))
}

/// A table of one's own replaces the file's whole: it begins with what holds there.
fn complete_table(text: &mut toml::Table, standing: &Standing, field: &Field) {
    let Some(table) = field.table().filter(|table| !text.contains_key(*table)) else { return };
    for other in field.section.fields().filter(|other| other.table() == Some(table) && other.shape != Shape::Picture) {
        if let Some(value) = crate::config::value_at(&standing.drafted, other.path) {
            form::put(text, other.path, value.clone());
        }
    }
}

/// Never shown as part of a page: an SVG is a document of its own, with scripts if it likes.
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path((_, hash)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let hash = parse_hex(&hash).ok_or(PageError::NotFound)?;
    let found = site.engine.store.document(seat.id(), &hash).await?.ok_or(PageError::NotFound)?;
    let ending = match found.media_type.as_str() {
        "image/svg+xml" => "svg",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => return Err(PageError::NotFound),
    };
    Ok(mails::download(&format!("{}.{ending}", &hex(&hash)[..8]), found.bytes))
}
