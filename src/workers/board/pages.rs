//! The board's own files, as they were published.

use apalis_board::axum::ui::ServeUI;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A file by its path, with its content type; `None` where there is none.
#[must_use]
pub fn file(path: &str) -> Option<(&'static str, Vec<u8>)> {
    let name = path.trim_start_matches('/');
    if name.is_empty() || !name.contains('.') {
        return None;
    }
    ServeUI::get_file(name).map(|file| (ServeUI::content_type(name), file.contents().to_vec()))
}

/// The page that all addresses of the board show, with a script of ours at its end.
#[must_use]
pub fn index(script: &str) -> String {
    let page = ServeUI::get_file("index.html").map(|file| String::from_utf8_lossy(file.contents()).into_owned()).unwrap_or_default();
    page.replacen("</head>", &format!("<script src=\"{script}\" defer></script></head>"), 1)
}

/// What a policy must name to let the page's own inline script run (`'sha256-…'`).
#[must_use]
pub fn inline_script_hash() -> Option<String> {
    let page = String::from_utf8(ServeUI::get_file("index.html")?.contents().to_vec()).ok()?;
    let (_, rest) = page.split_once("<script type=\"module\">")?;
    let (script, _) = rest.split_once("</script>")?;
    Some(format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_its_script_and_ours() {
        let hash = inline_script_hash().expect("the page starts its program in one inline script");
        assert!(hash.starts_with("'sha256-") && hash.len() == 53, "{hash}");
        assert!(index("/board.js").contains("<script src=\"/board.js\" defer></script></head>"));
        let names = ["/apalis-board-web-5f43ae260a03616d_bg.wasm", "/apalis-board-web-5f43ae260a03616d.js", "/input-2a95b2ef12d8c39a.css"];
        assert!(names.iter().all(|name| file(name).is_some()), "the pinned version's files");
        assert!(file("/queues/send").is_none());
    }
}
