//! The workflows of the stories, by words: `shared` or `single`, then what is special about the first stage.

use crate::support::world::{shared, single};
use mahnwerk::domain::workflow::{Workflow, parse};

/// `shared`: one notice per customer and day; `single`: one per invoice. `post`, `both`, `then`: the first stage's
/// channel. `review`: a person releases the first stage. `slow`: longer gaps, so that it is another version.
pub(crate) fn ladder(words: &str) -> Workflow {
    let mut text = if words.contains("single") { single() } else { shared() };
    let mut first = String::from("after_days = 3\n");
    for (word, channel) in [("post", "post"), ("both", "email_and_post"), ("then", "email_then_post")] {
        if words.split(' ').any(|said| said == word) {
            first.push_str(&format!("channel = \"{channel}\"\n"));
        }
    }
    if words.contains("review") {
        first.push_str("automation = \"propose\"\n");
    }
    text = text.replacen("after_days = 3\n", &first, 1);
    if words.contains("slow") {
        text = text.replace("min_gap_days = 3", "min_gap_days = 5");
    }
    let parsed = parse(&text);
    parsed.workflow.unwrap_or_else(|| panic!("`{words}`: {:?}", parsed.problems))
}

/// Whether a customer of such a workflow gets one notice a day.
pub(crate) fn consolidates(words: &str) -> bool {
    !words.contains("single")
}
