//! What a row says about the customer: address, language, kind. What is unusable but not needed is left out with a warning.

use super::row::CustomerKind;
use lettre::Address;

/// Names of countries as lists of customers in German and English write them.
const COUNTRIES: [(&str, &[&str]); 18] = [
    ("DE", &["d", "deutschland", "germany", "bundesrepublik deutschland"]),
    ("AT", &["a", "österreich", "oesterreich", "austria"]),
    ("CH", &["schweiz", "switzerland", "suisse"]),
    ("LI", &["fl", "liechtenstein"]),
    ("LU", &["l", "luxemburg", "luxembourg"]),
    ("FR", &["f", "frankreich", "france"]),
    ("BE", &["b", "belgien", "belgium"]),
    ("NL", &["niederlande", "netherlands", "the netherlands", "holland"]),
    ("IT", &["i", "italien", "italy", "italia"]),
    ("ES", &["e", "spanien", "spain"]),
    ("PL", &["polen", "poland"]),
    ("CZ", &["tschechien", "czechia", "czech republic"]),
    ("DK", &["dänemark", "denmark"]),
    ("SE", &["schweden", "sweden"]),
    ("GB", &["uk", "großbritannien", "vereinigtes königreich", "united kingdom", "great britain", "england"]),
    ("IE", &["irland", "ireland"]),
    ("PT", &["portugal"]),
    ("US", &["usa", "vereinigte staaten", "united states"]),
];

/// The address that notices go to, and what to say if the value gave none or more than one.
pub(super) fn email(value: &str) -> (Option<String>, Option<String>) {
    let mut parts = value.split([';', ',', ' ']).filter(|part| !part.is_empty());
    let Some(first) = parts.next() else { return (None, None) };
    match first.parse::<Address>() {
        Ok(_) if parts.next().is_some() => (Some(first.to_owned()), Some(format!("is more than one address: notices go to {first} only"))),
        Ok(_) => (Some(first.to_owned()), None),
        Err(_) => {
            (None, Some("is no e-mail address and was left out: the customer gets letters; write one like name@domain.example".to_owned()))
        }
    }
}

/// The ISO 3166 code; empty if the value is.
///
/// # Errors
/// What to write instead: without the country a letter might go to the wrong one.
pub(super) fn country(value: &str) -> Result<String, String> {
    if value.is_empty() {
        return Ok(String::new());
    }
    let folded = value.to_lowercase();
    if let Some((code, _)) = COUNTRIES.iter().find(|(_, names)| names.contains(&folded.as_str())) {
        return Ok((*code).to_owned());
    }
    if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(value.to_ascii_uppercase());
    }
    Err("is no country: write its code of two letters (ISO 3166) such as DE, AT or CH".to_owned())
}

/// The ISO 639 code, and what to say if the value is none.
pub(super) fn language(value: &str) -> (String, Option<String>) {
    let code = value.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    match code.as_str() {
        "" => (String::new(), None),
        "deutsch" | "german" => ("de".to_owned(), None),
        "englisch" | "english" => ("en".to_owned(), None),
        _ if matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_lowercase()) => (code, None),
        _ => {
            let message = "is no language and was left out: the tenant's is used; write a code such as de or en";
            (String::new(), Some(message.to_owned()))
        }
    }
}

/// Business or consumer, and what to say about a word that means neither.
pub(super) fn kind(value: &str) -> (CustomerKind, Option<String>) {
    match value.to_lowercase().as_str() {
        "business" | "geschäftskunde" | "firma" | "b2b" => (CustomerKind::Business, None),
        "" | "consumer" | "privatkunde" | "verbraucher" | "privat" | "b2c" => (CustomerKind::Consumer, None),
        _ => (CustomerKind::Consumer, Some("is no kind of customer and counts as consumer: write business or consumer".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_anybody_writes_to_them() {
        for (value, address, warned) in [
            ("", None, false),
            ("buchhaltung@mueller.example", Some("buchhaltung@mueller.example"), false),
            ("a@x.example; b@x.example", Some("a@x.example"), true),
            ("info@", None, true),
            ("Max <max@x.example>", None, true),
            ("kein E-Mail", None, true),
            ("a@x.example\u{7f}", None, true),
        ] {
            let (found, warning) = email(value);
            assert_eq!((found.as_deref(), warning.is_some()), (address, warned), "{value}");
        }
    }

    #[test]
    fn countries_become_codes_or_are_refused() {
        for (value, code) in [("", ""), ("de", "DE"), ("Österreich", "AT"), ("CH", "CH"), ("A", "AT"), ("UK", "GB"), ("JP", "JP")] {
            assert_eq!(country(value).as_deref(), Ok(code), "{value}");
        }
        for value in ["Absurdistan", "X", "D1", "ÖS"] {
            assert!(country(value).unwrap_err().contains("ISO 3166"), "{value}");
        }
    }

    #[test]
    fn languages_and_kinds_that_mean_nothing_are_left_out_with_a_warning() {
        for (value, code, warned) in
            [("de-AT", "de", false), ("EN", "en", false), ("Deutsch", "de", false), ("", "", false), ("4", "", true)]
        {
            let (found, warning) = language(value);
            assert_eq!((found.as_str(), warning.is_some()), (code, warned), "{value}");
        }
        assert_eq!(kind("Business"), (CustomerKind::Business, None));
        assert_eq!(kind(""), (CustomerKind::Consumer, None));
        assert!(matches!(kind("VIP"), (CustomerKind::Consumer, Some(_))));
    }
}
