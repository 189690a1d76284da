//! A tenant's settings as they were published on the pages: read over what the file says, table by table, by the same reader.
//!
//! What leads into the machine stays the operator's: paths, addresses of services, how patiently and how often at once. Secrets are named
//! by their id and pictures by their hash, so that such a text may be shown.

use super::{NamedTenant, Problem, Severity};
use crate::domain::toml_reader::{Document, Overrides};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What only the file may say.
const OPERATORS: [(&str, &str); 10] = [
    ("mail", "folder"),
    ("smtp", "password"),
    ("smtp", "password_file"),
    ("smtp", "ca_file"),
    ("smtp", "connections"),
    ("smtp", "timeout_seconds"),
    ("smtp", "delivery_timeout_seconds"),
    ("lexoffice", "api_key_file"),
    ("lexoffice", "base_url"),
    ("lexoffice", "webhook_key_file"),
];

/// A key of a published text that names a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretKey {
    pub table: &'static str,
    /// The key of the file that it stands for.
    pub key: &'static str,
    /// Table and key as problems and forms name it.
    pub path: &'static str,
    /// What such a secret is kept for.
    pub purpose: &'static str,
}

pub const SECRET_KEYS: [SecretKey; 2] = [
    SecretKey { table: "smtp", key: "password", path: "smtp.password_secret", purpose: "smtp.password" },
    SecretKey { table: "lexoffice", key: "api_key", path: "lexoffice.api_key_secret", purpose: "lexoffice.api_key" },
];

/// How a secret is got, by its id and what it is for.
pub type OpenSecret<'a> = &'a dyn Fn(i64, &str) -> Result<String, String>;

/// Stands before the hash of a picture that is in the ledger.
const DOCUMENT: &str = "document:";

/// How a picture of the ledger is named, by the hex digits of its hash and the ending of its kind: `svg`, `png`, `jpg`.
#[must_use]
pub fn document_name(hash: &str, ending: &str) -> String {
    format!("{DOCUMENT}{hash}.{ending}")
}

/// The hex digits of the hash that a picture is named by; `None` for a file of the machine.
#[must_use]
pub fn document_of(picture: &Path) -> Option<&str> {
    let (hash, _) = picture.to_str()?.strip_prefix(DOCUMENT)?.split_once('.')?;
    (hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(hash)
}

/// The settings that `text` makes of `base`, the file's.
///
/// # Errors
/// Everything that is wrong with it; `field` is the dotted path of the key.
pub fn published(text: &str, base: &NamedTenant, open: OpenSecret<'_>) -> Result<NamedTenant, Vec<Problem>> {
    let mut table: Table = text.parse().map_err(|error: toml::de::Error| vec![problem("", error.message().to_owned())])?;
    let mut problems = refused(&table);
    let above = secrets(&mut table, base, open, &mut problems);
    let sound = table.to_string();
    let document = Document::new(&sound, above);
    let mut tenant = NamedTenant::read(&document.root(), base, &|_| Err("is a file of the machine".to_owned()));
    problems.extend(document.into_problems().into_iter().map(in_terms_of_pages));
    keep_operators(&mut tenant, &table, base);
    if problems.iter().any(Problem::is_error) { Err(problems) } else { Ok(tenant) }
}

/// What stands at a dotted path.
#[must_use]
pub fn value_at<'t>(table: &'t Table, path: &str) -> Option<&'t Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((name, rest)) => value_at(table.get(name)?.as_table()?, rest),
    }
}

fn problem(field: &str, message: String) -> Problem {
    Problem { severity: Severity::Error, line: 0, column: 0, field: field.to_owned(), message }
}

/// What stands in it that only the file may say.
fn refused(table: &Table) -> Vec<Problem> {
    let value = |path: &str| value_at(table, path);
    let operators = OPERATORS.iter().chain(&[("lexoffice", "api_key")]).map(|(table, key)| format!("{table}.{key}"));
    let mut problems: Vec<_> = operators
        .filter(|path| value(path).is_some())
        .map(|path| problem(path.as_str(), "is set in worker.toml by whoever runs the machine: take it out".to_owned()))
        .collect();
    for path in ["letterhead", "layout.logo"] {
        let named = value(path).and_then(Value::as_str).unwrap_or_default();
        if !named.is_empty() && document_of(Path::new(named)).is_none() {
            problems.push(problem(path, "names a file of the machine: upload the picture instead".to_owned()));
        }
    }
    if value("lexoffice.workflow").and_then(Value::as_str).is_some_and(|name| name.contains(['.', '/', '\\'])) {
        problems.push(problem("lexoffice.workflow", "must be the name of a workflow, such as \"standard\"".to_owned()));
    }
    problems
}

