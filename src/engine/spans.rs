//! Spans: what is done and for how long, for those who follow a notice through several processes.
//!
//! Under a target of their own, so that without a listener they cost a comparison. No personal data: see [`spoken`].

use super::ports::Outcome;

/// The target of every span that a collector may see.
pub const SPANS: &str = "mahnwerk::spans";

/// A span that belongs to a notice's trace, or to none.
macro_rules! span {
    ($name:literal, $($fields:tt)*) => {
        tracing::info_span!(target: $crate::engine::spans::SPANS, $name, $($fields)*)
    };
}
pub(super) use span;

/// An outcome's word and what may be told of it: of an acceptance the server's words without addresses, of a refusal only its
/// codes, for refusals repeat to whom something was sent.
#[must_use]
pub fn spoken(outcome: &Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Done { reply } => ("done", without_addresses(reply)),
        Outcome::Retry { reason, .. } => ("retry", codes(reason)),
        Outcome::Failed { reason } => ("failed", codes(reason)),
        Outcome::Unknown { reason } => ("unknown", codes(reason)),
    }
}

fn without_addresses(reply: &str) -> String {
    let words = reply.split_whitespace().take(20).map(|word| if word.contains(['@', '<', '>']) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The reply code and the enhanced status code (RFC 3463) in a server's words: `550 5.1.1`.
fn codes(reason: &str) -> String {
    let is_code = |word: &str| word.len() == 3 && word.starts_with(['4', '5']) && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_status = |word: &str| {
        let parts: Vec<_> = word.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let words = reason.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
    words.map(|word| word.trim_matches('.')).filter(|word| is_code(word) || is_status(word)).take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_and_no_name_is_told() {
        let told = |outcome: Outcome| spoken(&outcome).1;
        let refused = "refused at RCPT: 550-5.1.1 <anna@customers.example>: user anna unknown; at 10.0.0.250 5.1.1";
        assert_eq!(told(Outcome::Failed { reason: refused.to_owned() }), "550 5.1.1");
        assert_eq!(told(Outcome::Retry { reason: "no connection to mail.example".to_owned(), after: None }), "");
        let taken = "250 2.0.0 Ok <anna@customers.example> queued as 4F1";
        assert_eq!(told(Outcome::Done { reply: taken.to_owned() }), "250 2.0.0 Ok … queued as 4F1");
    }
}
