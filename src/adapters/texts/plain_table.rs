//! The invoices of a notice as aligned text: one row each, the totals, and how to pay.

use super::plain::WIDTH;
use super::wrap::chopped;
use crate::domain::format::{self, labels};
use crate::domain::notice::Notice;

const GAP: &str = "  ";

/// Below this, an invoice number would become a column of syllables; other columns give way first.
const MIN_NUMBER_WIDTH: usize = 12;

struct Column {
    head: &'static str,
    cells: Vec<String>,
    right: bool,
    /// May be left out where the table would be too wide.
    dispensable: bool,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.chars().count()).chain([self.head.chars().count()]).max().unwrap_or(0)
    }
}

pub(super) fn invoices(notice: &Notice) -> Vec<String> {
    let mut columns = columns(notice);
    let rest = |columns: &[Column]| columns.iter().skip(1).map(|column| column.width() + GAP.len()).sum::<usize>();
    if rest(&columns) + MIN_NUMBER_WIDTH > WIDTH {
        columns.retain(|column| !column.dispensable);
    }
    let number_width = columns.first().map_or(0, Column::width).min(WIDTH.saturating_sub(rest(&columns)).max(MIN_NUMBER_WIDTH));
    let widths: Vec<usize> = std::iter::once(number_width).chain(columns.iter().skip(1).map(Column::width)).collect();
    let totals = format::totals(notice);
    let table_width = (number_width + rest(&columns))
        .max(totals.iter().map(|(label, amount)| label.chars().count() + GAP.len() + amount.chars().count()).max().unwrap_or(0));

    let heads: Vec<&str> = columns.iter().map(|column| column.head).collect();
    let mut lines = row(&columns, &heads, &widths);
    lines.push("-".repeat(table_width));
    for place in 0..notice.lines.len() {
        let cells: Vec<&str> = columns.iter().map(|column| column.cells.get(place).map_or("", String::as_str)).collect();
        lines.extend(row(&columns, &cells, &widths));
    }
    lines.push("-".repeat(table_width));
    for (label, amount) in totals {
        let room = table_width.saturating_sub(label.chars().count());
        lines.push(format!("{label}{amount:>room$}"));
    }
    lines.push(String::new());
    lines.extend(payment(notice));
    lines
}

fn columns(notice: &Notice) -> Vec<Column> {
    let language = notice.language.as_str();
    let labels = labels(language);
    let money = |minor| format::money(language, minor, notice.currency);
    let cells = |cell: &dyn Fn(&crate::domain::notice::Line) -> String| notice.lines.iter().map(cell).collect::<Vec<_>>();
    let column = |head, cells, right, dispensable| Column { head, cells, right, dispensable };
    let mut columns = vec![
        column(labels.invoice, cells(&|line| format::presentable(&line.invoice)), false, false),
        column(labels.invoice_date, cells(&|line| format::short_date(language, line.invoice_date)), false, true),
        column(labels.due_date, cells(&|line| format::short_date(language, line.due_date)), false, false),
        column(labels.days_overdue, cells(&|line| format::days(language, line.days_overdue)), true, false),
    ];
    if notice.lines.iter().any(|line| line.open_minor != line.amount_minor) {
        columns.push(column(labels.amount, cells(&|line| money(line.amount_minor)), true, true));
    }
    columns.push(column(labels.open, cells(&|line| money(line.open_minor)), true, false));
    columns
}

/// One row; an invoice number that is too long goes on below.
fn row(columns: &[Column], cells: &[&str], widths: &[usize]) -> Vec<String> {
    let number = chopped(cells.first().copied().unwrap_or(""), widths.first().copied().unwrap_or(0));
    let mut first = String::new();
    for (place, ((column, cell), width)) in columns.iter().zip(cells).zip(widths).enumerate() {
        let cell = if place == 0 { number.first().map_or("", String::as_str) } else { cell };
        if place > 0 {
            first.push_str(GAP);
        }
        first.push_str(&if column.right { format!("{cell:>width$}") } else { format!("{cell:<width$}") });
    }
    std::iter::once(first.trim_end().to_owned()).chain(number.into_iter().skip(1)).collect()
}

fn payment(notice: &Notice) -> Vec<String> {
    let details = format::payment_details(notice);
    let indent = details.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + 1 + GAP.len();
    let mut lines = vec![labels(&notice.language).payment.to_owned()];
    for (label, value) in details {
        for (place, part) in chopped(&value, WIDTH - indent).into_iter().enumerate() {
            let lead = if place == 0 { format!("{label}:") } else { String::new() };
            lines.push(format!("{lead:<indent$}{part}"));
        }
    }
    lines
}
