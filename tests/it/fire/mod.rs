//! Real processes under fire: they are killed, stopped and cut off in mid-burst, and so are their servers. After each,
//! the mail server's count of Message-IDs decides: nobody got two, and who got none is shown as unknown.
//!
//! [`fleet::Fleet`] starts and judges them; the other files are the fires. `MAHNWERK_FIRE_ROUNDS=50` makes a campaign of
//! the tests that kill again and again.

mod drained;
mod embedded;
mod fleet;
mod killed;
mod ledger;
mod machines;
mod mail_server;
mod member;
mod queue;

/// How often a fire is repeated: a few times in the ordinary run, as often as asked in a campaign.
fn rounds(ordinary: u32) -> u32 {
    std::env::var("MAHNWERK_FIRE_ROUNDS").map_or(ordinary, |rounds| rounds.parse().expect("MAHNWERK_FIRE_ROUNDS is a number"))
}
