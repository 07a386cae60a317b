//! Streams that no catalog lists: the input announces them between the records.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::position::StreamIndex;
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;
use crate::mapping::Mapping;
use crate::protocol::CatalogStream;

/// Makes the mapping of an announced stream.
pub type CompileStream = Box<dyn FnMut(&CatalogStream) -> Result<Arc<Mapping>, Error> + Send>;

/// Shapes of a stream that are kept: some taps go back and forth between two.
const SHAPES_KEPT: usize = 4;

/// What was announced so far.
pub struct DynamicStreams {
    compile: CompileStream,
    places: HashMap<StreamName, usize, FixedState>,
    /// By place, the shape that was announced last in front.
    shapes: Vec<VecDeque<(CatalogStream, Arc<Mapping>)>>,
}

/// A stream that is new, or looks different from here on.
pub(super) struct Announcement {
    pub(super) stream: StreamIndex,
    pub(super) mapping: Arc<Mapping>,
    /// Those that were not said of its last shape.
    pub(super) warnings: Vec<String>,
}

impl DynamicStreams {
    /// Nothing yet.
    #[must_use]
    pub fn new(compile: CompileStream) -> Self {
        Self { compile, places: HashMap::default(), shapes: Vec::new() }
    }

    /// Gives a stream's place and its mapping; nothing when the same was announced before, as many
    /// sources do again and again.
    ///
    /// # Errors
    /// When the configuration has no mapping for it, or one that does not fit.
    pub(super) fn announce(&mut self, stream: CatalogStream) -> Result<Option<Announcement>, Error> {
        let place = *self.places.entry(stream.name.clone()).or_insert(self.shapes.len());
        if place == self.shapes.len() {
            self.shapes.push(VecDeque::new());
        }
        let Some(shapes) = self.shapes.get_mut(place) else { return Ok(None) };
        let mut warnings = Vec::new();
        match shapes.iter().position(|(earlier, _)| *earlier == stream) {
            Some(0) => return Ok(None),
            Some(position) => shapes.swap(0, position),
            None => {
                let mapping = (self.compile)(&stream)?;
                let said = shapes.front().map_or([].as_slice(), |(_, mapping)| mapping.warnings());
                warnings.extend(mapping.warnings().iter().filter(|warning| !said.contains(warning)).cloned());
                shapes.push_front((stream, mapping));
                shapes.truncate(SHAPES_KEPT);
            }
        }
        let mapping = shapes.front().map(|(_, mapping)| Arc::clone(mapping));
        Ok(mapping.map(|mapping| Announcement { stream: StreamIndex::new(place), mapping, warnings }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::mapping::{self, RunContext, StreamShape};

    #[test]
    fn a_shape_that_comes_back_is_neither_compiled_nor_warned_of_again() {
        let config = json!({ "vendor": { "vendor_type": "itnio", "api_key": "key", "api_secret": "secret-1", "app_id": "A", "job_id": 9 } });
        let config = crate::config::read_config(&config.to_string()).0.unwrap();
        let vendor = config.vendor.build();
        let run = RunContext { sync_id: String::new(), now: jiff::Timestamp::UNIX_EPOCH };
        let n_compiled = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&n_compiled);
        let mut announced = DynamicStreams::new(Box::new(move |stream| {
            counter.fetch_add(1, Ordering::Relaxed);
            let compiled = mapping::compile_stream(&config, &vendor, &StreamShape::from(stream), &run);
            compiled.map(Arc::new).map_err(Error::Config)
        }));
        let columns = |column: &str| json!({ "properties": { "phone_number": {}, (column): {} } });
        for (case, name, column, place, n_so_far) in [
            ("new", "one", "a", Some(0), 1),
            ("the same", "one", "a", None, 1),
            ("another stream", "two", "a", Some(1), 2),
            ("another shape", "one", "b", Some(0), 3),
            ("back", "one", "a", Some(0), 3),
            ("and forth", "one", "b", Some(0), 3),
            ("the other stream stays", "two", "a", None, 3),
            ("third", "one", "c", Some(0), 4),
            ("fourth", "one", "d", Some(0), 5),
            ("fifth", "one", "e", Some(0), 6),
            ("forgotten by then", "one", "a", Some(0), 7),
        ] {
            let name = StreamName { namespace: String::new(), name: name.into() };
            let stream = CatalogStream { name, json_schema: columns(column), ..CatalogStream::default() };
            let announcement = announced.announce(stream).unwrap();
            assert_eq!(announcement.map(|it| it.stream.index()), place, "{case}");
            assert_eq!(n_compiled.load(Ordering::Relaxed), n_so_far, "{case}");
        }
        assert!(announced.shapes.iter().all(|shapes| shapes.len() <= SHAPES_KEPT));
    }
}
