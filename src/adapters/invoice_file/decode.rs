//! Bytes to text, piece by piece. Bytes that are none in the file's encoding end the file where they stand.
//!
//! A byte-order mark wins over the declared encoding: nothing else begins with those bytes.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use std::io::{self, Read};

const PIECE: usize = 64 * 1024;

/// Why the text ends before the file does.
#[derive(Debug, thiserror::Error)]
pub(super) enum TextFailure {
    #[error("byte {offset} is no {encoding} text: {advice}")]
    Malformed { offset: u64, encoding: &'static str, advice: &'static str },
    #[error("can't be read any further: {0}")]
    Io(#[from] io::Error),
}

/// A source of bytes, read as text.
pub(super) struct Decoded {
    source: Box<dyn Read + Send>,
    decoder: Decoder,
    bytes: Vec<u8>,
    /// What of `bytes` is not decoded yet.
    at: usize,
    filled: usize,
    /// Bytes of the source before `bytes`.
    before: u64,
    ended: bool,
    failure: Option<TextFailure>,
}

impl std::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoded").field("encoding", &self.decoder.encoding().name()).field("before", &self.before).finish_non_exhaustive()
    }
}

impl Decoded {
    pub(super) fn new(source: Box<dyn Read + Send>, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder();
        Self { source, decoder, bytes: vec![0; PIECE], at: 0, filled: 0, before: 0, ended: false, failure: None }
    }

    /// Fills `text` from the front with whole characters in UTF-8; 0 at the end. Text before a failure is given out first.
    ///
    /// # Errors
    /// Bytes that are no text in this encoding, and what the operating system says.
    pub(super) fn read(&mut self, text: &mut [u8]) -> Result<usize, TextFailure> {
        let mut written = 0;
        while written == 0 {
            if let Some(failure) = self.failure.take() {
                self.ended = true;
                return Err(failure);
            }
            if self.ended {
                return Ok(0);
            }
            let last = self.at == self.filled && self.fill()?;
            written = self.decode(text, last);
        }
        Ok(written)
    }

    /// Reads the next piece; true at the end of the source.
    fn fill(&mut self) -> Result<bool, TextFailure> {
        self.before += self.filled as u64;
        self.at = 0;
        self.filled = 0;
        self.filled = loop {
            match self.source.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    return Err(error.into());
                }
                Ok(read) => break read,
            }
        };
        Ok(self.filled == 0)
    }

    fn decode(&mut self, text: &mut [u8], last: bool) -> usize {
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(&self.bytes[self.at..self.filled], text, last);
        self.at += read;
        match result {
            DecoderResult::InputEmpty => self.ended = last,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let end = self.before + self.at as u64;
                let encoding = self.decoder.encoding();
                let advice = if encoding == UTF_8 {
                    "if the file was written on Windows, set encoding = \"windows-1252\" in [format] of the map, else export it as UTF-8"
                } else {
                    "set the encoding that the file was written in under [format] of the map, or export it as UTF-8"
                };
                // Positions count from 1, as editors do.
                let offset = end.saturating_sub(u64::from(length) + u64::from(after)) + 1;
                self.failure = Some(TextFailure::Malformed { offset, encoding: encoding.name(), advice });
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{UTF_16LE, WINDOWS_1252};

    /// Gives one byte at a time, so that every character is cut.
    struct Dripping(Vec<u8>, usize);

    impl Read for Dripping {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some(byte) = self.0.get(self.1) else { return Ok(0) };
            self.1 += 1;
            out[0] = *byte;
            Ok(1)
        }
    }

    fn all(bytes: &[u8], encoding: &'static Encoding) -> (String, Option<String>) {
        let mut text = Decoded::new(Box::new(Dripping(bytes.to_vec(), 0)), encoding);
        let (mut out, mut piece) = (Vec::new(), [0; 16]);
        loop {
            match text.read(&mut piece) {
                Ok(0) => return (String::from_utf8(out).unwrap(), None),
                Ok(written) => out.extend_from_slice(&piece[..written]),
                Err(failure) => return (String::from_utf8(out).unwrap(), Some(failure.to_string())),
            }
        }
    }

    #[test]
    fn encodings_and_byte_order_marks_are_read() {
        for (bytes, encoding, text) in [
            ("Größe €".as_bytes(), UTF_8, "Größe €"),
            (b"\xef\xbb\xbfNr;1".as_slice(), UTF_8, "Nr;1"),
            (b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe".as_slice(), WINDOWS_1252, "Größe"),
            (b"Gr\xf6\xdfe \x80".as_slice(), WINDOWS_1252, "Größe €"),
            (b"N\0r\0\xdf\0".as_slice(), UTF_16LE, "Nrß"),
            (b"\xff\xfeN\0r\0".as_slice(), UTF_8, "Nr"),
            (b"".as_slice(), UTF_8, ""),
        ] {
            assert_eq!(all(bytes, encoding), (text.to_owned(), None), "{text}");
        }
    }

    #[test]
    fn foreign_bytes_end_the_text_and_are_named() {
        let (text, failure) = all(b"Nr\nGr\xf6\xdfe\n", UTF_8);
        assert_eq!(text, "Nr\nGr");
        let failure = failure.unwrap();
        assert!(failure.starts_with("byte 6 is no UTF-8 text") && failure.contains("windows-1252"), "{failure}");
        assert!(all(b"ab\xc3", UTF_8).1.unwrap().starts_with("byte 3 "));
        assert!(all(b"N\0\x00\xd8N\0", UTF_16LE).1.unwrap().contains("UTF-16LE"));
    }
}
