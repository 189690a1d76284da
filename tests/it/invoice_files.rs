//! Invoice files from the outside: what good ones give, and what bad ones get.

use mahnwerk::adapters::invoice_file::{CustomerKind, Field, FileError, InvoiceFile, InvoiceKind, InvoiceRow, Map, Report, RowProblem};
use mahnwerk::domain::money::Currency;
use proptest::prelude::*;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

const HEADING: &str = "number,invoice_date,due_date,amount,customer_number,customer_name,email,city,document,kind,currency,country";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn map_file(name: &str) -> Map {
    Map::parse(&std::fs::read_to_string(data(name)).expect("the sample is there")).expect("a whole map")
}

fn open(bytes: &[u8], map: &Map) -> Result<InvoiceFile, FileError> {
    InvoiceFile::read("file.csv", Box::new(Cursor::new(bytes.to_vec())), map)
}

/// The rows of a file for the standard map: the heading above, then `rows`.
fn standard(rows: &str) -> Vec<Result<InvoiceRow, RowProblem>> {
    open(format!("{HEADING}\n{rows}").as_bytes(), &Map::standard()).expect("a whole heading").collect()
}

/// The report's lines about `rows` and its last line.
fn reported(rows: &str) -> (Vec<String>, String) {
    let mut report = Report::new("file.csv");
    let lines = standard(rows).iter().flat_map(|row| report.note(row)).collect();
    (lines, report.to_string())
}

/// A good row of the standard map in which one column says something else.
fn row_with(column: &str, value: &str) -> String {
    let good = [
        ("number", "R1"),
        ("invoice_date", "2026-01-10"),
        ("due_date", "2026-01-24"),
        ("amount", "10.00"),
        ("customer_number", "C1"),
        ("customer_name", "Name"),
        ("email", "a@b.example"),
        ("city", "Bonn"),
        ("document", ""),
        ("kind", ""),
        ("currency", ""),
        ("country", "DE"),
    ];
    let fields: Vec<String> = good
        .iter()
        .map(|(name, usual)| if *name == column { value } else { usual })
        .map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
        .collect();
    fields.join(",") + "\n"
}

#[test]
fn the_sample_is_read_whole() {
    let map = map_file("receivables.map.toml");
    let mut report = Report::new("receivables.csv");
    let mut rows = Vec::new();
    for row in InvoiceFile::open(&data("receivables.csv"), &map).unwrap() {
        assert_eq!(report.note(&row), Vec::<String>::new());
        rows.push(row.unwrap());
    }
    assert_eq!(report.to_string(), "receivables.csv: 60 rows read, 60 accepted, 0 refused, 0 warnings");
    let first = &rows[0];
    assert_eq!((first.line, first.number.as_str(), first.external_id.as_str()), (2, "RE-2025-0001", "RE-2025-0001"));
    assert_eq!((first.amount.minor, first.amount.currency, first.kind), (139_965, Currency::EUR, InvoiceKind::Invoice));
    assert_eq!((first.invoice_date.to_string(), first.due_date.to_string()), ("2025-03-10".to_owned(), "2025-04-09".to_owned()));
    assert_eq!(first.paid_on.map(|day| day.to_string()).as_deref(), Some("2025-04-03"));
    let customer = &first.customer;
    assert_eq!((customer.name.as_str(), customer.city.as_str(), customer.country.as_str()), ("Weingut Rebstöckl", "Würzburg", "DE"));
    assert_eq!((customer.email.as_deref(), customer.kind), (Some("wein@rebstoeckl.example"), CustomerKind::Business));
    let some = |test: fn(&InvoiceRow) -> bool| rows.iter().filter(|row| test(row)).count();
    assert!(some(|row| row.customer.email.is_none()) >= 5, "some customers get letters");
    assert!(some(|row| row.customer.language == "en") >= 2, "some read English");
    assert!(some(|row| row.customer.kind == CustomerKind::Consumer) >= 5, "some are consumers");
    assert!(some(|row| row.paid_on.is_none()) >= 5, "some have not paid");
    assert!(some(|row| row.paid_on.is_some_and(|day| day > row.due_date)) >= 15, "some pay late");
}

