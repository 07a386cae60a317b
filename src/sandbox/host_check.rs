//! Who may ask the sandbox: programs on this machine and its own pages, no page of anybody else.
//!
//! A foreign page can point a name of its own at 127.0.0.1, or send a form there: the first comes with
//! a foreign Host, the second with a foreign Origin. Who lets containers in is asked by other names, too: addresses,
//! the names that runners of containers give to their host, and names of one word. A page can have none of these.

use std::net::{IpAddr, SocketAddr};

use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, Request, StatusCode};

const WRONG_HOST: &str =
    "The sandbox answers to 127.0.0.1, localhost and [::1] with its own port only, and nothing was done.\n";

/// Said where containers are let in.
const WRONG_NAME: &str = "The sandbox answers to addresses, to names of one word such as a container's, and to the \
    names that runners of containers give to this machine, and nothing was done.\n";

/// How containers call the machine that they run on.
const HOSTS_OF_CONTAINERS: [&str; 3] =
    ["host.docker.internal", "gateway.docker.internal", "host.containers.internal"];

const WRONG_ORIGIN: &str = "The sandbox answers to no page but its own, and nothing was done.\n";

/// The answer to a request that comes in by another name or from another page; none for all others.
pub(super) fn turn_away<B>(request: &Request<B>, own: SocketAddr) -> Option<Response> {
    let headers = request.headers();
    let host = text(headers, HOST.as_str()).unwrap_or_default();
    let asked = request.uri().authority().map_or(host, |authority| authority.as_str());
    let lets_containers_in = !own.ip().is_loopback();
    let is_known = |host: &&str| is_own(host, own.port()) || lets_containers_in && is_of_container(host);
    if ![host, asked].iter().all(is_known) {
        let why = if lets_containers_in { WRONG_NAME } else { WRONG_HOST };
        return Some((StatusCode::MISDIRECTED_REQUEST, why).into_response());
    }
    let is_of_own_page = text(headers, ORIGIN.as_str())
        .is_none_or(|origin| origin.strip_prefix("http://").is_some_and(|origin| origin == host));
    if !is_of_own_page || is_of_foreign_page(request.method(), headers) {
        return Some((StatusCode::FORBIDDEN, WRONG_ORIGIN).into_response());
    }
    None
}

fn is_own(host: &str, port: u16) -> bool {
    let Some(name) = host.strip_suffix(&format!(":{port}")) else { return false };
    // Names below localhost are this machine's by RFC 6761: nobody else can have one.
    matches!(name, "127.0.0.1" | "localhost" | "[::1]") || name.ends_with(".localhost")
}

/// A port may be another one outside of a container.
fn is_of_container(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let is_word =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    bare.parse::<IpAddr>().is_ok() || is_word || HOSTS_OF_CONTAINERS.contains(&name)
}

/// What a browser says of the page that a request comes from. That somebody follows a link is no
/// request of the page that has it: it never sees the answer.
fn is_of_foreign_page(method: &Method, headers: &HeaderMap) -> bool {
    let is_link = method == Method::GET
        && text(headers, "sec-fetch-mode") == Some("navigate")
        && text(headers, "sec-fetch-dest") == Some("document");
    !is_link && text(headers, "sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: (&str, &str) = ("host", "127.0.0.1:8080");

    type Case =
        (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)], Option<u16>);

    const CASES: [Case; 21] = [
        ("a program", "POST", "/aivoice", &[OWN], None),
        ("by its name", "GET", "/calls", &[("host", "localhost:8080")], None),
        ("by a name below it", "POST", "/aivoice", &[("host", "vendor.localhost:8080")], None),
        ("by a name that ends alike", "GET", "/calls", &[("host", "evillocalhost:8080")], Some(421)),
        ("by the newer protocol", "GET", "/calls", &[("host", "[::1]:8080")], None),
        ("through a proxy", "GET", "http://127.0.0.1:8080/calls", &[OWN], None),
        (
            "its OWN form",
            "POST",
            "/reset",
            &[OWN, ("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")],
            None,
        ),
        ("typed", "GET", "/calls", &[OWN, ("sec-fetch-site", "none")], None),
        (
            "a link",
            "GET",
            "/calls",
            &[
                OWN,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            None,
        ),
        ("a foreign name", "GET", "/calls", &[("host", "evil.example")], Some(421)),
        ("a foreign name of this port", "GET", "/calls", &[("host", "evil.example:8080")], Some(421)),
        (
            "a name that begins like this one",
            "GET",
            "/calls",
            &[("host", "127.0.0.1:8080.evil.example")],
            Some(421),
        ),
        ("another port", "GET", "/calls", &[("host", "127.0.0.1:80")], Some(421)),
        ("no name", "GET", "/calls", &[], Some(421)),
        ("a foreign name in the line", "GET", "http://evil.example/calls", &[OWN], Some(421)),
        ("a foreign form", "POST", "/reset", &[OWN, ("origin", "http://evil.example")], Some(403)),
        ("a foreign form without a name", "POST", "/reset", &[OWN, ("origin", "null")], Some(403)),
        (
            "a form of another port",
            "POST",
            "/reset",
            &[OWN, ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-site")],
            Some(403),
        ),
        (
            "an old browser's form",
            "POST",
            "/reset",
            &[
                OWN,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            Some(403),
        ),
        (
            "a frame",
            "GET",
            "/calls",
            &[
                OWN,
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ],
            Some(403),
        ),
        (
            "a foreign script",
            "GET",
            "/calls",
            &[OWN, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
            Some(403),
        ),
    ];

    #[test]
    fn only_this_machine_and_the_sandboxs_own_pages_are_answered() {
        for (name, method, uri, headers, want) in CASES {
            let request = Request::builder().method(method).uri(uri);
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = turn_away(&request.body(()).unwrap(), "127.0.0.1:8080".parse().unwrap());
            assert_eq!(answer.map(|answer| answer.status().as_u16()), want, "{name}");
        }
    }

    #[test]
    fn where_containers_are_let_in_no_page_gets_in_by_a_name_of_its_own() {
        for (host, origin, want) in [
            ("127.0.0.1:8080", None, None),
            ("localhost:8080", None, None),
            ("172.17.0.1:8080", None, None),
            ("172.17.0.1:9090", None, None),
            ("192.168.0.4", None, None),
            ("[fd00::1]:8080", None, None),
            ("host.docker.internal:8080", None, None),
            ("sandbox:8080", None, None),
            ("sandbox_1:8080", Some("http://sandbox_1:8080"), None),
            ("evil.example:8080", None, Some(421)),
            ("evil.example", None, Some(421)),
            ("host.docker.internal.evil.example:8080", None, Some(421)),
            ("172.17.0.1.evil.example:8080", None, Some(421)),
            ("evil.example:8080:8080", None, Some(421)),
            ("", None, Some(421)),
            (":8080", None, Some(421)),
            ("sandbox:8080", Some("http://evil.example"), Some(403)),
            ("172.17.0.1:8080", Some("null"), Some(403)),
        ] {
            let request = Request::builder().method("POST").uri("/reset").header("host", host);
            let request =
                origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
            let answer = turn_away(&request.body(()).unwrap(), "0.0.0.0:8080".parse().unwrap());
            assert_eq!(answer.map(|answer| answer.status().as_u16()), want, "{host} {origin:?}");
        }
    }
}
