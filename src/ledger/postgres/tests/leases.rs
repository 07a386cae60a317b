//! Who lives, in the eyes of the others.

use super::*;
use crate::ledger::suite::{claim, day, settle, statuses};

use ContactStatus::{Accepted, Elsewhere, Free, Unknown};

/// A lease that is over soon, but not before a busy machine has asked what it must; with or without a
/// heart that beats.
fn short(heartbeat: Duration) -> Timing {
    Timing { lease: Duration::from_secs(3), heartbeat, ..Timing::default() }
}

const NEVER: Duration = Duration::from_hours(1);
const OFTEN: Duration = Duration::from_millis(50);

/// The lease is the server's time: nothing but waiting makes it pass.
async fn outlast_a_lease() {
    tokio::time::sleep(Duration::from_secs(4)).await;
}

#[tokio::test]
async fn a_silent_run_is_dead_when_its_lease_is_over() {
    let database = Database::new().await;
    let silent = database.open_with("silent", short(NEVER)).await;
    claim(&silent, 0..2).await;
    let other = database.open("other").await;
    assert_eq!(statuses(&other, 0..2).await, [Elsewhere; 2]);
    assert_eq!(other.claim(vec![entry(0)], true, day(0)).await.unwrap(), [Elsewhere], "it may live");
    outlast_a_lease().await;
    assert_eq!(statuses(&other, 0..2).await, [Unknown; 2]);
    assert_eq!(other.claim(vec![entry(0)], false, day(0)).await.unwrap(), [Unknown], "unknown is not free");

    let refused = silent.claim(vec![entry(5)], false, day(0)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Unavailable(ref why) if why.contains("lease")), "{refused:?}");
    assert_eq!(statuses(&other, 5..6).await, [Free]);
    // The vendor's answer still came: it counts.
    settle(&silent, 0..1, suite::accepted()).await;
    assert_eq!(statuses(&other, 0..2).await, [Accepted, Unknown]);
}

#[tokio::test]
async fn the_server_too_refuses_claims_without_a_lease() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..1).await;
    // Our own clock knows nothing of this: a machine that slept.
    database.execute("UPDATE run SET expires = now()").await;
    let refused = ledger.claim(vec![entry(1)], false, day(0)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Unavailable(_)), "{refused:?}");
    assert_eq!(statuses(&ledger, 0..2).await, [Unknown, Free]);
}

#[tokio::test]
async fn a_lost_lease_is_not_renewed() {
    let database = Database::new().await;
    let ledger = database.open_with("first", Timing { heartbeat: OFTEN, ..Timing::default() }).await;
    database.execute("UPDATE run SET expires = now()").await;
    outlast_a_lease().await;
    assert_eq!(database.number("SELECT count(*) FROM ai_voice_ledger.run WHERE expires > now()").await, 0);
    assert!(ledger.run.check().is_err(), "and the run knows it");
}

#[tokio::test]
async fn a_beating_heart_keeps_the_lease() {
    let database = Database::new().await;
    let living = database.open_with("living", short(OFTEN)).await;
    claim(&living, 0..2).await;
    let other = database.open("other").await;
    outlast_a_lease().await;
    outlast_a_lease().await;
    assert_eq!(statuses(&other, 0..2).await, [Elsewhere; 2]);
    assert_eq!(claim(&living, 2..3).await, [Free]);
}

#[tokio::test]
async fn closing_frees_at_once() {
    let database = Database::new().await;
    let first = database.open("first").await;
    claim(&first, 0..2).await;
    settle(&first, 0..1, suite::accepted()).await;
    first.close().await.unwrap();
    let (second, opened) = Postgres::open(&database.url, &options("second"), None, day(0)).await.unwrap();
    assert_eq!(statuses(&second, 0..3).await, [Accepted, Unknown, Free], "what was not settled is unknown");
    assert_eq!(opened.recovered_unknown, 0, "nobody died");
    assert!(first.claim(vec![entry(9)], false, day(0)).await.is_err(), "a closed run claims nothing");
    first.close().await.unwrap();
}

#[tokio::test]
async fn the_next_run_hears_once_what_a_dead_one_left() {
    let database = Database::new().await;
    let dead = database.open("dead").await;
    claim(&dead, 0..5).await;
    settle(&dead, 0..2, suite::accepted()).await;
    database.kill(dead).await;
    for (run, left) in [("second", 3), ("third", 0)] {
        let (_, opened) = Postgres::open(&database.url, &options(run), None, day(0)).await.unwrap();
        assert_eq!(opened.recovered_unknown, left, "{run}");
    }
}

/// The dead run was only slow. What it has to say is heard as far as it keeps people from being called.
#[tokio::test]
async fn a_run_that_was_taken_for_dead_can_still_say_what_it_knows() {
    let database = Database::new().await;
    let slow = database.open("slow").await;
    claim(&slow, 0..6).await;
    database.execute("UPDATE run SET expires = now()").await;
    let other = database.open("other").await;
    let retaken = other.claim((0..2).map(entry).collect(), true, day(0)).await.unwrap();
    assert_eq!(retaken, [Unknown; 2]);
    settle(&slow, 0..1, suite::accepted()).await;
    settle(&slow, 1..2, Settlement::Released).await;
    settle(&slow, 2..3, suite::rejected()).await;
    settle(&slow, 3..4, Settlement::Released).await;
    assert_eq!(other.settle_unknown("slow", false, false, day(0)).await.unwrap(), 2);
    settle(&slow, 4..5, Settlement::Unknown).await;
    assert_eq!(statuses(&other, 0..6).await, [Accepted, Elsewhere, Free, Free, Unknown, Free]);
    settle(&other, 0..2, suite::rejected()).await;
    assert_eq!(statuses(&other, 0..2).await, [Accepted, Free], "accepted by anybody is accepted");
}

/// A job that clears up old rows may take those that the ledger needs.
#[tokio::test]
async fn people_of_a_run_whose_row_was_deleted_are_unknown_and_can_be_retaken_and_settled() {
    let database = Database::new().await;
    let (before, cleared) = (database.open("before").await, database.open("cleared").await);
    let after = database.open("after").await;
    claim(&cleared, 0..6).await;
    let id = cleared.run.id;
    drop(cleared);
    database.execute(&format!("DELETE FROM run WHERE id = {id}")).await;
    for (run, n) in [(&before, 0), (&after, 1)] {
        assert_eq!(statuses(run, n..n + 1).await, [Unknown]);
        assert_eq!(claim(run, n..n + 1).await, [Unknown], "unknown is not free");
        let retaken = run.claim(vec![entry(n), entry(7 + n)], true, day(0)).await.unwrap();
        assert_eq!(retaken, [Unknown, Free], "nobody else has them: they are ours");
        settle(run, n..n + 1, suite::accepted()).await;
    }
    assert_eq!(statuses(&after, 0..6).await, [Accepted, Accepted, Unknown, Unknown, Unknown, Unknown]);
    let name = format!("deleted-{id}");
    let status = after.status().await.unwrap();
    assert!(status.iter().any(|row| (row.run.as_str(), row.count) == (&name, 4)), "{status:?}");
    assert_eq!(after.find_contacts(vec![entry(2).key]).await.unwrap()[0].run, name);
    assert_eq!(after.settle_unknown(&name, true, true, day(0)).await.unwrap(), 4);
    assert_eq!(after.settle_unknown(&name, true, false, day(0)).await.unwrap(), 4);
    assert_eq!(statuses(&after, 2..6).await, [Accepted; 4]);
}
