//! The values of a map: handlebars templates over a row's columns.
//!
//! Handlebars parses and renders. What is ours is strictness before the first row: every column that a template names is
//! known, those in branches that no row may ever take included, and only a few pure helpers are let in. Values that are
//! nothing but text and columns are put together without handlebars, because nearly all of them are and files are long.

use super::fields::Field;
use crate::domain::toml_reader::nearest;
use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Context, Handlebars, Path, PathSeg, handlebars_helper, no_escape};

/// Longer or more deeply nested values are no mapping any more; the limits also keep the parser's recursion shallow.
const LONGEST: usize = 2000;
const MOST_OPENINGS: usize = 40;

/// Helpers that give a value, and how many arguments they take.
const HELPERS: [(&str, usize, usize); 9] = [
    ("eq", 2, 2),
    ("ne", 2, 2),
    ("and", 2, 9),
    ("or", 2, 9),
    ("not", 1, 1),
    ("trim", 1, 1),
    ("upper", 1, 1),
    ("lower", 1, 1),
    ("default", 2, 2),
];
const BLOCKS: [&str; 2] = ["if", "unless"];

handlebars_helper!(trim: |text: str| text.trim());
handlebars_helper!(upper: |text: str| text.to_uppercase());
handlebars_helper!(lower: |text: str| text.to_lowercase());
handlebars_helper!(default: |text: str, otherwise: str| if text.trim().is_empty() { otherwise } else { text });

/// One value of a map, checked.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// Line and column of the map.
    pub position: (usize, usize),
    pub plan: Plan,
    /// Every column it names, in the order of the text, each once.
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Text and columns one after the other.
    Parts(Vec<Part>),
    /// Handlebars renders it, under the field's name.
    Rendered,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Column(String),
}

/// The templates that handlebars renders.
#[derive(Clone, Debug)]
pub(super) struct Templates {
    registry: Handlebars<'static>,
}

impl Default for Templates {
    fn default() -> Self {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(no_escape);
        registry.register_helper("trim", Box::new(trim));
        registry.register_helper("upper", Box::new(upper));
        registry.register_helper("lower", Box::new(lower));
        registry.register_helper("default", Box::new(default));
        Self { registry }
    }
}

impl Templates {
    /// Checks one value and keeps it for rendering if it needs that.
    ///
    /// # Errors
    /// Everything that is wrong with it, as sentences that begin with the field.
    pub(super) fn compile(&mut self, field: Field, text: &str, position: (usize, usize)) -> Result<Template, Vec<String>> {
        if text.len() > LONGEST || text.matches("{{#").count() + text.matches('(').count() > MOST_OPENINGS {
            return Err(vec![format!("is too long: write at most {LONGEST} bytes and {MOST_OPENINGS} blocks and parentheses")]);
        }
        let parsed = handlebars::Template::compile(text).map_err(|error| vec![no_template(&error)])?;
        let mut reading = Reading::default();
        reading.template(&parsed);
        if !reading.problems.is_empty() {
            return Err(reading.problems);
        }
        let plan = if reading.plain {
            Plan::Parts(reading.parts)
        } else {
            self.registry.register_template(field.name(), parsed);
            Plan::Rendered
        };
        Ok(Template { position, plan, columns: reading.columns })
    }

    /// # Errors
    /// What handlebars says about this row: an argument of the wrong kind.
    pub(super) fn render(&self, field: Field, row: &Context) -> Result<String, String> {
        self.registry.render_with_context(field.name(), row).map_err(|error| format!("can't be made from the row: {}", error.reason()))
    }
}

fn no_template(error: &handlebars::TemplateError) -> String {
    let place = error.pos().map_or_else(String::new, |(_, column)| format!(" at character {column}"));
    format!(
        "is no handlebars template{place}: write a column as {{{{column}}}}, or {{{{[a column]}}}} if its name has blanks, and close every block"
    )
}

/// One walk over a parsed template.
#[derive(Debug)]
struct Reading {
    columns: Vec<String>,
    parts: Vec<Part>,
    /// Nothing but text and columns so far.
    plain: bool,
    problems: Vec<String>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { columns: Vec::new(), parts: Vec::new(), plain: true, problems: Vec::new() }
    }
}

