//! The sandbox for measuring: counts what comes and accepts everybody unread, so that on the same
//! machine nearly all time is left to the sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::options::SandboxOptions;
use super::vendors;
use crate::providers::Simulator;
use crate::providers::shortcut::Shortcut;

/// How the fast sandbox behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct FastOptions {
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// How long each answer is held back, like a vendor's own work and the way to it and back.
    pub latency: Duration,
}

/// One vendor's requests, counted.
struct Counted {
    name: &'static str,
    path: &'static str,
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

/// The routes: every vendor's endpoint, and the totals at the address where the other sandbox has them.
pub(super) fn router(latency: Duration) -> Router {
    let simulators = vendors::simulators(&SandboxOptions::default());
    let counted = |(name, simulator): (_, Box<dyn Simulator>)| {
        Arc::new(Counted::new(name, simulator.path(), simulator.shortcut()))
    };
    let vendors: Arc<[Arc<Counted>]> = simulators.into_iter().map(counted).collect();
    let (shown, forgotten) = (Arc::clone(&vendors), Arc::clone(&vendors));
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::to("/calls") }))
        .route("/calls", get(|| async move { calls(&shown) }))
        .route("/reset", post(|| async move { reset(&forgotten) }));
    for vendor in vendors.iter().map(Arc::clone) {
        let path = vendor.path;
        let handler = move |headers: HeaderMap, body: Bytes| async move {
            let answer = vendor.answer(&headers, &body);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            answer
        };
        router = router.route(path, post(handler));
    }
    router
}

impl Counted {
    fn new(name: &'static str, path: &'static str, shortcut: Shortcut) -> Self {
        let [requests, contacts, bytes] = Default::default();
        Self { name, path, shortcut, requests, contacts, bytes }
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
        "remark": "fast mode: contacts are counted and all accepted; people are not remembered",
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
