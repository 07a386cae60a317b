//! What happens before a ledger is used: is it there, is it free, is it ours, is it whole, who was left
//! claimed?

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result, TransactionBehavior};

use super::cooling::HandOvers;
use super::error::{corrupt, ledger_error, no_permission, not_a_ledger};
use super::journal;
use super::listed;
use super::location::{Location, Missing};
use super::log;
use super::meta::{self, HashKey};
use super::schema::{MIGRATIONS, SEALED, Version, migrate};
use super::seal::Seal;
use super::table::{self, People};
use super::watch::{Flaw, Watch};
use crate::ledger::{KeyHasher, LedgerError, LedgerIdentity, LedgerOptions, OpenedLedger};

/// A run that is just ending gives the file up within this time; tests have none that does.
const PATIENCE: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(5) };

/// `EXCLUSIVE` holds the file until the process ends, in whatever way, and needs no shared memory
/// (which network volumes do not have). `FULL` waits for the disk at each commit: with `NORMAL` a power
/// cut takes the last transactions back, claims among them, and the people in them are called again.
/// The cache holds what every look-up touches of millions of contacts (the inner pages); what lies
/// below is in the system's. A merge makes the log long, which is cut when it begins anew.
const SETTINGS: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA cache_size = -4096;
    PRAGMA temp_store = MEMORY;";

/// In a file that is new the first page, which says `WAL`, is written at once and needs no other journal: a
/// process that is killed there would leave one beside an empty file, as if a ledger had been lost. If another
/// process was quicker, the file says `WAL` by then, and this setting is none.
const NEW_SETTINGS: &str = "PRAGMA journal_mode = OFF;";

/// What a ledger is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A run, perhaps the first.
    Run,
    /// A run that is not the first.
    Continue,
    /// To be read, and decided in.
    Inspect,
}

impl Use {
    /// What is to happen where no file is.
    pub(super) fn missing(self) -> Missing {
        match self {
            Self::Run => Missing::Made,
            Self::Continue => Missing::Unexpected,
            Self::Inspect => Missing::Refused,
        }
    }
}

/// A file that SQLite can read, in a transaction of its own.
struct Readable {
    seal: Seal,
    flaw: Option<Flaw>,
}

/// Connects to a file, as its only user.
pub(super) fn connect(place: &Location, shown: &str) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connected = Connection::open_with_flags(place.path(), flags).and_then(|connection| {
        connection.busy_timeout(PATIENCE)?;
        // A log that turns out to be another file's must not get into this one.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let is_readonly = connection.is_readonly("main")?;
        if !is_readonly {
            if place.is_empty() {
                connection.execute_batch(NEW_SETTINGS)?;
            }
            connection.execute_batch(SETTINGS)?;
        }
        Ok((connection, is_readonly))
    });
    let connected = connected.map_err(|error| match ledger_error(shown, &error) {
        LedgerError::Unusable(_) if log::is_foreign(place, None) => log::refuse(place, shown),
        complaint => complaint,
    });
    match connected? {
        (_, true) => Err(no_permission(shown)),
        (connection, false) if connection.path().map(std::path::Path::new) == Some(place.path()) => {
            Ok(connection)
        }
        _ => Err(LedgerError::Unusable(format!(
            "{shown} is not what SQLite opened; set `path` to a plain path"
        ))),
    }
}

/// Examines the ledger in a transaction of its own: what cannot be used stays as it was.
pub(super) fn examine(
    connection: &mut Connection,
    place: &str,
    purpose: Use,
    options: &LedgerOptions,
    hash_key: Option<&str>,
    now: Timestamp,
    mut watch: Option<&mut Watch>,
) -> Result<(OpenedLedger, Seal), LedgerError> {
    let ledger_error = |error| ledger_error(place, &error);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(ledger_error)?;
    let (opened, mut seal) = find(&transaction, place, purpose, options, hash_key, now, watch.as_deref())?;
    if let Some(why) = &opened.list_refusal {
        return Err(LedgerError::Unusable(format!("{place}: {why}")));
    }
    if purpose != Use::Inspect {
        seal.begin(&transaction).map_err(ledger_error)?;
    }
    seal.write(&transaction).map_err(ledger_error)?;
    transaction.commit().map_err(ledger_error)?;
    seal.keep();
    if let Some(watch) = &mut watch {
        // The file says that it is open only when there is a mark that says how far it reaches.
        watch.look(Some(seal.reach))?;
        seal.is_open = purpose != Use::Inspect;
        settle_down(connection, &mut seal).map_err(ledger_error)?;
        watch.look(Some(seal.reach))?;
        watch.sync_next();
    }
    Ok((opened, seal))
}

