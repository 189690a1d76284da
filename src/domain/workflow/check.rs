//! What a workflow must obey as a whole: rules between stages, and between stages and window.

use super::stage::Draft;
use super::{Anchor, BusinessHours, Rules, StageKind};
use std::collections::BTreeMap;

/// Reports everything that no single key shows. Stages that are switched off keep their keys but don't count in the ladder.
pub(super) fn whole(rules: &Rules, hours: Option<&BusinessHours>, drafts: &[Draft<'_>]) {
    if drafts.is_empty() {
        return;
    }
    keys_are_unique(drafts);
    first_anchor(drafts);
    let ladder: Vec<&Draft<'_>> = drafts.iter().filter(|draft| draft.stage.enabled).collect();
    if ladder.is_empty() {
        drafts[0].table.error("enabled", "all stages are switched off: write enabled = true in at least one".to_owned());
        return;
    }
    if let Some(hours) = hours {
        times_lie_in_window(&ladder, hours);
    }
    // A stage that could not be read has no days to compare with.
    if ladder.iter().all(|draft| draft.is_complete) {
        stages_follow_each_other(&ladder, rules);
    }
}

fn keys_are_unique(drafts: &[Draft<'_>]) {
    let mut first_with: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| !draft.stage.key.is_empty()) {
        let key = draft.stage.key.as_str();
        if let Some(first) = first_with.get(key) {
            draft.table.error("key", format!("`{key}` is already the key of stage {}: write another one", first + 1));
        } else {
            first_with.insert(key, index);
        }
    }
}

/// Neither the first stage nor the first one that is switched on has a previous dispatch to count from.
fn first_anchor(drafts: &[Draft<'_>]) {
    let first_enabled = drafts.iter().position(|draft| draft.stage.enabled).unwrap_or(0);
    for (index, draft) in drafts.iter().enumerate() {
        if draft.stage.anchor != Anchor::PreviousStage || (index != 0 && index != first_enabled) {
            continue;
        }
        let which = if index == 0 { "the first stage" } else { "the first stage that is switched on" };
        let message = format!("{which} has no previous stage to count from: write anchor = \"due_date\" in it");
        draft.table.error("anchor", message);
    }
}

fn times_lie_in_window(ladder: &[&Draft<'_>], hours: &BusinessHours) {
    for draft in ladder {
        let Some(time) = draft.stage.time_of_day else { continue };
        if time < hours.start || time >= hours.end {
            let (start, end) = (hours.start.format("%H:%M"), hours.end.format("%H:%M"));
            let message = format!(
                "{} lies outside the business hours, so the notice waits until {start} of the next \
                 day that has them: write a time from {start} to before {end}, or leave it out",
                time.format("%H:%M")
            );
            draft.table.warning("time_of_day", message);
        }
    }
}

/// Walks the ladder with the earliest day, counted from the due date, on which each stage can leave.
fn stages_follow_each_other(ladder: &[&Draft<'_>], rules: &Rules) {
    let gap = rules.min_gap_days;
    let mut earliest = ladder[0].stage.after_days;
    let mut last_due_date_days = ladder[0].stage.after_days;
    for pair in ladder.windows(2) {
        let (previous, draft) = (&pair[0].stage, pair[1]);
        let stage = &draft.stage;
        let after_gap = earliest.saturating_add(gap);
        if previous.kind == StageKind::Dunning && stage.kind == StageKind::Reminder {
            let message =
                format!("a reminder after the dunning `{}` sounds like a step back: write reminders before dunnings", previous.key);
            draft.table.warning("kind", message);
        }
        match stage.anchor {
            Anchor::PreviousStage => {
                if stage.after_days < gap {
                    draft.table.warning("after_days", held_by_gap(stage.after_days, gap, gap));
                }
                earliest = earliest.saturating_add(stage.after_days.max(gap));
            }
            Anchor::DueDate => {
                if stage.after_days <= last_due_date_days {
                    let message = format!(
                        "{} is not more than the {last_due_date_days} of an earlier stage, so this stage only follows the \
                         gap of {gap} days: write {after_gap} or more",
                        stage.after_days
                    );
                    draft.table.warning("after_days", message);
                } else if stage.after_days < after_gap {
                    draft.table.warning("after_days", held_by_gap(stage.after_days, gap, after_gap));
                }
                last_due_date_days = last_due_date_days.max(stage.after_days);
                earliest = stage.after_days.max(after_gap);
            }
        }
    }
}

fn held_by_gap(days: u32, gap: u32, least: u32) -> String {
    format!(
        "after {days} days the gap of {gap} days to the previous stage (rules.min_gap_days) still holds the notice back: \
         write {least} or more"
    )
}
