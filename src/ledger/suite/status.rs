//! Who may be sent, run by run.

use super::ContactStatus::{Accepted, Elsewhere, Free, Held, Unknown};
use super::*;

pub(in crate::ledger) async fn never_seen_is_free(home: &impl Home) {
    let ledger = open(home, "first").await;
    assert_eq!(statuses(&ledger, 0..3).await, [Free; 3]);
    assert_eq!(statuses(&ledger, 0..3).await, [Free; 3], "a look-up writes nothing");
    assert_eq!(claim(&ledger, 0..3).await, [Free; 3]);
}

pub(in crate::ledger) async fn claimed_is_held_and_unknown_after_death(home: &impl Home) {
    let ledger = open(home, "first").await;
    claim(&ledger, 0..2).await;
    assert_eq!(statuses(&ledger, 0..3).await, [Elsewhere, Elsewhere, Free]);
    assert_eq!(claim(&ledger, 1..3).await, [Elsewhere, Free], "claiming again does not take");
    home.kill(ledger).await;

    let ledger = open(home, "second").await;
    assert_eq!(statuses(&ledger, 0..4).await, [Unknown, Unknown, Unknown, Free]);
    assert_eq!(claim(&ledger, 0..1).await, [Unknown]);
    assert_eq!(statuses(&ledger, 0..1).await, [Unknown], "a refused claim claims nothing");
}

pub(in crate::ledger) async fn accepted_is_a_duplicate_for_ever(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, accepted()).await;
    assert_eq!(claim(&ledger, 0..3).await, [Accepted, Accepted, Free]);
    let later = ledger.status_of(known_by([key(0)]), day(40_000)).await.unwrap();
    assert_eq!(later, [Accepted], "a century later");
    let retaken = ledger.claim(vec![entry(1)], true, day(40_000)).await.unwrap();
    assert_eq!(retaken, [Accepted], "retaking is for the unknown");
    home.kill(ledger).await;
    assert_eq!(statuses(&open(home, "second").await, 0..2).await, [Accepted; 2]);
}

pub(in crate::ledger) async fn accepted_is_free_again_after_the_days_of_call_again(home: &impl Home) {
    let again = LedgerOptions { call_again_after_days: 7, ..options("first") };
    let ledger = home.open(again.clone(), day(0)).await.unwrap();
    send(&ledger, 0..1, accepted()).await;
    assert_eq!(ledger.status_of(known_by([key(0)]), day(6)).await.unwrap(), [Accepted]);
    assert_eq!(ledger.claim(vec![entry(0)], false, day(6)).await.unwrap(), [Accepted]);
    assert_eq!(ledger.status_of(known_by([key(0)]), day(-1)).await.unwrap(), [Accepted], "a clock went back");
    assert_eq!(ledger.status_of(known_by([key(0)]), day(7)).await.unwrap(), [Free], "seven whole days");
    assert_eq!(ledger.claim(vec![entry(0)], false, day(8)).await.unwrap(), [Free]);
    ledger.settle(vec![(entry(0), accepted())], day(8)).await.unwrap();
    assert_eq!(
        ledger.status_of(known_by([key(0)]), day(14)).await.unwrap(),
        [Accepted],
        "counts from the last"
    );
}

pub(in crate::ledger) async fn rejected_is_free_again(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, rejected()).await;
    assert_eq!(statuses(&ledger, 0..2).await, [Free; 2]);
    assert_eq!(claim(&ledger, 0..2).await, [Free; 2]);
    settle(&ledger, 0..1, accepted()).await;
    settle(&ledger, 1..2, rejected()).await;
    assert_eq!(statuses(&ledger, 0..2).await, [Accepted, Free]);
}

pub(in crate::ledger) async fn unknown_is_held_until_it_is_retaken(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, Settlement::Unknown).await;
    assert_eq!(claim(&ledger, 0..2).await, [Unknown; 2]);
    let retaken = ledger.claim((0..3).map(entry).collect(), true, day(0)).await.unwrap();
    assert_eq!(retaken, [Unknown, Unknown, Free]);
    assert_eq!(statuses(&ledger, 0..3).await, [Elsewhere; 3], "all three are claimed now");
    settle(&ledger, 0..3, accepted()).await;
    assert_eq!(statuses(&ledger, 0..3).await, [Accepted; 3]);
}

