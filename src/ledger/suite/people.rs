//! Everybody, a part at a time: who is listed, who is settled by name, who is forgotten.

use super::ContactStatus::{Accepted, Elsewhere, Free, Unknown};
use super::*;

/// Everybody who is meant, read so many at a time.
async fn everybody(ledger: &impl Inspect, query: &ListQuery, n_people: u32) -> Vec<(Key, FoundContact)> {
    let (mut people, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.list(query.clone(), after, n_people).await.unwrap();
        assert!(page.people.len() <= usize::try_from(n_people).unwrap(), "a page holds no more");
        people.extend(page.people);
        let Some(next) = page.next else { return people };
        assert!(after.is_none_or(|after| after < next), "it goes on");
        after = Some(next);
    }
}

/// Their keys and outcomes.
async fn listed(ledger: &impl Inspect, query: &ListQuery) -> Vec<(Key, String)> {
    let people = everybody(ledger, query, 4).await;
    people.into_iter().map(|(key, found)| (key, found.outcome)).collect()
}

fn with(people: Range<u32>, outcome: &str) -> Vec<(Key, String)> {
    people.map(|n| (key(n), outcome.to_owned())).collect()
}

pub(in crate::ledger) async fn a_list_is_everybody_once_in_the_order_of_their_keys(home: &impl Home) {
    let ledger = open(home, "first").await;
    // Not in the order of their keys.
    for (people, settlement) in [(5..9, accepted()), (0..2, rejected()), (2..5, Settlement::Unknown)] {
        send(&ledger, people, settlement).await;
    }
    send(&ledger, 9..10, Settlement::Released).await;
    claim(&ledger, 10..11).await;
    // Accepted before and claimed now: once.
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    ledger.claim(vec![entry(3), entry(20)], true, day(0)).await.unwrap();
    let outcomes = [
        with(0..2, "rejected"),
        with(2..3, "unknown"),
        with(3..4, "claimed"),
        with(4..5, "unknown"),
        with(5..9, "accepted"),
        with(10..11, "unknown"),
        with(20..21, "claimed"),
    ];
    let want = outcomes.concat();
    for n_people in [1, 2, 3, 11, 100] {
        let people = everybody(&ledger, &ListQuery::default(), n_people).await;
        let found: Vec<_> = people.iter().map(|(key, found)| (*key, found.outcome.clone())).collect();
        assert_eq!(found, want, "{n_people} at a time");
        let keys = people.iter().map(|(key, _)| *key).collect();
        let mut known = ledger.find_contacts(keys).await.unwrap();
        known.sort_by(|one, other| one.primary_key.cmp(&other.primary_key));
        let mut people: Vec<_> = people.into_iter().map(|(_, found)| found).collect();
        people.sort_by(|one, other| one.primary_key.cmp(&other.primary_key));
        assert_eq!(people, known, "everything that is known of them");
    }
}

pub(in crate::ledger) async fn a_list_is_of_whom_it_was_asked_for(home: &impl Home) {
    let hex = "65f0c0ffee0000000000cafe";
    let within = |campaign: &str, n| ClaimEntry { campaign: Campaign::new(campaign), ..entry(n) };
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, accepted()).await;
    send(&ledger, 2..4, Settlement::Unknown).await;
    send(&ledger, 4..5, rejected()).await;
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    for (n, settlement) in [(5, accepted()), (6, Settlement::Unknown)] {
        ledger.claim(vec![within(hex, n)], false, day(0)).await.unwrap();
        ledger.settle(vec![(within(hex, n), settlement)], day(0)).await.unwrap();
    }
    claim(&ledger, 7..8).await;
    let of = |outcomes: &[&'static str], run: Option<&str>, campaign: Option<&str>| ListQuery {
        outcomes: outcomes.to_vec(),
        run: run.map(str::to_owned),
        campaign: campaign.map(str::to_owned),
    };
    let unknown: &[_] = &["unknown"];
    for (name, query, want) in [
        ("unknown", of(unknown, None, None), vec![2, 3, 6]),
        ("of two kinds", of(&["unknown", "rejected"], None, None), vec![2, 3, 4, 6]),
        ("under way", of(&["claimed"], None, None), vec![7]),
        ("of a run", of(&[], Some("first"), None), vec![0, 1, 2, 3, 4]),
        ("of a campaign", of(&[], None, Some("spring")), vec![0, 1, 2, 3, 4, 7]),
        ("of a campaign in capitals", of(&[], None, Some(&hex.to_uppercase())), vec![5, 6]),
        ("of a name in capitals", of(&[], None, Some("SPRING")), vec![]),
        ("of all three", of(unknown, Some("second"), Some(hex)), vec![6]),
        ("of nobody", of(unknown, Some("third"), None), vec![]),
    ] {
        let found: Vec<_> = listed(&ledger, &query).await.into_iter().map(|(key, _)| key).collect();
        assert_eq!(found, want.into_iter().map(key).collect::<Vec<_>>(), "{name}");
    }
}

