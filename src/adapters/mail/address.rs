//! Addresses and display names as the head of a mail and the SMTP envelope need them.

use super::error::MailError;
use lettre::Address;
use lettre::message::Mailbox;

/// RFC 5321 4.5.3.1.3: a path has at most 256 octets, angle brackets included.
const ADDRESS_BYTES_MAX: usize = 254;
/// A display name is a courtesy; cut here it still fits any header line, however it is encoded.
const NAME_CHARS_MAX: usize = 120;

/// Parses one plain address. A domain with umlauts becomes its ASCII form (IDNA), which every server understands;
/// non-ASCII before the `@` would need SMTPUTF8 on every hop, so it is refused here rather than bounced later.
pub(super) fn address(field: &str, value: &str) -> Result<Address, MailError> {
    let refuse = |reason: &str| MailError::Address { field: field.to_owned(), value: shown(value), reason: reason.to_owned() };
    let value = value.trim_matches(' ');
    if value.is_empty() {
        return Err(refuse("it is empty"));
    }
    if value.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';')) {
        return Err(refuse("spaces, line breaks, brackets, commas and semicolons have no place in it"));
    }
    let (user, domain) = value.rsplit_once('@').ok_or_else(|| refuse("the @ is missing"))?;
    if !user.is_ascii() {
        return Err(refuse("only ASCII is allowed before the @"));
    }
    let domain =
        if domain.is_ascii() { domain.to_owned() } else { idna::domain_to_ascii(domain).map_err(|_| refuse("the domain is not valid"))? };
    let parsed = Address::new(user, &domain).map_err(|error| refuse(&error.to_string()))?;
    if parsed.to_string().len() > ADDRESS_BYTES_MAX {
        return Err(refuse("it is longer than 254 bytes"));
    }
    Ok(parsed)
}

/// Address with display name. A name is somebody's data: control characters in it become spaces, never an error.
pub(super) fn mailbox(field: &str, name: &str, value: &str) -> Result<Mailbox, MailError> {
    let name = one_line(name);
    let name = if name.chars().count() > NAME_CHARS_MAX { name.chars().take(NAME_CHARS_MAX).chain(['…']).collect() } else { name };
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address(field, value)?))
}

/// The text on one line: control characters and line separators become spaces, runs of spaces one.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A refused value as an error may show it: one line, not endless.
fn shown(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(ADDRESS_BYTES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn umlaut_domains_become_ascii() {
        assert_eq!(address("to", "info@müller-bau.example").unwrap().to_string(), "info@xn--mller-bau-q9a.example");
    }

    #[test]
    fn each_refusal_names_field_and_reason() {
        for (value, reason) in [
            ("", "empty"),
            ("nobody", "@ is missing"),
            ("a@b.example\r\nBcc: c@d.example", "line breaks"),
            ("a@b.example,c@d.example", "commas"),
            ("Name <a@b.example>", "brackets"),
            ("jürgen@b.example", "ASCII"),
            ("a@", ""),
            ("@b.example", ""),
        ] {
            let error = address("cc[1]", value).unwrap_err().to_string();
            assert!(error.starts_with("cc[1]: ") && error.contains(reason), "{value:?}: {error}");
            assert!(!error.contains('\n'));
        }
        assert!(address("to", &format!("{}@b.example", "a".repeat(300))).is_err());
    }

    #[test]
    fn names_stay_on_one_line_and_get_cut() {
        assert_eq!(one_line(" A\r\nBcc:  x \u{0}\u{2028}y "), "A Bcc: x y");
        let mailbox = mailbox("to", &"Ä".repeat(500), "a@b.example").unwrap();
        assert_eq!(mailbox.name.unwrap().chars().count(), NAME_CHARS_MAX + 1);
    }
}
