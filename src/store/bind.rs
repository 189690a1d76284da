//! How parameters get into a statement, for both drivers: those of a row of values, and those of a batch.

use super::batch::{Batch, Cell};
use super::db::Value;
use super::statement::{Dialect, Statement};
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Postgres, Sqlite};
use std::sync::Arc;

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// The same binding for both drivers, whose query types have no trait in common.
macro_rules! binder {
    ($name:ident, $query:ty) => {
        fn $name<'q>(query: $query, values: &'q [Value<'q>]) -> $query {
            values.iter().fold(query, |query, value| match *value {
                Value::Int(number) => query.bind(number),
                Value::OptInt(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::OptText(text) => query.bind(text),
                Value::Blob(bytes) => query.bind(bytes),
                Value::OptBlob(bytes) => query.bind(bytes),
            })
        }
    };
}

binder!(bind_sqlite, SqliteQuery<'q>);
binder!(bind_postgres, PostgresQuery<'q>);

pub(super) fn sqlite_query<'q>(statement: &'static Statement, values: &'q [Value<'q>]) -> SqliteQuery<'q> {
    bind_sqlite(sqlx::query(statement.sql(Dialect::Sqlite)), values)
}

pub(super) fn postgres_query<'q>(statement: &'static Statement, values: &'q [Value<'q>]) -> PostgresQuery<'q> {
    bind_postgres(sqlx::query(statement.sql(Dialect::Postgres)), values)
}

/// A block of a batch: its cells in order, `width` to a row, then the other parameters. What a column repeats from row to row is kept
/// once: words of states and causes, dates.
pub(super) fn sqlite_block<'q>(
    sql: &'static str,
    cells: &'q [Cell<'q>],
    width: usize,
    values: &'q [Value<'q>],
) -> Result<SqliteQuery<'q>, sqlx::Error> {
    let arguments = arguments(cells, width, values.len()).map_err(sqlx::Error::Encode)?;
    Ok(bind_sqlite(sqlx::query_with(sql, arguments), values))
}

/// The cells as arguments, with room for `more` behind them.
fn arguments(cells: &[Cell<'_>], width: usize, more: usize) -> Result<SqliteArguments, BoxDynError> {
    let mut above: Vec<Option<Arc<str>>> = vec![None; width];
    let mut arguments = SqliteArguments::default();
    arguments.reserve(cells.len() + more, 0);
    for (cell, column) in cells.iter().zip((0..width).cycle()) {
        match cell {
            Cell::Null => arguments.add(None::<i64>),
            Cell::Int(number) => arguments.add(*number),
            Cell::Text(text) => arguments.add(shared(&mut above[column], text)),
            Cell::Blob(bytes) => arguments.add(bytes.as_ref()),
        }?;
    }
    Ok(arguments)
}

/// The text above it in its column, if that is the same; else a new one, which the next may share.
fn shared(above: &mut Option<Arc<str>>, text: &str) -> Arc<str> {
    match above {
        Some(known) if **known == *text => known.clone(),
        _ => above.insert(text.into()).clone(),
    }
}

/// A whole batch: an array per column, then the other parameters.
pub(super) fn postgres_batch<'q>(statement: &'static Statement, batch: &'q Batch<'q>, values: &'q [Value<'q>]) -> PostgresQuery<'q> {
    let columns = statement.columns();
    let query = columns.iter().enumerate().fold(sqlx::query(statement.sql(Dialect::Postgres)), |query, (index, kind)| {
        let cells = batch.column(index);
        match kind {
            'i' => query.bind(cells.map(|cell| if let Cell::Int(number) = cell { Some(*number) } else { None }).collect::<Vec<_>>()),
            'b' => query.bind(cells.map(|cell| if let Cell::Blob(bytes) = cell { Some(bytes.as_ref()) } else { None }).collect::<Vec<_>>()),
            _ => query.bind(cells.map(|cell| if let Cell::Text(text) = cell { Some(text.as_ref()) } else { None }).collect::<Vec<_>>()),
        }
    });
    bind_postgres(query, values)
}
