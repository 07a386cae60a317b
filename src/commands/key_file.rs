//! Which people somebody means: primary keys, one a line, or lines of CSV or JSON as `ledger list` prints them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;
use serde_json::Value;

use super::csv_cell::unguarded;
use super::list::ListedPerson;
use crate::domain::error::Error;
use crate::ledger::FoundContact;
use crate::phone::{shown, shown_identifier, visible};

/// What all keys may take in memory: about 800,000 of them. Who has more settles them in parts.
const MOST_BYTES: usize = 64 << 20;

/// What a key takes beside its text.
const BYTES_OF_KEY: usize = 64;

const LONGEST_LINE: u64 = 64 << 10;

/// So many keys are named when something is wrong with them.
const MOST_NAMED: usize = 10;

/// Keys that somebody means, and who was found under them.
pub(super) struct WantedKeys {
    /// By key, stream and campaign, as far as the lines say them.
    rows: HashMap<Box<str>, WantedKey>,
    shape: KeyColumns,
    n_bytes: usize,
}

#[derive(Default)]
struct WantedKey {
    /// The first line that says so.
    line: u64,
    n_lines: u64,
    n_people: u64,
}

/// What the lines say beside the keys.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct KeyColumns {
    has_stream: bool,
    has_campaign: bool,
}

/// One line.
#[derive(Deserialize)]
struct KeyRow {
    primary_key: Value,
    stream: Option<String>,
    campaign: Option<String>,
    run: Option<String>,
}

enum Format {
    Keys,
    Csv { delimiter: u8, columns: Vec<String> },
    Jsonl,
}

impl WantedKeys {
    /// Reads them; lines that are another run's are refused.
    pub(super) fn read_lines(input: impl Read, run: &str) -> Result<Self, Error> {
        let mut input = BufReader::new(input);
        let mut keys = Self { rows: HashMap::new(), shape: KeyColumns::default(), n_bytes: 0 };
        let (mut format, mut line) = (None, 0);
        while let Some(bytes) = next_line(&mut input, line + 1)? {
            line += 1;
            let text =
                std::str::from_utf8(&bytes).map_err(|_| unusable(line, "is not UTF-8; save it as UTF-8"))?;
            let text = text.trim_end_matches(['\r', '\n']);
            let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { text };
            if text.is_empty() {
                continue;
            }
            let is_first = format.is_none();
            let format = format.get_or_insert_with(|| Format::of(text));
            if !(is_first && matches!(format, Format::Csv { .. })) {
                let row = format.row(text).map_err(|why| unusable(line, &why))?;
                keys.add_key(row, line, run)?;
            }
        }
        if keys.rows.is_empty() {
            return Err(Error::NothingDone("there is no primary key in the file".to_owned()));
        }
        Ok(keys)
    }

    fn add_key(&mut self, row: KeyRow, line: u64, run: &str) -> Result<(), Error> {
        let KeyRow { primary_key, stream, campaign, run: written } = row;
        let primary_key = match primary_key {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return Err(unusable(line, "has a primary key that is neither a text nor a number")),
        };
        if primary_key.is_empty() {
            let why = "has no primary key; people without one can only be settled with their whole run";
            return Err(unusable(line, why));
        }
        if written.is_some_and(|written| written != run && written != visible(run)) {
            return Err(unusable(line, "is of another run"));
        }
        let shape = KeyColumns { has_stream: stream.is_some(), has_campaign: campaign.is_some() };
        if self.rows.is_empty() {
            self.shape = shape;
        } else if self.shape != shape {
            return Err(unusable(
                line,
                "says more or less than the lines before: its stream, or its campaign",
            ));
        }
        let stream = stream.map(|stream| shown(&stream)).unwrap_or_default();
        let campaign = campaign.map(|campaign| shown_identifier(&campaign)).unwrap_or_default();
        let name = name(&primary_key, &stream, &campaign);
        let n_bytes = name.len() + BYTES_OF_KEY;
        let wanted = self.rows.entry(name.into()).or_default();
        if wanted.n_lines == 0 {
            wanted.line = line;
            self.n_bytes += n_bytes;
        }
        wanted.n_lines += 1;
        if self.n_bytes > MOST_BYTES {
            let n_keys = self.rows.len();
            return Err(unusable(
                line,
                &format!("is beyond what is settled at once; give the first {n_keys} first"),
            ));
        }
        Ok(())
    }

    /// Whether somebody is meant. A key that the list masks is known in both ways.
    pub(super) fn match_person(&mut self, found: &FoundContact) -> bool {
        let person = ListedPerson::from(found);
        let stream = if self.shape.has_stream { person.stream.as_str() } else { "" };
        let campaign = if self.shape.has_campaign { person.campaign.as_str() } else { "" };
        for primary_key in [&found.primary_key, &person.primary_key] {
            if let Some(wanted) = self.rows.get_mut(name(primary_key, stream, campaign).as_str()) {
                wanted.n_people += 1;
                return true;
            }
        }
        false
    }

