//! One exchange over HTTP: the key goes to the host that was configured and to no other, and no answer fills the memory.

use super::error::Fault;
use super::request::{Answer, JSON, Method, Request};
use super::settings::{ApiKey, LexofficeSettings, SettingsError};
use super::shapes::fault;
use crate::adapters::tls::client_config;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, Url};
use std::error::Error;
use std::time::Duration;

/// Redirects within the host that are followed.
const MOST_REDIRECTS: usize = 3;
/// As much of an error's body as is read.
const LONGEST_ERROR: usize = 64 * 1024;
/// Shorter than the vendor keeps idle connections: a write over one that was just closed would be in doubt for nothing.
const IDLE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Wire {
    http: Client,
    base: Url,
    key: ApiKey,
    authorization: HeaderValue,
    longest_answer: usize,
    timeout: Duration,
}

impl Wire {
    pub(super) fn new(settings: LexofficeSettings) -> Result<Self, SettingsError> {
        let base = settings.base()?;
        let tls = client_config(settings.ca_file.as_deref())?;
        let mut http = Client::builder()
            .tls_backend_preconfigured(tls.as_ref().clone())
            .user_agent(concat!("mahnwerk/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(settings.timeouts.connect)
            .timeout(settings.timeouts.request)
            .pool_idle_timeout(IDLE);
        if base.scheme() == "http" {
            // On this machine only, unencrypted: a proxy on the way would see the key.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| SettingsError::Http(told(&error)))?;
        let mut authorization =
            HeaderValue::from_str(&settings.key.bearer()).map_err(|_| SettingsError::Key("it can't stand in a header; copy it again"))?;
        authorization.set_sensitive(true);
        let (longest_answer, timeout) = (settings.longest_answer, settings.timeouts.request);
        Ok(Self { http, base, key: settings.key, authorization, longest_answer, timeout })
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Asks, follows redirects of reads within the host, and tells successes from faults.
    pub(super) async fn exchange(&self, request: &Request) -> Result<Answer, Fault> {
        let mut url = request.url(&self.base)?;
        for _ in 0..=MOST_REDIRECTS {
            let response = self.send(request, url.clone()).await?;
            let Some(target) = redirect(&response, &url) else { return self.judge(response).await };
            let target = target.ok_or(Fault::Unexpected { status: response.status().as_u16() })?;
            if target.origin() != self.base.origin() {
                return Err(Fault::WrongHost { to: self.key.clean(&target.origin().ascii_serialization()) });
            }
            if request.method != Method::Get {
                return Err(Fault::Redirected { to: self.key.clean(target.path()) });
            }
            url = target;
        }
        Err(Fault::Redirected { to: self.key.clean(url.path()) })
    }

    async fn send(&self, request: &Request, url: Url) -> Result<Response, Fault> {
        let mut builder = self.http.request(request.method.into(), url);
        builder = builder.header(AUTHORIZATION, self.authorization.clone()).header(ACCEPT, request.accept);
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        builder.send().await.map_err(|error| self.lost(error))
    }

    async fn judge(&self, response: Response) -> Result<Answer, Fault> {
        let (status, headers) = (response.status(), response.headers().clone());
        if !status.is_success() {
            let body = self.read(response, LONGEST_ERROR).await.unwrap_or_default();
            return Err(fault(status.as_u16(), retry_after(&headers), &body, &self.key));
        }
        let body = self.read(response, self.longest_answer).await?;
        let content_type = text(&headers, CONTENT_TYPE);
        Ok(Answer { content_type, content_disposition: text(&headers, CONTENT_DISPOSITION), body })
    }

    /// Reads as it comes and stops at the limit; the connection is then closed.
    async fn read(&self, mut response: Response, limit: usize) -> Result<Vec<u8>, Fault> {
        let too_large = Fault::TooLarge { limit };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |announced| announced > limit) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| self.lost(error))? {
            if body.len() + part.len() > limit {
                return Err(too_large);
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }

    fn lost(&self, error: reqwest::Error) -> Fault {
        let (connecting, late) = (error.is_connect(), error.is_timeout());
        let told = self.key.clean(&told(&error.without_url()));
        let reason = match (connecting, late) {
            (true, _) => format!("no connection: {told}"),
            (false, true) => format!("no answer within {} s", self.timeout.as_secs_f32()),
            (false, false) => format!("the connection was lost: {told}"),
        };
        Fault::Transport { reason, arrived: !connecting }
    }
}

/// Where an answer redirects to, if it does; the inner `None` if it does not say where.
fn redirect(response: &Response, from: &Url) -> Option<Option<Url>> {
    let is_one = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    is_one.then(|| text(response.headers(), LOCATION).and_then(|location| from.join(&location).ok()))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Seconds, or a date, which is compared with the answer's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?;
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| chrono::DateTime::parse_from_rfc2822(text.trim()).ok();
    (date(&value)? - date(&text(headers, DATE)?)?).to_std().ok()
}

/// An error with what it rests on, in one line.
fn told(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    told
}
