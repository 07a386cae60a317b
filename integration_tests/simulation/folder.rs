//! The real ledger in a file, and what happens to its folder between and under runs.
//!
//! A run that is dropped closes its connection, which a process that is killed does not: so the files
//! are read before the drop, and put back as they were after it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use destination_ai_voice::domain::contact::Campaign;
use destination_ai_voice::ledger::sqlite::Sqlite;
use destination_ai_voice::ledger::{
    ClaimEntry, Key, Ledger, LedgerError, LedgerOptions, LedgerRules, RuleKeys,
};
use futures_util::FutureExt;
use jiff::Timestamp;
use tempfile::TempDir;

use crate::accidents::Accident;
use crate::options::{HASH_KEY, options};

/// The files of a ledger: itself, its log and its mark.
const PARTS: [&str; 3] = ["", "-wal", "-mark"];
const MAIN: usize = 0;
const LOG: usize = 1;
const MARK: usize = 2;

/// What the three hold; none where there is no such file.
type Files = [Option<Vec<u8>>; 3];

/// Where the file of a ledger is.
pub(crate) struct Folder {
    home: TempDir,
    path: PathBuf,
    n_places: u32,
    /// Runs die, but nothing happens to the files.
    is_left_alone: bool,
    /// Copies that somebody made between runs.
    copies: Vec<Files>,
    /// What happened to it and is not mended yet.
    accident: Option<Accident>,
    /// A run was refused since.
    is_refused: bool,
    /// A person took what there is, and nobody has looked yet who is missing.
    is_loss_accepted: bool,
    /// What the accident took away: the place, and what was there.
    taken: Vec<(PathBuf, Option<Vec<u8>>)>,
    /// Where the ledger was before it was copied to where it is.
    original: Option<PathBuf>,
    /// Where the file of a run is that lost its place.
    stash: Option<PathBuf>,
}

/// What came of a ledger that was refused.
pub(crate) enum Remedy {
    PutBack,
    LossAccepted,
}

impl Folder {
    pub(crate) fn new(is_left_alone: bool) -> Self {
        // A disk that need not be waited for, where there is one.
        let memory = Path::new("/dev/shm");
        let home = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        let path = home.path().join("ledger.sqlite");
        Self {
            path,
            home,
            n_places: 0,
            is_left_alone,
            copies: Vec::new(),
            accident: None,
            is_refused: false,
            is_loss_accepted: false,
            taken: Vec::new(),
            original: None,
            stash: None,
        }
    }

    /// Opens it for a run; nothing else than an accident is a reason to refuse it.
    pub(crate) fn open(&mut self, options: &LedgerOptions, now: Timestamp) -> Result<Sqlite, LedgerError> {
        let opened = Sqlite::on_the_spot(&self.path, options, Some(HASH_KEY), now);
        match (&opened, self.accident) {
            (Ok(_), _) => self.is_over(),
            (Err(_), Some(_)) => self.is_refused = true,
            (Err(error), None) => panic!("refused, and nothing had happened: {error}"),
        }
        opened.map(|(sqlite, _)| sqlite)
    }

    /// Whether somebody must look who is missing, since a loss was accepted.
    pub(crate) fn take_loss(&mut self) -> bool {
        std::mem::take(&mut self.is_loss_accepted)
    }

    /// What happened did no harm, or is mended.
    fn is_over(&mut self) {
        self.accident = None;
        self.is_refused = false;
        self.taken.clear();
        self.original = None;
        self.stash = None;
    }

    /// Somebody makes a copy, while no run has the ledger.
    pub(crate) fn copy(&mut self) {
        self.copies.push(read(&self.path));
    }

    /// What a process that is killed now leaves.
    pub(crate) fn at_death(&self) -> Files {
        let mut files = read(&self.path);
        if let Some(stash) = &self.stash {
            files[MAIN] = read_file(stash);
        }
        files
    }

    /// The connection is closed; it was not to be.
    pub(crate) fn leave(&self, files: &Files) {
        let main = self.stash.as_ref().unwrap_or(&self.path);
        write(main, files[MAIN].as_deref());
        for part in [LOG, MARK] {
            write(&beside(&self.path, PARTS[part]), files[part].as_deref());
        }
    }

    /// Something happens while no run has the ledger; gives what, if it could.
    pub(crate) fn happen(&mut self, rng: &mut fastrand::Rng) -> Option<Accident> {
        if self.is_left_alone || self.accident.is_some() || !self.path.exists() {
            return None;
        }
        let before = read(&self.path);
        // The first two are often harmless, and only a run that died leaves a log.
        let accident = match rng.u32(0..6) {
            0 => Accident::OlderCopy,
            1 => Accident::BitFlipped,
            2 if before[LOG].is_some() => *rng.choice(&[Accident::LogDeleted, Accident::LogCut])?,
            _ => *rng.choice(Accident::between_runs())?,
        };
        if accident == Accident::CopiedAlone {
            self.n_places += 1;
            let place = self.home.path().join(format!("copy-{}.sqlite", self.n_places));
            write(&place, before[MAIN].as_deref());
            self.original = Some(std::mem::replace(&mut self.path, place));
        } else {
            let after = self.change(accident, before.clone(), rng)?;
            for ((part, before), after) in PARTS.into_iter().zip(before).zip(after) {
                if before != after {
                    let path = beside(&self.path, part);
                    write(&path, after.as_deref());
                    self.taken.push((path, before));
                }
            }
            if self.taken.is_empty() {
                return None;
            }
        }
        self.accident = Some(accident);
        self.accident
    }

