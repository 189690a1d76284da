//! A statement: one SQL text for both databases, with tokens where they must differ.
//!
//! | token | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | `{rows}` | `json_each($1) AS r` | `json_array_elements(CAST($1 AS json)) AS r` |
//! | `{iN}` | integer of field N of a row | the same |
//! | `{tN}` | text of field N | the same |
//! | `{bN}` | bytes of field N, written as hex | the same |
//! | `{lock}` | nothing: the transaction is immediate | `FOR UPDATE` |
//!
//! `{rows}` is always fed by `$1`: a JSON array with one array per row.

use std::sync::OnceLock;

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
}

impl Statement {
    #[must_use]
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The text for `dialect`. Expanded once and kept for the life of the process: statements are statics.
    pub fn sql(&self, dialect: Dialect) -> &'static str {
        let slot = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        };
        slot.get_or_init(|| Box::leak(expand(self.text, dialect).into_boxed_str()))
    }
}

fn expand(text: &str, dialect: Dialect) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(length) = rest[open..].find('}') else { break };
        out.push_str(&token(&rest[open + 1..open + length], dialect));
        rest = &rest[open + length + 1..];
    }
    out.push_str(rest);
    out
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
