//! What `/` shows: what this is, how to ask it, and what can be done to it.

use super::answer::Answer;
use super::server::Shared;
use super::time::stamp;

const COMMANDS: &str = include_str!("index.txt");

pub(super) fn page(shared: &Shared) -> Answer {
    let base = format!("http://{}", shared.addr);
    let keys = shared.with(|state| {
        let lines = state.world.keys.iter().map(|key| {
            let revoked = if key.revoked { " (revoked)" } else { "" };
            format!("  {}  {}{revoked}\n", key.text, state.world.organizations[key.organization].name)
        });
        lines.collect::<String>()
    });
    let text = COMMANDS.replace("{base}", &base).replace("{now}", &stamp(shared.clock.now())).replace("{keys}", &keys);
    Answer::text("text/plain; charset=utf-8", text)
}