/// A vendor recognises a repeat in the same campaign of the same account, if the number is written the same.
pub(in crate::ledger) async fn unknown_is_retaken_only_as_it_was_sent_before(home: &impl Home) {
    let as_before = |run: &str| options(run);
    let elsewhere = |run: &str| {
        let mut options = options(run);
        "vbee/".clone_into(&mut options.identity.account);
        options
    };
    let written_otherwise = |run: &str| LedgerOptions { phone_format: WireFormat::National, ..options(run) };
    let in_campaign = |campaign, people: Range<u32>| -> Vec<ClaimEntry> {
        people.map(|n| ClaimEntry { campaign: Campaign::new(campaign), ..entry(n) }).collect()
    };
    let ledger = home.open(as_before("first"), day(0)).await.unwrap();
    send(&ledger, 0..1, Settlement::Unknown).await;
    claim(&ledger, 1..2).await;
    let retaken = ledger.claim(in_campaign("autumn", 0..1), true, day(0)).await.unwrap();
    assert_eq!(retaken, [Held], "in the same run");
    home.kill(ledger).await;
    for (name, options, campaign) in [
        ("another campaign", as_before("second"), "autumn"),
        ("another account", elsewhere("third"), "spring"),
        ("another spelling", written_otherwise("fourth"), "spring"),
    ] {
        let ledger = home.open(options, day(0)).await.unwrap();
        assert_eq!(
            ledger.claim(in_campaign(campaign, 0..2), true, day(0)).await.unwrap(),
            [Held; 2],
            "{name}"
        );
        assert_eq!(
            ledger.claim(in_campaign(campaign, 0..2), false, day(0)).await.unwrap(),
            [Unknown; 2],
            "{name}"
        );
        home.kill(ledger).await;
    }
    let ledger = home.open(as_before("fifth"), day(0)).await.unwrap();
    assert_eq!(ledger.claim(in_campaign("spring", 0..2), true, day(0)).await.unwrap(), [Unknown; 2]);
    home.kill(ledger).await;
    let ledger = home.open(written_otherwise("sixth"), day(0)).await.unwrap();
    assert_eq!(ledger.claim(in_campaign("spring", 0..1), true, day(0)).await.unwrap(), [Held], "once more");
}

pub(in crate::ledger) async fn released_is_as_before(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 1..2, rejected()).await;
    send(&ledger, 2..3, Settlement::Unknown).await;
    ledger.claim((0..3).map(entry).collect(), true, day(0)).await.unwrap();
    settle(&ledger, 0..3, Settlement::Released).await;
    assert_eq!(statuses(&ledger, 0..3).await, [Free, Free, Unknown]);
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    assert_eq!(statuses(&ledger, 0..3).await, [Free, Free, Unknown]);
    assert_eq!(claim(&ledger, 0..2).await, [Free; 2], "it can be claimed again");
}

pub(in crate::ledger) async fn subsets_settle(home: &impl Home) {
    let ledger = open(home, "first").await;
    claim(&ledger, 0..3).await;
    claim(&ledger, 3..6).await;
    settle(&ledger, 2..4, accepted()).await;
    assert_eq!(
        statuses(&ledger, 0..6).await,
        [Elsewhere, Elsewhere, Accepted, Accepted, Elsewhere, Elsewhere]
    );
    settle(&ledger, 0..1, Settlement::Unknown).await;
    settle(&ledger, 1..2, Settlement::Released).await;
    settle(&ledger, 4..6, rejected()).await;
    assert_eq!(statuses(&ledger, 0..6).await, [Unknown, Free, Accepted, Accepted, Free, Free]);
}

