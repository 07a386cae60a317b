//! The Airbyte protocol: records and states in envelopes, logs and failures among them on stdout.

mod catalog;
mod incoming;
mod outgoing;
mod record;
mod state;

use super::json::object::Object;
use crate::domain::stream_name::StreamName;

pub(super) use incoming::parse_message;

/// A stream's name, as the protocol writes it.
fn stream_name(descriptor: &Object<'_>) -> Option<StreamName> {
    let name = descriptor.text("name").filter(|name| !name.is_empty())?;
    Some(StreamName { namespace: descriptor.text("namespace")?.into_owned(), name: name.into_owned() })
}
