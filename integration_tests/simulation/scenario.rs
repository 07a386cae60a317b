//! What one seed plays.

mod runs;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use destination_ai_voice::config::{self, Config, OnLimit};
use destination_ai_voice::delivery::{
    Clock, Deliverer, DeliveryOptions, RateLimiter, RetryPolicy, RunHandle,
};
use destination_ai_voice::domain::error::Error;
use destination_ai_voice::domain::stream_name::StreamName;
use destination_ai_voice::intake::Router;
use destination_ai_voice::ledger::sqlite::Memory;
use destination_ai_voice::ledger::{Key, KeyHasher, KeyMaker, Ledger, LedgerRules, PersonKeys, Scope};
use destination_ai_voice::mapping::{self, RunContext, StreamShape};
use destination_ai_voice::phone::Phone;
use destination_ai_voice::pipeline::{Pipeline, Plan, RunStats};
use destination_ai_voice::protocol::{Catalog, Output};
use destination_ai_voice::providers::Provider;
use destination_ai_voice::providers::call_log::NumberDisplay;
use destination_ai_voice::providers::itnio::ItnioConfig;
use destination_ai_voice::providers::section::VendorSection;
use destination_ai_voice::providers::simulator::SimulatorOptions;
use destination_ai_voice::providers::vbee::VbeeConfig;
use destination_ai_voice::sandbox::fault_injector::FaultInjector;
use destination_ai_voice::sandbox::faults::FaultPlan;
use futures_util::{FutureExt, StreamExt, stream};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, sleep};

use crate::counts::Counts;
use crate::folder::Folder;
use crate::kept_rules::{KeptRules, MayHaveList};
use crate::memory::{Database, Store};
use crate::options::{HASH_KEY, beginning};
use crate::platform::{Platform, Stdout, record, speak, state};
use crate::row::Row;
use crate::rules::Rules;
use crate::shop;
use crate::told::{Slow, Told, Wall};
use crate::vendor::Line;

/// The vendors, and whether they recognise repeats.
#[derive(Clone, Copy, Debug)]
enum Kind {
    ItnioSkips,
    ItnioCallsAgain,
    Vbee,
}

/// One in so many seeds with one connection has its ledger in a file.
const SHARE_OF_FILES: u32 = 3;

/// One in so many of these has rules of calling, and nothing happens to its file.
const SHARE_OF_RULES: u32 = 4;

/// How a sync ended by itself.
type Ended = (RunStats, Option<Error>);

const STREAMS: [&str; 2] = ["one", "two"];

