//! Which STATE may go back: records are received and settled, STATEs close and are released.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use destination_ai_voice::intake::{Covers, Interval, RecordPosition, StreamIndex};
use destination_ai_voice::pipeline::{Checkpoints, Flush};
use destination_ai_voice::protocol::{Dialect, Message, State};

use crate::extract::Extract;
use crate::inputs::RECORDS;

/// Records from one STATE to the next.
const DISTANCES: [u64; 3] = [1, 100, 1000];

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("checkpoint");
    group.throughput(Throughput::Elements(RECORDS));
    for n_streams in [1, 100] {
        let extract = Extract { n_records: 1, n_streams, ..Extract::default() };
        let state = state(extract);
        for distance in DISTANCES {
            let name = format!("{n_streams} streams, a state every {distance} records");
            group.bench_function(name, |bencher| {
                let new = || (Checkpoints::new(n_streams), states(&state, distance));
                bencher.iter_batched(new, |(all, states)| run(all, states, distance), BatchSize::SmallInput);
            });
        }
    }
}

/// Everything is received, then settled, then released.
fn run(mut checkpoints: Checkpoints, states: Vec<State>, distance: u64) -> Checkpoints {
    let stream = StreamIndex::new(0);
    let mut position = RecordPosition { stream, line: 1, interval: Interval::default() };
    let mut positions = Vec::new();
    let mut n_released = 0;
    for state in states {
        for _ in 0..distance {
            checkpoints.received(position).expect("its interval is open");
            positions.push(position);
        }
        checkpoints.close_interval(state, Covers::Stream(stream));
        position.interval = position.interval.next();
    }
    for position in positions {
        checkpoints
            .settle_record(black_box(position), false, Flush::default())
            .expect("its STATE waits for it");
        while let Some(ready) = checkpoints.next_ready(Flush::default()) {
            black_box(ready);
            n_released += distance;
        }
    }
    assert_eq!(n_released, RECORDS, "every state is released");
    checkpoints
}

fn states(state: &State, distance: u64) -> Vec<State> {
    (0..RECORDS / distance).map(|_| state.clone()).collect()
}

fn state(extract: Extract) -> State {
    let lines: Vec<_> = extract.lines().collect();
    let read = lines.iter().find_map(|line| match Dialect::Airbyte.parse_line(line) {
        Ok(Message::State(state)) => Some(state),
        _ => None,
    });
    read.expect("an extract has a state")
}
