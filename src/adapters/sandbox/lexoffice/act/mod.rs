//! What happens in the world without the public API: what people do in the web app, and what banks do.

mod kind;
mod money;
mod perform;

pub(super) use kind::{Act, NAMES};
