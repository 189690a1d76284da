//! An HTTP server over bare TCP that answers what a test tells it to, in that order, and keeps what it was asked. And a client.

use reqwest::Client;
use reqwest::redirect::Policy;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Longer than anything takes, shorter than a test may.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server does with the next request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Reply {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// A body without end, in chunks.
    Endless,
    /// Reads the request, then resets the connection.
    Reset,
    /// Reads the request and never answers.
    Silence,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() }.header("Content-Type", "application/json")
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        match self {
            Self::Reply { status, mut headers, body } => {
                headers.push((name.to_owned(), value.to_owned()));
                Self::Reply { status, headers, body }
            }
            other => other,
        }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /v1/profile`
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

#[derive(Debug)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

/// Runs until the test's runtime ends.
#[derive(Debug)]
pub(crate) struct ScriptedServer {
    script: Arc<Script>,
    port: u16,
}

impl ScriptedServer {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = script.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, told.clone()));
            }
        });
        Self { script, port }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// Answers that nobody has had.
    pub(crate) fn left(&self) -> usize {
        self.script.answers.lock().unwrap().len()
    }

    pub(crate) fn then(&self, answer: Answer) {
        self.script.answers.lock().unwrap().push_back(answer);
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>) {
    while let Some(asked) = read_request(&mut stream).await {
        script.asked.lock().unwrap().push(asked);
        let answer = script.answers.lock().unwrap().pop_front();
        match answer.unwrap_or_else(|| Answer::json(418, r#"{"message":"the script has ended"}"#)) {
            Answer::Reply { status, headers, body } => reply(&mut stream, status, &headers, &body).await,
            Answer::Endless => return endless(&mut stream).await,
            Answer::Reset => return stream.set_zero_linger().unwrap(),
            Answer::Silence => return tokio::time::sleep(Duration::from_secs(600)).await,
        }
    }
}

/// Reads one request with its body; `None` at the end of the connection.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<String, String> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut body = vec![0; headers.get("content-length").map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked { line, headers, body: String::from_utf8(body).unwrap(), at: Instant::now() })
}

/// Writes one answer. Whoever hangs up in the middle may.
pub(crate) async fn reply(stream: &mut (impl AsyncWrite + Unpin), status: u16, headers: &[(String, String)], body: &[u8]) {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
    let _ = stream.write_all(body).await;
    let _ = stream.flush().await;
}

async fn endless(stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let mut written = stream.write_all(head.as_bytes()).await;
    while written.is_ok() {
        written = stream.write_all(&chunk).await;
    }
}

/// A client that follows nothing, keeps nothing by itself, and trusts nobody.
pub(crate) fn client() -> Client {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    Client::builder().tls_backend_preconfigured(tls).no_proxy().redirect(Policy::none()).timeout(PATIENCE).build().unwrap()
}
