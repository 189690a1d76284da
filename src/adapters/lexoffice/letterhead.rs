//! Whether a PDF says whom it is from. lexoffice prints sender, bank and logo only where "Briefpapier mitdrucken" is ticked, and nothing in
//! its API tells whether it is: only the finished document does.
//!
//! What can't be told is `Unclear`, not `Missing`: a letterhead may be a picture, and a text may be drawn with fonts that name no characters.

use crate::engine::source::ports::{Expected, Letterhead};
use hayro_interpret::font::Glyph;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings, Paint, PathDrawMode, SoftMask,
    interpret_page,
};
use kurbo::{Affine, BezPath, Rect};

/// A word that is shorter is found anywhere.
const SHORTEST: usize = 4;
/// More pages than a letter has say nothing more.
const PAGES: usize = 5;

/// What a document shows.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    pictures: usize,
}

/// Looks for the sender in a PDF. Takes as long as drawing it would.
pub(super) fn of(pdf: Vec<u8>, expected: &Expected) -> Letterhead {
    let Ok(pdf) = Pdf::new(pdf) else { return Letterhead::Unclear };
    let seen = seen(&pdf);
    let (text, written) = (bare(&seen.text), bare(&expected.written));
    // What we have written ourselves does not count: our own texts may name us, too.
    let count = |text: &str, word: &str| text.matches(word).count();
    let words = expected.sender.iter().map(|word| bare(word)).filter(|word| word.chars().count() >= SHORTEST);
    if words.into_iter().any(|word| count(&text, &word) > count(&written, &word)) {
        return Letterhead::Shown;
    }
    if seen.pictures > 0 || !is_read(&text, &expected.written) { Letterhead::Unclear } else { Letterhead::Missing }
}

/// Whether the text in the document was understood: most of what we have written is found in it.
fn is_read(text: &str, written: &str) -> bool {
    let words: Vec<_> = written.split_whitespace().map(bare).filter(|word| word.chars().count() >= SHORTEST).collect();
    let found = words.iter().filter(|word| text.contains(word.as_str())).count();
    !words.is_empty() && found * 10 >= words.len() * 9
}

/// Letters and digits alone: where lines break and how words are spaced is the typesetter's business.
fn bare(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn seen(pdf: &Pdf) -> Seen {
    let (mut seen, cache) = (Seen::default(), InterpreterCache::new());
    for page in pdf.pages().iter().take(PAGES) {
        let area = Rect::new(0.0, 0.0, 1.0, 1.0);
        let mut context = Context::new(Affine::IDENTITY, area, &cache, pdf.xref(), InterpreterSettings::default());
        interpret_page(page, &mut context, &mut seen);
    }
    seen
}

/// Draws nothing and remembers what would be read.
impl Device<'_> for Seen {
    fn set_soft_mask(&mut self, _: Option<SoftMask<'_>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'_>, _: &PathDrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_glyph(&mut self, glyph: &Glyph<'_>, _: Affine, _: Affine, _: &Paint<'_>, _: &GlyphDrawMode) {
        match glyph.as_unicode() {
            Some(BfString::Char(letter)) => self.text.push(letter),
            Some(BfString::String(letters)) => self.text.push_str(&letters),
            None => {}
        }
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: Affine) {
        self.pictures += 1;
    }
}

#[cfg(all(test, feature = "typst"))]
mod tests {
    use super::*;
    use crate::adapters::letters::{LetterSettings, TypstEngine};
    use crate::domain::document::NoticeText;
    use crate::domain::notice::Notice;
    use crate::engine::ports::{Letter, LetterEngine};

    fn notice() -> Notice {
        serde_json::from_str(include_str!("../../../tests/it/letters/notice.json")).expect("a letter")
    }

    /// A letter with embedded fonts, its characters named only by a table beside them.
    fn letter() -> Vec<u8> {
        let text: NoticeText = serde_json::from_str(include_str!("../../../tests/it/letters/text.de.json")).expect("a letter");
        let engine = TypstEngine::new(&LetterSettings::default()).expect("a letter");
        engine.render(&Letter { notice: &notice(), text: &text }).expect("a letter").bytes
    }

    fn expected(sender: &str, written: &str) -> Expected {
        Expected { sender: vec![sender.to_owned()], written: written.to_owned() }
    }

    #[test]
    fn a_sender_is_found_and_missed_and_what_we_wrote_ourselves_is_none() {
        let (notice, letter) = (notice(), letter());
        let (own, to, other) = (notice.creditor.name.as_str(), notice.recipient.name.as_str(), "Nirgendwo Handels GmbH");
        let of = |bytes: &[u8], sender: &str, written: &str| of(bytes.to_vec(), &expected(sender, written));
        assert_eq!(of(&letter, own, to), Letterhead::Shown);
        assert_eq!(of(&letter, other, to), Letterhead::Missing);
        assert_eq!(of(&letter, own, &format!("{to}\n").repeat(50).replace(to, &format!("{to} {own}"))), Letterhead::Missing);
        assert_eq!(of(&letter, other, "Worte, die niemand schrieb"), Letterhead::Unclear);
        assert_eq!(of(&letter[..letter.len() / 3], own, to), Letterhead::Unclear);
        assert_eq!(of(b"%PDF-1.7 nothing", own, to), Letterhead::Unclear);
    }
}
