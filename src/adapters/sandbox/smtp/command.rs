//! SMTP commands, read from a line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Ehlo,
    Helo,
    StartTls,
    /// Mechanism and initial response.
    Auth(&'a str, Option<&'a str>),
    /// Sender and announced size.
    Mail(&'a str, usize),
    Rcpt(&'a str),
    Data,
    Rset,
    Noop,
    Quit,
    Unknown,
    /// A known command with arguments that are none.
    Malformed,
}

impl<'a> Command<'a> {
    pub(super) fn parse(line: &'a str) -> Self {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let is = |name: &str| verb.eq_ignore_ascii_case(name);
        if is("MAIL") {
            return path(rest, "FROM:").map_or(Self::Malformed, |(sender, parameters)| Self::Mail(sender, size(parameters)));
        }
        if is("RCPT") {
            return path(rest, "TO:")
                .filter(|(recipient, _)| !recipient.is_empty())
                .map_or(Self::Malformed, |(recipient, _)| Self::Rcpt(recipient));
        }
        if is("AUTH") {
            let mut words = rest.split_ascii_whitespace();
            return words.next().map_or(Self::Malformed, |mechanism| Self::Auth(mechanism, words.next()));
        }
        let known = [
            ("EHLO", Self::Ehlo),
            ("HELO", Self::Helo),
            ("STARTTLS", Self::StartTls),
            ("DATA", Self::Data),
            ("RSET", Self::Rset),
            ("NOOP", Self::Noop),
            ("QUIT", Self::Quit),
        ];
        known.into_iter().find(|(name, _)| is(name)).map_or(Self::Unknown, |(_, command)| command)
    }
}

/// The address between `FROM:<` and `>`, and what follows.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = rest.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    tail.trim_start().strip_prefix('<')?.split_once('>')
}

fn size(parameters: &str) -> usize {
    let mut words = parameters.split_ascii_whitespace();
    words.find_map(|word| word.get(..5).filter(|name| name.eq_ignore_ascii_case("SIZE=")).and_then(|_| word[5..].parse().ok())).unwrap_or(0)
}

/// User and password from AUTH PLAIN's response.
pub(super) fn plain_login(response: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(BASE64.decode(response).ok()?).ok()?;
    let mut parts = decoded.split('\0');
    let (_identity, user, password) = (parts.next()?, parts.next()?, parts.next()?);
    Some((user.to_owned(), password.to_owned()))
}

pub(super) fn word(response: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(response).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands() {
        for (line, command) in [
            ("mail from:<a@b> size=12 BODY=8BITMIME", Command::Mail("a@b", 12)),
            ("MAIL FROM:<>", Command::Mail("", 0)),
            ("RCPT TO: <c@d>", Command::Rcpt("c@d")),
            ("RCPT TO:<>", Command::Malformed),
            ("RCPT c@d", Command::Malformed),
            ("AUTH PLAIN abc", Command::Auth("PLAIN", Some("abc"))),
            ("AUTH", Command::Malformed),
            ("data", Command::Data),
            ("EHLO x", Command::Ehlo),
            ("GET / HTTP/1.1", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(Command::parse(line), command, "{line:?}");
        }
    }
}
