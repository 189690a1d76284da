//! What a workflow file refers to that is not in it: holiday regions and text sets.

use std::fmt;

/// Answers a name with nothing, or with what is wrong and what to write instead.
type Answer<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Knows which names exist. [`References::default`] only looks at their shape.
#[derive(Clone, Copy)]
pub struct References<'a> {
    /// Asked for `holidays`, `none` excepted.
    pub known_region: Answer<'a>,
    /// Asked for the `template` of every stage: a folder with a text for each language, its placeholders known.
    pub known_template: Answer<'a>,
}

impl Default for References<'_> {
    fn default() -> Self {
        Self { known_region: &region_shape, known_template: &|_| Ok(()) }
    }
}

impl fmt::Debug for References<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("References").finish_non_exhaustive()
    }
}

/// Whether `region` could be one: an ISO 3166 country (`DE`) or a part of one (`DE-BY`, `CH-ZH`, `AT-9`).
///
/// # Errors
/// When it could not; the message says what to write.
pub fn region_shape(region: &str) -> Result<(), String> {
    let capitals = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let (country, part) = region.split_once('-').unwrap_or((region, "X"));
    let country_fits = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if country_fits && (1..=3).contains(&part.len()) && capitals(part) {
        return Ok(());
    }
    Err(format!("`{region}` is no region: write \"none\", a country such as \"DE\", or a part of one such as \"DE-BE\""))
}
