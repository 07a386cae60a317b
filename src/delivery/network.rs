//! What the environment says of the way to the vendor: which proxy stands in it, and whose certificates are believed.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use rustls::RootCertStore;
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};
use url::Url;

use crate::domain::error::Error;
use crate::domain::secret::Secret;
use crate::providers::is_loopback;

const CERTIFICATE_FILE: &str = "SSL_CERT_FILE";
const CERTIFICATE_FOLDERS: &str = "SSL_CERT_DIR";

/// The settings of this machine's network, unjudged: a proxy that is never asked may be written wrong.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Its variable and its address, which may hold a password.
    proxy: Option<(String, Secret)>,
    no_proxy: String,
    certificate_file: Option<PathBuf>,
    certificate_folders: Vec<PathBuf>,
}

/// A proxy that is asked for the way.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    variable: String,
    address: Url,
}

impl Network {
    /// Picks what concerns the network out of the environment.
    #[must_use]
    pub fn new(environment: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut variables: Vec<_> = environment.filter(|(_, value)| !value.is_empty()).collect();
        // Capitals come first, where a name is there in both spellings.
        variables.sort();
        let exact = |name| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_os_str());
        Self {
            proxy: any_case(&variables, "https_proxy").or_else(|| any_case(&variables, "all_proxy")),
            no_proxy: any_case(&variables, "no_proxy")
                .map(|(_, value)| value.expose().to_owned())
                .unwrap_or_default(),
            certificate_file: exact(CERTIFICATE_FILE).map(PathBuf::from),
            certificate_folders: exact(CERTIFICATE_FOLDERS)
                .map(|folders| std::env::split_paths(folders).filter(|one| one != "").collect())
                .unwrap_or_default(),
        }
    }

    /// The proxy between here and an address, if there is one. What is not encrypted never meets one, and what is for
    /// this machine does not leave it.
    ///
    /// # Errors
    /// Says why the setting cannot work.
    pub(super) fn proxy(&self, url: &Url) -> Result<Option<Proxy>, String> {
        let Some((variable, address)) = &self.proxy else { return Ok(None) };
        if url.scheme() != "https" || is_loopback(url) || self.is_exempt(url) {
            return Ok(None);
        }
        Proxy::new(variable, address.expose().trim()).map(Some)
    }

    fn is_exempt(&self, url: &Url) -> bool {
        let Ok(target) = url.as_str().parse() else { return false };
        let anything = Matcher::builder().https("http://proxy.invalid").no(self.no_proxy.as_str()).build();
        anything.intercept(&target).is_none()
    }

    /// The built-in roots and, beside them, those that the environment names, else the system's: a container may have
    /// none, a company may have its own.
    ///
    /// # Errors
    /// When a place that was named holds no certificate.
    pub(super) fn roots(&self) -> Result<RootCertStore, Error> {
        let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        if self.certificate_file.is_none() && self.certificate_folders.is_empty() {
            roots.add_parsable_certificates(load_native_certs().certs);
        }
        if let Some(file) = &self.certificate_file {
            add(&mut roots, CERTIFICATE_FILE, load_certs_from_paths(Some(file), None))?;
        }
        for folder in &self.certificate_folders {
            add(&mut roots, CERTIFICATE_FOLDERS, load_certs_from_paths(None, Some(folder)))?;
        }
        Ok(roots)
    }
}

impl Proxy {
    fn new(variable: &str, address: &str) -> Result<Self, String> {
        let written = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let address = Url::parse(&written).ok().filter(Url::has_host).ok_or_else(|| {
            format!("{variable} is not the address of a proxy; write it like http://proxy.example.com:3128")
        })?;
        match address.scheme() {
            "http" | "https" => Ok(Self { variable: variable.to_owned(), address }),
            other => Err(format!(
                "{variable} names a proxy of the kind {other}; only http:// and https:// proxies can be used"
            )),
        }
    }

    /// Where it is and who says so; its credentials are in neither.
    pub(super) fn name(&self) -> String {
        format!("the proxy {} ({})", place(&self.address), self.variable)
    }

    pub(super) fn address(&self) -> &Url {
        &self.address
    }

    /// The header that its credentials make, for a request by hand.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let target = Uri::from_static("https://vendor.invalid");
        let asked = Matcher::builder().https(self.address.as_str()).build().intercept(&target)?;
        asked.basic_auth().cloned()
    }
}

/// Host and port of an address.
pub(super) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn any_case(variables: &[(OsString, OsString)], name: &str) -> Option<(String, Secret)> {
    let text = |text: &OsStr| text.to_str().map(str::to_owned);
    variables.iter().find_map(|(key, value)| {
        let (key, value) = (text(key)?, text(value)?);
        (key.eq_ignore_ascii_case(name) && !value.trim().is_empty()).then(|| (key, Secret::new(&value)))
    })
}

