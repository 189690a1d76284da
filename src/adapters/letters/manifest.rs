//! The list of a day's letters, `manifest.csv`: what was put into the folder, for whom, why on paper.
//!
//! Append-only, one line per notice, each written and synchronised before the post is reported as done. The caller holds
//! the folder's lock. A line torn by a crash is cut off before the next one is written; its letter is posted again then.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

pub(super) const FILE_NAME: &str = "manifest.csv";
const HEADER: &str = "notice,customer,name,pages,reason,sha256,file\n";

/// One letter as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) notice: &'a str,
    pub(super) customer: &'a str,
    pub(super) name: &'a str,
    pub(super) pages: usize,
    /// Why it goes by paper though it was not planned so; empty if it was.
    pub(super) reason: &'a str,
    pub(super) sha256: &'a str,
    pub(super) file: &'a str,
}

/// A day's manifest, open, with every line whole.
#[derive(Debug)]
pub(super) struct Manifest {
    file: File,
    text: String,
}

impl Manifest {
    /// Opens or begins the manifest of `folder` and cuts off a torn last line.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE_NAME);
        let is_new = !path.exists();
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            bytes.truncate(whole);
            file.set_len(u64::try_from(whole).unwrap_or(0))?;
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| io::Error::other(format!("{FILE_NAME} is not UTF-8: it was changed by another program")))?;
        let mut manifest = Self { file, text };
        if manifest.text.is_empty() {
            manifest.append(HEADER)?;
        }
        if is_new {
            File::open(folder)?.sync_all()?;
        }
        Ok(manifest)
    }

    /// The hash under which a notice was posted, if it was.
    pub(super) fn sha256_of(&self, notice: &str) -> Option<String> {
        let line = self.text.lines().find(|line| line.strip_prefix(notice).is_some_and(|rest| rest.starts_with(',')))?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
        let record = reader.records().next()?.ok()?;
        record.get(5).map(str::to_owned)
    }

    /// Writes a line and waits until it is on the disk.
    pub(super) fn add(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let pages = entry.pages.to_string();
        let fields = [entry.notice, entry.customer, entry.name, &pages, entry.reason, entry.sha256, entry.file];
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(fields.map(inert)).map_err(io::Error::other)?;
        let line = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        self.append(&String::from_utf8_lossy(&line))
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        self.file.seek(SeekFrom::End(0))?;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_all()?;
        self.text.push_str(line);
        Ok(())
    }
}

/// One line of text that no spreadsheet takes for a formula.
fn inert(field: &str) -> String {
    let line = super::address::single_line(field);
    if line.starts_with(['=', '+', '-', '@']) { format!("'{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Entry<'_> = Entry {
        notice: "a1",
        customer: "7",
        name: "=SUM(A1), \"Co\"\nKG",
        pages: 2,
        reason: "no e-mail address",
        sha256: "ff",
        file: "7-a1.pdf",
    };

    #[test]
    fn a_line_reads_back_and_is_no_formula() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(folder.path()).unwrap();
        assert_eq!(manifest.sha256_of("a1"), None);
        manifest.add(&ENTRY).unwrap();
        assert_eq!(manifest.sha256_of("a1").as_deref(), Some("ff"));
        assert_eq!(manifest.sha256_of("a"), None);
        let text = std::fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
        assert_eq!(text, format!("{HEADER}a1,7,\"'=SUM(A1), \"\"Co\"\" KG\",2,no e-mail address,ff,7-a1.pdf\n"));
    }

    #[test]
    fn a_torn_line_is_cut_off_wherever_it_was_torn() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(folder.path()).unwrap();
        manifest.add(&ENTRY).unwrap();
        manifest.add(&Entry { notice: "b2", ..ENTRY }).unwrap();
        let path = folder.path().join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        for torn in 0..whole.len() {
            std::fs::write(&path, &whole[..torn]).unwrap();
            let mut manifest = Manifest::open(folder.path()).unwrap();
            for notice in ["a1", "b2"] {
                if manifest.sha256_of(notice).is_none() {
                    manifest.add(&Entry { notice, ..ENTRY }).unwrap();
                }
            }
            assert_eq!(std::fs::read(&path).unwrap(), whole, "torn after {torn} bytes");
        }
    }
}
