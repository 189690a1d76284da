//! Whom we trust, for mail and for HTTP alike: this system's certificate roots, and those in an extra CA file for servers with their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Why no encrypted connection can be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("ca_file: {}: {reason}", path.display())]
    CaFile { path: PathBuf, reason: String },
    #[error("the certificate roots of this system can't be used: {reason}")]
    Roots { reason: String },
}

/// Certificates are always verified; there is no switch to turn that off. A server with a private certificate is
/// trusted by naming its CA file.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if let Some(path) = ca_file {
        add_file(&mut roots, path)?;
    }
    if roots.is_empty() {
        let reason = native.errors.first().map_or_else(|| "none was found".to_owned(), ToString::to_string);
        return Err(TlsError::Roots { reason });
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Roots { reason: error.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), TlsError> {
    let refuse = |reason: String| TlsError::CaFile { path: path.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| refuse(format!("{error}; it should hold certificates in PEM form")))?;
    if certificates.is_empty() {
        return Err(refuse("no certificate in it; it should hold some in PEM form".to_owned()));
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|error| refuse(error.to_string()))?;
    }
    Ok(())
}