#[test]
fn the_windows_variant_says_the_same() {
    let rows = |name: &str| -> Vec<InvoiceRow> {
        let map = map_file(&name.replace(".csv", ".map.toml"));
        InvoiceFile::open(&data(name), &map).unwrap().map(Result::unwrap).collect()
    };
    let (plain, windows) = (rows("receivables.csv"), rows("receivables-windows-1252.csv"));
    assert_eq!(plain.len(), windows.len());
    for (left, right) in plain.iter().zip(&windows) {
        assert!(left.says_the_same_as(right) && left.line == right.line, "{left:?}\n{right:?}");
    }
}

#[test]
fn the_windows_variant_declared_as_utf_8_is_refused_with_line_and_advice() {
    let error = InvoiceFile::open(&data("receivables-windows-1252.csv"), &map_file("receivables.map.toml")).unwrap_err().to_string();
    assert!(error.contains("line 1: byte 17 is no UTF-8 text") && error.contains("encoding = \"windows-1252\""), "{error}");
    let mut bytes = format!("{HEADING}\n{}", row_with("number", "R1")).into_bytes();
    bytes.extend(row_with("customer_name", "M?ller").bytes().map(|byte| if byte == b'?' { 0xfc } else { byte }));
    bytes.extend(row_with("number", "R3").bytes());
    let rows: Vec<_> = open(&bytes, &Map::standard()).unwrap().collect();
    assert_eq!(rows.len(), 2, "what follows is not read");
    assert!(rows[0].is_ok());
    let problem = rows[1].as_ref().unwrap_err();
    assert!(problem.line == 3 && problem.ends_file && problem.message.contains("windows-1252"), "{problem}");
}

#[test]
fn an_opos_list_needs_no_map() {
    let text = "Konto;Rechnungsnummer;Datum;Fälligkeit;Sollbetrag;Habenbetrag;Saldo;Gegenkonto;Buchungstext;Name;Straße;PLZ;Ort\r\n\
                10023;R-77;01.10.2026;31.10.2026;2.500,00;1.265,50;1.234,50 S;8400;Beratung;Müller & Söhne KG;Rheingasse 4;53113;Bonn\r\n\
                10023;R-78;01.10.2026;31.10.2026;100,00;150,00;50,00 H;8400;Überzahlung;Müller & Söhne KG;Rheingasse 4;53113;Bonn\r\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let rows: Vec<_> = open(&bytes, &Map::opos()).unwrap().collect();
    let first = rows[0].as_ref().unwrap();
    assert_eq!((first.amount.minor, first.customer.name.as_str(), first.customer.number.as_str()), (123_450, "Müller & Söhne KG", "10023"));
    let credit = rows[1].as_ref().unwrap_err().to_string();
    assert!(credit.starts_with("3: amount (column Saldo): \"50,00 H\" is negative"), "{credit}");
}

#[test]
fn a_wrong_value_is_refused_with_line_field_and_what_to_write() {
    for (column, value, expected) in [
        ("number", "", "2: number: is empty: every row needs it"),
        ("customer_name", " \t ", "2: customer.name (column customer_name): is empty"),
        (
            "invoice_date",
            "10.01.2026",
            "2: invoice_date: \"10.01.2026\" is not a date: write it like 2025-12-31, or set dates = \"%d.%m.%Y\"",
        ),
        ("due_date", "2026-02-30", "2: due_date: \"2026-02-30\" is not a date"),
        ("due_date", "0026-02-03", "is the year 26: write a year from 1990 to 2100"),
        (
            "amount",
            "1.234,50",
            "2: amount: \"1.234,50\" is not an amount: write it like 1234.50, or set decimal = \",\" and thousands = \".\"",
        ),
        ("amount", "-5.00", "is negative: leave credits out, and write what is still open into the amount of the invoice"),
        ("amount", "0", "is zero"),
        ("kind", "refund", "is no kind of invoice: write one of invoice, revenue_voucher"),
        ("currency", "Euro", "is no currency: write three letters such as EUR"),
        ("country", "Absurdistan", "2: customer.country (column country): \"Absurdistan\" is no country"),
        ("document", "../../secret.pdf", "leaves the folder of the file"),
        ("document", "/etc/passwd", "leaves the folder of the file"),
        ("document", "C:\\a.pdf", "leaves the folder of the file"),
    ] {
        let rows = standard(&row_with(column, value));
        let problem = rows[0].as_ref().unwrap_err().to_string();
        assert!(problem.contains(expected), "{problem}\nlacks {expected}");
    }
    let rows = standard(&row_with("customer_name", &"ü".repeat(1001)));
    assert!(rows[0].as_ref().unwrap_err().message.contains("longer than 1000 characters"));
    assert!(standard(&row_with("customer_name", &"ü".repeat(1000)))[0].is_ok());
}

