//! `[print]`: how letters are made.

use super::Layout;
use crate::domain::toml_reader::{Table, value};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use toml::de::DeValue;

/// `[print]`: the letter engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Print {
    pub engine: LetterEngineChoice,
    /// Invoices in a letter's table; those beyond it become one line with their sum.
    pub max_rows: u32,
    /// The archive standard; `typst` only.
    pub standard: PdfStandard,
    /// An SVG, PNG or JPEG file behind page 1.
    pub letterhead: PathBuf,
    /// Print the creditor's footer lines; `false` where the letterhead has its own.
    pub footer: bool,
    /// A folder of further fonts; `typst` only.
    pub fonts: PathBuf,
    pub layout: Layout,
    pub wkhtmltopdf: Wkhtmltopdf,
}

/// Which engine makes letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterEngineChoice {
    /// Built in.
    Typst,
    /// The program of that name.
    Wkhtmltopdf,
}

/// What letters conform to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum PdfStandard {
    /// PDF/A-2b with structure tags.
    #[serde(rename = "a-2b")]
    A2b,
}

/// `[print.wkhtmltopdf]`: the second engine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wkhtmltopdf {
    /// A name to be found in the path, or a path.
    pub program: PathBuf,
    /// Undoes the program's own scaling.
    #[serde(serialize_with = "decimal_as_text")]
    pub html_zoom: Decimal,
    pub sandbox: Sandbox,
    /// Then the process is killed.
    pub timeout_seconds: u32,
}

/// Whether the program runs inside bubblewrap, without files and network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sandbox {
    /// Where bubblewrap is installed and works.
    Auto,
    Always,
    Never,
}

impl Default for Print {
    fn default() -> Self {
        Self {
            engine: LetterEngineChoice::Typst,
            max_rows: 500,
            standard: PdfStandard::A2b,
            letterhead: PathBuf::new(),
            footer: true,
            fonts: PathBuf::new(),
            layout: Layout::default(),
            wkhtmltopdf: Wkhtmltopdf::default(),
        }
    }
}

impl Default for Wkhtmltopdf {
    fn default() -> Self {
        Self { program: PathBuf::from("wkhtmltopdf"), html_zoom: Decimal::new(13_014, 4), sandbox: Sandbox::Auto, timeout_seconds: 20 }
    }
}

impl Print {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let engines = value::one_of(&[("typst", LetterEngineChoice::Typst), ("wkhtmltopdf", LetterEngineChoice::Wkhtmltopdf)]);
        let print = Self {
            engine: table.value("engine", engines).unwrap_or(default.engine),
            max_rows: table.value("max_rows", value::whole(1..=10_000)).unwrap_or(default.max_rows),
            standard: table.value("standard", value::one_of(&[("a-2b", PdfStandard::A2b)])).unwrap_or(default.standard),
            letterhead: table.value("letterhead", read_picture).unwrap_or_default(),
            footer: table.value("footer", value::flag).unwrap_or(default.footer),
            fonts: table.value("fonts", value::text).map(PathBuf::from).unwrap_or_default(),
            layout: Layout::read(&table.table("layout")),
            wkhtmltopdf: Wkhtmltopdf::read(&table.table("wkhtmltopdf")),
        };
        table.finish();
        print
    }
}

impl Wkhtmltopdf {
    fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let sandboxes = value::one_of(&[("auto", Sandbox::Auto), ("always", Sandbox::Always), ("never", Sandbox::Never)]);
        let engine = Self {
            program: table.value("program", super::folders::read_folder).unwrap_or(default.program),
            html_zoom: table.value("html_zoom", read_zoom).unwrap_or(default.html_zoom),
            sandbox: table.value("sandbox", sandboxes).unwrap_or(default.sandbox),
            timeout_seconds: table.value("timeout_seconds", value::whole(1..=600)).unwrap_or(default.timeout_seconds),
        };
        table.finish();
        engine
    }
}

/// A file that both engines can draw, or nothing.
pub(super) fn read_picture(value: &DeValue<'_>) -> Result<PathBuf, String> {
    let file = value::text(value)?;
    let lower = file.to_lowercase();
    if file.is_empty() || [".svg", ".png", ".jpg", ".jpeg"].iter().any(|ending| lower.ends_with(ending)) {
        return Ok(PathBuf::from(file));
    }
    Err(format!("`{file}` is no .svg, .png or .jpg file: convert the picture to one of these"))
}

fn read_zoom(value: &DeValue<'_>) -> Result<Decimal, String> {
    let instead = "must be a number from \"0.5\" to \"3\" in quotes, such as \"1.3014\"";
    let text = value::text(value).map_err(|_| instead.to_owned())?;
    let zoom = Decimal::from_str_exact(&text).map_err(|_| format!("{instead}, not `{text}`"))?;
    if zoom < Decimal::new(5, 1) || zoom > Decimal::from(3) { Err(format!("{instead}, not `{text}`")) } else { Ok(zoom) }
}

fn decimal_as_text<S: Serializer>(decimal: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(decimal)
}
