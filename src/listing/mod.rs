//! The do-not-call list, filled: by the streams of a sync of its own, or by a file.
//!
//! Nobody is called here. A row that cannot be read fails the load, because to leave it out would be to call somebody
//! who is on the list. A file, and a stream that replaces what was there, change nothing until they have ended well; a
//! stream that adds is written as its STATEs are handed back. Where rejected records are kept, rows that put nobody onto the
//! list are among them before a STATE passes them, and a load that fails reads on, so that all rows are there that cannot
//! be read.

mod csv_text;
mod file;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod held_states;
mod kept;
mod row;
mod source;
mod sync;
mod telling;
#[cfg(test)]
mod tests;

pub(crate) use file::{FileFormat, ListFile};
pub(crate) use kept::Kept;
pub(crate) use sync::{ListPlan, ListSync};
