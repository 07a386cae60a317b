//! A small file beside the ledger that says how far the ledger reaches.
//!
//! What a run commits is in SQLite's log first. A log that is lost or cut leaves an older ledger that
//! is whole in itself; only a second witness knows that there was more. The mark is written after each
//! commit and never before it, so a ledger may reach further than its mark, but never less far.
//!
//! A process that dies leaves every mark that it wrote. To wait for the disk after each would double
//! what a batch costs, so a power cut may take back the marks of the last second, which matters only
//! if it cuts the log, too.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::reach::Reach;

/// The two last marks: while one is written, the other is whole. A sector is written at once.
const SLOTS: [usize; 2] = [0, 512];
const LENGTH: usize = FIRST_LENGTH + 8;
/// Of the first version, which knew of no openings.
const FIRST_LENGTH: usize = 16 + 8 + 8;

const SYNC_EVERY: Duration = Duration::from_secs(1);

/// By then both slots have been written, whatever version began.
const BOTH_WRITTEN: i64 = 2;

/// The file, open to be written.
pub(super) struct Mark {
    file: File,
    is_new: bool,
    synced: Option<Instant>,
}

/// What a mark says.
pub(super) struct Marked {
    /// How far the ledger reaches at least.
    pub(super) reach: Reach,
    /// A later mark was there, or may have been, and cannot be read: the ledger reaches further.
    pub(super) is_torn: bool,
}

impl Mark {
    /// Opens the file for writing, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let is_made = !path.exists();
        let file = options.open(path)?;
        if is_made && let Some(folder) = path.parent().filter(|_| cfg!(unix)) {
            File::open(folder)?.sync_all()?;
        }
        let is_new = file.metadata()?.len() == 0;
        Ok(Self { file, is_new, synced: None })
    }

    /// Says how far the ledger reaches.
    pub(super) fn write(&mut self, reach: Reach) -> io::Result<()> {
        let [even, odd] = SLOTS;
        if self.is_new {
            // Into both slots at once: from here on, one that cannot be read tells of a mark that is lost.
            let mut slots = vec![0; odd];
            slots.splice(even..LENGTH, pack(reach));
            slots.extend(pack(reach));
            self.file.rewind()?;
            self.file.write_all(&slots)?;
            self.is_new = false;
        } else {
            let slot = if reach.sequence % 2 == 0 { even } else { odd };
            self.file.seek(SeekFrom::Start(u64::try_from(slot).unwrap_or_default()))?;
            self.file.write_all(&pack(reach))?;
        }
        if self.synced.is_none_or(|synced| synced.elapsed() >= SYNC_EVERY) {
            self.file.sync_data()?;
            self.synced = Some(Instant::now());
        }
        Ok(())
    }

    /// The next mark is on the disk when it is written.
    pub(super) fn sync_next(&mut self) {
        self.synced = None;
    }
}

/// Opens a mark that is there as it will be opened, and leaves it as it is.
pub(super) fn try_out(path: &Path) -> io::Result<()> {
    if is_there(path)? {
        drop(OpenOptions::new().read(true).write(true).open(path)?);
    }
    Ok(())
}

/// Whether there is a mark. To open what is no file may have no end.
fn is_there(path: &Path) -> io::Result<bool> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(io::Error::from(ErrorKind::InvalidInput)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a mark says; nothing where there is none, and an error where none can be read.
/// An empty file is none: whoever made it died before the first mark.
pub(super) fn read_mark(path: &Path) -> io::Result<Option<Marked>> {
    if !is_there(path)? {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(1_024).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let slots = SLOTS.map(|start| {
        let slot = bytes.get(start..).unwrap_or_default();
        slot.get(..LENGTH).unwrap_or(slot)
    });
    let newest = slots.into_iter().filter_map(unpack).max_by_key(|reach| reach.sequence);
    let reach = newest.ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
    let is_lost = |slot: &[u8]| {
        // The first version wrote into one of them at first.
        let is_blank = slot.iter().all(|byte| *byte == 0);
        unpack(slot).is_none() && !(is_blank && reach.sequence < BOTH_WRITTEN)
    };
    Ok(Some(Marked { reach, is_torn: slots.into_iter().any(is_lost) }))
}

fn pack(reach: Reach) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let (said, check) = bytes.split_at_mut(LENGTH - 8);
    let (ledger, rest) = said.split_at_mut(16);
    let (sequence, opening) = rest.split_at_mut(8);
    ledger.copy_from_slice(&reach.ledger);
    sequence.copy_from_slice(&reach.sequence.to_le_bytes());
    opening.copy_from_slice(&reach.opening.to_le_bytes());
    check.copy_from_slice(&blake3::hash(said).as_bytes()[..8]);
    bytes
}

fn unpack(bytes: &[u8]) -> Option<Reach> {
    let ledger = *bytes.first_chunk()?;
    let sequence = i64::from_le_bytes(*bytes.get(16..)?.first_chunk()?);
    let opening = i64::from_le_bytes(*bytes.get(24..)?.first_chunk()?);
    let reach = Reach { ledger, sequence, opening };
    if bytes.first_chunk::<LENGTH>() == Some(&pack(reach)) {
        return Some(reach);
    }
    let (said, check) = bytes.first_chunk::<FIRST_LENGTH>()?.split_at(FIRST_LENGTH - 8);
    (blake3::hash(said).as_bytes()[..8] == *check).then_some(Reach { opening: Reach::NO_OPENING, ..reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_by_this_version_and_by_the_first() {
        let reach = Reach { ledger: [7; 16], sequence: 300, opening: -5 };
        let mut first = pack(reach)[..FIRST_LENGTH - 8].to_vec();
        first.extend_from_slice(&blake3::hash(&first).as_bytes()[..8]);
        let of_first = Reach { opening: Reach::NO_OPENING, ..reach };
        for (name, bytes, want) in [("this", pack(reach).to_vec(), reach), ("the first", first, of_first)] {
            assert_eq!(unpack(&bytes), Some(want), "{name}");
            for place in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1;
                assert_eq!(unpack(&damaged), None, "{name}, {place}");
            }
        }
    }
}
