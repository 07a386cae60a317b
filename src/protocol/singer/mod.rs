//! The Singer protocol: SCHEMA, RECORD and STATE lines in, the bare values of states out.

mod about;
mod incoming;
mod log;
mod record;
mod settings;

pub use about::About;
pub(super) use incoming::parse_message;
pub(super) use log::Log;
pub use settings::{nested, of_other_targets};
