//! The streams of a run by their place: those of the catalog, then those that are announced.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::position::StreamIndex;
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;

/// Streams by their place.
#[derive(Clone, Debug, Default)]
pub struct StreamNames(Vec<KnownStream>);

#[derive(Clone, Debug)]
struct KnownStream {
    name: StreamName,
    /// The name as one text that many may hold.
    text: Arc<str>,
    /// 0 where the platform does not count them.
    generation_id: i64,
}

impl StreamNames {
    /// Takes note of a stream; gives whether it is new. A new one follows the last.
    pub fn announce(&mut self, index: StreamIndex, name: &StreamName) -> bool {
        let is_new = index.index() == self.0.len();
        if is_new {
            self.extend([(name.clone(), None)]);
        }
        is_new
    }

    /// A stream's name, if there is one at this place.
    #[must_use]
    pub fn get(&self, index: StreamIndex) -> Option<&StreamName> {
        self.0.get(index.index()).map(|known| &known.name)
    }

    /// A stream's name as a text, with its namespace.
    ///
    /// # Errors
    /// When there is none at this place.
    pub fn text(&self, index: StreamIndex) -> Result<Arc<str>, Error> {
        let unknown = || Error::Defect(format!("stream {} was never announced", index.index()));
        self.0.get(index.index()).map(|known| Arc::clone(&known.text)).ok_or_else(unknown)
    }

    /// A stream's generation; 0 where the platform does not count them.
    #[must_use]
    pub fn generation_id(&self, index: StreamIndex) -> i64 {
        self.0.get(index.index()).map_or(0, |known| known.generation_id)
    }

    /// What is wrong where the source did not complete these.
    #[must_use]
    pub fn incomplete(&self, streams: &BTreeSet<StreamIndex>) -> Error {
        let names: Vec<_> =
            streams.iter().filter_map(|stream| self.get(*stream)).map(StreamName::to_string).collect();
        Error::Incomplete(names.join(", "))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Extend<(StreamName, Option<i64>)> for StreamNames {
    fn extend<I: IntoIterator<Item = (StreamName, Option<i64>)>>(&mut self, streams: I) {
        self.0.extend(streams.into_iter().map(|(name, generation_id)| {
            let text = Arc::from(name.to_string());
            KnownStream { name, text, generation_id: generation_id.unwrap_or_default() }
        }));
    }
}

/// Each with its generation, where the platform counts them.
impl FromIterator<(StreamName, Option<i64>)> for StreamNames {
    fn from_iter<I: IntoIterator<Item = (StreamName, Option<i64>)>>(streams: I) -> Self {
        let mut all = Self::default();
        all.extend(streams);
        all
    }
}
