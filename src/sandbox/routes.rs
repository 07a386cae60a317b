//! What the sandbox answers: the vendors' endpoints, the pages, and the counts of both.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodFilter, get, on, post};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::fault_injector::{Answer, FaultInjector};
use super::faults::Fault;
use super::options::{Clock, SandboxOptions};
use super::reports::Reports;
use super::summary::{ProviderReport, Summary};
use super::{pages, server, vendors};
use crate::domain::secret::Secret;
use crate::providers::Simulator;
use crate::providers::api::Request;

/// More rows make a page slow on a phone; the JSON has them all on demand.
const USUAL_ENTRIES: usize = 1000;

/// Everything the handlers share.
pub(super) struct Routes {
    options: SandboxOptions,
    /// The beginning of its addresses.
    root: String,
    clock: Arc<Clock>,
    played: Mutex<Vec<SimulatedProvider>>,
}

/// One vendor, and how often it was asked.
struct SimulatedProvider {
    name: &'static str,
    n_requests: u64,
    injector: FaultInjector,
}

/// What an endpoint is for.
#[derive(Clone, Copy)]
enum Purpose {
    Add,
    Tell,
}

/// What a query asks of the page of calls.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    json: bool,
    max_entries: usize,
    refresh: Option<u32>,
}

impl Routes {
    pub(super) fn new(options: SandboxOptions, root: String, clock: Arc<Clock>) -> Self {
        let played = Mutex::new(play(&options));
        Self { options, root, clock, played }
    }

