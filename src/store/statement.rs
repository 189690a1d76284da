//! A statement: one SQL text for both databases, with tokens where they must differ.
//!
//! | token | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | `{rows}` | `json_each($1) AS r` | `json_array_elements(CAST($1 AS json)) AS r` |
//! | `{batch}` | `(VALUES (?, …), …) AS r` | `unnest($1::bigint[], …) AS r (c0, …)` |
//! | `{iN}` | integer of field N of a row | the same |
//! | `{tN}` | text of field N | the same |
//! | `{bN}` | bytes of field N, written as hex | the same |
//! | `{lock}` | nothing: the transaction is immediate | `FOR UPDATE` |
//!
//! `{rows}` is always fed by `$1`: a JSON array with one array per row. `{batch}` takes the same place and is fed by a
//! [`Batch`](super::batch::Batch): what is written for every stage of every instance. A field is named with one type only.

use std::fmt::Write as _;
use std::sync::OnceLock;

/// The numbers of rows that a `{batch}` statement has a text for on SQLite: any number of rows is a few of the largest and at most one
/// of each other.
const BLOCKS: [usize; 9] = [512, 128, 64, 32, 16, 8, 4, 2, 1];

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A named SQL text.
#[derive(Debug)]
pub struct Statement {
    pub name: &'static str,
    text: &'static str,
    sqlite: OnceLock<&'static str>,
    postgres: OnceLock<&'static str>,
    blocks: [OnceLock<&'static str>; BLOCKS.len()],
}

impl Statement {
    #[must_use]
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, sqlite: OnceLock::new(), postgres: OnceLock::new(), blocks: [const { OnceLock::new() }; BLOCKS.len()] }
    }

    /// The text for `dialect`. Expanded once and kept for the life of the process: statements are statics.
    pub fn sql(&self, dialect: Dialect) -> &'static str {
        let slot = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        };
        slot.get_or_init(|| Box::leak(self.expand(dialect, 1).into_boxed_str()))
    }

    /// The largest block of at most `rows` rows, and SQLite's text for it; `None` when no row is left.
    pub(super) fn sqlite_block(&self, rows: usize) -> Option<(usize, &'static str)> {
        let (slot, size) = self.blocks.iter().zip(BLOCKS).find(|(_, size)| *size <= rows)?;
        Some((size, slot.get_or_init(|| Box::leak(self.expand(Dialect::Sqlite, size).into_boxed_str()))))
    }

    /// The types of a `{batch}` row's columns, as the letters of their tokens.
    pub(super) fn columns(&self) -> Vec<char> {
        let mut columns = Vec::new();
        for piece in self.text.split('{').skip(1) {
            let mut letters = piece.split('}').next().unwrap_or_default().chars();
            let (Some(kind), Ok(field)) = (letters.next(), letters.as_str().parse::<usize>()) else { continue };
            if columns.len() <= field {
                columns.resize(field + 1, 't');
            }
            columns[field] = kind;
        }
        columns
    }

    fn expand(&self, dialect: Dialect, rows: usize) -> String {
        let batch = self.text.contains("{batch}").then(|| self.columns());
        let mut out = String::with_capacity(self.text.len() * 2);
        let mut rest = self.text;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let Some(length) = rest[open..].find('}') else { break };
            let word = &rest[open + 1..open + length];
            match &batch {
                Some(columns) if word == "batch" => out.push_str(&batch_rows(columns, dialect, rows)),
                Some(_) if word != "lock" => out.push_str(&batch_field(word, dialect)),
                _ => out.push_str(&token(word, dialect)),
            }
            rest = &rest[open + length + 1..];
        }
        out.push_str(rest);
        match batch {
            Some(columns) if dialect == Dialect::Sqlite => shift(&out, columns.len() * rows),
            Some(columns) => shift(&out, columns.len()),
            None => out,
        }
    }
}

