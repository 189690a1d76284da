//! Texts as they travel: quoted-printable (RFC 2045 6.7) with CR LF at every line's end, in one walk over the text.

use std::iter::Peekable;
use std::str::Bytes;

/// A line's bytes with the `=` of a soft break.
const LINE: usize = 76;
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes a text, however its lines end. NUL, which mail does not allow, becomes U+FFFD.
pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Out { bytes: Vec::with_capacity(text.len() + text.len() / 8), line: 0 };
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if_eq(&b'\n');
                out.end_line();
            }
            b'\n' => out.end_line(),
            // A blank at a line's end would be lost on the way.
            b' ' | b'\t' if ends_line(&mut rest) => out.quoted(byte),
            b'=' => out.quoted(byte),
            b' '..=b'~' | b'\t' => out.literal(byte),
            b'\0' => "\u{FFFD}".bytes().for_each(|byte| out.quoted(byte)),
            other => out.quoted(other),
        }
    }
    out.bytes
}

fn ends_line(rest: &mut Peekable<Bytes<'_>>) -> bool {
    matches!(rest.peek(), None | Some(b'\r' | b'\n'))
}

struct Out {
    bytes: Vec<u8>,
    /// Bytes on the present line.
    line: usize,
}

impl Out {
    fn literal(&mut self, byte: u8) {
        self.make_room(1);
        self.bytes.push(byte);
    }

    fn quoted(&mut self, byte: u8) {
        self.make_room(3);
        self.bytes.extend([b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }

    fn make_room(&mut self, bytes: usize) {
        if self.line + bytes >= LINE {
            self.bytes.extend(b"=\r\n");
            self.line = 0;
        }
        self.line += bytes;
    }

    fn end_line(&mut self) {
        self.bytes.extend(b"\r\n");
        self.line = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(text: &str) -> String {
        String::from_utf8(quoted_printable(text)).expect("ASCII")
    }

    /// As a reader decodes it: soft breaks away, quoted bytes back.
    fn decoded(encoded: &str) -> String {
        let joined = encoded.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            if *first == b'=' {
                let digits = std::str::from_utf8(&rest[..2]).expect("two digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &rest[2..];
            } else {
                bytes.push(*first);
            }
        }
        String::from_utf8(bytes).expect("UTF-8 again")
    }

    #[test]
    fn what_must_be_quoted_is_quoted() {
        assert_eq!(encoded("Größe = 1\nEnde \n\tx\t"), "Gr=C3=B6=C3=9Fe =3D 1\r\nEnde=20\r\n\tx=09");
        assert_eq!(encoded("a\rb\r\nc\0"), "a\r\nb\r\nc=EF=BF=BD");
        assert_eq!(encoded(""), "");
    }

    proptest! {
        #[test]
        fn a_reader_reads_what_was_written(text in "[ -~\täöü€=\n]{0,400}") {
            let encoded = encoded(&text);
            prop_assert_eq!(decoded(&encoded).replace("\r\n", "\n"), text);
            for line in encoded.split("\r\n") {
                prop_assert!(line.len() <= LINE, "{} bytes: {line}", line.len());
                prop_assert!(!line.ends_with([' ', '\t']));
                prop_assert!(line.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)));
            }
        }
    }
}
