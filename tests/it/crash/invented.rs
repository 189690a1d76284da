//! Stories that chance writes. A seed is a story, always the same one.

use super::fault::Mode;
use super::op::{Op, Place, Trick, Weather};
use super::story::Story;
use crate::support::dice::Dice;

const CUSTOMERS: [&str; 6] = ["K1", "K2", "M1", "P1", "N1", "F1"];
const LADDERS: [&str; 7] = ["shared", "single", "shared post", "shared both", "single then", "shared review", "shared slow"];
const WEATHER: [Weather; 7] =
    [Weather::Fine, Weather::Later, Weather::Refused, Weather::AnswerLost, Weather::Vanished, Weather::Slow, Weather::Dies];
const TRICKS: [Trick; 4] = [Trick::Lose, Trick::Double, Trick::Reverse, Trick::Late];
const INVOICES: u64 = 7;

/// The story of a seed.
pub(crate) fn invent(seed: u64) -> Story {
    let mut chance = Dice::new(seed);
    let every_seconds = chance.pick(&[0, 0, 60, 600, 3600]);
    let prompt = chance.one_in(2);
    let mut ops = vec![Op::Publish(chance.pick(&LADDERS).to_owned())];
    for _ in 0..=chance.below(4) {
        ops.push(import(&mut chance));
    }
    for _ in 0..8 + chance.below(25) {
        ops.push(something(&mut chance));
    }
    let places = chance.pick(&[0, 0, 1, 2, 3]);
    Story { remark: format!("seed {seed}"), every_seconds, places, prompt, loose: true, ops }
}

fn number(chance: &mut Dice) -> String {
    format!("R{}", 1 + chance.below(INVOICES))
}

fn import(chance: &mut Dice) -> Op {
    let amount = chance.pick(&[10_000, 10_000, 5_000, 600, 300]);
    let due_in = chance.pick(&[4, 4, 4, 8, 0, -3, -20]);
    Op::Import { number: number(chance), customer: chance.pick(&CUSTOMERS).to_owned(), amount, due_in }
}

fn something(chance: &mut Dice) -> Op {
    match chance.below(100) {
        0..=29 => time(chance),
        30..=37 => import(chance),
        38..=45 => Op::Outside(chance.pick(&WEATHER)),
        46..=51 => Op::Bell(chance.pick(&TRICKS)),
        52..=55 => Op::Crash,
        56..=67 => Op::Strike { points: usize::try_from(chance.below(150)).unwrap_or(0), mode: chance.pick(&Mode::ALL) },
        68..=74 => {
            let place = if chance.one_in(2) { Place::Prepare } else { Place::Act };
            Op::During { place, op: Box::new(word(chance)) }
        }
        75..=77 => Op::Leap { minutes: chance.pick(&[60, 1440, 4320, 14_400, 86_400, -60, -1440, -4320]) },
        _ => word(chance),
    }
}

fn time(chance: &mut Dice) -> Op {
    let minutes = match chance.below(4) {
        0 => chance.below(120),
        1 => chance.below(1440),
        2 => 1440 * (1 + chance.below(7)),
        _ => 10_080 + 540 - 1440 * chance.below(3),
    };
    Op::Live { minutes: i64::try_from(minutes).unwrap_or(0) }
}

/// What a source or a person says.
fn word(chance: &mut Dice) -> Op {
    let number = number(chance);
    let amount = chance.pick(&[10_000, 5_000, 1_000, 400, 9_600]);
    let whom = if chance.one_in(2) { number.clone() } else { chance.pick(&CUSTOMERS).to_owned() };
    match chance.below(38) {
        0..=6 => Op::Pay { number, amount },
        7..=8 => Op::Debit { number, amount },
        9..=11 => Op::Pause { whom, days: Some(1 + i64::try_from(chance.below(10)).unwrap_or(0)) },
        12 => Op::Pause { whom, days: None },
        13..=15 => Op::Resume { whom },
        16..=17 => Op::Skip { number },
        18 => Op::Withdraw { number },
        19 => Op::HandOver { number },
        20 => Op::SettleByHand { number },
        21 => Op::Cancel { number },
        22 => Op::Retry { number },
        23 => Op::Recall { number },
        24..=25 => Op::Release,
        26..=27 => Op::Attend,
        28 => Op::Round,
        29 => Op::Reimport { number, amount },
        30 => Op::Sending { on: false },
        31 => Op::Sending { on: true },
        32 => Op::Choose,
        33 => Op::Address { customer: chance.pick(&CUSTOMERS).to_owned(), address: "hand@customers.example".to_owned() },
        34 => Op::Migrate { number },
        35 => Op::Reroute { number, post: chance.one_in(2) },
        _ => Op::Publish(chance.pick(&LADDERS).to_owned()),
    }
}
