//! What Typst may see while it sets a letter: the template, the data, the payment code, the pictures, the fonts.
//!
//! No file system, no network, no packages, no clock: whatever else a document asks for is refused. So a letter depends
//! on its notice and on this program alone, and two runs give the same bytes. The fonts are read once, at start-up.

use std::path::Path;
use std::sync::Arc;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// Liberation Sans in its four styles, so that letters look the same wherever they are set.
const BUNDLED: [&[u8]; 4] = [
    include_bytes!("../../../templates/letter/fonts/LiberationSans-Regular.ttf"),
    include_bytes!("../../../templates/letter/fonts/LiberationSans-Bold.ttf"),
    include_bytes!("../../../templates/letter/fonts/LiberationSans-Italic.ttf"),
    include_bytes!("../../../templates/letter/fonts/LiberationSans-BoldItalic.ttf"),
];
const TEMPLATE: &str = include_str!("../../../templates/letter/letter.typ");

/// The same for all letters of a process; the world's caches live on its identity.
pub(super) struct Base {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    /// Letterhead and logo.
    pictures: Vec<(FileId, Bytes)>,
    data: FileId,
    qr: FileId,
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base").field("fonts", &self.fonts.len()).field("pictures", &self.pictures.len()).finish_non_exhaustive()
    }
}

impl Base {
    /// `pictures` are names such as `/letterhead.svg` with the files' content.
    ///
    /// # Errors
    /// A plain sentence when a file of the font folder can't be read or holds no font.
    pub(super) fn new(font_folder: Option<&Path>, pictures: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Result<Self, String> {
        let mut fonts: Vec<Font> = BUNDLED.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect();
        if let Some(folder) = font_folder {
            fonts.extend(own_fonts(folder)?);
        }
        Ok(Self {
            library: LazyHash::new(<Library as LibraryExt>::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            template: Source::new(file_id("/letter.typ")?, TEMPLATE.to_owned()),
            pictures: pictures.into_iter().map(|(name, bytes)| Ok((file_id(name)?, Bytes::new(bytes)))).collect::<Result<_, String>>()?,
            data: file_id("/data.json")?,
            qr: file_id("/qr.svg")?,
        })
    }

    pub(super) fn font_count(&self) -> usize {
        self.fonts.len()
    }

    /// Whether any font can show this character.
    pub(super) fn covers(&self, c: char) -> bool {
        (0..self.fonts.len()).any(|index| self.book.info(index).is_some_and(|font| font.coverage.contains(u32::from(c))))
    }
}

/// File ids are interned for ever and 16 bits wide: only a fixed set of names may ever be used, never one per letter.
fn file_id(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|error| format!("`{name}`: {error}"))?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

/// The operator's fonts in order of their file names, so that the same folder always gives the same letters.
fn own_fonts(folder: &Path) -> Result<Vec<Font>, String> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|error| format!("the font folder {shown} can't be read: {error}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("the font folder {shown} can't be read: {error}"))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
        if matches!(extension.as_str(), "ttf" | "otf" | "ttc" | "otc") {
            files.push(path);
        }
    }
    files.sort();
    let mut fonts = Vec::new();
    for path in files {
        let content = std::fs::read(&path).map_err(|error| format!("the font {} can't be read: {error}", path.display()))?;
        let before = fonts.len();
        fonts.extend(Font::iter(Bytes::new(content)));
        if fonts.len() == before {
            return Err(format!("{} holds no font that can be used: remove it from the font folder", path.display()));
        }
    }
    Ok(fonts)
}

/// One letter: the base and what differs.
pub(super) struct LetterWorld {
    base: Arc<Base>,
    data: Bytes,
    qr: Bytes,
}

impl LetterWorld {
    pub(super) fn new(base: Arc<Base>, data: Vec<u8>, qr: String) -> Self {
        Self { base, data: Bytes::new(data), qr: Bytes::from_string(qr) }
    }
}

impl World for LetterWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.base.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.base.book
    }

    fn main(&self) -> FileId {
        self.base.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.base.template.id() { Ok(self.base.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.base.data {
            return Ok(self.data.clone());
        }
        if id == self.base.qr {
            return Ok(self.qr.clone());
        }
        let picture = self.base.pictures.iter().find(|(name, _)| *name == id);
        picture.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.base.fonts.get(index).cloned()
    }

    /// The clock is data: the letter's date stands in it.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
