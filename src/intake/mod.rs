//! stdin → events: a thread reads the input, has each line decoded, routed to its stream's mapping and mapped.

mod dynamic_streams;
mod event;
mod input_warnings;
mod reader;
mod router;
mod stream_index;

pub use dynamic_streams::{CompileStream, DynamicStreams};
pub use event::{Covers, Event, EventBatch, LedgerKey, RecordPosition};
pub use input_warnings::InputWarnings;
pub use reader::read_events;
pub use router::Router;
pub use stream_index::StreamIndex;
