//! What a Singer runner calls: the same job as `write`, its streams announced on stdin, and nothing
//! but states on stdout.

use std::io::{Read, Write};
use std::path::Path;

use futures_util::Stream;
use jiff::Timestamp;

use super::load_config::LoadedConfig;
use super::write::SyncJob;
use crate::cli::{AboutFormat, Environment, TargetArgs};
use crate::config::schema;
use crate::domain::error::Error;
use crate::pipeline::Ended;
use crate::protocol::{About, Dialect, Output};

/// Gives whether it succeeded; what failed has been said.
pub(super) async fn run<R: Read + Send + 'static, W: Write>(
    arguments: &TargetArgs,
    stdin: R,
    mut output: Output<W>,
    now: Timestamp,
    environment: &Environment,
    signals: impl Stream<Item = &'static str> + Unpin,
) -> bool {
    let TargetArgs { config, about, format } = arguments;
    let result = match config {
        Some(config) if !about => match job(config, now, environment) {
            Ok(job) => {
                let Ended { output: returned, failure, .. } = job.run(stdin, output, signals).await;
                let result = failure.map_or(Ok(()), Err);
                output = returned;
                result
            }
            Err(error) => Err(error),
        },
        _ => {
            let about = About::new(&schema::form());
            output.about(&match format {
                AboutFormat::Text => about.text(),
                AboutFormat::Json => about.json(),
            })
        }
    };
    match result {
        Ok(()) => true,
        Err(error) => {
            // When nobody reads stderr, the exit code still says it.
            drop(output.failure(&error, now));
            false
        }
    }
}

/// A sync of whatever a tap announces.
fn job(config: &Path, now: Timestamp, environment: &Environment) -> Result<SyncJob, Error> {
    SyncJob::announced(Dialect::Singer, LoadedConfig::from_file(config)?, now, environment)
}

/// A sync of a catalog's streams; where there is no catalog, of whatever a tap announces.
pub(super) fn job_of_either(
    config: &Path,
    catalog: Option<&Path>,
    now: Timestamp,
    environment: &Environment,
) -> Result<SyncJob, Error> {
    match catalog {
        Some(catalog) => SyncJob::load(config, catalog, now, environment),
        None => job(config, now, environment),
    }
}
