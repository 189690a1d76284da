//! The walk through a template: every name in every branch, taken or not, is held to the list of placeholders.
//!
//! Rendering samples can't see a branch that no sample takes, and strict mode can't see that a value is empty. So the
//! walk knows, at each place, which conditions surround it, and asks that a value that may be empty stands inside one.

use super::check::Part;
use super::placeholders::{Kind, Need, OF_AN_INVOICE, PLACEHOLDERS, Placeholder, nearest};
use super::problem::TextProblem;
use super::seal::{TABLE, seal};
use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, Subexpression, TemplateElement};

/// What surrounds a place: a placeholder that is known to be so (not empty, yes) or not so.
type Fact = (&'static str, bool);

/// Where names are looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Notice,
    Invoice,
}

impl Scope {
    fn names(self) -> &'static [Placeholder] {
        match self {
            Self::Notice => PLACEHOLDERS,
            Self::Invoice => OF_AN_INVOICE,
        }
    }
}

pub(super) struct Walk<'a> {
    file: &'a str,
    source: &'a str,
    part: Part,
    line: usize,
    scopes: Vec<Scope>,
    facts: Vec<Fact>,
    /// Inside a condition that is wrong itself: complaints about what it should have assured would be noise.
    doubtful: usize,
    problems: Vec<TextProblem>,
    everything_said: String,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a str, source: &'a str, part: Part) -> Self {
        Self {
            file,
            source,
            part,
            line: 1,
            scopes: vec![Scope::Notice],
            facts: Vec::new(),
            doubtful: 0,
            problems: Vec::new(),
            everything_said: String::new(),
        }
    }

    /// The problems, and the text with all its branches one after the other and its values sealed.
    pub(super) fn finish(self) -> (Vec<TextProblem>, String) {
        (self.problems, self.everything_said)
    }

    pub(super) fn template(&mut self, template: &Template) {
        for (place, element) in template.elements.iter().enumerate() {
            if let Some(mapping) = template.mapping.get(place) {
                self.line = mapping.0;
            }
            match element {
                TemplateElement::RawString(text) => self.everything_said.push_str(text),
                TemplateElement::Expression(expression) => self.expression(expression),
                TemplateElement::HelperBlock(block) => self.block(block),
                TemplateElement::HtmlExpression(expression) => {
                    let name = expression.name.as_name().unwrap_or("…");
                    self.refuse(name, format!("stands in three braces or after &: write {{{{{name}}}}}, values are never markup"));
                }
                TemplateElement::Comment(_) => {}
                _ => self.refuse("", "partials ({{> …}}) and decorators ({{* …}}) can't be used: write the text itself".to_owned()),
            }
        }
    }

    fn refuse(&mut self, name: &str, message: String) {
        // Inside a tag of several lines, or an else branch, the parser knows only where it began.
        let found =
            (1..).zip(self.source.lines()).skip(self.line.saturating_sub(1)).find(|(_, line)| !name.is_empty() && line.contains(name));
        let line = found.map_or(self.line, |(number, _)| number);
        self.problems.push(TextProblem { file: self.file.to_owned(), line: Some(line), name: name.to_owned(), message });
    }

    fn expression(&mut self, expression: &HelperTemplate) {
        let (Parameter::Path(_) | Parameter::Name(_)) = &expression.name else {
            let message = "comparisons can't be printed: ask them in {{#if (…)}}".to_owned();
            return self.refuse("(", message);
        };
        let name = expression.name.as_name().unwrap_or_default().to_owned();
        if !expression.params.is_empty() || !expression.hash.is_empty() {
            let message = match name.as_str() {
                "if" | "unless" | "each" => format!("lacks its #: write {{{{#{name} …}}}} … {{{{/{name}}}}}"),
                _ => "takes nothing behind its name: write one placeholder between the braces".to_owned(),
            };
            return self.refuse(&name, message);
        }
        let Some((placeholder, scope)) = self.look_up(&name) else { return };
        match placeholder.kind {
            Kind::Text | Kind::Number => self.needs(&name, placeholder, scope),
            Kind::YesNo => self.refuse(&name, format!("is a yes or no: ask it, {{{{#if {name}}}}} … {{{{/if}}}}")),
            Kind::List => self.refuse(&name, "is a list: write {{#each invoices}}{{number}} {{/each}}, or {{invoice_table}}".to_owned()),
            Kind::Table => self.table(&name),
        }
        self.everything_said.push_str(&seal(if placeholder.kind == Kind::Table { TABLE } else { "x" }));
    }

    fn table(&mut self, name: &str) {
        let alone = self.source.lines().nth(self.line.saturating_sub(1)).is_some_and(|line| {
            line.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).is_some_and(|inner| inner.trim() == name)
        });
        if self.part == Part::Subject || self.scopes.len() > 1 || !alone {
            self.refuse(name, "is a whole table: it stands alone on a line of the body, outside {{#each}}".to_owned());
        }
    }

    /// A value that may be empty is printed only where the text has asked for it.
    fn needs(&mut self, name: &str, placeholder: &Placeholder, scope: Scope) {
        let wanted = match placeholder.need {
            Need::Nothing => return,
            Need::Itself => (placeholder.name, true),
            Need::Fact(fact, holds) => (fact, holds),
        };
        if scope == Scope::Invoice || self.doubtful > 0 || self.facts.contains(&wanted) {
            return;
        }
        let (opening, closing) = if wanted.1 { ("if", "if") } else { ("unless", "unless") };
        let message = format!("has no value for some notices: write {{{{#{opening} {}}}}} … {{{{{name}}}}} … {{{{/{closing}}}}}", wanted.0);
        self.refuse(name, message);
    }

    fn block(&mut self, block: &HelperTemplate) {
        let helper = block.name.as_name().unwrap_or_default().to_owned();
        if !matches!(helper.as_str(), "if" | "unless" | "each") {
            let known = PLACEHOLDERS.iter().any(|placeholder| placeholder.name == helper);
            let instead = if known { format!("write {{{{#if {helper}}}}}") } else { "the blocks are #if, #unless and #each".to_owned() };
            return self.refuse(&helper, format!("is no block: {instead}"));
        }
        if block.block_param.is_some() || !block.hash.is_empty() {
            self.refuse(&helper, "takes no `as |…|` and no `name=value`: take it out".to_owned());
        }
        let [question] = block.params.as_slice() else {
            let example = if helper == "each" { "{{#each invoices}}" } else { "{{#if (gt level 1)}}" };
            self.refuse(&helper, format!("asks for exactly one thing, comparisons in parentheses: write {example}"));
            return self.branches(block, &[], &[], true);
        };
        if helper == "each" {
            return self.each(block, question);
        }
        let clear = self.question(question).is_some();
        let (when_so, when_not) = (assured(question, true), assured(question, false));
        if helper == "if" {
            self.branches(block, &when_so, &when_not, !clear);
        } else {
            self.branches(block, &when_not, &when_so, !clear);
        }
    }

    fn each(&mut self, block: &HelperTemplate, list: &Parameter) {
        let name = list.as_name().unwrap_or_default().to_owned();
        match self.look_up(&name) {
            Some((placeholder, _)) if placeholder.kind == Kind::List => {
                self.scopes.push(Scope::Invoice);
                if let Some(inner) = &block.template {
                    self.template(inner);
                }
                self.scopes.pop();
            }
            Some(_) => self.refuse(&name, "is no list: write {{#each invoices}}".to_owned()),
            None => {}
        }
        if let Some(otherwise) = &block.inverse {
            self.template(otherwise);
        }
    }

    fn branches(&mut self, block: &HelperTemplate, first: &[Fact], second: &[Fact], doubtful: bool) {
        self.doubtful += usize::from(doubtful);
        for (branch, facts) in [(&block.template, first), (&block.inverse, second)] {
            if let Some(branch) = branch {
                let before = self.facts.len();
                self.facts.extend(facts);
                self.template(branch);
                self.facts.truncate(before);
            }
        }
        self.doubtful -= usize::from(doubtful);
    }

    /// What a condition or one side of a comparison holds; `None` if it was refused.
    fn question(&mut self, question: &Parameter) -> Option<Kind> {
        match question {
            Parameter::Literal(serde_json::Value::String(_)) => Some(Kind::Text),
            Parameter::Literal(serde_json::Value::Number(_)) => Some(Kind::Number),
            Parameter::Literal(serde_json::Value::Bool(_)) => Some(Kind::YesNo),
            Parameter::Subexpression(comparison) => self.comparison(comparison),
            Parameter::Path(_) | Parameter::Name(_) => {
                let name = question.as_name().unwrap_or_default().to_owned();
                let (placeholder, _) = self.look_up(&name)?;
                if matches!(placeholder.kind, Kind::List | Kind::Table) {
                    self.refuse(&name, "is always there: ask {{#if several}} or {{#if (gt invoice_count 5)}}".to_owned());
                    return None;
                }
                Some(placeholder.kind)
            }
            _ => {
                self.refuse("", "ask for a placeholder, a number, a \"text\", true or false".to_owned());
                None
            }
        }
    }

    fn comparison(&mut self, comparison: &Subexpression) -> Option<Kind> {
        let helper = comparison.name().to_owned();
        let params = comparison.params().map(Vec::as_slice).unwrap_or_default();
        let kinds: Vec<_> = params.iter().map(|param| self.question(param)).collect();
        let kinds: Vec<Kind> = kinds.into_iter().collect::<Option<_>>()?;
        let complaint = match (helper.as_str(), kinds.as_slice()) {
            ("and" | "or", [_, _, ..]) | ("not", [_]) | ("gt" | "gte" | "lt" | "lte", [Kind::Number, Kind::Number]) => None,
            ("eq" | "ne", [one, other]) if one == other => None,
            ("gt" | "gte" | "lt" | "lte", _) => {
                Some("compares two numbers (level, invoice_count, payment_days, days_overdue, or written ones); amounts and dates are text")
            }
            ("eq" | "ne", _) => Some("compares a number with a number or a text with a \"text\""),
            ("and" | "or", _) => Some("joins two or more conditions"),
            ("not", _) => Some("turns exactly one condition around"),
            _ => Some("is no comparison: there are eq, ne, gt, gte, lt, lte, and, or, not"),
        };
        let complaint = complaint.or_else(|| {
            let named = comparison.hash().is_some_and(|hash| !hash.is_empty());
            named.then_some("takes no `name=value`: take it out")
        });
        match complaint {
            None => Some(Kind::YesNo),
            Some(complaint) => {
                self.refuse(&helper, complaint.to_owned());
                None
            }
        }
    }

    fn look_up(&mut self, written: &str) -> Option<(&'static Placeholder, Scope)> {
        let (scope, name) = resolve(&self.scopes, written);
        if let Some(placeholder) = scope.names().iter().find(|placeholder| placeholder.name == name) {
            return Some((placeholder, scope));
        }
        let advice = if scope == Scope::Invoice && PLACEHOLDERS.iter().any(|placeholder| placeholder.name == name) {
            format!("is not known inside {{{{#each invoices}}}}: write ../{name}")
        } else {
            let members: Vec<_> =
                scope.names().iter().filter(|p| p.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))).collect();
            if members.is_empty() {
                format!("is not a known placeholder: did you mean {}?", nearest(name, scope.names()))
            } else {
                format!("has parts: write one of {}", members.iter().map(|p| p.name).collect::<Vec<_>>().join(", "))
            }
        };
        self.refuse(written, advice);
        None
    }
}

