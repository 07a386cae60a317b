//! One stream of a sync that fills the list: a source of it.

use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;
use crate::ledger::list::{LoadKind, Staging};
use crate::protocol::{CatalogStream, Stats};

/// How a source's end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SourceEnd {
    /// The platform will say it, and has not.
    Awaited,
    /// The platform has said it.
    Said,
    /// The platform never says it.
    Unsaid,
}

/// What came of a stream so far.
pub(super) struct Source {
    pub(super) stream: StreamName,
    /// As the list's status shows it.
    pub(super) name: String,
    pub(super) generation_id: i64,
    pub(super) kind: LoadKind,
    end: SourceEnd,
    staged: Option<Staging>,
    /// Since the STATE before.
    pub(super) counted: Stats,
    /// A record or a STATE came.
    came: bool,
    /// Records came behind its last STATE.
    is_open: bool,
    has_state: bool,
    /// Numbers that no configuration could call, or that a condition left out.
    pub(super) n_left_out: u64,
    /// Deletions that do not say whose.
    pub(super) n_nameless: u64,
    /// Rows that may be somebody's whom nobody may call, and cannot be read.
    pub(super) n_unreadable: u64,
    /// All of its rows.
    pub(super) n_read: u64,
}

impl Source {
    pub(super) fn new(stream: &CatalogStream) -> Self {
        let kind = if stream.overwrite { LoadKind::Replace } else { LoadKind::Change };
        let end = if stream.generation_id.is_some() { SourceEnd::Awaited } else { SourceEnd::Unsaid };
        let generation_id = stream.generation_id.unwrap_or_default();
        Self { generation_id, kind, end, ..Self::announced(stream.name.clone()) }
    }

    /// One of a dialect that never says that it replaces.
    pub(super) fn announced(stream: StreamName) -> Self {
        Self {
            name: stream.to_string(),
            stream,
            generation_id: 0,
            kind: LoadKind::Change,
            end: SourceEnd::Unsaid,
            staged: None,
            counted: Stats::default(),
            came: false,
            is_open: false,
            has_state: false,
            n_left_out: 0,
            n_nameless: 0,
            n_unreadable: 0,
            n_read: 0,
        }
    }

    /// A record was read.
    pub(super) fn received(&mut self) {
        (self.came, self.is_open) = (true, true);
        self.n_read += 1;
    }

    /// A STATE that speaks for it was read.
    pub(super) fn stated(&mut self) -> Stats {
        (self.came, self.is_open, self.has_state) = (true, false, true);
        std::mem::take(&mut self.counted)
    }

    /// Where its numbers wait.
    pub(super) fn staging(&mut self) -> Result<&mut Staging, Error> {
        match &mut self.staged {
            Some(staged) => Ok(staged),
            none => Ok(none.insert(Staging::new()?)),
        }
    }

    /// Rows that put nobody onto the list.
    pub(super) fn n_rejected(&self) -> u64 {
        self.n_left_out + self.n_nameless + self.n_unreadable
    }

    /// Takes what waits.
    pub(super) fn take_staged(&mut self) -> Option<Staging> {
        self.staged.take()
    }

    pub(super) fn n_staged(&self) -> u64 {
        self.staged.as_ref().map_or(0, Staging::count)
    }

    /// The platform says that it is complete.
    pub(super) fn completed(&mut self) {
        self.end = SourceEnd::Said;
    }

    /// Whether its source stopped before its end, as far as anybody can see. Half a list must not take the place of a
    /// whole one, so that without the platform's word a STATE must have come behind the last record.
    pub(super) fn has_broken_off(&self) -> bool {
        match (self.end, self.kind) {
            (SourceEnd::Awaited, _) => true,
            (SourceEnd::Said, _) | (SourceEnd::Unsaid, LoadKind::Change) => false,
            (SourceEnd::Unsaid, LoadKind::Replace) => !self.has_state || self.is_open,
        }
    }

    /// Whether the list is as new as this sync: a source that says nothing at all, or stops behind a STATE, may be out
    /// of order.
    pub(super) fn is_whole(&self) -> bool {
        self.end == SourceEnd::Said || self.came && !(self.has_state && self.is_open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a stream, one letter each: a record, a STATE, the platform's word.
    fn source(overwrite: bool, generation_id: Option<i64>, came: &str) -> Source {
        let mut source = Source::new(&CatalogStream { overwrite, generation_id, ..CatalogStream::default() });
        for what in came.chars() {
            match what {
                'r' => source.received(),
                's' => drop(source.stated()),
                _ => source.completed(),
            }
        }
        source
    }

    #[test]
    fn half_a_list_is_never_taken_for_a_whole_one() {
        for (overwrite, says, came, breaks_off, is_whole) in [
            (true, true, "rrs", true, true),
            (true, true, "rrsc", false, true),
            (true, true, "c", false, true),
            (true, false, "rr", true, true),
            (true, false, "rsr", true, false),
            (true, false, "rrs", false, true),
            (true, false, "s", false, true),
            (true, false, "", true, false),
            (false, true, "rs", true, true),
            (false, true, "rsc", false, true),
            (false, true, "c", false, true),
            (false, false, "", false, false),
            (false, false, "s", false, true),
            (false, false, "rr", false, true),
            (false, false, "rsr", false, false),
        ] {
            let source = source(overwrite, says.then_some(1), came);
            let name = format!("overwrite: {overwrite}, the platform says the end: {says}, {came:?}");
            assert_eq!(source.has_broken_off(), breaks_off, "{name}");
            assert!(breaks_off || source.is_whole() == is_whole, "{name}");
        }
    }
}
