//! Decoding and mapping together: all that the thread beside the loop does with a line.

use std::hint::black_box;

use criterion::Criterion;
use destination_ai_voice::intake::{Event, Router};
use destination_ai_voice::ledger::{KeyHasher, KeyMaker, Scope};
use destination_ai_voice::sandbox::sample::Sample;

use crate::extract::{Way, simulators};
use crate::inputs::{RECORDS, extract, mappings, records, throughput};

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("intake");
    let keys = KeyMaker::new(KeyHasher::new("a key"), Scope::Campaign, "itnio/SANDBOX1".to_owned());
    for (vendor, simulator) in simulators() {
        for (name, way, keys) in [
            ("columns", Way::Columns, None),
            ("columns, with a ledger's keys", Way::Columns, Some(keys.clone())),
            ("two templates", Way::Templates, None),
        ] {
            let extract = extract(RECORDS, way);
            let (names, mappings) = mappings(extract, way, &*simulator);
            let lines = records(extract);
            let mut router = Router::new(names, mappings, keys);
            group.throughput(throughput(&lines));
            group.bench_function(format!("{vendor}, {name}"), |bencher| {
                bencher.iter(|| {
                    for line in &lines {
                        let event = take(&mut router, line);
                        assert!(matches!(black_box(event), Event::Contact(_)), "every record is somebody");
                    }
                });
            });
        }
    }
    let (_, itnio) = simulators().next().expect("there is a vendor");
    let (names, mappings) = mappings(extract(RECORDS, Way::Columns), Way::Columns, &*itnio);
    let mut router = Router::new(names, mappings, None);
    let troubled: Vec<_> =
        Sample::new(RECORDS, 1).filter(|line| line.contains(r#""type":"RECORD""#)).collect();
    group.throughput(throughput(&troubled));
    group.bench_function("itnio, columns, one record of twenty is refused", |bencher| {
        bencher.iter(|| troubled.iter().for_each(|line| drop(black_box(take(&mut router, line)))));
    });
}

fn take(router: &mut Router, line: &str) -> Event {
    let taken = router.read_line(black_box(line.as_bytes())).expect("the sample is the protocol's");
    taken.expect("a record is something")
}
