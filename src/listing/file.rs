//! A file that fills the list: CSV with a header, or a JSON object on each line.

use std::io::{BufRead, BufReader, Read};

use super::row::{Passed, judge};
use crate::domain::error::Error;
use crate::domain::outcome::Outcome;
use crate::ledger::KeyMaker;
use crate::ledger::list::Staging;
use crate::nearest::nearest;
use crate::phone::{PhoneInput, PhoneRules, region, shown};
use crate::protocol::{self, Object};

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Csv,
    Jsonl,
}

/// A line that is longer is no row.
const MAX_LINE_BYTES: u64 = 1 << 20;

const MARK: &str = "\u{feff}";

/// What reads a list's rows.
pub(crate) struct ListFile<'a> {
    pub(crate) format: FileFormat,
    /// Which column holds the number.
    pub(crate) column: &'a str,
    /// Which one holds its country; blank where none does.
    pub(crate) region_column: &'a str,
    pub(crate) rules: &'a PhoneRules,
    pub(crate) keys: &'a KeyMaker,
}

impl ListFile<'_> {
    /// Reads all rows; gives the numbers, and how many rows hold one that is never called.
    ///
    /// # Errors
    /// At the first row that cannot be read.
    pub(crate) fn read(&self, input: impl Read) -> Result<(Staging, u64), Error> {
        let mut rows = Rows { file: self, staged: Staging::new()?, n_left_out: 0 };
        match self.format {
            FileFormat::Csv => rows.csv(input)?,
            FileFormat::Jsonl => rows.jsonl(BufReader::new(input))?,
        }
        Ok((rows.staged, rows.n_left_out))
    }
}

struct Rows<'a> {
    file: &'a ListFile<'a>,
    staged: Staging,
    n_left_out: u64,
}

impl Rows<'_> {
    fn csv(&mut self, input: impl Read) -> Result<(), Error> {
        let mut reader = csv::Reader::from_reader(input);
        let unreadable = |line: u64, why: &str| Error::ListRow {
            at: format!("line {line} of the file"),
            why: why.to_owned(),
        };
        let odd = |error: &csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            unreadable(
                line,
                match error.kind() {
                    csv::ErrorKind::Utf8 { .. } => "is not UTF-8; save the file as UTF-8",
                    csv::ErrorKind::UnequalLengths { .. } => "has not as many cells as the header",
                    csv::ErrorKind::Io(_) => "cannot be read from the disk",
                    _ => "is not CSV",
                },
            )
        };
        let header = reader.headers().map_err(|error| odd(&error))?.clone();
        let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches(MARK).trim()).collect();
        let find = |name: &str| names.iter().position(|other| *other == name.trim());
        let number = find(self.file.column).ok_or_else(|| self.no_column(&names))?;
        let country = Some(self.file.region_column).filter(|name| !name.trim().is_empty()).and_then(find);
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(|error| odd(&error))? {
            let line = row.position().map_or(0, csv::Position::line);
            let cell = row.get(number).unwrap_or_default().trim();
            let country = country.and_then(|place| row.get(place)).unwrap_or_default();
            self.take(line, PhoneInput::Text(cell), country)?;
        }
        Ok(())
    }

    fn jsonl(&mut self, mut input: impl BufRead) -> Result<(), Error> {
        let (mut bytes, mut line) = (Vec::new(), 0);
        loop {
            bytes.clear();
            line += 1;
            if input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes).map_err(Error::Input)? == 0 {
                return Ok(());
            }
            let refuse =
                |why: &str| Error::ListRow { at: format!("line {line} of the file"), why: why.to_owned() };
            let text =
                std::str::from_utf8(&bytes).map_err(|_| refuse("is not UTF-8; save the file as UTF-8"))?;
            let text = text.trim_start_matches(MARK).trim();
            if text.is_empty() {
                continue;
            }
            let object = Object::parse(text).map_err(|_| refuse("is not a JSON object"))?;
            let find =
                |name: &str| object.members().filter(|(other, _)| *other == name).last().map(|(_, raw)| raw);
            let raw = find(self.file.column.trim())
                .ok_or_else(|| refuse("has no such column as --column names"))?;
            let country = find(self.file.region_column.trim()).map(protocol::string).unwrap_or_default();
            let unescaped;
            let number = match raw.as_bytes().first() {
                Some(b'"') => {
                    unescaped = protocol::string(raw);
                    PhoneInput::Text(unescaped.trim())
                }
                Some(b'-' | b'0'..=b'9') => PhoneInput::Number(raw),
                Some(b'n') => PhoneInput::Absent,
                _ => PhoneInput::Other,
            };
            self.take(line, number, &country)?;
        }
    }

    fn take(&mut self, line: u64, number: PhoneInput<'_>, country: &str) -> Result<(), Error> {
        let place = || format!("line {line} of the file");
        let country = match country.trim() {
            "" => None,
            name => Some(region(name).ok_or_else(|| Error::ListRow {
                at: place(),
                why: "has no two-letter country such as VN in `phone.region_column`".to_owned(),
            })?),
        };
        match self.file.rules.normalise(number, country) {
            Ok(phone) => {
                let key = self.file.keys.on_the_list(&phone);
                let key = key.ok_or_else(|| Error::Defect("a listed number has no key".to_owned()))?;
                self.staged.add(key, true)
            }
            Err(refusal) => {
                let why = Outcome::Invalid(refusal.reason, refusal.hint.map(Box::from));
                match judge(place, true, &why)? {
                    Passed::OverOnPurpose | Passed::OverWithoutNumber => self.n_left_out += 1,
                }
                Ok(())
            }
        }
    }

    fn no_column(&self, names: &[&str]) -> Error {
        let near = nearest(self.file.column, names.iter().copied());
        let hint = near.map_or_else(
            || {
                let all: Vec<_> = names.iter().take(20).map(|name| format!("`{}`", shown(name))).collect();
                format!("; its header has {}", all.join(", "))
            },
            |name| format!("; did you mean `{}`?", shown(name)),
        );
        Error::config("--column", format!("the file has no column `{}`{hint}", shown(self.file.column)))
    }
}
