//! What others have recorded of our notices: Message-IDs in a server's log, in an archive of mails, in a list, and the
//! notices that a print batch's manifests name.
//!
//! A Message-ID is `NOTICE@domain` with 32 hex digits, which nothing else looks like; so any text is searched for them. A
//! bounce or an answer that names one proves as well that the mail left.

use crate::domain::ids::NoticeId;
use crate::domain::time::Timestamp;
use chrono::DateTime;
use mail_parser::MessageParser;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

const DIGITS: usize = 32;
/// The list that stands in each folder of a print batch.
const MANIFEST: &str = "manifest.csv";

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Notices with the instant at which they left, where it is written.
    pub notices: BTreeMap<NoticeId, Option<Timestamp>>,
    pub files: usize,
    /// Print batches' manifests among the files.
    pub manifests: usize,
}

impl Records {
    /// Reads a file, or every file below a folder: lists, logs, `.eml`, Maildir, mbox, manifests.
    ///
    /// # Errors
    /// The path that can't be read, and why.
    pub fn read(&mut self, path: &Path) -> Result<(), (PathBuf, io::Error)> {
        let fault = |error| (path.to_owned(), error);
        if path.is_dir() {
            for entry in std::fs::read_dir(path).map_err(fault)? {
                self.read(&entry.map_err(fault)?.path())?;
            }
            return Ok(());
        }
        let bytes = std::fs::read(path).map_err(fault)?;
        self.files += 1;
        if path.file_name().is_some_and(|name| name == MANIFEST) {
            self.manifests += 1;
            bytes.split(|byte| *byte == b'\n').filter_map(alone).for_each(|id| self.note(id, None));
        } else if bytes.starts_with(b"From ") {
            mails_of(&bytes).for_each(|mail| self.mail(mail));
        } else if is_mail(&bytes) {
            self.mail(&bytes);
        } else {
            bytes.split(|byte| *byte == b'\n').for_each(|line| self.line(line));
        }
        Ok(())
    }

    fn note(&mut self, id: NoticeId, at: Option<Timestamp>) {
        let known = self.notices.entry(id).or_default();
        *known = known.or(at);
    }

    /// A mail: its own id with its date, and whatever else it names.
    fn mail(&mut self, bytes: &[u8]) {
        let message = MessageParser::default().parse_headers(bytes);
        let own = message.as_ref().and_then(|message| ids(message.message_id()?.as_bytes()).next());
        let date = message.as_ref().and_then(|message| message.date()).map(|date| Timestamp(date.to_timestamp().saturating_mul(1000)));
        for id in ids(bytes) {
            let at = if own.as_ref() == Some(&id) { date } else { None };
            self.note(id, at);
        }
    }

    /// A line of a log or a list; an instant in it (RFC 3339) belongs to the ids.
    fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let instant = |word: &str| DateTime::parse_from_rfc3339(word.trim_matches(|c: char| !c.is_ascii_alphanumeric())).ok();
        let at = text.split_whitespace().find_map(instant).map(|at| Timestamp(at.timestamp_millis()));
        for id in ids(line).chain(alone(line)) {
            self.note(id, at);
        }
    }
}

/// Whether a file begins like a mail: with lines of its head, one of which is the Message-ID.
fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes.split(|byte| *byte == b'\n').take(200).take_while(|line| !line.is_empty() && *line != b"\r");
    head.into_iter().any(|line| line.get(..11).is_some_and(|start| start.eq_ignore_ascii_case(b"Message-ID:")))
}

/// The mails of an mbox file.
fn mails_of(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(bytes.windows(6).enumerate().filter(|(_, six)| *six == b"\nFrom ").map(|(at, _)| at + 1)).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain(std::iter::once(bytes.len())).collect();
    starts.into_iter().zip(ends).filter_map(|(start, end)| {
        let mail = bytes.get(start..end)?;
        // The line `From …` is not the mail's.
        let head = mail.iter().position(|byte| *byte == b'\n')? + 1;
        mail.get(head..)
    })
}

/// Every `NOTICE@` in these bytes.
fn ids(bytes: &[u8]) -> impl Iterator<Item = NoticeId> {
    let at_signs = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'@').map(|(at, _)| at);
    at_signs.filter_map(|at| {
        let start = at.checked_sub(DIGITS)?;
        let longer = start.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_alphanumeric);
        if longer { None } else { notice(bytes.get(start..at)?) }
    })
}

/// The notice that a line consists of, or that is its first field.
fn alone(line: &[u8]) -> Option<NoticeId> {
    let line = line.trim_ascii();
    let ends = line.get(DIGITS).is_none_or(|byte| matches!(byte, b',' | b';' | b'\t' | b' '));
    if ends { notice(line.get(..DIGITS)?) } else { None }
}

fn notice(digits: &[u8]) -> Option<NoticeId> {
    let hex = digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex { Some(NoticeId(String::from_utf8_lossy(digits).into_owned())) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "00112233445566778899aabbccddeeff";
    const B: &str = "ffeeddccbbaa99887766554433221100";

    fn read(files: &[(&str, &str)]) -> Records {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut records = Records::default();
        records.read(folder.path()).unwrap();
        records
    }

    fn told(records: &Records) -> Vec<(String, Option<i64>)> {
        records.notices.iter().map(|(id, at)| (id.0[..4].to_owned(), at.map(|at| at.0))).collect()
    }

    #[test]
    fn a_log_and_a_list_name_ids_with_their_instants() {
        let log = format!("2026-11-21T09:00:00+01:00 mx postfix/cleanup[1]: 4F: message-id=<{A}@muster.example>\nnothing here\n");
        let list = format!("<{B}@muster.example>\n{A}\nx{B}\n{A}0@other\n");
        let records = read(&[("mail.log", &log), ("list.txt", &list)]);
        assert_eq!(told(&records), [("0011".to_owned(), Some(1_795_248_000_000)), ("ffee".to_owned(), None)]);
    }

    #[test]
    fn a_mail_has_its_date_and_a_bounce_proves_the_mail_that_it_names() {
        let mail = format!("Date: Sat, 21 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{A}@muster.example>\r\nSubject: x\r\n\r\nText\r\n");
        let bounce = format!("Message-ID: <1@mx>\nDate: Sat, 21 Nov 2026 09:00:00 +0000\nIn-Reply-To: <{B}@muster.example>\n\nsorry\n");
        let records = read(&[("cur/1.eml", &mail), ("new/2", &bounce)]);
        assert_eq!(told(&records), [("0011".to_owned(), Some(1_795_248_000_000)), ("ffee".to_owned(), None)]);
    }

    #[test]
    fn an_mbox_is_its_mails_and_a_manifest_names_letters() {
        let one = |id: &str, hour: u32| format!("From x Sat\nDate: Sat, 21 Nov 2026 0{hour}:00:00 +0000\nMessage-ID: <{id}@m>\n\nText\n\n");
        let records = read(&[("all.mbox", &format!("{}{}", one(A, 8), one(B, 9)))]);
        assert_eq!(told(&records), [("0011".to_owned(), Some(1_795_248_000_000)), ("ffee".to_owned(), Some(1_795_251_600_000))]);
        let records = read(&[("2026-11-21/manifest.csv", &format!("notice,customer\n{A},C1\n")), ("2026-11-21/x.pdf", "%PDF")]);
        assert_eq!((told(&records), records.manifests), (vec![("0011".to_owned(), None)], 1));
    }
}
