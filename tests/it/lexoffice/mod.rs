//! The lexoffice client at the boundary: what it asks, what it makes of answers, and what it does when they fail.

mod calls;
mod encrypted;
mod faults;
mod hooked;
mod hooks;
mod in_step;
mod joined;
mod pace;
mod refused_hooks;
mod source;

use super::support::http::{Answer, ScriptedServer};
use mahnwerk::adapters::lexoffice::{ApiKey, LexofficeClient, LexofficeSettings, ProcessPace, ResourceId, Retries, Timeouts};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const KEY: &str = "tok-5f0c-secret";
pub(crate) const ID: &str = "0c5d1f2e-8d1f-4f7a-9a55-2f6d7a0b1c2d";

pub(crate) fn id() -> ResourceId {
    ResourceId::parse(ID).unwrap()
}

pub(crate) fn settings(base_url: String) -> LexofficeSettings {
    let ms = Duration::from_millis;
    LexofficeSettings {
        timeouts: Timeouts { connect: Duration::from_secs(5), request: Duration::from_secs(10) },
        retries: Retries { attempts: 3, first: ms(4), longest: ms(20), patience: Duration::from_secs(5) },
        ..LexofficeSettings::new(base_url, ApiKey::new(KEY.to_owned()).unwrap(), [7; 32])
    }
}

pub(crate) fn client_with(settings: LexofficeSettings) -> LexofficeClient {
    LexofficeClient::new(settings, Arc::new(ProcessPace::every(Duration::from_millis(1)))).unwrap()
}

/// A server with its script, and a client of it.
pub(crate) async fn scene(answers: impl IntoIterator<Item = Answer>) -> (ScriptedServer, LexofficeClient) {
    let server = ScriptedServer::start(answers).await;
    let client = client_with(settings(server.url("/v1")));
    (server, client)
}
