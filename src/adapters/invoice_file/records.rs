//! Text to records: csv-core splits, this bounds the memory, counts lines as editors do, and notices quotes that never close.

use super::decode::{Decoded, TextFailure};
use csv_core::{ReadRecordResult, ReaderBuilder};
use std::borrow::Cow;

/// A record that is longer is a quote that was never closed, not an invoice.
const LONGEST_RECORD: usize = 1024 * 1024;
const MOST_FIELDS: usize = 4096;
const PIECE: usize = 64 * 1024;

/// Why no record could be read. Nothing after it can be trusted, so it ends the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordFailure {
    #[error("a quote that opens in this record is never closed: close it, or write it twice where it belongs to the text")]
    OpenQuote,
    #[error("the record is longer than 1 MiB, as if a quote that opens in it were never closed: close it, or write it twice")]
    TooLong,
    #[error("the record has more than {MOST_FIELDS} fields: set the delimiter of the file in [format] of the map")]
    TooManyFields,
    #[error(transparent)]
    Text(#[from] TextFailure),
}

/// Counts line ends as editors do: LF, CR LF and a lone CR are one each.
#[derive(Clone, Copy, Debug)]
struct Lines {
    current: u64,
    after_cr: bool,
}

impl Lines {
    fn pass(&mut self, text: &[u8]) {
        for byte in text {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.current += 1,
                _ => {}
            }
            self.after_cr = *byte == b'\r';
        }
    }
}

/// Reads one record after the other into the same memory.
#[derive(Debug)]
pub(super) struct Records {
    text: Decoded,
    splitter: csv_core::Reader,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    lines: Lines,
    record: Record,
    output: Vec<u8>,
    ends: Vec<usize>,
}

/// The fields of one record.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Where it begins, from 1.
    pub line: u64,
    text: String,
    ends: Vec<usize>,
}

impl Record {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at `position`; empty if there is none.
    pub(super) fn field(&self, position: usize) -> &str {
        let start = position.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(position).and_then(|end| self.text.get(start..*end)).unwrap_or_default()
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|position| self.field(position))
    }

    fn set(&mut self, output: &[u8], ends: &[usize]) {
        self.text.clear();
        // The input is valid text and is only cut at ASCII characters, so nothing is replaced here.
        match String::from_utf8_lossy(output) {
            Cow::Borrowed(text) => self.text.push_str(text),
            Cow::Owned(text) => self.text = text,
        }
        self.ends.clear();
        self.ends.extend_from_slice(ends);
    }
}

impl Records {
    pub(super) fn new(text: Decoded, delimiter: u8, quote: Option<u8>) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).quoting(quote.is_some());
        if let Some(quote) = quote {
            builder.quote(quote);
        }
        Self {
            text,
            splitter: builder.build(),
            buffer: vec![0; PIECE],
            at: 0,
            filled: 0,
            lines: Lines { current: 1, after_cr: false },
            record: Record::default(),
            output: vec![0; 4096],
            ends: vec![0; 64],
        }
    }

    /// The line that is read next, from 1.
    pub(super) fn line(&self) -> u64 {
        self.lines.current
    }

    /// The record that [`Self::advance`] read.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Passes over whole lines, whatever stands in them.
    ///
    /// # Errors
    /// When the text can't be read.
    pub(super) fn skip_lines(&mut self, lines: u32) -> Result<(), TextFailure> {
        let wanted = self.lines.current + u64::from(lines);
        while self.fill()? && (self.lines.current < wanted || (self.lines.after_cr && self.buffer[self.at] == b'\n')) {
            self.consume(1);
        }
        Ok(())
    }

    /// Reads the next record that is not an empty line; false at the end.
    ///
    /// # Errors
    /// [`RecordFailure`]; nothing can be read after it.
    pub(super) fn advance(&mut self) -> Result<bool, RecordFailure> {
        while self.fill()? && matches!(self.buffer[self.at], b'\r' | b'\n') {
            self.consume(1);
        }
        self.record.line = self.lines.current;
        if self.at == self.filled {
            return Ok(false);
        }
        let (mut written, mut fields) = (0, 0);
        loop {
            // At the end of the file a line end is added: inside quotes it is text, everywhere else it completes the record.
            let open = self.fill()?;
            let input: &[u8] = if open { &self.buffer[self.at..self.filled] } else { b"\n" };
            let (result, read, out, ended) = self.splitter.read_record(input, &mut self.output[written..], &mut self.ends[fields..]);
            written += out;
            fields += ended;
            if open {
                self.consume(read);
            }
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::OutputFull => grow(&mut self.output, LONGEST_RECORD).ok_or(RecordFailure::TooLong)?,
                ReadRecordResult::OutputEndsFull => grow(&mut self.ends, MOST_FIELDS).ok_or(RecordFailure::TooManyFields)?,
                ReadRecordResult::InputEmpty if open => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Err(RecordFailure::OpenQuote),
            }
        }
        self.record.set(&self.output[..written], &self.ends[..fields]);
        Ok(true)
    }

    /// Makes sure that there is text; false at the end.
    fn fill(&mut self) -> Result<bool, TextFailure> {
        if self.at == self.filled {
            (self.at, self.filled) = (0, 0);
            self.filled = self.text.read(&mut self.buffer)?;
        }
        Ok(self.filled > 0)
    }

    fn consume(&mut self, bytes: usize) {
        self.lines.pass(&self.buffer[self.at..self.at + bytes]);
        self.at += bytes;
    }
}

