//! The page of a tenant's people, and of all people.

use super::words::{PeopleWords, role_word};
use crate::domain::account::{Right, Role};
use crate::domain::ids::TenantId;
use crate::engine::accounts::Viewer;
use crate::store::accounts::{EVERY_TENANT, Membership};
use crate::web::language::Language;
use crate::web::site::Site;
use crate::web::site::error::PageError;
use crate::web::site::frame::{Frame, render};
use crate::web::site::seat::{Hall, Seat, SignedInViewer};
use askama::Template;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use serde::Deserialize;
use std::sync::Arc;

/// Whose people these are.
struct Scope {
    tenant: TenantId,
    frame: Frame,
    /// The address of the page.
    base: String,
    viewer: Viewer,
    language: Language,
}

struct Person {
    id: String,
    name: String,
    email: String,
    role: Option<Role>,
    /// What he is here by what he is everywhere.
    inherited: Option<&'static str>,
    has_factor: bool,
    is_out: bool,
}

#[derive(Template)]
#[template(path = "people/people.html")]
struct PeoplePage {
    words: &'static PeopleWords,
    frame: Frame,
    base: String,
    lead: &'static str,
    people: Vec<Person>,
    /// Word and value of each role.
    roles: Vec<(Role, &'static str)>,
    /// All accounts are shown, and may be shut out.
    all: bool,
    to_all: bool,
    /// For whom a link was made, and the link.
    link: Option<(String, String)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Invitee {
    email: String,
    role: Role,
}

#[derive(Debug, Deserialize)]
pub(super) struct Grant {
    account: String,
    role: Role,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    account: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Addressed {
    email: String,
}

impl Scope {
    fn here(seat: &Seat) -> Self {
        let title = PeopleWords::of(seat.language()).title;
        let (frame, base, viewer) = (seat.frame("people", title), seat.href("/people"), seat.viewer.clone());
        Self { tenant: seat.id(), frame, base, viewer, language: seat.language() }
    }

    fn everywhere(hall: &Hall, viewer: Viewer) -> Self {
        let frame = hall.frame(PeopleWords::of(hall.language).title);
        Self { tenant: EVERY_TENANT, frame, base: "/people".to_owned(), viewer, language: hall.language }
    }

    async fn page(self, site: &Site, link: Option<(String, String)>) -> Result<Html<String>, PageError> {
        let (words, all) = (PeopleWords::of(self.language), self.tenant == EVERY_TENANT);
        let of = |own: &[Membership], tenant| own.iter().find(|membership| membership.tenant == tenant).map(|membership| membership.role);
        let accounts = site.engine.store.accounts().await?.into_iter().map(|(account, own)| Person {
            id: account.id,
            name: account.name,
            email: account.email,
            role: of(&own, self.tenant),
            inherited: of(&own, EVERY_TENANT).filter(|_| !all).map(|role| role_word(self.language, role)),
            has_factor: account.totp_secret.is_some(),
            is_out: account.disabled_at.is_some(),
        });
        let people = accounts.filter(|person| all || person.role.is_some() || person.inherited.is_some()).collect();
        let page = PeoplePage {
            words,
            frame: self.frame,
            base: self.base,
            lead: if all { words.lead_everywhere } else { words.lead_here },
            people,
            roles: Role::ALL.into_iter().map(|role| (role, role_word(self.language, role))).collect(),
            all,
            to_all: !all && self.viewer.may_everywhere(Right::Own),
            link,
        };
        render(&page)
    }

    async fn invite(self, site: &Site, invitee: Invitee) -> Result<Html<String>, PageError> {
        let membership = Membership { tenant: self.tenant, role: invitee.role };
        let token = site.engine.invite(&self.viewer.actor(), &invitee.email, membership).await?;
        let link = site.welcome_link(&token);
        self.page(site, Some((invitee.email, link))).await
    }

    async fn grant(self, site: &Site, grant: Grant) -> Result<Redirect, PageError> {
        let membership = Membership { tenant: self.tenant, role: grant.role };
        site.engine.grant_role(&self.viewer.actor(), &grant.account, membership).await?;
        Ok(Redirect::to(&format!("{}?done=granted", self.base)))
    }

    async fn revoke(self, site: &Site, named: Named) -> Result<Redirect, PageError> {
        site.engine.revoke_role(&self.viewer.actor(), &named.account, self.tenant).await?;
        Ok(Redirect::to(&format!("{}?done=revoked", self.base)))
    }
}

pub(super) async fn here(State(site): State<Arc<Site>>, seat: Seat) -> Result<Html<String>, PageError> {
    Scope::here(&seat).page(&site, None).await
}

pub(super) async fn invite_here(
    State(site): State<Arc<Site>>,
    seat: Seat,
    Form(invitee): Form<Invitee>,
) -> Result<Html<String>, PageError> {
    Scope::here(&seat).invite(&site, invitee).await
}

/// Only of those who are somebody here: others are invited, so that nobody learns which accounts there are.
pub(super) async fn grant_here(State(site): State<Arc<Site>>, seat: Seat, Form(grant): Form<Grant>) -> Result<Redirect, PageError> {
    let own = site.engine.store.memberships(&grant.account).await?;
    if !own.iter().any(|membership| membership.tenant == seat.id()) {
        return Err(PageError::NotFound);
    }
    Scope::here(&seat).grant(&site, grant).await
}

pub(super) async fn revoke_here(State(site): State<Arc<Site>>, seat: Seat, Form(named): Form<Named>) -> Result<Redirect, PageError> {
    Scope::here(&seat).revoke(&site, named).await
}

pub(super) async fn everywhere(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
) -> Result<Html<String>, PageError> {
    Scope::everywhere(&hall, viewer).page(&site, None).await
}

pub(super) async fn invite_everywhere(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
    Form(invitee): Form<Invitee>,
) -> Result<Html<String>, PageError> {
    Scope::everywhere(&hall, viewer).invite(&site, invitee).await
}

pub(super) async fn grant_everywhere(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
    Form(grant): Form<Grant>,
) -> Result<Redirect, PageError> {
    Scope::everywhere(&hall, viewer).grant(&site, grant).await
}

pub(super) async fn revoke_everywhere(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
    Form(named): Form<Named>,
) -> Result<Redirect, PageError> {
    Scope::everywhere(&hall, viewer).revoke(&site, named).await
}

pub(super) async fn link(
    State(site): State<Arc<Site>>,
    hall: Hall,
    SignedInViewer(viewer): SignedInViewer,
    Form(addressed): Form<Addressed>,
) -> Result<Html<String>, PageError> {
    let token = site.engine.reset_link(&viewer.actor(), &addressed.email).await?;
    let link = site.welcome_link(&token);
    Scope::everywhere(&hall, viewer).page(&site, Some((addressed.email, link))).await
}

pub(super) async fn shut_out(
    State(site): State<Arc<Site>>,
    SignedInViewer(viewer): SignedInViewer,
    Form(named): Form<Named>,
) -> Result<Redirect, PageError> {
    site.engine.shut_out(&viewer.actor(), &named.account, true).await?;
    Ok(Redirect::to("/people?done=shut-out"))
}

pub(super) async fn let_in(
    State(site): State<Arc<Site>>,
    SignedInViewer(viewer): SignedInViewer,
    Form(named): Form<Named>,
) -> Result<Redirect, PageError> {
    site.engine.shut_out(&viewer.actor(), &named.account, false).await?;
    Ok(Redirect::to("/people?done=let-in"))
}
