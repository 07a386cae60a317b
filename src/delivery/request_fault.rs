//! What it proves that a request got no answer, and the words for it: only what fails before the first byte of a
//! request has left proves that nothing was taken.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};
use url::Url;

use super::network::{Proxy, place};
use super::transport::TransportError;

/// Why a request got no answer, as far as the client's error tells.
pub(super) enum RequestFault<'a> {
    /// It tells enough.
    Known(TransportError),
    /// The proxy did not open the way, and did not say why in a way that the client hands on.
    NoTunnel(&'a Proxy),
}

/// Judges an error of the HTTP client about a request to `url`.
pub(super) fn classify<'a>(error: &reqwest::Error, url: &Url, proxy: Option<&'a Proxy>) -> RequestFault<'a> {
    let said = chain(error);
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    let target = place(url);
    if !(error.is_connect() || error.is_builder()) {
        return RequestFault::Known(match tls {
            Some(rustls::Error::AlertReceived(alert)) if is_about_our_certificate(*alert) => {
                TransportError::Barred(format!("{target} {WANTS_CERTIFICATE} ({said})"))
            }
            _ => TransportError::Lost(said),
        });
    }
    let Some(proxy) = proxy else { return RequestFault::Known(before_a_byte(&said, tls, &target, None)) };
    let name = proxy.name();
    if said.contains("proxy authorization required") {
        let why = format!(
            "{name} wants a user name and a password, or others than it is given: put them into that variable, http://user:password@host:port"
        );
        return RequestFault::Known(TransportError::Barred(why));
    }
    if said.contains("tunnel error: unsuccessful") {
        return RequestFault::NoTunnel(proxy);
    }
    if said.contains("tunnel error") {
        return RequestFault::Known(before_a_byte(&said, tls, &name, Some(proxy)));
    }
    let beyond = format!("{target} (by way of {name})");
    RequestFault::Known(before_a_byte(&said, tls, &beyond, None))
}

/// What a proxy's refusal of the way means; `status` is what it answers when it is asked once more.
pub(super) fn no_tunnel(status: Option<u16>, url: &Url, proxy: &Proxy) -> TransportError {
    let (name, target) = (proxy.name(), place(url));
    match status {
        Some(status @ (408 | 425 | 429 | 500..)) => {
            TransportError::NotSent(format!("{name} could not open the way to {target} (HTTP {status})"))
        }
        Some(status @ 300..) => TransportError::Barred(format!(
            "{name} refuses the way to {target} (HTTP {status}): have its owner admit this address, or name the host in NO_PROXY if there is a way without the proxy"
        )),
        _ => TransportError::NotSent(format!(
            "{name} did not open the way to {target}; is it a proxy for https?"
        )),
    }
}

/// No byte of the request has left. What does not pass by itself is for the user to mend.
fn before_a_byte(
    said: &str,
    tls: Option<&rustls::Error>,
    who: &str,
    proxy: Option<&Proxy>,
) -> TransportError {
    if let Some(remedy) = tls.and_then(remedy) {
        return TransportError::Barred(format!("{who} {remedy} ({said})"));
    }
    // A resolver that is not well answers otherwise (glibc's words, musl's words).
    let passes = said.contains("Temporary failure") || said.contains("Try again");
    match proxy {
        Some(_) if said.contains("dns error") && !passes => TransportError::Barred(format!(
            "{who} cannot be found: correct the variable's host name ({said})"
        )),
        Some(_) => TransportError::NotSent(format!("{who} could not be reached ({said})")),
        None => TransportError::NotSent(format!(
            "{who} could not be reached ({said}); check vendor.base_url, the network and the firewall of this machine"
        )),
    }
}

const WANTS_CERTIFICATE: &str = "wants a certificate of its clients, and this program has none: ask the vendor for an address without that, and correct vendor.base_url";

/// What TLS found, as a sentence about who it found it at; none for what may pass by itself.
fn remedy(error: &rustls::Error) -> Option<&'static str> {
    use rustls::Error::{
        AlertReceived, InvalidCertificate, InvalidMessage, NoApplicationProtocol, PeerIncompatible,
    };
    Some(match error {
        InvalidCertificate(error) => certificate(error),
        AlertReceived(alert) if is_about_our_certificate(*alert) => WANTS_CERTIFICATE,
        AlertReceived(AlertDescription::ProtocolVersion) | PeerIncompatible(_) => {
            "speaks no version of TLS that this program does (1.2 and 1.3): have the server updated"
        }
        AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => {
            "has no cipher of TLS in common with this program, or wants a certificate of its clients: correct vendor.base_url, or have the server updated"
        }
        AlertReceived(AlertDescription::UnrecognisedName) => {
            "does not know the host by this name: correct vendor.base_url"
        }
        AlertReceived(AlertDescription::NoApplicationProtocol) | NoApplicationProtocol => {
            "does not speak HTTP/1.1: correct vendor.base_url"
        }
        InvalidMessage(_) => {
            "does not speak TLS there, as if it were an http port: correct the port of vendor.base_url (of the proxy's address, if it is https)"
        }
        _ => return None,
    })
}

fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::UnknownIssuer => {
            "has a certificate whose issuer is not known here. Where it is a company's own authority, or that of a proxy which opens TLS, name a file with its certificate (PEM) in SSL_CERT_FILE, or add it to the image's store in /etc/ssl/certs"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has a certificate that has expired: have it renewed; should it be valid, this machine's clock is wrong (NTP)"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "has a certificate that is not valid yet: this machine's clock is wrong (NTP), or the certificate"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "has a certificate for another name: correct the host of vendor.base_url"
        }
        CertificateError::Revoked => "has a certificate that was revoked: have it replaced",
        _ => "has a certificate that cannot be trusted: have it replaced by one that is issued for a server",
    }
}

/// Alerts about a certificate that this program should have shown. In TLS 1.3 they come after the request was written;
/// the handshake was not accepted then, so nothing behind it was read.
fn is_about_our_certificate(alert: AlertDescription) -> bool {
    use AlertDescription::{
        BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown,
        UnknownCA, UnsupportedCertificate,
    };
    matches!(
        alert,
        CertificateRequired
            | BadCertificate
            | UnsupportedCertificate
            | CertificateRevoked
            | CertificateExpired
            | CertificateUnknown
            | UnknownCA
    )
}

/// An error and all that caused it, also what hides within errors of I/O.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(outer) => outer.get_ref().map(|inner| -> &(dyn Error + 'static) { inner }),
        None => error.source(),
    })
}

/// An error with its causes, without the URL (which may hold an account's path).
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let one = cause.to_string();
        if !text.contains(&one) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&one);
        }
    }
    text
}
