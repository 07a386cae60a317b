//! stdin → events: a thread reads the input, has each line decoded, routed to its stream's mapping and mapped.

mod dynamic_streams;
mod event;
mod input_warnings;
mod origin;
mod pending_contact;
mod position;
mod reader;
mod router;
mod stream_names;

pub use dynamic_streams::{CompileStream, DynamicStreams};
pub use event::{Covers, Event, EventBatch, ListedRecord, RefusedRecord};
pub use input_warnings::InputWarnings;
pub use origin::Origin;
pub use pending_contact::{LedgerLookup, PendingContact};
pub use position::{Interval, RecordPosition, StreamIndex};
pub use reader::{EventReader, read_events};
pub use router::Router;
pub use stream_names::StreamNames;
