//! The operator's letterhead: an SVG or PNG file that lies behind page 1, scaled to A4.

use std::path::Path;

/// More is no letterhead but a poster: it would be in every letter.
const MAX_BYTES: u64 = 10 << 20;

/// A letterhead file, read and known to be of a usable kind.
#[derive(Clone, Debug)]
pub(super) struct Letterhead {
    pub(super) bytes: Vec<u8>,
    pub(super) svg: bool,
}

impl Letterhead {
    /// Its name in a letter's world; engines tell the kind from it.
    pub(super) fn name(&self) -> &'static str {
        if self.svg { "/letterhead.svg" } else { "/letterhead.png" }
    }

    pub(super) fn content_type(&self) -> &'static str {
        if self.svg { "image/svg+xml" } else { "image/png" }
    }
}

/// Reads the file and tells its kind from its content, whatever its name says.
///
/// # Errors
/// A plain sentence that names the file and says what to do.
pub(super) fn read(path: &Path) -> Result<Letterhead, String> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("the letterhead {shown} can't be read: {error}"))?.len();
    if size > MAX_BYTES {
        return Err(format!("the letterhead {shown} has {size} bytes; at most {MAX_BYTES} are allowed, since it goes into every letter"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("the letterhead {shown} can't be read: {error}"))?;
    if bytes.starts_with(b"%PDF") {
        return Err(format!(
            "the letterhead {shown} is a PDF, which can't be part of an archivable letter: convert it to SVG, for example with Inkscape"
        ));
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(Letterhead { bytes, svg: false });
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if !(text.trim_start_matches('\u{feff}').trim_start().starts_with('<') && text.contains("<svg")) {
        return Err(format!("the letterhead {shown} is neither SVG nor PNG: save it as one of them"));
    }
    match outside_reference(text) {
        Some(target) => Err(format!("the letterhead {shown} refers to `{target}`, and letters load nothing: embed the image in the file")),
        None => Ok(Letterhead { bytes, svg: true }),
    }
}

/// The first thing that an SVG would load from elsewhere: printed without it, the letterhead would lack a part.
fn outside_reference(svg: &str) -> Option<&str> {
    let values = svg.split("href=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    values.map(str::trim).find(|value| !value.is_empty() && !value.starts_with('#') && !value.starts_with("data:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content: &[u8]) -> Result<Letterhead, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head.svg");
        std::fs::write(&path, content).unwrap();
        read(&path)
    }

    #[test]
    fn the_content_tells_the_kind() {
        assert_eq!(of(b"\x89PNG\r\n\x1a\n....").unwrap().name(), "/letterhead.png");
        assert_eq!(of(b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>").unwrap().name(), "/letterhead.svg");
    }

    #[test]
    fn what_can_not_be_a_background_is_refused_with_advice() {
        assert!(of(b"%PDF-1.4").unwrap_err().contains("convert it to SVG"));
        let linked = of(b"<svg xmlns:xlink='x'><use xlink:href=\"#a\"/><image xlink:href='http://127.0.0.1/logo.png'/></svg>");
        assert!(linked.unwrap_err().contains("`http://127.0.0.1/logo.png`"));
        assert!(of(b"GIF89a").unwrap_err().contains("neither SVG nor PNG"));
        assert!(read(Path::new("no-such-letterhead.svg")).unwrap_err().contains("no-such-letterhead.svg"));
    }
}
