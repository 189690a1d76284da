//! Letters as real PDF files, read back with poppler, and the print batch on a real disk.

mod archive;
mod bbox;
mod engines;
mod layout;
mod places;
mod print_batch;

use chrono::{Days, NaiveDate};
use mahnwerk::adapters::letters::{EngineChoice, LetterSettings, engine};
use mahnwerk::domain::document::NoticeText;
use mahnwerk::domain::notice::{Line, Notice};
use mahnwerk::engine::ports::{Letter, LetterEngine, LetterError, Pdf};
use std::process::Command;
use std::sync::Arc;

/// A dunning notice with `rows` invoices.
fn notice(language: &str, rows: u32) -> Notice {
    let base: Notice = serde_json::from_str(include_str!("notice.json")).unwrap();
    let start = NaiveDate::from_ymd_opt(2013, 1, 3).unwrap();
    let lines = (1..=rows).map(|number| {
        let invoice_date = start + Days::new(3 * u64::from(number));
        let due_date = invoice_date + Days::new(30);
        let amount_minor = 5_594 + 12_345 * i64::from(number);
        Line {
            invoice: format!("RE-2013-{number:04}"),
            stage: base.stage.clone(),
            invoice_date,
            due_date,
            amount_minor,
            open_minor: amount_minor,
            days_overdue: (base.date - due_date).num_days(),
        }
    });
    Notice { language: language.to_owned(), lines: lines.collect(), ..base.clone() }
}

fn text(language: &str) -> NoticeText {
    serde_json::from_str(if language == "de" { include_str!("text.de.json") } else { include_str!("text.en.json") }).unwrap()
}

/// The engines of this build and machine. One that is missing is said to be, not passed over in silence.
fn engines(settings: &LetterSettings) -> Vec<Arc<dyn LetterEngine>> {
    let choices = [EngineChoice::Typst, EngineChoice::Wkhtmltopdf];
    let made = choices.into_iter().map(|choice| engine(&LetterSettings { engine: choice, ..settings.clone() }));
    made.filter_map(|made| made.inspect_err(|why| println!("not run: {why}")).ok()).collect()
}

fn render(engine: &dyn LetterEngine, notice: &Notice) -> Result<Pdf, LetterError> {
    engine.render(&Letter { notice, text: &text(&notice.language) })
}

/// What a poppler program says about a PDF.
fn poppler(program: &str, switches: &[&str], pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut command = Command::new(program);
    command.args(switches).arg(&file);
    if program == "pdftotext" {
        command.arg("-");
    }
    let output = command.output().unwrap_or_else(|error| panic!("{program} (package poppler-utils): {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text in reading order, page by page.
pub(crate) fn pages(pdf: &[u8]) -> Vec<String> {
    let text = poppler("pdftotext", &["-layout"], pdf);
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

/// All blanks as one, so that a line break or a column is no difference.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
