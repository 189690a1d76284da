//! Letters for those who print themselves: a folder per day with one PDF per notice and a manifest.
//!
//! Order of writing: the PDF (whole or not at all, on the disk), then its line in the manifest. So a line means that
//! the PDF is there, or was and has been taken away to be printed: repeating a post then changes nothing. All of it happens
//! under a lock of the day's folder, so several processes may post into it.

use super::address::single_line;
use super::manifest::{Entry, Manifest};
use super::pages::any_page_count;
use crate::domain::notice::Notice;
use crate::engine::ports::{LetterPost, Outcome, PostItem};
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The print batch in a folder.
#[derive(Clone, Debug)]
pub struct PrintBatch {
    folder: PathBuf,
}

impl PrintBatch {
    /// The folder is made when it is first needed.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn probe(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        drop(locked(&self.folder)?);
        Ok(())
    }
}

impl LetterPost for PrintBatch {
    fn describe(&self) -> String {
        format!("print batch in {}", self.folder.display())
    }

    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        let batch = self.clone();
        Box::pin(async move {
            let shown = batch.folder.display().to_string();
            match blocking(move || batch.probe()).await {
                Ok(()) => Ok(format!("letters can be written to {shown}")),
                Err(error) => Err(format!("letters can't be written to {shown}: {error}; make the folder writable for this program")),
            }
        })
    }

    fn post<'a>(&'a self, item: &'a PostItem<'a>) -> BoxFuture<'a, Outcome> {
        let letter = match OwnedLetter::new(item) {
            Ok(letter) => letter,
            Err(reason) => return Box::pin(async { Outcome::Failed { reason } }),
        };
        let folder = self.folder.clone();
        Box::pin(async move {
            match blocking(move || letter.put(&folder)).await {
                Ok(outcome) => outcome,
                // A post may be repeated, so an error on the way is no reason to ask a person.
                Err(error) => Outcome::Retry { reason: format!("the letter can't be written: {error}"), after: None },
            }
        })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// What a post needs, for a thread that may block.
#[derive(Debug)]
struct OwnedLetter {
    day: String,
    file: String,
    notice: String,
    customer: String,
    name: String,
    reason: String,
    pages: usize,
    sha256: String,
    pdf: Vec<u8>,
    /// What lies in the same envelope: files beside the letter's.
    enclosed: Vec<(String, Vec<u8>)>,
}

impl OwnedLetter {
    fn new(item: &PostItem<'_>) -> Result<Self, String> {
        let Notice { id, recipient, date, .. } = item.notice;
        if id.0.is_empty() || file_name(&id.0) != id.0 {
            return Err(format!("the notice's id `{id}` can't be part of a file name"));
        }
        let pages = any_page_count(item.pdf).ok_or_else(|| format!("the letter of notice {id} is not a PDF"))?;
        let customer = if recipient.number.trim().is_empty() { file_name(&recipient.name) } else { file_name(&recipient.number) };
        let stem = if customer.is_empty() { id.0.clone() } else { format!("{customer}-{id}") };
        let beside =
            |(place, (number, pdf)): (usize, &(&str, &[u8]))| (format!("{stem}-{}-{}.pdf", place + 1, file_name(number)), pdf.to_vec());
        Ok(Self {
            day: date.format("%Y-%m-%d").to_string(),
            file: format!("{stem}.pdf"),
            enclosed: item.enclosed.iter().enumerate().map(beside).collect(),
            notice: id.0.clone(),
            customer: single_line(&recipient.number),
            name: single_line(&recipient.name),
            reason: single_line(item.reason.unwrap_or_default()),
            pages,
            sha256: Sha256::digest(item.pdf).iter().map(|byte| format!("{byte:02x}")).collect(),
            pdf: item.pdf.to_vec(),
        })
    }

    fn put(&self, folder: &Path) -> io::Result<Outcome> {
        let day = folder.join(&self.day);
        if !day.is_dir() {
            std::fs::create_dir_all(&day)?;
            File::open(folder)?.sync_all()?;
        }
        let _lock = locked(&day)?;
        let mut manifest = Manifest::open(&day)?;
        match manifest.sha256_of(&self.notice) {
            Some(sha256) if sha256 == self.sha256 => return Ok(self.done()),
            Some(_) => return Ok(self.differs(&self.file)),
            None => {}
        }
        for (file, pdf) in self.enclosed.iter().map(|(file, pdf)| (file, pdf)).chain([(&self.file, &self.pdf)]) {
            let path = day.join(file);
            match std::fs::read(&path) {
                Ok(present) if present == *pdf => File::open(&path)?.sync_all()?,
                Ok(_) => return Ok(self.differs(file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.write(&day, &path, pdf)?,
                Err(error) => return Err(error),
            }
        }
        manifest.add(&Entry {
            notice: &self.notice,
            customer: &self.customer,
            name: &self.name,
            pages: self.pages,
            reason: &self.reason,
            sha256: &self.sha256,
            file: &self.file,
        })?;
        Ok(self.done())
    }

    /// The temporary file's name is the notice's, so that one left over by a crash is written over.
    fn write(&self, day: &Path, path: &Path, pdf: &[u8]) -> io::Result<()> {
        let temporary = day.join(format!(".{}.part", self.notice));
        let mut file = File::create(&temporary)?;
        file.write_all(pdf)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        File::open(day)?.sync_all()
    }

    fn done(&self) -> Outcome {
        let beside = if self.enclosed.is_empty() { String::new() } else { format!(", with {} enclosed", self.enclosed.len()) };
        Outcome::Done { reply: format!("{}/{}, {} pages{beside}, sha256 {}", self.day, self.file, self.pages, self.sha256) }
    }

    /// It may have been printed: what is there is never replaced.
    fn differs(&self, file: &str) -> Outcome {
        Outcome::Failed { reason: format!("{}/{file} was written before with other content, and may have been printed", self.day) }
    }
}

/// Waits for the folder's lock; it ends with the file handle, also when the process dies.
fn locked(folder: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(folder.join(".lock"))?;
    file.lock()?;
    Ok(file)
}

/// Letters, digits, `-` and `_`, at most 40; every other character is a `_`. So a name can't leave the folder, hide, or
/// be a switch to a program that gets it as an argument.
fn file_name(text: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = text.trim().chars().take(40).map(safe).collect();
    name.trim_start_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_stay_in_their_folder() {
        for (text, name) in [
            ("10023", "10023"),
            ("../../etc/passwd", "______etc_passwd"),
            ("-rf", "rf"),
            (".hidden", "_hidden"),
            ("K 7/ü", "K_7_ü"),
            ("a\0b", "a_b"),
        ] {
            assert_eq!(file_name(text), name);
        }
        assert_eq!(file_name(&"9".repeat(400)).len(), 40);
    }
}
