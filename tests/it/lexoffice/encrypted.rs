//! The key goes encrypted, to a server whose certificate is trusted.

use super::super::support::authority::Authority;
use super::super::support::http::{read_request, reply};
use super::{KEY, client_with, settings};
use mahnwerk::adapters::lexoffice::{Fault, LexofficeSettings, Profile};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Serves a profile over TLS; each request's Authorization header is told.
async fn serve(authority: &Authority) -> (u16, mpsc::UnboundedReceiver<String>) {
    let certificate = CertificateDer::from_pem_slice(authority.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(authority.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if let Some(asked) = read_request(&mut stream).await {
                tell.send(asked.headers["authorization"].clone()).unwrap();
                reply(&mut stream, 200, &[], br#"{"organizationId":"51aa"}"#).await;
            }
        }
    });
    (port, told)
}

async fn profile(port: u16, host: &str, authority: Option<&Authority>) -> Result<Profile, Fault> {
    let ca_file = authority.map(Authority::file);
    let client = client_with(LexofficeSettings { ca_file, ..settings(format!("https://{host}:{port}/v1")) });
    client.profile().await.map_err(|error| error.fault)
}

#[tokio::test]
async fn a_server_is_trusted_by_its_certificate_and_gets_the_key_then_only() {
    let authority = Authority::for_name("127.0.0.1");
    let (port, mut told) = serve(&authority).await;
    assert_eq!(profile(port, "127.0.0.1", Some(&authority)).await.unwrap().organization_id, "51aa");
    assert_eq!(told.recv().await.unwrap(), format!("Bearer {KEY}"));
    for (host, trusted) in [("127.0.0.1", None), ("localhost", Some(&authority))] {
        let fault = profile(port, host, trusted).await.unwrap_err();
        assert!(matches!(&fault, Fault::Transport { arrived: false, reason } if reason.contains("certificate")), "{host}: {fault}");
    }
    assert!(told.try_recv().is_err(), "the key went to a server that is not trusted");
}
