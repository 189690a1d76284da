//! Crash points: every call of every story in turn is the last that the process made, or the one that failed.
//!
//! The first telling counts the calls, each further one strikes one of them. The ordinary run strikes each kind of call in at least
//! half of the stories that have it, in all ways over all stories together; `all_points` strikes every single one in every way.

use super::fault::Mode;
use super::place::Place;
use super::stories;
use super::story::Story;
use super::telling::tell;
use mahnwerk::domain::pool::Pool;
use mahnwerk::store::statement::Dialect;
use mahnwerk::store::statements;
use std::collections::{BTreeMap, BTreeSet};

/// Statements that write and that no story reaches, each with where it is tested instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("block insert many", "what the owner lets rest: tests/it/conformance/backlog.rs"),
    ("address rule set", "another rule at a start: tests/it/conformance/addresses.rs"),
    ("tenant create", "before any process of a story: tests/it/conformance/statements.rs"),
    ("process register", "on a connection of its own, on PostgreSQL: tests/it/fire"),
    ("process end", "what dead processes of a shared ledger leave: tests/it/fire"),
    ("process forget", "what dead processes of a shared ledger leave: tests/it/fire"),
    ("clock see", "clocks and time zones: tests/it/downtime"),
    ("clock confirm", "clocks and time zones: tests/it/downtime"),
    ("clock pull senders", "clocks and time zones: tests/it/downtime"),
    ("clock pull steps", "clocks and time zones: tests/it/downtime"),
    ("clock forget timers", "clocks and time zones: tests/it/downtime"),
    ("timers save", "clocks and time zones: tests/it/downtime"),
    ("block timers save", "clocks and time zones: tests/it/downtime"),
    ("fence raise", "a ledger that was restored: tests/it/restore"),
    ("fence hold", "a ledger that was restored: tests/it/restore"),
    ("fence lift", "a ledger that was restored: tests/it/restore"),
    ("fence release", "a ledger that was restored: tests/it/restore"),
    ("fence certain", "a ledger that was restored: tests/it/restore"),
    ("fence close steps", "a ledger that was restored: tests/it/restore"),
    ("fence free steps", "a ledger that was restored: tests/it/restore"),
    ("customer by hand set", "one write of one row: tests/it/conformance/by_hand.rs"),
    ("backup made", "a ledger that was restored: tests/it/restore"),
    ("invoice update", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("invoice document", "a document that travels along: tests/it/source/freshness.rs"),
    ("customer renumber", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("step hold", "a source that is away: tests/it/source/freshness.rs"),
    ("source insert", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("source hold", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("source let go", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("source save", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("source turn", "turns of a key: tests/it/source/pace.rs"),
    ("source pause", "turns of a key: tests/it/source/pace.rs"),
    ("source claim save", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("source contact save", "a source in step, struck at every call: tests/it/source/crashes.rs"),
    ("account insert", "who signs in: tests/it/pages/accounts.rs"),
    ("account failed", "who signs in: tests/it/pages/accounts.rs"),
    ("account passed", "who signs in: tests/it/pages/accounts.rs"),
    ("account code taken", "who signs in: tests/it/pages/accounts.rs"),
    ("account password", "who signs in: tests/it/pages/accounts.rs"),
    ("account factor", "who signs in: tests/it/pages/accounts.rs"),
    ("account look", "who signs in: tests/it/pages/accounts.rs"),
    ("account disable", "who signs in: tests/it/pages/accounts.rs"),
    ("membership grant", "who signs in: tests/it/pages/accounts.rs"),
    ("membership revoke", "who signs in: tests/it/pages/accounts.rs"),
    ("session open", "who signs in: tests/it/pages/accounts.rs"),
    ("session see", "who signs in: tests/it/pages/accounts.rs"),
    ("session close", "who signs in: tests/it/pages/accounts.rs"),
    ("session close all", "who signs in: tests/it/pages/accounts.rs"),
    ("session forget", "who signs in: tests/it/pages/accounts.rs"),
    ("invitation insert", "who signs in: tests/it/pages/accounts.rs"),
    ("invitation use", "who signs in: tests/it/pages/accounts.rs"),
    ("invitation void first", "who signs in: tests/it/pages/accounts.rs"),
    ("account event insert", "who signs in: tests/it/pages/accounts.rs"),
    ("source event store", "what a source tells: tests/it/source/told.rs"),
    ("source event take", "what a source tells, struck at every call: tests/it/source/told.rs"),
    ("source event forget", "what a source tells: tests/it/source/told.rs"),
    ("source hooks save", "subscriptions that are lost and made again: tests/it/lexoffice/hooks.rs"),
    ("source dunning save", "dunnings of a source, struck at every call: tests/it/lexoffice/dunnings/dying.rs"),
    ("token insert", "tokens of the HTTP API: tests/it/api/every_call.rs"),
    ("token revoke", "tokens of the HTTP API: tests/it/api/every_call.rs"),
    ("token used", "tokens of the HTTP API: tests/it/api/every_call.rs"),
    ("api request begin", "requests that count once: tests/it/api/once.rs"),
    ("api request again", "requests that count once: tests/it/api/once.rs"),
    ("api request answer", "requests that count once: tests/it/api/once.rs"),
    ("api request drop", "requests that count once: tests/it/api/once.rs"),
    ("api request forget", "requests that count once: tests/it/api/once.rs"),
    ("webhook insert", "what webhooks are told: tests/it/api/hooks.rs"),
    ("webhook delete", "what webhooks are told: tests/it/api/hooks.rs"),
    ("webhook told", "what webhooks are told: tests/it/api/hooks.rs"),
    ("webhook failed", "what webhooks are told: tests/it/api/hooks.rs"),
    ("webhook turn", "what webhooks are told: tests/it/api/hooks.rs"),
    ("webhook restart", "what webhooks are told: tests/it/api/hooks.rs"),
    ("calendar save", "a tenant's other calendar: tests/it/conformance/publications.rs"),
    ("publication insert", "what administrators publish: tests/it/conformance/publications.rs"),
    ("draft save", "what administrators publish: tests/it/conformance/publications.rs"),
    ("draft discard", "what administrators publish: tests/it/conformance/publications.rs"),
    ("secret insert", "what administrators publish: tests/it/conformance/publications.rs"),
    ("owner notice insert", "mails to the creditor: tests/it/conformance/owner_notice.rs"),
    ("owner notice again", "mails to the creditor: tests/it/conformance/owner_notice.rs"),
    ("owner notice ended", "mails to the creditor: tests/it/conformance/owner_notice.rs"),
    ("step put back", "by the flight log of a dead process: tests/it/fire"),
];

#[tokio::test]
async fn every_story_ends_well_by_itself_and_together_they_reach_every_write() {
    let mut wrong = Vec::new();
    let mut reached = BTreeSet::new();
    for (name, story) in stories::written().into_iter().chain(stories::found()) {
        let told = tell(&story, Place::sqlite().await, None).await;
        wrong.extend(told.wrong.into_iter().map(|what| format!("{name}: {what}")));
        reached.extend(told.points);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for statement in statements() {
        let text = statement.sql(Dialect::Sqlite).trim_start();
        let writes = ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.starts_with(verb));
        let elsewhere = ELSEWHERE.iter().any(|(name, _)| *name == statement.name);
        let here = reached.contains(&format!("sql {}", statement.name));
        assert!(!writes || here || elsewhere, "no story reaches the write `{}`: tell one in tests/it/crash/stories", statement.name);
        assert!(!(here && elsewhere), "`{}` is reached: take it off the list of exceptions", statement.name);
    }
    let effects = Pool::ALL.iter().flat_map(|pool| ["prepare", "act"].map(|what| format!("{what} {}", pool.as_str())));
    for effect in effects.chain(["ring", "begin", "commit"].map(str::to_owned)) {
        assert!(reached.contains(&effect), "no story reaches `{effect}`");
    }
}

/// A number that hangs on nothing but the words (FNV-1a).
fn mixed(words: &[&str]) -> usize {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    usize::try_from(hash >> 33).unwrap_or(0)
}

/// In how many stories each kind of call occurs.
type Spread = BTreeMap<String, usize>;

/// Who occurs in more stories than this is struck in half of them.
const OFTEN: usize = 4;

/// Of each kind of call one, struck in one way; what is at the rim of a transaction or outside in every way.
fn sample(name: &str, points: &[String], spread: &Spread) -> Vec<(usize, Mode)> {
    let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, point) in points.iter().enumerate() {
        kinds.entry(point).or_default().push(at);
    }
    let mut strikes = Vec::new();
    for (kind, places) in kinds {
        let rim = kind == "commit" || kind == "ring" || kind.starts_with("act ");
        let often = spread.get(kind).is_some_and(|stories| *stories > OFTEN);
        if !rim && often && mixed(&[name, kind, "half"]).is_multiple_of(2) {
            continue;
        }
        for (turn, mode) in Mode::ALL.into_iter().enumerate() {
            let chosen = mixed(&[name, kind]);
            if rim || chosen % Mode::ALL.len() == turn {
                strikes.push((
                    places[mixed(&[name, kind, if rim { "abcd".get(turn..=turn).unwrap_or("") } else { "" }]) % places.len()],
                    mode,
                ));
            }
        }
    }
    strikes
}

/// Strikes one story so; how many strikes hit, and what was wrong with it. The writer takes whatever waits, so a telling may come
/// with a few calls less than the one before: a strike behind its end hits nothing.
async fn strike(name: &str, story: &Story, postgres: bool, choose: impl Fn(&[String]) -> Vec<(usize, Mode)>) -> (usize, Vec<String>) {
    let place = async || if postgres { Place::postgres().await } else { Place::sqlite().await };
    let calm = tell(story, place().await, None).await;
    assert!(calm.wrong.is_empty(), "{name}: {}", calm.wrong.join("\n"));
    let strikes = choose(&calm.points);
    let (mut wrong, mut hits) = (Vec::new(), 0);
    for (at, mode) in &strikes {
        let told = tell(story, place().await, Some((*at, *mode))).await;
        let mut what = told.wrong;
        hits += usize::from(!told.struck.is_empty());
        if !story.loose && told.dispatched != calm.dispatched {
            what.push(format!("dispatched {:?} instead of {:?}", told.dispatched, calm.dispatched));
        }
        if !what.is_empty() {
            wrong.push(format!("{name} struck at {at} `{}` by {mode}:\n    {}", calm.points[*at], what.join("\n    ")));
        }
    }
    if hits * 100 < strikes.len() * 95 {
        wrong.push(format!("{name}: only {hits} of {} strikes hit", strikes.len()));
    }
    (hits, wrong)
}

async fn spread() -> Spread {
    let mut spread = Spread::new();
    for (_, story) in stories::written() {
        let kinds: BTreeSet<_> = tell(&story, Place::sqlite().await, None).await.points.into_iter().collect();
        kinds.into_iter().for_each(|kind| *spread.entry(kind).or_default() += 1);
    }
    spread
}

/// A share of the stories, so that the shares run side by side.
async fn strike_share(share: usize, of: usize) {
    let mut wrong = Vec::new();
    let spread = spread().await;
    for (place, (name, story)) in stories::written().into_iter().enumerate() {
        if place % of == share {
            wrong.extend(strike(&name, &story, false, |points| sample(&name, points, &spread)).await.1);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn each_kind_of_call_is_struck_first_share() {
    strike_share(0, 3).await;
}

#[tokio::test]
async fn each_kind_of_call_is_struck_second_share() {
    strike_share(1, 3).await;
}

#[tokio::test]
async fn each_kind_of_call_is_struck_third_share() {
    strike_share(2, 3).await;
}

/// On a shared ledger leases end by time, and nothing is void at a start.
#[tokio::test]
async fn some_calls_are_struck_on_postgresql() {
    let mut wrong = Vec::new();
    for (name, story) in stories::written().into_iter().filter(|(name, _)| name == "letters" || name == "pays") {
        let some = |points: &[String]| {
            sample(&name, points, &Spread::new()).into_iter().filter(|(at, _)| mixed(&[&at.to_string()]).is_multiple_of(14)).collect()
        };
        wrong.extend(strike(&name, &story, true, some).await.1);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `cargo test --test it crash::points::all_points -- --ignored --nocapture`; `MAHNWERK_CRASH_STORY=name` for one story,
/// `MAHNWERK_CRASH_EVERY=7` for each seventh point, `MAHNWERK_CRASH_LEDGER=postgres` for the other database.
#[tokio::test]
#[ignore = "every point of every story takes twenty minutes"]
async fn all_points() {
    let setting = |name: &str| std::env::var(name).unwrap_or_default();
    let (only, postgres) = (setting("MAHNWERK_CRASH_STORY"), setting("MAHNWERK_CRASH_LEDGER") == "postgres");
    let every: usize = setting("MAHNWERK_CRASH_EVERY").parse().unwrap_or(1);
    let (mut strikes, mut wrong) = (0, Vec::new());
    for (name, story) in stories::written().into_iter().filter(|(name, _)| only.is_empty() || *name == only) {
        let began = std::time::Instant::now();
        let each = |points: &[String]| (0..points.len()).step_by(every).flat_map(|at| Mode::ALL.map(|mode| (at, mode))).collect();
        let (count, found) = strike(&name, &story, postgres, each).await;
        println!("{name}: {count} strikes, {} wrong, {:.1?}", found.len(), began.elapsed());
        strikes += count;
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{} of {strikes} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}
