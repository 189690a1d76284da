//! Listens, answers, and is the handle that tests and commands hold.

use super::answer::{Answer, Content};
use super::asked::Asked;
use super::clock::{RealTime, SandboxClock};
use super::connection::{BreakableListener, Breaker};
use super::control;
use super::disguise;
use super::fault::{Fault, FaultError};
use super::index;
use super::scenario::Scenario;
use super::state::{Served, State};
use super::webhook;
use crate::domain::toml_reader::Problem;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State as Shareds};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The longest body that is read.
const BODY_MAX: usize = 20 << 20;
/// How much of an endless body is sent at a time.
const PIECE: u64 = 64 << 10;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct LexofficeSettings {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// What is in the world at the start.
    pub scenario: Scenario,
    /// What time it really is, in milliseconds since the epoch.
    pub real: RealTime,
}

impl fmt::Debug for LexofficeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LexofficeSettings").field("listen", &self.listen).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("can't listen there: {0}")]
    Listen(#[from] io::Error),
    /// What is wrong with the scenario, each with its line.
    #[error("the scenario is wrong in {} places", .0.len())]
    Scenario(Vec<Problem>),
}

/// A running server. Clones are handles to the same one; it stops with [`LexofficeSandbox::stop`] or the last handle.
#[derive(Clone)]
pub struct LexofficeSandbox {
    shared: Arc<Shared>,
    _stop_with_last_handle: Arc<DropGuard>,
}

impl fmt::Debug for LexofficeSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LexofficeSandbox").field("addr", &self.shared.addr).finish_non_exhaustive()
    }
}

/// What connections and the webhook sender share.
pub(super) struct Shared {
    pub(super) addr: SocketAddr,
    pub(super) clock: SandboxClock,
    pub(super) scenario: Scenario,
    /// Something may be due now.
    pub(super) changed: Notify,
    pub(super) stop: CancellationToken,
    state: Mutex<State>,
}

impl Shared {
    /// The state, alone. Whoever changes it wakes the webhook sender afterwards.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LexofficeSandbox {
    /// Starts listening; requests are served on the current tokio runtime.
    ///
    /// # Errors
    /// If the address can't be bound or the scenario is wrong.
    pub async fn start(settings: LexofficeSettings) -> Result<Self, StartError> {
        let clock = SandboxClock::new(settings.real);
        let built = settings.scenario.build(clock.now()).map_err(StartError::Scenario)?;
        if let Some(at) = built.clock {
            clock.set(at);
        }
        let listener = TcpListener::bind(settings.listen).await?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            addr: listener.local_addr()?,
            clock,
            scenario: settings.scenario,
            changed: Notify::new(),
            stop: stop.clone(),
            state: Mutex::new(State::new(built)),
        });
        let router = Router::new().fallback(answer).with_state(shared.clone()).into_make_service_with_connect_info::<Breaker>();
        let stopped = stop.clone();
        tokio::spawn(async move {
            let server = axum::serve(BreakableListener(listener), router);
            tokio::select! {
                // It never ends by itself.
                _ = server.into_future() => {}
                () = stopped.cancelled() => {}
            }
        });
        tokio::spawn(webhook::run(shared.clone()));
        Ok(Self { shared, _stop_with_last_handle: Arc::new(stop.drop_guard()) })
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// What a client takes as its base: `http://127.0.0.1:8752/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.shared.addr)
    }

    /// A key that works, if there is any.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        self.shared.with(|state| state.world.keys.iter().find(|key| !key.revoked).map(|key| key.text.clone()))
    }

    /// Adds a fault; it holds from the next request on.
    ///
    /// # Errors
    /// A [`FaultError`] if the fault can't happen.
    pub fn set_fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.shared.with(|state| state.faults.add(fault))
    }

    /// Everything works again.
    pub fn clear_faults(&self) {
        self.shared.with(|state| state.faults.clear());
    }

    /// Takes no more connections.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }
}

async fn answer(Shareds(shared): Shareds<Arc<Shared>>, ConnectInfo(breaker): ConnectInfo<Breaker>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "").into_response();
    };
    let asked = Asked::new(parts.method, parts.uri.path(), parts.uri.query(), parts.headers, body.into());
    let first = asked.path.split('/').find(|segment| !segment.is_empty());
    let served = match first {
        None => Served::plain(index::page(&shared)),
        Some("_control") => Served::plain(control::answer(&shared, &asked)),
        _ => shared.with(|state| state.serve(&asked, shared.clock.now(), shared.clock.real())),
    };
    shared.changed.notify_one();
    if served.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(served.delay_ms)).await;
    }
    if served.reset {
        breaker.throw();
    }
    write(&shared, served)
}

fn write(shared: &Shared, served: Served) -> Response {
    let Answer { status, headers, content } = served.answer;
    let (media_type, body) = match content {
        Content::Nothing => (None, Body::empty()),
        Content::Json(value) => {
            let mut text = match served.disguise {
                Some(how) => shared.with(|state| disguise::write(&value, how, &mut state.world.dice)),
                None => value.to_string(),
            };
            if served.malformed {
                // Not inside a character.
                let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                text.truncate(half);
            }
            (Some("application/json".to_owned()), Body::from(text))
        }
        Content::Text(media_type, text) => (Some(media_type.to_owned()), Body::from(text)),
        Content::Bytes(media_type, bytes) => (Some(media_type), Body::from(bytes)),
        Content::Endless(bytes) => (Some("application/json".to_owned()), endless(bytes)),
    };
    let mut response = (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    let media_type = media_type.map(|media_type| (header::CONTENT_TYPE.as_str(), media_type));
    for (name, value) in headers.into_iter().chain(media_type) {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A JSON text of so many bytes that is never held as a whole.
fn endless(bytes: u64) -> Body {
    let pieces = bytes.div_ceil(PIECE);
    let piece = Bytes::from(vec![b'x'; usize::try_from(PIECE).unwrap_or(1)]);
    let start = std::iter::once(Bytes::from_static(b"{\"content\":[\""));
    let end = std::iter::once(Bytes::from_static(b"\"]}"));
    let middle = (0..pieces).map(move |_| piece.clone());
    Body::from_stream(stream::iter(start.chain(middle).chain(end).map(Ok::<_, io::Error>)))
}
