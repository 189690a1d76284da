//! The map file: how the rows of one kind of file become invoices.
//!
//! Reading it finds all problems at once; what only a header can tell (a column that is not there) is found in `binding`.

use super::fields::Field;
use super::format::Format;
use super::template::{Template, Templates};
use crate::domain::toml_reader::{Document, Overrides, Table, value};

/// One thing that is wrong with a map file. Line and column 0: with a map that is built in.
pub use crate::domain::toml_reader::Problem as MapProblem;

/// How the rows of one kind of file become invoices.
#[derive(Clone, Debug)]
pub struct Map {
    pub(super) format: Format,
    pub(super) source: Source,
}

/// Where the fields come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A map file's templates, by [`Field::index`].
    Templates { fields: Vec<Option<Template>>, compiled: Box<Templates> },
    /// Columns that are named as the fields, in one of the spellings of `standard`.
    Names,
}

impl Map {
    /// Reads a map file.
    ///
    /// # Errors
    /// All problems in the order of the file: what is no TOML, unknown keys, missing fields, and values that mean nothing.
    pub fn parse(text: &str) -> Result<Self, Vec<MapProblem>> {
        let document = Document::new(text.strip_prefix('\u{feff}').unwrap_or(text), Overrides::default());
        let root = document.root();
        let format = Format::plain().read(&root.table("format"));
        let mut compiled = Templates::default();
        let mut fields: Vec<Option<Template>> = Field::ALL.iter().map(|_| None).collect();
        for name in ["invoice", "customer"] {
            read_templates(name, &root.table(name), &mut fields, &mut compiled);
        }
        root.finish();
        let problems = document.into_problems();
        let source = Source::Templates { fields, compiled: Box::new(compiled) };
        if problems.is_empty() { Ok(Self { format, source }) } else { Err(problems) }
    }
}

fn read_templates(name: &str, table: &Table<'_>, fields: &mut [Option<Template>], compiled: &mut Templates) {
    for field in Field::ALL.into_iter().filter(|field| field.key().0 == name) {
        let (_, key) = field.key();
        let text = if field.required() {
            table.required(key, &format!("{key} = \"{{{{column}}}}\" in [{name}]"), value::text)
        } else {
            table.value(key, value::text)
        };
        let Some(text) = text else { continue };
        match compiled.compile(field, &text, table.position_of(key)) {
            Ok(template) => fields[field.index()] = Some(template),
            Err(messages) => messages.into_iter().for_each(|message| table.error(key, message)),
        }
    }
    table.finish();
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
[format]
delimiter = ";"
encoding = "windows-1252"
dates = "%d.%m.%Y"
decimal = ","
thousands = "."
currency = "CHF"
quote = "'"
skip_lines = 2

[invoice]
number = "{{Nr}}"
invoice_date = "{{Datum}}"
due_date = "{{Fällig}}"
amount = "{{Betrag}}"
currency = "{{WKZ}}"
kind = "invoice"
external_id = "{{Konto}}/{{Nr}}"
paid_on = "{{Bezahlt}}"
document = "pdf/{{Nr}}.pdf"

[customer]
number = "{{Konto}}"
name = "{{Name}}"
email = '{{#if (ne Mail "-")}}{{Mail}}{{/if}}'
"#;

    fn problems(text: &str) -> Vec<String> {
        Map::parse(text).unwrap_err().iter().map(|problem| problem.in_file("m.toml")).collect()
    }

    #[test]
    fn a_whole_map_is_read() {
        let map = Map::parse(WHOLE).unwrap();
        assert_eq!((map.format.delimiter, map.format.quote, map.format.skip_lines), (b';', Some(b'\''), 2));
        assert_eq!((map.format.encoding.name(), map.format.currency.code()), ("windows-1252", "CHF"));
        let Source::Templates { fields, .. } = map.source else { panic!("a map file has templates") };
        assert_eq!(fields.iter().flatten().count(), 12);
        assert_eq!(fields[Field::DueDate.index()].as_ref().unwrap().position, (15, 12));
    }

    #[test]
    fn all_problems_are_found_at_once_with_their_lines() {
        let text = WHOLE
            .replace("delimiter = \";\"", "delimeter = \";\"")
            .replace("windows-1252", "windows-1552")
            .replace("%d.%m.%Y", "TT.MM.JJJJ")
            .replace("skip_lines = 2", "skip_lines = \"2\"")
            .replace("due_date = \"{{Fällig}}\"", "duedate = \"{{Fällig}}\"")
            .replace("{{Betrag}}", "{{Betrag")
            .replace("name = \"{{Name}}\"", "name = 5")
            + "\n[customers]\n";
        assert_eq!(
            problems(&text),
            [
                "m.toml:3:1: error: format.delimeter: is no key here; did you mean `delimiter`?",
                "m.toml:4:12: error: format.encoding: \"windows-1552\" is no encoding: write \"windows-1252\"",
                "m.toml:5:9: error: format.dates: leaves out the day, the month or the year: write a strftime pattern such as \"%d.%m.%Y\" or \"%Y-%m-%d\"",
                "m.toml:10:14: error: format.skip_lines: must be a whole number from 0 to 1000, without quotes, not text",
                "m.toml:12:1: error: invoice.due_date: is missing: write due_date = \"{{column}}\" in [invoice]",
                "m.toml:15:1: error: invoice.duedate: is no key here; did you mean `due_date`?",
                "m.toml:16:10: error: invoice.amount: is no handlebars template at character 9: write a column as {{column}}, or {{[a column]}} if its name has blanks, and close every block",
                "m.toml:25:8: error: customer.name: must be text in quotes, not a whole number",
                "m.toml:28:2: error: customers: is no key here; did you mean `customer`?",
            ]
        );
    }

    #[test]
    fn marks_that_contradict_each_other_are_refused() {
        for (format, expected) in [
            ("decimal = \",\"\nthousands = \",\"", "format.thousands: is the decimal mark as well"),
            ("delimiter = \"'\"\nquote = \"'\"", "format.quote: is the delimiter as well"),
            ("delimiter = \"ab\"", "is no delimiter"),
            ("decimal = \";\"", "is no decimal mark"),
            ("currency = \"Euro\"", "three capital letters"),
            ("quote = \"ä\"", "is no quote"),
        ] {
            let found = problems(&format!("[format]\n{format}\n"));
            assert!(found.iter().any(|problem| problem.contains(expected)), "{format}: {found:?}");
        }
    }

    #[test]
    fn an_empty_map_misses_every_required_field() {
        let missing = problems("").len();
        assert_eq!(missing, Field::ALL.into_iter().filter(|field| field.required()).count());
    }

    #[test]
    fn what_is_no_toml_is_named_with_its_line() {
        let found = problems(&WHOLE.replace("kind = \"invoice\"", "kind = invoice"));
        assert!(found.iter().any(|problem| problem.starts_with("m.toml:18:8: ")), "{found:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,300}") {
            let _ = Map::parse(&text);
        }

        #[test]
        fn no_template_panics(value in "[{}#/()a-c !\\[\\].~@\"-]{0,60}") {
            let _ = Templates::default().compile(Field::Email, &value, (1, 1));
        }
    }
}
