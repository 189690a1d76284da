//! The OpenAPI 3.1 document, made of the list of calls and the tables of what goes in and out.

use super::gate::LARGEST;
use super::invoices::{FAULT, ITEMS};
use super::problem::{KINDS, ProblemKind};
use super::routes::{Content, Operation, Parameter, operations};
use super::shape::{Shape, reference};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

pub(super) const PATH: &str = "/api/v1/openapi.json";

/// The document.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", build()));
    &TEXT
}

pub(super) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text()).into_response()
}

fn build() -> Value {
    let mut paths = Map::new();
    for operation in operations() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.to_lowercase()] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Mahnwerk",
            "version": "1",
            "summary": "Durable dunning: facts in, transitions out.",
            "description": format!(
                "A token belongs to one tenant and has scopes; send it as `Authorization: Bearer`. Amounts are whole numbers of minor \
                 units with their currency, days are ISO 8601, instants RFC 3339. A body has at most {} MB and {ITEMS} items. Lists are paged: \
                 ask for `next` until it is null. A changing call may name an `Idempotency-Key`: within 24 hours the same key gets the first \
                 answer again. Errors are problem details (RFC 9457).",
                LARGEST / 1024 / 1024
            ),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": tags().into_iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token of one tenant, made on its page “API” or by `mahnwerk token make`."}},
            "schemas": schemas(),
            "responses": responses(),
        },
    })
}

/// In the order of the calls.
pub(super) fn tags() -> Vec<&'static str> {
    let mut tags: Vec<_> = operations().into_iter().map(|operation| operation.tag).collect();
    tags.dedup();
    tags
}

fn described(operation: &Operation) -> Value {
    let scope = operation.scope.as_str();
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": format!("{}{}Needs the scope `{scope}`.", operation.text, if operation.text.is_empty() { "" } else { "\n\n" }),
        "security": [{"token": [scope]}],
        "parameters": parameters(operation),
        "responses": answers(operation),
    });
    if let Some(shape) = operation.body {
        described["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": reference(shape)}}});
    }
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let named = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = named.map(|name| json!({"name": name, "in": "path", "required": true, "schema": path_schema(operation, name)}));
    let query = operation.query.iter().map(|parameter| {
        json!({"name": parameter.name, "in": "query", "required": parameter.required, "description": parameter.text, "schema": query_schema(parameter)})
    });
    let key = json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same key again within 24 hours gets the first answer again, and nothing is done twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    });
    path.chain(query).chain(operation.changes().then_some(key)).collect()
}

fn path_schema(operation: &Operation, name: &str) -> Value {
    if name == "hash" {
        json!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
    } else if operation.tag == "Notices" || operation.tag == "Webhooks" {
        json!({"type": "string", "pattern": "^[0-9A-Za-z]{1,64}$"})
    } else {
        json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX})
    }
}

fn query_schema(parameter: &Parameter) -> Value {
    match parameter.name {
        "limit" => json!({"type": "integer", "minimum": 1, "maximum": super::call::LONGEST_PAGE, "default": 100}),
        "after" if matches!(parameter.kind, super::shape::Kind::Number) => {
            json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX})
        }
        _ => parameter.kind.schema(),
    }
}

fn answers(operation: &Operation) -> Value {
    let schema = match operation.content {
        Content::One(shape) => json!({"application/json": {"schema": reference(shape)}}),
        Content::Page(shape) => json!({"application/json": {"schema": page(shape)}}),
        Content::Bytes => json!({"*/*": {"schema": {}}}),
    };
    let mut answers = Map::new();
    answers.insert(operation.status.to_string(), json!({"description": "Done.", "content": schema}));
    for status in statuses(operation) {
        answers.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{status}")}));
    }
    Value::Object(answers)
}

fn page(shape: &'static Shape) -> Value {
    json!({
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": reference(shape)},
            "next": {"type": ["string", "null"], "description": "Path and query of the next page; null at the end."},
        },
        "required": ["data", "next"],
        "additionalProperties": false,
    })
}

/// How a call may be refused.
fn statuses(operation: &Operation) -> Vec<u16> {
    let mut statuses = vec![400, 401, 403, 404, 422, 429, 500, 503];
    if operation.changes() {
        statuses.push(409);
    }
    if operation.body.is_some() {
        statuses.extend([413, 415]);
    }
    statuses.sort_unstable();
    statuses
}

fn schemas() -> Value {
    let mut shapes: Vec<&'static Shape> = Vec::new();
    for operation in operations() {
        shapes.extend(operation.body);
        match operation.content {
            Content::One(shape) | Content::Page(shape) => shapes.push(shape),
            Content::Bytes => {}
        }
    }
    let shapes = shapes.into_iter().flat_map(Shape::all).chain([&FAULT]);
    let mut schemas: Map<String, Value> = shapes.map(|shape| (shape.name.to_owned(), shape.schema())).collect();
    let problem = json!({
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "An anchor of the reference page."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": reference(&FAULT)},
        },
        "required": ["type", "title", "status", "detail"],
    });
    schemas.insert("Problem".to_owned(), problem);
    Value::Object(schemas)
}

fn responses() -> Value {
    let mut by_status: Map<String, Value> = Map::new();
    for ProblemKind { status, title, .. } in KINDS {
        let entry = by_status.entry(status.to_string()).or_insert_with(
            || json!({"description": "", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}),
        );
        let before = entry["description"].as_str().unwrap_or_default();
        entry["description"] = if before.is_empty() { format!("{title}.") } else { format!("{before} {title}.") }.into();
    }
    Value::Object(by_status)
}
