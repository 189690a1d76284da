//! The lines of text that a letter consists of.

use super::super::amount::german;
use super::super::world::{Document, Dunning, EDocument, Kind, Line, LineKind, Voucher};
use super::{Rendered, pdf, xml};
use chrono::NaiveDate;

/// Characters in a line of text.
const WIDTH: usize = 88;

pub(in super::super) fn voucher(voucher: &Voucher) -> Rendered {
    let word = match voucher.kind {
        Kind::CreditNote => "Rechnungskorrektur",
        Kind::DownPaymentInvoice => "Abschlagsrechnung",
        _ => "Rechnung",
    };
    let mut lines = recipient(&voucher.document);
    lines.push(format!("{word} {} vom {}", voucher.number, german_date(voucher.document.date)));
    body(&voucher.document, &mut lines);
    if let Some(due) = voucher.due {
        lines.push(format!("Zahlbar bis {}", german_date(due)));
    }
    let attached = (voucher.e_document == EDocument::En16931).then(|| xml(voucher));
    let bytes = pdf::write(&lines, attached.as_ref().map(|xml| ("factur-x.xml", xml.bytes.as_slice())));
    Rendered { name: format!("{word}_{}.pdf", file_name(&voucher.number)), media_type: "application/pdf".to_owned(), bytes }
}

pub(in super::super) fn dunning(dunning: &Dunning, invoice: Option<&Voucher>, sender: Option<&str>) -> Rendered {
    let title = dunning.document.title.as_deref().unwrap_or("Mahnung");
    let mut lines: Vec<String> = sender.into_iter().flat_map(|sender| [sender.to_owned(), String::new()]).collect();
    lines.extend(recipient(&dunning.document));
    lines.push(title.to_owned());
    lines.push(german_date(dunning.document.date));
    if let Some(invoice) = invoice {
        let open = german(invoice.open_amount().unwrap_or_default());
        lines.push(format!("Zu Rechnung {} vom {}, offen {open} EUR", invoice.number, german_date(invoice.document.date)));
    }
    body(&dunning.document, &mut lines);
    let name = format!("{}_{}.pdf", file_name(title), invoice.map(|invoice| file_name(&invoice.number)).unwrap_or_default());
    Rendered { name, media_type: "application/pdf".to_owned(), bytes: pdf::write(&lines, None) }
}

fn recipient(document: &Document) -> Vec<String> {
    let address = &document.address;
    let place = [address.zip.as_deref(), address.city.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = [
        Some(address.name.as_str()),
        address.supplement.as_deref(),
        address.street.as_deref(),
        Some(&place),
        address.country_code.as_deref(),
    ]
    .into_iter()
    .flatten()
    .filter(|line| !line.is_empty())
    .map(str::to_owned)
    .collect();
    lines.push(String::new());
    lines
}

fn body(document: &Document, lines: &mut Vec<String>) {
    lines.push(String::new());
    paragraph(document.introduction.as_deref(), lines);
    for line in &document.lines {
        lines.extend(position(line));
    }
    let totals = document.totals();
    lines.push(format!("Netto {} EUR", german(totals.net)));
    for (rate, (tax, _)) in &totals.by_rate {
        lines.push(format!("USt. {rate} % {} EUR", german(*tax)));
    }
    lines.push(format!("Gesamt {} EUR", german(totals.gross)));
    lines.push(String::new());
    paragraph(document.remark.as_deref(), lines);
}

fn position(line: &Line) -> Vec<String> {
    let mut lines = match line.kind {
        LineKind::Text => vec![line.name.clone()],
        _ => vec![format!(
            "{} {} {}  {} EUR",
            line.quantity.normalize(),
            line.unit.as_deref().unwrap_or("Stück"),
            line.name,
            german(line.amount())
        )],
    };
    paragraph(line.description.as_deref(), &mut lines);
    lines
}

/// Broken at its line ends and where it gets too long.
fn paragraph(text: Option<&str>, lines: &mut Vec<String>) {
    for line in text.unwrap_or_default().lines() {
        let mut current = String::new();
        for word in line.split_whitespace() {
            if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut current));
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
}

fn german_date(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

fn file_name(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' }).collect()
}
