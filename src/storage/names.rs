//! What an object is called: as the platform looks for it, and unlike those of other runs.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::format::extension;
use crate::config::{KeepConfig, NameFormat, ObjectStorageConfig, Piece, Variable};
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;

/// A file's name may have 255 bytes; some are for what is added to it.
const LONGEST_STEP: usize = 200;

/// Which run things are put by.
#[derive(Clone, Debug)]
pub struct Run {
    /// The platform's number of the sync; blank where nobody gave one.
    pub sync_id: String,
    /// This attempt's own name.
    pub id: String,
    /// When it began.
    pub started: Timestamp,
}

/// Names for the objects of a run.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) prefix: String,
    pub(super) path: NameFormat,
    pub(super) file: NameFormat,
    pub(super) extension: &'static str,
    pub(super) run: Run,
}

impl Run {
    /// The folder of everything that is put by it, and by other attempts at the same sync.
    pub(super) fn folder(&self) -> String {
        let name = if self.sync_id.is_empty() { &self.id } else { &self.sync_id };
        safe_step(&safe(name).replace('/', "_"))
    }
}

impl Names {
    /// As a configuration wants them, for objects that lie together in a folder; it may be blank.
    pub(super) fn new(
        config: &ObjectStorageConfig,
        keep: &KeepConfig,
        folder: &str,
        run: Run,
    ) -> Result<Self, Error> {
        let (path, file) = keep
            .names()
            .map_err(|(name, why)| Error::config(format!("object_storage_config.{name}"), why))?;
        let prefix = match config {
            ObjectStorageConfig::None | ObjectStorageConfig::Local(_) => folder.to_owned(),
            ObjectStorageConfig::S3(s3) => format!("{}/{folder}", s3.bucket_path),
        };
        Ok(Self { prefix, path, file, extension: extension(keep.format, keep.compression), run })
    }

    /// The folder of everything that is named so, whatever its stream.
    pub(super) fn folder(&self) -> String {
        let is_shared = |piece: &&Piece| {
            !matches!(
                piece,
                Piece::Variable(
                    Variable::Namespace | Variable::StreamName | Variable::Uuid | Variable::PartNumber
                )
            )
        };
        let shared = self.path.pieces().iter().take_while(is_shared);
        let path: String = shared.map(|piece| self.written(piece, &StreamName::default(), 0)).collect();
        // What is behind the last slash goes on otherwise for each.
        self.within(path.rsplit_once('/').map_or("", |(folder, _)| folder))
    }

    /// The name of a part with rows of a stream.
    pub(super) fn of(&self, stream: &StreamName, part: u64) -> String {
        let mut name = self.within(&self.filled(&self.path, stream, part));
        name.push_str(&safe_step(&self.filled(&self.file, stream, part).replace('/', "_")));
        name
    }

    /// A path behind the prefix, which is what the user says it is.
    fn within(&self, path: &str) -> String {
        let steps = |path: &str| path.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        let (prefix, path): (Vec<String>, Vec<String>) = (steps(&self.prefix), steps(path));
        let folders = prefix.into_iter().chain(path.iter().map(|step| safe_step(step)));
        folders.map(|step| step + "/").collect()
    }

    fn filled(&self, format: &NameFormat, stream: &StreamName, part: u64) -> String {
        format.pieces().iter().map(|piece| self.written(piece, stream, part)).collect()
    }

    fn written(&self, piece: &Piece, stream: &StreamName, part: u64) -> String {
        let Run { sync_id, id, started } = &self.run;
        let time = started.to_zoned(TimeZone::UTC);
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Time(letters) => time.strftime(letters).to_string(),
            Piece::Variable(variable) => match variable {
                Variable::SyncId if sync_id.is_empty() => id.clone(),
                Variable::SyncId => safe(sync_id),
                Variable::RunId => id.clone(),
                Variable::Namespace => safe(&stream.namespace),
                Variable::StreamName => safe(&stream.name),
                Variable::Epoch => started.as_millisecond().to_string(),
                Variable::Micros => started.as_microsecond().to_string(),
                Variable::Millisecond => format!("{:03}", started.as_millisecond().rem_euclid(1000)),
                Variable::Uuid => uuid(),
                Variable::PartNumber => part.to_string(),
                Variable::FormatExtension => self.extension.to_owned(),
            },
        }
    }
}

