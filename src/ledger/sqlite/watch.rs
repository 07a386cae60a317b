//! What a run looks after beside its transactions: that the file stays where it was, and the mark.

use std::io::ErrorKind;

use super::error::no_permission;
use super::location::Location;
use super::log;
use super::mark::{self, Mark, Marked};
use super::reach::Reach;
use super::seal::Seal;
use crate::ledger::LedgerError;

/// Keeps an eye on a ledger's file.
pub(super) struct Watch {
    place: Location,
    mark: Option<Mark>,
}

/// What is wrong with a file that SQLite itself can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Rows are not those that were written.
    Changed,
    /// A run had it open, and what was beside it is missing.
    Torn,
    /// What is beside it belongs to another ledger, or cannot be read.
    Foreign,
    /// It reached further once, or went another way.
    Older,
}

impl Watch {
    /// Begins with a file that was just opened, or will be.
    pub(super) fn new(place: Location) -> Self {
        Self { place: place.opened(), mark: None }
    }

    /// The file is open now.
    pub(super) fn opened(&mut self) {
        self.place = self.place.clone().opened();
    }

    /// What was read may be made of a log that belongs elsewhere.
    pub(super) fn refuse_foreign_log(
        &self,
        shown: &str,
        found: Option<(&Seal, bool)>,
    ) -> Result<(), LedgerError> {
        if log::is_foreign(&self.place, found) { Err(log::refuse(&self.place, shown)) } else { Ok(()) }
    }

    /// A mark that is there must be a file that can be written: otherwise nothing is begun.
    pub(super) fn refuse_bad_mark(&self) -> Result<(), LedgerError> {
        mark::try_out(&self.place.mark()).map_err(|error| self.refuse(&error))
    }

    /// Holds what was read against the mark.
    pub(super) fn judge(&self, seal: &Seal, is_whole: bool) -> Result<Option<Flaw>, LedgerError> {
        let flaw = match mark::read_mark(&self.place.mark()) {
            Err(error) if error.kind() == ErrorKind::InvalidData => Some(Flaw::Foreign),
            Err(error) => return Err(self.refuse(&error)),
            Ok(None) => seal.is_open.then_some(Flaw::Torn),
            Ok(Some(Marked { reach: mark, is_torn })) => match () {
                () if mark.ledger != seal.reach.ledger => Some(Flaw::Foreign),
                // It says that it is open only after a mark of the same opening was written.
                () if seal.is_open && (mark.opening != seal.reach.opening || !seal.has(mark)) => {
                    Some(Flaw::Torn)
                }
                () if !seal.has(mark) => Some(Flaw::Older),
                // What the lost mark was written for may be lost, too.
                () if is_torn && seal.reach.sequence == mark.sequence => Some(Flaw::Foreign),
                () => None,
            },
        };
        Ok(if is_whole { flaw } else { Some(Flaw::Changed) })
    }

    /// A transaction was committed, or something was asked.
    pub(super) fn look(&mut self, committed: Option<Reach>) -> Result<(), LedgerError> {
        let shown = self.place.path().display();
        if !self.place.is_the_same() {
            return Err(LedgerError::Unusable(format!(
                "{shown} was deleted, moved or replaced while this run was using it; what the run wrote last is in \
                 the file that is gone: bring that one back, with what lies beside it, before the next sync, which \
                 may call people again otherwise"
            )));
        }
        committed.map_or(Ok(()), |reach| self.write(reach))
    }

    /// What is committed next opens or ends a run: its mark must outlast a power cut.
    pub(super) fn sync_next(&mut self) {
        if let Some(mark) = &mut self.mark {
            mark.sync_next();
        }
    }

    /// Begins a mark anew, whatever was there.
    pub(super) fn renew(&mut self, reach: Reach) -> Result<(), LedgerError> {
        self.mark = None;
        match std::fs::remove_file(self.place.mark()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.refuse(&error)),
            _ => self.write(reach),
        }
    }

    fn write(&mut self, reach: Reach) -> Result<(), LedgerError> {
        let written = match &mut self.mark {
            Some(mark) => mark.write(reach),
            None => Mark::open(&self.place.mark()).and_then(|mark| self.mark.insert(mark).write(reach)),
        };
        written.map_err(|error| self.refuse(&error))
    }

    fn refuse(&self, error: &std::io::Error) -> LedgerError {
        let mark = self.place.mark();
        let mark = mark.display();
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => no_permission(&mark.to_string()),
            ErrorKind::InvalidInput | ErrorKind::IsADirectory => LedgerError::Unusable(format!(
                "{mark} is no file; move it away, and put the ledger's own there"
            )),
            _ => LedgerError::Unusable(format!(
                "{mark} cannot be read and written: {error}; see that its folder has room, and that no limit for files is \
                 reached"
            )),
        }
    }
}

impl Flaw {
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Changed => "its content is not what was written",
            Self::Torn => "a sync had it open, and what was written last is missing",
            Self::Foreign => "the -mark beside it is damaged, or another ledger's",
            Self::Older => "it lacks what was written here once: a backup, or a copy that went its own way",
        }
    }

    /// What a run says that must not go on with it.
    pub(super) fn refuse(&self, place: &str) -> LedgerError {
        let what = self.what();
        let then = match self {
            Self::Changed => "restore it from a backup",
            Self::Torn => {
                "put its own -wal and -mark back beside it, under its own name, or restore a backup"
            }
            Self::Foreign => "put its own back",
            Self::Older => "bring the newest one back",
        };
        LedgerError::Unusable(format!(
            "{place} is damaged: {what}; {then}; if that cannot be done, `ledger accept-loss` takes it as it is, and \
             whoever it does not know of may be called again"
        ))
    }
}