/// Takes the ids of secrets out of the text; what they stand for, above it. A secret of the file's is kept for the account that the
/// file names, so that nobody can have it sent elsewhere.
fn secrets(table: &mut Table, base: &NamedTenant, open: OpenSecret<'_>, problems: &mut Vec<Problem>) -> Overrides {
    let mut above = Overrides::default();
    for SecretKey { table: name, key, path, purpose } in SECRET_KEYS {
        let Some(part) = table.get_mut(name).and_then(Value::as_table_mut) else { continue };
        let secret = match part.remove(&format!("{key}_secret")) {
            None if name == "smtp" => same_account(part, base).then(|| base.smtp.password.expose().to_owned()),
            None => base.lexoffice.as_ref().map(|lexoffice| lexoffice.api_key.expose().to_owned()),
            Some(id) => match id.as_integer().ok_or_else(|| "must be the number of a secret".to_owned()).and_then(|id| open(id, purpose)) {
                Ok(secret) => Some(secret),
                Err(message) => {
                    problems.push(problem(path, message));
                    // It is there, so nothing else is to be said about it.
                    Some("-".to_owned())
                }
            },
        };
        if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
            above.insert(&format!("{name}.{key}"), path.to_owned(), secret);
        }
    }
    above
}

fn same_account(smtp: &Table, base: &NamedTenant) -> bool {
    let is = |key: &str, word: &str| smtp.get(key).and_then(Value::as_str).unwrap_or_default() == word;
    is("host", &base.smtp.host) && is("user", &base.smtp.user)
}

/// Pages have no files: what lacks there is the secret itself.
fn in_terms_of_pages(problem: Problem) -> Problem {
    let (field, message) = match problem.field.as_str() {
        "smtp.password_file" => ("smtp.password_secret", "is missing beside the user: enter the password"),
        "lexoffice.api_key_file" => ("lexoffice.api_key_secret", "is missing: enter the API key of the account"),
        _ => return problem,
    };
    Problem { field: field.to_owned(), message: message.to_owned(), ..problem }
}

