//! The operator's pictures: a letterhead that lies behind page 1, a logo that stands above it.

use super::settings::PictureSource;

/// More is no letterhead but a poster: it would be in every letter.
const MAX_BYTES: u64 = 10 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Svg,
    Png,
    Jpeg,
}

/// A picture file, read and known to be of a usable kind.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) bytes: Vec<u8>,
    pub(super) kind: Kind,
    /// Width by height; both above zero.
    size: Option<(f64, f64)>,
}

impl Picture {
    pub(super) fn content_type(&self) -> &'static str {
        match self.kind {
            Kind::Svg => "image/svg+xml",
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
        }
    }

    /// A letterhead's name in a letter's world; engines tell the kind from it.
    pub(super) fn letterhead_name(&self) -> &'static str {
        match self.kind {
            Kind::Svg => "/letterhead.svg",
            Kind::Png => "/letterhead.png",
            Kind::Jpeg => "/letterhead.jpg",
        }
    }

    /// The same for a logo.
    pub(super) fn logo_name(&self) -> &'static str {
        match self.kind {
            Kind::Svg => "/logo.svg",
            Kind::Png => "/logo.png",
            Kind::Jpeg => "/logo.jpg",
        }
    }

    /// How many times as wide as high it is; `None` if it does not say.
    pub(super) fn ratio(&self) -> Option<f64> {
        self.size.map(|(width, height)| width / height)
    }
}

/// What a picture that somebody brings is: its media type, and the usual ending of its files.
///
/// # Errors
/// What is wrong with it and what to do, to follow "the picture".
pub fn check(bytes: &[u8]) -> Result<(&'static str, &'static str), String> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(format!("has {} bytes; at most {MAX_BYTES} are allowed, since it goes into every letter", bytes.len()));
    }
    let picture = of(bytes.to_vec())?;
    let ending = match picture.kind {
        Kind::Svg => "svg",
        Kind::Png => "png",
        Kind::Jpeg => "jpg",
    };
    Ok((picture.content_type(), ending))
}

/// Reads the picture and tells its kind from its content, whatever its name says. `what` is its part in sentences: `letterhead`.
///
/// # Errors
/// A plain sentence that names the file and says what to do.
pub(super) fn read(source: &PictureSource, what: &str) -> Result<Picture, String> {
    let path = match source {
        PictureSource::File(path) => path,
        PictureSource::Given { name, bytes } => return of(bytes.to_vec()).map_err(|why| format!("the {what} {name} {why}")),
    };
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("the {what} {shown} can't be read: {error}"))?.len();
    if size > MAX_BYTES {
        return Err(format!("the {what} {shown} has {size} bytes; at most {MAX_BYTES} are allowed, since it goes into every letter"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("the {what} {shown} can't be read: {error}"))?;
    of(bytes).map_err(|why| format!("the {what} {shown} {why}"))
}

fn of(bytes: Vec<u8>) -> Result<Picture, String> {
    if bytes.starts_with(b"%PDF") {
        return Err("is a PDF, which can't be part of an archivable letter: convert it to SVG, for example with Inkscape".to_owned());
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let size = png_size(&bytes);
        return Ok(Picture { bytes, kind: Kind::Png, size });
    }
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        let (size, components) = jpeg_frame(&bytes).ok_or("is a JPEG without a picture: save it anew")?;
        if components == 4 {
            return Err("is a JPEG in the colours of print (CMYK), which screens show wrongly: save it in RGB".to_owned());
        }
        return Ok(Picture { bytes, kind: Kind::Jpeg, size: Some(size) });
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    if !(text.trim_start_matches('\u{feff}').trim_start().starts_with('<') && text.contains("<svg")) {
        return Err("is neither SVG nor PNG nor JPEG: save it as one of them".to_owned());
    }
    if let Some(target) = outside_reference(text) {
        return Err(format!("refers to `{target}`, and letters load nothing: embed the image in the file"));
    }
    let size = svg_size(text);
    Ok(Picture { bytes, kind: Kind::Svg, size })
}

/// The first thing that an SVG would load from elsewhere: printed without it, the picture would lack a part.
fn outside_reference(svg: &str) -> Option<&str> {
    let values = svg.split("href=").skip(1).filter_map(|rest| {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    });
    values.map(str::trim).find(|value| !value.is_empty() && !value.starts_with('#') && !value.starts_with("data:"))
}

fn png_size(bytes: &[u8]) -> Option<(f64, f64)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    sound((f64::from(number(16)?), f64::from(number(20)?)))
}

