//! What lies in a queue: a chunk as JSON.
//!
//! Decoding never fails. An error there would end the worker, the message would come back, and a single message of another
//! version would stop the pool for ever.

use crate::domain::pool::Chunk;
use apalis_core::backend::codec::Codec;

/// A chunk, or why the bytes are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Chunk(Chunk),
    Unreadable(String),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MessageCodec;

impl Codec<Message> for MessageCodec {
    type Error = serde_json::Error;
    type Compact = Vec<u8>;

    fn encode(&self, message: &Message) -> Result<Vec<u8>, Self::Error> {
        match message {
            Message::Chunk(chunk) => serde_json::to_vec(chunk),
            Message::Unreadable(reason) => serde_json::to_vec(reason),
        }
    }

    fn decode(&self, bytes: &Vec<u8>) -> Result<Message, Self::Error> {
        Ok(serde_json::from_slice(bytes).map_or_else(|error| Message::Unreadable(error.to_string()), Message::Chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{StepId, TenantId};
    use crate::domain::pool::Pool;

    #[test]
    fn a_chunk_comes_back_as_it_went() {
        let chunk = Chunk { tenant: TenantId(7), pool: Pool::Send, steps: vec![(StepId(1), 0), (StepId(2), 3)] };
        let bytes = MessageCodec.encode(&Message::Chunk(chunk.clone())).unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), r#"{"tenant":7,"pool":"send","steps":[[1,0],[2,3]]}"#);
        assert_eq!(MessageCodec.decode(&bytes).unwrap(), Message::Chunk(chunk));
    }

    #[test]
    fn foreign_bytes_are_a_message_too() {
        for bytes in [&b"\xff\x00"[..], b"{}", b""] {
            assert!(matches!(MessageCodec.decode(&bytes.to_vec()).unwrap(), Message::Unreadable(_)));
        }
    }
}
