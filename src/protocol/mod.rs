//! The platform's words: what comes in on stdin, what goes out on stdout.

mod catalog;
mod incoming;
mod object;
mod outgoing;
mod state;
mod string;
mod text;

pub use catalog::{Catalog, CatalogStream};
pub use incoming::{Message, RecordMessage, StreamStatus, read};
pub use object::Object;
pub use outgoing::{Level, Output};
pub use state::{State, StateScope, Stats};
pub(crate) use string::{string, unquoted};

use std::fmt;

/// A stream's name within its namespace; absent, null and blank namespaces are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName {
    /// Usually the schema in the source's database; blank when there is none.
    pub namespace: String,
    /// The stream's own name.
    pub name: String,
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}.", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}
