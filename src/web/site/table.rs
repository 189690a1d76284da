//! Lists as files: CSV that a spreadsheet opens as it is, sent while it is read from the ledger.

use super::error::PageError;
use crate::domain::money::Currency;
use crate::web::language::Language;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use std::io;

/// Excel reads a file as UTF-8 only with this mark; others skip it.
const MARK: &str = "\u{FEFF}";

/// A cell that a spreadsheet shows and never calculates: what begins like a formula gets an apostrophe in front
/// (OWASP, CSV injection). Numbers below zero are numbers.
fn plain(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if risky { format!("'{cell}") } else { cell.to_owned() }
}

/// Rows as lines of the file; separated by semicolons where the comma stands in numbers.
pub(super) fn lines<R: AsRef<[String]>>(rows: &[R], german: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().delimiter(if german { b';' } else { b',' }).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.as_ref().iter().map(|cell| plain(cell)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(io::Error::other(error.to_string())))
}

/// A number that a spreadsheet calculates with: no separators of thousands, the currency in a column of its own.
pub(super) fn amount(language: Language, minor: i64, currency: &str) -> String {
    let places = Currency::parse(currency).map_or(2, |known| known.decimals());
    let point = if language == Language::German { "," } else { "." };
    let (unit, sign) = (10_u64.pow(places), if minor < 0 { "-" } else { "" });
    let (whole, rest) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}{point}{rest:0width$}", width = places as usize) }
}

/// A file that is read page by page while it is sent: `next` gives the lines of a page and where the next one begins. What fails on
/// the way breaks the file off, so that nobody takes a part for the whole.
pub(super) async fn file<S, F, N>(name: &str, start: S, head: Vec<u8>, next: N) -> Result<Response, PageError>
where
    S: Send + 'static,
    F: Future<Output = Result<(Vec<u8>, Option<S>), PageError>> + Send + 'static,
    N: Fn(S) -> F + Send + Sync + 'static,
{
    // The first page is read before the answer begins: most of what may fail, fails there, and is said as a page.
    let (first, rest) = next(start).await?;
    let beginning = [MARK.as_bytes(), &head, &first].concat();
    let body = stream::try_unfold((Some(beginning), rest, next), |(ready, rest, next)| async move {
        if let Some(ready) = ready {
            return Ok::<_, io::Error>(Some((Bytes::from(ready), (None, rest, next))));
        }
        let Some(start) = rest else { return Ok(None) };
        let (lines, rest) = next(start).await.map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Some((Bytes::from(lines), (None, rest, next))))
    });
    let disposition = format!("attachment; filename=\"{name}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(body)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_is_calculated() {
        for (cell, shown) in
            [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+49 821", "'+49 821"), ("-A1", "'-A1"), ("-5.00", "-5.00"), ("R=1", "R=1")]
        {
            assert_eq!(plain(cell), shown);
        }
        let row = ["a;b".to_owned(), "=x".to_owned()];
        assert_eq!(lines(&[row], true).unwrap(), b"\"a;b\";'=x\n");
    }

    #[test]
    fn amounts_are_numbers_for_spreadsheets() {
        for (language, minor, currency, shown) in
            [(Language::German, 123_456, "EUR", "1234,56"), (Language::English, -5, "EUR", "-0.05"), (Language::German, 100, "JPY", "100")]
        {
            assert_eq!(amount(language, minor, currency), shown);
        }
    }
}
