//! How a sandbox server is set up.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Certificate chain and key are PEM.
#[derive(Clone)]
pub enum Encryption {
    None,
    StartTls { certificate: String, key: String },
    Tls { certificate: String, key: String },
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::StartTls { .. } => "StartTls",
            Self::Tls { .. } => "Tls",
        })
    }
}

#[derive(Clone)]
pub struct SandboxSettings {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub encryption: Encryption,
    /// User and password; if any are named, mail is taken only after a login.
    pub logins: Vec<(String, String)>,
    /// The newest so many messages are kept in memory; all are counted.
    pub keep_messages: usize,
    /// And at most so many bytes of them.
    pub keep_bytes: usize,
    /// Every message is also written here as `.eml`, for good.
    pub folder: Option<PathBuf>,
    /// The biggest message that is taken, in bytes; what SIZE announces.
    pub message_bytes_max: usize,
    /// More connections than this at once get a 421; 0 means no limit.
    pub connections_max: usize,
    /// Without it messages go command by command, as old servers want it.
    pub pipelining: bool,
    /// What time it is, in milliseconds since the epoch.
    pub now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl fmt::Debug for SandboxSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxSettings").field("listen", &self.listen).field("encryption", &self.encryption).finish_non_exhaustive()
    }
}

impl SandboxSettings {
    /// Plain SMTP on a free port of 127.0.0.1, no login, the newest 10,000 messages up to 256 MB.
    #[must_use]
    pub fn new(now_ms: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            encryption: Encryption::None,
            logins: Vec::new(),
            keep_messages: 10_000,
            keep_bytes: 256 << 20,
            folder: None,
            message_bytes_max: 50 << 20,
            connections_max: 0,
            pipelining: true,
            now_ms,
        }
    }
}

impl Encryption {
    pub(super) fn acceptor(&self) -> io::Result<Option<TlsAcceptor>> {
        let (Self::StartTls { certificate, key } | Self::Tls { certificate, key }) = self else { return Ok(None) };
        let refuse = |error: String| io::Error::new(io::ErrorKind::InvalidInput, format!("the sandbox's certificate or key: {error}"));
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| refuse(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| refuse(error.to_string()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }
}
