//! Who only looks hears what the next run hears.

use super::daily_quota::take;
use super::rules::{asked, cooling, hand_over, load, owner, standing, to};
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

/// A run that goes by both rules of calling.
pub(in crate::ledger) fn by_rules(run: &str) -> LedgerOptions {
    let do_not_call = Some(DoNotCallRule { owner: owner(), max_age_days: 31 });
    LedgerOptions { rules: LedgerRules { do_not_call, cooling_off_hours: 24 }, ..options(run) }
}

/// A list with two people, and two who were handed over to a campaign; of one of them nobody can say.
pub(in crate::ledger) async fn fill_rules<H: Home>(home: &H) {
    let ledger = home.open(cooling("first"), H::today()).await.unwrap();
    load(&ledger, "register", &[(0, true), (1, true)], LoadKind::Change, H::today()).await;
    hand_over(&ledger, to(1, 5), accepted(), H::today()).await;
    hand_over(&ledger, to(1, 6), Settlement::Unknown, H::today()).await;
    ledger.close().await.unwrap();
}

/// What a ledger says of them and of others: of the listed, then of people for the same campaign and another.
pub(in crate::ledger) async fn answers_by_rules<H: Home>(ledger: &impl Ledger) -> [Vec<ContactStatus>; 2] {
    let people: Vec<_> =
        (0..3).map(asked).chain((5..8).map(|n| to(1, n))).chain((5..8).map(|n| to(2, n))).collect();
    let before = standing(ledger, &people, H::today()).await;
    [before, ledger.claim(people, true, H::today()).await.unwrap()]
}

/// How many places of the day somebody finds who takes some, and more than there are, gives two back, and takes some again.
pub(in crate::ledger) async fn n_places(ledger: &impl Ledger) -> [u64; 3] {
    let first = take(ledger, "spring", 3, day(0)).await;
    let rest = take(ledger, "spring", 9, day(0)).await;
    ledger.return_quota(DailyQuota { count: 2, ..rest.clone() }).await.unwrap();
    let again = take(ledger, "spring", 5, day(0)).await;
    [first, rest, again].map(|daily_quota| daily_quota.count)
}
