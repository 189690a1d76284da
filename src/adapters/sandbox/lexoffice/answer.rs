//! Answers and refusals. A refusal has one of the API's three error shapes.

use super::asked::Asked;
use super::ids::Id;
use super::time::stamp;
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Nothing,
    Json(Value),
    /// Media type and text.
    Text(&'static str, String),
    /// Media type and bytes.
    Bytes(String, Vec<u8>),
    /// So many bytes, made while they are sent.
    Endless(u64),
}

/// What is wrong with one field, in the regular shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) violation: &'static str,
    pub(super) field: String,
    pub(super) message: String,
}

#[derive(Debug)]
pub(super) enum Refusal {
    /// Of the gateway in front of the service.
    Gateway {
        status: u16,
        body: String,
    },
    Regular {
        status: u16,
        message: String,
        details: Vec<Detail>,
    },
    /// Of contacts, files and vouchers.
    Legacy {
        status: u16,
        key: &'static str,
        source: String,
    },
}

impl Answer {
    pub(super) fn json(value: Value) -> Self {
        Self { status: 200, headers: Vec::new(), content: Content::Json(value) }
    }

    pub(super) fn text(media_type: &'static str, text: String) -> Self {
        Self { status: 200, headers: Vec::new(), content: Content::Text(media_type, text) }
    }

    pub(super) fn nothing() -> Self {
        Self { status: 204, headers: Vec::new(), content: Content::Nothing }
    }

    pub(super) fn gateway(status: u16, body: String) -> Self {
        Self { status, headers: Vec::new(), content: Content::Text("application/json", body) }
    }

    /// 201: what was made and where it is; never the resource itself.
    pub(super) fn created(asked: &Asked, id: Id, now: i64, version: u32) -> Self {
        let resource = asked.segments.first().map(String::as_str).unwrap_or_default();
        let uri = format!("http://{}/v1/{resource}/{id}", asked.header("host").unwrap_or_default());
        let body = json!({"id": id, "resourceUri": uri, "createdDate": stamp(now), "updatedDate": stamp(now), "version": version});
        Self { status: 201, headers: vec![("location", uri)], content: Content::Json(body) }
    }
}

impl Detail {
    pub(super) fn new(violation: &'static str, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { violation, field: field.into(), message: message.into() }
    }

    pub(super) fn missing(field: impl Into<String>) -> Self {
        Self::new("NOTNULL", field, "darf nicht leer sein")
    }
}

impl Refusal {
    pub(super) fn regular(status: u16, message: impl Into<String>) -> Self {
        Self::Regular { status, message: message.into(), details: Vec::new() }
    }

    /// 406: the request was understood and its content is not acceptable.
    pub(super) fn invalid(details: Vec<Detail>) -> Self {
        Self::Regular { status: 406, message: "Validation failed".to_owned(), details }
    }

    pub(super) fn not_found() -> Self {
        Self::regular(404, "The requested resource could not be found")
    }

    pub(super) fn legacy_not_found() -> Self {
        Self::Legacy { status: 404, key: "missing_entity", source: "id".to_owned() }
    }

    /// `asked` and `trace` are repeated in the regular shape.
    pub(super) fn answer(self, asked: &Asked, now: i64, trace: u64) -> Answer {
        match self {
            Self::Gateway { status, body } => Answer::gateway(status, body),
            Self::Regular { status, message, details } => {
                let mut body = json!({
                    "timestamp": stamp(now), "status": status, "error": reason(status), "path": asked.path,
                    "traceId": format!("{:012x}", trace & 0xFFFF_FFFF_FFFF), "message": message,
                });
                if !details.is_empty() {
                    let list = details
                        .iter()
                        .map(|detail| json!({"violation": detail.violation, "field": detail.field, "message": detail.message}));
                    body["details"] = list.collect();
                }
                Answer { status, headers: Vec::new(), content: Content::Json(body) }
            }
            Self::Legacy { status, key, source } => {
                let kind = if status == 406 { "validation_failure" } else { key };
                let issue = json!({"i18nKey": key, "source": source, "type": kind, "additionalData": null, "args": null});
                Answer { status, headers: Vec::new(), content: Content::Json(json!({"IssueList": [issue]})) }
            }
        }
    }
}

fn reason(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}
