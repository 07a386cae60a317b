//! What one seed plays.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use destination_ai_voice::config::{self, Config};
use destination_ai_voice::delivery::{Clock, Courier, Pace, Rules, Stop, Terms};
use destination_ai_voice::error::Error;
use destination_ai_voice::ledger::sqlite::Memory;
use destination_ai_voice::ledger::{Hasher, Key, Keys, Scope};
use destination_ai_voice::mapping::{self, RunContext, StreamShape};
use destination_ai_voice::phone::Phone;
use destination_ai_voice::pipeline::{Intake, Pipeline, Plan, Tally};
use destination_ai_voice::protocol::{Catalog, Output};
use destination_ai_voice::sandbox::faults::FaultPlan;
use destination_ai_voice::sandbox::faulty::Faulty;
use destination_ai_voice::vendor::call_book::Numbers;
use destination_ai_voice::vendor::{Simulator, Vendor, itnio, vbee};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, sleep};

use crate::memory::{Database, HASH_KEY, Row, Slow, Store};
use crate::platform::{Platform, Stdout, record, speak, state};
use crate::vendor::{Line, beginning};

/// What happened in some seeds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    records: u64,
    people: u64,
    calls: u64,
    runs: u64,
    crashes: u64,
    failures: u64,
    overlaps: u64,
    sqlite: u64,
    unknown: u64,
    faults: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.people += other.people;
        self.calls += other.calls;
        self.runs += other.runs;
        self.crashes += other.crashes;
        self.failures += other.failures;
        self.overlaps += other.overlaps;
        self.sqlite += other.sqlite;
        self.unknown += other.unknown;
        self.faults += other.faults;
    }
}

impl Counts {
    /// Whether enough went wrong for the checks to mean something.
    pub(crate) fn is_eventful(&self) -> bool {
        [self.crashes, self.failures, self.overlaps, self.sqlite, self.unknown, self.faults]
            .iter()
            .all(|count| *count > 100)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, people, calls, runs, crashes, failures, overlaps, sqlite, unknown, faults } =
            self;
        write!(
            f,
            "{records} records, {people} people, {calls} called; {runs} runs, {crashes} crashed, {failures} failed, {overlaps} seeds with overlapping runs, {sqlite} with SQLite; {faults} faults, {unknown} people of whom nobody can say"
        )
    }
}

/// The vendors, and whether they recognise repeats.
#[derive(Clone, Copy, Debug)]
enum Kind {
    ItnioSkips,
    ItnioCallsAgain,
    Vbee,
}

/// Attempts after which a platform gives up.
const ATTEMPTS: u32 = 20;

const STREAMS: [&str; 2] = ["one", "two"];

/// One seed, played to its end.
pub(crate) struct Scenario {
    rng: fastrand::Rng,
    config: Config,
    vendor: Arc<dyn Vendor>,
    keys: Keys,
    line: Line,
    store: Store,
    next_run: u64,
    counts: Counts,
    /// The campaign's own copy of whom it would call, by the key of the ledger.
    numbers: HashMap<Key, (String, String)>,
    runtime: tokio::runtime::Runtime,
}

