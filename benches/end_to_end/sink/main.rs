//! The vendors for measuring: counts what comes and accepts everybody unread, so that on the same
//! machine nearly all time is left to the sender.

mod answers;
mod shortcut;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use clap::Parser;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;

use answers::VENDORS;
use shortcut::Shortcut;

/// A batch of 500 contacts with long variables has less than one.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The sink.
#[derive(Clone, Copy, Debug, Parser)]
struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How long each answer is held back, like a vendor's own work and the way to it and back.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency: u64,
}

/// One vendor's requests, counted.
struct Counted {
    name: &'static str,
    shortcut: Shortcut,
    requests: AtomicU64,
    contacts: AtomicU64,
    bytes: AtomicU64,
}

/// What has come so far.
#[derive(Debug, Default, Serialize)]
struct Totals {
    /// Those without credentials, too.
    requests: u64,
    /// Contacts that were accepted.
    contacts: u64,
    /// In the requests' bodies.
    bytes: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let Arguments { port, latency } = Arguments::parse();
    let (listener, address) = listen(port).await?;
    let mut stdout = io::stdout();
    writeln!(stdout, "At http://{address} every vendor accepts everybody unread. Nobody is called.")?;
    writeln!(stdout, "How many came, and nothing about them: http://{address}/calls")?;
    stdout.flush()?;
    axum::serve(listener, router(Duration::from_millis(latency))).await
}

async fn listen(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// The routes: every vendor's endpoint, and the totals at the address where the sandbox has them.
fn router(latency: Duration) -> Router {
    let counted = VENDORS.iter().map(|(name, path, shortcut)| (*path, Counted::new(name, *shortcut)));
    let vendors: Vec<_> = counted.map(|(path, counted)| (path, Arc::new(counted))).collect();
    let all: Arc<[Arc<Counted>]> = vendors.iter().map(|(_, counted)| Arc::clone(counted)).collect();
    let forgotten = Arc::clone(&all);
    let mut router = Router::new()
        .route("/calls", get(|| async move { calls(&all) }))
        .route("/reset", post(|| async move { reset(&forgotten) }));
    for (path, vendor) in vendors {
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            let answer = vendor.answer(&headers, &body);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            answer
        };
        router = router.route(path, post(handler));
    }
    router.layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

impl Counted {
    fn new(name: &'static str, shortcut: Shortcut) -> Self {
        let [requests, contacts, bytes] = Default::default();
        Self { name, shortcut, requests, contacts, bytes }
    }

    fn answer(&self, headers: &HeaderMap, body: &Bytes) -> Response {
        add(&self.requests, 1);
        add(&self.bytes, body.len());
        if !headers.contains_key(self.shortcut.credential) {
            return (StatusCode::UNAUTHORIZED, "Unauthorized").into_response();
        }
        let numbers = self.shortcut.numbers(body);
        add(&self.contacts, numbers.len());
        ([(CONTENT_TYPE, "application/json")], (self.shortcut.answer)(&numbers)).into_response()
    }

    fn totals(&self) -> Totals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals { requests: read(&self.requests), contacts: read(&self.contacts), bytes: read(&self.bytes) }
    }
}

impl std::iter::Sum for Totals {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            requests: sum.requests + one.requests,
            contacts: sum.contacts + one.contacts,
            bytes: sum.bytes + one.bytes,
        })
    }
}

/// The totals, always as JSON.
fn calls(vendors: &[Arc<Counted>]) -> Response {
    /// A vendor's name with its totals.
    #[derive(Serialize)]
    struct OfVendor {
        vendor: &'static str,
        #[serde(flatten)]
        totals: Totals,
    }
    let of_vendors = vendors.iter().map(|one| OfVendor { vendor: one.name, totals: one.totals() });
    let Totals { requests, contacts, bytes } = vendors.iter().map(|one| one.totals()).sum();
    let page = json!({
        "remark": "contacts are counted and all accepted; people are not remembered",
        "requests": requests,
        "contacts": contacts,
        "bytes": bytes,
        "vendors": of_vendors.collect::<Vec<_>>(),
    });
    ([(CONTENT_TYPE, "application/json")], format!("{page:#}\n")).into_response()
}

fn reset(vendors: &[Arc<Counted>]) -> Redirect {
    for vendor in vendors {
        for counter in [&vendor.requests, &vendor.contacts, &vendor.bytes] {
            counter.store(0, Ordering::Relaxed);
        }
    }
    Redirect::to("/calls")
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
}
