//! Onto another workflow: which of its stages count as behind an instance that moves there.
//!
//! Positions of two ladders can't be compared, keys can: a stage with the same key is the same stage. Nothing that was sent is ever
//! ahead again, whatever a person chooses.

use super::super::workflow::Workflow;

/// What counts as behind an instance on its new ladder, beside what was sent under a key that the ladder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foothold {
    /// The stage with the key of the last one that is behind it. There must be one, unless nothing is behind it.
    SameKey,
    /// Nothing: the ladder is begun.
    Beginning,
    /// This stage of the new ladder.
    After(usize),
}

/// The new ladder does not have the stage that is behind the instance: a person has to say where it goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the new workflow has no stage `{stage}`, the last one behind it: choose which of its stages counts as passed")]
pub struct Lost {
    pub stage: String,
}

/// The last stage of `to` that counts as behind an instance that moves there from `from`, where it had `passed`. `sent`: the keys of all
/// stages that it was dunned at.
///
/// # Errors
/// [`Lost`] where the key does not say it and nobody chose.
pub fn carry(
    (from, passed): (&Workflow, Option<usize>),
    to: &Workflow,
    sent: &[impl AsRef<str>],
    foothold: Foothold,
) -> Result<Option<usize>, Lost> {
    let last = passed.and_then(|stage| from.stages.get(stage));
    let same = last.and_then(|stage| to.position(&stage.key));
    let chosen = match (foothold, last) {
        (Foothold::SameKey, Some(stage)) if same.is_none() => return Err(Lost { stage: stage.key.clone() }),
        (Foothold::SameKey | Foothold::Beginning, _) => None,
        (Foothold::After(stage), _) => Some(stage),
    };
    let sent = sent.iter().filter_map(|key| to.position(key.as_ref())).max();
    Ok(chosen.max(same).max(sent))
}

#[cfg(test)]
mod tests {
    use super::super::super::workflow::parse;
    use super::*;

    fn ladder(keys: &[&str]) -> Workflow {
        let stages = keys.iter().map(|key| format!("[[stages]]\nkey = \"{key}\"\nkind = \"reminder\"\nafter_days = 3\n"));
        parse(&format!("name = \"w\"\n{}", stages.collect::<String>())).workflow.expect("a sound workflow")
    }

    #[test]
    fn the_same_key_is_the_same_stage_and_what_was_sent_is_never_ahead_again() {
        use Foothold::{After, Beginning, SameKey};
        let old = ladder(&["a", "b", "c"]);
        let lost = |stage: &str| Err(Lost { stage: stage.to_owned() });
        type Row<'a> = (&'a str, Option<usize>, &'a [&'a str], &'a [&'a str], Foothold, Result<Option<usize>, Lost>);
        let rows: [Row<'_>; 10] = [
            ("nothing is behind it", None, &[], &["x", "a"], SameKey, Ok(None)),
            ("the same key elsewhere", Some(1), &["a", "b"], &["x", "a", "b"], SameKey, Ok(Some(2))),
            ("a key that is gone", Some(1), &["a", "b"], &["a", "c"], SameKey, lost("b")),
            ("chosen: from the beginning, but a was sent", Some(1), &["a", "b"], &["a", "c"], Beginning, Ok(Some(0))),
            ("chosen: a later one", Some(1), &["a", "b"], &["a", "c"], After(1), Ok(Some(1))),
            ("chosen: one before what was sent", Some(2), &["a", "c"], &["x", "c"], After(0), Ok(Some(1))),
            ("skipped, not sent: the ladder may begin", Some(0), &[], &["x", "y"], Beginning, Ok(None)),
            ("the order has changed", Some(1), &["a", "b"], &["b", "a", "c"], SameKey, Ok(Some(1))),
            ("a jump on arrival", Some(0), &["a"], &["a", "b", "c"], After(1), Ok(Some(1))),
            ("sent on a ladder that it had left before", Some(0), &["z", "a"], &["a", "z"], SameKey, Ok(Some(1))),
        ];
        for (name, passed, sent, to, foothold, expected) in rows {
            assert_eq!(carry((&old, passed), &ladder(to), sent, foothold), expected, "{name}");
        }
    }
}
