//! What the browser holds of a session, and addresses to go on to.

use crate::domain::percent::encoded;
use crate::web::site::Site;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

const WEEK_SECONDS: u32 = 7 * 24 * 3600;

/// The browser lets only an encrypted page of this very host set a cookie of the first name.
fn name(site: &Site) -> &'static str {
    if site.is_secure() { "__Host-mahnwerk" } else { "mahnwerk" }
}

/// The token that the browser holds.
pub(in crate::web::site) fn cookie_token(site: &Site, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).map(str::trim);
    pairs.find_map(|pair| pair.strip_prefix(name(site))?.strip_prefix('=')).filter(|token| !token.is_empty()).map(ToOwned::to_owned)
}

/// Goes on to `to` with this token, or with none where it is empty.
pub(super) fn go_with(site: &Site, token: &str, to: &str) -> Response {
    let secure = if site.is_secure() { "; Secure" } else { "" };
    let age = if token.is_empty() { 0 } else { WEEK_SECONDS };
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", name(site));
    let mut response = Redirect::to(to).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Where to go after signing in: a path of ours, nothing else.
pub(in crate::web::site) fn own_path(wanted: &str) -> &str {
    let ours = wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains(['\\', '\r', '\n']);
    if ours { wanted } else { "/" }
}

/// A text as the value of a query.
pub(in crate::web::site) fn query_value(text: &str) -> String {
    encoded(text, b"-._~/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_on_to() {
        for (wanted, gone) in
            [("/t/demo?x=1", "/t/demo?x=1"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/"), ("", "/")]
        {
            assert_eq!(own_path(wanted), gone);
        }
        assert_eq!(query_value("/t/demo?q=ä b"), "/t/demo%3Fq%3D%C3%A4%20b");
    }
}
