//! A place to stand beside the ledger: sees each call before it is made and after it took effect, and may let it fail.
//!
//! It is how the tests make every store write in turn the last thing that a process did (`tests/it/crash`), and how `bench` times
//! statements. Nothing else sets one: then a call costs one look at an empty `Option`. It may not change what a statement does.

/// One call to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// A write transaction starts.
    Begin,
    /// A statement inside a write transaction, by its name.
    Inside(&'static str),
    /// A read outside of one, by the statement's name.
    Read(&'static str),
    /// What the transaction wrote becomes durable.
    Commit,
}

/// What a caller gets instead of the call's own answer.
pub type Refusal = sqlx::Error;

/// Watches the calls of one process.
pub trait Probe: Send + Sync + std::fmt::Debug {
    /// The call is about to be made.
    ///
    /// # Errors
    /// What the caller gets instead: the call is not made.
    fn before(&self, call: Call) -> Result<(), Refusal>;

    /// The call took effect.
    ///
    /// # Errors
    /// What the caller gets though the call took effect.
    fn after(&self, call: Call) -> Result<(), Refusal>;
}
