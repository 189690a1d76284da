//! An accounting system in memory, behind the port: does what the test says, counts what it is asked, fails when told to.

use chrono::NaiveDate;
use futures::future::BoxFuture;
use mahnwerk::domain::chain::Hash;
use mahnwerk::domain::money::Currency;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::engine::clock::{Clock, VirtualClock};
use mahnwerk::engine::source::ports::{
    Bounds, Claim, ClaimKey, ClaimKind, ClaimRow, ClaimStatus, Contact, ContactEmail, Days, EmailKind, Filter, Hooks, Identity, ItemKind,
    Page, Payment, PaymentItem, PaymentTerm, PostalAddress, Source, SourceError,
};
use mahnwerk::store::documents::Document;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// A claim as the fake keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Booked {
    pub(crate) kind: ClaimKind,
    pub(crate) status: ClaimStatus,
    pub(crate) amount_minor: i64,
    pub(crate) items: Vec<PaymentItem>,
    pub(crate) date: NaiveDate,
    pub(crate) due_date: NaiveDate,
    pub(crate) contact: Option<String>,
    pub(crate) term: Option<PaymentTerm>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

impl Booked {
    fn open_minor(&self) -> i64 {
        let off: i64 = self.items.iter().filter(|item| item.kind != ItemKind::Beside).map(|item| item.amount_minor).sum();
        if self.status == ClaimStatus::Voided { 0 } else { self.amount_minor - off }
    }
}

/// What happens right before or after a call.
type Deed = Box<dyn FnOnce(&mut Books) + Send>;

/// All that it knows.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) claims: BTreeMap<String, Booked>,
    pub(crate) contacts: BTreeMap<String, Contact>,
    pub(crate) organisation: String,
    pub(crate) key: u8,
    /// Every call fails so.
    pub(crate) failing: Option<SourceError>,
    /// Calls about this claim fail so.
    pub(crate) failing_claim: Option<(String, SourceError)>,
    /// What it was asked: `page 0`, `payment R1`.
    pub(crate) calls: Vec<String>,
    /// What happens once so many calls were made, before the answer is made up.
    pub(crate) deeds: BTreeMap<usize, Deed>,
    /// The call that is never answered: its process dies.
    pub(crate) dies_at: Option<usize>,
    /// It tells by itself.
    pub(crate) tells: bool,
    pub(crate) page_rows: usize,
    pub(crate) window_rows: u64,
    now_ms: i64,
}

impl Books {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms)
    }

    /// A claim is changed now.
    pub(crate) fn change(&mut self, id: &str, how: impl FnOnce(&mut Booked)) {
        let now = self.now();
        let claim = self.claims.get_mut(id).expect("a claim");
        how(claim);
        claim.updated = now;
        if matches!(claim.status, ClaimStatus::Open | ClaimStatus::Paid) {
            claim.status = if claim.open_minor() <= 0 { ClaimStatus::Paid } else { ClaimStatus::Open };
        }
    }

    /// A posting on a claim, today.
    pub(crate) fn post(&mut self, id: &str, kind: ItemKind, amount_minor: i64) {
        let on = self.now().date_in(chrono_tz::Europe::Berlin);
        self.change(id, |claim| claim.items.push(PaymentItem { kind, amount_minor, on }));
    }

    pub(crate) fn pay(&mut self, id: &str, amount_minor: i64) {
        self.post(id, ItemKind::Payment, amount_minor);
    }
}

