//! Crash points: every call of every story in turn is the last that the process made, or the one that failed.

use super::fault::Mode;
use super::place::Place;
use super::stories;
use super::telling::tell;

#[tokio::test]
async fn every_story_ends_well_by_itself() {
    let mut wrong = Vec::new();
    for (name, story) in stories::written() {
        let told = tell(&story, Place::sqlite().await, None).await;
        println!("{name}: {} points, {} dispatched", told.points.len(), told.dispatched.len());
        wrong.extend(told.wrong.into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tells every story once for each of these strikes; what was wrong, with the line that repeats it.
async fn strike_all(name: &str, story: &super::story::Story, wanted: impl Fn(usize, &str, Mode) -> bool) -> (usize, Vec<String>) {
    let calm = tell(story, Place::sqlite().await, None).await;
    let mut wrong = Vec::new();
    let mut runs = 0;
    for (at, point) in calm.points.iter().enumerate() {
        for mode in Mode::ALL {
            if !wanted(at, point, mode) {
                continue;
            }
            runs += 1;
            let told = tell(story, Place::sqlite().await, Some((at, mode))).await;
            let mut what = told.wrong;
            if !story.loose && told.dispatched != calm.dispatched {
                what.push(format!("dispatched {:?} instead of {:?}", told.dispatched, calm.dispatched));
            }
            if !what.is_empty() {
                wrong.push(format!("{name} struck at {at} `{point}` by {mode}:\n    {}", what.join("\n    ")));
            }
        }
    }
    (runs, wrong)
}

#[tokio::test]
#[ignore = "every point of every story takes minutes"]
async fn all_points() {
    let only = std::env::var("MAHNWERK_CRASH_STORY").unwrap_or_default();
    let every: usize = std::env::var("MAHNWERK_CRASH_EVERY").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut wrong = Vec::new();
    for (name, story) in stories::written().into_iter().filter(|(name, _)| only.is_empty() || *name == only) {
        let began = std::time::Instant::now();
        let (runs, found) = strike_all(&name, &story, |at, _, _| at % every == 0).await;
        println!("{name}: {runs} strikes, {} wrong, {:?}", found.len(), began.elapsed());
        wrong.extend(found);
    }
    println!("{}", wrong.join("\n"));
    assert!(wrong.is_empty(), "{} wrong", wrong.len());
}
