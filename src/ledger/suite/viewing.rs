//! Who only looks hears what the next run hears.

use super::places::take;
use super::*;

/// People in every state, some of them of a run that died; four of the ten places of a day are taken.
pub(in crate::ledger) async fn fill<H: Home>(home: &H) {
    let ledger = open(home, "first").await;
    assert_eq!(take(&ledger, "spring", 4, day(0)).await.count, 4);
    send(&ledger, 0..3, accepted()).await;
    send(&ledger, 3..5, rejected()).await;
    send(&ledger, 5..8, Settlement::Unknown).await;
    send(&ledger, 8..9, Settlement::Released).await;
    claim(&ledger, 9..12).await;
    home.kill(ledger).await;
}

/// What a ledger says of them and of strangers, before anybody is claimed and when they are. The last of each kind
/// would be sent to another campaign.
pub(in crate::ledger) async fn answers(ledger: &impl Ledger) -> [Vec<ContactStatus>; 2] {
    let elsewhere = |n| ClaimEntry { campaign: Campaign::new("autumn"), ..entry(n) };
    let entries = (0..14).map(|n| if [7, 11, 13].contains(&n) { elsewhere(n) } else { entry(n) });
    let before = statuses(ledger, 0..14).await;
    [before, ledger.claim(entries.collect(), true, day(0)).await.unwrap()]
}

/// How many places of the day somebody finds who takes some, and more than there are, gives two back, and takes some again.
pub(in crate::ledger) async fn places(ledger: &impl Ledger) -> [u64; 3] {
    let first = take(ledger, "spring", 3, day(0)).await;
    let rest = take(ledger, "spring", 9, day(0)).await;
    ledger.give_back(Places { count: 2, ..rest.clone() }).await.unwrap();
    let again = take(ledger, "spring", 5, day(0)).await;
    [first, rest, again].map(|places| places.count)
}