impl Scenario {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let kind = [Kind::ItnioSkips, Kind::ItnioCallsAgain, Kind::Vbee][rng.usize(0..3)];
        let simulator: Box<dyn Simulator> = match kind {
            Kind::Vbee => Box::new(vbee::Simulator::new(vbee::simulator::Setup {
                numbers: Numbers::Whole,
                ..Default::default()
            })),
            _ => Box::new(itnio::Simulator::new(itnio::simulator::Setup {
                numbers: Numbers::Whole,
                ..Default::default()
            })),
        };
        let mut section = simulator.connector_config("http://127.0.0.1:1");
        if matches!(kind, Kind::ItnioCallsAgain) {
            section["skip_already_called"] = json!(false);
        }
        let config = configuration(&section, &mut rng);
        let vendor = config.vendor.build();
        let account = format!("{}/{}", vendor.name(), vendor.account());
        let mut plan: FaultPlan = if rng.u32(0..5) == 0 { FaultPlan::none() } else { faults(&mut rng) };
        plan.clock_holds_for = 5;
        let began = runtime.block_on(async { Instant::now() });
        let line = Line {
            faulty: Arc::new(Mutex::new(Faulty::new(simulator, plan, seed))),
            rng: Arc::new(Mutex::new(rng.fork())),
            began,
            // Each ends its run, so there are few.
            redirects: if rng.u32(0..4) == 0 { 0.04 } else { 0.0 },
        };
        Self {
            rng,
            keys: Keys::new(Hasher::new(HASH_KEY), Scope::Campaign, account),
            config,
            vendor,
            line,
            store: Store::Shared(Database::default()),
            next_run: 0,
            counts: Counts::default(),
            numbers: HashMap::new(),
            runtime,
        }
    }

    /// Plays the seed and checks what came of it.
    pub(crate) fn play(mut self) -> Counts {
        let overlaps = self.rng.u32(0..3) == 0;
        if !overlaps && self.rng.bool() {
            self.store = Store::Sqlite(Memory::new().unwrap());
            self.counts.sqlite += 1;
        }
        let mut platforms = vec![self.platform()];
        if overlaps {
            platforms.push(self.platform());
            self.counts.overlaps += 1;
        }
        let runtime = std::mem::replace(
            &mut self.runtime,
            tokio::runtime::Builder::new_current_thread().build().unwrap(),
        );
        runtime.block_on(self.connections(&platforms));
        self.check(&platforms);
        self.counts
    }

    /// The connection of one source: random records, many of the same people.
    fn platform(&mut self) -> Arc<Mutex<Platform>> {
        let n_people = self.rng.u32(1..40);
        let mut lines = Vec::new();
        for _ in 0..self.rng.u32(1..60) {
            let stream = STREAMS[self.rng.usize(0..2)];
            match self.rng.u32(0..12) {
                0 => lines.push(record(stream, "n/a", None)),
                1 => lines.push(state(lines.len())),
                _ => {
                    let phone = format!("+8498{:07}", self.rng.u32(0..n_people));
                    let campaign = self.vendor.campaign(campaign_of(&self.config, stream)).unwrap();
                    let key = self.keys.key(&campaign, &Phone::e164(&phone));
                    self.numbers.insert(key, (campaign.as_str().to_owned(), phone.clone()));
                    lines.push(record(stream, &phone, Some(key)));
                }
            }
        }
        lines.push(state(lines.len()));
        let n_records = lines.iter().filter(|line| line.is_record).count();
        self.counts.records += u64::try_from(n_records).unwrap();
        Arc::new(Mutex::new(Platform {
            lines,
            ledger: None,
            run: 0,
            began_with: 0,
            acknowledged: 0,
            came_back: Vec::new(),
        }))
    }

    async fn connections(&mut self, platforms: &[Arc<Mutex<Platform>>]) {
        let mut seeds: Vec<_> = platforms.iter().map(|_| (self.rng.fork(), Counts::default())).collect();
        let this = &*self;
        let runs = std::sync::atomic::AtomicU64::new(this.next_run);
        match (platforms, seeds.as_mut_slice()) {
            ([one], [(rng, counts)]) => this.attempts(one, rng, counts, &runs).await,
            ([one, two], [(rng, counts), (other_rng, other_counts)]) => {
                tokio::join!(
                    this.attempts(one, rng, counts, &runs),
                    this.attempts(two, other_rng, other_counts, &runs)
                );
            }
            _ => unreachable!("one connection or two"),
        }
        for (_, counts) in seeds {
            self.counts += counts;
        }
    }

    /// Syncs again and again, as platforms do, until one succeeds.
    async fn attempts(
        &self,
        platform: &Arc<Mutex<Platform>>,
        rng: &mut fastrand::Rng,
        counts: &mut Counts,
        runs: &std::sync::atomic::AtomicU64,
    ) {
        sleep(Duration::from_millis(rng.u64(0..3_000))).await;
        for attempt in 1..=ATTEMPTS {
            let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            counts.runs += 1;
            platform.lock().unwrap().came_back.clear();
            let may_crash = attempt < ATTEMPTS && rng.u32(0..3) > 0;
            let crash_after = may_crash.then(|| Duration::from_millis(rng.u64(1..6_000)));
            let sync = self.sync(platform, run, rng.fork());
            let ended = match crash_after {
                Some(after) => tokio::select! {
                    biased;
                    ended = sync => Some(ended),
                    () = sleep(after) => None,
                },
                None => Some(sync.await),
            };
            match ended {
                Some((tally, None)) => {
                    assert_eq!(
                        tally.settled(),
                        tally.received,
                        "outcomes do not add up to the input: {tally:?}"
                    );
                    platform.lock().unwrap().ledger = None;
                    return;
                }
                Some(_) => counts.failures += 1,
                None => counts.crashes += 1,
            }
            platform.lock().unwrap().ledger = None;
            sleep(Duration::from_millis(rng.u64(100..90_000))).await;
        }
    }

    async fn sync(
        &self,
        platform: &Arc<Mutex<Platform>>,
        run: u64,
        mut rng: fastrand::Rng,
    ) -> (Tally, Option<Error>) {
        let catalog = json!({ "streams": STREAMS.map(|name| json!({ "stream": { "name": name } })) });
        let catalog = Catalog::read(&catalog.to_string()).unwrap();
        let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
        let context = RunContext { sync_id: run.to_string(), now: beginning() };
        let mappings = mapping::compile_catalog(&self.config, &self.vendor, &shapes, &context).unwrap();
        let names: Vec<_> = catalog.streams.iter().map(|stream| stream.name.clone()).collect();
        let intake = Intake::new(names.clone(), mappings, Some(self.keys.clone()));
        let delivery = &self.config.delivery;
        let plan = Plan {
            batch_size: delivery.batch_size.into(),
            max_batch_age: Duration::from_secs(delivery.max_batch_age_seconds.into()),
            max_in_flight: delivery.max_requests_in_flight.into(),
            hear_out_for: Duration::from_secs(65),
            end_within: Duration::from_secs(9),
            max_contacts: 0,
            max_rejected_percent: 100,
            streams: names.into_iter().map(|name| (name, false)).collect(),
        };
        let (notices, heard) = mpsc::channel(16);
        let stop = Stop::default();
        let terms = Terms {
            clock: Arc::new(Clock::starting_at(self.line.now())),
            pace: Pace::new(0),
            rules: Rules { retry_for: Duration::from_secs(rng.u64(1..120)), resend: false },
            stop: stop.clone(),
            notices,
            seed: rng.u64(..),
        };
        let courier = Arc::new(Courier::new(Arc::clone(&self.vendor), self.line.clone(), terms));
        let ledger = self.store.open(run, self.line.now());
        {
            let mut platform = platform.lock().unwrap();
            platform.ledger = Some(self.store.view(&ledger, run));
            platform.run = run;
            platform.began_with = platform.acknowledged;
        }
        let ledger = Slow { ledger, rng: Mutex::new(rng.fork()) };
        let (sender, input) = mpsc::channel(2);
        let lines = {
            let platform = platform.lock().unwrap();
            platform.lines[platform.acknowledged..].to_vec()
        };
        let speaking = tokio::spawn(speak(lines, intake, sender, rng.fork()));
        let output = Output::new(Stdout(Arc::clone(platform)));
        let pipeline = Pipeline::new(plan, courier, Arc::new(ledger), output, stop);
        let signal = (rng.u32(0..5) == 0).then(|| Duration::from_millis(rng.u64(1..4_000)));
        let after = |wait: Duration| async move {
            sleep(wait).await;
            "SIGTERM"
        };
        let signals = stream::iter(signal).then(after).chain(stream::pending());
        let (tally, failure, _) = pipeline.run(input, heard, Box::pin(signals)).await;
        speaking.abort();
        (tally, failure)
    }

    /// What must be true whatever happened.
    fn check(&mut self, platforms: &[Arc<Mutex<Platform>>]) {
        let ledger = self.store.open(u64::MAX, self.line.now());
        let view = self.store.view(&ledger, u64::MAX);
        if let Store::Shared(database) = &self.store {
            assert_eq!(database.violation(), None);
        }
        let faulty = self.line.faulty.lock().unwrap();
        let book = faulty.simulator().book();
        self.counts.faults += faulty.injected().iter().map(|(_, count)| count).sum::<u64>();
        let called = |campaign: &str, phone: &str| {
            book.times_called(campaign, phone).max(book.times_called(campaign, phone.trim_start_matches('+')))
        };
        for (key, (campaign, phone)) in &self.numbers {
            let times = called(campaign, phone);
            assert!(times <= 1, "{phone} would be called {times} times in campaign {campaign}");
            self.counts.people += 1;
            self.counts.calls += u64::from(times);
            let row = view.row(*key);
            assert!(row != Some(Row::Accepted) || times == 1, "{phone} is accepted, and not at the vendor");
            self.counts.unknown += u64::from(row == Some(Row::Unknown));
        }
        for platform in platforms {
            let platform = platform.lock().unwrap();
            let acknowledged = &platform.lines[..platform.acknowledged];
            for (key, phone) in acknowledged.iter().filter_map(|line| line.person.as_ref()) {
                let row = view.row(*key);
                assert!(row.is_some(), "{phone} is acknowledged, and the ledger does not know them");
            }
        }
    }
}