    /// Why it is not clear who is meant: keys of nobody, and keys of several people. Lines that say the stream, too,
    /// are as many as their people.
    pub(super) fn doubts(&self) -> Vec<String> {
        let n_meant = |wanted: &WantedKey| if self.shape.has_stream { wanted.n_lines } else { 1 };
        let of_nobody = self.named(|wanted| wanted.n_people == 0, "match nobody who is unknown");
        let of_several = self.named(|wanted| wanted.n_people > n_meant(wanted), "are of several people");
        [of_nobody, of_several].into_iter().flatten().collect()
    }

    /// The first of those keys of which something is true.
    fn named(&self, is_so: impl Fn(&WantedKey) -> bool, what: &str) -> Option<String> {
        let so = self.rows.iter().filter(|(_, wanted)| is_so(wanted));
        let mut so: Vec<(u64, &str)> = so.map(|(name, wanted)| (wanted.line, &**name)).collect();
        if so.is_empty() {
            return None;
        }
        so.sort_unstable();
        let name = |(line, name): &(u64, &str)| {
            let key = name.split('\0').next().unwrap_or_default();
            format!("line {line} ({})", shown(key))
        };
        let named = so.iter().take(MOST_NAMED).map(name).collect::<Vec<_>>().join(", ");
        let more = if so.len() > MOST_NAMED { ", …" } else { "" };
        Some(format!("{} of {} keys {what}: {named}{more}", so.len(), self.rows.len()))
    }
}

/// A line with its end, of bounded length; none at the end of all.
fn next_line(input: &mut impl BufRead, line: u64) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = Vec::new();
    let n_read = input.take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(Error::Input)?;
    if !bytes.ends_with(b"\n") && u64::try_from(n_read).is_ok_and(|n_read| n_read == LONGEST_LINE) {
        return Err(unusable(line, "is longer than any key"));
    }
    Ok((n_read > 0).then_some(bytes))
}

impl Format {
    /// What a first line begins.
    fn of(first: &str) -> Self {
        if first.starts_with('{') {
            return Self::Jsonl;
        }
        // Spreadsheets of some countries write semicolons.
        for delimiter in [b',', b';', b'\t'] {
            let columns = cells(first, delimiter).unwrap_or_default();
            let columns: Vec<String> = columns.iter().map(|column| column.trim().to_owned()).collect();
            if columns.iter().any(|column| column == "primary_key") {
                return Self::Csv { delimiter, columns };
            }
        }
        Self::Keys
    }

    fn row(&self, text: &str) -> Result<KeyRow, String> {
        match self {
            Self::Keys => Ok(KeyRow {
                primary_key: Value::String(text.to_owned()),
                stream: None,
                campaign: None,
                run: None,
            }),
            Self::Jsonl => {
                serde_json::from_str(text).map_err(|_| "is no JSON object with a `primary_key`".to_owned())
            }
            Self::Csv { delimiter, columns } => {
                let cells = cells(text, *delimiter).ok_or("has a quote that is not closed on this line")?;
                if cells.len() != columns.len() {
                    return Err(format!("has {} cells, and the first line {}", cells.len(), columns.len()));
                }
                let cell = |name: &str| {
                    let place = columns.iter().position(|column| column == name)?;
                    cells.get(place).map(|cell| unguarded(cell).to_owned())
                };
                Ok(KeyRow {
                    primary_key: Value::String(cell("primary_key").unwrap_or_default()),
                    stream: cell("stream"),
                    campaign: cell("campaign"),
                    run: cell("run"),
                })
            }
        }
    }
}

