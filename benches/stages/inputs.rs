//! What the stages are given: lines, compiled mappings, batches, vendors.

use std::sync::Arc;

use criterion::Throughput;
use destination_ai_voice::config;
use destination_ai_voice::domain::batch::Batch;
use destination_ai_voice::domain::contact::{Campaign, Contact};
use destination_ai_voice::domain::stream_name::StreamName;
use destination_ai_voice::mapping::{Mapped, Mapping, Record, RunContext, StreamShape, compile_catalog};
use destination_ai_voice::protocol::{Catalog, Dialect, Message};
use destination_ai_voice::providers::{self, Provider, Simulator};
use jiff::Timestamp;
use serde_json::json;

use crate::extract::{Extract, Way};

/// Contacts in a batch, and itnio's limit.
pub(crate) const BATCH: u64 = 100;

/// Records that a measurement goes through: more than fit into the processor's nearest cache.
pub(crate) const RECORDS: u64 = 1000;

/// Nothing that is measured depends on the time.
pub(crate) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// An extract of one stream for a way of mapping.
pub(crate) fn extract(n_records: u64, way: Way) -> Extract {
    Extract { n_records, n_streams: 1, is_named_for_identity: way == Way::Identity, ..Extract::default() }
}

/// The lines of its records, and nothing else.
pub(crate) fn records(extract: Extract) -> Vec<String> {
    extract.lines().filter(|line| line.contains(r#""type":"RECORD""#)).collect()
}

/// Both counts of some lines.
pub(crate) fn throughput(lines: &[String]) -> Throughput {
    let bytes = lines.iter().map(|line| line.len() + 1).sum();
    Throughput::ElementsAndBytes { elements: to_u64(lines.len()), bytes: to_u64(bytes) }
}

pub(crate) fn to_u64(count: usize) -> u64 {
    u64::try_from(count).expect("a count of things in memory fits into 64 bits")
}

/// The vendor that talks to a simulator.
pub(crate) fn vendor_of(simulator: &dyn Simulator) -> Arc<dyn Provider> {
    let config = simulator.connector_config("http://127.0.0.1:8080");
    serde_json::from_value::<providers::VendorConfig>(config)
        .expect("a simulator's own configuration fits")
        .build()
}

/// The streams' names and mappings of an extract, as `write` compiles them.
pub(crate) fn mappings(
    extract: Extract,
    way: Way,
    simulator: &dyn Simulator,
) -> (Vec<StreamName>, Vec<Arc<Mapping>>) {
    let vendor = vendor_of(simulator);
    let config = json!({
        "vendor": simulator.connector_config("http://127.0.0.1:8080"),
        "phone": { "default_region": "VN" },
        "streams": extract.streams(way, vendor.shape()),
    });
    let (config, mistakes) = config::read_config(&config.to_string());
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let config = config.expect("without mistakes there is a configuration");
    let catalog = Catalog::parse(&extract.catalog().to_string()).expect("the catalog can be read");
    let shapes: Vec<_> = catalog.streams.iter().map(StreamShape::from).collect();
    let run = RunContext { sync_id: "1".to_owned(), now: NOW };
    let mappings = compile_catalog(&config, &vendor, &shapes, &run).expect("the mapping fits the catalog");
    (
        catalog.streams.into_iter().map(|stream| stream.name).collect(),
        mappings.into_iter().map(Arc::new).collect(),
    )
}

/// A batch of the sample's people for one vendor.
pub(crate) fn batch(simulator: &dyn Simulator) -> Batch<'static> {
    let extract = extract(BATCH, Way::Columns);
    let (_, mappings) = mappings(extract, Way::Columns, simulator);
    let mapping = mappings.first().expect("there is one stream");
    let contacts: Vec<Contact> = records(extract).iter().filter_map(|line| contact(mapping, line)).collect();
    assert_eq!(to_u64(contacts.len()), BATCH, "every record is somebody");
    let campaign = vendor_of(simulator).campaign("").unwrap_or_else(|_| Campaign::new("9"));
    Batch::new(campaign, contacts.leak().iter().collect(), false)
}

fn contact(mapping: &Mapping, line: &str) -> Option<Contact> {
    let Ok(Message::Record(record)) = Dialect::Airbyte.parse_line(line) else { return None };
    match mapping.map(&Record { data: &record.data, emitted_at: 0 }) {
        Mapped::Contact { contact, .. } => Some(contact),
        Mapped::Refused { .. } | Mapped::Listed { .. } => None,
    }
}
