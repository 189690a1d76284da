//! Reads TOML that people write, and says everything that is wrong with it at once, with line and column.
//!
//! A [`Document`] is walked by asking its [`Table`]s for their keys; what nobody asked for is an unknown key and is
//! refused with the nearest known one. Reading never stops at a problem. Workflow files and `worker.toml` are read
//! with it; it knows nothing of either, opens no file and never repeats a value that may be a secret.

mod document;
mod overrides;
mod problem;
mod table;
pub mod value;
mod words;

pub use document::Document;
pub use overrides::Overrides;
pub use problem::{Problem, Severity};
pub use table::Table;
pub use words::{alternatives, nearest};