impl Reading {
    fn template(&mut self, template: &handlebars::Template) {
        for element in &template.elements {
            match element {
                TemplateElement::RawString(text) => self.parts.push(Part::Text(text.clone())),
                TemplateElement::Comment(_) => {}
                TemplateElement::Expression(expression) | TemplateElement::HtmlExpression(expression) => self.expression(expression),
                TemplateElement::HelperBlock(block) => self.block(block),
                _ => self.problems.push("has a partial or a decorator: write columns, {{#if}} and {{#unless}} only".to_owned()),
            }
        }
    }

    fn expression(&mut self, expression: &HelperTemplate) {
        if !expression.params.is_empty() || !expression.hash.is_empty() {
            return self.call(expression);
        }
        if let Some(column) = self.column(&expression.name) {
            self.parts.push(Part::Column(column));
        }
    }

    fn block(&mut self, block: &HelperTemplate) {
        self.plain = false;
        let name = block.name.as_name().unwrap_or_default();
        if !BLOCKS.contains(&name) {
            self.problems.push(format!("has the block {{{{#{name}}}}}: write {{{{#if …}}}} or {{{{#unless …}}}}"));
        } else if block.params.len() != 1 || !block.hash.is_empty() || block.block_param.is_some() {
            self.problems.push(format!("has {{{{#{name}}}}} without exactly one condition: write {{{{#{name} (eq column \"text\")}}}}"));
        }
        block.params.iter().for_each(|condition| self.argument(condition));
        [&block.template, &block.inverse].into_iter().flatten().for_each(|branch| self.template(branch));
    }

    fn call(&mut self, call: &HelperTemplate) {
        self.plain = false;
        let name = call.name.as_name().unwrap_or_default();
        match HELPERS.iter().find(|(known, _, _)| *known == name) {
            None => self.problems.push(unknown_helper(name)),
            Some((_, least, most)) if !(*least..=*most).contains(&call.params.len()) => {
                let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
                self.problems.push(format!("calls {name} with {} values: write {wanted}", call.params.len()));
            }
            Some(_) if !call.hash.is_empty() => self.problems.push(format!("calls {name} with named values: write them without names")),
            Some(_) => {}
        }
        call.params.iter().for_each(|argument| self.argument(argument));
    }

    fn argument(&mut self, argument: &Parameter) {
        match argument {
            Parameter::Literal(literal) if literal.is_string() => {}
            // Columns are text, and handlebars finds a number different from every text.
            Parameter::Literal(literal) => {
                self.problems.push(format!("compares with {literal}: columns are text, write \"{literal}\" in quotes"));
            }
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) if !call.params.is_empty() => self.call(call),
                _ => self.problems.push("has parentheses around a single name: write the name alone".to_owned()),
            },
            name => {
                self.column(name);
            }
        }
    }

    /// The column that is meant; None is a problem that has been added.
    fn column(&mut self, name: &Parameter) -> Option<String> {
        let (column, written) = match name {
            Parameter::Path(Path::Relative((segments, written))) => match segments.as_slice() {
                [PathSeg::Named(column)] => (column, written.as_str()),
                _ => return self.no_column(written),
            },
            Parameter::Path(Path::Local((_, _, written))) => return self.no_column(written),
            Parameter::Name(column) => (column, column.as_str()),
            _ => return self.no_column("(…)"),
        };
        if HELPERS.iter().any(|(helper, _, _)| *helper == written) || BLOCKS.contains(&written) {
            self.problems.push(format!("names the helper {written} without values: write {{{{[{written}]}}}} if a column has this name"));
            return None;
        }
        if !self.columns.contains(column) {
            self.columns.push(column.clone());
        }
        Some(column.clone())
    }

    fn no_column(&mut self, written: &str) -> Option<String> {
        self.problems.push(format!("names {written}, which is no column: write {{{{[{written}]}}}} if a column has this name"));
        None
    }
}

