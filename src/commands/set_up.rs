//! What every command makes of a configuration before it begins.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{self, Config, DeliveryConfig, OnUnknownOutcome};
use crate::delivery::{Clock, Courier, HttpCarrier, Notice, Pace, Rules, Stop, Terms};
use crate::error::{Error, Mistake};
use crate::protocol::nested;
use crate::vendor::Vendor;

/// A configuration that can be read, with what is wrong in it so far.
pub(super) struct SetUp {
    pub(super) config: Config,
    pub(super) vendor: Arc<dyn Vendor>,
    pub(super) mistakes: Vec<Mistake>,
}

impl SetUp {
    /// Reads the configuration; what is only doubtful is among its mistakes.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        Self::new(&nested(&super::read_file("the configuration", path)?))
    }

    pub(super) fn new(text: &str) -> Result<Self, Error> {
        let (config, mut mistakes) = config::read(text);
        let Some(config) = config else { return Err(Error::Config(mistakes)) };
        let reported: Vec<String> = mistakes.iter().map(|mistake| mistake.at.clone()).collect();
        // A stand-in for something that was reported must not be reported again.
        let found = config.vendor.mistakes().into_iter().filter(|mistake| !reported.contains(&mistake.at));
        mistakes.extend(found);
        let vendor = config.vendor.build();
        let max_batch = vendor.limits().max_batch;
        if usize::from(config.delivery.batch_size) > max_batch {
            let why = format!("{} takes at most {max_batch} contacts in a request", vendor.name());
            mistakes.push(Mistake::new("delivery.batch_size", why));
        }
        Ok(Self { config, vendor, mistakes })
    }

    /// Stops here if anything is wrong.
    pub(super) fn complete(self) -> Result<(Config, Arc<dyn Vendor>), Error> {
        if self.mistakes.is_empty() {
            Ok((self.config, self.vendor))
        } else {
            Err(Error::Config(self.mistakes))
        }
    }
}

/// A courier over HTTPS, as the delivery section says.
pub(super) fn courier(
    delivery: &DeliveryConfig,
    vendor: Arc<dyn Vendor>,
    clock: Arc<Clock>,
    stop: Stop,
    notices: tokio::sync::mpsc::Sender<Notice>,
) -> Result<Courier<HttpCarrier>, Error> {
    let carrier = HttpCarrier::new(request_timeout(delivery))?;
    let rules = Rules {
        retry_for: Duration::from_secs(delivery.retry_for_seconds.into()),
        resend: delivery.on_unknown_outcome == OnUnknownOutcome::Resend,
    };
    let pace = Pace::new(delivery.max_requests_per_second);
    let seed = fastrand::u64(..);
    Ok(Courier::new(vendor, carrier, Terms { clock, pace, rules, stop, notices, seed }))
}

/// How long one request may take.
pub(super) fn request_timeout(delivery: &DeliveryConfig) -> Duration {
    Duration::from_secs(delivery.request_timeout_seconds.into())
}
