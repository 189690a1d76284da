//! Holds the shape of the sources: which layer may name which, what the domain must not know, how long a file may be,
//! and that both databases have the same schema. Reads the files of the repository; runs nothing of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each layer may name of the crate besides itself. Rims come last: everything below them is open to them.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("store", &["domain"]),
    ("engine", &["domain", "store"]),
    ("workers", &["domain", "engine::ports"]),
    ("adapters", &["domain", "engine::ports", "engine::source::ports", "engine::webhooks", "store::documents"]),
    ("assembly", &["domain", "config", "store", "engine", "workers", "adapters"]),
    ("web", &["domain", "config", "store", "engine", "workers", "adapters", "assembly"]),
    ("cli", &["domain", "config", "store", "engine", "workers", "adapters", "assembly", "web"]),
];

/// What makes a function's result hang on more than its arguments, or a sum on the order of its parts.
const UNKNOWN_TO_THE_DOMAIN: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures",
    "sqlx",
    "tracing",
    "SystemTime",
    "Instant",
    "f32",
    "f64",
    "HashMap",
    "HashSet",
    "rand",
    "getrandom",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
];

/// Ways of SQL to read the clock or throw dice: both are parameters.
const UNKNOWN_TO_SQL: &[&str] =
    &["now(", "current_timestamp", "current_date", "current_time", "clock_timestamp", "strftime", "julianday", "datetime(", "random("];

const NAMES_THAT_SAY_NOTHING: &[&str] = &["util", "utils", "helper", "helpers", "manager", "common", "misc"];

const LONGEST_FILE: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Rust source: its path below the repository, and its code with comments left out.
struct Source {
    path: String,
    text: String,
    code: String,
}

fn sources(folder: &str) -> Vec<Source> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.lines().map(|line| before_comment(line).to_owned() + "\n").collect();
        Source { path: relative(&path), text, code }
    };
    let sources: Vec<_> = files_below(&root().join(folder)).into_iter().filter(|path| is_rust(path)).map(read).collect();
    assert!(!sources.is_empty(), "{folder} holds no Rust sources");
    sources
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Up to `//`, which inside a string (a URL) only cuts off more than a comment.
fn before_comment(line: &str) -> &str {
    line.find("//").map_or(line, |at| &line[..at])
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether `word` stands in `code` by itself, not as a part of a longer name.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_word);
        let after = code[at + word.len()..].chars().next().is_some_and(is_word);
        !before && !after
    })
}

/// The module path of a source: `src/domain/instance/decide.rs` is `[domain, instance, decide]`.
fn module(path: &str) -> Vec<&str> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect()
}

/// Every path of the crate that the code names, from the crate's root on: `engine::ports::Job`.
fn named_paths(source: &Source) -> Vec<String> {
    let module = module(&source.path);
    let mut named = Vec::new();
    for start in ["crate::", "mahnwerk::", "super::"] {
        for (at, _) in source.code.match_indices(start) {
            let whole = !source.code[..at].ends_with("::") && !source.code[..at].chars().next_back().is_some_and(is_word);
            if whole {
                named.extend(resolve(&source.code[at..], &module));
            }
        }
    }
    named
}

/// The paths that `text` begins with, braces written out one level deep. `super` counts from the file's module; in its
/// inner modules (`mod tests`) it leads less far up, so that they are judged too strictly, never too mildly.
fn resolve(text: &str, module: &[&str]) -> Vec<String> {
    let mut rest = text;
    let mut depth = module.len();
    while let Some(after) = rest.strip_prefix("super::") {
        depth = depth.saturating_sub(1);
        rest = after;
    }
    if let Some(after) = rest.strip_prefix("crate::").or_else(|| rest.strip_prefix("mahnwerk::")) {
        (depth, rest) = (0, after);
    }
    let prefix = module[..depth].join("::");
    let path = |tail: &str| if prefix.is_empty() { tail.to_owned() } else { format!("{prefix}::{tail}") };
    if let Some(list) = rest.strip_prefix('{') {
        let list = list.split('}').next().unwrap_or_default();
        return list.split(',').map(|item| path(plain_path(item.trim()))).filter(|path| !path.is_empty()).collect();
    }
    vec![path(plain_path(rest))]
}