fn unknown_helper(name: &str) -> String {
    let helpers = HELPERS.map(|(helper, _, _)| helper);
    let meant = nearest(name, helpers).map_or_else(|| format!("one of {}", helpers.join(", ")), |helper| format!("`{helper}`"));
    format!("calls {name}, which is no helper: write {meant}, or {{{{[{name} …]}}}} for a column whose name has blanks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn compile(text: &str) -> Result<Template, Vec<String>> {
        Templates::default().compile(Field::Email, text, (7, 1))
    }

    fn column(name: &str) -> Part {
        Part::Column(name.to_owned())
    }

    #[test]
    fn text_and_columns_need_no_rendering() {
        for (text, parts) in [
            ("{{Nr}}", vec![column("Nr")]),
            ("{{{Nr}}}", vec![column("Nr")]),
            ("{{[Kunden Nr.]}}", vec![column("Kunden Nr.")]),
            ("{{Fälligkeit}}", vec![column("Fälligkeit")]),
            ("Customer {{a}}-{{b}}", vec![Part::Text("Customer ".to_owned()), column("a"), Part::Text("-".to_owned()), column("b")]),
            ("DE{{! always }}", vec![Part::Text("DE".to_owned())]),
            ("", vec![]),
        ] {
            assert_eq!(compile(text).unwrap().plan, Plan::Parts(parts), "{text}");
        }
    }

    #[test]
    fn columns_of_every_branch_are_known() {
        let text =
            r#"{{#if (and (eq A "x") (not B))}}{{C}}{{else if (ne D "y")}}{{upper (trim E)}}{{else}}{{#unless F}}{{G}}{{/unless}}{{/if}}"#;
        let template = compile(text).unwrap();
        assert_eq!(template.columns, ["A", "B", "C", "D", "E", "F", "G"]);
        assert_eq!(template.plan, Plan::Rendered);
    }

    #[test]
    fn conditions_and_helpers_render_without_escaping() {
        for (text, rendered) in [
            (r#"{{#if (eq A "x")}}{{B}}@a.example{{/if}}"#, "Müller & Söhne <1>@a.example"),
            (r#"{{#if (eq A "y")}}{{B}}{{else}}{{default C "DE"}}{{/if}}"#, "DE"),
            ("{{upper A}}{{lower \"ABC\"}}{{trim D}}", "Xabcz"),
            (r#"{{#unless C}}{{default A "no"}}{{/unless}}"#, "x"),
            (r#"{{#if (or C (eq A "x"))}}1{{/if}}"#, "1"),
        ] {
            let mut templates = Templates::default();
            templates.compile(Field::Email, text, (1, 1)).unwrap();
            let row = Context::wraps(json!({"A": "x", "B": "Müller & Söhne <1>", "C": "", "D": " z "})).unwrap();
            assert_eq!(templates.render(Field::Email, &row).as_deref(), Ok(rendered), "{text}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused_with_what_to_write() {
        for (text, expected) in [
            ("{{A", "is no handlebars template"),
            ("{{#if A}}x", "close every block"),
            ("{{#if A}}x{{/unless}}", "is no handlebars template"),
            ("{{Kunden Nr}}", "{{[Kunden …]}} for a column whose name has blanks"),
            ("{{a.b}}", "write {{[a.b]}}"),
            ("{{../a}}", "is no column"),
            ("{{@index}}", "is no column"),
            ("{{this}}", "is no column"),
            ("{{not}}", "write {{[not]}}"),
            ("{{eq A}}", "calls eq with 1 values: write 2"),
            ("{{uper A}}", "write `upper`"),
            ("{{#each A}}x{{/each}}", "has the block {{#each}}"),
            ("{{#if A B}}x{{/if}}", "without exactly one condition"),
            ("{{#if (eq A 5)}}x{{/if}}", "write \"5\" in quotes"),
            ("{{> footer}}", "partial"),
            ("{{#if (A)}}x{{/if}}", "parentheses around a single name"),
            ("{{trim A x=\"1\"}}", "named values"),
        ] {
            let problems = compile(text).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
        }
        assert!(compile(&"x".repeat(3000)).is_err());
        assert!(compile(&"{{#if a}}".repeat(150)).is_err());
    }
}
