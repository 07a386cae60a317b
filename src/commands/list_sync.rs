//! `write` where the streams fill the do-not-call list: nobody is called, and no vendor is asked.

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use jiff::Timestamp;

use crate::config::Config;
use crate::domain::error::Error;
use crate::intake::{Router, read_events};
use crate::ledger::KeyMaker;
use crate::ledger::open::{self, OpenList};
use crate::listing::ListSync;
use crate::protocol::{Catalog, Level, Output};
use crate::providers::Provider;

/// What a sync of the list needs of one, read and checked.
pub(super) struct ListJob<F> {
    pub(super) config: Config,
    pub(super) vendor: Arc<dyn Provider>,
    pub(super) catalog: Catalog,
    pub(super) run_id: String,
    pub(super) now: Timestamp,
    /// What the user should know before the first record.
    pub(super) warnings: Vec<String>,
    /// What makes events of the input, with these keys.
    pub(super) router: F,
}

/// Runs the sync; gives the output back, and why it failed if it did.
pub(super) async fn run<R: Read + Send + 'static, W: Write, F: FnOnce(KeyMaker) -> Router>(
    job: ListJob<F>,
    stdin: R,
    mut output: Output<W>,
    mut signals: impl Stream<Item = &'static str> + Unpin,
) -> (Output<W>, Result<(), Error>) {
    if let Err(error) = refuse_parts(&job.catalog) {
        return (output, Err(error));
    }
    if let Err(error) = introduce(&job.catalog, &job.warnings, &mut output) {
        return (output, Err(error));
    }
    let opened = tokio::select! {
        biased;
        Some(signal) = signals.next() => Err(Error::Interrupted(signal)),
        opened = open::open_list(&job.config, job.vendor.as_ref(), &job.run_id, job.now) => opened,
    };
    let started = opened.and_then(|OpenList { ledger, keys, owner, warnings }| {
        for doubt in warnings {
            output.log(Level::Warn, &doubt)?;
        }
        Ok((ledger, owner, read_events(stdin, (job.router)(keys))?))
    });
    match started {
        Ok((ledger, owner, input)) => {
            let end_within = Duration::from_secs(job.config.delivery.shutdown_seconds.into());
            let sync = ListSync::new(ledger, owner, output, &job.catalog.streams, job.now, end_within);
            sync.run(input, signals).await
        }
        Err(error) => (output, Err(error)),
    }
}

/// What is new since the last sync would take the place of the whole list, and everybody else would be called.
fn refuse_parts(catalog: &Catalog) -> Result<(), Error> {
    let Some(stream) = catalog.streams.iter().find(|stream| stream.overwrite && stream.incremental) else {
        return Ok(());
    };
    let why = format!(
        "stream {} is read incrementally and asks to overwrite: what is new would take the place of the whole list; let it append, or make it a full refresh",
        stream.name
    );
    Err(Error::config("destination_sync_mode", why))
}

fn introduce(catalog: &Catalog, warnings: &[String], output: &mut Output<impl Write>) -> Result<(), Error> {
    let version = env!("CARGO_PKG_VERSION");
    let text =
        format!("destination-ai-voice {version}: fills the do-not-call list in the ledger; nobody is called");
    output.log(Level::Info, &text)?;
    for stream in &catalog.streams {
        if stream.overwrite && stream.generation_id.is_none() {
            let name = &stream.name;
            output.log(
                Level::Warn,
                &format!("stream {name} replaces its part of the list, and this platform does not say whether a source ended well: a STATE behind its last record is taken for that"),
            )?;
        }
    }
    warnings.iter().try_for_each(|warning| output.log(Level::Warn, warning))
}
