//! Style, script and picture of the pages. Their addresses bear their content, so that browsers may keep them for good.

use super::routes::{Need, Routes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

const STYLE: &str = include_str!("look/site.css");
/// htmx 2.0.11 (0BSD), as published.
const SCRIPT: &str = include_str!("look/htmx.min.js");
const ICON: &str = include_str!("look/icon.svg");

/// Marks the version in the addresses.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new().chain_update(STYLE).chain_update(SCRIPT).chain_update(ICON).finalize();
    digest.iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
});

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/assets/{version}/site.css", Need::Nobody, || async { asset("text/css; charset=utf-8", STYLE) })
        .get("/assets/{version}/htmx.js", Need::Nobody, || async { asset("text/javascript; charset=utf-8", SCRIPT) })
        .get("/assets/{version}/icon.svg", Need::Nobody, || async { asset("image/svg+xml", ICON) })
        .get("/favicon.ico", Need::Nobody, || async { asset("image/svg+xml", ICON) })
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, text).into_response()
}
