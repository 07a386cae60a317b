//! The words of whoever sends the records: what comes in on stdin, what goes out on stdout.
//!
//! Two protocols are spoken, each in a folder of its own: a decoder that makes a `Message` of a line,
//! and what it writes. Everything else of the program knows the types of this module only.

mod airbyte;
mod catalog;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod json;
mod level;
mod message;
mod outlet;
mod output;
mod singer;
mod state;
#[cfg(test)]
mod tests;
mod text;

pub use catalog::{Catalog, CatalogStream};
pub use json::object::Object;
pub(crate) use json::object::push_string;
pub use json::repaired::RepairedLine;
pub(crate) use json::string::{string, unquoted};
pub use level::Level;
pub use message::{Message, RecordMessage, StreamStatus};
pub use outlet::{OUTLET_PATIENCE, Outlet};
pub use output::Output;
pub use singer::{About, nested, of_other_targets};
pub use state::{State, StateScope, Stats};

/// Which protocol stdin speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Of Airbyte and the platforms that took it over: the streams are in a catalog.
    Airbyte,
    /// Of Meltano and other Singer runners: the streams are announced between the records.
    Singer,
}

impl Dialect {
    /// Reads one line.
    ///
    /// # Errors
    /// Says what is wrong with the line and at which column; never shows what it holds.
    pub fn parse_line(self, line: &str) -> Result<Message<'_>, String> {
        match self {
            Self::Airbyte => airbyte::parse_message(line),
            Self::Singer => singer::parse_message(line),
        }
    }

    /// Reads a line that was mended before; a STATE of it is given as it was written.
    ///
    /// # Errors
    /// As `parse_line`.
    pub fn parse_repaired<'a>(self, line: &str, repaired: &'a RepairedLine) -> Result<Message<'a>, String> {
        Ok(match self.parse_line(repaired.text())? {
            Message::State(state) => Message::State(state.written_as(line, repaired)),
            message => message,
        })
    }

    /// Why a stream is not known; the end of a sentence.
    #[must_use]
    pub fn why_unknown(self) -> &'static str {
        match self {
            Self::Airbyte => "which the catalog does not have",
            Self::Singer => "whose SCHEMA has not come before it",
        }
    }
}
