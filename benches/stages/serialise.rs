//! A batch becomes a signed request.

use std::hint::black_box;

use criterion::{Criterion, Throughput};

use crate::extract::simulators;
use crate::inputs::{BATCH, NOW, batch, to_u64, vendor_of};

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("serialise");
    for (name, simulator) in simulators() {
        let vendor = vendor_of(&*simulator);
        let batch = batch(&*simulator);
        let bytes = to_u64(vendor.build_request(&batch, NOW).body.len());
        group.throughput(Throughput::ElementsAndBytes { elements: BATCH, bytes });
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(vendor.build_request(black_box(&batch), NOW)));
        });
    }
}
