//! A test of a text, to whoever asks for it: through the installation's general sender, or over the real path.

use super::page::{Held, Named, Path3, page};
use super::preview::Look;
use super::words::TextWords;
use super::{example, told};
use crate::adapters::outside::Trial;
use crate::adapters::texts::TextSets;
use crate::assembly;
use crate::domain::notice::{Notice, Recipient};
use crate::domain::tenant::MailIdentity;
use crate::domain::time::Timestamp;
use crate::engine::ports::{Mailer, Outcome};
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::seat::Seat;
use axum::extract::{Form, Path, State};
use axum::response::Html;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Tests that a person may send in [`SPAN_MS`].
const MOST: usize = 10;
const SPAN_MS: i64 = 3_600_000;
/// A server that takes longer is told of as silent; the mail may still arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// When people sent tests lately. In memory: a restart forgets it.
#[derive(Debug, Default)]
pub(in crate::web::site) struct Budget(Mutex<BTreeMap<String, Vec<Timestamp>>>);

impl Budget {
    fn take(&self, person: &str, now: Timestamp) -> bool {
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sent.retain(|_, times| {
            times.retain(|at| now.0 - at.0 < SPAN_MS);
            !times.is_empty()
        });
        let own = sent.entry(person.to_owned()).or_default();
        let may = own.len() < MOST;
        if may {
            own.push(now);
        }
        may
    }
}

/// How a test ended.
pub(super) struct Tested {
    pub(super) is_sent: bool,
    pub(super) answer: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// `real`, else plain.
    way: String,
    example: String,
    show: String,
    customer: String,
}

pub(super) async fn send(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Path(path): Path<Path3>,
    Form(wanted): Form<Wanted>,
) -> Result<Html<String>, PageError> {
    let named = Named::of(&seat, &path)?;
    let held = Held::of(&site, &seat, &named).await?;
    let look = Look { example: wanted.example, show: wanted.show, customer: wanted.customer };
    let texts = match TextSets::alone(&held.shown) {
        Ok(texts) => Arc::new(texts),
        Err(problems) => {
            let told = told::mistakes(seat.language(), &problems.iter().collect::<Vec<_>>(), "");
            let answer = told.into_iter().map(|mistake| format!("{} {}", mistake.name, mistake.message)).collect::<Vec<_>>().join(" ");
            return page(&site, &seat, &path, look, Some(Tested { is_sent: false, answer })).await;
        }
    };
    if !site.tests.take(&seat.viewer.email, site.engine.clock.now()) {
        return Err(PageError::Invalid(TextWords::of(seat.language()).test_enough.to_owned()));
    }
    let trial = addressed(example::trial(&site, &seat, &held.shown, &look).await?, &seat);
    let (trial, way) = if wanted.way == "real" {
        (example::with_documents(&site, &seat, trial, &look).await?, site.tenancy.outside.mailer(seat.id()))
    } else {
        plain(&site, trial)
    };
    let tested = match way {
        Ok(way) => leave(&site, texts, &trial, way.as_ref()).await,
        Err(answer) => Tested { is_sent: false, answer },
    };
    let kind = if wanted.way == "real" { "real" } else { "plain" };
    let noted = format!("{kind}: {}", tested.answer);
    site.engine.note_test_mail(&seat.viewer.actor(), seat.id(), &named.name, &noted).await?;
    page(&site, &seat, &path, look, Some(tested)).await
}

/// To whoever asks, marked as a test, with copies to nobody.
fn addressed(trial: Trial, seat: &Seat) -> Trial {
    let recipient = Recipient { email: seat.viewer.email.clone(), ..trial.notice.recipient };
    let identity = MailIdentity { cc: Vec::new(), bcc: Vec::new(), ..trial.identity };
    Trial { notice: Notice { test: true, recipient, ..trial.notice }, identity, ..trial }
}

/// Without the tenant's own server and sender, and without an attachment.
fn plain(site: &Site, trial: Trial) -> (Trial, Result<Arc<dyn Mailer>, String>) {
    let config = &site.tenancy.config;
    let from = if config.mail.from.is_empty() { "noreply@mahnwerk.invalid".to_owned() } else { config.mail.from.clone() };
    let from_name = if config.mail.from_name.is_empty() { "Mahnwerk".to_owned() } else { config.mail.from_name.clone() };
    let identity = MailIdentity { from, from_name, ..MailIdentity::default() };
    let way = assembly::mailer(&config.smtp, &config.mail).map_err(|error| format!("{error:#}"));
    (Trial { identity, attach_letter: false, ..trial }, way)
}

async fn leave(site: &Site, texts: Arc<TextSets>, trial: &Trial, way: &dyn Mailer) -> Tested {
    let (envelope, message) = match site.tenancy.outside.try_mail(texts, trial).await {
        Ok(made) => made,
        Err(answer) => return Tested { is_sent: false, answer },
    };
    let name = format!("test-{}", trial.notice.id);
    match tokio::time::timeout(PATIENCE, way.send(&name, &envelope, &message.bytes)).await {
        Ok(Outcome::Done { reply }) => Tested { is_sent: true, answer: reply },
        Ok(Outcome::Retry { reason, .. } | Outcome::Failed { reason } | Outcome::Unknown { reason }) => {
            Tested { is_sent: false, answer: reason }
        }
        Err(_) => Tested { is_sent: false, answer: format!("{} has not answered for {} seconds", way.describe(), PATIENCE.as_secs()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sends_more_than_ten_tests_an_hour() {
        let budget = Budget::default();
        let taken = (0..12).filter(|_| budget.take("anna", Timestamp(0))).count();
        assert_eq!(taken, MOST);
        assert!(
            budget.take("berta", Timestamp(0)) && !budget.take("anna", Timestamp(SPAN_MS - 1)) && budget.take("anna", Timestamp(SPAN_MS))
        );
    }
}
