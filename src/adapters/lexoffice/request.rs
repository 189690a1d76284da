//! One call as it is asked, and what comes back.

use super::error::{ApiError, Fault};
use reqwest::Url;
use serde::Serialize;
use std::fmt::Display;

pub(super) const JSON: &str = "application/json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Delete => Self::DELETE,
        }
    }
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Below the base URL.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    pub(super) accept: &'static str,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    fn new(method: Method, path: &[&str]) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { method, path, query: Vec::new(), accept: JSON, body: None }
    }

    pub(super) fn get(path: &[&str]) -> Self {
        Self::new(Method::Get, path)
    }

    pub(super) fn post(path: &[&str], body: &impl Serialize) -> Result<Self, ApiError> {
        let request = Self::new(Method::Post, path);
        match serde_json::to_vec(body) {
            Ok(body) => Ok(Self { body: Some(body), ..request }),
            Err(error) => Err(Fault::NotSent { field: "body", reason: error.to_string() }.of(&request.call())),
        }
    }

    pub(super) fn delete(path: &[&str]) -> Self {
        Self::new(Method::Delete, path)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn with_some(self, name: &'static str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }

    /// Method and path, for errors and the log: the query is left out, in which people's names and addresses may stand.
    pub(super) fn call(&self) -> String {
        format!("{} {}", self.method.word(), self.path.join("/"))
    }

    pub(super) fn url(&self, base: &Url) -> Result<Url, Fault> {
        let mut url = base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(&self.path),
            Err(()) => return Err(Fault::NotSent { field: "base_url", reason: "it can't have a path".to_owned() }),
        };
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// A successful answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) body: Vec<u8>,
}
