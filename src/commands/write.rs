//! `write`: the main job.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use tokio::time::Instant;

use super::archive;
use super::campaign::{AT_THE_START, CampaignReport, campaigns};
use super::list_sync::{self, ListJob};
use super::load_config::{LoadedConfig, deliverer, plain_http, request_timeout};
use super::read_file::read_file;
use super::run_facts::ledger_kind;
use crate::cli::{Environment, WriteArgs};
use crate::config::{Config, LedgerConfig, RejectedRecord};
use crate::delivery::{AnyTransport, Clock, Deliverer, Network, RunHandle};
use crate::domain::error::Error;
use crate::intake::{DynamicStreams, Router, read_events};
use crate::ledger::open::{self, RunLedger};
use crate::ledger::{DailyLimit, KeyMaker, Ledger as _};
use crate::mapping::{self, Mapping, RunContext, StreamShape};
use crate::pipeline::{Archive, Ended, Pipeline, Plan, RunStats};
use crate::protocol::{Catalog, CatalogStream, Dialect, Level, Output};
use crate::providers::{Provider, StandIn};
use crate::report::ListFacts;
use crate::rules::Window;
use crate::storage::Run;
use crate::values;

/// Begins the first line of a sync that calls nobody.
const REHEARSAL: &str = "REHEARSAL, nobody is called: ";

/// Whoever leaves before the first record waits no longer for a ledger.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// Beyond the time that a request itself may take.
const HEAR_OUT_MARGIN: Duration = Duration::from_secs(5);

pub(super) async fn run<R: Read + Send + 'static, W: Write>(
    arguments: &WriteArgs,
    stdin: R,
    output: Output<W>,
    now: Timestamp,
    environment: &Environment,
    signals: impl Stream<Item = &'static str> + Unpin,
) -> (Output<W>, Result<(), Error>) {
    match SyncJob::load(&arguments.config, &arguments.catalog, now, environment) {
        Ok(job) => {
            let Ended { output, failure, .. } = job.run(stdin, output, signals).await;
            (output, failure.map_or(Ok(()), Err))
        }
        Err(error) => (output, Err(error)),
    }
}

/// Everything that a sync needs, read and checked.
pub(super) struct SyncJob {
    pub(super) config: Config,
    pub(super) catalog: Catalog,
    pub(super) vendor: Arc<dyn Provider>,
    pub(super) sync_id: String,
    /// This attempt's own name.
    pub(super) run_id: String,
    /// By which one knows the same settings again.
    pub(super) settings_digest: String,
    dialect: Dialect,
    /// Of the catalog's streams, in its order.
    pub(super) mappings: Vec<Arc<Mapping>>,
    /// Values of gender that none of its mappings understood, those included that are compiled on the way.
    genders: Arc<AtomicU64>,
    now: Timestamp,
    network: Network,
    pub(super) window: Option<Window>,
    pub(super) daily_limit: Option<DailyLimit>,
}

impl SyncJob {
    pub(super) fn load(
        config: &Path,
        catalog: &Path,
        now: Timestamp,
        environment: &Environment,
    ) -> Result<Self, Error> {
        if environment.is_socket_mode {
            return Err(Error::Unsupported(
                "the platform's socket data channel (DATA_CHANNEL_MEDIUM=SOCKET) is not supported; run this destination over stdio",
            ));
        }
        let loaded = LoadedConfig::from_file(config)?;
        let catalog = Catalog::parse(&read_file("the configured catalog", catalog)?)?;
        Self::new(loaded, catalog, now, environment)
    }

    /// Compiles the mappings; every mistake of the configuration is reported at once.
    pub(super) fn new(
        mut loaded: LoadedConfig,
        catalog: Catalog,
        now: Timestamp,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let of_catalog = catalog.streams.iter().find_map(|stream| stream.sync_id).map(|id| id.to_string());
        let sync_id = of_catalog.or_else(|| environment.job_id.clone()).unwrap_or_default();
        let run = RunContext { sync_id: sync_id.clone(), now };
        let mappings = loaded.compile(&catalog, &run);
        let of_catalog = (catalog, sync_id, mappings);
        Self::complete(Dialect::Airbyte, loaded, of_catalog, now, environment)
    }

