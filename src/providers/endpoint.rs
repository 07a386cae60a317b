//! Where a vendor's API lives: the base URL as the user wrote it, and the endpoint made of it.

use url::{Host, Url};

use crate::domain::error::Mistake;
use crate::domain::secret::Secret;

/// The one address that contacts are posted to.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// For the request.
    pub(super) url: String,
    /// Host and path, for messages: enough to see a wrong base URL, and no credential.
    pub(super) place: String,
}

impl Endpoint {
    /// An endpoint below a base URL.
    pub(super) fn new(base_url: &str, path: &str) -> Self {
        let url = format!("{base_url}{path}");
        let place = match Url::parse(&url) {
            Ok(parsed) => format!("{}{}", parsed.host_str().unwrap_or_default(), parsed.path()),
            Err(_) => path.to_owned(),
        };
        Self { url, place }
    }
}

/// The base URL without what surrounds it, or the vendor's own one when it was left blank.
pub(super) fn base<'a>(written: &'a str, default: &'a str) -> &'a str {
    let trimmed = written.trim().trim_end_matches('/');
    if trimmed.is_empty() { default } else { trimmed }
}

/// Said of an address that may be a sandbox's.
const ALLOWED: &str = "for a sandbox in a container set vendor.allow_plain_http to true";

/// What keeps a base URL from working. The texts never repeat it, because it may hold a password.
pub(super) fn mistakes(base_url: &str, endpoint_path: &str, allow_plain_http: bool) -> Vec<Mistake> {
    let of_path = |url: Url| {
        beginning_of(endpoint_path, url.path())
            .map(|part| format!("must end before {part}, because {endpoint_path} is added to it"))
            .or_else(|| ends_in_a_repetition(url.path()).then(|| "has a part of its path twice".to_owned()))
    };
    let scheme = match (is_plain_http(base_url), allow_plain_http) {
        (true, true) => None,
        (true, false) => unsafe_scheme(base_url).map(|why| format!("{why}; {ALLOWED}")),
        (false, _) => unsafe_scheme(base_url).map(str::to_owned),
    };
    let why = scheme.or_else(|| odd_address(base_url).map(str::to_owned));
    let why = why.or_else(|| Url::parse(base_url).ok().and_then(of_path));
    why.map(|why| Mistake::new("vendor.base_url", why)).into_iter().collect()
}

/// Why credentials and personal data cannot be sent to an address; the text does not repeat it.
pub(crate) fn unsafe_address(address: &str) -> Option<String> {
    unsafe_scheme(address).or_else(|| odd_address(address)).map(str::to_owned)
}

fn unsafe_scheme(address: &str) -> Option<&'static str> {
    match Url::parse(address) {
        Err(_) => Some("is not an address; write it like https://api.example.com, without spaces"),
        Ok(url) if !safe_scheme(&url) => Some(
            "must start with https:// (http:// only for a loopback address such as http://127.0.0.1:8080), because it carries credentials and phone numbers",
        ),
        Ok(_) => None,
    }
}

fn odd_address(address: &str) -> Option<&'static str> {
    let url = Url::parse(address).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return Some("must not hold a user name or a password; credentials have their own fields");
    }
    (url.query().is_some() || url.fragment().is_some()).then_some("must end before any ? or #")
}

/// Whether what goes to an address can be read on its way: it is no vendor's own then, and must be allowed.
pub(crate) fn is_plain_http(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "http" && url.has_host() && !is_loopback(&url))
}

/// The beginning of the endpoint that a path already ends with.
fn beginning_of<'e>(endpoint_path: &'e str, path: &str) -> Option<&'e str> {
    let path = path.trim_end_matches('/');
    let ends = endpoint_path.match_indices('/').map(|(at, _)| at).skip(1).chain([endpoint_path.len()]);
    let mut beginnings = ends.filter_map(|end| endpoint_path.get(..end));
    beginnings.find(|part| path.ends_with(part))
}

/// Whether a path is pasted behind itself: /aivoice/aivoice.
fn ends_in_a_repetition(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.len() >= 2 && parts.len().is_multiple_of(2) && {
        let (first, second) = parts.split_at(parts.len() / 2);
        first == second
    }
}

