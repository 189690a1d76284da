//! How a TOML value becomes a typed one. Each says in its error what to write instead.

use super::{alternatives, nearest};
use chrono::NaiveTime;
use chrono_tz::{TZ_VARIANTS, Tz};
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// Any text. Its error never repeats the value: it may be a secret.
///
/// # Errors
/// When it is no text.
pub fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.as_ref().to_owned()),
        other => Err(format!("must be text in quotes, not {}", kind(other))),
    }
}

/// `true` or `false`.
///
/// # Errors
/// When it is anything else.
pub fn flag(value: &DeValue<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("must be `true` or `false` without quotes, not {}", kind(value)))
}

/// A whole number in `range`.
pub fn whole<T: TryFrom<i64>>(range: RangeInclusive<i64>) -> impl Fn(&DeValue<'_>) -> Result<T, String> {
    move |value| {
        let instead = format!("must be a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(digits) = value else {
            return Err(format!("{instead}, without quotes, not {}", kind(value)));
        };
        i64::from_str_radix(digits.as_str(), digits.radix())
            .ok()
            .filter(|number| range.contains(number))
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("{instead}, not {}", digits.as_str()))
    }
}

/// One of a few words, each meaning a `T`.
pub fn one_of<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&DeValue<'_>) -> Result<T, String> {
    move |value| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let DeValue::String(text) = value else {
            return Err(format!("must be {} in quotes, not {}", alternatives(&words), kind(value)));
        };
        if let Some((_, meaning)) = choices.iter().find(|(word, _)| *word == text.as_ref()) {
            return Ok(*meaning);
        }
        let near = nearest(text, words.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Err(format!("must be {}, not `{text}`{near}", alternatives(&words)))
    }
}

/// A list of texts.
///
/// # Errors
/// When it is no list, or an entry is no text.
pub fn texts(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let instead = "must be a list of texts, such as [\"one\", \"two\"]";
    let list = value.as_array().ok_or_else(|| format!("{instead}, not {}", kind(value)))?;
    list.iter().map(|item| item.get_ref().as_str().map(str::to_owned).ok_or_else(|| instead.to_owned())).collect()
}

/// A clock time, `"09:00"`, from 00:00 to 23:59.
///
/// # Errors
/// When it is no such time.
pub fn clock_time(value: &DeValue<'_>) -> Result<NaiveTime, String> {
    let instead = "must be a time from \"00:00\" to \"23:59\" in quotes, such as \"09:00\"";
    let DeValue::String(text) = value else {
        return Err(format!("{instead}, not {}", kind(value)));
    };
    let digits_only =
        text.len() == 5 && text.bytes().enumerate().all(|(at, byte)| if at == 2 { byte == b':' } else { byte.is_ascii_digit() });
    let time = digits_only.then(|| NaiveTime::parse_from_str(text, "%H:%M").ok()).flatten();
    time.ok_or_else(|| format!("{instead}, not `{text}`"))
}

/// A time zone of the IANA database.
///
/// # Errors
/// When it knows no such zone.
pub fn zone(value: &DeValue<'_>) -> Result<Tz, String> {
    let name = text(value)?;
    name.parse::<Tz>().map_err(|_| match nearest(&name, TZ_VARIANTS.iter().map(|zone| zone.name())) {
        Some(near) => format!("`{name}` is no time zone; did you mean `{near}`?"),
        None => format!("`{name}` is no time zone: write a name such as \"Europe/Berlin\""),
    })
}

/// A short name for use in paths, URLs and variables: lower-case letters, digits and hyphens, a letter first.
///
/// # Errors
/// When it is anything else.
pub fn name(value: &DeValue<'_>) -> Result<String, String> {
    const LONGEST: usize = 64;
    let name = text(value)?;
    let starts_well = name.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    let ends_well = !name.ends_with('-');
    let all_allowed = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if starts_well && ends_well && all_allowed && name.len() <= LONGEST {
        return Ok(name);
    }
    Err(format!("must be up to {LONGEST} lower-case letters, digits and hyphens with a letter first, such as \"reminder-1\", not `{name}`"))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
