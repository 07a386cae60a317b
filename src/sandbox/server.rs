//! The simulators on a socket: routes, and answers that may end in the middle.
//!
//! axum answers every request; a connection is served by hyper itself, because only from there can
//! it be closed without an answer.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service;

use super::fault_injector::Answer;
use super::host_check;
use super::options::Clock;
use crate::providers::api::Reply;

/// A batch of 500 contacts with long variables has less than one.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// How long requests under way may take when the sandbox stops.
const GRACE: Duration = Duration::from_secs(2);

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Clone, Copy)]
struct Severed;

/// Serves until the sender of `stopping` speaks or is gone.
pub(super) async fn serve(
    (listener, address): (TcpListener, SocketAddr),
    router: Router,
    clock: Arc<Clock>,
    stopping: watch::Receiver<()>,
) {
    let router = router.layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    let mut connections = JoinSet::new();
    let mut report = stopping.clone();
    let mut stop = pin!(report.changed());
    loop {
        let accepted = match select(pin!(listener.accept()), stop.as_mut()).await {
            Either::Left((accepted, _)) => accepted,
            Either::Right(_) => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(
                    (stream, address),
                    router.clone(),
                    Arc::clone(&clock),
                    stopping.clone(),
                ));
            }
            // Too many open files, mostly: it passes when others close.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
    drop(listener);
    let all_done = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_done).await.is_err() {
        connections.shutdown().await;
    }
}

/// Turns what the sender should see into a response.
pub(super) async fn render(answer: Answer) -> Response {
    match answer {
        Answer::Reply(reply) => whole(reply),
        Answer::ReplyAfter(wait, reply) => {
            tokio::time::sleep(wait).await;
            whole(reply)
        }
        Answer::DroppedBefore | Answer::DroppedAfter => {
            let mut response = Response::default();
            response.extensions_mut().insert(Severed);
            response
        }
        Answer::CutOff(reply) => half(&reply),
    }
}

async fn connection(
    (stream, address): (TcpStream, SocketAddr),
    router: Router,
    clock: Arc<Clock>,
    mut stopping: watch::Receiver<()>,
) {
    let service = service_fn(move |request| respond(router.clone(), request, address, Arc::clone(&clock)));
    let mut serving = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let ended = match select(serving.as_mut(), pin!(stopping.changed())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    // A peer that went away, and every connection that a fault closed, ends in an error.
    drop(ended);
}

async fn respond(
    mut router: Router,
    request: Request<hyper::body::Incoming>,
    address: SocketAddr,
    clock: Arc<Clock>,
) -> io::Result<Response> {
    if let Some(refusal) = host_check::turn_away(&request, address) {
        return Ok(refusal);
    }
    let answered: Result<Response, Infallible> = router.call(request).await;
    let Ok(mut response) = answered;
    if response.extensions().get::<Severed>().is_some() {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    // Otherwise hyper writes the machine's own time, which may not be the sandbox's.
    if let Some(date) = http_date(clock()) {
        response.headers_mut().entry(DATE).or_insert(date);
    }
    Ok(response)
}

fn whole(reply: Reply) -> Response {
    (status(&reply), headers(&reply), reply.body).into_response()
}

/// Announces the whole body and sends half of it.
fn half(reply: &Reply) -> Response {
    let mut headers = headers(reply);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(reply.body.len()));
    let first_half: io::Result<Bytes> = Ok(reply.body.slice(..reply.body.len() / 2));
    let broken = stream::once(async {
        // The pause makes hyper write out what it has, before it learns that nothing follows.
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    let body = Body::from_stream(stream::iter([first_half]).chain(broken));
    (status(reply), headers, body).into_response()
}

fn status(reply: &Reply) -> StatusCode {
    StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn headers(reply: &Reply) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let kind = match reply.body.first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "text/html",
        _ => "text/plain",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(wait) = reply.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    if let Some(date) = reply.date.and_then(http_date) {
        headers.insert(DATE, date);
    }
    headers
}

fn http_date(time: Timestamp) -> Option<HeaderValue> {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()?;
    HeaderValue::try_from(text).ok()
}