pub(crate) struct Fake {
    clock: Arc<VirtualClock>,
    books: Mutex<Books>,
    pub(crate) death: tokio::sync::Notify,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

pub(crate) fn contact(id: &str) -> Contact {
    let email = |kind, address: &str| ContactEmail { kind, address: address.to_owned() };
    Contact {
        id: id.to_owned(),
        number: Some(format!("1{id}")),
        name: format!("Kunde {id} GmbH"),
        is_business: Some(true),
        addresses: vec![PostalAddress {
            street: "Am Markt 3".to_owned(),
            postcode: "50667".to_owned(),
            city: "Köln".to_owned(),
            country: "DE".to_owned(),
            ..PostalAddress::default()
        }],
        emails: vec![
            email(EmailKind::Private, &format!("privat-{id}@kunde.example")),
            email(EmailKind::Business, &format!("{id}@kunde.example").to_lowercase()),
        ],
        archived: false,
    }
}

impl Fake {
    pub(crate) fn new(clock: &Arc<VirtualClock>) -> Arc<Self> {
        let organisation = "org-1".to_owned();
        let books = Books { organisation, page_rows: 3, window_rows: 1000, now_ms: clock.now().0, ..Books::default() };
        Arc::new(Self { clock: clock.clone(), books: Mutex::new(books), death: tokio::sync::Notify::new() })
    }

    /// Looks into its books, or changes them, now.
    pub(crate) fn with<T>(&self, deed: impl FnOnce(&mut Books) -> T) -> T {
        let mut books = self.books.lock().unwrap();
        books.now_ms = self.clock.now().0;
        deed(&mut books)
    }

    /// Writes an invoice over 100.00 EUR to a contact, which it makes if it is new.
    pub(crate) fn bill(&self, id: &str, to: &str, due: &str) {
        let due_date: NaiveDate = due.parse().expect("YYYY-MM-DD");
        self.with(|books| {
            books.contacts.entry(to.to_owned()).or_insert_with(|| contact(to));
            let now = books.now();
            let claim = Booked {
                kind: ClaimKind::Invoice,
                status: ClaimStatus::Open,
                amount_minor: 10_000,
                items: Vec::new(),
                date: due_date - chrono::Days::new(14),
                due_date,
                contact: Some(to.to_owned()),
                term: None,
                created: now,
                updated: now,
            };
            books.claims.insert(id.to_owned(), claim);
        });
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.with(|books| books.calls.clone())
    }

    /// What it was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.with(|books| std::mem::take(&mut books.calls))
    }

    pub(crate) async fn called(&self, what: String, claim: Option<&str>) -> Result<(), SourceError> {
        let (failure, dies) = self.with(|books| {
            let number = books.calls.len();
            books.calls.push(what);
            let dies = books.dies_at == Some(number);
            if dies {
                books.dies_at = None;
            }
            if let Some(deed) = books.deeds.remove(&number) {
                deed(books);
            }
            let of_claim = books.failing_claim.as_ref().filter(|(id, _)| Some(id.as_str()) == claim).map(|(_, error)| error.clone());
            (books.failing.clone().or(of_claim), dies)
        });
        if dies {
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
        failure.map_or(Ok(()), Err)
    }

    fn find(&self, key: &ClaimKey) -> Result<Booked, SourceError> {
        let claim = self.with(|books| books.claims.get(&key.id).cloned());
        claim.filter(|claim| claim.kind == key.kind).ok_or_else(|| SourceError::NotFound { what: format!("claim {}", key.id) })
    }
}

fn within(days: Days, at: Timestamp) -> bool {
    let day = at.date_in(chrono_tz::Europe::Berlin);
    days.from.is_none_or(|from| day >= from) && days.to.is_none_or(|to| day <= to)
}

fn is_listed(filter: &Filter, claim: &Booked) -> bool {
    let status = filter.statuses.is_empty() || filter.statuses.contains(&claim.status);
    status && filter.kinds.contains(&claim.kind) && within(filter.created, claim.created) && within(filter.updated, claim.updated)
}

fn row(id: &str, claim: &Booked) -> ClaimRow {
    ClaimRow {
        id: id.to_owned(),
        kind: claim.kind.clone(),
        status: claim.status.clone(),
        number: id.to_owned(),
        currency: Currency::EUR,
        total_minor: Some(claim.amount_minor),
        open_minor: (claim.status != ClaimStatus::Draft).then(|| claim.open_minor()),
        date: Some(claim.date),
        due_date: Some(claim.due_date),
        contact: claim.contact.clone(),
        contact_name: claim.contact.clone().unwrap_or_else(|| "Sammelkunde".to_owned()),
        created: claim.created,
        updated: claim.updated,
        archived: false,
    }
}

impl Source for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn describe(&self) -> String {
        "a fake in memory".to_owned()
    }

