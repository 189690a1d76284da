//! Getting in, being kept out, and who may do what.

use super::visitor::{PASSWORD, Pages};
use crate::support::ledger::TestLedger;
use mahnwerk::domain::account::Role;
use mahnwerk::domain::time::Timestamp;
use mahnwerk::domain::totp::code_at;
use mahnwerk::store::accounts::{EVERY_TENANT, Membership};
use reqwest::StatusCode;

on_both!(
    the_first_link_makes_an_owner_once,
    guessing_is_locked_out_and_logged,
    a_second_factor_is_asked_for_and_each_code_counts_once,
    roles_are_given_and_taken_and_somebody_always_owns_everything,
    a_session_ends_by_idling_by_signing_out_and_with_another_password,
);

async fn the_first_link_makes_an_owner_once(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let old = pages.engine.first_link().await.unwrap().unwrap();
    let link = pages.engine.first_link().await.unwrap().unwrap();
    let visitor = pages.visitor();
    assert_eq!(visitor.get(&format!("/welcome/{old}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "a newer link voids it");
    let said = |password| [("email", "Anna@Muster.example"), ("name", "Anna Muster"), ("password", password)];
    let path = format!("/welcome/{link}");
    let weak = visitor.post(&path, &said("kurz")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(weak.body.contains("mindestens 10 Zeichen") && weak.body.contains("value=\"Anna Muster\""), "{}", weak.body);
    assert_eq!(visitor.post(&path, &said(PASSWORD)).await.status, StatusCode::SEE_OTHER);
    assert!(visitor.get("/account").await.body.contains("alle Mandanten"));
    assert_eq!(pages.engine.first_link().await.unwrap(), None);
    let again = pages.visitor().post(&path, &[("email", "b@muster.example"), ("name", "B"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "used up");
    let account = pages.engine.store.account_by_email("anna@muster.example").await.unwrap().unwrap();
    assert!(account.password.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", account.password);
}

async fn guessing_is_locked_out_and_logged(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    pages.owner().await;
    let visitor = pages.visitor();
    for _ in 0..5 {
        assert_eq!(visitor.sign_in("inhaber@muster.example", "falsch geraten").await.status, StatusCode::UNAUTHORIZED);
    }
    let locked = visitor.sign_in("inhaber@muster.example", PASSWORD).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "the right password doesn't help before the lock ends");
    let nobody = visitor.sign_in("niemand@muster.example", PASSWORD).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let now = pages.world.clock_now();
    pages.world.clock.advance_to(Timestamp(now.0 + 31_000));
    assert_eq!(visitor.sign_in("inhaber@muster.example", PASSWORD).await.status, StatusCode::SEE_OTHER);
    let events = pages.engine.store.account_events((Timestamp(i64::MAX), ""), 50).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    for (kind, count) in [("refused", 4), ("locked", 1), ("signed_in", 2 + 1), ("created", 1), ("invited", 1)] {
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), count, "{kind} in {kinds:?}");
    }
}

async fn a_second_factor_is_asked_for_and_each_code_counts_once(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let owner = pages.owner().await;
    let offer = owner.get("/account/factor").await;
    let sealed = offer.body.split("name=\"offer\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let key = offer.body.split("class=\"key\">").nth(1).unwrap().split('<').next().unwrap();
    let secret = from_base32(key);
    let step = |ahead| pages.world.clock_now().0 / 30_000 + ahead;
    let wrong = owner.post("/account/factor", &[("offer", &sealed), ("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let taken = owner.post("/account/factor", &[("offer", &sealed), ("code", &code_at(&secret, step(0)))]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    let visitor = pages.visitor();
    let half = visitor.sign_in("inhaber@muster.example", PASSWORD).await;
    assert!(half.location.starts_with("/sign-in/code"), "{}", half.location);
    assert_eq!(visitor.get("/account").await.status, StatusCode::SEE_OTHER, "half signed in is not signed in");
    let stale = visitor.post("/sign-in/code", &[("code", &code_at(&secret, step(0)))]).await;
    assert_eq!(stale.status, StatusCode::UNAUTHORIZED, "it set the factor up already");
    let whole = visitor.post("/sign-in/code", &[("code", &code_at(&secret, step(1)))]).await;
    assert_eq!(whole.status, StatusCode::SEE_OTHER);
    assert_eq!(visitor.get("/account").await.status, StatusCode::OK);
    let account = pages.engine.store.account_by_email("inhaber@muster.example").await.unwrap().unwrap();
    let kept = account.totp_secret.unwrap();
    assert!(!kept.windows(secret.len()).any(|window| window == secret), "the secret is sealed");
}

fn from_base32(text: &str) -> Vec<u8> {
    let bits: String = text.bytes().map(|byte| format!("{:05b}", if byte >= b'A' { byte - b'A' } else { byte - b'2' + 26 })).collect();
    bits.as_bytes().chunks_exact(8).map(|chunk| u8::from_str_radix(std::str::from_utf8(chunk).unwrap(), 2).unwrap()).collect()
}

async fn roles_are_given_and_taken_and_somebody_always_owns_everything(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let owner = pages.owner().await;
    let invited = owner.post("/t/muster/people/invite", &[("email", "neu@muster.example"), ("role", "auditor")]).await;
    let link = invited.body.split("/welcome/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let newcomer = pages.visitor();
    newcomer.post(&format!("/welcome/{link}"), &[("name", "Neu"), ("password", PASSWORD), ("email", "fremd@muster.example")]).await;
    assert_eq!(newcomer.get("/t/muster").await.status, StatusCode::OK);
    assert_eq!(newcomer.get("/t/anders").await.status, StatusCode::NOT_FOUND);
    assert_eq!(newcomer.get("/t/muster/people").await.status, StatusCode::FORBIDDEN);
    let account = pages.engine.store.account_by_email("neu@muster.example").await.unwrap().expect("at the address that was invited");
    owner.get("/t/muster/people").await;
    let granted = owner.post("/t/muster/people/grant", &[("account", &account.id), ("role", "owner")]).await;
    assert_eq!(granted.location, "/t/muster/people?done=granted");
    assert_eq!(newcomer.get("/t/muster/people").await.status, StatusCode::OK);
    owner.post("/t/muster/people/revoke", &[("account", &account.id)]).await;
    assert_eq!(newcomer.get("/t/muster").await.status, StatusCode::NOT_FOUND);
    let itself = pages.engine.store.account_by_email("inhaber@muster.example").await.unwrap().unwrap();
    for (path, fields) in [
        ("/people/revoke", vec![("account", itself.id.as_str())]),
        ("/people/shut-out", vec![("account", itself.id.as_str())]),
        ("/people/grant", vec![("account", itself.id.as_str()), ("role", "operator")]),
    ] {
        assert_eq!(owner.post(path, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} takes the last owner away");
    }
    pages.engine.grant_role("system", &account.id, Membership { tenant: EVERY_TENANT, role: Role::Owner }).await.unwrap();
    assert_eq!(owner.post("/people/shut-out", &[("account", &itself.id)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.get("/account").await.status, StatusCode::SEE_OTHER, "shut out at once");
}

async fn a_session_ends_by_idling_by_signing_out_and_with_another_password(ledger: TestLedger) {
    let pages = Pages::open(ledger).await;
    let (owner, elsewhere) = (pages.owner().await, pages.visitor());
    elsewhere.sign_in("inhaber@muster.example", PASSWORD).await;
    let changed = owner.post("/account/password", &[("old", PASSWORD), ("new", "ein anderer Satz")]).await;
    assert_eq!(changed.location, "/account?done=password");
    assert!(owner.get(&changed.location).await.body.contains("alle anderen Anmeldungen sind beendet"));
    assert_eq!(elsewhere.get("/account").await.status, StatusCode::SEE_OTHER);
    elsewhere.sign_in("inhaber@muster.example", "ein anderer Satz").await;
    assert_eq!(elsewhere.post("/sign-out", &[]).await.location, "/sign-in");
    assert_eq!(elsewhere.get("/account").await.status, StatusCode::SEE_OTHER);
    let now = pages.world.clock_now();
    pages.world.clock.advance_to(Timestamp(now.0 + 12 * 3_600_000 + 1));
    assert_eq!(owner.get("/account").await.status, StatusCode::SEE_OTHER, "nothing was done for half a day");
}