    /// A sync without a catalog: the mapping is checked as far as that goes now, and for each stream
    /// when it is announced.
    pub(super) fn announced(
        dialect: Dialect,
        mut loaded: LoadedConfig,
        now: Timestamp,
        environment: &Environment,
    ) -> Result<Self, Error> {
        loaded.check_streams();
        Self::complete(dialect, loaded, (Catalog::default(), String::new(), Vec::new()), now, environment)
    }

    fn complete(
        dialect: Dialect,
        loaded: LoadedConfig,
        (catalog, sync_id, mappings): (Catalog, String, Vec<Mapping>),
        now: Timestamp,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let settings_digest = loaded.digest();
        let (config, vendor) = loaded.complete()?;
        let window = config.rules.window.parse().map_err(Error::Config)?;
        let zone = values::time_zone(&config.time_zone).map_err(|why| Error::config("time_zone", why))?;
        let max = config.limits.max_contacts_per_day;
        let genders = Arc::default();
        let counted = |mapping: Mapping| Arc::new(mapping.counting_genders_into(&genders));
        Ok(Self {
            run_id: format!(
                "{}-{:08x}",
                if sync_id.is_empty() { "run" } else { &sync_id },
                fastrand::u32(..)
            ),
            settings_digest,
            config,
            catalog,
            vendor,
            sync_id,
            dialect,
            mappings: mappings.into_iter().map(counted).collect(),
            genders,
            now,
            network: environment.network.clone(),
            window,
            daily_limit: (max > 0).then_some(DailyLimit { max, zone }),
        })
    }

    /// What makes events of the input. A stream may be announced in one shape after the other, so that
    /// their mappings do not stay.
    pub(super) fn router(&self, keys: Option<KeyMaker>) -> Router {
        let keep = self.config.object_storage_config.keep();
        let keeps_columns = keep.is_some_and(|keep| keep.rejected_record != RejectedRecord::None);
        if self.dialect == Dialect::Airbyte {
            let names = self.catalog.streams.iter().map(|stream| stream.name.clone());
            return Router::new(names, self.mappings.clone(), keys).keeping_columns(keeps_columns);
        }
        let genders = Arc::clone(&self.genders);
        let (config, vendor) = (self.config.clone(), Arc::clone(&self.vendor));
        let run = RunContext { sync_id: self.sync_id.clone(), now: self.now };
        let compile = move |stream: &CatalogStream| {
            let compiled = mapping::compile_stream(&config, &vendor, &StreamShape::from(stream), &run);
            Ok(Arc::new(compiled.map_err(Error::Config)?.counting_genders_into(&genders)))
        };
        Router::announced(self.dialect, DynamicStreams::new(Box::new(compile)), keys)
            .keeping_columns(keeps_columns)
    }

