//! The ways a request can end on a real connection, over loopback: with what proves that nothing was taken, and with
//! what does not.

mod authority;
mod bytes;
mod servers;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::{Clock, Connections, HttpTransport, Network, Transport, TransportError};
use crate::providers::api::{Reply, Request};

use authority::{Authority, Guests};
use servers::{Closing, Server};

/// Long enough for a busy machine, and for no test to wait for.
const TIMEOUT: Duration = Duration::from_secs(30);

fn transport(variables: &[(&str, &str)], timeout: Duration) -> HttpTransport {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let clock = Arc::new(Clock::starting_at(Timestamp::UNIX_EPOCH));
    HttpTransport::new(&Network::new(variables), Connections::OneForEach, timeout, clock).unwrap()
}

async fn post(transport: &HttpTransport, url: &str) -> Result<Reply, TransportError> {
    transport
        .send_request(Request {
            method: http::Method::POST,
            url: url.to_owned(),
            headers: Vec::new(),
            body: "{}".into(),
        })
        .await
}

fn ending(result: Result<Reply, TransportError>) -> (&'static str, String) {
    match result {
        Ok(reply) => ("answered", reply.status.to_string()),
        Err(TransportError::NotSent(why)) => ("not sent", why),
        Err(TransportError::Barred(why)) => ("barred", why),
        Err(TransportError::Lost(why)) => ("lost", why),
    }
}

fn check(name: &str, result: Result<Reply, TransportError>, want: &str, words: &str) {
    let (ending, why) = ending(result);
    assert!(ending == want && why.contains(words), "{name}: {ending}, not {want}: {why}");
    assert!(!why.contains("hunter2"), "{name}: {why}");
}

#[tokio::test]
async fn only_what_fails_before_the_first_byte_was_not_sent() {
    let unused = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    check(
        "refused",
        post(&transport(&[], TIMEOUT), &format!("http://{unused}/")).await,
        "not sent",
        "refused",
    );
    for (name, server, want) in [
        ("answered", Server::Answers(Closing::DynamicStreams), "answered"),
        ("closed before a byte", Server::Says(b""), "lost"),
        ("half a head", Server::Says(b"HTTP/1.1 200 OK\r\nContent-"), "lost"),
        ("no HTTP", Server::Says(b"220 mail.example.com ESMTP\r\n"), "lost"),
        ("reset", Server::Resets, "lost"),
    ] {
        let address = server.start().await.0;
        check(name, post(&transport(&[], TIMEOUT), &format!("http://{address}/")).await, want, "");
    }
    let address = Server::Silent.start().await.0;
    let short = transport(&[], Duration::from_millis(300));
    check("no answer", post(&short, &format!("http://{address}/")).await, "lost", "");
    check("no handshake", post(&short, &format!("https://{address}/")).await, "not sent", "");
}

