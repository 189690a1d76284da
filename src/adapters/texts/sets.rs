//! All text sets, checked, and the way from a notice to its words.

use super::builtin::BUILTIN;
use super::check::{self, Part};
use super::folder::{self, Origin, Source};
use super::own::OwnText;
use super::problem::{TextError, TextProblem};
use super::seal::{seal, unseal};
use super::{markdown, placeholders, samples};
use crate::domain::document::{Block, Inline, NoticeText};
use crate::domain::format;
use crate::domain::notice::Notice;
use handlebars::{Context, Handlebars};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The language that every template has, and that is used whole where a customer's own has no set.
pub const FALLBACK_LANGUAGE: &str = "de";

/// Mail servers and envelopes have little use for more; a customer's name may be of any length.
const MAX_SUBJECT: usize = 200;

/// Every text set that somebody writes with: the built-in ones, above them the installation's, above those a tenant's own.
#[derive(Debug)]
pub struct TextSets {
    /// Compiled templates by the name of their file, so that errors name it.
    registry: Handlebars<'static>,
    /// Template → language → its sources.
    sets: BTreeMap<String, BTreeMap<String, Source>>,
}

/// A set as its author wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'a> {
    pub subject: &'a str,
    pub body: &'a str,
    pub origin: Origin,
}

impl TextSets {
    /// The built-in sets; with a `folder`, its sets take the place of built-in ones of the same language and name.
    ///
    /// Every text is checked and tried on sample notices here, so that none can fail when it is sent.
    ///
    /// # Errors
    /// All mistakes of all files at once, in order of file and line.
    pub fn load(folder: Option<&Path>) -> Result<Self, Vec<TextProblem>> {
        Self::load_with(folder, &[])
    }

