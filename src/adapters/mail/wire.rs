//! Bytes to and from the server, with a limit on every wait. Knows lines and replies, not what they mean.

use super::reply::{Parsed, Reply};
use futures::FutureExt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// Enough for the operating system to tell what it has.
const LAST_LOOK: Duration = Duration::from_millis(50);

/// The connection is of no use any more; why, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost(pub(super) String);

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// How far a write came before it ended.
pub(super) struct Written {
    /// Bytes that the operating system (or the TLS layer) took over: they may have reached the server.
    pub(super) taken: usize,
    pub(super) result: Result<(), Lost>,
}

pub(super) struct Wire {
    stream: Stream,
    inbox: Vec<u8>,
}

impl Wire {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self { stream: Stream::Plain(stream), inbox: Vec::with_capacity(1024) }
    }

    /// Puts TLS on the connection. Bytes that came unencrypted before it are refused: somebody in between may have
    /// put them there (the STARTTLS injection of CVE-2011-0411).
    pub(super) async fn encrypt(self, config: Arc<ClientConfig>, name: ServerName<'static>, limit: Duration) -> Result<Self, Lost> {
        let Stream::Plain(tcp) = self.stream else { return Err(Lost("the connection is encrypted already".to_owned())) };
        if !self.inbox.is_empty() {
            return Err(Lost("the server sent something unencrypted after its go-ahead for TLS".to_owned()));
        }
        let handshake = tokio_rustls::TlsConnector::from(config).connect(name, tcp);
        let stream = within(limit, "the TLS handshake", handshake).await.map_err(|lost| Lost(format!("TLS: {}", lost.0)))?;
        Ok(Self { stream: Stream::Tls(Box::new(stream)), inbox: self.inbox })
    }

    /// `TLS 1.3` or the like, or none.
    pub(super) fn encryption(&self) -> Option<String> {
        let Stream::Tls(stream) = &self.stream else { return None };
        let version = stream.get_ref().1.protocol_version()?;
        Some(format!("{version:?}").replace("TLSv1_", "TLS 1."))
    }

    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Lost> {
        loop {
            match Reply::parse(&self.inbox) {
                Parsed::Whole(reply, taken) => {
                    self.inbox.drain(..taken);
                    return Ok(reply);
                }
                Parsed::Garbage(reason) => return Err(Lost(reason)),
                Parsed::Partial => {}
            }
            let read = within(limit, "the server's reply", self.stream.read_buf(&mut self.inbox)).await?;
            if read == 0 {
                return Err(Lost("the server closed the connection".to_owned()));
            }
        }
    }

    /// Writes everything. The limit holds for each stretch of progress, so a big message on a slow line is no timeout.
    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Written {
        let mut taken = 0;
        while taken < bytes.len() {
            match within(limit, "the server to take more", self.stream.write(&bytes[taken..])).await {
                Ok(0) => return Written { taken, result: Err(Lost("the connection takes no more".to_owned())) },
                Ok(count) => taken += count,
                Err(lost) => return Written { taken, result: Err(lost) },
            }
        }
        Written { taken, result: within(limit, "the server to take the rest", self.stream.flush()).await }
    }

    pub(super) async fn ask(&mut self, command: &str, limit: Duration) -> Result<Reply, Lost> {
        self.write(command.as_bytes(), limit).await.result?;
        self.reply(limit).await
    }

    /// Whether nothing came in since the last reply. An idle server that says something says 421, or closed.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.inbox.is_empty() && self.stream.read_buf(&mut self.inbox).now_or_never().is_none()
    }
}

/// Waits so long, and has a last look: a process that stood still for longer (a machine that was suspended, say) has not looked at all, and
/// what came meanwhile lies there.
async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = io::Result<T>>) -> Result<T, Lost> {
    let mut work = std::pin::pin!(work);
    for wait in [limit, LAST_LOOK] {
        if let Ok(result) = tokio::time::timeout(wait, &mut work).await {
            return Ok(result?);
        }
    }
    Err(Lost(format!("waited {} ms for {what}", limit.as_millis())))
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        }
    }
}
