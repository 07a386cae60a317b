//! Where a ledger's file is: one path, which means the same to us and to SQLite.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::error::no_permission;
use crate::ledger::LedgerError;

/// What SQLite keeps beside a file while it is used, and what this program does.
const LOG: &str = "-wal";
const JOURNAL: &str = "-journal";
const MARK: &str = "-mark";

/// As many as Linux follows.
const MOST_LINKS: usize = 40;

/// What is to happen where no file is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// One is made.
    Made,
    /// A run was to find one.
    Unexpected,
    /// A person asks of one.
    Refused,
}

/// A regular file that is there.
#[derive(Clone)]
pub(super) struct Location {
    /// Absolute and without links, so that nothing in it has a meaning of its own for SQLite.
    path: PathBuf,
    identity: FileIdentity,
}

/// Tells a file from another one that takes its path.
type FileIdentity = (u64, u64);

impl Location {
    /// Finds the file, or makes it.
    pub(super) fn locate(path: &Path, shown: &str, missing: Missing) -> Result<Self, LedgerError> {
        refuse_notation(path)?;
        let unreadable = |error: Error| match error.kind() {
            ErrorKind::PermissionDenied => no_permission(shown),
            _ => LedgerError::Unusable(format!("{shown} cannot be opened: {error}; check `path`")),
        };
        let path = &destination(path);
        refuse_long_name(path, shown)?;
        match fs::metadata(path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                refuse_remains(path)?;
                missing.make(path, shown)?;
            }
            Err(error) => return Err(unreadable(error)),
        }
        let path = fs::canonicalize(path).map_err(unreadable)?;
        let metadata = fs::metadata(&path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(LedgerError::Unusable(format!("{shown} is a folder; set `path` to a file in it")));
        }
        if !metadata.is_file() {
            return Err(LedgerError::Unusable(format!(
                "{shown} is no file; set `path` to a file of its own"
            )));
        }
        if metadata.len() == 0 {
            refuse_remains(&path)?;
        }
        if has_content(&beside(&path, JOURNAL)) {
            return Err(LedgerError::Unusable(format!(
                "{shown} has a file beside it that is not its own, {}; if another copy of the ledger left it, \
                 remove it",
                beside(&path, JOURNAL).display()
            )));
        }
        Ok(Self { identity: identity(&metadata), path })
    }

    /// Whether a ledger may begin at a path where no file is.
    pub(super) fn vacant(path: &Path, shown: &str) -> Result<(), LedgerError> {
        refuse_notation(path)?;
        refuse_long_name(path, shown)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if !folder.unwrap_or(Path::new(".")).is_dir() {
            return Err(no_folder(shown));
        }
        refuse_remains(path)
    }

    /// Where a file is, or would be made, without links; nothing where that cannot be.
    pub(super) fn really(path: &Path) -> Option<PathBuf> {
        refuse_notation(path).ok()?;
        let path = &destination(path);
        fs::canonicalize(path).ok().or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Some(fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?.join(path.file_name()?))
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is one that nobody has written to.
    pub(super) fn is_empty(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() == 0)
    }

    pub(super) fn log(&self) -> PathBuf {
        beside(&self.path, LOG)
    }

    pub(super) fn has_log(&self) -> bool {
        has_content(&self.log())
    }

    pub(super) fn mark(&self) -> PathBuf {
        beside(&self.path, MARK)
    }

    /// The file is open now: in a layered file system it may have become another one by that.
    pub(super) fn opened(mut self) -> Self {
        if let Ok(metadata) = fs::metadata(&self.path) {
            self.identity = identity(&metadata);
        }
        self
    }

    /// Whether the path still leads to the file that was opened.
    pub(super) fn is_the_same(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| identity(&metadata) == self.identity)
    }
}

impl Missing {
    fn make(self, path: &Path, shown: &str) -> Result<(), LedgerError> {
        let then = match self {
            Self::Made => return make_file(path, shown),
            Self::Unexpected => "; if this is the first sync with it, turn `expect_existing` off",
            Self::Refused => "; the first sync makes it",
        };
        Err(LedgerError::Unusable(format!(
            "there is none at {shown}; check `path` and that its volume is mounted{then}"
        )))
    }
}

/// Where a link leads to, also if nothing is there yet.
pub(super) fn destination(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else { break };
        path = path.parent().map_or(next.clone(), |folder| folder.join(&next));
    }
    path
}

/// What SQLite would read as something else than a path, and what cannot be a file.
fn refuse_notation(path: &Path) -> Result<(), LedgerError> {
    let text = path.as_os_str().as_encoded_bytes();
    let why = if text.trim_ascii().is_empty() {
        "is blank"
    } else if text.first() == Some(&b':')
        || text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"file:"))
    {
        "is SQLite's notation for something else than a file's path"
    } else if text.last().is_some_and(|last| std::path::is_separator(char::from(*last))) {
        "ends as a folder's does"
    } else {
        return Ok(());
    };
    let example = "such as /local/ai-voice/ledger.sqlite";
    Err(LedgerError::Unusable(format!("`path` {why}; set it to the path of a file, {example}")))
}

/// What lies beside a ledger has a longer name than it.
fn refuse_long_name(path: &Path, shown: &str) -> Result<(), LedgerError> {
    let is_too_long = |suffix| {
        let found = fs::symlink_metadata(beside(path, suffix));
        found.is_err_and(|error| error.kind() == ErrorKind::InvalidFilename)
    };
    if ![LOG, MARK].into_iter().any(is_too_long) {
        return Ok(());
    }
    Err(LedgerError::Unusable(format!(
        "the name of {shown} is too long for what lies beside it (-wal, -mark); set `path` to a shorter one"
    )))
}

/// A ledger was here if something of it still is: it must not begin anew by mistake.
fn refuse_remains(path: &Path) -> Result<(), LedgerError> {
    let remains = [LOG, JOURNAL, MARK].map(|suffix| beside(path, suffix));
    let Some(left) = remains.iter().find(|path| has_content(path)) else { return Ok(()) };
    Err(LedgerError::Unusable(format!(
        "the ledger at {} is gone or empty, and {} of it is left; bring it back, or restore it from a backup; to \
         begin anew, which may call everybody again, remove what is left of it, too",
        path.display(),
        left.display()
    )))
}

/// Makes an empty file that only its owner can read: the hash key is in it.
///
/// A file that is there is not touched: closing it here would release the locks that another
/// connection of this process has on it.
fn make_file(path: &Path, shown: &str) -> Result<(), LedgerError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let Err(error) = options.open(path) else { return Ok(()) };
    match error.kind() {
        ErrorKind::AlreadyExists => Ok(()),
        ErrorKind::NotFound => Err(no_folder(shown)),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Err(no_permission(shown)),
        _ => Err(LedgerError::Unusable(format!("{shown} cannot be made: {error}"))),
    }
}

fn no_folder(shown: &str) -> LedgerError {
    LedgerError::Unusable(format!(
        "the folder of {shown} does not exist; create it, or check that its volume is mounted"
    ))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> FileIdentity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere a file that is used cannot be deleted or replaced.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> FileIdentity {
    (0, 0)
}