/// Brings the tables up to date, makes unknown what dead runs left claimed, and refuses what cannot
/// be used, all within the caller's transaction.
pub(super) fn find(
    connection: &Connection,
    place: &str,
    purpose: Use,
    options: &LedgerOptions,
    hash_key: Option<&str>,
    now: Timestamp,
    watch: Option<&Watch>,
) -> Result<(OpenedLedger, Seal), LedgerError> {
    let ledger_error = |error| ledger_error(place, &error);
    let Readable { mut seal, flaw } = read_ledger(connection, place, watch)?;
    if let Some(flaw) = flaw {
        return Err(flaw.refuse(place));
    }
    seal.watch(connection).map_err(ledger_error)?;
    let recovered_unknown = recover(connection, &mut seal, now).map_err(ledger_error)?;
    if !table::any(connection).map_err(ledger_error)? {
        let was_used = meta::was_used(connection).map_err(ledger_error)?;
        refuse_empty(place, purpose, was_used)?;
    }
    let hasher = hasher(connection, place, hash_key, now)?;
    let identity = identity(connection, place, purpose, &options.identity)?;
    let clock = Timestamp::from_millisecond(seal.newest).ok().filter(|newest| *newest > now);
    let rule = options.rules.do_not_call.as_ref();
    let list_refusal = listed::refusal(connection, rule, clock.unwrap_or(now)).map_err(ledger_error)?;
    Ok((OpenedLedger { recovered_unknown, hasher, identity, clock, list_refusal }, seal))
}

/// What a person decided about a file whose loss cannot be undone.
pub(super) fn accept_loss(
    connection: &mut Connection,
    place: &str,
    watch: &mut Watch,
    is_decided: bool,
) -> Result<Option<Flaw>, LedgerError> {
    let ledger_error = |error| ledger_error(place, &error);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(ledger_error)?;
    let Readable { mut seal, flaw } = read_ledger(&transaction, place, Some(watch))?;
    if flaw.is_some() && is_decided {
        seal.watch(&transaction).map_err(ledger_error)?;
        meta::forget_use(&transaction).map_err(ledger_error)?;
        seal.renew(&transaction).map_err(ledger_error)?;
        seal.write(&transaction).map_err(ledger_error)?;
        transaction.commit().map_err(ledger_error)?;
        settle_down(connection, &mut seal).map_err(ledger_error)?;
        watch.renew(seal.reach)?;
    }
    Ok(flaw)
}

/// Reads everything, and makes sure that it belongs together.
fn read_ledger(connection: &Connection, place: &str, watch: Option<&Watch>) -> Result<Readable, LedgerError> {
    let found = read_all(connection, place);
    let Some(watch) = watch else {
        let (seal, is_whole) = found?;
        return Ok(Readable { seal, flaw: (!is_whole).then_some(Flaw::Changed) });
    };
    let sealed = found.as_ref().ok().map(|(seal, is_whole)| (seal, *is_whole));
    watch.refuse_foreign_log(place, sealed)?;
    let (seal, is_whole) = found?;
    let flaw = watch.judge(&seal, is_whole)?;
    Ok(Readable { seal, flaw })
}