/// Doubles the memory; None if that would pass the bound.
fn grow<T: Clone + Default>(memory: &mut Vec<T>, most: usize) -> Option<()> {
    if memory.len() >= most {
        return None;
    }
    memory.resize((memory.len() * 2).min(most), T::default());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_8;

    type Read = (u64, Vec<String>);

    fn records(text: &str, quote: Option<u8>) -> (Vec<Read>, Option<(u64, String)>) {
        let source = Box::new(std::io::Cursor::new(text.to_owned().into_bytes()));
        let mut records = Records::new(Decoded::new(source, UTF_8), b';', quote);
        let mut read = Vec::new();
        loop {
            match records.advance() {
                Ok(true) => read.push((records.record().line, records.record().fields().map(str::to_owned).collect())),
                Ok(false) => return (read, None),
                Err(failure) => return (read, Some((records.record().line, failure.to_string()))),
            }
        }
    }

    fn expect(text: &str, expected: &[(u64, &[&str])]) {
        let expected: Vec<Read> =
            expected.iter().map(|(line, fields)| (*line, fields.iter().map(|field| (*field).to_owned()).collect())).collect();
        assert_eq!(records(text, Some(b'"')), (expected, None), "{text:?}");
    }

    #[test]
    fn lines_are_counted_as_editors_do() {
        expect("a;b\n1;2\n", &[(1, &["a", "b"]), (2, &["1", "2"])]);
        expect("a;b\r\n1;2\r\n3;4", &[(1, &["a", "b"]), (2, &["1", "2"]), (3, &["3", "4"])]);
        expect("a\r1\r2", &[(1, &["a"]), (2, &["1"]), (3, &["2"])]);
        expect("\n\na\n\r\n\n1\n", &[(3, &["a"]), (6, &["1"])]);
        expect("a;\"x\r\ny\";b\r\n1;2;3", &[(1, &["a", "x\r\ny", "b"]), (3, &["1", "2", "3"])]);
        expect("ä;\"say \"\"hi\"\"\";\n;;", &[(1, &["ä", "say \"hi\"", ""]), (2, &["", "", ""])]);
        expect("", &[]);
        expect("\n\r\n", &[]);
    }

    #[test]
    fn a_quote_that_never_closes_is_named_with_its_line() {
        let (read, failure) = records("a;b\n1;2\n3;\"4\n5;6\n", Some(b'"'));
        assert_eq!(read.len(), 2);
        let (line, message) = failure.unwrap();
        assert!(line == 3 && message.contains("never closed"), "{line}: {message}");
        assert!(records("a\n\"", Some(b'"')).1.is_some());
        assert_eq!(records("a;b\n1;\"2\n", None).1, None, "without quotes there is none to close");
    }

    #[test]
    fn no_record_outgrows_its_bounds() {
        let endless = format!("a;b\n1;\"{}\n{}", "x".repeat(2 * LONGEST_RECORD), "1;2\n".repeat(10));
        let (read, failure) = records(&endless, Some(b'"'));
        assert_eq!(read.len(), 1);
        assert!(failure.is_some_and(|(line, message)| line == 2 && message.contains("1 MiB")));
        let wide = ";".repeat(MOST_FIELDS + 10);
        assert!(records(&wide, Some(b'"')).1.is_some_and(|(_, message)| message.contains("fields")));
    }

    #[test]
    fn title_lines_are_skipped_and_counted() {
        let source = Box::new(std::io::Cursor::new(b"OPOS \"list\r\n\r\nNr;Betrag\r\n1;2\r\n".to_vec()));
        let mut records = Records::new(Decoded::new(source, UTF_8), b';', Some(b'"'));
        records.skip_lines(2).unwrap();
        assert!(records.advance().unwrap());
        assert_eq!((records.record().line, records.record().field(0)), (3, "Nr"));
    }
}
