//! Every route that the router has, taken from its own list: nobody gets in without a session, a role, a token; no tenant sees another;
//! and every page bears the headers that browsers need.

use super::visitor::{Pages, Visitor};
use crate::support::ledger::TestLedger;
use mahnwerk::domain::account::{Right, Role};
use mahnwerk::store::accounts::EVERY_TENANT;
use mahnwerk::web::site::{Declared, Need, declared};
use reqwest::StatusCode;

/// The path with something in the place of each parameter.
fn filled(route: &Declared, tenant: &str) -> String {
    let part = |part: &str| {
        if part == "{tenant}" {
            tenant.to_owned()
        } else if part.starts_with('{') {
            "1".to_owned()
        } else {
            part.to_owned()
        }
    };
    route.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn asked(visitor: &Visitor, route: &Declared, tenant: &str) -> StatusCode {
    let path = filled(route, tenant);
    if route.method == "GET" { visitor.get(&path).await.status } else { visitor.post(&path, &[("reason", "Test")]).await.status }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_signed_in_gets_no_further_than_the_door() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let stranger = pages.visitor();
    for route in declared(pages.site.clone()).iter().filter(|route| route.need != Need::Nobody) {
        let status = asked(&stranger, route, "muster").await;
        let expected = if route.method == "GET" { StatusCode::SEE_OTHER } else { StatusCode::UNAUTHORIZED };
        assert_eq!(status, expected, "{} {}", route.method, route.path);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_changed_without_the_sessions_own_token_or_from_another_site() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let owner = pages.owner().await;
    let changing: Vec<_> = declared(pages.site.clone()).into_iter().filter(|route| route.method != "GET").collect();
    assert!(changing.len() > 15, "the list is the router's own");
    for route in changing {
        let path = filled(&route, "muster");
        let foreign = owner.send(&path, &[("reason", "Test")], Some("https://evil.example")).await;
        assert_eq!(foreign.status, StatusCode::FORBIDDEN, "{path} from another site");
        if route.need != Need::Nobody {
            let without = owner.send(&path, &[("reason", "Test")], None).await;
            assert_eq!(without.status, StatusCode::FORBIDDEN, "{path} without a token");
            let wrong = owner.send(&path, &[("reason", "Test"), ("csrf", "guessed")], None).await;
            assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{path} with a guessed token");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_gets_as_far_as_it_may() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let routes = declared(pages.site.clone());
    for role in [Role::Auditor, Role::Operator, Role::Administrator] {
        let person = pages.person(&format!("{}@muster.example", role.as_str()), pages.world.tenant, role).await;
        for route in &routes {
            let refused = match route.need {
                Need::Tenant(right) => !role.may(right),
                Need::Everywhere(_) => true,
                Need::Nobody | Need::SignedIn => continue,
            };
            let status = asked(&person, route, "muster").await;
            assert_eq!(status == StatusCode::FORBIDDEN, refused, "{} {} {} answered {status}", role.as_str(), route.method, route.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_is_not_ones_own_does_not_exist() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let owner_here = pages.person("hier@muster.example", pages.world.tenant, Role::Owner).await;
    let mut of_tenants = 0;
    for route in declared(pages.site.clone()).iter().filter(|route| matches!(route.need, Need::Tenant(_))) {
        assert!(route.path.starts_with("/t/{tenant}"), "{} needs a tenant and names none", route.path);
        assert_eq!(asked(&owner_here, route, "anders").await, StatusCode::NOT_FOUND, "{} {}", route.method, route.path);
        of_tenants += 1;
    }
    assert!(of_tenants > 5);
    assert!(!owner_here.get("/tenants").await.body.contains("anders"));
    assert!(!owner_here.get("/history").await.body.contains("X1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_breaks_and_all_bear_the_headers() {
    let pages = Pages::open(TestLedger::sqlite().await).await;
    let owner = pages.person("alles@muster.example", EVERY_TENANT, Role::Owner).await;
    for route in declared(pages.site.clone()).iter().filter(|route| route.method == "GET") {
        let page = owner.get(&filled(route, "muster")).await;
        assert!(!page.status.is_server_error(), "{} answered {}", route.path, page.status);
        let header = |name: &str| page.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        assert!(header("content-security-policy").contains("default-src 'none'"), "{}", route.path);
        assert!(!header("content-security-policy").contains("script-src 'self' 'unsafe-inline'"), "{}", route.path);
        assert_eq!(header("x-content-type-options"), "nosniff", "{}", route.path);
        assert_eq!(header("referrer-policy"), "same-origin", "{}", route.path);
        if header("content-type").starts_with("text/html") && page.status.is_success() {
            assert!(
                !page.body.contains(" style=\"") && !page.body.contains("<script>") && !page.body.contains(" onclick="),
                "{}",
                route.path
            );
            assert!(page.body.contains("<h1>"), "{} has no headline", route.path);
        }
    }
    let right_of_nobody = declared(pages.site.clone()).into_iter().filter(|route| route.need == Need::Nobody && route.method == "POST");
    let open: Vec<_> = right_of_nobody.map(|route| route.path).collect();
    assert_eq!(open, ["/sign-in", "/sign-in/code", "/language", "/welcome/{token}"], "what anybody may send");
    assert!(Role::Owner.may(Right::Own));
}
