//! How a creditor's letters look: where logo and name stand, in which colours. Worked out once, for both engines.
//!
//! Lengths are millimetres from the sheet's top left corner. The band above the address field, which begins at 45 mm, is all
//! that logo and name may take.

use super::metrics::{lines, points};
use super::picture::{self, Picture};
use super::settings::{Colour, LayoutSettings, LogoPosition};
use serde::{Serialize, Serializer};

const LEFT: f64 = 25.0;
const RIGHT: f64 = 190.0;
const LOGO_TOP: f64 = 10.0;
/// A logo at a side leaves room for the name beside it.
const SIDE: f64 = 75.0;
const GAP: f64 = 8.0;
/// The name alone.
const NAME_TOP: f64 = 18.0;
/// Type sizes of the name in points, the height of a line in each, and how many lines of it there may be.
const SIZES: [(u32, f64, u32); 3] = [(15, 7.0, 2), (11, 5.2, 3), (8, 4.0, 5)];
/// Lines that fit below a page's text.
const FOOTER_LINES: u32 = 8;

/// Colours, and the logo at its place.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Look {
    /// Of lines.
    #[serde(serialize_with = "hex")]
    accent: Colour,
    /// Of the name, the subject and the total.
    #[serde(serialize_with = "hex")]
    words: Colour,
    #[serde(serialize_with = "hex")]
    text: Colour,
    pub(super) logo: Option<Logo>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Logo {
    /// Its name in the engine's world.
    file: &'static str,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    #[serde(skip)]
    position: LogoPosition,
}

/// The sender's name above the address field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Name {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// The type size.
    points: u32,
    /// A line's height.
    line: f64,
    /// Set flush right, or left.
    right: bool,
}

impl Look {
    /// The look that the settings ask for, and the logo's file.
    ///
    /// # Errors
    /// A plain sentence when the logo can't be used, or the footer does not fit.
    pub(super) fn new(settings: &LayoutSettings) -> Result<(Self, Option<Picture>), String> {
        check_footer(&settings.footer)?;
        let picture = settings.logo.as_ref().map(|picture| picture::read(picture, "logo")).transpose()?;
        let logo = match (&picture, &settings.logo) {
            (Some(picture), Some(named)) => {
                let ratio = picture.ratio().ok_or_else(|| {
                    format!("the logo {named} does not say how wide and high it is: save it with width and height, or a viewBox")
                })?;
                Some(place(picture.logo_name(), ratio, settings))
            }
            _ => None,
        };
        Ok((Self { accent: settings.accent, words: settings.words, text: settings.text, logo }, picture))
    }

    /// Where the name stands, and how large: beside a logo at a side, alone without one, nowhere below one in the middle.
    pub(super) fn name(&self, sender: &str) -> Option<Name> {
        let (left, right_edge, right, band) = match &self.logo {
            None => (LEFT, RIGHT, false, None),
            Some(Logo { position: LogoPosition::Center, .. }) => return None,
            Some(logo @ Logo { position: LogoPosition::Left, .. }) => (logo.left + logo.width + GAP, RIGHT, true, Some(logo)),
            Some(logo @ Logo { position: LogoPosition::Right, .. }) => (LEFT, logo.left - GAP, false, Some(logo)),
        };
        let width = right_edge - left;
        let counted = SIZES.map(|(size, line, most)| (size, line, most, lines(sender, points(size * 10), micrometres(width))));
        let (points, line, most, count) = counted.into_iter().find(|(_, _, most, count)| count <= most).unwrap_or(counted[2]);
        let height = f64::from(count.min(most)) * line;
        let top = band.map_or(NAME_TOP, |logo| (logo.top + (logo.height - height) / 2.0).max(LOGO_TOP));
        Some(Name { left, top, width, height, points, line, right })
    }
}

/// As high as it is wanted, unless it gets too wide for its place.
fn place(file: &'static str, ratio: f64, settings: &LayoutSettings) -> Logo {
    let wanted = f64::from(settings.logo_height_mm);
    let position = settings.logo_position;
    let widest = if position == LogoPosition::Center { RIGHT - LEFT } else { SIDE };
    let width = (wanted * ratio).min(widest);
    let height = width / ratio;
    let left = match position {
        LogoPosition::Left => LEFT,
        LogoPosition::Center => (LEFT + RIGHT - width) / 2.0,
        LogoPosition::Right => RIGHT - width,
    };
    Logo { file, left, top: LOGO_TOP + (wanted - height) / 2.0, width, height, position }
}

/// The configuration limits lines and their length; whether they fit side by side only their width tells.
fn check_footer(columns: &[Vec<String>]) -> Result<(), String> {
    let count = u32::try_from(columns.len().max(1)).unwrap_or(1);
    let width = micrometres((RIGHT - LEFT) / f64::from(count) - 3.0);
    for (index, column) in columns.iter().enumerate() {
        let high: u32 = column.iter().map(|line| lines(line, points(70), width)).sum();
        if high > FOOTER_LINES {
            return Err(format!(
                "column {} of the footer takes {high} lines and {FOOTER_LINES} fit: shorten its lines, or use fewer columns",
                index + 1
            ));
        }
    }
    Ok(())
}

fn micrometres(millimetres: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and far below the largest: places on a sheet"
    )]
    let length = (millimetres.max(1.0) * 1000.0) as u32;
    length
}

fn hex<S: Serializer>(Colour([red, green, blue]): &Colour, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("#{red:02x}{green:02x}{blue:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_logo(position: LogoPosition, ratio: f64, height: u32) -> Look {
        let settings = LayoutSettings { logo_position: position, logo_height_mm: height, ..LayoutSettings::default() };
        let (look, _) = Look::new(&settings).unwrap();
        Look { logo: Some(place("/logo.svg", ratio, &settings)), ..look }
    }

    #[test]
    fn logo_and_name_share_the_band_above_the_address() {
        for (position, ratio, height) in [LogoPosition::Left, LogoPosition::Center, LogoPosition::Right]
            .into_iter()
            .flat_map(|p| [(p, 0.2, 30), (p, 1.0, 5), (p, 40.0, 30)])
        {
            let look = with_logo(position, ratio, height);
            let logo = look.logo.clone().unwrap();
            assert!(logo.left >= LEFT && logo.left + logo.width <= RIGHT + 0.001 && logo.top + logo.height <= 40.0, "{logo:?}");
            assert!((logo.width / logo.height / ratio - 1.0).abs() < 0.001, "{logo:?}");
            for sender in ["A", &"Vereinigte Werkstätten ".repeat(15)] {
                let Some(name) = look.name(sender) else { continue };
                assert!(name.left + name.width <= logo.left || name.left >= logo.left + logo.width, "{name:?} {logo:?}");
                assert!(name.top + name.height <= 44.0, "{name:?}");
            }
        }
        assert_eq!(with_logo(LogoPosition::Center, 1.0, 18).name("A"), None);
        let alone = Look::new(&LayoutSettings::default()).unwrap().0;
        let sizes = [1, 4, 15].map(|times| alone.name(&"Vereinigte Werkstätten ".repeat(times)).unwrap().points);
        assert_eq!(sizes, [15, 15, 8]);
    }

    #[test]
    fn a_footer_that_is_too_high_is_refused() {
        let footer =
            |columns: usize| LayoutSettings { footer: vec![vec!["wwwwwwwwww ".repeat(5); 4]; columns], ..LayoutSettings::default() };
        assert!(Look::new(&footer(1)).is_ok());
        let why = Look::new(&footer(4)).map(drop).unwrap_err();
        assert!(why.starts_with("column 1 of the footer takes "), "{why}");
    }
}