/// The scope that a written name looks into, and the name there.
fn resolve<'n>(scopes: &[Scope], written: &'n str) -> (Scope, &'n str) {
    let mut depth = scopes.len().saturating_sub(1);
    let mut name = written;
    if let Some(rest) = name.strip_prefix("@root.") {
        return (Scope::Notice, rest);
    }
    loop {
        if let Some(rest) = name.strip_prefix("../") {
            depth = depth.saturating_sub(1);
            name = rest;
        } else if let Some(rest) = name.strip_prefix("./").or_else(|| name.strip_prefix("this.")) {
            name = rest;
        } else {
            return (scopes.get(depth).copied().unwrap_or(Scope::Notice), name);
        }
    }
}

/// What is known where `question` came out as `answer`.
fn assured(question: &Parameter, answer: bool) -> Vec<Fact> {
    match question {
        Parameter::Path(_) | Parameter::Name(_) => {
            let written = question.as_name().unwrap_or_default();
            let (_, name) = resolve(&[Scope::Notice], written);
            PLACEHOLDERS.iter().filter(|placeholder| placeholder.name == name).map(|placeholder| (placeholder.name, answer)).collect()
        }
        Parameter::Subexpression(comparison) => {
            let params = comparison.params().map(Vec::as_slice).unwrap_or_default();
            match (comparison.name(), answer) {
                ("not", _) => params.iter().flat_map(|param| assured(param, !answer)).collect(),
                ("and", true) | ("or", false) => params.iter().flat_map(|param| assured(param, answer)).collect(),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}