    /// As [`Self::load`], with a tenant's own sets above those of the folder.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_with(folder: Option<&Path>, own: &[OwnText]) -> Result<Self, Vec<TextProblem>> {
        let mut problems = Vec::new();
        let mut sources = builtin();
        let of_folder = folder.map(|folder| folder::read(folder, &mut problems)).unwrap_or_default();
        for above in of_folder.into_iter().chain(own.iter().map(OwnText::source)) {
            sources.retain(|source| (&source.language, &source.template) != (&above.language, &above.template));
            sources.push(above);
        }
        let loaded = Self::compile(&sources, &mut problems);
        loaded.missing_fallbacks(&sources, &mut problems);
        loaded.unless(problems)
    }

    /// One set and nothing else, for those who look at it while it is written: checked and rendered as any.
    ///
    /// # Errors
    /// All its mistakes.
    pub fn alone(own: &OwnText) -> Result<Self, Vec<TextProblem>> {
        let mut problems = Vec::new();
        let loaded = Self::compile(&[own.source()], &mut problems);
        loaded.unless(problems)
    }

    fn unless(self, mut problems: Vec<TextProblem>) -> Result<Self, Vec<TextProblem>> {
        if problems.is_empty() {
            return Ok(self);
        }
        problems.sort();
        problems.dedup();
        Err(problems)
    }

    fn compile(sources: &[Source], problems: &mut Vec<TextProblem>) -> Self {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(seal);
        for helper in ["with", "lookup", "raw", "log", "len"] {
            registry.unregister_helper(helper);
        }
        let mut loaded = Self { registry, sets: BTreeMap::new() };
        for source in sources {
            let before = problems.len();
            for part in Part::ALL {
                let file = source.file(part);
                match check::compile(&file, part, source.text(part)) {
                    Ok(template) => loaded.registry.register_template(&file, template),
                    Err(found) => problems.extend(found),
                }
            }
            loaded.sets.entry(source.template.clone()).or_default().insert(source.language.clone(), source.clone());
            if problems.len() == before {
                problems.extend(loaded.try_on_samples(source));
            }
        }
        loaded
    }

    /// The first sample that a checked set has nothing to say about.
    fn try_on_samples(&self, source: &Source) -> Option<TextProblem> {
        for (what, sample) in samples::all() {
            let notice = Notice { language: source.language.clone(), template: source.template.clone(), ..sample };
            let problem = |part: Part, message: String| TextProblem { file: source.file(part), line: None, name: String::new(), message };
            match self.render(&notice) {
                Err(error) => return Some(problem(Part::Body, format!("fails for {what}: {error}"))),
                Ok(text) if text.subject.is_empty() => return Some(problem(Part::Subject, format!("is empty for {what}"))),
                Ok(text) if text.body.is_empty() => return Some(problem(Part::Body, format!("is empty for {what}"))),
                Ok(_) => {}
            }
        }
        None
    }

    fn missing_fallbacks(&self, sources: &[Source], problems: &mut Vec<TextProblem>) {
        for (template, languages) in &self.sets {
            if !languages.contains_key(FALLBACK_LANGUAGE) {
                let place = sources.iter().find(|source| source.template == *template).map_or("", |source| source.place.as_str());
                problems.push(TextProblem {
                    file: format!("{place}/{FALLBACK_LANGUAGE}/{template}"),
                    line: None,
                    name: template.clone(),
                    message: "has no German set, which all customers without a set in their language get: add it".to_owned(),
                });
            }
        }
    }

    /// Is there a text set of this name?
    #[must_use]
    pub fn has(&self, template: &str) -> bool {
        self.sets.contains_key(template)
    }

    /// The names of all text sets, in order.
    #[must_use]
    pub fn templates(&self) -> Vec<&str> {
        self.sets.keys().map(String::as_str).collect()
    }

    /// The languages that `template` has a set in, in order; none if there is no such template.
    #[must_use]
    pub fn languages_for(&self, template: &str) -> BTreeSet<&str> {
        self.sets.get(template).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// What its author wrote of `template` in exactly this `language`.
    #[must_use]
    pub fn written(&self, template: &str, language: &str) -> Option<Written<'_>> {
        let Source { subject, body, origin, .. } = self.source(template, language)?;
        Some(Written { subject, body, origin: *origin })
    }

    fn source(&self, template: &str, language: &str) -> Option<&Source> {
        self.sets.get(template)?.get(language)
    }

    /// The language of the whole message for a customer who `wanted` one: that, else without its region, else German.
    #[must_use]
    pub fn resolve_language(&self, template: &str, wanted: &str) -> String {
        let wanted = wanted.trim().to_ascii_lowercase().replace('_', "-");
        let primary = wanted.split('-').next().unwrap_or_default();
        let known = self.languages_for(template);
        [wanted.as_str(), primary].into_iter().find(|language| known.contains(language)).unwrap_or(FALLBACK_LANGUAGE).to_owned()
    }

    /// What the notice says, in its language or, if the template has none in it, wholly in German.
    ///
    /// # Errors
    /// [`TextError`]: an unknown template, or a notice without creditor name or invoices. A checked text has no others.
    pub fn render(&self, notice: &Notice) -> Result<NoticeText, TextError> {
        if notice.lines.is_empty() {
            return Err(TextError::Missing { what: "the list of invoices" });
        }
        if format::presentable(&notice.creditor.name).trim().is_empty() {
            return Err(TextError::Missing { what: "the creditor's name" });
        }
        let language = self.resolve_language(&notice.template, &notice.language);
        let Some(source) = self.source(&notice.template, &language) else {
            return Err(TextError::NoSuchTemplate { template: notice.template.clone(), known: self.templates().join(", ") });
        };
        let [subject_file, body_file] = Part::ALL.map(|part| source.file(part));
        let failed = |error: handlebars::RenderError| TextError::Render { file: body_file.clone(), reason: error.to_string() };
        let values = Context::wraps(placeholders::values(notice, &language)).map_err(failed)?;
        let write = |file: &str| {
            let failed = |error: handlebars::RenderError| TextError::Render { file: file.to_owned(), reason: error.to_string() };
            self.registry.render_with_context(file, &values).map_err(failed)
        };
        let subject = one_line(&unseal(&write(&subject_file)?));
        let body = markdown::parse(&write(&body_file)?).map_err(|links| TextError::Render {
            file: body_file.clone(),
            reason: links.iter().map(|link| format!("`{}` is no allowed link", link.0)).collect::<Vec<_>>().join(", "),
        })?;
        let text = NoticeText { subject, body };
        Ok(if notice.test { marked_as_test(text, &language) } else { text })
    }
}

fn builtin() -> Vec<Source> {
    let source = |set: &super::builtin::Builtin| Source {
        language: set.language.to_owned(),
        template: set.template.to_owned(),
        subject: set.subject.to_owned(),
        body: set.body.to_owned(),
        place: "templates/notices".to_owned(),
        origin: Origin::BuiltIn,
    };
    BUILTIN.iter().map(source).collect()
}

fn marked_as_test(text: NoticeText, language: &str) -> NoticeText {
    let labels = format::labels(language);
    let hint = Block::P { c: vec![Inline::B { c: vec![Inline::T { t: labels.test_hint.to_owned() }] }] };
    NoticeText { subject: format!("{} – {}", labels.test, text.subject), body: std::iter::once(hint).chain(text.body).collect() }
}

/// One line of bounded length, whatever a value brought along.
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_SUBJECT {
        return line;
    }
    line.chars().take(MAX_SUBJECT - 1).chain(['…']).collect()
}
