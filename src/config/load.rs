//! Brings the file, the environment and the password files together. The only place of `config` that opens files.

use super::{Config, Problem, environment, read};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Read if no other file is named, and allowed to be absent.
pub const DEFAULT_FILE: &str = "worker.toml";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{} can't be read: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{}", Listed(path, problems))]
    Problems { path: PathBuf, problems: Vec<Problem> },
}

struct Listed<'a>(&'a Path, &'a [Problem]);

/// One line for each problem.
impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.0.display().to_string();
        let lines: Vec<String> = self.1.iter().map(|problem| problem.in_file(&file)).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Reads the file at `path`, or `worker.toml` in the working directory if there is one, with `env` above it.
///
/// # Errors
/// When a file that was named can't be read, or with everything that is wrong in it and in the environment.
pub fn load(path: Option<&Path>, env: impl Iterator<Item = (String, String)>) -> Result<Config, LoadError> {
    let file = path.unwrap_or(Path::new(DEFAULT_FILE));
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if path.is_none() && error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(LoadError::File { path: file.to_owned(), source }),
    };
    read(&text, environment::overrides(env), &read_secret).map_err(|problems| LoadError::Problems { path: file.to_owned(), problems })
}

/// The first line of a file: editors and `echo` end it with a newline that is no part of the secret.
fn read_secret(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() || secret.contains('\n') {
        return Err(format!("{} must hold the secret in one line and nothing else", path.display()));
    }
    Ok(secret.to_owned())
}
