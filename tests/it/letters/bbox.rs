//! Where words stand on the paper, as `pdftotext -bbox` reports it.

use super::poppler;

/// A word and its box in millimetres from the page's top left corner.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) page: usize,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) text: String,
}

pub(super) fn words(pdf: &[u8]) -> Vec<Word> {
    const MM: f64 = 25.4 / 72.0;
    let mut page = 0;
    let mut words = Vec::new();
    for line in poppler("pdftotext", &["-bbox"], pdf).lines() {
        page += usize::from(line.contains("<page "));
        let Some((attributes, rest)) = line.trim().strip_prefix("<word ").and_then(|word| word.split_once('>')) else { continue };
        let at =
            |name: &str| attributes.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap() * MM;
        let text = rest.trim_end_matches("</word>").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
        words.push(Word { page, left: at("xMin"), top: at("yMin"), right: at("xMax"), bottom: at("yMax"), text });
    }
    words
}
