//! What one call costs the server: one statement, whatever the number of people.

use super::*;
use crate::ledger::suite::{claim, settle, stand};

/// The server counts its transactions when a session has been idle for a moment, or ends.
async fn transactions(database: &Database) -> i64 {
    harness::execute(&database.url, "SELECT pg_stat_force_next_flush()").await;
    database.number("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").await
}

#[tokio::test]
async fn a_call_is_one_round_trip_whatever_its_size() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..1).await;
    let before = transactions(&database).await;
    let started = std::time::Instant::now();
    for batch in 1..21 {
        let people = batch * 500..(batch + 1) * 500;
        stand(&ledger, people.clone()).await;
        claim(&ledger, people.clone()).await;
        settle(&ledger, people, suite::accepted()).await;
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    drop(ledger);
    let after = transactions(&database).await;
    assert!(after - before < 100, "{} transactions for 60 calls", after - before);
}