    fn key_hash(&self) -> Hash {
        self.with(|books| [books.key; 32])
    }

    fn bounds(&self) -> Bounds {
        self.with(|books| Bounds { page_rows: books.page_rows, window_rows: books.window_rows })
    }

    fn identity(&self) -> BoxFuture<'_, Result<Identity, SourceError>> {
        Box::pin(async {
            self.called("identity".to_owned(), None).await?;
            Ok(Identity { organisation: self.with(|books| books.organisation.clone()), name: "Muster GmbH".to_owned() })
        })
    }

    fn page<'a>(&'a self, filter: &'a Filter, page: u32) -> BoxFuture<'a, Result<Page, SourceError>> {
        Box::pin(async move {
            let what = if filter.statuses.is_empty() { "changes" } else { "open" };
            self.called(format!("{what} {page}"), None).await?;
            Ok(self.with(|books| {
                let mut rows: Vec<_> =
                    books.claims.iter().filter(|(_, claim)| is_listed(filter, claim)).map(|(id, claim)| row(id, claim)).collect();
                rows.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
                let total = (rows.len() as u64).min(books.window_rows);
                let start = page as usize * books.page_rows;
                assert!((start as u64) < books.window_rows, "a page beyond the window was asked for");
                let end = (start + books.page_rows).min(rows.len());
                let rows: Vec<_> = rows.drain(start.min(end)..end).collect();
                Page { last: end as u64 >= total, rows, total }
            }))
        })
    }

    fn claim<'a>(&'a self, key: &'a ClaimKey) -> BoxFuture<'a, Result<Claim, SourceError>> {
        Box::pin(async move {
            self.called(format!("claim {}", key.id), Some(&key.id)).await?;
            let claim = self.find(key)?;
            Ok(Claim {
                key: key.clone(),
                status: claim.status,
                number: key.id.clone(),
                currency: Currency::EUR,
                amount_minor: claim.amount_minor,
                date: claim.date,
                due_date: Some(claim.due_date),
                contact: claim.contact,
                address: None,
                language: "de".to_owned(),
                term: claim.term,
                has_document: true,
                updated: claim.updated,
                archived: false,
            })
        })
    }

    fn contact<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Contact, SourceError>> {
        Box::pin(async move {
            self.called(format!("contact {id}"), None).await?;
            let contact = self.with(|books| books.contacts.get(id).cloned());
            contact.ok_or_else(|| SourceError::NotFound { what: format!("contact {id}") })
        })
    }

    fn payment<'a>(&'a self, key: &'a ClaimKey) -> BoxFuture<'a, Result<Payment, SourceError>> {
        Box::pin(async move {
            self.called(format!("payment {}", key.id), Some(&key.id)).await?;
            let claim = self.find(key)?;
            Ok(Payment { status: claim.status.clone(), currency: Currency::EUR, open_minor: claim.open_minor(), items: claim.items })
        })
    }

    fn hooks(&self) -> Option<&dyn Hooks> {
        self.with(|books| books.tells).then_some(self)
    }

    fn document<'a>(&'a self, key: &'a ClaimKey) -> BoxFuture<'a, Result<Document, SourceError>> {
        Box::pin(async move {
            self.called(format!("document {}", key.id), Some(&key.id)).await?;
            self.find(key)?;
            Ok(Document { media_type: "application/pdf".to_owned(), bytes: format!("%PDF {}", key.id).into_bytes() })
        })
    }
}
