//! Everything that programs can ask for, with the scope that each call needs and what the reference says of it. A call can only be added
//! together with both.

use super::call::{Answered, Call};
use super::problem::{METHOD, NOT_FOUND, Problem};
use super::shape::{Kind, Shape};
use super::{Api, blocks, customers, documents, gate, instances, invoices, notices, openapi, payments, reference, transitions, webhooks};
use crate::domain::scope::Scope;
use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, any, get, on};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Carries out a call that was let through.
pub(super) type Handler = fn(Call) -> BoxFuture<'static, Answered>;

/// A parameter of the query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) text: &'static str,
}

/// What a call answers with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    One(&'static Shape),
    /// A page of these.
    Page(&'static Shape),
    /// Bytes of any kind.
    Bytes,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) scope: Scope,
    /// Its name in the OpenAPI document, such as `listInvoices`.
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) text: &'static str,
    pub(super) query: &'static [Parameter],
    pub(super) body: Option<&'static Shape>,
    pub(super) status: u16,
    pub(super) content: Content,
    /// Carrying it out twice does the same as once.
    pub(super) repeatable: bool,
    pub(super) handler: Handler,
}

impl Operation {
    pub(super) fn changes(&self) -> bool {
        self.method != "GET"
    }
}

/// What calls that read have in common. What is not said of a call is as here; a path that nobody wrote answers nothing.
pub(super) const READ: Operation = Operation {
    method: "GET",
    path: "",
    scope: Scope::Read,
    id: "",
    tag: "",
    summary: "",
    text: "",
    query: &[],
    body: None,
    status: 200,
    content: Content::Bytes,
    repeatable: true,
    handler: |_| Box::pin(async { Err(Problem::not_found("call")) }),
};
/// What calls that do something have in common.
pub(super) const ACT: Operation = Operation { method: "POST", scope: Scope::Operate, repeatable: false, ..READ };

pub(super) const AFTER: Parameter =
    Parameter { name: "after", kind: Kind::Number, required: false, text: "Begin after this id; `next` of a page has it." };
pub(super) const LIMIT: Parameter =
    Parameter { name: "limit", kind: Kind::Number, required: false, text: "Entries of a page, 1 to 1000; 100 if left out." };

pub(super) const fn search(name: &'static str, kind: Kind, text: &'static str) -> Parameter {
    Parameter { name, kind, required: false, text }
}

/// All calls, in the order of the reference.
pub(super) fn operations() -> Vec<&'static Operation> {
    [
        invoices::OPERATIONS,
        payments::OPERATIONS,
        instances::OPERATIONS,
        customers::OPERATIONS,
        blocks::OPERATIONS,
        notices::OPERATIONS,
        documents::OPERATIONS,
        transitions::OPERATIONS,
        webhooks::OPERATIONS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A call, for those who check all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    pub method: &'static str,
    pub path: &'static str,
    pub scope: Scope,
}

/// Every call that needs a token. The document and its page need none.
#[must_use]
pub fn declared() -> Vec<Declared> {
    operations().into_iter().map(|operation| Declared { method: operation.method, path: operation.path, scope: operation.scope }).collect()
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "POST" => MethodFilter::POST,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

fn other_method() -> Problem {
    Problem::new(&METHOD, "the `Allow` header names the methods of this path")
}

/// The interface.
pub fn router(api: Arc<Api>) -> Router {
    let mut paths: BTreeMap<&'static str, MethodRouter> = BTreeMap::new();
    for operation in operations() {
        let api = api.clone();
        let handler = on(filter(operation.method), move |params: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
            gate::answer(api.clone(), operation, params.ok(), request)
        });
        let others = paths.remove(operation.path).unwrap_or_default();
        paths.insert(operation.path, others.merge(handler));
    }
    let routes =
        paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods.fallback(|| async { other_method() })));
    let missing = || async { Problem::new(&NOT_FOUND, "there is no such path; /api/v1/docs lists all of them").into_response() };
    routes
        .route(openapi::PATH, get(openapi::document).fallback(|| async { other_method() }))
        .route(reference::PATH, get(reference::page))
        .route("/api", any(missing))
        .route("/api/{*rest}", any(missing))
}