/// What the text may not say is as the file says it.
fn keep_operators(tenant: &mut NamedTenant, table: &Table, base: &NamedTenant) {
    tenant.mail.folder.clone_from(&base.mail.folder);
    let has = |name: &str| table.contains_key(name);
    if has("layout") && table.get("layout").and_then(|layout| layout.get("logo")).is_none() {
        tenant.layout.logo.clone_from(&base.layout.logo);
    }
    if has("smtp") {
        let (smtp, file) = (&mut tenant.smtp, &base.smtp);
        smtp.ca_file.clone_from(&file.ca_file);
        (smtp.connections, smtp.timeout_seconds, smtp.delivery_timeout_seconds) =
            (file.connections, file.timeout_seconds, file.delivery_timeout_seconds);
        smtp.password_file = if smtp.password == file.password { file.password_file.clone() } else { PathBuf::new() };
    }
    match (&mut tenant.lexoffice, &base.lexoffice) {
        (Some(lexoffice), Some(file)) => {
            lexoffice.base_url.clone_from(&file.base_url);
            lexoffice.webhook_key_file.clone_from(&file.webhook_key_file);
            lexoffice.api_key_file = if lexoffice.api_key == file.api_key { file.api_key_file.clone() } else { PathBuf::new() };
        }
        (lexoffice @ None, file) if !has("lexoffice") => lexoffice.clone_from(file),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Tls, parse};

    const FILE: &str = r#"
[tenants.muster]
language = "en"
[tenants.muster.creditor]
name = "Alt"
[tenants.muster.layout]
logo = "logos/alt.svg"
[tenants.muster.smtp]
host = "mail.alt.example"
user = "alt"
password = "of-the-file"
ca_file = "ca.pem"
[tenants.muster.mail]
folder = "alt-outbox"
from = "alt@muster.example"
[tenants.muster.lexoffice]
api_key = "key-of-the-file"
base_url = "http://127.0.0.1:9/v1"
"#;

    fn base() -> NamedTenant {
        parse(FILE).unwrap().tenant_named("muster")
    }

    fn open(id: i64, purpose: &str) -> Result<String, String> {
        match (id, purpose) {
            (17, "smtp.password") | (18, "lexoffice.api_key") => Ok(format!("opened-{id}")),
            _ => Err("can't be opened".to_owned()),
        }
    }

    fn wrong(text: &str) -> Vec<(String, String)> {
        let problems = published(text, &base(), &open).expect_err(text);
        problems.into_iter().map(|problem| (problem.field, problem.message)).collect()
    }

    #[test]
    fn what_is_published_stands_above_the_file_table_by_table() {
        assert_eq!(published("", &base(), &open), Ok(base()));
        let text = "zone = \"Europe/Vienna\"\n[creditor]\niban = \"DE89 3704 0044 0532 0130 00\"\n[mail]\nfrom = \"neu@muster.example\"\n";
        let tenant = published(text, &base(), &open).unwrap();
        assert_eq!((tenant.tenant.zone.name(), tenant.tenant.language.as_str()), ("Europe/Vienna", "en"));
        assert_eq!((tenant.tenant.creditor.name.as_str(), tenant.tenant.creditor.iban.as_str()), ("", "DE89370400440532013000"));
        assert_eq!((tenant.mail.from.as_str(), tenant.mail.folder), ("neu@muster.example", PathBuf::from("alt-outbox")));
        assert_eq!((tenant.smtp, tenant.lexoffice), (base().smtp, base().lexoffice), "tables that it does not have are the file's");
    }

    #[test]
    fn secrets_are_named_by_their_id_and_the_files_stay_with_the_files_account() {
        let smtp = |rest: &str| published(&format!("[smtp]\n{rest}"), &base(), &open).map(|tenant| tenant.smtp);
        let own = smtp("host = \"mail.neu.example\"\nuser = \"neu\"\npassword_secret = 17\n").unwrap();
        assert_eq!((own.password.expose(), own.tls, own.ca_file), ("opened-17", Tls::Implicit, PathBuf::from("ca.pem")));
        assert_eq!(smtp("host = \"mail.alt.example\"\nuser = \"alt\"\nport = 587\n").unwrap().password.expose(), "of-the-file");
        let lost = [("smtp.password_secret".to_owned(), "is missing beside the user: enter the password".to_owned())];
        assert_eq!(wrong("[smtp]\nhost = \"mail.evil.example\"\nuser = \"alt\"\n"), lost);
        assert_eq!(wrong("[smtp]\nhost = \"a\"\nuser = \"b\"\npassword_secret = 18\n")[0].0, "smtp.password_secret");

        let lexoffice = published("[lexoffice]\nsync = false\n", &base(), &open).unwrap().lexoffice.unwrap();
        assert_eq!(
            (lexoffice.api_key.expose(), lexoffice.sync, lexoffice.base_url.as_str()),
            ("key-of-the-file", false, "http://127.0.0.1:9/v1")
        );
        let own =
            published("[lexoffice]\napi_key_secret = 18\n", &Config::default().tenant_named("neu"), &open).unwrap().lexoffice.unwrap();
        assert_eq!(own.api_key.expose(), "opened-18");
        let none = published("[lexoffice]\n", &Config::default().tenant_named("neu"), &open).unwrap_err();
        assert_eq!(none[0].field, "lexoffice.api_key_secret");
    }

    #[test]
    fn what_leads_into_the_machine_is_refused_by_name() {
        for path in [
            "mail.folder",
            "smtp.password",
            "smtp.password_file",
            "smtp.ca_file",
            "lexoffice.api_key",
            "lexoffice.api_key_file",
            "lexoffice.base_url",
            "lexoffice.webhook_key_file",
        ] {
            let (table, key) = path.split_once('.').unwrap();
            assert!(
                wrong(&format!("[{table}]\n{key} = \"/etc/passwd\"\n"))
                    .iter()
                    .any(|(field, why)| field == path && why.contains("worker.toml")),
                "{path}"
            );
        }
        assert!(wrong("letterhead = \"/etc/head.svg\"\n")[0].1.contains("upload"));
        assert_eq!(wrong("[layout]\nlogo = \"../x.png\"\n")[0].0, "layout.logo");
        assert_eq!(wrong("[lexoffice]\nworkflow = \"../x.toml\"\n")[0].0, "lexoffice.workflow");
        assert_eq!(wrong("[creditor]\niban = \"DE89370400440532013001\"\n")[0].0, "creditor.iban");
        assert!(wrong("zone = ")[0].0.is_empty());
    }

    #[test]
    fn pictures_of_the_ledger_are_told_from_files() {
        let name = document_name(&"ab".repeat(32), "png");
        assert_eq!(document_of(Path::new(&name)), Some("ab".repeat(32).as_str()));
        for file in ["logo.svg", "document:short.png", "document:../../etc/passwd"] {
            assert_eq!(document_of(Path::new(file)), None, "{file}");
        }
        assert_eq!(published(&format!("[layout]\nlogo = \"{name}\"\n"), &base(), &open).unwrap().layout.logo, PathBuf::from(name));
        assert_eq!(published("[layout]\naccent = \"#123456\"\n", &base(), &open).unwrap().layout.logo, PathBuf::from("logos/alt.svg"));
        assert_eq!(published("[layout]\nlogo = \"\"\n", &base(), &open).unwrap().layout.logo, PathBuf::new());
    }
}
