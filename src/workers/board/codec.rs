//! A task's arguments are JSON, as the board shows them.

use apalis_core::backend::codec::Codec;
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ArgumentsCodec;

impl Codec<Value> for ArgumentsCodec {
    type Error = serde_json::Error;
    type Compact = Value;

    fn encode(&self, value: &Value) -> Result<Value, Self::Error> {
        Ok(value.clone())
    }

    fn decode(&self, compact: &Value) -> Result<Value, Self::Error> {
        Ok(compact.clone())
    }
}
