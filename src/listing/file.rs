//! A file that fills the list: CSV with a header, or a JSON object on each line.

use std::io::{BufRead, BufReader, Read};

use super::csv_text::{self, UnclosedQuote};
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
            FileFormat::Csv => rows.csv(BufReader::new(input))?,
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
    fn csv(&mut self, input: impl BufRead) -> Result<(), Error> {
        let column = self.file.column.trim();
        let has_column = |header: &csv::StringRecord| names(header).any(|name| name == column);
        let (delimiter, text) = csv_text::opened(input, MAX_LINE_BYTES, has_column).map_err(Error::Input)?;
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
        let header = reader.headers().map_err(|error| odd_row(&error))?.clone();
        let names: Vec<&str> = names(&header).collect();
        let find = |name: &str| names.iter().position(|other| *other == name.trim());
        let number = find(column).ok_or_else(|| self.no_column(&names))?;
        if names.iter().filter(|name| **name == column).count() > 1 {
            let why = format!("the file has several columns `{}`: give each its own name", shown(column));
            return Err(Error::config("--column", why));
        }
        let country = Some(self.file.region_column).filter(|name| !name.trim().is_empty()).and_then(find);
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(|error| odd_row(&error))? {
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
            let column = self.file.column.trim();
            if object.members().filter(|(other, _)| *other == column).count() > 1 {
                return Err(refuse("has the column twice, and holds one number a row"));
            }
            let raw = find(column).ok_or_else(|| refuse("has no such column as --column names"))?;
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

/// The columns' names as people write them.
fn names(header: &csv::StringRecord) -> impl Iterator<Item = &str> {
    header.iter().map(|name| name.trim_start_matches(MARK).trim())
}

fn odd_row(error: &csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    let (line, why) = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => (line, "is not UTF-8; save the file as UTF-8"),
        csv::ErrorKind::UnequalLengths { .. } => (line, "has not as many cells as the header"),
        csv::ErrorKind::Io(source) => match source.get_ref().and_then(|source| source.downcast_ref()) {
            Some(UnclosedQuote { line }) => {
                (*line, "opens a quote that does not end with its cell, so that rows behind it would be lost")
            }
            None => (line, "cannot be read from the disk"),
        },
        _ => (line, "is not CSV"),
    };
    Error::ListRow { at: format!("line {line} of the file"), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{KeyHasher, RuleScopes, Scope};

    #[test]
    fn a_file_that_would_lose_a_number_is_refused() {
        let rules = PhoneRules { default_region: region("VN"), ..PhoneRules::default() };
        let scopes = RuleScopes { do_not_call: Some(Scope::Everywhere), cooling_off: None };
        let keys = KeyMaker::new(KeyHasher::new("invented"), Scope::Account, "itnio/INVENTED".to_owned());
        let keys = keys.with_rules(scopes);
        for (format, text, want) in [
            (FileFormat::Csv, "phone\n0912345671\n0912345672\n", "2 numbers"),
            (FileFormat::Csv, "id;phone\n1;0912345671\n", "1 numbers"),
            (FileFormat::Csv, "phone,phone\n0912345671,0912345672\n", "several columns `phone`"),
            (
                FileFormat::Csv,
                "phone,note\n0912345671,\"x\n0912345672,y\n",
                "line 2 of the file opens a quote",
            ),
            (FileFormat::Jsonl, "{\"phone\":\"0912345671\"}\n", "1 numbers"),
            (
                FileFormat::Jsonl,
                "{\"phone\":\"0912345671\",\"phone\":\"0912345672\"}\n",
                "line 1 of the file has the column twice",
            ),
        ] {
            let file = ListFile { format, column: "phone", region_column: "", rules: &rules, keys: &keys };
            let told = match file.read(text.as_bytes()) {
                Ok((staged, _)) => format!("{} numbers", staged.count()),
                Err(error) => error.with_causes(),
            };
            assert!(told.contains(want), "{text:?}: {told}");
        }
    }
}
