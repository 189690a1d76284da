//! `[post]`, `[templates]` and `[workflows]`: folders that the program reads and fills.

use crate::domain::toml_reader::{Table, value};
use serde::Serialize;
use std::path::PathBuf;
use toml::de::DeValue;

/// `[post]`: where finished letters are put for printing and posting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Post {
    pub folder: PathBuf,
}

/// `[templates]`: texts of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Templates {
    /// Empty: the built-in texts.
    pub folder: PathBuf,
}

/// `[workflows]`: the procedures that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Workflows {
    pub folder: PathBuf,
}

impl Default for Post {
    fn default() -> Self {
        Self { folder: PathBuf::from("data/print-batch") }
    }
}

impl Default for Workflows {
    fn default() -> Self {
        Self { folder: PathBuf::from("workflows") }
    }
}

impl Post {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let folder = table.value("folder", read_folder);
        table.finish();
        folder.map_or_else(Self::default, |folder| Self { folder })
    }
}

impl Templates {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let folder = table.value("folder", value::text).map(PathBuf::from).unwrap_or_default();
        table.finish();
        Self { folder }
    }
}

impl Workflows {
    pub(super) fn read(table: &Table<'_>) -> Self {
        let folder = table.value("folder", read_folder);
        table.finish();
        folder.map_or_else(Self::default, |folder| Self { folder })
    }
}

/// A path that must be there.
pub(super) fn read_folder(value: &DeValue<'_>) -> Result<PathBuf, String> {
    let path = value::text(value)?;
    if path.trim().is_empty() {
        Err("must not be empty: write a path, or leave the key out for its default".to_owned())
    } else {
        Ok(PathBuf::from(path))
    }
}
