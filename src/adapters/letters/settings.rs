//! How letters are made: what `[print]` of `worker.toml` says, and the engine that follows from it.

use super::wkhtmltopdf::WkhtmltopdfEngine;
use crate::engine::ports::LetterEngine;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The settings of the letter engines.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LetterSettings {
    pub engine: EngineChoice,
    /// Invoices in a letter's table; those beyond it become one sum line.
    pub max_rows: usize,
    /// An SVG, PNG or JPEG behind page 1.
    pub letterhead: Option<PictureSource>,
    /// Print the creditor's footer lines; `false` where the letterhead has its own.
    pub footer: bool,
    /// A folder of further fonts (TTF, OTF) for characters that Liberation Sans lacks; typst only.
    pub fonts: Option<PathBuf>,
    pub layout: LayoutSettings,
    pub wkhtmltopdf: WkhtmltopdfSettings,
}

impl Default for LetterSettings {
    fn default() -> Self {
        Self {
            engine: EngineChoice::Typst,
            max_rows: 500,
            letterhead: None,
            footer: true,
            fonts: None,
            layout: LayoutSettings::default(),
            wkhtmltopdf: WkhtmltopdfSettings::default(),
        }
    }
}

/// Where a picture comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "PathBuf")]
pub enum PictureSource {
    File(PathBuf),
    /// Bytes that are at hand, with what people call them.
    Given {
        name: String,
        bytes: Arc<[u8]>,
    },
}

impl From<PathBuf> for PictureSource {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl std::fmt::Display for PictureSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Given { name, .. } => f.write_str(name),
        }
    }
}

/// Which engine makes letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// Built in, with the cargo feature `typst`.
    Typst,
    /// The program of that name, one process per letter.
    Wkhtmltopdf,
}

/// How a creditor's letters look.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutSettings {
    /// An SVG, PNG or JPEG above the address field.
    pub logo: Option<PictureSource>,
    pub logo_position: LogoPosition,
    /// 5 to 30: the address field begins below it.
    pub logo_height_mm: u32,
    /// Of lines.
    pub accent: Colour,
    /// Of the sender's name, the subject and the total: the accent where that can be read, else the text's.
    pub words: Colour,
    pub text: Colour,
    /// Columns of lines in place of what is made of the creditor; none: that.
    pub footer: Vec<Vec<String>>,
}

impl Default for LayoutSettings {
    fn default() -> Self {
        let dark = Colour([0x28; 3]);
        Self {
            logo: None,
            logo_position: LogoPosition::Right,
            logo_height_mm: 18,
            accent: dark,
            words: dark,
            text: Colour([0; 3]),
            footer: Vec::new(),
        }
    }
}

/// Where the logo stands; beside it, or above it alone, the sender's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogoPosition {
    Left,
    Center,
    Right,
}

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Colour(pub [u8; 3]);

/// Settings of the second engine.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WkhtmltopdfSettings {
    /// A name to be found in the path, or a path.
    pub program: PathBuf,
    /// Undoes the program's own scaling: 1.3014 for the unpatched build that distributions ship, as measured there.
    pub html_zoom: f64,
    pub sandbox: Sandbox,
    /// Seconds until the process is killed.
    pub timeout_s: u64,
}

impl WkhtmltopdfSettings {
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_s)
    }
}

impl Default for WkhtmltopdfSettings {
    fn default() -> Self {
        Self { program: PathBuf::from("wkhtmltopdf"), html_zoom: 1.3014, sandbox: Sandbox::Auto, timeout_s: 20 }
    }
}

/// Whether the program runs inside bubblewrap, without files and network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sandbox {
    /// Where bubblewrap is installed and works.
    Auto,
    Always,
    Never,
}

/// The engine that the settings ask for. There is no fallback: who asked for one engine must not get another's letters.
///
/// # Errors
/// A plain sentence when the engine is missing or a setting can't be used.
pub fn engine(settings: &LetterSettings) -> Result<Arc<dyn LetterEngine>, String> {
    if settings.max_rows == 0 {
        return Err("max_rows is 0: a letter must list at least one invoice; write a number such as 500".to_owned());
    }
    match settings.engine {
        EngineChoice::Typst => typst_engine(settings),
        EngineChoice::Wkhtmltopdf => Ok(Arc::new(WkhtmltopdfEngine::new(settings)?)),
    }
}

#[cfg(feature = "typst")]
fn typst_engine(settings: &LetterSettings) -> Result<Arc<dyn LetterEngine>, String> {
    Ok(Arc::new(super::typst::TypstEngine::new(settings)?))
}

#[cfg(not(feature = "typst"))]
fn typst_engine(_settings: &LetterSettings) -> Result<Arc<dyn LetterEngine>, String> {
    Err("the letter engine `typst` is not part of this program: build it with the feature `typst`, or write engine = \"wkhtmltopdf\""
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_is_missing_is_a_plain_sentence() {
        let wkhtmltopdf = WkhtmltopdfSettings { program: PathBuf::from("no-such-program"), ..WkhtmltopdfSettings::default() };
        let settings = LetterSettings { engine: EngineChoice::Wkhtmltopdf, wkhtmltopdf, ..LetterSettings::default() };
        let why = engine(&settings).map(|engine| engine.name()).unwrap_err();
        assert!(why.contains("no-such-program") && why.contains("install"), "{why}");
    }

    #[test]
    fn settings_are_read_from_toml_and_typing_mistakes_refused() {
        let settings: LetterSettings = toml::from_str("engine = \"wkhtmltopdf\"\n[wkhtmltopdf]\nsandbox = \"never\"\n").unwrap();
        assert_eq!((settings.engine, settings.wkhtmltopdf.sandbox), (EngineChoice::Wkhtmltopdf, Sandbox::Never));
        assert!(toml::from_str::<LetterSettings>("engin = \"typst\"").is_err());
        let none = LetterSettings { max_rows: 0, ..LetterSettings::default() };
        assert!(engine(&none).is_err());
    }
}
