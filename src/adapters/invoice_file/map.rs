//! The map file: how the rows of one kind of file become invoices.
//!
//! Reading it finds all problems at once; what only a header can tell (a column that is not there) is found in `binding`.

use super::fields::Field;
use super::format::Format;
use super::table::{self, Problems, Table, Text};
use super::template::{Template, Templates};
use std::fmt;

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
    Templates { fields: Vec<Option<Template>>, compiled: Templates },
    /// Columns that are named as the fields, in one of the spellings of `standard`.
    Names,
}

/// One thing that is wrong with a map file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapProblem {
    /// Line of the map, from 1; 0 for a map that is built in.
    pub line: u64,
    /// `invoice.due_date`, `format.delimiter`, or `TOML` for what is none.
    pub field: String,
    /// What is wrong and what to write instead; continues a sentence that begins with the field.
    pub message: String,
}

impl fmt::Display for MapProblem {
    /// `17: invoice.due_date: …`; put the file's name and a colon before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}: ", self.line)?;
        }
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl Map {
    /// Reads a map file.
    ///
    /// # Errors
    /// All problems in the order of the file: what is no TOML, unknown keys, missing fields, and values that mean nothing.
    pub fn parse(text: &str) -> Result<Self, Vec<MapProblem>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut problems = Problems::new(text);
        let mut file = table::parse(text, &mut problems);
        let format = Table::take(&mut file, "format", &mut problems);
        let invoice = Table::take(&mut file, "invoice", &mut problems);
        let customer = Table::take(&mut file, "customer", &mut problems);
        refuse_other_tables(&file, &mut problems);
        let format = Format::plain().read(format, &mut problems);
        let mut compiled = Templates::default();
        let mut fields: Vec<Option<Template>> = Field::ALL.iter().map(|_| None).collect();
        for table in [("invoice", invoice), ("customer", customer)] {
            read_templates(table, &mut fields, &mut compiled, &mut problems);
        }
        let problems = problems.into_sorted();
        if problems.is_empty() { Ok(Self { format, source: Source::Templates { fields, compiled } }) } else { Err(problems) }
    }
}

fn read_templates<'t>(
    (name, mut table): (&str, Table<'t>),
    fields: &mut [Option<Template>],
    compiled: &mut Templates,
    problems: &mut Problems<'t>,
) {
    for field in Field::ALL.into_iter().filter(|field| field.key().0 == name) {
        let (_, key) = field.key();
        match table.text(key, problems) {
            Some(Text { value, line }) => match compiled.compile(field, &value, line) {
                Ok(template) => fields[field.index()] = Some(template),
                Err(messages) => messages.into_iter().for_each(|message| problems.add(line, table.path(key), message)),
            },
            // A value of the wrong type has been reported on its own line already; it is not missing.
            None if field.required() && !table.has_problem(key, problems) => {
                problems.add(table.line(), table.path(key), format!("is missing: write {key} = \"{{{{column}}}}\" in [{name}]"));
            }
            None => {}
        }
    }
    table.refuse_rest(problems);
}

fn refuse_other_tables<'t>(file: &toml::de::DeTable<'t>, problems: &mut Problems<'t>) {
    for (key, _) in file {
        let line = problems.line(key.span().start);
        problems.add(line, key.get_ref().to_string(), table::unknown(key.get_ref(), &["format", "invoice", "customer"]));
    }
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
        Map::parse(text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_map_is_read() {
        let map = Map::parse(WHOLE).unwrap();
        assert_eq!((map.format.delimiter, map.format.quote, map.format.skip_lines), (b';', Some(b'\''), 2));
        assert_eq!((map.format.encoding.name(), map.format.currency.code()), ("windows-1252", "CHF"));
        let Source::Templates { fields, .. } = map.source else { panic!("a map file has templates") };
        assert_eq!(fields.iter().flatten().count(), 12);
        assert_eq!(fields[Field::DueDate.index()].as_ref().unwrap().line, 15);
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
                "3: format.delimeter: is not known: write `delimiter`",
                "4: format.encoding: \"windows-1552\" is no encoding: write \"windows-1252\"",
                "5: format.dates: leaves out the day, the month or the year: write a strftime pattern such as \"%d.%m.%Y\" or \"%Y-%m-%d\"",
                "10: format.skip_lines: is no number from 0 to 1000: write one without quotes",
                "12: invoice.due_date: is missing: write due_date = \"{{column}}\" in [invoice]",
                "15: invoice.duedate: is not known: write `due_date`",
                "16: invoice.amount: is no handlebars template at character 9: write a column as {{column}}, or {{[a column]}} if its name has blanks, and close every block",
                "25: customer.name: is a number: write text in quotes",
                "28: customers: is not known: write `customer`",
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
        assert!(found.iter().any(|problem| problem.starts_with("18: TOML: ")), "{found:?}");
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,300}") {
            let _ = Map::parse(&text);
        }

        #[test]
        fn no_template_panics(value in "[{}#/()a-c !\\[\\].~@\"-]{0,60}") {
            let _ = Templates::default().compile(Field::Email, &value, 1);
        }
    }
}
