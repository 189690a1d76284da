//! One file of a text set, held to what texts may do, before anything is rendered: size, characters, syntax, names, links.

use super::markdown;
use super::problem::TextProblem;
use super::walk::Walk;
use handlebars::{Template, TemplateErrorReason};

/// A stage's text is a page or two; what is larger is a wrong file.
const MAX_BYTES: usize = 64 * 1024;

/// Which of a set's two files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// One line; no Markdown, no table.
    Subject,
    Body,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Subject, Self::Body];

    pub(super) fn file_name(self) -> &'static str {
        match self {
            Self::Subject => "subject.hbs",
            Self::Body => "body.hbs",
        }
    }
}

/// The compiled template, with nothing left in it that could fail or surprise when it is rendered.
///
/// # Errors
/// All mistakes of the file.
pub(super) fn compile(file: &str, part: Part, source: &str) -> Result<Template, Vec<TextProblem>> {
    let source = source.strip_prefix('\u{FEFF}').unwrap_or(source);
    if source.len() > MAX_BYTES {
        let message = format!("is larger than {} KiB: a stage's text is a page or two", MAX_BYTES / 1024);
        return Err(vec![problem(file, None, "", message)]);
    }
    let mut problems = private_characters(file, source);
    let template = match Template::compile(source) {
        Ok(template) => template,
        Err(error) => {
            let place = error.pos().map(|(line, _)| line);
            problems.push(unclosed(file, source).unwrap_or_else(|| problem(file, place, "", syntax_message(error.reason()))));
            return Err(problems);
        }
    };
    let mut walk = Walk::new(file, source, part);
    walk.template(&template);
    let (found, everything_said) = walk.finish();
    problems.extend(found);
    if part == Part::Body {
        problems.extend(links(file, source, &everything_said));
    }
    if problems.is_empty() { Ok(template) } else { Err(problems) }
}

fn problem(file: &str, line: Option<usize>, name: &str, message: String) -> TextProblem {
    TextProblem { file: file.to_owned(), line, name: name.to_owned(), message }
}

fn private_characters(file: &str, source: &str) -> Vec<TextProblem> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        if let Some(c) = line.chars().find(|c| ('\u{E000}'..='\u{F8FF}').contains(c)) {
            let name = format!("U+{:04X}", u32::from(c));
            let message = "is no readable character (a bullet copied from a word processor?): write `- ` for a list".to_owned();
            problems.push(problem(file, Some(number), &name, message));
        }
    }
    problems
}

/// Links of the whole text, branches that no sample takes included.
fn links(file: &str, source: &str, everything_said: &str) -> Vec<TextProblem> {
    let bad = markdown::parse(everything_said).err().unwrap_or_default();
    bad.into_iter()
        .map(|link| {
            let line = (1..).zip(source.lines()).find(|(_, line)| !link.0.is_empty() && line.contains(&link.0)).map(|(number, _)| number);
            let message = "is no allowed link: write https:// with the whole host, or mailto:, and placeholders only after that";
            problem(file, line, &link.0, message.to_owned())
        })
        .collect()
}

fn syntax_message(reason: &TemplateErrorReason) -> String {
    match reason {
        TemplateErrorReason::MismatchingClosedHelper(open, close) => {
            format!("{{{{#{open}}}}} was opened, but {{{{/{close}}}}} closes: close the inner one first")
        }
        _ => "can't be read here: check that every {{ has its }}, every {{#if …}} its {{/if}}, and that comparisons look like (gt level 1)"
            .to_owned(),
    }
}

/// The block or pair of braces that was opened and not closed, which the parser only notices at the end of the file.
fn unclosed(file: &str, source: &str) -> Option<TextProblem> {
    let mut open: Vec<(String, usize)> = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        let mut rest = line;
        while let Some((_, after)) = rest.split_once("{{") {
            let Some((tag, behind)) = after.split_once("}}") else {
                // A tag may go on in the next line; then its end is there.
                let closes_later = source.lines().nth(number).is_some_and(|next| next.contains("}}"));
                if closes_later {
                    break;
                }
                return Some(problem(
                    file,
                    Some(number),
                    after.trim(),
                    "is opened with {{ and never closed: write }} behind it".to_owned(),
                ));
            };
            let tag = tag.trim_start_matches('~').trim_end_matches('~').trim();
            if let Some(block) = tag.strip_prefix('#') {
                open.push((block.trim().to_owned(), number));
            } else if tag.starts_with('/') && open.pop().is_none() {
                return Some(problem(file, Some(number), tag, "closes what was never opened: take it out".to_owned()));
            }
            rest = behind;
        }
    }
    let (block, line) = open.pop()?;
    let helper = block.split_whitespace().next().unwrap_or("if").to_owned();
    Some(problem(file, Some(line), &format!("#{block}"), format!("is never closed: write {{{{/{helper}}}}} where it ends")))
}