/// Makes sure that SQLite can read everything, brings the tables up to date and reads the seal; gives
/// whether all that it seals is there.
fn read_all(connection: &Connection, place: &str) -> Result<(Seal, bool), LedgerError> {
    let ledger_error = |error| ledger_error(place, &error);
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(ledger_error)?;
    if found != "ok" {
        return Err(ledger_error(corrupt(found.lines().last().unwrap_or_default())));
    }
    let was = match migrate(connection, MIGRATIONS).map_err(ledger_error)? {
        Version::Current { was } => was,
        Version::Foreign => return Err(not_a_ledger(place)),
        Version::Newer { made, known } => {
            return Err(LedgerError::Unusable(format!(
                "{place} was made by a newer version (its format is {made}, this program knows {known}); \
                 update this program"
            )));
        }
    };
    Seal::read_seal(connection, was >= SEALED).map_err(ledger_error)
}

/// Brings everything into the file itself: what says that it is open must not be lost with the log.
fn settle_down(connection: &mut Connection, seal: &mut Seal) -> Result<()> {
    // What says that an opening began and what seals it are one.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    seal.write(&transaction)?;
    transaction.commit()?;
    seal.keep();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    trust(connection)
}

/// What is beside the file is its own, so that SQLite may clear it up in the end.
pub(super) fn trust(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Finishes what dead runs left in the journal: nobody else has the file, so no run that lives has
/// claimed anybody.
fn recover(connection: &Connection, seal: &mut Seal, now: Timestamp) -> Result<u64> {
    let (mut n_unknown, mut people, mut hand_overs) = (0, People::new(), HandOvers::default());
    journal::each(connection, |intent| {
        for (claimed, ended) in &intent.contacts {
            journal::note_hand_over(&mut hand_overs, claimed, *ended);
            n_unknown += u64::from(ended.is_none());
            people.extend(intent.row(claimed, *ended).map(|row| (claimed.key, row)));
        }
        Ok(())
    })?;
    table::write_all(connection, &people)?;
    let found = hand_overs.has_under_way().then(|| seal.date(now));
    hand_overs.write(connection, found)?;
    journal::clear(connection)?;
    if n_unknown > 0 {
        meta::mark_as_used(connection)?;
    }
    Ok(n_unknown)
}

fn hasher(
    connection: &Connection,
    place: &str,
    hash_key: Option<&str>,
    now: Timestamp,
) -> Result<KeyHasher, LedgerError> {
    // An empty key would be one that everybody knows.
    let hash_key = hash_key.filter(|hash_key| !hash_key.is_empty());
    match meta::hash_key(connection, hash_key, now).map_err(|error| ledger_error(place, &error))? {
        HashKey::Right(hasher) => Ok(hasher),
        HashKey::Differs => Err(LedgerError::Unusable(format!(
            "{place} was made with another `hash_key`, or with none; set that one again: with this one nobody in \
             it would be recognised, and everybody called again"
        ))),
        HashKey::Absent => {
            Err(LedgerError::Unusable(format!("{place} was made with a `hash_key`; set the same one again")))
        }
    }
}

/// With what the keys of an account are made here, from its first run on.
fn identity(
    connection: &Connection,
    place: &str,
    purpose: Use,
    wanted: &LedgerIdentity,
) -> Result<LedgerIdentity, LedgerError> {
    let ledger_error = |error| ledger_error(place, &error);
    let kept = meta::identities(connection).map_err(ledger_error)?;
    if purpose == Use::Inspect {
        return Ok(wanted.among(&kept).unwrap_or_else(|| wanted.clone()));
    }
    if let Some(why) = wanted.conflict(&kept) {
        return Err(LedgerError::Unusable(format!("{place} {why}")));
    }
    if let Some(known) = wanted.among(&kept) {
        return Ok(known);
    }
    meta::keep_identity(connection, wanted).map_err(ledger_error)?;
    Ok(wanted.clone())
}

fn refuse_empty(place: &str, purpose: Use, was_used: bool) -> Result<(), LedgerError> {
    if was_used && purpose != Use::Inspect {
        return Err(LedgerError::Unusable(format!(
            "{place} was used before but is empty now; restore it from a backup, or delete the file to start \
             over, which may call everybody again"
        )));
    }
    if purpose == Use::Continue {
        return Err(LedgerError::Unusable(format!(
            "{place} is new or empty although `expect_existing` is on; check `path` and that its volume is \
             mounted; if this is the first sync with it, turn `expect_existing` off"
        )));
    }
    Ok(())
}
