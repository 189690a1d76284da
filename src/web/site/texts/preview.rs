//! What a text looks like: its mistakes, and mail and letter by the code that makes notices.

use super::example;
use super::page::{Held, Named, Path3};
use super::told::{Mistake, mistakes};
use super::words::TextWords;
use crate::adapters::outside::Trial;
use crate::adapters::texts::TextSets;
use crate::web::mails;
use crate::web::site::Site;
use crate::web::site::entry::query_value;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// What is looked at, and how.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    pub(super) example: String,
    /// `letter`, else the mail.
    pub(super) show: String,
    /// The number of a customer in place of the invented one.
    pub(super) customer: String,
}

/// What `texts/preview.html` and `texts/mistakes.html` need.
pub(super) struct Preview {
    pub(super) words: &'static TextWords,
    pub(super) of_subject: Vec<Mistake>,
    pub(super) of_body: Vec<Mistake>,
    /// The subject as it would be; none while there are mistakes.
    pub(super) subject: Option<String>,
    /// Why mail or letter can't be made.
    pub(super) trouble: Option<String>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) is_letter: bool,
    pub(super) mail_href: String,
    pub(super) letter_href: String,
}

impl Look {
    fn query(&self) -> String {
        let show = if self.is_letter() { "letter" } else { "mail" };
        let customer = if self.customer.is_empty() { String::new() } else { format!("&customer={}", query_value(&self.customer)) };
        format!("example={}&show={show}{customer}", query_value(example::known(&self.example)))
    }

    pub(super) fn is_letter(&self) -> bool {
        self.show == "letter"
    }

    /// The address of a text's page that is looked at so.
    pub(super) fn at(&self, base: &str) -> String {
        format!("{base}?{}", self.query())
    }
}

impl Preview {
    pub(super) async fn of(site: &Site, seat: &Seat, named: &Named, held: &Held, look: &Look) -> Result<Self, PageError> {
        let (language, words, own) = (seat.language(), TextWords::of(seat.language()), &held.shown);
        let is_empty = own.subject.trim().is_empty() && own.body.trim().is_empty();
        let texts = TextSets::alone(own);
        let trial = example::trial(site, seat, own, look).await?;
        let stamp = held.draft.as_ref().map_or(0, |draft| draft.changed_at.0);
        let query = format!("{}&at={stamp}", look.query());
        let mut preview = Self {
            words,
            of_subject: Vec::new(),
            of_body: Vec::new(),
            subject: None,
            trouble: None,
            from: trial.identity.from.clone(),
            to: trial.notice.recipient.email.clone(),
            is_letter: look.is_letter(),
            mail_href: format!("{}/mail?{query}", named.base),
            letter_href: format!("{}/letter.pdf?{query}", named.base),
        };
        if !look.customer.trim().is_empty() && example::customer(site, seat, &look.customer).await?.is_none() {
            preview.trouble = Some(words.no_customer.to_owned());
        }
        match texts {
            Ok(texts) => match texts.render(&trial.notice) {
                Ok(text) => preview.subject = Some(text.subject),
                Err(error) => preview.trouble = Some(error.to_string()),
            },
            // Who has not begun yet has made no mistake.
            Err(_) if is_empty => {}
            Err(problems) => {
                let (of_subject, of_body): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.is_of_subject());
                preview.of_subject = mistakes(language, &of_subject, &own.subject);
                preview.of_body = mistakes(language, &of_body, &own.body);
            }
        }
        Ok(preview)
    }
}

/// The text of this name as its author sees it, ready to be tried.
async fn ready(site: &Site, seat: &Seat, path: &Path3, look: &Look) -> Result<(Arc<TextSets>, Trial), PageError> {
    let named = Named::of(seat, path)?;
    let held = Held::of(site, seat, &named).await?;
    let texts = TextSets::alone(&held.shown).map_err(|_| PageError::NotFound)?;
    let trial = example::trial(site, seat, &held.shown, look).await?;
    Ok((Arc::new(texts), trial))
}

/// The mail's own HTML, for the frame on the page.
pub(super) async fn mail(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Query(look): Query<Look>,
) -> Result<Response, PageError> {
    let (texts, trial) = ready(&site, &seat, &path, &look).await?;
    let trial = Trial { attach_letter: false, ..trial };
    let (_, message) = site.tenancy.outside.try_mail(texts, &trial).await.map_err(PageError::Invalid)?;
    mails::framed(&message.bytes).ok_or(PageError::NotFound)
}

pub(super) async fn letter(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Query(look): Query<Look>,
) -> Result<Response, PageError> {
    let (texts, trial) = ready(&site, &seat, &path, &look).await?;
    let letter = site.tenancy.outside.try_letter(texts, &trial).await.map_err(PageError::Invalid)?;
    Ok(mails::framed_pdf(&format!("{}-{}.pdf", path.1, path.2), letter.bytes))
}
