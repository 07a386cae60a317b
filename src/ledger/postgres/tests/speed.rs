//! What one call costs the server: one statement, whatever the number of people.

use super::*;
use crate::ledger::suite::{claim, settle, statuses};

const COMMITS: &str = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
async fn a_call_is_one_round_trip_whatever_its_size() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..1).await;
    for batch in 1..51 {
        let people = batch * 200..(batch + 1) * 200;
        statuses(&ledger, people.clone()).await;
        claim(&ledger, people.clone()).await;
        settle(&ledger, people, suite::accepted()).await;
    }
    drop(ledger);
    // A session that ends hands in what it counted; asking is counted, too.
    let mut asked = 1;
    while database.number(OTHERS).await > 0 {
        asked += 1;
    }
    let commits = database.number(COMMITS).await - asked;
    assert!(commits < 200, "{commits} transactions for 150 calls");
}
