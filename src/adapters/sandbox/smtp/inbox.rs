//! What the sandbox received: the newest messages whole, a count of every Message-ID for ever.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// 1 for the first since the start, never reused.
    pub number: u64,
    pub received_ms: i64,
    /// Which connection brought it, counted from 1.
    pub connection: u64,
    pub encrypted: bool,
    /// The user who had logged in.
    pub login: Option<String>,
    /// The envelope, which need not agree with the head of the message.
    pub sender: String,
    pub recipients: Vec<String>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// The text, without the dots that SMTP puts in.
    pub bytes: Vec<u8>,
}

/// [`super::SmtpSandbox::wait_for`] waited in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{received} messages came within the time, not {wanted}")]
pub struct TooFew {
    pub received: u64,
    pub wanted: u64,
}

#[derive(Debug, Default)]
pub(super) struct Inbox {
    messages: VecDeque<Arc<Received>>,
    bytes: usize,
    total: u64,
    counts: HashMap<String, u64>,
}

impl Inbox {
    /// Keeps the message and gives it its number; the oldest go when there are too many.
    pub(super) fn add(&mut self, mut message: Received, keep_messages: usize, keep_bytes: usize) -> u64 {
        self.total += 1;
        message.number = self.total;
        if let Some(id) = &message.message_id {
            match self.counts.get_mut(id) {
                Some(count) => *count += 1,
                None => {
                    self.counts.insert(id.clone(), 1);
                }
            }
        }
        self.bytes += message.bytes.len();
        self.messages.push_back(Arc::new(message));
        while self.messages.len() > keep_messages || self.bytes > keep_bytes {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.bytes.len();
        }
        self.total
    }

    /// Oldest first.
    pub(super) fn messages(&self) -> Vec<Arc<Received>> {
        self.messages.iter().cloned().collect()
    }

    pub(super) fn message(&self, number: u64) -> Option<Arc<Received>> {
        let first = self.messages.front()?.number;
        self.messages.get(usize::try_from(number.checked_sub(first)?).ok()?).cloned()
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.iter().map(|(id, count)| (id.clone(), *count)).collect()
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Forgets messages and counts; numbers go on.
    pub(super) fn clear(&mut self) {
        *self = Self { total: self.total, ..Self::default() };
    }
}

/// The Message-ID header's value without brackets. Looks at the head only.
pub(super) fn message_id(message: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"message-id:";
    let mut lines = message.split(|b| *b == b'\n').take_while(|line| !line.is_empty() && *line != b"\r");
    let first = lines.find(|line| line.len() >= NAME.len() && line[..NAME.len()].eq_ignore_ascii_case(NAME))?;
    // A long id may stand on the next line (folded).
    let mut value = String::from_utf8_lossy(&first[NAME.len()..]).trim().to_owned();
    if value.is_empty() {
        value = String::from_utf8_lossy(lines.next().filter(|line| line.starts_with(b" ") || line.starts_with(b"\t"))?).trim().to_owned();
    }
    let id = value.trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then(|| id.to_owned())
}

/// Writes one message as a file; the envelope goes before it as headers, as delivering servers do.
pub(super) fn write_file(folder: &Path, number: u64, message: &Received) -> io::Result<()> {
    let mut file = format!("Return-Path: <{}>\r\n", message.sender).into_bytes();
    for recipient in &message.recipients {
        file.extend_from_slice(format!("Delivered-To: {recipient}\r\n").as_bytes());
    }
    file.extend_from_slice(&message.bytes);
    let unfinished = folder.join(format!(".{number:08}.part"));
    fs::write(&unfinished, file)?;
    fs::rename(unfinished, folder.join(format!("{number:08}.eml")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(id: &str, size: usize) -> Received {
        Received {
            number: 0,
            received_ms: 0,
            connection: 1,
            encrypted: false,
            login: None,
            sender: "a@b".to_owned(),
            recipients: vec!["c@d".to_owned()],
            message_id: Some(id.to_owned()),
            bytes: vec![b'x'; size],
        }
    }

    #[test]
    fn keeps_the_newest_and_counts_all() {
        let mut inbox = Inbox::default();
        for id in ["a", "b", "a", "c"] {
            inbox.add(received(id, 10), 3, 25);
        }
        assert_eq!(inbox.messages().iter().map(|m| m.number).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(inbox.message(3).unwrap().message_id.as_deref(), Some("a"));
        assert!(inbox.message(2).is_none() && inbox.message(5).is_none());
        assert_eq!(inbox.counts().into_iter().collect::<Vec<_>>(), [("a".to_owned(), 2), ("b".to_owned(), 1), ("c".to_owned(), 1)]);
        inbox.clear();
        assert_eq!((inbox.total(), inbox.messages().len(), inbox.counts().len()), (4, 0, 0));
    }

    #[test]
    fn finds_the_message_id_in_the_head_only() {
        for (message, id) in [
            ("Subject: x\r\nMessage-ID: <1@x>\r\n\r\n", Some("1@x")),
            ("message-id:<2@x>\n\nbody", Some("2@x")),
            ("Message-ID:\r\n <3@x>\r\nTo: y\r\n\r\n", Some("3@x")),
            ("To: y\r\n\r\nMessage-ID: <4@x>\r\n", None),
            ("", None),
        ] {
            assert_eq!(message_id(message.as_bytes()).as_deref(), id, "{message:?}");
        }
    }
}