/// Said of a credential that cannot travel in a header.
pub(super) const NOT_A_HEADER: &str =
    "has characters that no credential has (line breaks, blanks, accents); copy it again";

/// Said of a credential that is not sent itself: requests are signed with it.
pub(super) const NOT_ONE_WORD: &str =
    "has a blank or a line break inside, which no credential has; copy it again";

/// Whether a credential is of one piece.
pub(super) fn is_one_word(secret: &Secret) -> bool {
    !secret.expose().contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether a credential can travel in a header.
pub(super) fn fits_header(secret: &Secret) -> bool {
    secret.expose().bytes().all(|b| b.is_ascii_graphic())
}

fn safe_scheme(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether an address is this machine's own.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_https_or_loopback() {
        for good in [
            "https://api.itniotech.com/aivoice",
            "http://127.0.0.1:8080",
            "http://localhost:1/aivoice",
            "http://[::1]:8080",
        ] {
            assert_eq!(mistakes(good, "/importCustomer", false), [], "{good}");
        }
        for (bad, hint) in [
            ("api.itniotech.com", "not an address"),
            ("http://api.itniotech.com", "https://"),
            ("http://127.0.0.1.example.com", "https://"),
            ("http://192.168.0.4", "https://"),
            ("ftp://api.itniotech.com", "https://"),
            ("localhost:8080", "https://"),
            ("https://me:hunter2@api.itniotech.com", "user name or a password"),
            ("https://api.itniotech.com?token=hunter2", "?"),
            ("https://api.itniotech.com/aivoice/importCustomer", "before /importCustomer"),
            ("https://aicall.vbee.ai /api", "without spaces"),
            ("https://api.itniotech.com/aivoice/aivoice", "twice"),
        ] {
            let found = mistakes(bad, "/importCustomer", false);
            let [mistake] = &found[..] else { panic!("{bad}: {found:?}") };
            assert!(mistake.why.contains(hint), "{bad}: {}", mistake.why);
            assert!(!mistake.why.contains("hunter2"), "{bad}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_is_allowed_only_where_somebody_says_so() {
        for (base_url, want) in [
            ("http://sandbox:8080/aivoice", None),
            ("http://192.168.0.4:8080", None),
            ("http://host.docker.internal:8080", None),
            ("https://api.itniotech.com/aivoice", None),
            ("http://127.0.0.1:8080", None),
            ("ftp://sandbox", Some("https://")),
            ("http://", Some("not an address")),
            ("http://me:hunter2@sandbox:8080", Some("user name or a password")),
            ("http://sandbox:8080?token=hunter2", Some("?")),
            ("http://sandbox:8080/importCustomer", Some("before /importCustomer")),
        ] {
            let found = mistakes(base_url, "/importCustomer", true);
            let told = found.first().map(|mistake| mistake.why.as_str());
            assert_eq!(told.is_some(), want.is_some(), "{base_url}: {told:?}");
            assert!(told.unwrap_or_default().contains(want.unwrap_or_default()), "{base_url}: {told:?}");
        }
    }

    #[test]
    fn a_base_url_ends_before_what_is_added_to_it() {
        for (base_url, want) in [
            ("https://aicall.vbee.ai", None),
            ("https://aicall.vbee.ai/apiary", None),
            ("https://aicall.vbee.ai/api", Some("must end before /api,")),
            ("https://aicall.vbee.ai/api/v1/", Some("must end before /api/v1,")),
            ("https://aicall.vbee.ai/api/v1/campaign", Some("must end before /api/v1/campaign,")),
        ] {
            let found = mistakes(base_url, "/api/v1/campaign", false);
            let told = found.first().map(|mistake| mistake.why.starts_with(want.unwrap_or("?")));
            assert_eq!((found.len(), told), (usize::from(want.is_some()), want.map(|_| true)), "{found:?}");
        }
    }

    #[test]
    fn a_blank_base_url_is_the_vendors_own() {
        assert_eq!(base("  ", "https://a.example"), "https://a.example");
        assert_eq!(base(" https://b.example/v3// ", ""), "https://b.example/v3");
        assert_eq!(Endpoint::new("https://b.example/v3", "/x").place, "b.example/v3/x");
    }
}
