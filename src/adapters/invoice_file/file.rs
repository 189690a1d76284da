//! An invoice file, read row by row with the same memory however long it is.

use super::binding::Binding;
use super::decode::{Decoded, TextFailure};
use super::format::Format;
use super::map::{Map, MapProblem};
use super::reading::Reading;
use super::records::{Record, RecordFailure, Records};
use super::row::{InvoiceRow, RowProblem};
use super::values::{is_misread, shortened};
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// Why nothing of a file can be read.
#[derive(Debug)]
pub struct FileError {
    /// As it was named to us.
    pub file: String,
    pub problem: FileProblem,
}

/// What is wrong with a whole file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    #[error("can't be opened: {0}")]
    Open(#[from] io::Error),
    #[error("is empty: its first line must name the columns")]
    Empty,
    #[error("is {0}, not CSV: export it as CSV")]
    Foreign(&'static str),
    /// Its heading can't be read; the line and why.
    #[error("line {line}: {why}")]
    Heading { line: u64, why: String },
    /// The map names columns that the heading lacks.
    #[error("line {line} lacks columns that the map names{hint}")]
    Columns { line: u64, problems: Vec<MapProblem>, hint: String },
}

impl fmt::Display for FileError {
    /// One line, or several if columns are missing: then each names its line in the map.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.problem)?;
        if let FileProblem::Columns { problems, .. } = &self.problem {
            for problem in problems {
                match problem.line {
                    0 => write!(f, "\n  {}: {}", problem.field, problem.message)?,
                    line => write!(f, "\n  map line {line}: {}: {}", problem.field, problem.message)?,
                }
            }
        }
        Ok(())
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.problem)
    }
}

/// The rows of one file: an iterator of invoices and of rows that were refused.
///
/// A problem with [`RowProblem::ends_file`] is the last item. Whoever wants all of a file or nothing reads it twice.
#[derive(Debug)]
pub struct InvoiceFile {
    records: Records,
    binding: Binding,
    format: Format,
    columns: usize,
    folder: PathBuf,
    ended: bool,
}

impl InvoiceFile {
    /// Opens a file and reads its heading. Documents of its rows are relative to its folder.
    ///
    /// # Errors
    /// When it can't be read, is no CSV, or lacks columns that the map names.
    pub fn open(path: &Path, map: &Map) -> Result<Self, FileError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| FileError { file: name.clone(), problem: error.into() })?;
        let mut rows = Self::read(&name, Box::new(file), map)?;
        rows.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(rows)
    }

    /// Reads from any source; `name` stands in messages. Documents of its rows keep their relative paths.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(name: &str, source: Box<dyn Read + Send>, map: &Map) -> Result<Self, FileError> {
        Self::begin(source, map).map_err(|problem| FileError { file: name.to_owned(), problem })
    }

    fn begin(source: Box<dyn Read + Send>, map: &Map) -> Result<Self, FileProblem> {
        let source = refuse_foreign(source)?;
        let format = map.format.clone();
        let mut records = Records::new(Decoded::new(source, format.encoding), format.delimiter, format.quote);
        let heading = |line, why: &dyn fmt::Display| FileProblem::Heading { line, why: why.to_string() };
        if let Err(failure) = records.skip_lines(format.skip_lines) {
            return Err(heading(records.line(), &failure));
        }
        match records.advance() {
            Ok(true) => {}
            Ok(false) => return Err(FileProblem::Empty),
            Err(failure) => return Err(heading(failure_line(&failure, &records), &failure)),
        }
        let header = records.record();
        if header.fields().any(|name| name.contains('\0')) {
            return Err(heading(header.line, &"has NUL characters, as UTF-16 does: set encoding = \"utf-16le\" in [format] of the map"));
        }
        let binding = Binding::new(map, header).map_err(|problems| FileProblem::Columns {
            line: header.line,
            problems,
            hint: hint(header, format.delimiter),
        })?;
        let columns = header.len();
        Ok(Self { records, binding, format, columns, folder: PathBuf::new(), ended: false })
    }

    /// To the next record that says anything: spreadsheets end with rows of delimiters.
    fn advance(&mut self) -> Result<bool, RecordFailure> {
        while self.records.advance()? {
            if self.records.record().fields().any(|field| !field.trim().is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn row(&mut self) -> Result<InvoiceRow, RowProblem> {
        let record = self.records.record();
        if let Some(message) = wrong_count(record.len(), self.columns, record.fields().skip(self.columns)) {
            let value = shortened(record.field(0));
            return Err(RowProblem { line: record.line, column: None, field: "row", value, message, ends_file: false });
        }
        self.binding.load(record);
        Reading { record, binding: &self.binding, format: &self.format, folder: &self.folder, warnings: Vec::new() }.invoice()
    }
}

impl Iterator for InvoiceFile {
    type Item = Result<InvoiceRow, RowProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.advance() {
            Ok(true) => Some(self.row()),
            Ok(false) => {
                self.ended = true;
                None
            }
            Err(failure) => {
                self.ended = true;
                let line = failure_line(&failure, &self.records);
                let message = format!("{failure}; nothing after it was read");
                Some(Err(RowProblem { line, column: None, field: "row", value: String::new(), message, ends_file: true }))
            }
        }
    }
}

/// A failure of the text is where reading stopped; one of the record is where the record began.
fn failure_line(failure: &RecordFailure, records: &Records) -> u64 {
    match failure {
        RecordFailure::Text(TextFailure::Malformed { .. } | TextFailure::Io(_)) => records.line(),
        RecordFailure::OpenQuote | RecordFailure::TooLong | RecordFailure::TooManyFields => records.record().line,
    }
}

/// Recognises what people rename to `.csv`, by its first bytes.
fn refuse_foreign(mut source: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, FileProblem> {
    let mut head = Vec::new();
    source.by_ref().take(4).read_to_end(&mut head)?;
    match head.as_slice() {
        [] => Err(FileProblem::Empty),
        b"PK\x03\x04" => Err(FileProblem::Foreign("an Excel workbook or a ZIP archive")),
        b"\xd0\xcf\x11\xe0" => Err(FileProblem::Foreign("an old Excel workbook")),
        b"%PDF" => Err(FileProblem::Foreign("a PDF")),
        _ => Ok(Box::new(Cursor::new(head).chain(source))),
    }
}

/// Fields beyond the heading's are fine as long as they are empty: many programs end each line with a delimiter.
fn wrong_count<'r>(fields: usize, columns: usize, mut beyond: impl Iterator<Item = &'r str>) -> Option<String> {
    if fields == columns || (fields > columns && beyond.all(|field| field.trim().is_empty())) {
        return None;
    }
    let advice = if fields > columns { "put values that contain the delimiter in quotes" } else { "write every field, empty ones too" };
    Some(format!("begins a row of {fields} fields where the heading has {columns}: {advice}"))
}

/// What else may be wrong with a heading that lacks columns.
fn hint(header: &Record, delimiter: u8) -> String {
    if header.fields().any(is_misread) {
        return "; its umlauts are UTF-8 read as another encoding: set encoding = \"utf-8\" in [format] of the map".to_owned();
    }
    let heading = header.field(0).as_bytes();
    let other = [(b';', ";"), (b'\t', "tab"), (b',', ","), (b'|', "|")].into_iter().find(|(byte, _)| heading.contains(byte));
    match other {
        Some((byte, name)) if header.len() == 1 && byte != delimiter => {
            format!("; it is one single column: set delimiter = \"{name}\" in [format] of the map")
        }
        _ => String::new(),
    }
}