pub(in crate::ledger) async fn answers_come_in_order(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 3..4, accepted()).await;
    send(&ledger, 5..6, Settlement::Unknown).await;
    let order = [5, 9, 3, 1, 7];
    let want = [Unknown, Free, Accepted, Free, Free];
    assert_eq!(ledger.status_of(known_by(order.map(key)), day(0)).await.unwrap(), want);
    assert_eq!(ledger.claim(order.map(entry).to_vec(), false, day(0)).await.unwrap(), want);
}

pub(in crate::ledger) async fn keys_that_differ_in_one_bit_are_two_people(home: &impl Home) {
    let ledger = open(home, "first").await;
    let whole = Key([0xff; 16]);
    for blank in [Key([0; 16]), whole] {
        let one = ClaimEntry { key: blank, ..entry(0) };
        ledger.claim(vec![one.clone()], false, day(0)).await.unwrap();
        ledger.settle(vec![(one, accepted())], day(0)).await.unwrap();
    }
    let mut near = Vec::new();
    for bit in 0..128 {
        let mut key = whole;
        key.0[bit / 8] ^= 1 << (bit % 8);
        near.push(key);
    }
    assert_eq!(ledger.status_of(known_by(near), day(0)).await.unwrap(), [Free; 128]);
    assert_eq!(ledger.status_of(known_by([whole, Key([0; 16])]), day(0)).await.unwrap(), [Accepted; 2]);
}

pub(in crate::ledger) async fn empty_calls_do_nothing(home: &impl Home) {
    let ledger = open(home, "first").await;
    assert_eq!(ledger.status_of(Vec::new(), day(0)).await.unwrap(), []);
    assert_eq!(ledger.claim(Vec::new(), true, day(0)).await.unwrap(), []);
    ledger.settle(Vec::new(), day(0)).await.unwrap();
    assert_eq!(ledger.find_contacts(Vec::new()).await.unwrap(), []);
    assert_eq!(ledger.status().await.unwrap(), []);
}

pub(in crate::ledger) async fn many_contacts_in_one_claim(home: &impl Home) {
    let ledger = open(home, "first").await;
    assert_eq!(claim(&ledger, 0..5_000).await, [Free; 5_000]);
    settle(&ledger, 0..4_999, accepted()).await;
    home.kill(ledger).await;
    let status = statuses(&open(home, "second").await, 0..5_000).await;
    assert_eq!(status[..4_999], [Accepted; 4_999]);
    assert_eq!(status[4_999], Unknown);
}

pub(in crate::ledger) async fn claims_of_one_run_exclude_each_other(home: &impl Home) {
    let ledger = open(home, "first").await;
    let all = || (0..50).map(entry).collect::<Vec<_>>();
    let (one, other) = tokio::join!(ledger.claim(all(), false, day(0)), ledger.claim(all(), false, day(0)));
    one_of_two(&one.unwrap(), &other.unwrap());
}

pub(in crate::ledger) async fn claims_of_two_runs_exclude_each_other<H: Home>(home: &H) {
    let first = open(home, "first").await;
    let second = home.open(options("second"), day(0)).await;
    if !H::SHARED {
        assert!(matches!(second, Err(LedgerError::Unavailable(_))), "one run at a time");
        return;
    }
    let second = second.unwrap();
    let all = || (0..50).map(entry).collect::<Vec<_>>();
    let (one, other) = tokio::join!(first.claim(all(), false, day(0)), second.claim(all(), false, day(0)));
    one_of_two(&one.unwrap(), &other.unwrap());
    assert_eq!(second.claim(all(), true, day(0)).await.unwrap(), [Elsewhere; 50], "retaking takes no claim");
    home.kill(first).await;
    assert!(!statuses(&second, 0..50).await.contains(&Free), "a dead run's claims are not free");
}

/// Each contact was claimed by exactly one of two.
fn one_of_two(one: &[ContactStatus], other: &[ContactStatus]) {
    for pair in one.iter().zip(other) {
        assert!(matches!(pair, (Free, Elsewhere) | (Elsewhere, Free)), "{pair:?}");
    }
    assert_eq!((one.len(), other.len()), (50, 50));
}
