//! Texts as they travel: quoted-printable (RFC 2045 6.7) with CR LF at every line's end, in one walk over the text and a copy of what stands for itself.

/// A line's bytes with the `=` of a soft break.
const LINE: usize = 76;
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes a text, however its lines end. NUL, which mail does not allow, becomes U+FFFD.
pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Out { bytes: Vec::with_capacity(text.len() + text.len() / 8), line: 0 };
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.iter().position(|byte| !is_literal(*byte)).unwrap_or(rest.len()));
        match run.split_last() {
            // A blank at a line's end would be lost on the way.
            Some((blank @ (b' ' | b'\t'), before)) if ends_line(after) => {
                out.literal(before);
                out.quoted(*blank);
            }
            _ => out.literal(run),
        }
        rest = match after.split_first() {
            Some((b'\r', [b'\n', after @ ..]) | (b'\r' | b'\n', after)) => {
                out.end_line();
                after
            }
            Some((b'\0', after)) => {
                "\u{FFFD}".bytes().for_each(|byte| out.quoted(byte));
                after
            }
            Some((other, after)) => {
                out.quoted(*other);
                after
            }
            None => after,
        };
    }
    out.bytes
}

/// What stands for itself, unless it ends a line.
fn is_literal(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t') && byte != b'='
}

fn ends_line(rest: &[u8]) -> bool {
    matches!(rest, [] | [b'\r' | b'\n', ..])
}

struct Out {
    bytes: Vec<u8>,
    /// Bytes on the present line.
    line: usize,
}

impl Out {
    fn literal(&mut self, mut run: &[u8]) {
        while !run.is_empty() {
            self.make_room(1);
            let (here, after) = run.split_at(run.len().min(LINE - 1 - self.line));
            self.bytes.extend_from_slice(here);
            self.line += here.len();
            run = after;
        }
    }

    fn quoted(&mut self, byte: u8) {
        self.make_room(3);
        self.bytes.extend([b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        self.line += 3;
    }

    fn make_room(&mut self, bytes: usize) {
        if self.line + bytes >= LINE {
            self.bytes.extend(b"=\r\n");
            self.line = 0;
        }
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
