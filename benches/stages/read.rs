//! A vendor's reply becomes a verdict on each contact of the batch.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use destination_ai_voice::providers::api::Verdict;

use crate::extract::simulators;
use crate::inputs::{BATCH, NOW, batch, to_u64, vendor_of};

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    for (name, mut simulator) in simulators() {
        let vendor = vendor_of(&*simulator);
        let batch = batch(&*simulator);
        let request = vendor.build_request(&batch, NOW);
        // Everybody is new the first time; whom itnio knows it names, in a sentence for each.
        for times in ["first time", "second time"] {
            let reply = simulator.answer(&request, NOW);
            let bytes = to_u64(reply.body.len());
            group.throughput(Throughput::ElementsAndBytes { elements: BATCH, bytes });
            group.bench_function(format!("{name}, {times}"), |bencher| {
                bencher.iter(|| {
                    let verdict = vendor.interpret(black_box(&batch), black_box(&reply));
                    assert!(matches!(black_box(verdict), Verdict::Settled(_)), "{name} answers in full");
                });
            });
        }
    }
}
