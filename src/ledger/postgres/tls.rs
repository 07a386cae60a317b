//! How much of the server's certificate is checked, in libpq's steps.
//!
//! `tokio_postgres_rustls` connects as a `ClientConfig` says, and rustls itself (0.23) checks chain and name or, where somebody
//! writes it, what they write: of libpq's steps it has the last one only.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::PostgresError;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VerifyMode {
    /// Encrypted against listeners, open to impostors: `prefer` and `require`.
    Nothing,
    /// Signed by a known root: `verify-ca`.
    Chain,
    /// And for this host: `verify-full`.
    ChainAndName,
}

/// Judges certificates as far as asked.
#[derive(Debug)]
struct CertVerifier {
    check: VerifyMode,
    chain: Arc<WebPkiServerVerifier>,
    /// What `sslrootcert` holds. The server's own certificate may be in it: self-signed ones often
    /// call themselves authorities, and webpki takes no authority for a server.
    given: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// Makes a connector. A file with roots stands in the place of those that are known.
pub(super) fn connector(
    check: VerifyMode,
    root_file: Option<&Path>,
) -> Result<MakeRustlsConnect, PostgresError> {
    let given = root_file.map_or_else(|| Ok(Vec::new()), read_certificates)?;
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(check, given, &provider)?;
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(|error| PostgresError::Unfit(format!("TLS cannot be set up: {error}")))?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

fn verifier(
    check: VerifyMode,
    given: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<CertVerifier, PostgresError> {
    let roots = if given.is_empty() { known_roots() } else { only(&given) };
    let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    let chain = chain.map_err(|error| {
        PostgresError::Unfit(format!("`sslrootcert` holds no usable certificate: {error}"))
    })?;
    Ok(CertVerifier { check, chain, given, algorithms: provider.signature_verification_algorithms })
}

/// The built-in roots and, beside them, the system's: a container may have none, a company its own.
fn known_roots() -> RootCertStore {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// As libpq: who names a root trusts no other.
fn only(given: &[CertificateDer<'static>]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(given.iter().cloned());
    roots
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, PostgresError> {
    let unfit =
        |why: String| PostgresError::Unfit(format!("`sslrootcert` {} cannot be used: {why}", file.display()));
    let found = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = found.map_err(|error| unfit(error.to_string()))?;
    if found.is_empty() { Err(unfit("it holds no certificate in PEM form".to_owned())) } else { Ok(found) }
}

impl ServerCertVerifier for CertVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.check == VerifyMode::Nothing {
            return Ok(ServerCertVerified::assertion());
        }
        if self.given.iter().any(|given| given == certificate) {
            if self.check == VerifyMode::ChainAndName {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match self.chain.verify_server_cert(certificate, between, name, ocsp, now) {
            // The name is looked at last: the chain is good.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.check == VerifyMode::Chain => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
