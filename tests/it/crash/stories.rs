//! The stories that are kept as files: written ones, and found ones that once went wrong.

use super::story::Story;
use std::path::Path;

fn read(folder: &str) -> Vec<(String, Story)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/crash").join(folder);
    let mut stories = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder of stories") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a story");
        let story = text.parse().unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        stories.push((name, story));
    }
    stories.sort_by(|a, b| a.0.cmp(&b.0));
    stories
}

/// The stories whose every point is struck.
pub(crate) fn written() -> Vec<(String, Story)> {
    read("stories")
}

/// Stories that once went wrong.
pub(crate) fn found() -> Vec<(String, Story)> {
    read("found")
}
