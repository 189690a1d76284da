//! The control API: what a person or a test does to the world from outside, and what it looks at. No key is asked for.

mod answers;
mod truth;

pub(super) use answers::answer;
