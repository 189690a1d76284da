//! The judgement of a story: what the outside remembers against what the ledger says and what people know.

use super::acts::told;
use super::hours;
use super::known::STAGES;
use super::outside::Sighting;
use super::scene::Scene;
use mahnwerk::domain::pool::Pool;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days that lie at least between two notices for one invoice.
const GAP_DAYS: i64 = 3;

/// What was dispatched of which invoice, and on which day.
pub(crate) type Dispatched = BTreeMap<(String, String), chrono::NaiveDate>;

fn day(sighting: &Sighting) -> chrono::NaiveDate {
    sighting.at.date_in(chrono_tz::Europe::Berlin)
}

/// What left the house: mails and letters, each once.
fn left(scene: &Scene) -> Vec<Sighting> {
    scene.outside.sightings().into_iter().filter(|sighting| sighting.happened && !sighting.again && sighting.pool != Pool::Print).collect()
}

/// Each invoice's stages with the day on which each first left.
pub(crate) fn dispatched(scene: &Scene) -> Dispatched {
    let mut all = Dispatched::new();
    for sighting in left(scene) {
        for line in &sighting.lines {
            all.entry(line.clone()).or_insert_with(|| day(&sighting));
        }
    }
    all
}

impl Scene {
    /// Everything that is wrong now that the story is over and all is quiet.
    pub(crate) async fn judge(self: &Arc<Self>) -> Vec<String> {
        let mut wrong = self.outside.faults();
        wrong.extend(self.wrong_at_rest().await);
        let left = left(self);
        wrong.extend(doubled(&left));
        wrong.extend(self.closed_windows(&left));
        wrong.extend(self.throttled(&self.outside.sightings()));
        wrong.extend(self.two_a_day(&left));
        wrong.extend(self.not_alone(&left));
        wrong.extend(gaps(&left));
        wrong.extend(self.outcomes().await);
        wrong.extend(self.endings().await);
        let chain = mahnwerk::engine::audit::verify(&self.place.observer, self.tenant, &mut |_| {}).await.unwrap();
        wrong.extend(chain.broken.map(|broken| format!("the chain is broken at {}: {}", broken.seq, broken.why)));
        wrong
    }

    fn closed_windows(&self, left: &[Sighting]) -> Vec<String> {
        let closed = left.iter().filter(|sighting| !hours::open(sighting.at));
        closed.map(|sighting| format!("{} left at {}, outside its window", sighting.notice, told(sighting.at))).collect()
    }

    /// What was asked of a sender counts, whether it went well or not.
    fn throttled(&self, asked: &[Sighting]) -> Vec<String> {
        let mut wrong = Vec::new();
        for pool in [Pool::Send, Pool::Post] {
            let mut times: Vec<_> =
                asked.iter().filter(|sighting| sighting.pool == pool && !sighting.paper && !sighting.beside && !sighting.again).collect();
            times.sort_by_key(|sighting| sighting.at);
            for pair in times.windows(2) {
                if pair[1].at.0 - pair[0].at.0 < i64::from(self.every_seconds) * 1000 {
                    wrong.push(format!("the throttle was not kept: {} then {}", told(pair[0].at), told(pair[1].at)));
                }
            }
        }
        wrong
    }

    /// A customer gets one notice a day, but for what leaves on a person's word.
    fn two_a_day(&self, left: &[Sighting]) -> Vec<String> {
        let known = self.known.lock().unwrap();
        let shared = |sighting: &&Sighting| {
            let bills = sighting.lines.iter().filter_map(|(number, _)| known.bills.get(number));
            bills.clone().count() > 0 && bills.into_iter().all(|bill| bill.consolidated)
        };
        let mut days: BTreeMap<(String, chrono::NaiveDate), BTreeSet<String>> = BTreeMap::new();
        for sighting in left.iter().filter(shared).filter(|sighting| !known.by_hand.contains(&sighting.notice)) {
            days.entry((sighting.customer.clone(), day(sighting))).or_default().insert(sighting.notice.clone());
        }
        let several = days.into_iter().filter(|(_, notices)| notices.len() > 1);
        several.map(|((customer, day), notices)| format!("{customer} got {} notices on {day}: {notices:?}", notices.len())).collect()
    }