pub(in crate::ledger) async fn people_are_settled_by_their_keys_or_nobody_is(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..6, Settlement::Unknown).await;
    send(&ledger, 6..7, accepted()).await;
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    send(&ledger, 7..8, Settlement::Unknown).await;
    ledger.claim(vec![entry(5)], true, day(0)).await.unwrap();
    let keys = |people: &[u32]| people.iter().copied().map(key).collect::<Vec<_>>();
    for (name, people) in [
        ("one is accepted", [0, 6]),
        ("one is of another run", [0, 7]),
        ("one is being sent", [0, 5]),
        ("one is nobody", [0, 99]),
    ] {
        assert!(!ledger.settle_people("first", keys(&people), true, day(1)).await.unwrap(), "{name}");
        assert_eq!(statuses(&ledger, 0..6).await[..5], [Unknown; 5], "{name}");
    }
    assert!(ledger.settle_people("first", keys(&[3, 0]), true, day(1)).await.unwrap());
    assert!(ledger.settle_people("first", keys(&[1]), false, day(1)).await.unwrap());
    let want = [Accepted, Free, Unknown, Accepted, Unknown, Elsewhere, Accepted, Unknown];
    assert_eq!(statuses(&ledger, 0..8).await, want);
    let found = ledger.find_contacts(keys(&[1])).await.unwrap();
    let [FoundContact { outcome, reason, run, at, .. }] = found.as_slice() else { panic!("{found:?}") };
    let told = (outcome.as_str(), reason.as_str(), run.as_str(), *at);
    assert_eq!(told, ("rejected", "", "first", day(1)), "a person decided so");
    assert!(!ledger.settle_people("first", keys(&[3]), true, day(2)).await.unwrap(), "it is decided already");
}

/// At day 10, older than some days; who was accepted is free after `again` days.
fn retention(older: i64, again: Option<i64>) -> Retention {
    Retention {
        account: identity(Scope::Campaign),
        now: day(10),
        old: day(10 - older),
        called_again: again.map(|again| day(10 - again)),
        is_rejected_only: false,
    }
}

async fn forget(ledger: &impl Inspect, retention: &Retention, is_decided: bool) -> OldPage {
    let mut counts = OldPage::default();
    loop {
        let page = ledger.forget_old(retention.clone(), counts.next, 3, is_decided).await.unwrap();
        counts = counts.and(page);
        if counts.next.is_none() {
            return counts;
        }
    }
}

/// Of each outcome one person at each of the days 0 to 9: accepted from 0, rejected from 10, unknown from 20.
async fn ten_days(ledger: &impl Ledger) {
    for n in 0..10 {
        let now = day(i64::from(n));
        for (person, settlement) in [(n, accepted()), (10 + n, rejected()), (20 + n, Settlement::Unknown)] {
            ledger.claim(vec![entry(person)], false, now).await.unwrap();
            ledger.settle(vec![(entry(person), settlement)], now).await.unwrap();
        }
    }
}

