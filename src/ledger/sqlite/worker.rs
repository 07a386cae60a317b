//! Where calls meet the connection: at a thread of its own, or on the spot.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::memory::Memory;
use super::store::Store;
use crate::ledger::LedgerError;

/// Calls that may wait for the thread; twice as many share a transaction at most. A caller has one
/// batch in each, so that neither memory nor a transaction grows.
const LONGEST_QUEUE: usize = 64;

/// A thread that has not ended by then writes to a disk that hangs: the process ends without it.
const LONGEST_LEAVE: Duration = Duration::from_secs(5);

/// How often it is looked at until then.
const LOOKS_EVERY: Duration = Duration::from_millis(1);

/// Answers calls, one transaction after the other.
pub(super) enum Worker {
    Thread { inbox: Option<mpsc::Sender<WorkItem>>, thread: Mutex<Option<JoinHandle<()>>> },
    Inline { store: Mutex<Option<Box<Store>>>, home: Option<Memory> },
}

type Work = Box<dyn FnOnce(&mut Store) -> rusqlite::Result<()> + Send>;

/// A call on its way to the thread. What it gives travels on a channel of its own, inside `work`.
pub(super) struct WorkItem {
    work: Work,
    /// It writes nothing, so that its answer need not wait for the disk.
    is_question: bool,
    /// Hears after the commit.
    done: oneshot::Sender<Result<(), LedgerError>>,
}

impl Worker {
    /// Gives the store to a thread.
    pub(super) fn thread(store: Store) -> Result<Self, LedgerError> {
        let (inbox, jobs) = mpsc::channel(LONGEST_QUEUE);
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let thread = thread
            .spawn(move || serve(store, jobs))
            .map_err(|error| LedgerError::Unavailable(format!(
                "no thread can be started for it ({error}); allow this process more of them (`ulimit -u`, the container's pids limit)"
            )))?;
        Ok(Self::Thread { inbox: Some(inbox), thread: Mutex::new(Some(thread)) })
    }

    /// Keeps the store for calls on the spot; its connection goes home in the end, if it has one.
    pub(super) fn inline(store: Store, home: Option<Memory>) -> Self {
        Self::Inline { store: Mutex::new(Some(Box::new(store))), home }
    }

    /// Has something done within a transaction; when this returns, it is committed.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.have(false, work).await
    }

    /// Has something looked up that was committed before.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.have(true, work).await
    }

    async fn have<T: Send + 'static>(
        &self,
        is_question: bool,
        work: impl FnOnce(&mut Store) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        match self {
            Self::Inline { store, .. } => {
                let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
                store.as_mut().ok_or_else(closed)?.transaction(work)
            }
            Self::Thread { inbox, .. } => {
                let (give, given) = oneshot::channel();
                let (done, finished) = oneshot::channel();
                let work: Work = Box::new(move |store| {
                    // A caller that is gone needs no answer; what it asked for is done all the same.
                    drop(give.send(work(store)?));
                    Ok(())
                });
                let inbox = inbox.as_ref().ok_or_else(closed)?;
                inbox.send(WorkItem { work, is_question, done }).await.map_err(|_| closed())?;
                finished.await.map_err(|_| closed())??;
                given.await.map_err(|_| closed())
            }
        }
    }

    /// Ends the run: the next one can open the ledger when this returns.
    pub(super) async fn close(&self) -> Result<(), LedgerError> {
        self.call(Store::close).await?;
        self.leave();
        Ok(())
    }

    /// Waits for the end of the thread, but not for ever where its disk hangs; or closes the connection or gives it back.
    fn leave(&self) {
        match self {
            Self::Thread { thread, .. } => {
                let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some(thread) = thread else { return };
                let begun = Instant::now();
                while !thread.is_finished() && begun.elapsed() < LONGEST_LEAVE {
                    std::thread::sleep(LOOKS_EVERY);
                }
                if thread.is_finished() {
                    // One that panicked has said so, and its callers have heard that it is closed.
                    thread.join().unwrap_or_default();
                }
            }
            Self::Inline { store, home } => {
                let store = store.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let (Some(store), Some(home)) = (store, home) {
                    home.put(store.into_connection());
                }
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Self::Thread { inbox, .. } = self {
            // The thread ends when nobody can call it any more.
            drop(inbox.take());
        }
        self.leave();
    }
}

/// The thread: everything that waits goes into one transaction, because a commit costs as much as
/// writing several hundred contacts. Questions come first, so that nobody waits for the disk who only
/// wants to know; who calls meanwhile is in time for the transaction.
fn serve(mut store: Store, mut jobs: mpsc::Receiver<WorkItem>) {
    while !store.is_closing
        && let Some(first) = jobs.blocking_recv()
    {
        let mut calls = Vec::new();
        let mut waiting = vec![first];
        for _ in 0..2 {
            while waiting.len() < LONGEST_QUEUE
                && let Ok(next) = jobs.try_recv()
            {
                waiting.push(next);
            }
            let (questions, more) = waiting.drain(..).partition(|job| job.is_question);
            answer(&mut store, questions);
            calls.extend::<Vec<_>>(more);
        }
        answer(&mut store, calls);
    }
}

fn answer(store: &mut Store, group: Vec<WorkItem>) {
    if group.is_empty() {
        return;
    }
    let (work, callers): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.work, job.done)).unzip();
    let outcome = store.transaction(|store| work.into_iter().try_for_each(|work| work(store)));
    for caller in callers {
        drop(caller.send(outcome.clone()));
    }
}

fn closed() -> LedgerError {
    LedgerError::Unavailable(
        "it was closed before this was done; what it was told before is kept, the next sync goes on there"
            .to_owned(),
    )
}
