//! `[print.layout]` and `[tenants.NAME.layout]`: how a creditor's letters look.

use super::mail::read_line;
use super::print::read_picture;
use crate::domain::toml_reader::{Table, value};
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use toml::de::DeValue;

/// What fits between a page's text and its lower edge.
const MAX_COLUMNS: usize = 4;
const MAX_LINES: usize = 7;
const MAX_CHARACTERS: usize = 60;

/// How letters look: logo, colours, footer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Layout {
    /// An SVG, PNG or JPEG file; empty: none.
    pub logo: PathBuf,
    pub logo_position: LogoPosition,
    pub logo_height_mm: u32,
    /// Lines, and the sender's name, the subject and the total where it can be read.
    pub accent: Colour,
    pub text: Colour,
    /// Columns of lines, in place of what is made of the creditor; none: that.
    pub footer: Vec<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogoPosition {
    Left,
    Center,
    Right,
}

/// Red, green and blue of the web's colour space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Colour(pub [u8; 3]);

impl Default for Layout {
    fn default() -> Self {
        Self {
            logo: PathBuf::new(),
            logo_position: LogoPosition::Right,
            logo_height_mm: 18,
            accent: Colour([0x28; 3]),
            text: Colour([0; 3]),
            footer: Vec::new(),
        }
    }
}

impl Layout {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let default = Self::default();
        let positions = value::one_of(&[("left", LogoPosition::Left), ("center", LogoPosition::Center), ("right", LogoPosition::Right)]);
        let layout = Self {
            logo: table.value("logo", read_picture).unwrap_or_default(),
            logo_position: table.value("logo_position", positions).unwrap_or(default.logo_position),
            logo_height_mm: table.value("logo_height_mm", value::whole(5..=30)).unwrap_or(default.logo_height_mm),
            accent: table.value("accent", read_colour).unwrap_or(default.accent),
            text: table.value("text", read_text_colour).unwrap_or(default.text),
            footer: table.value("footer", read_footer).unwrap_or_default(),
        };
        table.finish();
        layout
    }
}

impl Colour {
    /// As `#rrggbb`.
    #[must_use]
    pub fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// How much it stands out from white paper: 1 not at all, 21 black. Source: WCAG 2.2, "contrast ratio".
    #[must_use]
    pub fn contrast(self) -> f64 {
        let [red, green, blue] = self.0.map(|value| {
            let share = f64::from(value) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    }

    /// Whether words in it can be read on white by nearly everybody (WCAG 2.2, level AA: 4.5).
    #[must_use]
    pub fn is_readable(self) -> bool {
        self.contrast() >= 4.5
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.hex())
    }
}

fn read_colour(value: &DeValue<'_>) -> Result<Colour, String> {
    let text = value::text(value)?;
    let wrong = || format!("`{text}` is no colour: write red, green and blue as \"#rrggbb\", such as \"#1f4e79\"");
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(wrong)?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok(Colour([red, green, blue]))
}

/// Letters are copied and scanned, and their reader may be old: the text itself must not be pale.
fn read_text_colour(value: &DeValue<'_>) -> Result<Colour, String> {
    let colour = read_colour(value)?;
    if colour.contrast() >= 7.0 {
        return Ok(colour);
    }
    let (shown, contrast) = (colour.hex(), colour.contrast());
    Err(format!(
        "`{shown}` is too pale to be read on paper: its contrast with white is {contrast:.1} and must be 7 at least; write a darker one"
    ))
}

/// A list of columns, each a list of lines.
fn read_footer(value: &DeValue<'_>) -> Result<Vec<Vec<String>>, String> {
    let instead = || "must be a list of columns, each a list of lines, such as [[\"Muster GmbH\", \"Berlin\"], [\"HRB 12345\"]]".to_owned();
    let columns = value.as_array().ok_or_else(instead)?;
    if columns.len() > MAX_COLUMNS {
        return Err(format!("has {} columns: at most {MAX_COLUMNS} stand side by side", columns.len()));
    }
    columns.iter().enumerate().map(|(index, column)| read_column(column.get_ref(), index + 1, &instead)).collect()
}

fn read_column(column: &DeValue<'_>, number: usize, instead: &impl Fn() -> String) -> Result<Vec<String>, String> {
    let lines = column.as_array().ok_or_else(instead)?;
    if lines.is_empty() || lines.len() > MAX_LINES {
        return Err(format!("has {} lines in column {number}: write 1 to {MAX_LINES}", lines.len()));
    }
    let line = |line: &DeValue<'_>| {
        let text = if line.is_str() { read_line(line)? } else { return Err(instead()) };
        let length = text.chars().count();
        if length > MAX_CHARACTERS {
            return Err(format!("has a line of {length} characters in column {number}: at most {MAX_CHARACTERS} fit; begin a new one"));
        }
        Ok(text)
    };
    lines.iter().map(|item| line(item.get_ref())).collect()
}