/// The cells of one line; none where a quote opens that goes on in the next one.
fn cells(line: &str, delimiter: u8) -> Option<Vec<String>> {
    if line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader
        .has_headers(false)
        .delimiter(delimiter)
        .buffer_capacity(line.len().max(1))
        .from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

/// A key with what tells whose it is.
fn name(primary_key: &str, stream: &str, campaign: &str) -> String {
    format!("{primary_key}\0{stream}\0{campaign}")
}

fn unusable(line: u64, why: &str) -> Error {
    Error::NothingDone(format!("line {line} of the file of primary keys {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::Campaign;

    const RUN: &str = "41-0a";

    fn found(primary_key: &str, stream: &str, campaign: &str) -> FoundContact {
        FoundContact {
            campaign: Campaign::new(campaign).as_str().to_owned(),
            outcome: "unknown".to_owned(),
            reason: String::new(),
            contact_id: String::new(),
            stream: stream.to_owned(),
            primary_key: primary_key.to_owned(),
            run: RUN.to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn people() -> [FoundContact; 5] {
        [
            found("17", "people", "9"),
            found("17", "public.people", "9"),
            found("0912345678", "people", "9"),
            found("=1, \"x\"", "people", "10"),
            found("", "people", "9"),
        ]
    }

    /// Which of the people a file means, or why it means nobody.
    fn meant(file: &str) -> Result<Vec<usize>, String> {
        let mut keys = WantedKeys::read_lines(file.as_bytes(), RUN).map_err(|error| error.to_string())?;
        let mut meant = Vec::new();
        for (place, person) in people().iter().enumerate() {
            if keys.match_person(person) {
                meant.push(place);
            }
        }
        let doubts = keys.doubts();
        if doubts.is_empty() { Ok(meant) } else { Err(doubts.join("; ")) }
    }

    #[test]
    fn a_file_of_keys_means_whom_it_names() {
        for (name, file, want) in [
            ("one a line", "0912345678\n=1, \"x\"\n", vec![2, 3]),
            (
                "with a mark, blank lines and carriage returns",
                "\u{feff}0912345678\r\n\r\n=1, \"x\"",
                vec![2, 3],
            ),
            ("as the list masks it", "****678\n", vec![2]),
            ("the same twice", "0912345678\n0912345678\n", vec![2]),
            ("a column", "primary_key\n0912345678\n", vec![2]),
            ("a column of several", "id,primary_key,stream\n1,17,people\n2,0912345678,people\n", vec![0, 2]),
            ("semicolons", "primary_key;stream\n17;public.people\n", vec![1]),
            ("cells that were guarded", "primary_key\n\"'=1, \"\"x\"\"\"\n", vec![3]),
            ("with the campaign", "primary_key,campaign\n0912345678,9\n", vec![2]),
            ("of this run", "primary_key,run\n0912345678,41-0a\n", vec![2]),
            ("JSON", "{\"primary_key\":17,\"stream\":\"people\"}\n", vec![0]),
            (
                "JSON of the list",
                "{\"stream\":\"people\",\"primary_key\":\"17\",\"campaign\":\"9\",\"outcome\":\"unknown\"}",
                vec![0],
            ),
        ] {
            assert_eq!(meant(file), Ok(want), "{name}");
        }
    }

    #[test]
    fn a_file_that_is_not_clear_means_nobody() {
        for (name, file, told) in [
            ("of nobody", "0912345678\n18\n", "1 of 2 keys match nobody who is unknown: line 2 (18)"),
            ("of several", "0912345678\n17\n", "1 of 2 keys are of several people: line 2 (17)"),
            ("of several, twice", "17\n17\n", "1 of 1 keys are of several people: line 1 (17)"),
            ("a number of nobody", "84987654321\n", "line 1 (****321)"),
            ("of another campaign", "primary_key,campaign\n17,10\n", "match nobody"),
            ("empty", "\n\n", "there is no primary key in the file"),
            ("a head only", "primary_key,stream\n", "there is no primary key in the file"),
            (
                "no key",
                "primary_key,stream\n,people\n",
                "line 2 of the file of primary keys has no primary key",
            ),
            (
                "another run's",
                "primary_key,run\n17,40-00\n",
                "line 2 of the file of primary keys is of another run",
            ),
            ("a torn line", "primary_key,stream\n17\n", "has 1 cells, and the first line 2"),
            ("an open quote", "primary_key\n\"17\n\"\n", "has a quote that is not closed"),
            (
                "torn JSON",
                "{\"primary_key\":\"17\"}\n{\"primary",
                "line 2 of the file of primary keys is no JSON object",
            ),
            ("JSON without a key", "{\"stream\":\"people\"}", "is no JSON object with a `primary_key`"),
            ("JSON with another key", "{\"primary_key\":[1]}", "neither a text nor a number"),
            (
                "two shapes",
                "{\"primary_key\":1,\"stream\":\"s\"}\n{\"primary_key\":2}",
                "line 2 of the file of primary keys says more or less",
            ),
        ] {
            let why = meant(file).unwrap_err();
            assert!(why.contains(told), "{name}: {why}");
        }
        let why =
            WantedKeys::read_lines(b"\xff\xfe1\x00".as_slice(), RUN).err().map(|error| error.to_string());
        assert!(why.is_some_and(|why| why.contains("is not UTF-8; save it as UTF-8")), "UTF-16");
    }

    /// Two records of one key and one stream, as when a number changed between them.
    #[test]
    fn lines_that_say_the_stream_are_as_many_as_their_people() {
        let twins = [found("17", "people", "9"), found("17", "people", "9")];
        for (file, is_clear) in
            [("primary_key,stream\n17,people\n", false), ("primary_key,stream\n17,people\n17,people\n", true)]
        {
            let mut keys = WantedKeys::read_lines(file.as_bytes(), RUN).unwrap();
            assert!(twins.iter().all(|twin| keys.match_person(twin)));
            assert_eq!(keys.doubts().is_empty(), is_clear, "{file}");
        }
    }

    #[test]
    fn what_all_keys_take_is_bounded() {
        let mut many = String::new();
        for n in 0..1_200_000 {
            many.push_str(&format!("{n}\n"));
        }
        let why = WantedKeys::read_lines(many.as_bytes(), RUN).err().map(|error| error.to_string());
        assert!(why.as_ref().is_some_and(|why| why.contains("is beyond what is settled at once")), "{why:?}");
        let why = WantedKeys::read_lines(std::io::repeat(b'1'), RUN).err().map(|error| error.to_string());
        assert!(
            why.as_ref().is_some_and(|why| why.contains("line 1 of the file of primary keys is longer")),
            "{why:?}"
        );
    }
}
