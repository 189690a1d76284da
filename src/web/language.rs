//! Which of its languages a page speaks to a visitor.

use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "de")]
    German,
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// By a tag such as `de`, `de-AT` or `en-GB;q=0.8`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "de" => Some(Self::German),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Chosen on the page (kept in a cookie), else the browser's first that we have, else German.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let chosen = text(header::COOKIE).split(';').find_map(|cookie| cookie.trim().strip_prefix("lang=").and_then(Self::from_tag));
        chosen.or_else(|| text(header::ACCEPT_LANGUAGE).split(',').find_map(Self::from_tag)).unwrap_or(Self::German)
    }

    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::German => "de",
            Self::English => "en",
        }
    }

    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::German => Self::English,
            Self::English => Self::German,
        }
    }
}

/// The words of a page in both languages: a struct of texts, and `of` to choose. A word that lacks a language does not compile.
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $german:expr, $english:expr;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $name { $($vis $field: &'static str,)* }

        impl $name {
            $vis const fn of(language: $crate::web::language::Language) -> &'static Self {
                const GERMAN: &$name = &$name { $($field: $german,)* };
                const ENGLISH: &$name = &$name { $($field: $english,)* };
                match language {
                    $crate::web::language::Language::German => GERMAN,
                    $crate::web::language::Language::English => ENGLISH,
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_counts_then_the_browser_then_german() {
        for (cookie, accept, language) in [
            ("lang=en", "de", Language::English),
            ("a=b; lang=de", "en", Language::German),
            ("lang=xx", "fr-FR, en-GB;q=0.8, de;q=0.5", Language::English),
            ("", "fr", Language::German),
            ("", "", Language::German),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(Language::of(&headers), language, "{cookie} {accept}");
        }
    }
}
