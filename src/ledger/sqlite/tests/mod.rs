//! The suite on a file, with its thread, and in memory, without; and what only SQLite has.

mod accidents;
mod clocks;
mod copies;
mod files;
mod forgetting;
mod groups;
mod lost_marks;
mod merging;
mod probing;
mod refusals;
mod viewing;

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::ledger::suite::{self, Home, ledger_suite};
use crate::ledger::{RuleKeys, Scope};

/// A folder of one test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("ai-voice-ledger-{}-{:x}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("ledger.db")
    }
}

/// A folder with the same files: what a killed process leaves.
fn copy(folder: &Path) -> Folder {
    let left = Folder::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), left.0.join(file.file_name())).unwrap();
    }
    left
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

impl Home for Folder {
    type Ledger = Sqlite;
    type Records = Sqlite;
    const SHARED: bool = false;

    async fn open(&self, options: LedgerOptions, now: Timestamp) -> Result<Sqlite, LedgerError> {
        Sqlite::open(&self.file(), &options, None, now).map(|(ledger, _)| ledger)
    }

    async fn inspect(&self, identity: LedgerIdentity) -> Sqlite {
        Sqlite::inspect(&self.file(), &identity, None).unwrap().0
    }

    async fn kill(&self, ledger: Sqlite) {
        drop(ledger);
    }
}

impl Home for Memory {
    type Ledger = Sqlite;
    type Records = Sqlite;
    const SHARED: bool = false;

    async fn open(&self, options: LedgerOptions, now: Timestamp) -> Result<Sqlite, LedgerError> {
        Sqlite::in_memory(self, &options, Some("a simulation's"), now).map(|(ledger, _)| ledger)
    }

    async fn inspect(&self, identity: LedgerIdentity) -> Sqlite {
        Sqlite::in_memory(
            self,
            &LedgerOptions { identity, ..suite::options("a person's") },
            Some("a simulation's"),
            suite::day(0),
        )
        .unwrap()
        .0
    }

    async fn kill(&self, ledger: Sqlite) {
        drop(ledger);
    }
}

/// A folder whose ledger is merged when its journal holds so many contacts.
struct Merging(Folder, usize);

impl Home for Merging {
    type Ledger = Sqlite;
    type Records = Sqlite;
    const SHARED: bool = false;

    async fn open(&self, options: LedgerOptions, now: Timestamp) -> Result<Sqlite, LedgerError> {
        let journal = Size { n_contacts: self.1, ..LARGEST_JOURNAL };
        Sqlite::open_with(&self.0.file(), &options, None, now, journal).map(|(ledger, _)| ledger)
    }

    async fn inspect(&self, identity: LedgerIdentity) -> Sqlite {
        Sqlite::inspect(&self.0.file(), &identity, None).unwrap().0
    }

    async fn kill(&self, ledger: Sqlite) {
        drop(ledger);
    }
}

mod in_a_file {
    use super::*;
    ledger_suite! { Folder::new() }
}

mod merging_all_the_time {
    use super::*;
    ledger_suite! { Merging(Folder::new(), 0) }
}

mod in_memory {
    use super::*;
    ledger_suite! { Memory::new().unwrap() }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_in_memory_is_as_the_model_says(steps in suite::plan()) {
        run(suite::follows_the_model(&Memory::new().unwrap(), &steps));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_in_a_file_is_as_the_model_says(steps in suite::plan(), n_journaled in 0..20_usize) {
        run(suite::follows_the_model(&Merging(Folder::new(), n_journaled), &steps));
    }
}
