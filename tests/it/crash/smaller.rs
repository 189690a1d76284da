//! Cuts a story that goes wrong down to a small one that goes wrong in the same way.

use super::op::Op;
use super::place::Place;
use super::story::Story;
use super::telling::tell;
use std::collections::BTreeSet;

/// How often a story is told again at most.
const TELLINGS: usize = 400;

/// What went wrong, without the names and numbers that change from story to story.
pub(crate) fn kinds(wrong: &[String]) -> BTreeSet<String> {
    wrong.iter().map(|what| kind(what)).collect()
}

fn kind(what: &str) -> String {
    let what = what.split_once("`: ").map_or(what, |(_, after)| after);
    let plain = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase() || "',-".contains(letter)) && word.len() < 20;
    what.split(": ").next().unwrap_or(what).split(' ').filter(plain).collect::<Vec<_>>().join(" ")
}

/// The smallest story found that shares a fault with `story`.
pub(crate) async fn smaller(story: &Story, wrong: &[String]) -> Story {
    let wanted = kinds(wrong);
    let mut cut = Cut { best: story.clone(), wanted, left: TELLINGS };
    while cut.left > 0 {
        let before = cut.best.clone();
        cut.without_parts().await;
        cut.simpler().await;
        if cut.best == before {
            break;
        }
    }
    cut.best
}

struct Cut {
    best: Story,
    wanted: BTreeSet<String>,
    left: usize,
}

impl Cut {
    /// Takes the candidate if it goes wrong in the same way.
    async fn try_this(&mut self, candidate: Story) -> bool {
        if self.left == 0 || candidate == self.best {
            return false;
        }
        self.left -= 1;
        let told = tell(&candidate, Place::sqlite().await, None).await;
        let same = !kinds(&told.wrong).is_disjoint(&self.wanted);
        if same {
            self.best = candidate;
        }
        same
    }

    async fn without_parts(&mut self) {
        let mut size = self.best.ops.len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < self.best.ops.len() {
                let mut ops = self.best.ops.clone();
                ops.drain(at..(at + size).min(ops.len()));
                if !self.try_this(self.best.with(ops)).await {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    async fn simpler(&mut self) {
        self.try_this(Story { every_seconds: 0, ..self.best.clone() }).await;
        self.try_this(Story { places: 0, ..self.best.clone() }).await;
        self.try_this(Story { prompt: true, ..self.best.clone() }).await;
        for at in 0..self.best.ops.len() {
            for op in plainer(&self.best.ops[at]) {
                let mut ops = self.best.ops.clone();
                ops[at] = op;
                self.try_this(self.best.with(ops)).await;
            }
        }
    }
}

fn plainer(op: &Op) -> Vec<Op> {
    match op {
        Op::During { op, .. } => vec![(**op).clone()],
        Op::Strike { .. } => vec![Op::Crash],
        Op::Import { number, amount, due_in, .. } => {
            vec![Op::Import { number: number.clone(), customer: "K1".to_owned(), amount: *amount, due_in: *due_in }]
        }
        Op::Publish(_) => vec![Op::Publish("shared".to_owned()), Op::Publish("single".to_owned())],
        Op::Leap { minutes } if *minutes > 1440 => vec![Op::Leap { minutes: 1440 }],
        Op::Live { minutes } => vec![Op::Live { minutes: minutes / 2 }],
        _ => Vec::new(),
    }
}