/// The rows as a table. The cells are the first parameters; they bear no numbers yet, see [`shift`].
fn batch_rows(columns: &[char], dialect: Dialect, rows: usize) -> String {
    let width = columns.len();
    if dialect == Dialect::Sqlite {
        let row = format!("({})", vec!["?"; width].join(","));
        return format!("(VALUES {}) AS r", vec![row.as_str(); rows].join(","));
    }
    let arrays: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            let name = if *kind == 'i' {
                "bigint"
            } else if *kind == 'b' {
                "bytea"
            } else {
                "text"
            };
            format!("CAST(#{} AS {name}[])", index + 1)
        })
        .collect();
    let names: Vec<_> = (0..width).map(|index| format!("c{index}")).collect();
    format!("unnest({}) AS r ({})", arrays.join(", "), names.join(", "))
}

fn batch_field(word: &str, dialect: Dialect) -> String {
    let field = word.get(1..).and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0);
    if dialect == Dialect::Sqlite { format!("r.column{}", field + 1) } else { format!("r.c{field}") }
}

/// Numbers the parameters behind a batch's cells: `$2` becomes the first after them. `#N` are PostgreSQL's arrays.
fn shift(sql: &str, cells: usize) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut pieces = sql.split('$');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.chars().take_while(char::is_ascii_digit).count();
        let number = piece[..digits].parse::<usize>().unwrap_or(0);
        let _ = write!(out, "${}{}", (number + cells).saturating_sub(1), &piece[digits..]);
    }
    out.replace('#', "$")
}

fn token(token: &str, dialect: Dialect) -> String {
    match (token, dialect) {
        ("rows", Dialect::Sqlite) => "json_each($1) AS r".to_owned(),
        ("rows", Dialect::Postgres) => "json_array_elements(CAST($1 AS json)) AS r".to_owned(),
        ("lock", Dialect::Sqlite) => String::new(),
        ("lock", Dialect::Postgres) => "FOR UPDATE".to_owned(),
        _ => {
            let (kind, field) = token.split_at(1);
            match (kind, dialect) {
                ("i", _) => format!("CAST(r.value->>{field} AS BIGINT)"),
                ("b", Dialect::Sqlite) => format!("unhex(r.value->>{field})"),
                ("b", Dialect::Postgres) => format!("decode(r.value->>{field}, 'hex')"),
                _ => format!("(r.value->>{field})"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_first_and_the_others_are_numbered_behind_it() {
        let statement = Statement::new("x", "UPDATE a SET b = {t1}, c = $3 FROM {batch} WHERE a.t = $2 AND a.id = {i0}");
        assert_eq!(
            statement.sql(Dialect::Sqlite),
            "UPDATE a SET b = r.column2, c = $4 FROM (VALUES (?,?)) AS r WHERE a.t = $3 AND a.id = r.column1"
        );
        assert_eq!(
            statement.sql(Dialect::Postgres),
            "UPDATE a SET b = r.c1, c = $4 FROM unnest(CAST($1 AS bigint[]), CAST($2 AS text[])) AS r (c0, c1) WHERE a.t = $3 AND a.id = r.c0"
        );
        let (rows, sql) = statement.sqlite_block(40).expect("a block");
        assert_eq!((rows, sql.matches("(?,?)").count(), sql.contains("c = $66")), (32, 32, true));
        assert!(statement.sqlite_block(0).is_none());
    }

    #[test]
    fn tokens_become_the_dialects_words() {
        let statement = Statement::new("x", "SELECT {i0}, {t1}, {b2} FROM {rows} WHERE a = $2 {lock}");
        assert_eq!(
            statement.sql(Dialect::Sqlite),
            "SELECT CAST(r.value->>0 AS BIGINT), (r.value->>1), unhex(r.value->>2) FROM json_each($1) AS r WHERE a = $2 "
        );
        assert!(
            statement
                .sql(Dialect::Postgres)
                .ends_with("decode(r.value->>2, 'hex') FROM json_array_elements(CAST($1 AS json)) AS r WHERE a = $2 FOR UPDATE")
        );
    }
}