/// One seed, played to its end.
pub(crate) struct Scenario {
    rng: fastrand::Rng,
    config: Config,
    vendor: Arc<dyn Provider>,
    keys: KeyMaker,
    line: Line,
    store: Store,
    rules: Rules,
    told: Told,
    /// After so many days somebody may be called again; 0: never.
    days: u32,
    /// The machine's clock is set wrong now and then.
    clocks: bool,
    /// By how much it is.
    wrong_by: Mutex<SignedDuration>,
    counts: Counts,
    kept_rules: KeptRules,
    /// By what the list knows everybody.
    listed: Vec<Key>,
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
        let options = SimulatorOptions {
            numbers: NumberDisplay::Whole,
            any_campaign: true,
            ..SimulatorOptions::default()
        };
        let simulator = match kind {
            Kind::Vbee => VbeeConfig::simulator(&options),
            Kind::ItnioSkips | Kind::ItnioCallsAgain => ItnioConfig::simulator(&options),
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
            faulty: Arc::new(Mutex::new(FaultInjector::new(simulator, plan, seed))),
            rng: Arc::new(Mutex::new(rng.fork())),
            began,
            // Each ends its run, so there are few.
            redirects: if rng.u32(0..4) == 0 { 0.04 } else { 0.0 },
            panics: if rng.u32(0..8) == 0 { 0.03 } else { 0.0 },
            n_panics: Arc::default(),
            gate: None,
        };
        Self {
            rng,
            keys: KeyMaker::new(KeyHasher::new(HASH_KEY), Scope::Campaign, account),
            config,
            vendor,
            line,
            store: Store::Shared(Database::default()),
            rules: Rules::default(),
            told: Told::new(0),
            days: 0,
            clocks: false,
            wrong_by: Mutex::new(SignedDuration::ZERO),
            counts: Counts::default(),
            kept_rules: KeptRules::default(),
            listed: Vec::new(),
            numbers: HashMap::new(),
            runtime,
        }
    }

    /// Plays the seed and checks what came of it.
    pub(crate) fn play(mut self) -> Counts {
        let overlaps = self.rng.u32(0..3) == 0;
        if !overlaps {
            self.choose_store();
        }
        self.clocks = self.rng.u32(0..3) == 0;
        // The stand-in of a database counts no days, and a wrong clock counts another.
        let counts_days = !self.clocks && !matches!(self.store, Store::Shared(_));
        // What the runs report of a day is not told by campaign.
        let has_one_campaign = self.config.streams.iter().all(|stream| stream.campaign.is_empty());
        self.rules = Rules::draw(&mut self.rng, counts_days && has_one_campaign);
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
                    let PersonKeys { key, rules } = self.keys.person(&campaign, &Phone::e164(&phone));
                    self.listed.extend(rules.listed);
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
            keeps: false,
            kept: HashSet::new(),
            n_kept: 0,
            n_rejected: 0,
            rules: self.kept_rules.clone(),
        }))
    }

    /// Where the ledger of a single connection lives, and for how long it holds people back.
    fn choose_store(&mut self) {
        match self.rng.u32(0..SHARE_OF_FILES * 2) {
            0 | 1 => {
                let keeps_rules = self.rng.u32(0..SHARE_OF_RULES) == 0;
                self.store = Store::File(Arc::new(Mutex::new(Folder::new(keeps_rules))));
                self.counts.files += 1;
                if keeps_rules {
                    self.choose_kept_rules();
                }
            }
            other if other % 2 == 0 => {
                self.store = Store::Sqlite(Memory::new().unwrap());
                self.counts.sqlite += 1;
                self.choose_kept_rules();
            }
            // A database's clock is its server's, and its rules are the stand-in's own.
            _ => return,
        }
        if self.rng.u32(0..3) == 0 {
            self.days = self.rng.u32(1..30);
        }
        self.told = Told::new(self.days);
    }

    /// Not where things happen to a file: it would have to be told of the list again and again.
    fn choose_kept_rules(&mut self) {
        let cooling_off_hours = if self.rng.bool() { self.rng.u32(1..100) } else { 0 };
        self.kept_rules = KeptRules::new(self.rng.bool(), cooling_off_hours);
        self.keys = self.keys.clone().with_rules(self.kept_rules.scopes());
    }

    /// A run of the list's own.
    fn fill_list(&self, rng: &mut fastrand::Rng) {
        if !self.kept_rules.by_the_list {
            return;
        }
        let machine = self.line.now() + *self.wrong_by.lock().unwrap();
        let ledger = self.store.open(u64::MAX - 1, 0, LedgerRules::default(), machine).unwrap();
        let sqlite = ledger.list().expect("only such a ledger has rules");
        self.kept_rules.change_list(sqlite, &self.listed, rng, machine);
        ledger.close().now_or_never().expect("an inline ledger answers at once").unwrap();
    }

    async fn sync(&self, platform: &Arc<Mutex<Platform>>, run: u64, mut rng: fastrand::Rng) -> Ended {
        let machine = self.line.now() + *self.wrong_by.lock().unwrap();
        let ledger = match self.store.open(run, self.days, self.kept_rules.of_ledger(), machine) {
            Ok(ledger) => ledger,
            Err(refused) => return (RunStats::default(), Some(refused.into())),
        };
        self.opened(&ledger);
        let catalog = json!({ "streams": STREAMS.map(|name| json!({ "stream": { "name": name } })) });
        let catalog = Catalog::parse(&catalog.to_string()).unwrap();
        let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
        let context = RunContext { sync_id: run.to_string(), now: beginning() };
        let mappings = mapping::compile_catalog(&self.config, &self.vendor, &shapes, &context).unwrap();
        let names: Vec<_> = catalog.streams.iter().map(|stream| stream.name.clone()).collect();
        let router = Router::new(names.clone(), mappings, Some(self.keys.clone()));
        let clock = Arc::new(Clock::starting_at(machine));
        let (run_handle, log_lines) = RunHandle::new(Arc::clone(&clock));
        let run_handle = run_handle.within(self.rules.window());
        let options = DeliveryOptions {
            rate_limiter: RateLimiter::new(0),
            retry_policy: RetryPolicy { retry_for: Duration::from_secs(rng.u64(1..120)), resend: false },
            seed: rng.u64(..),
        };
        let gate = Some(self.rules.gate(clock));
        let (vendor, transport) = (Arc::clone(&self.vendor), Line { gate, ..self.line.clone() });
        let deliverer = Arc::new(Deliverer::new(vendor, transport, run_handle.clone(), options));
        {
            let mut platform = platform.lock().unwrap();
            platform.ledger = Some(self.store.view(&ledger, run, &self.told));
            platform.begin(run);
        }
        let archive = shop::archive(platform, run, rng.fork());
        let told = (!matches!(self.store, Store::Shared(_))).then(|| self.told.clone());
        let clock = Wall { began: machine, started: Instant::now(), jumps: self.clocks };
        let (rules, listed) = (self.kept_rules.clone(), self.listed.clone());
        let ledger = Slow { ledger, rng: Mutex::new(rng.fork()), run, told, clock, rules, listed };
        let (sender, input) = mpsc::channel(2);
        let lines = {
            let platform = platform.lock().unwrap();
            platform.lines[platform.acknowledged..].to_vec()
        };
        let speaking = tokio::spawn(speak(lines, router, sender, rng.fork()));
        let output = Output::new(Stdout(Arc::clone(platform)));
        let plan = self.plan(run, &names);
        let pipeline = Pipeline::new(plan, deliverer, Arc::new(ledger), output, run_handle, archive);
        let signal = (rng.u32(0..5) == 0).then(|| Duration::from_millis(rng.u64(1..4_000)));
        let after = |wait: Duration| async move {
            sleep(wait).await;
            "SIGTERM"
        };
        let signals = stream::iter(signal).then(after).chain(stream::pending());
        let ended = pipeline.run(input, log_lines, Box::pin(signals)).await;
        speaking.abort();
        self.rules.ran(&ended.stats, machine);
        (ended.stats, ended.failure)
    }

    fn plan(&self, run: u64, names: &[StreamName]) -> Plan {
        let delivery = &self.config.delivery;
        Plan {
            run: run.to_string(),
            batch_size: delivery.batch_size.into(),
            max_batch_age: Duration::from_secs(delivery.max_batch_age_seconds.into()),
            max_in_flight: delivery.max_requests_in_flight.into(),
            hear_out_for: Duration::from_secs(65),
            end_within: Duration::from_secs(9),
            max_contacts: self.rules.max_contacts,
            daily_limit: self.rules.daily_limit(),
            on_limit: OnLimit::Stop,
            allow_nobody: true,
            max_rejected_percent: 100,
            streams: names.iter().cloned().map(|name| (name, None)).collect(),
        }
    }

    /// What must be true whatever happened.
    fn check(&mut self, platforms: &[Arc<Mutex<Platform>>]) {
        if let Store::File(folder) = &self.store {
            folder.lock().unwrap().put_back();
        }
        assert_eq!(self.told.violation(), None);
        assert_eq!(self.rules.violation(), None, "a rule of calling was broken");
        assert_eq!(self.kept_rules.violation(), None);
        self.counts.kept_back += self.kept_rules.n_kept_back();
        let ledger = self.store.open(u64::MAX, self.days, LedgerRules::default(), self.line.now());
        let ledger = ledger.unwrap_or_else(|error| panic!("{error}"));
        self.opened(&ledger);
        let view = ledger.records(&self.store, u64::MAX);
        if let Store::Shared(database) = &self.store {
            assert_eq!(database.violation(), None);
        }
        let faulty = self.line.faulty.lock().unwrap();
        let book = faulty.simulator().call_log();
        self.counts.rejects += platforms.iter().map(|platform| platform.lock().unwrap().n_kept).sum::<u64>();
        self.counts.faults += faulty.injected().iter().map(|(_, count)| count).sum::<u64>();
        self.counts.panics += self.line.n_panics.load(Ordering::Relaxed);
        let called = |campaign: &str, phone: &str| {
            book.times_called(campaign, phone).max(book.times_called(campaign, phone.trim_start_matches('+')))
        };
        let mut all_calls: HashMap<&str, u32> = HashMap::new();
        for (key, (campaign, phone)) in &self.numbers {
            let times = called(campaign, phone);
            self.counts.people += 1;
            self.counts.calls += u64::from(times);
            self.counts.called_again += u64::from(times.saturating_sub(1));
            *all_calls.entry(phone).or_default() += times;
            let row = view.row(*key);
            assert!(row != Some(Row::Accepted) || times > 0, "{phone} is accepted, and not at the vendor");
            self.counts.unknown += u64::from(row == Some(Row::Unknown));
            if self.told.is_given_up(*key) {
                continue;
            }
            let rightful = self.told.rightful_calls(*key);
            assert!(
                times <= rightful,
                "{phone} would be called {times} times in campaign {campaign}, {rightful} rightly"
            );
            let is_free = matches!(row, None | Some(Row::Rejected));
            assert!(times == 0 || self.days > 0 || !is_free, "{phone} is at the vendor, and free: {row:?}");
        }
        let hours = SignedDuration::from_hours(self.kept_rules.cooling_off_hours.into());
        let is_on = self.kept_rules.cooling_off_hours > 0;
        if is_on && !self.clocks && self.kept_rules.newest().duration_since(beginning()) < hours {
            let twice = all_calls.iter().find(|(_, times)| **times > 1);
            assert_eq!(twice, None, "over all campaigns, in less than {hours:#}");
        }
        for platform in platforms {
            let platform = platform.lock().unwrap();
            let acknowledged = &platform.lines[..platform.acknowledged];
            for (key, phone) in acknowledged.iter().filter_map(|line| line.person.as_ref()) {
                let is_excused = self.told.is_given_up(*key) || self.kept_rules.has_kept_back(*key);
                let is_known = view.row(*key).is_some() || is_excused;
                assert!(is_known, "{phone} is acknowledged, and the ledger does not know them");
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
    let is_itnio = vendor["vendor_type"] == "itnio";
    let second = if is_itnio && rng.bool() { ["", "77"] } else { ["", ""] };
    let streams = [0, 1].map(|n| json!({ "stream": STREAMS[n], "campaign": second[n], "fields": fields }));
    let config = json!({
        "vendor": vendor,
        "streams": streams,
        "phone": { "default_region": "VN" },
        "delivery": {
            "batch_size": rng.u32(1..8), "max_batch_age_seconds": rng.u32(0..4), "max_requests_in_flight": rng.u32(1..5),
        },
    });
    let (config, mistakes) = config::read_config(&config.to_string());
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
