//! From an answer's status and body to a fault. The vendor has three shapes of errors: the gateway's (`message`), the regular one
//! (`details`), and an old one for contacts, files and vouchers (`IssueList`).

use super::error::{Fault, Violation};
use super::settings::ApiKey;
use super::values::or_default;
use serde::Deserialize;
use std::time::Duration;

/// Violations that are kept of one answer.
const MOST_VIOLATIONS: usize = 10;

/// All three shapes in one: what an answer does not have is absent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    message: Option<String>,
    #[serde(deserialize_with = "or_default")]
    details: Vec<Detail>,
    #[serde(rename = "IssueList", deserialize_with = "or_default")]
    issues: Vec<Issue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    violation: Option<String>,
    field: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Issue {
    #[serde(rename = "i18nKey")]
    key: Option<String>,
    source: Option<String>,
}

impl Body {
    fn violations(&self, key: &ApiKey) -> Vec<Violation> {
        let clean = |text: &Option<String>| text.as_deref().map(|text| key.clean(text)).unwrap_or_default();
        let details = self.details.iter().map(|detail| Violation {
            field: clean(&detail.field),
            code: clean(&detail.violation),
            message: clean(&detail.message),
        });
        let issues =
            self.issues.iter().map(|issue| Violation { field: clean(&issue.source), code: clean(&issue.key), message: String::new() });
        details.chain(issues).take(MOST_VIOLATIONS).collect()
    }
}

/// What an answer that is no success means.
pub(super) fn fault(status: u16, retry_after: Option<Duration>, body: &[u8], key: &ApiKey) -> Fault {
    match status {
        401 => return Fault::Unauthorized,
        402 => return Fault::Contract,
        403 => return forbidden(body),
        404 => return Fault::NotFound,
        429 => return Fault::RateLimited { retry_after },
        504 => return Fault::GatewayTimeout,
        _ => {}
    }
    let body: Body = serde_json::from_slice(body).unwrap_or_default();
    if body.message.as_deref().is_some_and(is_search_window) {
        return Fault::SearchWindow;
    }
    let message = body.message.as_deref().map(|message| key.clean(message)).filter(|message| !message.is_empty());
    let violations = body.violations(key);
    match status {
        409 => Fault::Conflict { message, violations },
        400..=499 | 501 => Fault::Refused { status, message, violations },
        500..=599 => Fault::Unavailable { status, retry_after },
        _ => Fault::Unexpected { status },
    }
}

/// The gateway answers unknown routes with a complaint about the Authorization header, in which the key stands: it is looked at and
/// forgotten.
fn forbidden(body: &[u8]) -> Fault {
    let complaint = b"not a valid key=value pair";
    if body.windows(complaint.len()).any(|part| part == complaint) { Fault::NoSuchCall } else { Fault::Scope }
}

/// Seen with 400 and, in other years, with 500.
fn is_search_window(message: &str) -> bool {
    message.to_ascii_lowercase().contains("search window")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Fault {
        fault(status, None, body.as_bytes(), &ApiKey::new("key-1234".to_owned()).unwrap())
    }

    #[test]
    fn the_three_shapes_become_one() {
        let violation = |field: &str, code: &str, message: &str| Violation {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        };
        let regular = r#"{"status":406,"error":"Not Acceptable","message":"nicht gültig","requestId":"1","traceId":"2",
            "details":[{"violation":"NOTNULL","field":"lineItems[0].quantity","message":"darf nicht leer sein"}]}"#;
        let expected = vec![violation("lineItems[0].quantity", "NOTNULL", "darf nicht leer sein")];
        assert_eq!(read(406, regular), Fault::Refused { status: 406, message: Some("nicht gültig".to_owned()), violations: expected });
        let legacy = r#"{"IssueList":[{"i18nKey":"missing_entity","source":"person.lastName","type":"validation_failure","args":null}]}"#;
        let expected = vec![violation("person.lastName", "missing_entity", "")];
        assert_eq!(read(406, legacy), Fault::Refused { status: 406, message: None, violations: expected });
        assert_eq!(read(401, "{\"message\":\"Unauthorized\"}\n"), Fault::Unauthorized);
        assert_eq!(read(500, r#"{"message":null}"#), Fault::Unavailable { status: 500, retry_after: None });
        assert_eq!(read(504, r#"{"message":"Endpoint request timed out"}"#), Fault::GatewayTimeout);
        assert_eq!(read(400, "<html>no JSON</html>"), Fault::Refused { status: 400, message: None, violations: Vec::new() });
    }

    #[test]
    fn more_rows_than_a_search_shows_is_said_whatever_the_status() {
        for status in [400, 500] {
            assert_eq!(read(status, r#"{"message":"Maximum search window size exceeded"}"#), Fault::SearchWindow);
        }
    }

    #[test]
    fn what_the_other_side_repeats_of_the_key_is_not_kept() {
        let echo =
            r#"{"message":"'key-1234' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer key-1234'."}"#;
        assert_eq!(read(403, echo), Fault::NoSuchCall);
        assert_eq!(read(403, r#"{"message":"Forbidden"}"#), Fault::Scope);
        let told = read(400, r#"{"message":"what is key-1234?","details":[{"field":"key-1234"}]}"#);
        assert!(!format!("{told:?}{told}").contains("1234"), "{told:?}");
    }
}
