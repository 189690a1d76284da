//! What is in the world at the start and what happens in it by itself: read from TOML, or made up.

mod generated;
mod reading;
mod record;

use super::act::Act;
use super::bucket::Limit;
use super::fault::Faults;
use super::world::World;
use crate::domain::toml_reader::Problem;

/// The key of a world that was made up.
pub const GENERATED_KEY: &str = "sandbox-key";

#[derive(Clone, Debug)]
pub enum Scenario {
    /// So many claims that are open, over made-up customers; the same for the same number. Others come besides: paid, voided, drafts.
    Generated(u32),
    /// The text of a TOML file.
    Toml(String),
}

/// A world as it starts.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) world: World,
    /// What it is o'clock, if the scenario says so, in milliseconds since the epoch.
    pub(super) clock: Option<i64>,
    pub(super) timed: Vec<(i64, Act)>,
    pub(super) faults: Faults,
    pub(super) limit: Limit,
}

impl Scenario {
    /// Makes the world as of `now`.
    pub(super) fn build(&self, now: i64) -> Result<Built, Vec<Problem>> {
        match self {
            Self::Generated(claims) => Ok(generated::build(*claims, now)),
            Self::Toml(text) => reading::read(text, now),
        }
    }
}
