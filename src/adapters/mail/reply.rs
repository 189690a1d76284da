//! What an SMTP server answered: a code and its own words, read from bytes.

use std::fmt;

/// A server that says more than this in one reply is not speaking SMTP.
const REPLY_BYTES_MAX: usize = 64 * 1024;
/// How much of the words is kept: they go into the ledger.
const TEXT_CHARS_MAX: usize = 600;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// The lines of the reply without their codes, for EHLO; never empty.
    pub(super) lines: Vec<String>,
}

pub(super) enum Parsed {
    /// The reply and how many bytes it took.
    Whole(Reply, usize),
    Partial,
    Garbage(String),
}

impl Reply {
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    pub(super) fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    pub(super) fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }

    /// 421: the server closes the connection after this.
    pub(super) fn closes(&self) -> bool {
        self.code == 421
    }

    /// Reads the first reply in `bytes` (RFC 5321 4.2).
    pub(super) fn parse(bytes: &[u8]) -> Parsed {
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(length) = bytes[at..].iter().position(|b| *b == b'\n') {
            let line = bytes[at..at + length].strip_suffix(b"\r").unwrap_or(&bytes[at..at + length]);
            at += length + 1;
            let Some((code, more, text)) = parse_line(line) else {
                return Parsed::Garbage(format!("this is no SMTP reply: \"{}\"", words(line)));
            };
            lines.push(text);
            if !more {
                return Parsed::Whole(Self { code, lines }, at);
            }
        }
        if bytes.len() > REPLY_BYTES_MAX { Parsed::Garbage("a reply longer than 64 KiB".to_owned()) } else { Parsed::Partial }
    }
}

fn parse_line(line: &[u8]) -> Option<(u16, bool, String)> {
    let code = std::str::from_utf8(line.get(..3)?).ok()?.parse::<u16>().ok().filter(|code| (200..600).contains(code))?;
    let more = match line.get(3) {
        None | Some(b' ') => false,
        Some(b'-') => true,
        Some(_) => return None,
    };
    Some((code, more, words(line.get(4..).unwrap_or_default())))
}

/// Foreign words made harmless for a log line: valid text, no control characters, not endless.
fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let mut left = TEXT_CHARS_MAX;
        for line in self.lines.iter().filter(|line| !line.is_empty()) {
            let taken = line.chars().count().min(left);
            left -= taken;
            write!(f, " {}", line.chars().take(taken).collect::<String>().trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_reply_and_leaves_the_rest() {
        let Parsed::Whole(reply, taken) = Reply::parse(b"250-first\r\n250 second\r\n354 go\r\n") else { panic!("whole") };
        assert_eq!((reply.code, taken, reply.to_string().as_str()), (250, 23, "250 first second"));
        assert!(matches!(Reply::parse(b"250-first\r\n250 sec"), Parsed::Partial));
        assert!(matches!(Reply::parse(b""), Parsed::Partial));
        let Parsed::Whole(reply, 5) = Reply::parse(b"220\r\n") else { panic!("bare code") };
        assert_eq!(reply.to_string(), "220");
    }

    #[test]
    fn garbage_is_named_and_tamed() {
        for bytes in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"25\r\n", b"999 what\r\n", b"250=no\r\n", b"\r\n"] {
            assert!(matches!(Reply::parse(bytes), Parsed::Garbage(_)), "{bytes:?}");
        }
        assert!(matches!(Reply::parse(&vec![b'2'; REPLY_BYTES_MAX + 1]), Parsed::Garbage(_)));
        let Parsed::Whole(reply, _) = Reply::parse(b"550 a\x1b[31m\xff\r\n") else { panic!("whole") };
        assert_eq!(reply.to_string(), "550 a [31m\u{fffd}");
    }
}
