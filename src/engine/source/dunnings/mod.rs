//! Dunnings that a source makes itself: for its invoices, a stage of kind `dunning` is a document of the accounting system, and stands at
//! the invoice there.
//!
//! * [`ports`]: what the source is asked. [`wanted`]: for which lines of a notice, and what the dunning says; its token.
//! * [`obtain`]: before a step starts, all its dunnings are there, with their documents. [`make`]: one is made, or what became of one is
//!   found out. [`document`]: fetched, and looked at for a letterhead.
//! * [`search`]: what nobody knows of is looked for, whatever became of its notice.
//!
//! The intent stands in the ledger before the source is asked, the outcome afterwards. What is under an intent is asked for once: a token in the
//! text tells whether it is there. No transaction is open while the source is asked. See docs/decisions/0028.

mod document;
mod make;
pub mod obtain;
pub mod ports;
mod search;
mod wanted;