    /// What the files are after an accident, if it can happen to them.
    fn change(&self, accident: Accident, mut files: Files, rng: &mut fastrand::Rng) -> Option<Files> {
        match accident {
            Accident::OlderCopy => {
                let [main, log, _] = rng.choice(&self.copies)?.clone();
                files[MAIN] = main;
                files[LOG] = log;
            }
            Accident::LogDeleted => files[LOG] = None,
            Accident::LogCut => {
                let log = files[LOG].as_mut()?;
                log.truncate(rng.usize(0..=log.len()));
            }
            Accident::AnothersLog => files[LOG].clone_from(&another()[LOG]),
            Accident::MarkDeleted => files[MARK] = None,
            Accident::Emptied => files[MAIN] = Some(Vec::new()),
            Accident::Deleted => files[MAIN] = None,
            Accident::AnotherLedger => {
                // Without its mark it could not be told from one that is rightly there.
                files[MARK].as_ref()?;
                files[MAIN].clone_from(&another()[MAIN]);
                files[LOG].clone_from(&another()[LOG]);
            }
            Accident::BitFlipped => {
                let part = if rng.bool() { MAIN } else { rng.usize(0..PARTS.len()) };
                let bytes = files[part].as_mut()?;
                // Most of a page is empty, and nobody misses that.
                let from = rng.usize(0..bytes.len().max(1));
                let at = (from..bytes.len()).find(|at| bytes[*at] != 0)?;
                bytes[at] ^= 1 << rng.u32(0..8);
            }
            _ => return None,
        }
        Some(files)
    }

    /// Something happens while a run has the ledger.
    pub(crate) fn happen_under_a_run(&mut self, rng: &mut fastrand::Rng) -> Option<Accident> {
        if self.is_left_alone || self.accident.is_some() || !self.path.exists() {
            return None;
        }
        let accident = *rng.choice(Accident::under_a_run())?;
        let stash = beside(&self.path, ".stash");
        fs::rename(&self.path, &stash).unwrap();
        if accident == Accident::ReplacedUnderRun {
            let older = rng.choice(&self.copies).and_then(|[main, ..]| main.clone());
            write(&self.path, Some(&older.unwrap_or_default()));
        }
        self.stash = Some(stash);
        self.accident = Some(accident);
        self.accident
    }

    /// What was refused is mended: what was lost is put back, or a person takes what there is.
    pub(crate) fn mend(&mut self, may_accept: bool) -> Option<Remedy> {
        if !self.is_refused {
            return None;
        }
        self.is_refused = false;
        if may_accept && !self.is_loss_accepted {
            let before = read(&self.path);
            if matches!(Sqlite::accept_loss(&self.path, true), Ok(Some(_))) {
                // Should the loss be of a kind that no run can go on with, all of it is put back.
                for (part, before) in PARTS.into_iter().zip(before) {
                    let path = beside(&self.path, part);
                    if self.taken.iter().all(|(taken, _)| *taken != path) {
                        self.taken.push((path, before));
                    }
                }
                self.is_loss_accepted = true;
                return Some(Remedy::LossAccepted);
            }
        }
        self.is_loss_accepted = false;
        self.put_back();
        Some(Remedy::PutBack)
    }

    /// Only what the accident took is put back: a refusal changes nothing.
    pub(crate) fn put_back(&mut self) {
        if let Some(original) = self.original.take() {
            self.path = original;
        }
        for (path, before) in self.taken.drain(..) {
            write(&path, before.as_deref());
        }
        if let Some(stash) = self.stash.take() {
            fs::rename(stash, &self.path).unwrap();
        }
        self.is_over();
    }
}

/// A ledger of somebody else's, whose run died.
fn another() -> &'static Files {
    static ANOTHER: OnceLock<Files> = OnceLock::new();
    ANOTHER.get_or_init(|| {
        let mut folder = Folder::new(false);
        let now = crate::options::beginning();
        let sqlite = folder.open(&options(u64::MAX, 0, LedgerRules::default()), now).unwrap();
        let entry = ClaimEntry {
            key: Key([7; 16]),
            rules: RuleKeys::default(),
            campaign: Campaign::new("another"),
            stream: "another".into(),
            primary_key: "".into(),
        };
        let claimed = sqlite.claim(vec![entry], false, now).now_or_never();
        claimed.expect("an inline ledger answers at once").unwrap();
        folder.at_death()
    })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn read(path: &Path) -> Files {
    PARTS.map(|part| read_file(&beside(path, part)))
}

fn read_file(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// Makes a file hold this, or be away.
fn write(path: &Path, bytes: Option<&[u8]>) {
    match (fs::remove_file(path), bytes) {
        (Err(error), _) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
        (_, Some(bytes)) => fs::write(path, bytes).unwrap(),
        (_, None) => {}
    }
}
