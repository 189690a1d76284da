//! A private Redis: its own port, its own folder, stopped with the test.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const STARTS_WITHIN: Duration = Duration::from_secs(10);

/// A running `redis-server` that keeps its data over [`RedisServer::restart`].
#[derive(Debug)]
pub(crate) struct RedisServer {
    folder: tempfile::TempDir,
    port: u16,
    process: Child,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let process = spawn(folder.path(), port);
        let mut server = Self { folder, port, process };
        server.wait_until_ready().await;
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("redis-server was running");
        self.process.wait().expect("its exit status");
    }

    /// Starts it again on the same port with the data that it had.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(self.folder.path(), self.port);
        self.wait_until_ready().await;
    }

    /// A connection of the test's own.
    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a valid URL");
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(10)));
        client.get_multiplexed_async_connection_with_config(&config).await.expect("redis-server answers")
    }

    async fn wait_until_ready(&mut self) {
        let client = redis::Client::open(self.url()).expect("a valid URL");
        let began = Instant::now();
        loop {
            if let Ok(mut connection) = client.get_multiplexed_async_connection().await
                && redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
            {
                return;
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!("redis-server ended at its start: {status}");
            }
            assert!(began.elapsed() < STARTS_WITHIN, "redis-server did not answer within {STARTS_WITHIN:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &std::path::Path, port: u16) -> Child {
    let port = port.to_string();
    Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "everysec"])
        .arg("--dir")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("redis-server does not start ({error}); install it: apt-get install redis-server"))
}
