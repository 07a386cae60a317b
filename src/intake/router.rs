//! Lines in, events out: decodes, routes and maps. No I/O, no clock.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::dynamic_streams::{Announcement, DynamicStreams};
use super::event::{Covers, Event, ListedRecord, RefusedRecord};
use super::input_warnings::InputWarnings;
use super::origin::Origin;
use super::pending_contact::{LedgerLookup, PendingContact};
use super::position::{Interval, RecordPosition, StreamIndex};
use crate::domain::columns::ColumnsKeeper;
use crate::domain::error::Error;
use crate::domain::stream_name::StreamName;
use crate::ledger::KeyMaker;
use crate::mapping::{Mapped, Mapping, Record};
use crate::phone::shown;
use crate::protocol::{
    CatalogStream, Dialect, Message, RecordMessage, RepairedLine, StateScope, StreamStatus,
};

/// Windows' programs write it before a text; where files are joined, it is between lines.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The same mark, when the text is UTF-16.
const MARKS_OF_UTF_16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];

/// Makes events of lines.
pub struct Router {
    dialect: Dialect,
    mappings: Vec<Arc<Mapping>>,
    by_name: HashMap<String, Vec<(String, StreamIndex)>, FixedState>,
    /// Streams that come between the records, where the dialect has them.
    announced: Option<DynamicStreams>,
    keys: Option<KeyMaker>,
    /// The records themselves are kept until they have ended.
    columns: Option<ColumnsKeeper>,
    line: u64,
    /// How many STATEs there were before that line.
    interval: Interval,
    warnings: InputWarnings,
}

impl Router {
    /// One mapping for each stream of the catalog, in its order; keys where there is a ledger.
    #[must_use]
    pub fn new(
        streams: impl IntoIterator<Item = StreamName>,
        mappings: impl IntoIterator<Item: Into<Arc<Mapping>>>,
        keys: Option<KeyMaker>,
    ) -> Self {
        let dialect = Dialect::Airbyte;
        let mappings = mappings.into_iter().map(Into::into).collect();
        let (by_name, warnings) = (HashMap::default(), InputWarnings::default());
        let interval = Interval::default();
        let mut router = Self {
            dialect,
            mappings,
            by_name,
            announced: None,
            keys,
            columns: None,
            line: 0,
            interval,
            warnings,
        };
        for (index, stream) in streams.into_iter().enumerate() {
            router.add_stream(stream, StreamIndex::new(index));
        }
        router
    }

    /// No stream is known before its announcement.
    #[must_use]
    pub fn announced(dialect: Dialect, announced: DynamicStreams, keys: Option<KeyMaker>) -> Self {
        let none = Self::new([], Vec::<Mapping>::new(), keys);
        Self { dialect, announced: Some(announced), ..none }
    }

    /// The same, with each record's columns kept until it has ended: somebody will want to read them.
    #[must_use]
    pub fn keeping_columns(self, keeps_columns: bool) -> Self {
        Self { columns: keeps_columns.then(ColumnsKeeper::default), ..self }
    }

    /// Reads the next line, without its end.
    ///
    /// # Errors
    /// When the line is not the protocol's. The error says which line, and shows nothing of it.
    pub fn read_line(&mut self, line: &[u8]) -> Result<Option<Event>, Error> {
        self.line += 1;
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        let text = simdutf8::basic::from_utf8(line).map_err(|_| {
            let is_utf_16 = MARKS_OF_UTF_16.iter().any(|mark| line.starts_with(mark));
            self.refuse(if is_utf_16 {
                "is UTF-16; let whoever writes it write UTF-8"
            } else {
                "is not UTF-8"
            })
        })?;
        match self.dialect.parse_line(text) {
            Ok(message) => self.event_of(message),
            Err(_) => self.read_odd_line(text),
        }
    }

    /// What was odd about the lines since this was asked last.
    #[must_use]
    pub fn warnings(&mut self) -> InputWarnings {
        std::mem::take(&mut self.warnings)
    }

    /// A second look at a line that could not be read: a mark before it means nothing, and its NaN and
    /// Infinity cost a value, not the sync.
    fn read_odd_line(&mut self, text: &str) -> Result<Option<Event>, Error> {
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        if text.trim().is_empty() {
            return Ok(None);
        }
        let why = match self.dialect.parse_line(text) {
            Ok(message) => return self.event_of(message),
            Err(why) => why,
        };
        let Some(repaired) = RepairedLine::of(text) else { return Err(self.refuse(why)) };
        let message = self.dialect.parse_repaired(text, &repaired).map_err(|why| self.refuse(why))?;
        if let Message::Record(record) = &message
            && let Some(stream) = self.find_stream(&record.namespace, &record.stream)?
            && let Some((column, count)) = repaired.left_out(&record.data)
        {
            self.warnings.not_numbers(stream, column, count);
        }
        self.event_of(message)
    }

