//! Streams that no catalog lists: the input announces them between the records.

use std::sync::Arc;

use super::item::StreamIndex;
use crate::error::Error;
use crate::mapping::Mapping;
use crate::protocol::CatalogStream;

/// Makes the mapping of an announced stream.
pub type Compile = Box<dyn FnMut(&CatalogStream) -> Result<Arc<Mapping>, Error> + Send>;

/// What was announced so far.
pub struct Announced {
    compile: Compile,
    /// By index, each as it was announced last.
    streams: Vec<CatalogStream>,
}

impl Announced {
    /// Nothing yet.
    #[must_use]
    pub fn new(compile: Compile) -> Self {
        Self { compile, streams: Vec::new() }
    }

    /// Gives a stream's place and its mapping; nothing when the same was announced before, as many
    /// sources do again and again.
    ///
    /// # Errors
    /// When the configuration has no mapping for it, or one that does not fit.
    pub(super) fn take(
        &mut self,
        stream: CatalogStream,
    ) -> Result<Option<(StreamIndex, Arc<Mapping>)>, Error> {
        let known = self.streams.iter().position(|earlier| earlier.name == stream.name);
        let index = known.unwrap_or(self.streams.len());
        if self.streams.get(index) == Some(&stream) {
            return Ok(None);
        }
        let mapping = (self.compile)(&stream)?;
        match self.streams.get_mut(index) {
            Some(earlier) => *earlier = stream,
            None => self.streams.push(stream),
        }
        Ok(Some((StreamIndex::new(index), mapping)))
    }
}