    /// The routes.
    pub(super) fn router(self) -> Router {
        let endpoints: Vec<_> = self.played().iter().flat_map(SimulatedProvider::endpoints).collect();
        let routes = Arc::new(self);
        let page = |handler: fn(&Routes, &HeaderMap, &Uri) -> Response| {
            let routes = Arc::clone(&routes);
            move |headers: HeaderMap, uri: Uri| async move { handler(&routes, &headers, &uri) }
        };
        let mut router = Router::new()
            .route("/", get(page(Self::landing)))
            .route("/calls", get(page(Self::calls)))
            .route("/faults", get(page(Self::faults)))
            .route("/reset", post(page(Self::reset)));
        let (of_list, of_page) = (Arc::clone(&routes), Arc::clone(&routes));
        router = router.route("/reports", get(move || async move { of_list.reports().await })).route(
            "/reports/{*name}",
            get(move |Path(name): Path<String>| async move { of_page.report(name).await }),
        );
        for (name, method, path, does) in endpoints {
            let routes = Arc::clone(&routes);
            let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::POST);
            let handler = move |headers: HeaderMap, uri: Uri, body: Bytes| async move {
                let headers = headers.iter().map(|(name, value)| {
                    let value = String::from_utf8_lossy(value.as_bytes());
                    (name.as_str().to_owned().into(), Secret::new(&value))
                });
                let headers = headers.collect();
                let request = Request { method, url: uri.path().to_owned(), headers, body };
                server::render(routes.answer(name, does, &request)).await
            };
            router = router.route(path, on(filter, handler));
        }
        router
    }

    fn answer(&self, name: &str, does: Purpose, request: &Request) -> Answer {
        let now = (self.clock)();
        let mut played = self.played();
        let Some(one) = played.iter_mut().find(|one| one.name == name) else {
            return Answer::DroppedBefore;
        };
        match does {
            Purpose::Tell => Answer::Reply(one.injector.tell(request, now)),
            Purpose::Add => {
                one.n_requests += 1;
                one.injector.answer(request, now)
            }
        }
    }

    fn landing(&self, _: &HeaderMap, _: &Uri) -> Response {
        let described = self.played().iter().map(|one| self.describe(one)).collect::<Vec<_>>();
        let reports = self.options.reports.as_ref().map(|folder| folder.display().to_string());
        pages::landing(&described, (&self.options.faults.to_string(), self.options.seed), reports)
    }

    fn describe(&self, one: &SimulatedProvider) -> (&'static str, String, String) {
        let root = &self.root;
        let endpoint = format!("{root}{}", one.injector.path());
        let config = vendors::connector_config(one.injector.simulator(), &self.options, root);
        (one.name, endpoint, format!("{config:#}"))
    }

    fn calls(&self, headers: &HeaderMap, uri: &Uri) -> Response {
        let query = Query::of_request(headers, uri);
        let played = self.played();
        let report: Vec<_> = played.iter().map(SimulatedProvider::tell).collect();
        let summary = Summary::new(&report, query.max_entries);
        drop(played);
        if query.json { json_response(&json!(summary)) } else { pages::calls(&summary, query.refresh) }
    }

    /// The last runs' reports, read beside whoever has other things to do.
    async fn reports(&self) -> Response {
        let Some(folder) = &self.options.reports else { return pages::reports(None) };
        let reports = Reports::in_folder(folder);
        let last = tokio::task::spawn_blocking(move || reports.last()).await.unwrap_or_default();
        let config = json!({ "object_storage_config": vendors::storage_config(folder) });
        pages::reports(Some((&folder.display().to_string(), &format!("{config:#}"), &last)))
    }

    async fn report(&self, name: String) -> Response {
        let found = match self.options.reports.as_deref().map(Reports::in_folder) {
            Some(reports) => tokio::task::spawn_blocking(move || reports.page(&name)).await.ok().flatten(),
            None => None,
        };
        found.map_or_else(
            || (StatusCode::NOT_FOUND, "There is no such report.\n").into_response(),
            pages::report,
        )
    }

    fn faults(&self, _: &HeaderMap, _: &Uri) -> Response {
        let mut injected: Map<String, Value> =
            Fault::ALL.iter().map(|fault| (fault.name().to_owned(), json!(0))).collect();
        for one in self.played().iter() {
            for (fault, n_times) in one.injector.injected() {
                let so_far = injected.get(fault.name()).and_then(Value::as_u64).unwrap_or(0);
                injected.insert(fault.name().to_owned(), json!(so_far + n_times));
            }
        }
        let plan = self.options.faults.to_string();
        json_response(&json!({ "plan": plan, "seed": self.options.seed, "injected": injected }))
    }

    /// Begins anew, with the seed's first fault again.
    fn reset(&self, _: &HeaderMap, _: &Uri) -> Response {
        *self.played() = play(&self.options);
        Redirect::to("/calls").into_response()
    }

    /// A panic elsewhere leaves counts that are still true.
    fn played(&self) -> MutexGuard<'_, Vec<SimulatedProvider>> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SimulatedProvider {
    fn endpoints(&self) -> Vec<(&'static str, Method, &'static str, Purpose)> {
        let adds = (self.name, self.injector.method(), self.injector.path(), Purpose::Add);
        let questions = self.injector.questions().into_iter();
        let tells = questions.map(|(method, path)| (self.name, method, path, Purpose::Tell));
        tells.chain([adds]).collect()
    }

    fn tell(&self) -> ProviderReport<'_> {
        ProviderReport {
            vendor: self.name,
            requests: self.n_requests,
            call_log: self.injector.simulator().call_log(),
        }
    }
}

/// Every vendor with an empty call log, behind faults that begin with the seed's first.
fn play(options: &SandboxOptions) -> Vec<SimulatedProvider> {
    let played = |simulator: Box<dyn Simulator>| SimulatedProvider {
        name: simulator.name(),
        n_requests: 0,
        injector: FaultInjector::new(simulator, options.faults.clone(), options.seed),
    };
    vendors::simulators(options).into_iter().map(played).collect()
}

impl Query {
    fn of_request(headers: &HeaderMap, uri: &Uri) -> Self {
        let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let json = accept.contains("application/json");
        let mut query = Self { json, max_entries: USUAL_ENTRIES, refresh: None };
        for (key, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match key.as_ref() {
                "format" => query.json = value == "json",
                "entries" if value == "all" => query.max_entries = usize::MAX,
                "entries" => query.max_entries = value.parse().unwrap_or(USUAL_ENTRIES),
                "refresh" => query.refresh = value.parse().ok(),
                _ => {}
            }
        }
        query
    }
}

fn json_response(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], format!("{value:#}\n")).into_response()
}
