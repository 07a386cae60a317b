//! Random conditions over random records, against a reference that shares no code with the evaluator.
//!
//! `CONDITIONS_DECISIONS=10000000 cargo test --release --lib any_condition` runs as many by hand.

use fastrand::Rng;

use crate::conditions::fuzz::{Choices, catalog, decide_both};

#[test]
fn any_condition_says_of_any_record_what_the_reference_says() {
    let wanted = std::env::var_os("CONDITIONS_DECISIONS").and_then(|count| count.to_str()?.parse().ok());
    let wanted: u64 = wanted.unwrap_or(100_000);
    let catalog = catalog();
    let mut choices = Choices::Chance(Rng::with_seed(20_261_122));
    let (mut counts, mut n_never, mut n_beyond) = ([0_u64; 3], 0_u64, 0_u64);
    while counts.iter().sum::<u64>() < wanted {
        let decisions = decide_both(&mut choices, &catalog, 50);
        let now = [decisions.n_true, decisions.n_false, decisions.n_unknown];
        counts.iter_mut().zip(now).for_each(|(count, now)| *count += now);
        n_never += u64::from(decisions.is_never);
        n_beyond += decisions.n_beyond;
    }
    let [n_true, n_false, n_unknown] = counts;
    let is_even = n_true * 20 > wanted && n_false * 20 > wanted && n_unknown * 20 > wanted;
    assert!(
        is_even,
        "{counts:?}; {n_never} conditions never TRUE, {n_beyond} decisions beyond the reference"
    );
}
