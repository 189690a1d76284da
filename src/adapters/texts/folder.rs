//! A folder of text sets: `<language>/<name>/subject.hbs` and `body.hbs`, nothing else.

use super::check::Part;
use super::problem::TextProblem;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a text set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It came with the program.
    BuiltIn,
    /// The installation's folder.
    Folder,
    /// A tenant's own, published on the pages.
    Published,
}

/// One set's sources with the names of their files, for messages.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) language: String,
    pub(super) template: String,
    pub(super) subject: String,
    pub(super) body: String,
    /// `templates/notices/`, the owner's folder or `published`; file names are shown below it.
    pub(super) place: String,
    pub(super) origin: Origin,
}

impl Source {
    pub(super) fn file(&self, part: Part) -> String {
        format!("{}/{}/{}/{}", self.place, self.language, self.template, part.file_name())
    }

    pub(super) fn text(&self, part: Part) -> &str {
        match part {
            Part::Subject => &self.subject,
            Part::Body => &self.body,
        }
    }
}

/// All sets of `folder`, in order. What can't be read is told in `problems`.
pub(super) fn read(folder: &Path, problems: &mut Vec<TextProblem>) -> Vec<Source> {
    let mut sources = Vec::new();
    for language in entries(folder, problems) {
        // A README beside the languages is welcome.
        if !language.is_dir() {
            continue;
        }
        let code = name_of(&language);
        if !is_language(&code) {
            problems.push(problem(&language, "is no language: name the folder de, en, or another code such as fr or de-at".to_owned()));
            continue;
        }
        for set in entries(&language, problems) {
            if !set.is_dir() {
                problems.push(problem(&set, "is no text set: a set is a folder with subject.hbs and body.hbs".to_owned()));
                continue;
            }
            if let Some((subject, body)) = read_set(&set, problems) {
                let place = folder.display().to_string();
                sources.push(Source { language: code.clone(), template: name_of(&set), subject, body, place, origin: Origin::Folder });
            }
        }
    }
    sources
}

fn read_set(set: &Path, problems: &mut Vec<TextProblem>) -> Option<(String, String)> {
    for file in entries(set, problems) {
        if Part::ALL.iter().all(|part| name_of(&file) != part.file_name()) {
            problems.push(problem(&file, "is not read: a set has subject.hbs and body.hbs".to_owned()));
        }
    }
    let mut read_part = |part: Part| {
        let file = set.join(part.file_name());
        match fs::read(&file).map(String::from_utf8) {
            Ok(Ok(text)) => Some(text),
            Ok(Err(_)) => {
                problems.push(problem(&file, "is not UTF-8: save it with that encoding".to_owned()));
                None
            }
            Err(error) => {
                problems.push(problem(&file, format!("can't be read ({error}): a set has subject.hbs and body.hbs")));
                None
            }
        }
    };
    let (subject, body) = (read_part(Part::Subject), read_part(Part::Body));
    subject.zip(body)
}

/// What lies in a folder, by name; hidden files are somebody else's.
fn entries(folder: &Path, problems: &mut Vec<TextProblem>) -> Vec<PathBuf> {
    let listing = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match listing {
        Ok(entries) => {
            let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).filter(|path| !name_of(path).starts_with('.')).collect();
            paths.sort();
            paths
        }
        Err(error) => {
            problems.push(problem(folder, format!("can't be read as a folder ({error})")));
            Vec::new()
        }
    }
}

pub(super) fn is_language(code: &str) -> bool {
    let primary = code.split('-').next().unwrap_or_default();
    (2..=3).contains(&primary.len()) && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn problem(path: &Path, message: String) -> TextProblem {
    TextProblem { file: path.display().to_string(), line: None, name: String::new(), message }
}