pub(in crate::ledger) async fn whom_the_rules_need_is_not_forgotten(home: &impl Home) {
    let ledger = open(home, "first").await;
    ten_days(&ledger).await;
    ledger.claim(vec![entry(30)], false, day(0)).await.unwrap();
    // Rejected before, and being sent now.
    ledger.claim(vec![entry(10)], false, day(9)).await.unwrap();
    let counts = |unneeded, needed, open| OldPage { unneeded, needed, open, ..OldPage::default() };
    let rejected_only = Retention { is_rejected_only: true, ..retention(8, None) };
    let strangers = LedgerIdentity { account: "vbee/".to_owned(), ..identity(Scope::Campaign) };
    for (name, retention, want, is_others) in [
        ("nobody is called again", retention(8, None), counts(2, 3, 3), false),
        ("nobody is called again, rejected ones", rejected_only, counts(2, 0, 3), false),
        ("all of them are called again", retention(8, Some(7)), counts(5, 0, 3), false),
        ("some of them are called again", retention(7, Some(9)), counts(5, 2, 4), false),
        (
            "another account's",
            Retention { account: strangers, ..retention(8, Some(7)) },
            counts(0, 0, 3),
            true,
        ),
    ] {
        let found = forget(&ledger, &retention, false).await;
        let others = if is_others { 5 } else { 0 };
        // Where one backend counts who is claimed by the claim, and another by what was before.
        assert_eq!(
            (found.unneeded, found.needed, found.others),
            (want.unneeded, want.needed, others),
            "{name}"
        );
        assert!((want.open..=want.open + 2).contains(&found.open), "{name}: {found:?}");
    }
    assert_eq!(everybody(&ledger, &ListQuery::default(), 100).await.len(), 31, "counting changes nothing");

    let done = forget(&ledger, &retention(8, Some(9)), true).await;
    assert_eq!((done.unneeded, done.needed), (4, 1));
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    assert_eq!(statuses(&ledger, 0..4).await, [Free, Free, Accepted, Accepted]);
    assert_eq!(statuses(&ledger, 20..31).await, [Unknown; 11], "never of whom nobody can say");
    assert_eq!(statuses(&ledger, 10..11).await, [Unknown], "nor who is being sent");
    let left = everybody(&ledger, &ListQuery::default(), 100).await;
    let left: Vec<_> = left.into_iter().map(|(key, _)| key).collect();
    let want: Vec<_> = [2..11, 13..31].into_iter().flatten().map(key).collect();
    assert_eq!(left, want);
}

pub(in crate::ledger) async fn a_person_is_forgotten_and_may_be_called_again(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, accepted()).await;
    send(&ledger, 2..3, Settlement::Unknown).await;
    claim(&ledger, 3..4).await;
    let keys = |people: &[u32]| people.iter().copied().map(key).collect::<Vec<_>>();
    assert_eq!(ledger.forget_people(keys(&[0, 2, 3, 77])).await.unwrap(), 2, "not who is being sent");
    assert_eq!(statuses(&ledger, 0..4).await, [Free, Accepted, Free, Elsewhere]);
    assert_eq!(ledger.find_contacts(keys(&[0, 2])).await.unwrap(), []);
    assert_eq!(ledger.forget_people(Vec::new()).await.unwrap(), 0);
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    assert_eq!(statuses(&ledger, 0..4).await, [Free, Accepted, Free, Unknown]);
    assert_eq!(ledger.forget_people(keys(&[3])).await.unwrap(), 1, "its run is dead");
    assert_eq!(claim(&ledger, 0..4).await, [Free, Accepted, Free, Free]);
}

pub(in crate::ledger) async fn a_ledger_of_which_everybody_was_forgotten_is_no_lost_one(home: &impl Home) {
    for by_name in [false, true] {
        let ledger = open(home, "first").await;
        send(&ledger, 0..5, rejected()).await;
        if by_name {
            assert_eq!(ledger.forget_people((0..5).map(key).collect()).await.unwrap(), 5);
        } else {
            assert_eq!(forget(&ledger, &retention(8, None), true).await.unneeded, 5);
        }
        home.kill(ledger).await;
        let ledger = open(home, "second").await;
        assert_eq!(statuses(&ledger, 0..5).await, [Free; 5], "by name: {by_name}");
        home.kill(ledger).await;
    }
}