fn plain_path(text: &str) -> &str {
    let end = text.find(|character: char| !is_word(character) && character != ':').unwrap_or(text.len());
    text[..end].trim_end_matches(':')
}

fn allowed(layer: &str, path: &str) -> bool {
    let (_, open) = LAYERS.iter().find(|(name, _)| *name == layer).unwrap_or_else(|| panic!("{layer} is no layer: name it in LAYERS"));
    let below = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"));
    // `use crate::store;` opens all of a layer: what is open in part is named in full.
    below(layer) || open.iter().any(|prefix| below(prefix))
}

#[test]
fn a_layer_names_only_those_below_it() {
    let layers: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources("src") {
        let Some(layer) = module(&source.path).first().map(|layer| (*layer).to_owned()) else { continue };
        for path in named_paths(&source) {
            let first = path.split("::").next().unwrap_or_default();
            if layers.contains(first) {
                seen += 1;
                if !allowed(&layer, &path) {
                    wrong.push(format!("{}: {layer} names {path}", source.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 200, "only {seen} names were found: the search is broken");
}

#[test]
fn the_search_for_names_finds_what_it_must() {
    let found = |path: &str, code: &str| {
        let source = Source { path: path.to_owned(), text: String::new(), code: code.to_owned() };
        named_paths(&source)
    };
    assert_eq!(found("src/domain/instance/decide.rs", "use super::super::super::store::Row;"), ["store::Row"]);
    assert_eq!(found("src/domain/instance/mod.rs", "use super::ids::{InvoiceId, NoticeId};"), ["domain::ids"]);
    assert_eq!(found("src/web/pages.rs", "crate::{engine::ports, store}"), ["engine::ports", "store"]);
    assert_eq!(found("src/main.rs", "mahnwerk::cli::main()"), ["cli::main"]);
    assert!(allowed("adapters", "engine::ports::Job") && !allowed("adapters", "engine::plan"));
    assert!(!allowed("adapters", "engine") && !allowed("domain", "store") && !allowed("store", "engine::ports"));
    assert!(names("let x: f64 = 0", "f64") && !names("let f640 = 0", "f64"));
}

#[test]
fn every_folder_of_the_sources_is_a_layer() {
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let known = ["lib.rs", "main.rs"].contains(&name) || LAYERS.iter().any(|(layer, _)| *layer == name);
        assert!(known, "src/{name} is no layer: see tests/it/architecture.rs");
    }
}

#[test]
fn the_domain_is_pure() {
    for source in sources("src/domain") {
        let code = source.code.split("#[cfg(test)]").next().unwrap_or_default();
        for word in UNKNOWN_TO_THE_DOMAIN {
            assert!(!names(code, word), "{}: the domain must not know {word}", source.path);
        }
    }
}

#[test]
fn only_workers_know_the_queue_library() {
    for source in sources("src").iter().filter(|source| !source.path.starts_with("src/workers/")) {
        let named = source.code.match_indices("apalis").any(|(at, _)| source.code[at..].trim_start_matches(is_word).starts_with("::"));
        assert!(!named, "{}: only workers name apalis", source.path);
    }
}

#[test]
fn time_and_dice_are_parameters_of_sql() {
    let migrations =
        files_below(&root().join("migrations")).into_iter().map(|path| (relative(&path), std::fs::read_to_string(path).unwrap()));
    // Asks the database what time it is and does nothing else: its answer is a parameter of whatever follows.
    let statements =
        sources("src/store").into_iter().filter(|source| source.path != "src/store/process.rs").map(|source| (source.path, source.code));
    for (path, sql) in statements.chain(migrations) {
        let sql = sql.to_lowercase();
        for call in UNKNOWN_TO_SQL {
            let found = sql.match_indices(call).any(|(at, _)| !sql[..at].chars().next_back().is_some_and(is_word));
            assert!(!found, "{path}: {call} makes a statement hang on more than its parameters");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for source in sources("src").into_iter().chain(sources("tests")) {
        let lines = source.text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        assert!(lines <= LONGEST_FILE, "{}: {lines} lines; a file has one subject", source.path);
        let header = source.text.lines().next().unwrap_or_default();
        let says = header.strip_prefix("//! ").is_some_and(|header| header.len() > 15);
        assert!(says, "{}: the first line says what the file is for: //! …", source.path);
    }
}

#[test]
fn names_say_something() {
    for folder in ["src", "tests", "templates", "workflows", "migrations", "docs"] {
        for path in files_below(&root().join(folder)) {
            let path = relative(&path);
            let parts: BTreeSet<&str> = path.split(['/', '.', '_', '-']).collect();
            for name in NAMES_THAT_SAY_NOTHING {
                assert!(!parts.contains(name), "{path}: `{name}` says nothing about what is in it");
            }
        }
    }
}

// ---- both databases -------------------------------------------------------------------------------------------------

/// The tables and indexes that migrations make and alter, each statement in one line, in PostgreSQL's types.
fn schema(database: &str) -> BTreeMap<String, Vec<String>> {
    let files = files_below(&root().join("migrations").join(database));
    let mut schema = BTreeMap::new();
    for file in files {
        let sql = std::fs::read_to_string(&file).unwrap();
        let sql: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        let statements = sql.join(" ").split(';').map(normal).filter(|sql| is_shared(sql)).collect();
        schema.insert(file.file_name().unwrap().to_str().unwrap().to_owned(), statements);
    }
    schema
}

fn normal(statement: &str) -> String {
    let spaced = statement.replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
    let words = spaced.split_whitespace().map(|word| match word {
        "INTEGER" => "BIGINT",
        "BLOB" => "BYTEA",
        // SQLite adds no column that is stored, and older PostgreSQL knows no other.
        "VIRTUAL" => "STORED",
        other => other,
    });
    words.filter(|word| !matches!(*word, "STRICT" | "COLLATE" | "\"C\"")).collect::<Vec<_>>().join(" ")
}

/// SQLite knows no change of a constraint, where it is changed as text, and none of how a column is stored.
fn is_shared(statement: &str) -> bool {
    let made = !statement.contains(" CONSTRAINT ") && !statement.contains(" SET STORAGE ");
    made && ["CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE INDEX", "ALTER TABLE", "DROP"].iter().any(|start| statement.starts_with(start))
}

#[test]
fn both_databases_have_the_same_migrations_tables_and_indexes() {
    let (sqlite, postgres) = (schema("sqlite"), schema("postgres"));
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>(), "numbers and names are the same");
    let mut tables = 0;
    for (file, statements) in &sqlite {
        for (ours, theirs) in statements.iter().zip(&postgres[file]) {
            assert_eq!(ours, theirs, "{file}");
            tables += usize::from(ours.starts_with("CREATE TABLE"));
        }
        assert_eq!(statements.len(), postgres[file].len(), "{file}: one has statements that the other has not");
    }
    assert!(tables >= 10, "only {tables} tables were found: the parser is broken");
}

#[test]
fn text_sorts_by_bytes_on_postgresql() {
    for file in files_below(&root().join("migrations/postgres")) {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let line = line.split("--").next().unwrap_or_default();
            if names(line, "TEXT") {
                assert!(line.contains("TEXT COLLATE \"C\""), "{}: {line}", relative(&file));
            }
        }
    }
}

/// What must not be changed is guarded by the database itself, on both.
#[test]
fn both_databases_guard_the_same_tables() {
    let guarded = |database: &str| -> BTreeSet<(String, String)> {
        let mut guarded = BTreeSet::new();
        for file in files_below(&root().join("migrations").join(database)) {
            let sql = std::fs::read_to_string(file).unwrap();
            for trigger in sql.split("CREATE TRIGGER").skip(1) {
                let words: Vec<&str> = trigger.split_whitespace().take_while(|word| !matches!(*word, "FOR" | "BEGIN")).collect();
                let Some(on) = words.iter().position(|word| *word == "ON") else { panic!("no table: {trigger}") };
                let acts = words[..on].iter().filter(|word| matches!(**word, "UPDATE" | "DELETE"));
                guarded.extend(acts.map(|act| (words[on + 1].to_owned(), (*act).to_owned())));
            }
        }
        guarded
    };
    let sqlite = guarded("sqlite");
    assert_eq!(sqlite, guarded("postgres"));
    let history = ["UPDATE", "DELETE"].map(|act| ("transition".to_owned(), act.to_owned()));
    assert!(history.iter().all(|guard| sqlite.contains(guard)), "{sqlite:?}");
}
