//! A text set that an administrator wrote on the pages: its name, its content as TOML, and what it may be called.

use super::folder::{Origin, Source, is_language};
use crate::domain::toml_reader::value;
use serde::{Deserialize, Serialize};
use toml::de::DeValue;

/// What is published under `LANGUAGE/SET`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnText {
    pub language: String,
    pub template: String,
    pub subject: String,
    pub body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    subject: String,
    body: String,
}

impl OwnText {
    /// With the line ends that files have, whoever wrote it.
    ///
    /// # Errors
    /// When the name can't be one.
    pub fn new(name: &str, subject: &str, body: &str) -> Result<Self, String> {
        let (language, template) = split(name)?;
        let lines = |text: &str| text.replace("\r\n", "\n");
        let subject = lines(subject).trim().to_owned();
        Ok(Self { language: language.to_owned(), template: template.to_owned(), subject, body: lines(body) })
    }

    /// As it was published.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn parse(name: &str, content: &str) -> Result<Self, String> {
        let Content { subject, body } = toml::from_str(content).map_err(|error| format!("the text `{name}`: {}", error.message()))?;
        Self::new(name, &subject, &body)
    }

    /// `LANGUAGE/SET`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.language, self.template)
    }

    /// What is published of it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let content = Content { subject: self.subject.clone(), body: self.body.clone() };
        toml::to_string_pretty(&content).unwrap_or_default()
    }

    pub(super) fn source(&self) -> Source {
        let Self { language, template, subject, body } = self.clone();
        Source { language, template, subject, body, place: "published".to_owned(), origin: Origin::Published }
    }
}

fn split(name: &str) -> Result<(&str, &str), String> {
    let (language, template) =
        name.split_once('/').ok_or_else(|| format!("`{name}` is no text: write LANGUAGE/SET, such as de/reminder-1"))?;
    if !is_language(language) {
        return Err(format!("`{language}` is no language: write de, en, or another code such as fr or de-at"));
    }
    value::name(&DeValue::String(template.into()))?;
    Ok((language, template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_names_lead_nowhere_else() {
        let own = OwnText::new("de-at/reminder-1", " Betreff {{invoice}}\r\n", "Guten Tag,\r\n\r\n„{{total}}“ \\\r\n\"\"\" x").unwrap();
        assert_eq!(own.subject, "Betreff {{invoice}}");
        assert!(!own.body.contains('\r'));
        assert_eq!(OwnText::parse("de-at/reminder-1", &own.to_toml()).unwrap(), own);
        for name in ["reminder-1", "DE/reminder-1", "de/../x", "de/", "d/x", "de/Reminder", "de/a/b"] {
            assert!(OwnText::new(name, "", "").is_err(), "{name}");
        }
    }
}
