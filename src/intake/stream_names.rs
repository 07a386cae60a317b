//! The streams of a run by their place: those of the catalog, then those that are announced.

use std::sync::Arc;

use super::position::StreamIndex;
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;

/// Names, each also as one text that many may hold.
#[derive(Clone, Debug, Default)]
pub struct StreamNames(Vec<(StreamName, Arc<str>)>);

impl StreamNames {
    /// Takes note of a stream; gives whether it is new. A new one follows the last.
    pub fn announce(&mut self, index: StreamIndex, name: &StreamName) -> bool {
        let is_new = index.index() == self.0.len();
        if is_new {
            self.extend([name.clone()]);
        }
        is_new
    }

    /// A stream's name, if there is one at this place.
    #[must_use]
    pub fn get(&self, index: StreamIndex) -> Option<&StreamName> {
        self.0.get(index.index()).map(|(name, _)| name)
    }

    /// A stream's name.
    ///
    /// # Errors
    /// When there is none at this place.
    pub fn name(&self, index: StreamIndex) -> Result<&StreamName, Error> {
        self.entry(index).map(|(name, _)| name)
    }

    /// A stream's name as a text, with its namespace.
    ///
    /// # Errors
    /// When there is none at this place.
    pub fn text(&self, index: StreamIndex) -> Result<Arc<str>, Error> {
        self.entry(index).map(|(_, text)| Arc::clone(text))
    }

    fn entry(&self, index: StreamIndex) -> Result<&(StreamName, Arc<str>), Error> {
        let unknown = || Error::Defect(format!("stream {} was never announced", index.index()));
        self.0.get(index.index()).ok_or_else(unknown)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Extend<StreamName> for StreamNames {
    fn extend<I: IntoIterator<Item = StreamName>>(&mut self, names: I) {
        self.0.extend(names.into_iter().map(|name| {
            let text = Arc::from(name.to_string());
            (name, text)
        }));
    }
}

impl FromIterator<StreamName> for StreamNames {
    fn from_iter<I: IntoIterator<Item = StreamName>>(names: I) -> Self {
        let mut all = Self::default();
        all.extend(names);
        all
    }
}