fn add(roots: &mut RootCertStore, variable: &str, found: CertificateResult) -> Result<(), Error> {
    let CertificateResult { certs, errors, .. } = found;
    let (usable, _) = roots.add_parsable_certificates(certs);
    if usable > 0 {
        return Ok(());
    }
    let why = errors.first().map_or_else(|| "it holds no certificate".to_owned(), ToString::to_string);
    Err(Error::config(
        variable,
        format!("{why}; let this environment variable name certificates in PEM form, or leave it out"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(variables: &[(&str, &str)]) -> Network {
        Network::new(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    /// Through which proxy a request would go; nothing: through none.
    fn way(variables: &[(&str, &str)], url: &str) -> Result<Option<String>, String> {
        let proxy = network(variables).proxy(&url.parse().unwrap())?;
        Ok(proxy.map(|proxy| proxy.name()))
    }

    const VENDOR: &str = "https://api.example.com/v1";
    const SOME: &str = "http://me:hunter2@proxy.example.com:3128";

    #[test]
    fn only_what_is_encrypted_and_leaves_this_machine_meets_a_proxy() {
        for (variables, url, want) in [
            (&[("HTTPS_PROXY", SOME)][..], VENDOR, Some("the proxy proxy.example.com:3128 (HTTPS_PROXY)")),
            (&[("https_proxy", SOME)], VENDOR, Some("the proxy proxy.example.com:3128 (https_proxy)")),
            (&[("Https_Proxy", SOME)], VENDOR, Some("the proxy proxy.example.com:3128 (Https_Proxy)")),
            (&[("ALL_PROXY", SOME)], VENDOR, Some("the proxy proxy.example.com:3128 (ALL_PROXY)")),
            (&[("all_proxy", "https://p")], VENDOR, Some("the proxy p:443 (all_proxy)")),
            (&[("all_proxy", "p:8080")], VENDOR, Some("the proxy p:8080 (all_proxy)")),
            (&[("ALL_PROXY", "a:1"), ("https_proxy", "b:2")], VENDOR, Some("the proxy b:2 (https_proxy)")),
            (&[("HTTPS_PROXY", "a:1"), ("https_proxy", "b:2")], VENDOR, Some("the proxy a:1 (HTTPS_PROXY)")),
            (&[("HTTPS_PROXY", " "), ("https_proxy", "b:2")], VENDOR, Some("the proxy b:2 (https_proxy)")),
            (&[("HTTP_PROXY", SOME), ("http_proxy", SOME)], VENDOR, None),
            (&[("HTTPS_PROXY", SOME), ("NO_PROXY", "example.com")], VENDOR, None),
            (&[("HTTPS_PROXY", SOME), ("no_proxy", "*")], VENDOR, None),
            (&[("HTTPS_PROXY", "socks5://p"), ("no_proxy", ".example.com")], VENDOR, None),
            (
                &[("HTTPS_PROXY", SOME), ("NO_PROXY", "elsewhere.com")],
                VENDOR,
                Some("the proxy proxy.example.com:3128 (HTTPS_PROXY)"),
            ),
            (&[("HTTPS_PROXY", SOME), ("ALL_PROXY", SOME)], "https://127.0.0.1:8443/", None),
            (&[("HTTPS_PROXY", SOME), ("ALL_PROXY", SOME)], "https://localhost/", None),
            (&[("HTTPS_PROXY", SOME), ("ALL_PROXY", SOME)], "https://[::1]:8443/", None),
            (&[("HTTP_PROXY", SOME), ("ALL_PROXY", SOME)], "http://127.0.0.1:8080/", None),
            (&[("http_proxy", SOME), ("all_proxy", "nonsense://")], "http://localhost:8080/", None),
        ] {
            assert_eq!(way(variables, url), Ok(want.map(str::to_owned)), "{variables:?} {url}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_work_is_told_without_its_password() {
        for (address, want) in [
            ("http://me:hunter2@", "HTTPS_PROXY is not the address of a proxy"),
            ("http://me:hunter2@proxy:port", "HTTPS_PROXY is not the address of a proxy"),
            ("me hunter2", "HTTPS_PROXY is not the address of a proxy"),
            ("socks5://me:hunter2@proxy:1080", "HTTPS_PROXY names a proxy of the kind socks5"),
            ("ftp://me:hunter2@proxy", "HTTPS_PROXY names a proxy of the kind ftp"),
        ] {
            let why = way(&[("HTTPS_PROXY", address)], VENDOR).unwrap_err();
            assert!(why.contains(want) && !why.contains("hunter2"), "{address}: {why}");
        }
        assert!(!format!("{:?}", network(&[("HTTPS_PROXY", SOME)])).contains("hunter2"));
    }

    #[test]
    fn a_place_without_certificates_is_a_mistake() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "no certificate").unwrap();
        let missing = folder.path().join("missing");
        for (variable, place) in [
            (CERTIFICATE_FILE, missing.as_path()),
            (CERTIFICATE_FILE, &empty),
            (CERTIFICATE_FOLDERS, &missing),
            (CERTIFICATE_FOLDERS, folder.path()),
        ] {
            let Err(error) = network(&[(variable, place.to_str().unwrap())]).roots() else {
                panic!("{variable} {}", place.display())
            };
            assert!(error.to_string().contains(variable), "{error}");
        }
        assert!(network(&[(CERTIFICATE_FILE, "")]).roots().is_ok());
    }
}