#[tokio::test]
async fn what_tls_refuses_is_named_and_was_not_sent() {
    let authority = Authority::new();
    let file = authority.file();
    let trusting: &[(&str, &str)] = &[("SSL_CERT_FILE", &file)];
    let tls = |years, name, guests, version| Server::Tls(authority.server(years, name, guests, version));
    let now = (2000, 4000);
    for (name, server, variables, want, words) in [
        ("trusted", tls(now, "127.0.0.1", Guests::All, &TLS13), trusting, "answered", "200"),
        ("trusted, TLS 1.2", tls(now, "127.0.0.1", Guests::All, &TLS12), trusting, "answered", "200"),
        (
            "unknown issuer",
            tls(now, "127.0.0.1", Guests::All, &TLS13),
            &[],
            "barred",
            "issuer is not known here",
        ),
        ("and the remedy", tls(now, "127.0.0.1", Guests::All, &TLS13), &[], "barred", "SSL_CERT_FILE"),
        (
            "wrong name",
            tls(now, "other.example", Guests::All, &TLS13),
            trusting,
            "barred",
            "for another name",
        ),
        ("expired", tls((2000, 2001), "127.0.0.1", Guests::All, &TLS13), trusting, "barred", "has expired"),
        ("not yet", tls((3000, 4000), "127.0.0.1", Guests::All, &TLS13), trusting, "barred", "not valid yet"),
        ("members only", tls(now, "127.0.0.1", Guests::Known, &TLS13), trusting, "barred", "of its clients"),
        (
            "members only, TLS 1.2",
            tls(now, "127.0.0.1", Guests::Known, &TLS12),
            trusting,
            "barred",
            "of its clients",
        ),
        ("old TLS", Server::Says(b"\x15\x03\x01\x00\x02\x02\x46"), &[], "barred", "no version of TLS"),
        ("no cipher", Server::Says(b"\x15\x03\x03\x00\x02\x02\x28"), &[], "barred", "no cipher"),
        ("unwell", Server::Says(b"\x15\x03\x03\x00\x02\x02\x50"), &[], "not sent", "InternalError"),
        ("no TLS", Server::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), &[], "barred", "does not speak TLS"),
        ("closed", Server::Says(b""), &[], "not sent", "vendor.base_url"),
    ] {
        let address = server.start().await.0;
        check(name, post(&transport(variables, TIMEOUT), &format!("https://{address}/")).await, want, words);
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_open_the_way_is_named() {
    let authority = Authority::new();
    let file = authority.file();
    let tls = authority.server((2000, 4000), "api.invalid", Guests::All, &TLS13);
    for (name, server, variable, value, want, words) in [
        ("opens", Server::Tunnel(tls.clone()), "SSL_CERT_FILE", file.as_str(), "answered", "200"),
        ("opens, and reads along", Server::Tunnel(tls), "X", "x", "barred", "issuer is not known here"),
        (
            "wants a password",
            Server::Says(b"HTTP/1.1 407 X\r\n\r\n"),
            "X",
            "x",
            "barred",
            "a user name and a password",
        ),
        (
            "forbids",
            Server::Says(b"HTTP/1.1 403 X\r\n\r\n"),
            "X",
            "x",
            "barred",
            "api.invalid:443 (HTTP 403)",
        ),
        (
            "no way",
            Server::Says(b"HTTP/1.1 502 X\r\n\r\n"),
            "X",
            "x",
            "not sent",
            "api.invalid:443 (HTTP 502)",
        ),
        ("busy", Server::Says(b"HTTP/1.1 503 X\r\n\r\n"), "X", "x", "not sent", "api.invalid:443 (HTTP 503)"),
        ("no proxy", Server::Says(b"SSH-2.0-x\r\n"), "X", "x", "not sent", "is it a proxy"),
        ("closes", Server::Says(b""), "X", "x", "not sent", "could not be reached"),
    ] {
        let (address, asked) = server.start().await;
        let proxy = format!("http://me:hunter2@{address}");
        let transport = transport(&[("HTTPS_PROXY", &proxy), (variable, value)], TIMEOUT);
        let result = post(&transport, "https://api.invalid/").await;
        let named = result.clone().err().is_none_or(|why| {
            let (TransportError::NotSent(why) | TransportError::Barred(why) | TransportError::Lost(why)) =
                why;
            why.contains(&format!("the proxy {address} (HTTPS_PROXY)"))
        });
        assert!(named, "{name}: {result:?}");
        check(name, result, want, words);
        for head in asked.lock().unwrap().iter() {
            let head = head.to_lowercase();
            assert!(head.starts_with("connect api.invalid:443 "), "{name}: {head}");
            assert!(head.contains("proxy-authorization: basic bwu6ahvudgvymg==\r\n"), "{name}: {head}");
        }
    }
    let unused = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    for (proxy, want, words) in [
        (format!("http://me:hunter2@{unused}"), "not sent", unused.to_string()),
        ("socks5://me:hunter2@127.0.0.1:1080".to_owned(), "barred", "HTTPS_PROXY names a proxy".to_owned()),
        ("http://me:hunter2@".to_owned(), "barred", "HTTPS_PROXY is not the address".to_owned()),
    ] {
        let transport = transport(&[("HTTPS_PROXY", &proxy)], TIMEOUT);
        check(&proxy, post(&transport, "https://api.invalid/").await, want, &words);
    }
    // What a resolver says of a name that is nowhere depends on whether there is a resolver.
    let transport = transport(&[("HTTPS_PROXY", "http://me:hunter2@nowhere.invalid:3128")], TIMEOUT);
    let (ending, why) = ending(post(&transport, "https://api.invalid/").await);
    assert!(ending != "lost" && why.contains("the proxy nowhere.invalid:3128 (HTTPS_PROXY)"), "{why}");
}

#[tokio::test]
async fn nobody_is_lost_on_a_connection_that_its_server_closes() {
    for closing in
        [Closing::AtOnce, Closing::Soon, Closing::ByReset, Closing::DynamicStreams, Closing::OldVersion]
    {
        let address = Server::Answers(closing).start().await.0;
        let transport = transport(&[], TIMEOUT);
        for attempt in 1..=200 {
            let result = post(&transport, &format!("http://{address}/")).await;
            check(&format!("{closing:?}, attempt {attempt}"), result, "answered", "200");
        }
    }
}

#[tokio::test]
async fn no_proxy_sees_what_is_not_encrypted() {
    let (proxy, asked) = Server::Answers(Closing::DynamicStreams).start().await;
    let address = Server::Answers(Closing::DynamicStreams).start().await.0;
    let proxy = format!("http://{proxy}");
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"] {
        let result = post(&transport(&[(variable, &proxy)], TIMEOUT), &format!("http://{address}/")).await;
        check(variable, result, "answered", "200");
        assert!(asked.lock().unwrap().is_empty(), "{variable}");
    }
}
