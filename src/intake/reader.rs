//! The thread beside the loop: reads stdin, has each line decoded and mapped, and passes the events
//! on in order through a bounded channel, so that a slow vendor slows the source down.

use std::io::{ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use memchr::{memchr, memrchr};
use tokio::sync::mpsc;

use super::event::{Event, EventBatch};
use super::pending_contact::PendingContact;
use super::router::Router;
use crate::domain::error::Error;

const READ_BYTES: usize = 256 << 10;

/// The platform's own limit for a record is far below this.
const MAX_LINE_BYTES: usize = 64 << 20;

/// Batches that may wait for the loop; each is what one read gave.
const MAX_WAITING_BATCHES: usize = 1;

/// Starts the thread. It ends with the input, with the first line that is not the protocol's, or
/// when nobody takes its batches any more. Only the end of the input closes the channel without a failure before:
/// records that a panic left unread must not pass for none.
///
/// # Errors
/// When no thread can be started.
pub fn read_events(
    input: impl Read + Send + 'static,
    router: Router,
) -> Result<mpsc::Receiver<EventBatch>, Error> {
    let (sender, receiver) = mpsc::channel(MAX_WAITING_BATCHES);
    let thread = std::thread::Builder::new().name("intake".to_owned());
    let last = sender.clone();
    let reader = LineReader { input, router, sender, n_events: 0 };
    let run = move || {
        // Its message may quote data.
        if catch_unwind(AssertUnwindSafe(|| reader.run())).is_err() {
            let failure = Some(Error::Defect("reading the input ended in a panic".to_owned()));
            drop(last.blocking_send(EventBatch { failure, ..EventBatch::default() }));
        }
    };
    thread.spawn(run).map_err(Error::Input)?;
    Ok(receiver)
}

/// The events of an input, for those who stop at its first fault.
pub struct EventReader {
    input: mpsc::Receiver<EventBatch>,
    failure: Option<Error>,
}

impl EventReader {
    /// Starts the thread that reads them.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(input: impl Read + Send + 'static, router: Router) -> Result<Self, Error> {
        Ok(Self { input: read_events(input, router)?, failure: None })
    }

    /// The next events; none at the end of the input.
    ///
    /// # Errors
    /// When the input cannot be read further; what came before has been given.
    pub async fn next(&mut self) -> Result<Option<EventBatch>, Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let mut batch = self.input.recv().await;
        self.failure = batch.as_mut().and_then(|batch| batch.failure.take());
        Ok(batch)
    }

    /// The people in the next events; none at the end of the input.
    ///
    /// # Errors
    /// As `next`.
    pub async fn next_contacts(&mut self) -> Result<Option<Vec<PendingContact>>, Error> {
        let Some(batch) = self.next().await? else { return Ok(None) };
        let contacts = batch.events.into_iter().filter_map(|event| match event {
            Event::Contact(pending) => Some(pending),
            Event::Refused(_)
            | Event::Listed(_)
            | Event::State(..)
            | Event::Stream { .. }
            | Event::Complete(_) => None,
        });
        Ok(Some(contacts.collect()))
    }
}

struct LineReader<R> {
    input: R,
    router: Router,
    sender: mpsc::Sender<EventBatch>,
    /// In the batch before; the next one will have about as many.
    n_events: usize,
}

impl<R: Read> LineReader<R> {
    fn run(mut self) {
        let mut buffer = vec![0; READ_BYTES];
        let mut filled = 0;
        loop {
            if filled == buffer.len() {
                if filled >= MAX_LINE_BYTES {
                    let error = self.router.refuse_next(format!("is longer than {MAX_LINE_BYTES} bytes"));
                    return self.end(error);
                }
                buffer.resize(filled * 2, 0);
            }
            let free = buffer.get_mut(filled..).unwrap_or_default();
            let n_read = match self.input.read(free) {
                Ok(n_read) => n_read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return self.end(Error::Input(error)),
            };
            let searched = filled;
            filled += n_read;
            let (old, new) = buffer.get(..filled).unwrap_or_default().split_at(searched);
            let whole = match memrchr(b'\n', new) {
                Some(at) => old.len() + at + 1,
                None if n_read == 0 => filled,
                None => continue,
            };
            if !self.pass_on(buffer.get(..whole).unwrap_or_default()) || n_read == 0 {
                return;
            }
            buffer.copy_within(whole..filled, 0);
            filled -= whole;
            // One long line must not hold its memory for the rest of the sync.
            if filled < READ_BYTES && buffer.len() > READ_BYTES {
                buffer.truncate(READ_BYTES);
                buffer.shrink_to_fit();
            }
        }
    }

    /// Gives whether there is more to do.
    fn pass_on(&mut self, mut lines: &[u8]) -> bool {
        let mut batch = EventBatch { events: Vec::with_capacity(self.n_events), ..EventBatch::default() };
        while !lines.is_empty() && batch.failure.is_none() {
            let end = memchr(b'\n', lines).unwrap_or(lines.len());
            let (line, rest) = lines.split_at(end);
            lines = rest.get(1..).unwrap_or_default();
            match self.router.read_line(line) {
                Ok(event) => batch.events.extend(event),
                Err(error) => batch.failure = Some(error),
            }
        }
        self.n_events = batch.events.len();
        batch.warnings = self.router.warnings();
        let goes_on = batch.failure.is_none();
        self.sender.blocking_send(batch).is_ok() && goes_on
    }

    fn end(self, failure: Error) {
        // When nobody listens any more, the run has failed already.
        drop(self.sender.blocking_send(EventBatch { failure: Some(failure), ..EventBatch::default() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panics;

    impl Read for Panics {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            panic!("what a reader must not do")
        }
    }

    fn failures(input: impl Read + Send + 'static) -> Vec<Option<Error>> {
        let mut batches = read_events(input, Router::new(Vec::new(), Vec::new(), None)).unwrap();
        std::iter::from_fn(|| batches.blocking_recv()).map(|batch| batch.failure).collect()
    }

    #[test]
    fn a_panic_is_not_taken_for_the_end_of_the_input() {
        let told = failures(Panics);
        assert!(matches!(told.last(), Some(Some(Error::Defect(_)))), "{told:?}");
        let told = failures(std::io::empty());
        assert!(matches!(told.last(), Some(None)), "{told:?}");
    }
}
