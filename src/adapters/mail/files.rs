//! Mail into a folder, one `.eml` each, for those who look before they send or let another program pick it up.

use crate::engine::ports::{Envelope, Mailer, Outcome};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// File systems allow 255 bytes; the ending and the mark of an unfinished file need some.
const NAME_BYTES_MAX: usize = 200;

/// Writes messages into a folder that must exist.
///
/// A file is whole or absent (temporary file, fsync, rename, fsync of the folder), and its name is the message's, so
/// sending again replaces it by the same bytes. The envelope is not written: BCC recipients are lost on this way.
#[derive(Clone, Debug)]
pub struct FileMailer {
    folder: PathBuf,
}

impl FileMailer {
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }
}

impl Mailer for FileMailer {
    fn describe(&self) -> String {
        format!("files {}", self.folder.display())
    }

    /// Writes a file and removes it again.
    fn check(&self) -> BoxFuture<'_, Result<String, String>> {
        let folder = self.folder.clone();
        async move {
            let probe = tokio::task::spawn_blocking(move || {
                let path = folder.join(".mahnwerk-check.part");
                let result = fs::write(&path, b"may we write here?").and_then(|()| fs::remove_file(&path));
                result.map(|()| format!("{} is writable", folder.display())).map_err(|error| format!("{}: {error}", folder.display()))
            });
            probe.await.unwrap_or_else(|error| Err(error.to_string()))
        }
        .boxed()
    }

    fn send<'a>(&'a self, name: &'a str, _envelope: &'a Envelope, message: &'a [u8]) -> BoxFuture<'a, Outcome> {
        if let Err(reason) = check_name(name) {
            return futures::future::ready(Outcome::Failed { reason }).boxed();
        }
        let (folder, file, message) = (self.folder.clone(), format!("{name}.eml"), message.to_vec());
        async move {
            let written = tokio::task::spawn_blocking(move || write(&folder, &file, &message));
            match written.await {
                Ok(Ok(path)) => Outcome::Done { reply: format!("written to {}", path.display()) },
                Ok(Err(error)) => Outcome::Retry { reason: error.to_string(), after: None },
                // A write that panicked is a write that may be repeated.
                Err(error) => Outcome::Retry { reason: error.to_string(), after: None },
            }
        }
        .boxed()
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.starts_with('.');
    if fits && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | '=')) {
        return Ok(());
    }
    Err(format!(
        "\"{}\" is no file name: letters, digits and -_.@+= only, at most {NAME_BYTES_MAX} bytes, no dot first",
        name.escape_debug()
    ))
}

fn write(folder: &Path, file: &str, message: &[u8]) -> io::Result<PathBuf> {
    let unfinished = folder.join(format!(".{file}.part"));
    let path = folder.join(file);
    let told = |path: &Path, error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let result = File::create(&unfinished).and_then(|mut out| {
        out.write_all(message)?;
        out.sync_all()
    });
    result.and_then(|()| fs::rename(&unfinished, &path)).map_err(|error| told(&path, error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| told(folder, error))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_can_not_leave_the_folder() {
        for name in ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "a\nb", &"x".repeat(201)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("01J9ZK-1_a@example.com").is_ok());
    }
}
