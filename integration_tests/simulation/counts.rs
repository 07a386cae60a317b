//! What happened in some seeds, and whether that was enough for the checks to mean something.

use std::fmt;

use crate::accidents::Accident;

/// What happened in some seeds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) people: u64,
    pub(crate) calls: u64,
    pub(crate) runs: u64,
    pub(crate) crashes: u64,
    pub(crate) failures: u64,
    pub(crate) overlaps: u64,
    pub(crate) sqlite: u64,
    pub(crate) files: u64,
    pub(crate) unknown: u64,
    pub(crate) faults: u64,
    pub(crate) panics: u64,
    /// Rejected records that were put somewhere.
    pub(crate) rejects: u64,
    /// Runs that began with a clock that is wrong.
    pub(crate) wrong_clocks: u64,
    /// People who were called again when their days had passed.
    pub(crate) called_again: u64,
    /// Runs that left people for the next one.
    pub(crate) at_limit: u64,
    /// Runs that stopped because of the window.
    pub(crate) outside_window: u64,
    /// What happened to files, in the order of `Accident::ALL`.
    pub(crate) accidents: [u64; Accident::ALL.len()],
    /// Ledgers that were refused for what had happened to them.
    pub(crate) refused: u64,
    /// Those of them that a person took as they were.
    pub(crate) losses_accepted: u64,
    /// Those of them that were put back, and used.
    pub(crate) put_back: u64,
    /// Whom a rule of calling kept back.
    pub(crate) kept_back: u64,
}

/// Of these each thousand seeds have many.
const MANY: u64 = 100;
/// Of these, which only some of the seeds can have, a few.
const A_FEW: u64 = 1;

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.people += other.people;
        self.calls += other.calls;
        self.runs += other.runs;
        self.crashes += other.crashes;
        self.failures += other.failures;
        self.overlaps += other.overlaps;
        self.sqlite += other.sqlite;
        self.files += other.files;
        self.unknown += other.unknown;
        self.faults += other.faults;
        self.panics += other.panics;
        self.rejects += other.rejects;
        self.wrong_clocks += other.wrong_clocks;
        self.called_again += other.called_again;
        self.at_limit += other.at_limit;
        self.outside_window += other.outside_window;
        for (count, more) in self.accidents.iter_mut().zip(other.accidents) {
            *count += more;
        }
        self.refused += other.refused;
        self.losses_accepted += other.losses_accepted;
        self.put_back += other.put_back;
        self.kept_back += other.kept_back;
    }
}

impl Counts {
    pub(crate) fn note(&mut self, accident: Accident) {
        let at = Accident::ALL.iter().position(|one| *one == accident).unwrap();
        self.accidents[at] += 1;
    }

    /// Whether enough went wrong for the checks to mean something.
    pub(crate) fn is_eventful(&self) -> bool {
        let many = [
            self.crashes,
            self.failures,
            self.overlaps,
            self.sqlite,
            self.unknown,
            self.faults,
            self.rejects,
            self.wrong_clocks,
            self.called_again,
            self.kept_back,
            self.at_limit,
            self.outside_window,
        ];
        let some = [self.panics, self.refused, self.losses_accepted, self.put_back];
        let is_above = |least| move |count: &u64| *count > least;
        many.iter().all(is_above(MANY)) && some.iter().chain(&self.accidents).all(is_above(A_FEW))
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, people, calls, runs, crashes, failures, overlaps, sqlite, files, .. } = self;
        let Self { unknown, faults, panics, rejects, wrong_clocks, called_again, .. } = self;
        let Self { refused, losses_accepted, put_back, kept_back, at_limit, outside_window, .. } = self;
        write!(
            f,
            "{records} records, {people} people, {calls} calls, {called_again} of them again after days; {runs} runs, \
             {crashes} crashed, {failures} failed, {wrong_clocks} began with a wrong clock; {overlaps} seeds with \
             overlapping runs, {sqlite} with SQLite in memory, {files} in a file; {faults} faults, {panics} panics, \
             {unknown} people of whom nobody can say, {rejects} rejected records put, {kept_back} kept back by a rule; {at_limit} runs at a limit, {outside_window} outside of the window; {refused} ledgers refused, {put_back} put back, \
             {losses_accepted} losses accepted;"
        )?;
        for (accident, count) in Accident::ALL.iter().zip(self.accidents) {
            write!(f, " {accident:?} {count}")?;
        }
        Ok(())
    }
}
