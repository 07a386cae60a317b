//! A line of stdin becomes a message, its columns found and unread.

use std::hint::black_box;

use criterion::Criterion;
use destination_ai_voice::protocol::Dialect;

use crate::extract::{Extract, Way};
use crate::inputs::{RECORDS, extract, records, throughput};

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    let narrow = extract(RECORDS, Way::Columns);
    for (name, extract) in [
        ("records", narrow),
        ("records of 100 columns", Extract { n_more_columns: 90, ..narrow }),
        ("records with a text of 4 KB", Extract { n_more_bytes: 4096, ..narrow }),
    ] {
        let lines = records(extract);
        group.throughput(throughput(&lines));
        group.bench_function(name, |bencher| bencher.iter(|| read_all(&lines)));
    }
    let states: Vec<_> = narrow.lines().filter(|line| line.contains(r#""type":"STATE""#)).collect();
    group.throughput(throughput(&states));
    group.bench_function("states", |bencher| bencher.iter(|| read_all(&states)));
}

fn read_all(lines: &[String]) {
    for line in lines {
        assert!(
            black_box(Dialect::Airbyte.parse_line(black_box(line))).is_ok(),
            "the sample is the protocol's"
        );
    }
}
