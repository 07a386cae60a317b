//! Random conditions over random records, against a reference that shares no code with the evaluator.
//!
//! `CONDITIONS_DECISIONS=10000000 cargo test --release --lib any_condition` runs as many by hand.

mod condition;
mod print;
mod reference;
mod sample;

use fastrand::Rng;
use serde_json::Value as Json;

use super::*;
use condition::COLUMNS;
use reference::V;

fn catalog() -> Json {
    let schema = |schema: Option<&str>| serde_json::from_str(schema.unwrap_or("{}")).unwrap();
    Json::Object(COLUMNS.iter().map(|(name, json)| ((*name).to_owned(), schema(*json))).collect())
}

#[test]
fn any_condition_says_of_any_record_what_the_reference_says() {
    let wanted = std::env::var_os("CONDITIONS_DECISIONS").and_then(|count| count.to_str()?.parse().ok());
    let wanted: u64 = wanted.unwrap_or(100_000);
    let catalog = catalog();
    let mut rng = Rng::with_seed(20_261_122);
    let (mut counts, mut n_never, mut n_beyond) = ([0_u64; 3], 0_u64, 0_u64);
    while counts.iter().sum::<u64>() < wanted {
        let depth = rng.usize(1..5);
        let condition = sample::condition(&mut rng, depth);
        let sql = print::sql(&condition, &mut rng);
        let compiled = match compile(&sql, &catalog) {
            Ok(compiled) => Some(compiled),
            Err(why) if why.contains("can never be TRUE") => None,
            Err(why) if why.contains("can be neither TRUE nor FALSE") => continue,
            Err(why) => panic!("{sql}: {why}"),
        };
        n_never += u64::from(compiled.is_none());
        for _ in 0..50 {
            let record = sample::record(&mut rng, compiled.is_none());
            let Some(want) = reference::says(&condition, &record) else {
                n_beyond += 1;
                continue;
            };
            let Some(compiled) = &compiled else {
                assert_ne!(want, V::Bool(true), "{sql} is refused and TRUE of {record:?}");
                continue;
            };
            let find = |path: &[String]| COLUMNS.iter().position(|(name, _)| *name == path[0]);
            let places: Vec<Option<usize>> = compiled.paths.iter().map(|path| find(path)).collect();
            let decided = compiled
                .condition
                .decide(|index| Ok(places[index].and_then(|place| record[place].as_deref())));
            let (place, got) = match &decided {
                Ok(()) => (0, V::Bool(true)),
                Err(ConditionRefusal { reason: Reason::OnlyWhen, .. }) => (1, V::Bool(false)),
                Err(_) => (2, V::Null),
            };
            let want = if want.is_unknown() { V::Null } else { want };
            assert_eq!(got, want, "{sql} of {record:?}: {decided:?}");
            counts[place] += 1;
        }
    }
    let [n_true, n_false, n_unknown] = counts;
    let is_even = n_true * 20 > wanted && n_false * 20 > wanted && n_unknown * 20 > wanted;
    assert!(
        is_even,
        "{counts:?}; {n_never} conditions never TRUE, {n_beyond} decisions beyond the reference"
    );
}
