//! Stage texts: what a non-programmer writes becomes subject, plain mail, HTML mail and letter.
//!
//! The order is handlebars → Markdown subset → tree ([`crate::domain::document`]) → writer. Values travel sealed through
//! the first two steps, so they are data in every target and never markup. Whatever can be wrong with a text is found
//! when it is loaded, never when it is sent. What authors need to know stands in `templates/README.md`.
//!
//! * `sets` loads, checks and renders text sets; start there.
//! * `own` is what a tenant's administrators write on the pages, `folder` what an installation has in files.
//! * `placeholders` is the list of names that a text may use, `check` and `walk` hold authors to it.
//! * `seal` and `markdown` make the tree; `plain` and `html` write mails from it (letters: `adapters::letters`).

mod builtin;
mod check;
mod folder;
mod html;
mod markdown;
mod own;
mod placeholders;
mod plain;
mod plain_table;
mod problem;
mod samples;
mod seal;
mod sets;
mod walk;
mod wrap;

pub use folder::Origin;
pub use html::html;
pub use own::OwnText;
pub use placeholders::{Offered, offered};
pub use plain::{around_invoices, plain};
pub use problem::{TextError, TextProblem};
pub use samples::{EXAMPLES, example};
pub use sets::{FALLBACK_LANGUAGE, TextSets, Written};

#[cfg(test)]
mod sets_tests;
#[cfg(test)]
mod walk_tests;