#[test]
fn what_real_files_contain_is_accepted() {
    let row = |column: &str, value: &str| standard(&row_with(column, value)).remove(0).unwrap();
    let early = row("due_date", "2025-12-31");
    assert!(early.due_date < early.invoice_date, "a due date before the invoice date");
    assert_eq!(row("customer_name", "Müller\nGmbH\u{7}").customer.name, "Müller GmbH");
    assert_eq!(row("kind", "Gutschrift").kind, InvoiceKind::CreditNote);
    assert_eq!(row("currency", "chf").amount.currency.code(), "CHF");
    assert_eq!(row("document", "pdf\\R1.pdf").document, Some(PathBuf::from("pdf/R1.pdf")));
    assert_eq!(row("country", "Österreich").customer.country, "AT");
}

#[test]
fn an_unusable_address_keeps_the_row_and_warns() {
    let (lines, summary) = reported(&row_with("email", "info(at)b.example"));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("file.csv:2: customer.email (column email): \"info(at)b.example\" is no e-mail address"), "{lines:?}");
    assert!(lines[0].contains("the customer gets letters"), "{lines:?}");
    assert_eq!(summary, "file.csv: 1 rows read, 1 accepted, 0 refused, 1 warnings");
    assert_eq!(standard(&row_with("email", "x"))[0].as_ref().unwrap().customer.email, None);
}

#[test]
fn a_refused_row_does_not_touch_its_neighbours() {
    let rows = [row_with("number", "R1"), "R2,short\n".to_owned(), row_with("number", "R3") + &row_with("amount", "x")].concat();
    let (lines, summary) = reported(&rows);
    assert_eq!(summary, "file.csv: 4 rows read, 2 accepted, 2 refused, 0 warnings");
    assert!(lines[0].starts_with("file.csv:3: row: \"R2\" begins a row of 2 fields where the heading has 12"), "{lines:?}");
    assert!(lines[1].starts_with("file.csv:5: amount: \"x\" is not an amount"), "{lines:?}");
}

#[test]
fn rows_of_nothing_but_delimiters_are_empty_lines() {
    let (lines, summary) = reported(&(row_with("number", "R1") + ",,,,,,,,,,,\n, ,\n" + &row_with("number", "R2")));
    assert!(lines.is_empty() && summary.starts_with("file.csv: 2 rows read, 2 accepted"), "{lines:?} {summary}");
}

#[test]
fn umlauts_of_another_encoding_are_noticed() {
    let (lines, _) = reported(&row_with("city", "KÃ¶ln"));
    assert!(lines[0].starts_with("file.csv:2: customer.city (column city): \"KÃ¶ln\" looks like UTF-8"), "{lines:?}");
    let map = Map::built_in("opos").unwrap();
    let error = open("Konto;Name;Rechnungsnummer;Datum;Fälligkeit;Saldo\n".as_bytes(), &map).unwrap_err().to_string();
    assert!(error.contains("set encoding = \"utf-8\"") && error.contains("invoice.due_date"), "{error}");
}

#[test]
fn fields_beyond_the_heading_must_be_empty() {
    let row = row_with("number", "R1");
    assert!(standard(&format!("{},,\n", row.trim_end()))[0].is_ok());
    let problem = standard(&format!("{},more\n", row.trim_end())).remove(0).unwrap_err();
    assert!(problem.message.contains("13 fields") && problem.message.contains("in quotes"), "{problem}");
}

#[test]
fn a_quote_that_never_closes_stops_the_file_where_it_opens() {
    let (lines, summary) = reported(&(row_with("number", "R1") + "R2,\"2026-01-10,\n" + &"R3,x,y\n".repeat(5)));
    assert!(lines[0].starts_with("file.csv:3: row: a quote that opens in this record is never closed"), "{lines:?}");
    assert!(lines[0].ends_with("nothing after it was read"), "{lines:?}");
    assert_eq!(summary, "file.csv: 2 rows read, 1 accepted, 1 refused, 0 warnings; stopped at line 3");
}