    fn event_of(&mut self, message: Message<'_>) -> Result<Option<Event>, Error> {
        match message {
            Message::Record(record) => self.map_record(&record).map(Some),
            Message::State(state) => {
                let covers = self.covered(&state.scope)?;
                self.interval = self.interval.next();
                Ok(Some(Event::State(state, covers)))
            }
            Message::Stream(stream) => self.announce_stream(*stream),
            Message::Status(name, StreamStatus::Complete) => {
                Ok(self.find_stream(&name.namespace, &name.name)?.map(Event::Complete))
            }
            Message::Unknown(kind) => {
                self.warnings.unknown_message(&kind);
                Ok(None)
            }
            Message::Status(_, StreamStatus::Incomplete) | Message::Other => Ok(None),
        }
    }

    /// A STATE finds its stream as its records do. One of a stream that this sync does not have is the
    /// source's own business, and goes back without counts.
    fn covered(&mut self, scope: &StateScope) -> Result<Covers, Error> {
        let StateScope::Stream(name) = scope else { return Ok(Covers::All) };
        let found = self.find_stream(&name.namespace, &name.name)?;
        if found.is_none() {
            self.warnings.state_of_stranger(name);
        }
        Ok(found.map_or(Covers::Nothing, Covers::Stream))
    }

    /// An error about the line that cannot be read whole.
    pub(super) fn refuse_next(&self, why: String) -> Error {
        Error::Protocol { line: self.line + 1, why }
    }

    /// An error about the line that was read last.
    fn refuse(&self, why: impl Into<String>) -> Error {
        Error::Protocol { line: self.line, why: why.into() }
    }

    fn map_record(&mut self, record: &RecordMessage<'_>) -> Result<Event, Error> {
        let found = self.find_stream(&record.namespace, &record.stream)?;
        let mapping = found.and_then(|stream| Some((stream, self.mappings.get(stream.index())?)));
        let Some((stream, mapping)) = mapping else {
            let name =
                StreamName { namespace: record.namespace.to_string(), name: record.stream.to_string() };
            let why = self.dialect.why_unknown();
            return Err(self.refuse(format!("is a RECORD of stream {}, {why}", shown(&name.to_string()))));
        };
        let position = RecordPosition { stream, line: self.line, interval: self.interval };
        let keeper = &mut self.columns;
        let mut columns = || keeper.as_mut().map(|keeper| keeper.keep(&record.data.json()));
        let origin =
            |primary_key, columns| Origin { position, primary_key, extracted_at: record.emitted_at, columns };
        Ok(match mapping.map(&Record { data: &record.data, emitted_at: record.emitted_at }) {
            Mapped::Contact { campaign, contact, primary_key } => {
                let origin = origin(primary_key, columns());
                let keys = self.keys.as_ref().map(|keys| keys.person(&campaign, &contact.phone));
                let lookup = keys.map_or(LedgerLookup::NoLedger, LedgerLookup::NotAsked);
                Event::Contact(PendingContact { contact, campaign, origin, lookup })
            }
            Mapped::Refused { outcome, campaign, phone, primary_key } => Event::Refused(RefusedRecord {
                origin: origin(primary_key, columns()),
                outcome,
                campaign,
                phone,
            }),
            Mapped::Listed { number, phone, is_listed, primary_key } => {
                let key = |phone| self.keys.as_ref().and_then(|keys| keys.on_the_list(&phone));
                let number = match number.map(key) {
                    Ok(key) => Ok(key.ok_or_else(|| Error::Defect("a listed number has no key".to_owned()))?),
                    Err(outcome) => Err(outcome),
                };
                let columns = number.is_err().then(columns).flatten();
                let origin = origin(primary_key, columns);
                Event::Listed(ListedRecord { origin, is_listed, number, phone })
            }
        })
    }

    /// A stream that came between the records: its mapping serves from here on.
    fn announce_stream(&mut self, stream: CatalogStream) -> Result<Option<Event>, Error> {
        let name = stream.name.clone();
        let Some(announced) = &mut self.announced else { return Ok(None) };
        let Some(announcement) = announced.announce(stream)? else { return Ok(None) };
        let Announcement { stream: index, mapping, warnings } = announcement;
        let variables = mapping.spoken().map(Box::from).collect();
        if let Some(earlier) = self.mappings.get_mut(index.index()) {
            *earlier = mapping;
        } else {
            self.mappings.push(mapping);
            self.add_stream(name.clone(), index);
        }
        Ok(Some(Event::Stream { index, name, warnings, variables }))
    }

