//! TLS to whoever has the keys: its certificate is always verified.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::super::address::Address;
use super::FetchError;

/// Speaks TLS on a connection. `ca` is PEM: whom to trust instead of whom the system trusts.
pub(super) async fn connect(
    address: &Address,
    stream: TcpStream,
    ca: Option<&str>,
) -> Result<TlsStream<TcpStream>, FetchError> {
    let failed = |source| FetchError::Tls { host: address.authority.clone(), source };
    let name = ServerName::try_from(address.host.clone());
    let name = name.map_err(|error| failed(io::Error::other(error)))?;
    let connector = TlsConnector::from(Arc::new(config(ca)?));
    connector.connect(name, stream).await.map_err(failed)
}

/// Made for each fetch: they are rare, and the system's certificates may be newer by then.
fn config(ca: Option<&str>) -> Result<ClientConfig, FetchError> {
    let failed = |error: tokio_rustls::rustls::Error| FetchError::Trust(error.to_string());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(roots(ca)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn roots(ca: Option<&str>) -> Result<RootCertStore, FetchError> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                let added = certificate.map(|certificate| roots.add(certificate));
                if !matches!(added, Ok(Ok(()))) {
                    return Err(trust("`ca_file` holds a certificate that cannot be read"));
                }
            }
            if roots.is_empty() {
                return Err(trust("`ca_file` holds no certificate"));
            }
        }
        None => {
            // Single certificates that cannot be read are no reason to trust none.
            let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(trust("this system has no trusted certificates; set `ca_file`"));
            }
        }
    }
    Ok(roots)
}

fn trust(text: &str) -> FetchError {
    FetchError::Trust(text.to_owned())
}
