//! What every command makes of a configuration before it begins.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::read_file::read_file;
use crate::config::{self, Config, DeliveryConfig, OnUnknownOutcome};
use crate::delivery::{
    AnyTransport, Clock, Connections, Deliverer, DeliveryOptions, HttpTransport, Network, PlayedVendor,
    RateLimiter, RetryPolicy, RunHandle,
};
use crate::domain::error::{Error, Mistake};
use crate::mapping::{self, Mapping, RunContext, StreamShape};
use crate::protocol::Catalog;
use crate::providers::Provider;
use crate::values;

/// Characters of a digest: enough to tell two settings apart.
const DIGEST_CHARS: usize = 8;

/// A configuration that can be read, with what is wrong in it so far.
pub(super) struct LoadedConfig {
    pub(super) config: Config,
    pub(super) vendor: Arc<dyn Provider>,
    pub(super) mistakes: Vec<Mistake>,
    digest: String,
    /// Where something stands in for what could not be read.
    stand_ins: Vec<String>,
}

impl LoadedConfig {
    /// Reads the configuration; what is only doubtful is among its mistakes.
    pub(super) fn from_file(path: &Path) -> Result<Self, Error> {
        Self::from_text(&read_file("the configuration", path)?)
    }

    pub(super) fn from_text(text: &str) -> Result<Self, Error> {
        let (config, mut mistakes) = config::read_config(text);
        let Some(mut config) = config else { return Err(Error::Config(mistakes)) };
        let stand_ins = mistakes.iter().map(|mistake| mistake.at.clone()).collect();
        mistakes.extend(config.vendor.mistakes());
        mistakes.extend(config.ledger.mistakes());
        mistakes.extend(config.object_storage_config.mistakes());
        mistakes.extend(config.rule_mistakes());
        // Conditions say it, too; but there may be none.
        mistakes.extend(values::time_zone(&config.time_zone).err().map(|why| Mistake::new("time_zone", why)));
        let vendor = config.vendor.build();
        let max_batch = vendor.limits().max_batch;
        if config.delivery.batch_size == DeliveryConfig::default().batch_size {
            // Nobody chose it, so a vendor may have less.
            let at_most = u16::try_from(max_batch).unwrap_or(u16::MAX);
            config.delivery.batch_size = config.delivery.batch_size.min(at_most);
        }
        if usize::from(config.delivery.batch_size) > max_batch {
            let why = format!("{} takes at most {max_batch} contacts in a request", vendor.name());
            mistakes.push(Mistake::new("delivery.batch_size", why));
        }
        let digest = blake3::hash(text.as_bytes()).to_hex().chars().take(DIGEST_CHARS).collect();
        Ok(Self { config, vendor, mistakes, digest, stand_ins })
    }

    /// By which one knows the same settings again; too short to be tried for a secret.
    pub(super) fn digest(&self) -> String {
        self.digest.clone()
    }

    /// Compiles the mappings of the catalog's streams, in their order; none when something is wrong.
    pub(super) fn compile(&mut self, catalog: &Catalog, run: &RunContext) -> Vec<Mapping> {
        let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
        let compiled = mapping::compile_catalog(&self.config, &self.vendor, &shapes, run);
        compiled.unwrap_or_else(|mistakes| {
            self.mistakes.extend(mistakes);
            Vec::new()
        })
    }

    /// Judges the mapping as far as that goes without a catalog.
    pub(super) fn check_streams(&mut self) {
        mapping::check_streams(&self.config, &self.vendor, &mut self.mistakes);
    }

    /// Stops here if anything is wrong.
    pub(super) fn complete(self) -> Result<(Config, Arc<dyn Provider>), Error> {
        let Self { config, vendor, mistakes, digest: _, stand_ins } = self;
        let mut told: Vec<Mistake> = Vec::new();
        for (index, mistake) in mistakes.into_iter().enumerate() {
            // What stands in for something that was told is not the user's mistake.
            let is_of_stand_in =
                index >= stand_ins.len() && stand_ins.iter().any(|at| is_within(&mistake.at, at));
            if !is_of_stand_in && !told.contains(&mistake) {
                told.push(mistake);
            }
        }
        if told.is_empty() { Ok((config, vendor)) } else { Err(Error::Config(told)) }
    }
}

/// Whether a place is another one, or in it.
fn is_within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A deliverer by the way that the vendor section chose, as the delivery section says.
pub(super) fn deliverer(
    config: &Config,
    network: &Network,
    vendor: Arc<dyn Provider>,
    run: RunHandle,
) -> Result<Deliverer<AnyTransport>, Error> {
    let delivery = &config.delivery;
    let connections = Connections::of(vendor.limits());
    let transport = transport(config, network, connections, request_timeout(delivery), &run.clock)?;
    let retry_policy = RetryPolicy {
        retry_for: Duration::from_secs(delivery.retry_for_seconds.into()),
        resend: resends(delivery),
    };
    let rate_limiter = RateLimiter::new(delivery.max_requests_per_second);
    let seed = fastrand::u64(..);
    Ok(Deliverer::new(vendor, transport, run, DeliveryOptions { rate_limiter, retry_policy, seed }))
}

/// Whether who may have been sent before may be sent again, in whatever request.
pub(super) fn may_repeat(delivery: &DeliveryConfig, vendor: &dyn Provider) -> bool {
    vendor.limits().repeats.allow_other_request() || resends(delivery)
}

fn resends(delivery: &DeliveryConfig) -> bool {
    delivery.on_unknown_outcome == OnUnknownOutcome::Resend
}

/// The way to the vendor: over HTTPS, or in a rehearsal no way at all.
pub(super) fn transport(
    config: &Config,
    network: &Network,
    connections: Connections,
    timeout: Duration,
    clock: &Arc<Clock>,
) -> Result<AnyTransport, Error> {
    Ok(match config.vendor.played() {
        Some(simulator) => AnyTransport::Played(PlayedVendor::new(simulator, Arc::clone(clock))),
        None => AnyTransport::Http(HttpTransport::new(network, connections, timeout, Arc::clone(clock))?),
    })
}

/// How long one request may take.
pub(super) fn request_timeout(delivery: &DeliveryConfig) -> Duration {
    Duration::from_secs(delivery.request_timeout_seconds.into())
}

/// What a sync that allows plain http says of it, as a sentence without a full stop.
pub(super) fn plain_http(place: &str) -> String {
    format!(
        "vendor.allow_plain_http is on: credentials, names and numbers go to {place} unencrypted, which is for a sandbox only"
    )
}
