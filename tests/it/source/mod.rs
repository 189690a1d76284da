//! A ledger in step with an accounting system: what is heard becomes the right facts, whatever dies, moves or fails meanwhile.

mod changes;
mod conditions;
mod crashes;
mod fake;
mod freshness;
mod left_out;
mod listing;
mod pace;
mod stage;
mod told;
