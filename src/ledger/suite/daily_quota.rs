//! Places in a campaign's day.

use futures_util::future::join_all;
use jiff::tz::TimeZone;

use super::*;

fn limit(max: u64) -> DailyLimit {
    DailyLimit { max, zone: TimeZone::get("Asia/Ho_Chi_Minh").unwrap() }
}

pub(super) async fn take(ledger: &impl Ledger, campaign: &str, wanted: u64, now: Timestamp) -> DailyQuota {
    ledger.reserve(Campaign::new(campaign), wanted, limit(10), now).await.unwrap()
}

pub(in crate::ledger) async fn a_campaigns_day_has_so_many_places_over_all_runs(home: &impl Home) {
    // Half past eleven in the evening there, where `day` begins at 15:06 UTC.
    let late = "2026-06-15T16:30:00Z".parse().unwrap();
    let next_day = "2026-06-15T17:30:00Z".parse().unwrap();
    let ledger = home.open(options("first"), late).await.unwrap();
    assert_eq!(take(&ledger, "spring", 7, late).await.count, 7);
    let given = take(&ledger, "spring", 7, late).await;
    assert_eq!(given.count, 3, "what is left");
    assert_eq!(take(&ledger, "spring", 7, late).await.count, 0);
    assert_eq!(take(&ledger, "spring 2", 7, late).await.count, 7, "another campaign");
    ledger.return_quota(DailyQuota { count: 2, ..given }).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    let ledger = home.open(options("second"), late).await.unwrap();
    assert_eq!(take(&ledger, "spring", 7, late).await.count, 2, "those that were given back");
    assert_eq!(take(&ledger, "spring", 70, next_day).await.count, 10, "the next day");
    assert_eq!(take(&ledger, "spring", 1, late).await.count, 0, "the day before is not forgotten at once");
    let far = "2026-09-01T00:00:00Z".parse().unwrap();
    assert_eq!(take(&ledger, "spring", 70, far).await.count, 10);
    let lower = ledger.reserve(Campaign::new("spring"), 1, limit(3), far).await.unwrap();
    assert_eq!(lower.count, 0, "a limit that was lowered");
    let higher = ledger.reserve(Campaign::new("spring"), 9, limit(12), far).await.unwrap();
    assert_eq!(higher.count, 2, "one that was raised");
}

pub(in crate::ledger) async fn a_run_that_dies_leaves_its_places_taken(home: &impl Home) {
    let ledger = open(home, "first").await;
    assert_eq!(take(&ledger, "spring", 6, day(0)).await.count, 6);
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    assert_eq!(take(&ledger, "spring", 10, day(0)).await.count, 4);
}

pub(in crate::ledger) async fn those_who_race_for_places_have_no_more_together_than_there_are<H: Home>(
    home: &H,
) {
    let mut runs = vec![open(home, "first").await];
    if H::SHARED {
        runs.push(open(home, "second").await);
    }
    let takes = runs.iter().flat_map(|run| (0..10).map(move |_| take(run, "spring", 3, day(0))));
    let taken: u64 = join_all(takes).await.iter().map(|daily_quota| daily_quota.count).sum();
    assert_eq!(taken, 10);
}
