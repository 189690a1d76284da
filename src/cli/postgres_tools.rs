//! PostgreSQL's own programs, `pg_dump` and `pg_restore`: started without a password on their command line.

use anyhow::{Context, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// A database as those programs are told of it.
#[derive(Debug)]
pub(super) struct Connection {
    url: String,
    password: Option<String>,
}

impl Connection {
    /// Takes the password out of the URL: others may read command lines.
    pub(super) fn of(url: &str) -> Self {
        let split = || {
            let (scheme, rest) = url.split_once("://")?;
            let (user, place) = rest.rsplit_once('@')?;
            let (name, password) = user.split_once(':')?;
            Some((format!("{scheme}://{name}@{place}"), decoded(password)))
        };
        split().map_or_else(|| Self { url: url.to_owned(), password: None }, |(url, password)| Self { url, password: Some(password) })
    }

    /// Runs one of the programs and waits for its end. `--dbname` is added where the program is to connect.
    ///
    /// # Errors
    /// When it is not installed, with what to do; or what it said.
    pub(super) fn run(&self, program: &str, args: &[&str], file: Option<&Path>) -> anyhow::Result<()> {
        let mut command = Command::new(program);
        command.args(args);
        command.args(file);
        if !args.contains(&"--list") {
            command.arg("--dbname").arg(&self.url);
        }
        if let Some(password) = &self.password {
            command.env("PGPASSWORD", password);
        }
        let output = match command.stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
                "{program} is not installed: install PostgreSQL's client programs of the server's version (Debian: postgresql-client), \
                 or back the database up with your own tools (docs/operate/backup.md)"
            ),
            Err(error) => return Err(error).with_context(|| format!("starting {program}")),
        };
        if !output.status.success() {
            bail!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }
}

/// A URL's `%41` as the byte that it stands for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_on_the_command_line() {
        let connection = Connection::of("postgres://anna:p%40ss:w@db.internal/mahnwerk");
        assert_eq!((connection.url.as_str(), connection.password.as_deref()), ("postgres://anna@db.internal/mahnwerk", Some("p@ss:w")));
        assert_eq!(Connection::of("postgres://db/mahnwerk").password, None);
    }

    #[test]
    fn a_missing_program_is_named_with_what_to_do() {
        let error = Connection::of("postgres://db/x").run("pg_dump-of-no-release", &["--list"], None).unwrap_err();
        assert!(error.to_string().contains("is not installed: install PostgreSQL's client programs"), "{error}");
    }
}