#[test]
fn files_that_hold_no_rows_say_why() {
    let (lines, summary) = reported("");
    assert!(lines.is_empty() && summary.ends_with("the file has a heading and no rows"), "{summary}");
    for (bytes, expected) in [
        (b"".as_slice(), "file.csv: is empty: its first line must name the columns"),
        (b"\r\n\r\n", "file.csv: is empty"),
        (b"PK\x03\x04\x14\x00", "is an Excel workbook or a ZIP archive, not CSV"),
        (b"%PDF-1.7", "is a PDF, not CSV"),
        (b"n\0u\0m\0b\0e\0r\0", "encoding = \"utf-16le\""),
        (b"\"number", "line 1: a quote that opens in this record is never closed"),
        (b"number;amount\n", "it is one single column: set delimiter = \";\""),
    ] {
        let error = open(bytes, &Map::standard()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}\nlacks {expected}");
    }
    let error = InvoiceFile::open(&data("no-such-file.csv"), &Map::standard()).unwrap_err().to_string();
    assert!(error.contains("no-such-file.csv: can't be opened"), "{error}");
}

#[test]
fn byte_order_marks_line_ends_and_title_lines_do_not_matter() {
    let rows = format!("{HEADING}\n{}{}", row_with("number", "R1"), row_with("number", "R2"));
    let utf_16: Vec<u8> = std::iter::once(0xfeff).chain(rows.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for bytes in [rows.clone().into_bytes(), format!("\u{feff}{rows}").into_bytes(), rows.replace('\n', "\r\n").into_bytes(), utf_16] {
        let lines: Vec<u64> = open(&bytes, &Map::standard()).unwrap().map(|row| row.unwrap().line).collect();
        assert_eq!(lines, [2, 3]);
    }
    let map = Map::parse(
        "[format]\nskip_lines = 2\n[invoice]\nnumber = \"{{number}}\"\ninvoice_date = \"{{invoice_date}}\"\ndue_date = \"{{due_date}}\"\n\
         amount = \"{{amount}}\"\n[customer]\nnumber = \"{{customer_number}}\"\nname = \"{{customer_name}}\"\n",
    );
    let titled = format!("OPOS-Liste \"Debitoren\"\nStand 21.11.2026\n{rows}");
    let lines: Vec<u64> = open(titled.as_bytes(), &map.unwrap()).unwrap().map(|row| row.unwrap().line).collect();
    assert_eq!(lines, [4, 5]);
}

#[test]
fn columns_that_a_map_names_in_vain_are_reported_once_with_its_lines() {
    let map = Map::parse(
        r#"[invoice]
number = "{{invoiceNumbr}}"
invoice_date = "{{invoice_date}}"
due_date = "{{due_date}}"
amount = "{{amount}}"
[customer]
number = "{{customer_number}}"
name = "{{customer_name}}"
email = '{{#if (eq kind "x")}}{{emial}}{{else}}{{kundenmail}}{{/if}}'
"#,
    );
    let heading = HEADING.replace("number,invoice_date", "invoiceNumber,invoice_date").replace("currency", "kind");
    let error = open(format!("{heading}\n").as_bytes(), &map.unwrap()).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], "file.csv: line 1 lacks columns that the map names");
    assert_eq!(
        lines[1],
        "  map line 2: invoice.number: names the column \"invoiceNumbr\", which the file does not have: write {{invoiceNumber}}"
    );
    assert!(lines[2].contains("map line 9: customer.email: names the column \"kind\", which the file has more than once"), "{error}");
    assert!(lines[3].ends_with("\"emial\", which the file does not have: write {{email}}"), "{error}");
    assert!(lines[4].contains("\"kundenmail\", which the file does not have (it has invoiceNumber, "), "{error}");
    assert_eq!(lines.len(), 5);
}

#[test]
fn without_a_map_every_missing_column_is_named() {
    let error = open(b"number,amount\n", &Map::standard()).unwrap_err().to_string();
    let missing = Field::ALL.into_iter().filter(|field| field.required()).count() - 2;
    assert_eq!(error.lines().count(), 1 + missing, "{error}");
    assert!(error.contains("invoice.due_date: has no column in the file: name one `due_date`, or give a map"), "{error}");
}

