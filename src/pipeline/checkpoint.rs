//! A checkpoint may go back only when every record read before it is settled.
//!
//! The records between two STATEs form an interval. Intervals are released in the order in which
//! they came, each with its STATE, once nothing in them is pending; so order and completeness need
//! no further thought. What is released is counted by stream until a STATE speaks for that stream.

use std::collections::{BTreeMap, VecDeque};

use super::item::{Covers, StreamIndex};
use crate::error::Error;
use crate::protocol::{State, Stats};

/// Which interval a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(u64);

/// The STATEs that wait, and what they wait for. The last interval is open: it has no STATE yet.
#[derive(Debug)]
pub struct Checkpoints {
    waiting: VecDeque<Waiting>,
    /// The number of the interval in front.
    first: u64,
    /// By stream: what was released since its last STATE.
    released: Vec<Stats>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    pending: u64,
    settled: BTreeMap<StreamIndex, Stats>,
    state: Option<(State, Covers)>,
}

/// Bytes of waiting STATEs beyond which nothing more is read; sources may send megabytes in each.
const MAX_WAITING_BYTES: usize = 4 << 20;

/// Waiting STATEs beyond which nothing more is read.
const MAX_WAITING_STATES: usize = 10_000;

impl Checkpoints {
    /// No record, no STATE.
    #[must_use]
    pub fn new(n_streams: usize) -> Self {
        let released = vec![Stats::default(); n_streams];
        Self { waiting: VecDeque::from([Waiting::default()]), first: 0, released, bytes: 0 }
    }

    /// A stream that was not known at the beginning.
    pub(super) fn add_stream(&mut self) {
        self.released.push(Stats::default());
    }

    /// The interval of the records that are read now.
    #[must_use]
    pub fn open(&self) -> Interval {
        Interval(self.first + to_u64(self.waiting.len()) - 1)
    }

    /// A record was read.
    pub fn received(&mut self) -> Interval {
        if let Some(open) = self.waiting.back_mut() {
            open.pending += 1;
        }
        self.open()
    }

    /// A record ended.
    ///
    /// # Errors
    /// When no STATE can count it: its interval waits for no record, or its stream is not known.
    pub fn settle(
        &mut self,
        interval: Interval,
        stream: StreamIndex,
        is_rejected: bool,
    ) -> Result<(), Error> {
        let n_streams = self.released.len();
        let index = interval.0.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        let waiting =
            index.and_then(|index| self.waiting.get_mut(index)).filter(|waiting| waiting.pending > 0);
        let Some(waiting) = waiting.filter(|_| stream.index() < n_streams) else {
            let (Interval(interval), stream) = (interval, stream.index());
            let why =
                format!("a record of stream {stream} ended for which no STATE waits (interval {interval})");
            return Err(Error::Defect(why));
        };
        waiting.pending -= 1;
        let stats = waiting.settled.entry(stream).or_default();
        if is_rejected {
            stats.rejected += 1;
        } else {
            stats.records += 1;
        }
        Ok(())
    }

    /// A STATE was read: it closes the open interval.
    pub fn close(&mut self, state: State, covers: Covers) {
        self.bytes += state.len();
        if let Some(open) = self.waiting.back_mut() {
            open.state = Some((state, covers));
        }
        self.waiting.push_back(Waiting::default());
    }

    /// Gives the next STATE that may go back, with what ended since the previous one of its scope.
    pub fn next_ready(&mut self) -> Option<(State, Stats)> {
        let front = self.waiting.front_mut()?;
        if front.pending > 0 {
            return None;
        }
        let (state, covers) = front.state.take()?;
        let settled = std::mem::take(&mut front.settled);
        self.waiting.pop_front();
        self.first += 1;
        self.bytes -= state.len();
        for (stream, stats) in settled {
            if let Some(released) = self.released.get_mut(stream.index()) {
                *released += stats;
            }
        }
        let stats = self.spoken_for(covers);
        Some((state, stats))
    }

    /// Whether so much is waiting that reading must wait, too.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes > MAX_WAITING_BYTES || self.waiting.len() > MAX_WAITING_STATES
    }

    fn spoken_for(&mut self, covers: Covers) -> Stats {
        let covered = match covers {
            Covers::All => self.released.get_mut(..),
            Covers::Stream(stream) => self.released.get_mut(stream.index()).map(std::slice::from_mut),
            Covers::Nothing => None,
        };
        let mut sum = Stats::default();
        covered.into_iter().flatten().for_each(|released| sum += std::mem::take(released));
        sum
    }
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).expect("a count of things in memory fits into 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_for_which_no_state_waits_is_a_defect() {
        let stream = StreamIndex::new(0);
        let mut checkpoints = Checkpoints::new(1);
        let interval = checkpoints.received();
        assert!(
            checkpoints.settle(interval, StreamIndex::new(1), false).is_err(),
            "a stream that is not there"
        );
        assert!(checkpoints.settle(interval, stream, false).is_ok(), "the record itself");
        assert!(checkpoints.settle(interval, stream, false).is_err(), "the same again");
        let passed_by = Checkpoints { first: 1, ..Checkpoints::new(1) };
        for (name, mut checkpoints) in [("released", passed_by), ("not begun", Checkpoints::new(1))] {
            let interval = if name == "released" { Interval(0) } else { Interval(7) };
            let told = checkpoints.settle(interval, stream, false).map_err(|error| error.failure_type());
            assert_eq!(told, Err(crate::error::FailureType::System), "{name}");
        }
    }
}
