//! Many connectors, the same people.

use std::collections::BTreeMap;

use super::*;

const N_CONNECTORS: u32 = 8;
const N_PEOPLE: u32 = 2_000;
const BATCH: u32 = 100;

/// One connector: it begins somewhere else, goes backward or forward, and its batches overlap those
/// of the others by halves.
async fn claim_everybody(ledger: Postgres, number: u32, settlement: Settlement) -> Vec<u32> {
    let mut starts: Vec<u32> = (0..N_PEOPLE).step_by(50).collect();
    starts.rotate_left(usize::try_from(number).unwrap() * 5);
    if number % 2 == 1 {
        starts.reverse();
    }
    let mut mine = Vec::new();
    for start in starts {
        let mut people: Vec<u32> = (start..start + BATCH).map(|n| n % N_PEOPLE).collect();
        if number % 2 == 1 {
            people.reverse();
        }
        let entries = people.iter().map(|&n| entry(n)).collect();
        let status = ledger.claim(entries, false, suite::day(0)).await.unwrap();
        let taken: Vec<u32> =
            people.iter().zip(&status).filter(|(_, s)| **s == ContactStatus::Free).map(|(n, _)| *n).collect();
        let settlements = taken.iter().map(|&n| (entry(n), settlement.clone())).collect();
        ledger.settle(settlements, suite::day(0)).await.unwrap();
        mine.extend(taken);
    }
    ledger.close().await.unwrap();
    mine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_connectors_claim_each_person_once() {
    let database = Database::new().await;
    let mut connectors = tokio::task::JoinSet::new();
    for number in 0..N_CONNECTORS {
        let ledger = database.open(&format!("run {number}")).await;
        connectors.spawn(claim_everybody(ledger, number, suite::accepted()));
    }
    let mut claimed: BTreeMap<u32, usize> = BTreeMap::new();
    for person in connectors.join_all().await.into_iter().flatten() {
        *claimed.entry(person).or_default() += 1;
    }
    let twice: Vec<_> = claimed.iter().filter(|(_, times)| **times != 1).collect();
    assert_eq!((claimed.len(), twice), (2_000, Vec::new()));
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(database.number(deadlocks).await, 0, "rows are locked in one order by all");
}

/// Rejected people become free while others look at them: claims and look-ups must not disagree.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_can_be_claimed_by_the_next_and_by_one_at_a_time() {
    let database = Database::new().await;
    let mut connectors = tokio::task::JoinSet::new();
    for number in 0..4 {
        let ledger = database.open(&format!("run {number}")).await;
        connectors.spawn(claim_everybody(ledger, number, suite::rejected()));
    }
    let claimed = connectors.join_all().await.into_iter().flatten().count();
    assert!(claimed >= 2_000, "{claimed}");
    let found = database.open("after").await.status().await.unwrap();
    assert_eq!(
        found.iter().map(|row| (row.outcome.as_str(), row.count)).fold(0, |sum, (outcome, count)| {
            assert_eq!(outcome, "rejected");
            sum + count
        }),
        2_000
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_first_runs_one_makes_the_tables() {
    let database = Database::new().await;
    let mut runs = tokio::task::JoinSet::new();
    for number in 0..6 {
        let (url, options) = (database.url.clone(), options(&format!("run {number}")));
        runs.spawn(
            async move { Postgres::open(&url, &options, None, suite::day(0)).await.unwrap().1.hasher },
        );
    }
    let keys: Vec<Key> = runs.join_all().await.iter().map(|hasher| hasher.key("a", "b")).collect();
    assert_eq!(keys, vec![keys[0]; 6], "and one makes the hash key");
}

#[tokio::test]
async fn an_unknown_person_is_retaken_by_one_of_many() {
    let database = Database::new().await;
    let dead = database.open("dead").await;
    suite::claim(&dead, 0..50).await;
    database.kill(dead).await;
    let (one, other) = (database.open("one").await, database.open("other").await);
    let all = || (0..50).map(entry).collect::<Vec<_>>();
    let (first, second) =
        tokio::join!(one.claim(all(), true, suite::day(0)), other.claim(all(), true, suite::day(0)));
    for pair in first.unwrap().into_iter().zip(second.unwrap()) {
        let fits = matches!(
            pair,
            (ContactStatus::Unknown, ContactStatus::Elsewhere)
                | (ContactStatus::Elsewhere, ContactStatus::Unknown)
        );
        assert!(fits, "{pair:?}");
    }
}
