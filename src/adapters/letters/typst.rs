//! The embedded letter engine: Typst as a library, PDF/A-2b with structure tags.
//!
//! The sheet is `templates/letter/letter.typ`; what it may see is in `world`, what stands on it in `content`.

use super::content::{Content, Shape};
use super::epc::qr_svg;
use super::glyphs::{refuse_uncovered, texts};
use super::look::Look;
use super::picture::{self, Picture};
use super::settings::LetterSettings;
use super::world::{Base, LetterWorld};
use crate::engine::ports::{Letter, LetterEngine, LetterError, Pdf};
use std::sync::Arc;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// Sets letters in this process.
#[derive(Debug)]
pub struct TypstEngine {
    base: Arc<Base>,
    shape: Shape,
}

impl TypstEngine {
    /// Reads the fonts, the letterhead and the logo, once.
    ///
    /// # Errors
    /// A plain sentence when a picture or a font can't be used.
    pub fn new(settings: &LetterSettings) -> Result<Self, String> {
        let letterhead = settings.letterhead.as_ref().map(|picture| picture::read(picture, "letterhead")).transpose()?;
        let background = letterhead.as_ref().map(Picture::letterhead_name);
        let (look, logo) = Look::new(&settings.layout)?;
        let letterhead = letterhead.map(|picture| (picture.letterhead_name(), picture.bytes));
        let logo = logo.map(|picture| (picture.logo_name(), picture.bytes));
        let base = Arc::new(Base::new(settings.fonts.as_deref(), letterhead.into_iter().chain(logo))?);
        Ok(Self { base, shape: Shape::new(settings, background, look) })
    }
}

impl LetterEngine for TypstEngine {
    fn name(&self) -> &'static str {
        "typst"
    }

    fn check(&self) -> Result<String, String> {
        Ok(format!("Typst, built in, with {} fonts, writes PDF/A-2b", self.base.font_count()))
    }

    fn render(&self, letter: &Letter<'_>) -> Result<Pdf, LetterError> {
        let content = Content::new(letter, &self.shape)?;
        let rendered = render(&self.base, &content, &letter.notice.id.0);
        // The memo cache is never emptied by itself. One letter of age keeps what the next one shares: memory stays
        // flat at 40 MB; older generations only cost memory, none at all costs a third more time.
        comemo::evict(1);
        rendered
    }
}

fn render(base: &Arc<Base>, content: &Content, ident: &str) -> Result<Pdf, LetterError> {
    let data = serde_json::to_value(content).map_err(|error| LetterError::Engine(error.to_string()))?;
    refuse_uncovered(&texts(&data), |c| base.covers(c))?;
    let qr = match &content.qr {
        Some(qr) => qr_svg(&qr.payload).map_err(|error| LetterError::Content(error.to_string()))?,
        None => String::new(),
    };
    let world = LetterWorld::new(Arc::clone(base), data.to_string().into_bytes(), qr);
    let document = typst::compile::<PagedDocument>(&world).output.map_err(refusal)?;
    let bytes = typst_pdf::pdf(&document, &options(content, ident)?).map_err(refusal)?;
    Ok(Pdf { bytes, pages: document.pages().len() })
}

fn options(content: &Content, ident: &str) -> Result<PdfOptions, LetterError> {
    let (year, month, day) = content.iso_date;
    let part = |number: u32| u8::try_from(number).unwrap_or(1);
    let midnight = Datetime::from_ymd_hms(year, part(month), part(day), 0, 0, 0);
    let standards = PdfStandards::new(&[PdfStandard::A_2b]).map_err(|error| LetterError::Engine(error.message().to_string()))?;
    Ok(PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        timestamp: midnight.map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    })
}

/// Whatever Typst refuses will be refused again, since nothing but the letter enters: a person must look.
fn refusal(diagnostics: impl IntoIterator<Item = SourceDiagnostic>) -> LetterError {
    let sentence = |diagnostic: SourceDiagnostic| {
        let message = diagnostic.message.strip_prefix("assertion failed: ").unwrap_or(&diagnostic.message).to_owned();
        diagnostic.hints.iter().fold(message, |message, hint| format!("{message} ({})", hint.v))
    };
    LetterError::Content(diagnostics.into_iter().map(sentence).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn the_same_notice_gives_the_same_bytes_in_a_fresh_engine() {
        let (notice, text) = (samples::notice("de", 8), samples::text("de"));
        let letter = Letter { notice: &notice, text: &text };
        let render = || TypstEngine::new(&LetterSettings::default()).unwrap().render(&letter).unwrap();
        let (first, second) = (render(), render());
        assert!(first.bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(first, second);
    }

    #[test]
    fn an_address_that_does_not_fit_goes_to_a_person() {
        let mut notice = samples::notice("de", 1);
        notice.recipient.name = "Vereinigte Werkstätten ".repeat(15).trim().to_owned();
        assert_eq!(notice.recipient.name.chars().count(), 344);
        let letter = Letter { notice: &notice, text: &samples::text("de") };
        let error = TypstEngine::new(&LetterSettings::default()).unwrap().render(&letter).unwrap_err();
        let LetterError::Content(why) = error else { panic!("{error:?}") };
        assert_eq!(why, "the recipient's address does not fit in the address field of 85 x 27.3 mm: shorten the name or the address");
    }
}
