//! The Airbyte protocol: records and states in envelopes, logs and failures among them on stdout.

mod catalog;
mod incoming;
mod outgoing;
mod record;
mod state;

pub(super) use incoming::parse_message;
