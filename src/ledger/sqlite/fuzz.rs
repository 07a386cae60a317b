//! Whatever is done to the files of a ledger, it is refused, or remembers everybody.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::Sqlite;
use crate::domain::contact::Campaign;
use crate::ledger::{
    ClaimEntry, ContactStatus, Key, Ledger, LedgerError, LedgerIdentity, LedgerOptions, LedgerRules,
    NumberKind, RuleKeys, Scope, Settlement,
};
use crate::phone::WireFormat;

const N_PEOPLE: u8 = 60;

/// The ledger, its log, its mark, a journal of another program's.
const FILES: [&str; 4] = ["ledger.db", "ledger.db-wal", "ledger.db-mark", "ledger.db-journal"];

/// A bound for what one input may do.
const MOST_CHANGES: usize = 8;

/// Names and bytes.
type Files = Vec<(&'static str, Vec<u8>)>;

/// The files of two ledgers: of one whose run was killed, and of one that was closed after it.
static FOUND: OnceLock<[Files; 2]> = OnceLock::new();

/// A byte chooses the ledger; then changes of six bytes each: a file and a deed, a place (three), how much, a value.
pub(crate) fn files(data: &[u8]) {
    let Some((which, deeds)) = data.split_first() else { return };
    let [killed, closed] = FOUND.get_or_init(make);
    let folder = Folder::new();
    for (name, bytes) in if which % 2 == 0 { killed } else { closed } {
        folder.write(name, bytes);
    }
    for deed in deeds.chunks_exact(6).take(MOST_CHANGES) {
        folder.change(deed);
    }
    for attempt in 0..2 {
        match Sqlite::on_the_spot(&folder.file(), &options("next", true), None, now()) {
            Err(LedgerError::Unusable(_)) => {}
            Err(error) => unreachable!("attempt {attempt}: {error}"),
            Ok((ledger, _)) => {
                let keys = (0..N_PEOPLE).map(|n| key(n).into()).collect();
                // What is found later may still be refused.
                if let Ok(statuses) = wait(ledger.status_of(keys, now())) {
                    let is_forgotten = statuses.contains(&ContactStatus::Free);
                    assert!(!is_forgotten, "attempt {attempt}: somebody is forgotten: {statuses:?}");
                }
            }
        }
    }
}

fn make() -> [Files; 2] {
    let folder = Folder::new();
    let open =
        |run| Sqlite::on_the_spot(&folder.file(), &options(run, false), None, now()).expect("it opens").0;
    let send = |ledger: &Sqlite, people: std::ops::Range<u8>, settlement: &Settlement| {
        wait(ledger.claim(people.clone().map(entry).collect(), false, now())).expect("they are free");
        let settlements = people.map(|n| (entry(n), settlement.clone())).collect();
        wait(ledger.settle(settlements, now())).expect("they are claimed");
    };
    let accepted = Settlement::Accepted { contact_id: None };
    let first = open("first");
    send(&first, 0..30, &accepted);
    wait(first.close()).expect("it closes");
    drop(first);
    let second = open("second");
    send(&second, 30..45, &accepted);
    send(&second, 45..55, &Settlement::Unknown);
    wait(second.claim((55..N_PEOPLE).map(entry).collect(), false, now())).expect("they are free");
    let killed = folder.read();
    drop(second);
    wait(open("third").close()).expect("it closes");
    [killed, folder.read()]
}

fn now() -> Timestamp {
    Timestamp::from_second(1_750_000_000).expect("a moment of our days")
}

fn options(run: &str, expect_existing: bool) -> LedgerOptions {
    let account = "itnio/INVENTED".to_owned();
    LedgerOptions {
        run: run.to_owned(),
        identity: LedgerIdentity { account, scope: Scope::Campaign, numbers: NumberKind::Phone },
        phone_format: WireFormat::Digits,
        call_again_after_days: 0,
        expect_existing,
        rules: LedgerRules::default(),
    }
}

fn key(n: u8) -> Key {
    Key([n.wrapping_mul(37); 16])
}

fn entry(n: u8) -> ClaimEntry {
    ClaimEntry {
        key: key(n),
        rules: RuleKeys::default(),
        campaign: Campaign::new("spring"),
        stream: "public.customers".into(),
        primary_key: format!("[{n}]").into(),
    }
}

/// On the spot everything is done when it is asked.
fn wait<T>(asked: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without I/O");
    runtime.block_on(asked)
}

/// A folder of one input, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ai-voice-fuzz-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("there is room for a folder");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("ledger.db")
    }

    fn read(&self) -> Files {
        FILES.into_iter().filter_map(|name| Some((name, fs::read(self.0.join(name)).ok()?))).collect()
    }

    fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("there is room for a ledger");
    }

    /// Overwrites, flips, cuts, lengthens, removes, or copies one file over another.
    fn change(&self, deed: &[u8]) {
        let &[what, high, middle, low, n_bytes, value] = deed else { return };
        let name = FILES.get(usize::from(what % 4)).copied().unwrap_or_default();
        let path = self.0.join(name);
        let mut bytes = fs::read(&path).unwrap_or_default();
        let place = u32::from_be_bytes([0, high, middle, low]);
        let place = usize::try_from(place).unwrap_or_default() % (bytes.len() + 1);
        let end = bytes.len().min(place + usize::from(n_bytes));
        match what >> 2 & 7 {
            0 => bytes.get_mut(place..end).into_iter().flatten().for_each(|byte| *byte = value),
            1 => bytes.get_mut(place..end).into_iter().flatten().for_each(|byte| *byte ^= value),
            2 => bytes.truncate(place),
            3 => bytes.resize(bytes.len() + usize::from(n_bytes), value),
            4 => drop(bytes.drain(place..end)),
            5 => {
                let other = FILES.get(usize::from(value % 4)).copied().unwrap_or_default();
                bytes = fs::read(self.0.join(other)).unwrap_or_default();
            }
            _ => return fs::remove_file(&path).unwrap_or_default(),
        }
        self.write(name, &bytes);
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}
