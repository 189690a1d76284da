//! The queue: an apalis queue outlives the process, and may lose, double, turn round and delay what is rung.

use super::fault::{Passage, Pulse};
use super::op::Trick;
use futures::future::BoxFuture;
use mahnwerk::domain::pool::Chunk;
use mahnwerk::engine::ports::Bell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct Shelves {
    waiting: VecDeque<Chunk>,
    late: Vec<Chunk>,
    tricks: VecDeque<Trick>,
}

/// The queue itself.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<Shelves>);

impl Queue {
    pub(crate) fn will(&self, trick: Trick) {
        self.0.lock().unwrap().tricks.push_back(trick);
    }

    pub(crate) fn behave(&self) {
        self.0.lock().unwrap().tricks.clear();
    }

    pub(crate) fn next(&self) -> Option<Chunk> {
        self.0.lock().unwrap().waiting.pop_front()
    }

    /// What was in hand when the process died comes again.
    pub(crate) fn again(&self, chunk: Chunk) {
        self.0.lock().unwrap().waiting.push_front(chunk);
    }

    fn take(&self, mut chunks: Vec<Chunk>) {
        let mut shelves = self.0.lock().unwrap();
        let trick = shelves.tricks.pop_front();
        let late = std::mem::take(&mut shelves.late);
        match trick {
            Some(Trick::Lose) => chunks.clear(),
            Some(Trick::Double) => chunks.extend(chunks.clone()),
            Some(Trick::Reverse) => {
                chunks.iter_mut().for_each(|chunk| chunk.steps.reverse());
                chunks.reverse();
            }
            Some(Trick::Late) => {
                shelves.late = chunks;
                chunks = Vec::new();
            }
            None => {}
        }
        shelves.waiting.extend(chunks);
        shelves.waiting.extend(late);
    }
}

/// One process's way to the queue.
#[derive(Debug)]
pub(crate) struct Rope {
    pub(crate) queue: Arc<Queue>,
    pub(crate) pulse: Arc<Pulse>,
}

impl Bell for Rope {
    fn ring(&self, chunks: Vec<Chunk>) -> BoxFuture<'_, Result<(), String>> {
        let passage = self.pulse.pass("ring");
        if passage != Passage::Barred {
            self.queue.take(chunks);
        }
        let answer = if passage == Passage::Free { Ok(()) } else { Err("struck by the test".to_owned()) };
        Box::pin(async { answer })
    }
}