    fn add_stream(&mut self, stream: StreamName, index: StreamIndex) {
        self.by_name.entry(stream.name).or_default().push((stream.namespace, index));
    }

    /// Platforms that send out of a cache drop the namespace: a name that one stream has is enough then.
    ///
    /// # Errors
    /// When it is the name of several, and which is meant cannot be known.
    fn find_stream(&self, namespace: &str, name: &str) -> Result<Option<StreamIndex>, Error> {
        let Some(candidates) = self.by_name.get(name) else { return Ok(None) };
        let exact = candidates.iter().find(|(other, _)| other == namespace);
        match (exact, candidates.as_slice()) {
            (Some((_, stream)), _) => Ok(Some(*stream)),
            (None, [(_, only)]) if namespace.is_empty() => Ok(Some(*only)),
            (None, [(one, _), (other, _), ..]) if namespace.is_empty() => {
                let (one, other) = (format!("{one}.{name}"), format!("{other}.{name}"));
                Err(self.refuse(format!(
                    "names stream {} without a namespace, which may be {} or {}",
                    shown(name),
                    shown(&one),
                    shown(&other)
                )))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::columns::Columns;
    use crate::mapping::{RunContext, StreamShape, compile_catalog};
    use crate::protocol::Catalog;

    #[test]
    fn a_record_is_kept_only_where_somebody_will_want_to_read_it() {
        let config = json!({ "vendor": { "vendor_type": "itnio", "api_key": "key", "api_secret": "secret-1", "app_id": "A", "job_id": 9 } });
        let config = crate::config::read_config(&config.to_string()).0.unwrap();
        let catalog = json!({ "streams": [{ "stream": { "name": "s" }, "primary_key": [["id"]] }] });
        let catalog = Catalog::parse(&catalog.to_string()).unwrap();
        let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
        let context = RunContext { sync_id: String::new(), now: jiff::Timestamp::UNIX_EPOCH };
        let mappings = compile_catalog(&config, &config.vendor.build(), &shapes, &context).unwrap();
        let mappings: Vec<_> = mappings.into_iter().map(Arc::new).collect();
        let names = [catalog.streams[0].name.clone()];
        for (case, number, keeps) in [
            ("somebody", "+14155550101", true),
            ("nobody", "n/a", true),
            ("somebody", "+14155550101", false),
            ("nobody", "n/a", false),
        ] {
            let columns = format!(r#"{{"phone_number":"{number}","id":7,"a\"b":[1, 2.50]}}"#);
            let line =
                format!(r#"{{"type":"RECORD","record":{{"stream":"s","emitted_at":5,"data":{columns}}}}}"#);
            let mut router = Router::new(names.clone(), mappings.clone(), None).keeping_columns(keeps);
            let origin = match router.read_line(line.as_bytes()).unwrap() {
                Some(Event::Contact(pending)) => pending.origin,
                Some(Event::Refused(record)) => record.origin,
                event => panic!("{case}: {event:?}"),
            };
            let kept = origin.columns.as_ref().map(Columns::json);
            assert_eq!(kept.as_deref(), keeps.then_some(&*columns), "{case}");
            assert_eq!(
                (origin.extracted_at, &*origin.primary_key, origin.position.line),
                (5, "7", 1),
                "{case}"
            );
            assert!(!format!("{origin:?}").contains("phone_number"), "{case}");
        }
    }

    #[test]
    fn a_record_without_a_namespace_belongs_to_the_only_stream_of_its_name() {
        let names =
            [("crm", "leads"), ("crm", "contacts"), ("erp", "contacts"), ("erp", "people"), ("", "people")];
        let streams =
            names.map(|(namespace, name)| StreamName { namespace: namespace.into(), name: name.into() });
        let router = Router::new(streams, std::iter::empty::<Mapping>(), None);
        for (case, namespace, name, want) in [
            ("its own", "crm", "leads", Ok(Some(0))),
            ("the only one", "", "leads", Ok(Some(0))),
            ("another namespace", "erp", "leads", Ok(None)),
            ("one of two", "", "contacts", Err("line 0 of the input names stream contacts without a namespace, which may be crm.contacts or erp.contacts".to_owned())),
            ("the one without", "", "people", Ok(Some(4))),
            ("no such stream", "", "strangers", Ok(None)),
        ] {
            let found = router.find_stream(namespace, name).map(|found| found.map(StreamIndex::index));
            assert_eq!(found.map_err(|error| error.to_string()), want, "{case}");
        }
    }
}
