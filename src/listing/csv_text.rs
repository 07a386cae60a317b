//! CSV that is read to its end or refused: a quote that is not closed would swallow the rows behind it.

use std::io::{self, BufRead, Cursor, Read};

/// Of commas, and of what spreadsheets of some countries write. The first that gives the wanted column is meant.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Gives what a file separates its cells by, and the file from its beginning.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn opened(
    mut input: impl BufRead,
    longest_line: u64,
    has_column: impl Fn(&csv::StringRecord) -> bool,
) -> io::Result<(u8, impl Read)> {
    let mut first = Vec::new();
    input.by_ref().take(longest_line).read_until(b'\n', &mut first)?;
    let is_meant = |delimiter: &u8| {
        let mut reader = csv::ReaderBuilder::new().delimiter(*delimiter).from_reader(first.as_slice());
        reader.headers().is_ok_and(&has_column)
    };
    let delimiter = DELIMITERS.into_iter().find(is_meant).unwrap_or(b',');
    let text = QuotedText { input: Cursor::new(first).chain(input), delimiter, at: At::CellStart, line: 1 };
    Ok((delimiter, text))
}

/// Where in a cell the next byte is.
#[derive(Clone, Copy)]
enum At {
    CellStart,
    Plain,
    Quoted {
        since: u64,
    },
    /// Behind a quote, which ends the cell or stands before another one.
    Quote {
        since: u64,
    },
}

/// Passes on what is quoted as it should be.
struct QuotedText<R> {
    input: R,
    delimiter: u8,
    at: At,
    line: u64,
}

impl<R: Read> Read for QuotedText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.input.read(buffer)?;
        for byte in buffer.get(..n_read).unwrap_or_default() {
            self.at = self.next(*byte)?;
            self.line += u64::from(*byte == b'\n');
        }
        match self.at {
            At::Quoted { since } if n_read == 0 && !buffer.is_empty() => Err(unclosed(since)),
            _ => Ok(n_read),
        }
    }
}

impl<R> QuotedText<R> {
    fn next(&self, byte: u8) -> io::Result<At> {
        let ends_cell = byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        match self.at {
            At::CellStart if byte == b'"' => Ok(At::Quoted { since: self.line }),
            // A byte order mark is before the first cell.
            At::CellStart if matches!(byte, 0xEF | 0xBB | 0xBF) && self.line == 1 => Ok(At::CellStart),
            At::CellStart | At::Plain => Ok(if ends_cell { At::CellStart } else { At::Plain }),
            At::Quoted { since } if byte == b'"' => Ok(At::Quote { since }),
            At::Quoted { since } => Ok(At::Quoted { since }),
            At::Quote { since } if byte == b'"' => Ok(At::Quoted { since }),
            At::Quote { .. } if ends_cell => Ok(At::CellStart),
            At::Quote { since } => Err(unclosed(since)),
        }
    }
}

fn unclosed(line: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, UnclosedQuote { line })
}

/// A cell that swallows others.
#[derive(Debug, thiserror::Error)]
#[error("line {line} opens a quote that does not end with its cell")]
pub(super) struct UnclosedQuote {
    pub(super) line: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u8, usize), String> {
        let has_column = |names: &csv::StringRecord| {
            names.iter().any(|name| name.trim_start_matches('\u{feff}') == "phone")
        };
        let (delimiter, text) = opened(text.as_bytes(), 1 << 20, has_column).unwrap();
        let rows = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text).into_records();
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        Ok((delimiter, rows.len()))
    }

    #[test]
    fn no_quote_swallows_a_row() {
        for (text, want) in [
            ("phone,note\n1,x\n2,y\n", Ok((b',', 2))),
            ("\u{feff}\"phone\",note\n1,\"a\nb\"\n2,y", Ok((b',', 2))),
            ("phone,note\n1,\"say \"\"hi\"\"\"\r\n2,\"\"\r\n", Ok((b',', 2))),
            ("phone,note\n1,12\" pipe\n2,y\n", Ok((b',', 2))),
            ("phone\r1\r2\r", Ok((b',', 2))),
            ("id;phone\n1;2\n", Ok((b';', 1))),
            ("id\tphone\n1\t\"2\"\n", Ok((b'\t', 1))),
            ("id;phone,x\n1;2,3\n", Ok((b',', 1))),
            ("phone,note\n1,\"x\n2,y\n3,z\n", Err("line 2 ")),
            ("phone,note\n1,\"x\n2,y\n3,\"z\"\n", Err("line 2 ")),
            ("phone,note\n1,y\n2,\"x\" y\n", Err("line 3 ")),
            ("phone,note\n1,\"say \\\"hi\\\"\"\n", Err("line 2 ")),
            ("\"phone,note\n1,x\n", Err("line 1 ")),
        ] {
            match (read(text), want) {
                (Ok(read), Ok(want)) => assert_eq!(read, want, "{text:?}"),
                (Err(told), Err(place)) => assert!(told.contains(place), "{text:?}: {told}"),
                (read, want) => panic!("{text:?}: {read:?}, not {want:?}"),
            }
        }
    }
}
