//! Numbers that look like chance, the same for the same seed.

pub(crate) use mahnwerk::adapters::sandbox::Dice;
