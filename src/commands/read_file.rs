//! Files that the command line names.

use std::io;
use std::path::Path;

use crate::domain::error::Error;

/// Reads a file that the command line names, without the byte order mark that some editors write.
pub(super) fn read_file(what: &'static str, path: &Path) -> Result<String, Error> {
    let text = std::fs::read(path).and_then(|bytes| {
        let is_utf_16 = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
        let why =
            if is_utf_16 { "it is UTF-16; save it as UTF-8" } else { "it is not UTF-8; save it as UTF-8" };
        let text = String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, why))?;
        Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
    });
    text.map_err(|source| Error::File { what, path: path.display().to_string(), source })
}
