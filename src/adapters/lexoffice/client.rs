//! The client: a call takes its turn, is asked, and is asked again where that is harmless. What is called stands in `calls`.

use super::decode::decode;
use super::error::{ApiError, Fault};
use super::request::{Answer, Method, Request};
use super::retry::Backoff;
use super::settings::{ApiKey, LexofficeSettings, SettingsError};
use super::wire::Wire;
use crate::engine::source::ports::Pace;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

/// Speaks for one API key, which is one organisation of the vendor's.
pub struct LexofficeClient {
    wire: Wire,
    pace: Arc<dyn Pace>,
    backoff: Backoff,
}

impl fmt::Debug for LexofficeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LexofficeClient").field("base", &self.base_url()).finish_non_exhaustive()
    }
}

impl LexofficeClient {
    /// Reads certificates; connects to nothing yet. `pace` is shared by all that use the same key.
    ///
    /// # Errors
    /// A [`SettingsError`] that names the setting.
    pub fn new(settings: LexofficeSettings, pace: Arc<dyn Pace>) -> Result<Self, SettingsError> {
        let backoff = Backoff::new(settings.retries, settings.chance);
        Ok(Self { wire: Wire::new(settings)?, pace, backoff })
    }

    /// Where it asks.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.wire.base().as_str()
    }

    pub(super) fn key(&self) -> &ApiKey {
        self.wire.key()
    }

    /// Asks and reads JSON.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: &Request) -> Result<T, ApiError> {
        let answer = self.ask(request).await?;
        decode(&answer.body, self.key()).map_err(|fault| fault.of(&request.call()))
    }

    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, ApiError> {
        let call = request.call();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let fault = match self.ask_once(request).await {
                Ok(answer) => {
                    tracing::debug!(call, attempt, bytes = answer.body.len(), "lexoffice answered");
                    return Ok(answer);
                }
                Err(fault) => fault,
            };
            let pause = self.backoff.pause(request.method, &fault, attempt);
            if let Fault::RateLimited { retry_after } = fault
                && let Some(hold) = pause.or(retry_after)
            {
                // Whoever shares the key would be refused as well, and make it worse.
                self.pace.hold(hold).await.map_err(|error| Fault::Pace(error).of(&call))?;
            }
            let Some(pause) = pause else { return Err(fault.of(&call)) };
            tracing::warn!(call, attempt, pause_ms = pause.as_millis(), reason = %fault, "lexoffice is asked again");
            if !matches!(fault, Fault::RateLimited { .. }) {
                tokio::time::sleep(pause).await;
            }
        }
    }

    async fn ask_once(&self, request: &Request) -> Result<Answer, Fault> {
        self.pace.turn().await.map_err(Fault::Pace)?;
        self.wire.exchange(request).await
    }

    /// Ends something; what is gone already is fine.
    pub(super) async fn remove(&self, request: &Request) -> Result<(), ApiError> {
        debug_assert_eq!(request.method, Method::Delete);
        match self.ask(request).await {
            Ok(_) | Err(ApiError { fault: Fault::NotFound, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
