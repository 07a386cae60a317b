//! The do-not-call list, filled: by the streams of a sync of its own, or by a file.
//!
//! Nobody is called here. A row that cannot be read fails the load, because to leave it out would be to call somebody
//! who is on the list. A file, and a stream that replaces what was there, change nothing until they have ended well; a
//! stream that adds is written as its STATEs are handed back.

mod csv_text;
mod file;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod held_states;
mod row;
mod source;
mod sync;

pub(crate) use file::{FileFormat, ListFile};
pub(crate) use sync::ListSync;
