//! A checkpoint may go back only when every record read before it is settled, and what is kept of it is there for good.
//!
//! The records between two STATEs form an interval. Intervals are released in the order in which
//! they came, each with its STATE, once nothing in them is pending; so order and completeness need
//! no further thought. What is released is counted by stream until a STATE speaks for that stream.

use std::collections::{BTreeMap, VecDeque};

use super::archive::Flush;
use crate::domain::error::Error;
use crate::intake::{Covers, Interval, RecordPosition, StreamIndex};
use crate::protocol::{State, Stats};

/// The STATEs that wait, and what they wait for. The last interval is open: it has no STATE yet.
#[derive(Debug)]
pub struct Checkpoints {
    waiting: VecDeque<WaitingInterval>,
    /// The number of the interval in front.
    first: u64,
    /// By stream: what was released since its last STATE.
    released: Vec<Stats>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct WaitingInterval {
    pending: u64,
    settled: BTreeMap<StreamIndex, Stats>,
    /// The flush with the last row of its records.
    kept_in: Flush,
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
        Self { waiting: VecDeque::from([WaitingInterval::default()]), first: 0, released, bytes: 0 }
    }

    /// A stream that was not known at the beginning.
    pub(super) fn add_stream(&mut self) {
        self.released.push(Stats::default());
    }

    /// The interval of the records that are read now.
    #[must_use]
    pub fn open_interval(&self) -> Interval {
        Interval(self.first + to_u64(self.waiting.len()) - 1)
    }

    /// A record was read.
    ///
    /// # Errors
    /// When it says that it belongs to other records than those that are read now.
    pub fn received(&mut self, position: RecordPosition) -> Result<(), Error> {
        let is_open = position.interval == self.open_interval();
        let Some(open) = self.waiting.back_mut().filter(|_| is_open) else {
            return Err(no_state_waits(position, "came"));
        };
        open.pending += 1;
        Ok(())
    }

    /// A record ended; what is kept of it is in a flush.
    ///
    /// # Errors
    /// When no STATE can count it: its interval waits for no record, or its stream is not known.
    pub fn settle_record(
        &mut self,
        position: RecordPosition,
        is_rejected: bool,
        kept_in: Flush,
    ) -> Result<(), Error> {
        let RecordPosition { stream, interval, line: _ } = position;
        let n_streams = self.released.len();
        let index = interval.0.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        let waiting =
            index.and_then(|index| self.waiting.get_mut(index)).filter(|waiting| waiting.pending > 0);
        let Some(waiting) = waiting.filter(|_| stream.index() < n_streams) else {
            return Err(no_state_waits(position, "ended"));
        };
        waiting.pending -= 1;
        waiting.kept_in = waiting.kept_in.max(kept_in);
        let stats = waiting.settled.entry(stream).or_default();
        if is_rejected {
            stats.rejected += 1;
        } else {
            stats.records += 1;
        }
        Ok(())
    }

    /// A STATE was read: it closes the open interval.
    pub fn close_interval(&mut self, state: State, covers: Covers) {
        self.bytes += state.len();
        if let Some(open) = self.waiting.back_mut() {
            open.state = Some((state, covers));
        }
        self.waiting.push_back(WaitingInterval::default());
    }

    /// Gives the next STATE that may go back, with what ended since the previous one of its scope; `durable` says what
    /// is there for good of what is kept.
    pub fn next_ready(&mut self, durable: Flush) -> Option<(State, Stats)> {
        let front = self.waiting.front_mut()?;
        if front.pending > 0 || front.kept_in > durable {
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

    /// Whether the next STATE waits for nothing but what is kept of its records.
    #[must_use]
    pub fn waits_for_flush(&self, durable: Flush) -> bool {
        let is_settled = |front: &WaitingInterval| front.pending == 0 && front.state.is_some();
        self.waiting.front().is_some_and(|front| is_settled(front) && front.kept_in > durable)
    }

    /// How many records ended well behind which no STATE has gone back.
    #[must_use]
    pub fn n_without_state(&self) -> u64 {
        self.waiting.iter().flat_map(|waiting| waiting.settled.values()).map(|stats| stats.records).sum()
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

fn no_state_waits(position: RecordPosition, what: &str) -> Error {
    let RecordPosition { stream, interval: Interval(interval), line: _ } = position;
    let stream = stream.index();
    Error::Defect(format!(
        "a record of stream {stream} {what} for which no STATE waits (interval {interval})"
    ))
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).expect("a count of things in memory fits into 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(stream: usize, interval: u64) -> RecordPosition {
        RecordPosition { stream: StreamIndex::new(stream), line: 1, interval: Interval(interval) }
    }

    #[test]
    fn a_record_for_which_no_state_waits_is_a_defect() {
        let mut checkpoints = Checkpoints::new(1);
        assert!(checkpoints.received(record(0, 0)).is_ok());
        assert!(
            checkpoints.settle_record(record(1, 0), false, Flush::default()).is_err(),
            "a stream that is not there"
        );
        assert!(
            checkpoints.settle_record(record(0, 0), false, Flush::default()).is_ok(),
            "the record itself"
        );
        assert!(checkpoints.settle_record(record(0, 0), false, Flush::default()).is_err(), "the same again");
        let passed_by = Checkpoints { first: 1, ..Checkpoints::new(1) };
        for (name, mut checkpoints, interval) in
            [("released", passed_by, 0), ("not begun", Checkpoints::new(1), 7)]
        {
            for told in [
                checkpoints.received(record(0, interval)),
                checkpoints.settle_record(record(0, interval), false, Flush::default()),
            ] {
                let told = told.map_err(|error| error.failure_type());
                assert_eq!(told, Err(crate::domain::error::FailureType::System), "{name}");
            }
        }
    }
}