#[test]
fn templates_make_values_from_several_columns() {
    let map = Map::parse(
        r#"
[format]
dates = "%m/%d/%Y"
currency = "USD"
[invoice]
number = "{{no}}"
invoice_date = "{{date}}"
due_date = "{{due}}"
amount = "{{amount}}"
external_id = "{{customer}}/{{no}}"
document = "pdf/{{no}}.pdf"
[customer]
number = "{{customer}}-{{bill}}"
name = "Customer {{customer}}"
email = '{{#if (eq bill "Electronic")}}{{customer}}@customers.example{{/if}}'
city = "Berlin"
"#,
    );
    let text = "customer,bill,no,date,due,amount\nA&B,Paper,1,1/2/2013,2/1/2013,55.94\nC,Electronic,2,1/26/2013,2/25/2013,61.74\n";
    let rows: Vec<InvoiceRow> = open(text.as_bytes(), &map.unwrap()).unwrap().map(Result::unwrap).collect();
    assert_eq!((rows[0].customer.number.as_str(), rows[0].customer.name.as_str()), ("A&B-Paper", "Customer A&B"));
    assert_eq!((rows[0].customer.email.as_deref(), rows[1].customer.email.as_deref()), (None, Some("C@customers.example")));
    assert_eq!((rows[1].external_id.as_str(), rows[1].amount.minor), ("C/2", 6174));
    assert_eq!(rows[1].document, Some(PathBuf::from("pdf/2.pdf")));
}

#[test]
fn rows_that_say_the_same_are_recognised() {
    let rows: Vec<InvoiceRow> = standard(&[row_with("number", "R1"), row_with("number", "R1"), row_with("amount", "10.01")].concat())
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert!(rows[0].says_the_same_as(&rows[1]) && rows[0] != rows[1], "they stand on different lines");
    assert!(!rows[0].says_the_same_as(&rows[2]));
}

/// Writes a file of `rows` rows as it is read.
struct Synthetic {
    row: u64,
    rows: u64,
    rest: Cursor<Vec<u8>>,
}

impl Read for Synthetic {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.rest.read(out)?;
        if read > 0 || self.row == self.rows {
            return Ok(read);
        }
        self.row += 1;
        let padding = "Größe ".repeat(60);
        let row = row_with("customer_name", &padding).replace("\"R1\"", &format!("\"R{}\"", self.row));
        self.rest = Cursor::new(row.into_bytes());
        self.rest.read(out)
    }
}

#[test]
fn a_long_file_is_streamed() {
    let rows = 90_000;
    let source = Synthetic { row: 0, rows, rest: Cursor::new(format!("{HEADING}\n").into_bytes()) };
    let file = InvoiceFile::read("long.csv", Box::new(source), &Map::standard()).unwrap();
    let mut last = None;
    let mut count = 0;
    for row in file {
        let row = row.unwrap();
        count += 1;
        last = Some((row.line, row.number));
    }
    assert_eq!(count, rows);
    assert_eq!(last, Some((rows + 1, format!("R{rows}"))));
}

/// Cells that break naive readers, joined in any order.
fn cells() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        Just("\"".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(",".to_owned()),
        Just("2026-01-10".to_owned()),
        Just("10.00".to_owned()),
        Just("1e9".to_owned()),
        Just("\u{feff}".to_owned()),
        "[^\"]{0,8}",
    ];
    proptest::collection::vec(cell, 0..60).prop_map(|cells| cells.concat())
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for map in [Map::standard(), Map::opos()] {
            let Ok(file) = open(&bytes, &map) else { continue };
            prop_assert!(file.count() <= bytes.len());
        }
        let mut rows = format!("{HEADING}\n").into_bytes();
        rows.extend(&bytes);
        let _ = open(&rows, &Map::standard()).unwrap().count();
    }

    #[test]
    fn every_row_is_accepted_or_refused_on_a_line_of_the_file(text in cells()) {
        let lines = text.matches(['\n', '\r']).count() as u64 + 2;
        let mut before = 1;
        for row in standard(&text) {
            let line = row.map_or_else(|problem| problem.line, |row| row.line);
            prop_assert!(before <= line && line <= lines, "{line} of {lines}");
            before = line;
        }
    }

    #[test]
    fn what_was_written_is_read(names in proptest::collection::vec("[A-Za-zÄÖÜäöüß,;\"'&<>{} ]{1,40}", 1..20), cents in 1..1_000_000_000i64) {
        let amount = format!("{}.{:02}", cents / 100, cents % 100);
        let text: String = names.iter().map(|name| row_with("customer_name", &format!("x{name}")).replace("\"10.00\"", &amount)).collect();
        let rows = standard(&text);
        prop_assert_eq!(rows.len(), names.len());
        for (row, name) in rows.into_iter().zip(&names) {
            let row = row.unwrap();
            let written = format!("x{name}");
            prop_assert_eq!(row.customer.name.as_str(), written.trim());
            prop_assert_eq!(row.amount.minor, cents);
        }
    }
}
