//! One organisation's account, as the engine asks it.

use super::super::calls::voucherlist::PAGE_SIZE;
use super::super::client::LexofficeClient;
use super::super::webhook::WebhookKey;
use super::claims;
use super::contacts;
use super::documents;
use super::errors::{SourceAnswer, id};
use super::payments;
use super::terms::Terms;
use crate::domain::chain::Hash;
use crate::engine::source::ports::{Bounds, Claim, ClaimKey, Contact, Filter, Hooks, Identity, Page, Payment, Source, SourceError};
use crate::store::documents::Document;
use futures::FutureExt;
use futures::future::BoxFuture;

/// The vendor pages through no more, however many there are.
const WINDOW_ROWS: u64 = 10_000;

/// A [`Source`] over lexoffice.
#[derive(Debug)]
pub struct LexofficeSource {
    client: LexofficeClient,
    terms: Terms,
    webhook_key: WebhookKey,
}

impl LexofficeSource {
    #[must_use]
    pub fn new(client: LexofficeClient) -> Self {
        Self { client, terms: Terms::default(), webhook_key: WebhookKey::default() }
    }

    /// Believes calls that are signed by this key's owner, instead of the vendor's.
    #[must_use]
    pub fn with_webhook_key(self, webhook_key: WebhookKey) -> Self {
        Self { webhook_key, ..self }
    }

    pub(super) fn webhook_key(&self) -> &WebhookKey {
        &self.webhook_key
    }

    /// For what only lexoffice can do: dunnings, subscriptions.
    #[must_use]
    pub fn client(&self) -> &LexofficeClient {
        &self.client
    }

    async fn whose(&self) -> Result<Identity, SourceError> {
        // Whoever asks this begins anew, so the terms may have changed as well.
        self.terms.forget();
        let profile = self.client.profile().await.answer()?;
        Ok(Identity { organisation: profile.organization_id, name: profile.company_name.unwrap_or_default() })
    }
}

impl Source for LexofficeSource {
    fn name(&self) -> &'static str {
        "lexoffice"
    }

    fn describe(&self) -> String {
        format!("lexoffice {}", self.client.base_url())
    }

    fn key_hash(&self) -> Hash {
        self.client.key().hash()
    }

    fn bounds(&self) -> Bounds {
        Bounds { page_rows: usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX), window_rows: WINDOW_ROWS }
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, SourceError>> {
        self.whose().boxed()
    }

    fn page<'a>(&'a self, filter: &'a Filter, page: u32) -> BoxFuture<'a, Result<Page, SourceError>> {
        claims::page(&self.client, filter, page).boxed()
    }

    fn claim<'a>(&'a self, claim: &'a ClaimKey) -> BoxFuture<'a, Result<Claim, SourceError>> {
        claims::claim(&self.client, &self.terms, claim).boxed()
    }

    fn contact<'a>(&'a self, contact: &'a str) -> BoxFuture<'a, Result<Contact, SourceError>> {
        async move { Ok(contacts::contact(self.client.contact(&id(contact)?).await.answer()?)) }.boxed()
    }

    fn payment<'a>(&'a self, claim: &'a ClaimKey) -> BoxFuture<'a, Result<Payment, SourceError>> {
        payments::payment(&self.client, claim).boxed()
    }

    fn document<'a>(&'a self, claim: &'a ClaimKey) -> BoxFuture<'a, Result<Document, SourceError>> {
        documents::document(&self.client, claim).boxed()
    }

    fn hooks(&self) -> Option<&dyn Hooks> {
        Some(self)
    }
}
