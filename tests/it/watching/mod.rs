//! What machines that watch are told: `/metrics` as Prometheus reads it, the alerts and the dashboard over it.

mod exposition;
mod files;
#[cfg(feature = "otlp")]
mod traces;
mod values;

use crate::support::world::World;
use exposition::Exposition;
use mahnwerk::engine::run::Pulse;
use mahnwerk::web::metrics::Watched;
use mahnwerk::web::operations;
use mahnwerk::workers::{QueueSettings, Queues};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A running page over a world.
struct Page(std::net::SocketAddr);

impl Page {
    async fn open(world: &World) -> Self {
        Self::of(world, Some(Arc::new(Pulse::default()))).await
    }

    async fn of(world: &World, pulse: Option<Arc<Pulse>>) -> Self {
        let settings = QueueSettings {
            url: "memory".to_owned(),
            namespace: "watching".to_owned(),
            tag: "test".to_owned(),
            poll: Duration::from_millis(500),
            heartbeat: Duration::from_secs(5),
            missed_heartbeats: 3,
        };
        let queues = Arc::new(Queues::open(&settings).await.unwrap());
        let router = operations::router(Watched { engine: world.engine.clone(), queues, pulse });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self(address)
    }

    async fn get(&self, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(self.0).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn metrics(&self) -> Exposition {
        let answer = self.get("/metrics").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
        let body = if head.contains("chunked") { panic!("chunked: {head}") } else { body };
        Exposition::parse(body).unwrap_or_else(|why| panic!("{why}\n{body}"))
    }
}
