//! A record's columns become a contact: the number, the name, templates, variables.

use std::hint::black_box;

use criterion::Criterion;
use destination_ai_voice::mapping::{Mapped, Record};
use destination_ai_voice::protocol::{Dialect, Message, RecordMessage};

use crate::extract::{Extract, Way, simulators};
use crate::inputs::{self, RECORDS, extract, mappings, throughput};

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("map");
    let (_, itnio) = simulators().next().expect("there is a vendor");
    let wide = |way| Extract { n_more_columns: 90, ..extract(RECORDS, way) };
    for (name, way, extract) in [
        ("columns", Way::Columns, extract(RECORDS, Way::Columns)),
        ("columns, 7 of 100", Way::Columns, wide(Way::Columns)),
        ("columns, a condition", Way::Condition, extract(RECORDS, Way::Condition)),
        ("two templates", Way::Templates, extract(RECORDS, Way::Templates)),
        ("identity", Way::Identity, extract(RECORDS, Way::Identity)),
        ("identity, 100 columns", Way::Identity, wide(Way::Identity)),
    ] {
        let (_, mappings) = mappings(extract, way, &*itnio);
        let mapping = mappings.first().expect("there is one stream");
        let lines = inputs::records(extract);
        let records: Vec<_> = lines.iter().filter_map(|line| record(line)).collect();
        group.throughput(throughput(&lines));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for record in &records {
                    let mapped = mapping.map(black_box(&Record { data: &record.data, emitted_at: 0 }));
                    assert!(matches!(black_box(mapped), Mapped::Contact { .. }), "every record is somebody");
                }
            });
        });
    }
}

fn record(line: &str) -> Option<RecordMessage<'_>> {
    match Dialect::Airbyte.parse_line(line) {
        Ok(Message::Record(record)) => Some(record),
        _ => None,
    }
}