    /// A workflow that makes a notice for each invoice makes one for each.
    fn not_alone(&self, left: &[Sighting]) -> Vec<String> {
        let known = self.known.lock().unwrap();
        let is_alone = |(number, _): &(String, String)| known.bills.get(number).is_some_and(|bill| bill.alone);
        let shared = left.iter().filter(|sighting| sighting.lines.len() > 1 && sighting.lines.iter().any(is_alone));
        shared
            .map(|sighting| format!("{} names others beside who wants a notice of his own: {:?}", sighting.notice, sighting.lines))
            .collect()
    }

    /// What the ledger says of each notice is what happened to it.
    async fn outcomes(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (id, state, channel) in self.place.notices().await {
            let happened = self.outside.has(&id);
            let ok = match state.as_str() {
                "sent" | "paper" => happened,
                "proposed" | "released" | "failed" => !happened,
                "recalled" => !happened,
                _ => true,
            };
            if !ok {
                wrong.push(format!("notice {id} ({channel}) is {state}, but {}", if happened { "it arrived" } else { "nothing arrived" }));
            }
        }
        wrong
    }

    /// Each instance ends where the facts say, and one at its ladder's end has had each stage.
    async fn endings(&self) -> Vec<String> {
        use mahnwerk::engine::clock::Clock;
        let known = self.known.lock().unwrap().clone();
        let sent = dispatched(self);
        let mut wrong = Vec::new();
        for (number, state, passed) in self.place.states().await {
            let Some(bill) = known.bills.get(&number).filter(|bill| !bill.cancelled) else { continue };
            let expected = known.ends(&number, self.clock.now());
            let at_end = passed == Some(STAGES.len() as i64 - 1);
            let resting_at_the_end = expected == "blocked" && state == "exhausted" && at_end;
            if state != expected && !resting_at_the_end {
                wrong.push(format!("{number} ends {state}, not {expected}: {bill:?}"));
            }
            let stages = STAGES.iter().filter(|stage| sent.contains_key(&(number.clone(), (**stage).to_owned()))).count();
            if state == "exhausted" && stages + bill.skips < STAGES.len() {
                wrong.push(format!("{number} is at its ladder's end with {stages} stages sent and {} left out", bill.skips));
            }
        }
        wrong
    }
}

/// Nothing leaves twice: no Message-ID, no letter, no stage of an invoice on two notices.
fn doubled(left: &[Sighting]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ids: BTreeSet<(Pool, &str)> = BTreeSet::new();
    let mut stages: BTreeMap<&(String, String), &str> = BTreeMap::new();
    for sighting in left {
        if !ids.insert((sighting.pool, &sighting.notice)) {
            wrong.push(format!("{} left twice by {}", sighting.notice, sighting.pool.as_str()));
        }
        for line in &sighting.lines {
            if *stages.entry(line).or_insert(&sighting.notice) != sighting.notice {
                wrong.push(format!("{} {} left on two notices, the second is {}", line.0, line.1, sighting.notice));
            }
        }
    }
    wrong
}

fn gaps(left: &[Sighting]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut last: BTreeMap<&str, (chrono::NaiveDate, &str)> = BTreeMap::new();
    for sighting in left {
        for (number, stage) in &sighting.lines {
            let today = day(sighting);
            if let Some((before, notice)) = last.insert(number, (today, &sighting.notice))
                && notice != sighting.notice
                && (today - before).num_days() < GAP_DAYS
            {
                wrong.push(format!("{number} {stage} left on {today}, within the gap after {before}"));
            }
        }
    }
    wrong
}
