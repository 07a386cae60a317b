//! Lines in, items out: decodes, routes and maps. No I/O, no clock.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::announced::{Announced, Announcement};
use super::item::{Item, Origin, StreamIndex, Who};
use crate::error::Error;
use crate::ledger::Keys;
use crate::mapping::{Mapped, Mapping, Record};
use crate::protocol::{CatalogStream, Dialect, Message, RecordMessage, StreamName, StreamStatus};

/// Makes items of lines.
pub struct Intake {
    dialect: Dialect,
    mappings: Vec<Arc<Mapping>>,
    by_name: HashMap<String, Vec<(String, StreamIndex)>, FixedState>,
    /// Streams that come between the records, where the dialect has them.
    announced: Option<Announced>,
    keys: Option<Keys>,
    line: u64,
}

impl Intake {
    /// One mapping for each stream of the catalog, in its order; keys where there is a ledger.
    #[must_use]
    pub fn new(
        streams: impl IntoIterator<Item = StreamName>,
        mappings: Vec<Arc<Mapping>>,
        keys: Option<Keys>,
    ) -> Self {
        let dialect = Dialect::Airbyte;
        let mut intake =
            Self { dialect, mappings, by_name: HashMap::default(), announced: None, keys, line: 0 };
        for (index, stream) in streams.into_iter().enumerate() {
            intake.name(stream, StreamIndex::new(index));
        }
        intake
    }

    /// No stream is known before its announcement.
    #[must_use]
    pub fn announced(dialect: Dialect, announced: Announced, keys: Option<Keys>) -> Self {
        let none = Self::new([], Vec::new(), keys);
        Self { dialect, announced: Some(announced), ..none }
    }

    /// Reads the next line, without its end.
    ///
    /// # Errors
    /// When the line is not the protocol's. The error says which line, and shows nothing of it.
    pub fn take(&mut self, line: &[u8]) -> Result<Option<Item>, Error> {
        self.line += 1;
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let text = simdutf8::basic::from_utf8(line).map_err(|_| self.refuse("is not UTF-8"))?;
        match self.dialect.read(text).map_err(|why| self.refuse(why))? {
            Message::Record(record) => self.map(&record).map(Some),
            Message::State(state) => Ok(Some(Item::State(state))),
            Message::Stream(stream) => self.announce(*stream),
            Message::Status(name, StreamStatus::Complete) => {
                Ok(self.find(&name.namespace, &name.name).map(Item::Complete))
            }
            Message::Status(_, StreamStatus::Incomplete) | Message::Other => Ok(None),
        }
    }

    /// An error about the line that cannot be read whole.
    pub(super) fn refuse_next(&self, why: String) -> Error {
        Error::Protocol { line: self.line + 1, why }
    }

    /// An error about the line that was read last.
    fn refuse(&self, why: impl Into<String>) -> Error {
        Error::Protocol { line: self.line, why: why.into() }
    }

    fn map(&self, record: &RecordMessage<'_>) -> Result<Item, Error> {
        let found = self.find(&record.namespace, &record.stream);
        let mapping = found.and_then(|stream| Some((stream, self.mappings.get(stream.index())?)));
        let Some((stream, mapping)) = mapping else {
            let name =
                StreamName { namespace: record.namespace.to_string(), name: record.stream.to_string() };
            let why = self.dialect.why_unknown();
            return Err(self.refuse(format!("is a RECORD of stream {name}, {why}")));
        };
        let origin = Origin { stream, line: self.line };
        Ok(match mapping.map(&Record { data: &record.data, emitted_at: record.emitted_at }) {
            Mapped::Contact { campaign, contact, primary_key } => {
                let key = self.keys.as_ref().map(|keys| keys.key(&campaign, &contact.phone));
                let who = Who { key: key.unwrap_or_default(), primary_key };
                Item::Contact { origin, campaign, contact, who }
            }
            Mapped::Refused(outcome) => Item::Refused { origin, outcome },
        })
    }

    /// A stream that came between the records: its mapping serves from here on.
    fn announce(&mut self, stream: CatalogStream) -> Result<Option<Item>, Error> {
        let name = stream.name.clone();
        let Some(announced) = &mut self.announced else { return Ok(None) };
        let Some(announcement) = announced.take(stream)? else { return Ok(None) };
        let Announcement { stream: index, mapping, warnings } = announcement;
        if let Some(earlier) = self.mappings.get_mut(index.index()) {
            *earlier = mapping;
        } else {
            self.mappings.push(mapping);
            self.name(name.clone(), index);
        }
        Ok(Some(Item::Stream { index, name, warnings }))
    }

    fn name(&mut self, stream: StreamName, index: StreamIndex) {
        self.by_name.entry(stream.name).or_default().push((stream.namespace, index));
    }

    /// Platforms that send out of a cache drop the namespace: a name that one stream has is enough then.
    fn find(&self, namespace: &str, name: &str) -> Option<StreamIndex> {
        let candidates = self.by_name.get(name)?;
        let exact = candidates.iter().find(|(other, _)| other == namespace);
        let only = candidates.first().filter(|_| namespace.is_empty() && candidates.len() == 1);
        exact.or(only).map(|(_, stream)| *stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_a_namespace_belongs_to_the_only_stream_of_its_name() {
        let names =
            [("crm", "leads"), ("crm", "contacts"), ("erp", "contacts"), ("erp", "people"), ("", "people")];
        let streams =
            names.map(|(namespace, name)| StreamName { namespace: namespace.into(), name: name.into() });
        let intake = Intake::new(streams, std::iter::empty().collect(), None);
        for (case, namespace, name, want) in [
            ("its own", "crm", "leads", Some(0)),
            ("the only one", "", "leads", Some(0)),
            ("another namespace", "erp", "leads", None),
            ("one of two", "", "contacts", None),
            ("the one without", "", "people", Some(4)),
            ("no such stream", "", "strangers", None),
        ] {
            assert_eq!(intake.find(namespace, name).map(StreamIndex::index), want, "{case}");
        }
    }
}