    /// Runs the sync; gives how it ended.
    pub(super) async fn run<R: Read + Send + 'static, W: Write>(
        self,
        stdin: R,
        mut output: Output<W>,
        mut signals: impl Stream<Item = &'static str> + Unpin,
    ) -> Ended<W> {
        if self.config.fills_a_list() {
            let (output, result) = list_sync::run(self.list_job(), stdin, output, signals).await;
            return Ended { output, stats: RunStats::default(), failure: result.err(), report_at: None };
        }
        let mut archive = Archive::default();
        let opened = match self.introduce(&mut output) {
            Ok(()) => tokio::select! {
                biased;
                Some(signal) = signals.next() => Err(Error::Interrupted(signal)),
                opened = self.open(&mut archive) => opened,
            },
            Err(error) => Err(error),
        };
        let opened = opened.and_then(|memory| say_recovered(memory, &mut output));
        let clock = Arc::new(Clock::starting_at(self.now));
        let (run, log_lines) = RunHandle::new(Arc::clone(&clock));
        let run = run.within(self.window.clone());
        let run_ledger = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let (now, within) = (clock.now(), self.end_within());
                return Ended::before_it_began(output, error, archive, now, within, &mut signals).await;
            }
        };
        let router = self.router(run_ledger.keys);
        let deliverer = deliverer(&self.config, &self.network, Arc::clone(&self.vendor), run.clone());
        let asked = match &deliverer {
            Ok(deliverer) => self.say_campaigns(deliverer, &mut output, &mut signals).await,
            Err(_) => Ok(()),
        };
        let started = asked.and(deliverer).and_then(|deliverer| Ok((deliverer, read_events(stdin, router)?)));
        let (deliverer, input) = match started {
            Ok(started) => started,
            Err(error) => {
                // Otherwise a shared ledger would wait for this run's lease; the error says more than a failure to.
                drop(tokio::time::timeout(LEAVE_WITHIN, run_ledger.ledger.close()).await);
                let (now, within) = (clock.now(), self.end_within());
                return Ended::before_it_began(output, error, archive, now, within, &mut signals).await;
            }
        };
        let pipeline = Pipeline::new(
            self.plan(),
            Arc::new(deliverer),
            Arc::new(run_ledger.ledger),
            output,
            run,
            archive,
        );
        let mut ended = pipeline.run(input, log_lines, signals).await;
        let said = self.genders_told().map_or(Ok(()), |told| ended.output.log(Level::Warn, &told));
        ended.failure = ended.failure.or(said.err());
        ended
    }

    /// A value that nobody understands is left out, which is no reason to refuse a record, but worth a line.
    pub(super) fn genders_told(&self) -> Option<String> {
        let count = self.genders.load(Ordering::Relaxed);
        (count > 0).then(|| format!("{count} values of gender were not understood and left out"))
    }

    /// Where people are called; a list's are not.
    pub(super) fn refuse_list(&self) -> Result<(), Error> {
        if self.config.fills_a_list() {
            let why = "these streams fill the do-not-call list, so that there is nobody to call: take a configuration whose streams are called";
            return Err(Error::config("streams", why));
        }
        Ok(())
    }

    /// Opens what must be there before anything is sent; the archive first, which keeps why the rest cannot be opened.
    async fn open(&self, archive: &mut Archive) -> Result<RunLedger, Error> {
        let run = Run { sync_id: self.sync_id.clone(), id: self.run_id.clone(), started: self.now };
        let (config, vendor) = (&self.config, self.vendor.as_ref());
        *archive = archive::open(config, vendor, run, &self.settings_digest, &self.network).await?;
        open::open(config, vendor, &self.run_id, self.now).await
    }

    /// The same where the streams fill the do-not-call list.
    fn list_job(self) -> ListJob<impl FnOnce(KeyMaker) -> Router> {
        let warnings = self.mappings.iter().flat_map(|mapping| mapping.warnings()).cloned().collect();
        ListJob {
            config: self.config.clone(),
            vendor: Arc::clone(&self.vendor),
            catalog: self.catalog.clone(),
            facts: ListFacts {
                id: self.run_id.clone(),
                sync_id: self.sync_id.clone(),
                started: self.now,
                ledger: ledger_kind(&self.config.ledger),
                settings_digest: self.settings_digest.clone(),
            },
            network: self.network.clone(),
            warnings,
            router: move |keys| self.router(Some(keys)),
        }
    }

    /// How long the end may take when somebody wants it.
    fn end_within(&self) -> Duration {
        Duration::from_secs(self.config.delivery.shutdown_seconds.into())
    }

    fn plan(&self) -> Plan {
        let (delivery, limits) = (&self.config.delivery, &self.config.limits);
        let streams = self.catalog.streams.iter();
        Plan {
            run: self.run_id.clone(),
            batch_size: delivery.batch_size.into(),
            max_batch_age: Duration::from_secs(delivery.max_batch_age_seconds.into()),
            max_in_flight: delivery.max_requests_in_flight.into(),
            hear_out_for: request_timeout(delivery) + HEAR_OUT_MARGIN,
            end_within: self.end_within(),
            max_contacts: limits.max_contacts_per_sync,
            daily_limit: self.daily_limit.clone(),
            on_limit: limits.on_limit,
            allow_nobody: limits.allow_nobody,
            max_rejected_percent: limits.max_rejected_percent,
            streams: streams.map(|stream| (stream.name.clone(), stream.generation_id)).collect(),
        }
    }

    /// Says what is known of the campaigns before anybody is added to them. Whatever the vendor does not tell is no
    /// reason to stop.
    async fn say_campaigns(
        &self,
        deliverer: &Deliverer<AnyTransport>,
        output: &mut Output<impl Write>,
        signals: &mut (impl Stream<Item = &'static str> + Unpin),
    ) -> Result<(), Error> {
        if self.config.vendor.is_rehearsal() {
            return Ok(());
        }
        let vendor = self.vendor.as_ref();
        let fills: Vec<_> = match self.dialect {
            Dialect::Airbyte => self.mappings.iter().map(|mapping| mapping.fills()).collect(),
            Dialect::Singer => mapping::fills_without_catalog(&self.config, &self.vendor),
        };
        let (campaigns, unproved) = campaigns(vendor, &fills);
        let deadline = Instant::now() + AT_THE_START;
        for campaign in campaigns {
            let left = deadline.saturating_duration_since(Instant::now());
            let facts = tokio::select! {
                biased;
                Some(signal) = signals.next() => return Err(Error::Interrupted(signal)),
                facts = deliverer.inquire(&campaign, left) => facts,
            };
            let known = CampaignReport::new(campaign, facts, &fills, vendor.shape());
            let level = if known.missing().is_some() { Level::Warn } else { Level::Info };
            output.log(level, &known.told())?;
            known.warnings().try_for_each(|warning| output.log(Level::Warn, warning))?;
        }
        unproved.iter().try_for_each(|unproved| output.log(Level::Info, unproved))
    }

    /// Says at the start what an operator would ask later.
    fn introduce(&self, output: &mut Output<impl Write>) -> Result<(), Error> {
        let version = env!("CARGO_PKG_VERSION");
        let vendor = self.vendor.name();
        let streams = match self.dialect {
            Dialect::Airbyte => format!("streams in the catalog: {}", self.catalog.streams.len()),
            Dialect::Singer => "streams as they are announced".to_owned(),
        };
        let run = &self.run_id;
        let (rehearsal, trial) = match self.config.vendor.stand_in() {
            None => ("", String::new()),
            Some(StandIn::Played) => (REHEARSAL, String::new()),
            Some(StandIn::At { place, .. }) => ("", format!(", TRIAL, sent to {place}")),
        };
        let first = format!(
            "{rehearsal}destination-ai-voice {version}: {streams}; vendor: {vendor}{trial}; run: {run}"
        );
        output.log(Level::Info, &first)?;
        self.warnings().iter().try_for_each(|warning| output.log(Level::Warn, warning))
    }

    /// What the user should know before the first record.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<_> =
            self.config.vendor.plain_http_place().iter().map(|place| plain_http(place)).collect();
        let has_ledger = !matches!(self.config.ledger, LedgerConfig::None);
        if !has_ledger {
            let why = "no ledger is configured: people are remembered within this sync only, so a repeated sync can call them again";
            warnings.push(why.to_owned());
        }
        for stream in &self.catalog.streams {
            let name = &stream.name;
            if stream.full_refresh && !has_ledger {
                warnings.push(format!(
                    "stream {name} is a full refresh: without a ledger each sync calls everybody in it again"
                ));
            }
            if stream.overwrite {
                warnings.push(format!(
                    "stream {name} asks to overwrite: calls cannot be taken back, so its records are added"
                ));
            }
        }
        warnings.extend(self.mappings.iter().flat_map(|mapping| mapping.warnings()).cloned());
        warnings
    }
}

/// People of a run that died.
fn say_recovered(run_ledger: RunLedger, output: &mut Output<impl Write>) -> Result<RunLedger, Error> {
    for warning in open::recovered(run_ledger.recovered_unknown).iter().chain(&run_ledger.warnings) {
        output.log(Level::Warn, warning)?;
    }
    Ok(run_ledger)
}