/// Size and number of colours in the first frame header (ITU T.81, B.2.2).
fn jpeg_frame(bytes: &[u8]) -> Option<((f64, f64), u8)> {
    let number = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        if *bytes.get(at)? != 0xFF {
            return None;
        }
        match marker {
            0xFF => at += 1,
            // All of these begin a frame, except the tables for Huffman and arithmetic coding and an extension.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let size = sound((f64::from(number(at + 7)?), f64::from(number(at + 5)?)))?;
                return Some((size, *bytes.get(at + 9)?));
            }
            _ => at += 2 + usize::from(number(at + 2)?),
        }
    }
}

/// The root's `viewBox`, else its `width` and `height`.
fn svg_size(text: &str) -> Option<(f64, f64)> {
    let root = text.split_once("<svg")?.1.split('>').next()?;
    let attribute = |name: &str| {
        let rest = root.split(name).nth(1)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    };
    let numbers = |text: &str| text.split([' ', ',', '\n', '\t']).filter_map(|part| part.parse().ok()).collect::<Vec<f64>>();
    if let Some([_, _, width, height]) = attribute("viewBox").map(numbers).as_deref() {
        return sound((*width, *height));
    }
    let length = |name| attribute(name)?.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse().ok();
    sound((length(" width")?, length(" height")?))
}

fn sound((width, height): (f64, f64)) -> Option<(f64, f64)> {
    (width.is_normal() && height.is_normal() && width > 0.0 && height > 0.0).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tells_the_kind_and_the_shape() {
        let png = of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x10\x08\x02".to_vec()).unwrap();
        assert_eq!((png.letterhead_name(), png.ratio()), ("/letterhead.png", Some(4.0)));
        let jpeg = |components| {
            let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC2, 0, 17, 8, 0, 10, 0, 30, components];
            bytes.resize(40, 0);
            of(bytes)
        };
        assert_eq!((jpeg(3).unwrap().logo_name(), jpeg(1).unwrap().ratio()), ("/logo.jpg", Some(3.0)));
        assert!(jpeg(4).unwrap_err().contains("save it in RGB"));
        for (root, ratio) in [
            ("<svg xmlns=\"x\" viewBox=\"0 0 30 20\" width=\"9\"/>", Some(1.5)),
            ("<svg viewBox = '0,0,30,20'>", Some(1.5)),
            ("<svg width=\"40mm\" height='10mm'>", Some(4.0)),
            ("<svg stroke-width=\"3\" width=\"100%\">", None),
            ("<svg/>", None),
        ] {
            assert_eq!(of(format!("<?xml version=\"1.0\"?>\n{root}").into_bytes()).unwrap().ratio(), ratio, "{root}");
        }
    }

    #[test]
    fn what_can_not_be_printed_is_refused_with_advice() {
        assert!(of(b"%PDF-1.4".to_vec()).unwrap_err().contains("convert it to SVG"));
        let linked = of(b"<svg xmlns:xlink='x'><use xlink:href=\"#a\"/><image xlink:href='http://127.0.0.1/logo.png'/></svg>".to_vec());
        assert!(linked.unwrap_err().contains("`http://127.0.0.1/logo.png`"));
        assert!(of(b"GIF89a".to_vec()).unwrap_err().contains("neither SVG nor PNG"));
        assert!(of(b"\xFF\xD8\xFF".to_vec()).unwrap_err().contains("save it anew"));
        assert!(
            read(&PictureSource::File("no-such-head.svg".into()), "letterhead").unwrap_err().contains("the letterhead no-such-head.svg")
        );
    }
}
