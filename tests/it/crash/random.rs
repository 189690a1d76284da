//! Random schedules: stories that chance writes, judged like the written ones, cut down when they go wrong.

use super::invented::invent;
use super::place::Place;
use super::smaller::{kinds, smaller};
use super::stories;
use super::telling::{Told, tell};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How many stories every run of the tests tells.
const STORIES: u64 = 60;

async fn told(seed: u64) -> Told {
    tell(&invent(seed), Place::sqlite().await, None).await
}

/// What a seed's story did wrong, as somebody needs it who has to find out why.
async fn report(seed: u64, wrong: &[String]) -> String {
    let small = smaller(&invent(seed), wrong).await;
    let again = tell(&small, Place::sqlite().await, None).await;
    format!("seed {seed}:\n  {}\n{small}  which ends with\n  {}\n", wrong.join("\n  "), again.wrong.join("\n  "))
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

#[tokio::test]
async fn invented_stories_end_well() {
    for seed in 0..STORIES {
        let told = told(seed).await;
        assert!(told.wrong.is_empty(), "{}", report(seed, &told.wrong).await);
    }
}

#[tokio::test]
async fn a_seed_repeats_itself_to_the_byte() {
    for seed in [1, 7, 1_000_003] {
        let (one, other) = (told(seed).await, told(seed).await);
        assert_eq!(one.points, other.points);
        assert_eq!(one.struck, other.struck);
        assert!(one.digest.len() == 64 && one.digest == other.digest, "seed {seed}");
    }
    assert_ne!(told(1).await.digest, told(7).await.digest);
}

#[tokio::test]
async fn stories_that_once_went_wrong_end_well() {
    let mut wrong = Vec::new();
    for (name, story) in stories::found() {
        let told = tell(&story, Place::sqlite().await, None).await;
        wrong.extend(told.wrong.into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `MAHNWERK_CRASH_SECONDS=3600 MAHNWERK_CRASH_SEED=1 cargo test --test it crash::random::campaign -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a campaign takes as long as it is told to"]
async fn campaign() {
    let (seconds, first) = (setting("MAHNWERK_CRASH_SECONDS", 60), setting("MAHNWERK_CRASH_SEED", 1_000));
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut seed, mut ops, mut points, mut strikes) = (first, 0, 0, 0);
    let mut known = BTreeSet::new();
    let mut reports = Vec::new();
    while Instant::now() < until {
        let told = told(seed).await;
        (ops, points, strikes) = (ops + invent(seed).ops.len(), points + told.points.len(), strikes + told.struck.len());
        let kinds = kinds(&told.wrong);
        if !kinds.is_subset(&known) {
            known.extend(kinds);
            reports.push(report(seed, &told.wrong).await);
            println!("{}", reports.last().map_or("", String::as_str));
        }
        seed += 1;
    }
    println!("seeds {first} to {seed}: {ops} operations, {points} points passed, {strikes} struck, {} faults", reports.len());
    assert!(reports.is_empty(), "{} kinds of fault", reports.len());
}

/// `MAHNWERK_CRASH_FILE=path`: one story from a file, told with all that the outside saw of it.
#[tokio::test]
#[ignore = "tells one story of a file"]
async fn one_story() {
    let path = std::env::var("MAHNWERK_CRASH_FILE").expect("MAHNWERK_CRASH_FILE names a story");
    let story = std::fs::read_to_string(path).expect("the story").parse().expect("a story");
    let told = tell(&story, Place::sqlite().await, None).await;
    println!("struck {:?}\n{}\nwrong:\n{}", told.struck, told.seen.join("\n"), told.wrong.join("\n"));
    assert!(told.wrong.is_empty());
}