fn campaign_of<'a>(config: &'a Config, stream: &str) -> &'a str {
    config.streams.iter().find(|entry| entry.stream == stream).map_or("", |entry| entry.campaign.as_str())
}

/// Small batches and short waits: many steps in little time.
fn configuration(vendor: &Value, rng: &mut fastrand::Rng) -> Config {
    let fields = json!([{ "field": "phone_number", "column": "phone_number" }]);
    let streams = STREAMS.map(|stream| json!({ "stream": stream, "fields": fields }));
    let config = json!({
        "vendor": vendor,
        "streams": streams,
        "phone": { "default_region": "VN" },
        "delivery": {
            "batch_size": rng.u32(1..8), "max_batch_age_seconds": rng.u32(0..4), "max_requests_in_flight": rng.u32(1..5),
        },
    });
    let (config, mistakes) = config::read(&config.to_string());
    assert_eq!(mistakes, []);
    config.unwrap()
}

fn faults(rng: &mut fastrand::Rng) -> FaultPlan {
    let names = [
        "busy",
        "throttled",
        "proxy_page",
        "drop_before",
        "drop_after",
        "slow",
        "cut_off",
        "wrong_clock",
        "poison",
        "nameless_line",
    ];
    let mut chosen = Vec::new();
    for name in names {
        if rng.bool() {
            chosen.push(format!("{name}={:.3}", rng.f64() * 0.08));
        }
    }
    if chosen.is_empty() { FaultPlan::none() } else { chosen.join(",").parse().unwrap() }
}