/// The characters that the platform leaves in names: accents are taken off, what else is no plain
/// character becomes an underscore.
fn safe(name: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "/!_.*')(&$@=;:+,?-".contains(c);
    let plain = name.nfkd().filter(|c| !is_combining_mark(*c));
    plain.map(|c| if is_safe(c) { c } else { '_' }).collect()
}

/// A folder or a file that is one: a stream's name may not lead out of its folder.
fn safe_step(step: &str) -> String {
    if step.bytes().all(|byte| byte == b'.') {
        return "_".repeat(step.len());
    }
    let end = (0..=step.len().min(LONGEST_STEP)).rev().find(|end| step.is_char_boundary(*end));
    step.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}

/// Another name in the same folder, for when the first one is taken.
pub(super) fn beside(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    let (stem, extension) = file.find('.').map_or((file, ""), |dot| file.split_at(dot));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{stem}_{:08x}{extension}", fastrand::u32(..))
}

/// A name that was drawn by chance.
pub(super) fn uuid() -> String {
    let (high, low) = (fastrand::u64(..), fastrand::u64(..));
    // Version 4, variant 1 (RFC 9562).
    let (high, low) = (high & !0xF000 | 0x4000, low & !(0xC000 << 48) | 0x8000 << 48);
    let part = |of: u64, from: u32, bits: u32| of >> from & ((1 << bits) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(high, 32, 32),
        part(high, 16, 16),
        part(high, 0, 16),
        part(low, 48, 16),
        part(low, 0, 48)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, file: &str, sync_id: &str) -> Names {
        let keep = KeepConfig {
            path_format: path.to_owned(),
            file_name_format: file.to_owned(),
            ..KeepConfig::default()
        };
        let (path, file) = keep.names().unwrap();
        let run = Run {
            sync_id: sync_id.to_owned(),
            id: "run-7".to_owned(),
            started: "2026-11-22T10:33:12.345Z".parse().unwrap(),
        };
        Names { prefix: "/rejects//voice/".to_owned(), path, file, extension: ".csv", run }
    }

    #[test]
    fn an_object_is_called_as_the_platform_looks_for_it() {
        let stream =
            |namespace: &str, name: &str| StreamName { namespace: namespace.into(), name: name.into() };
        let default = "rejects/voice/41/crm/people/2026_11_22_1795343592345_3.csv";
        for (path, file, sync_id, of, want) in [
            ("", "", "41", stream("crm", "people"), default),
            ("", "", "41", stream("", "people"), "rejects/voice/41/people/2026_11_22_1795343592345_3.csv"),
            ("", "", "", stream("", "s"), "rejects/voice/run-7/s/2026_11_22_1795343592345_3.csv"),
            ("{stream_name}", "x", "41", stream("", "Khách hàng nợ"), "rejects/voice/Khach_hang_no/x"),
            ("{stream_name}", "x", "41", stream("", "电话 a#b&c"), "rejects/voice/___a_b&c/x"),
            ("{stream_name}", "x", "41", stream("", "../../etc/./p"), "rejects/voice/__/__/etc/_/p/x"),
            (
                "${YEAR}/${month}-{day}",
                "{hour}{minute}{second}{millisecond}",
                "",
                stream("", ""),
                "rejects/voice/2026/11-22/103312345",
            ),
            (
                "{sync_id}",
                "{date:yyyy-MM}{run_id}",
                "../x",
                stream("", ""),
                "rejects/voice/__/x/2026-11run-7",
            ),
            ("", "{stream_name}", "1", stream("", "a/b"), "rejects/voice/1/a/b/a_b"),
        ] {
            let names = names(path, file, sync_id);
            assert_eq!(names.of(&of, 3), want);
            assert!(want.starts_with(&names.folder()), "{want}: {}", names.folder());
        }
    }

    #[test]
    fn a_name_that_is_taken_gives_way_to_another_in_its_folder() {
        for (name, start, end) in
            [("a.b/c_0.csv.gz", "a.b/c_0_", ".csv.gz"), ("report", "report_", ""), ("a/.x", "a/_", ".x")]
        {
            let other = beside(name);
            assert!(other.starts_with(start) && other.ends_with(end) && other.len() > name.len(), "{other}");
        }
    }

    #[test]
    fn a_uuid_is_one() {
        let drawn = uuid();
        assert!(crate::phone::is_uuid(&drawn), "{drawn}");
        assert_eq!(drawn.as_bytes()[14], b'4', "{drawn}");
        assert!(b"89ab".contains(&drawn.as_bytes()[19]), "{drawn}");
    }
}
