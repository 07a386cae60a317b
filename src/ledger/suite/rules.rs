//! The rules of calling that a ledger keeps: the do-not-call list, and one hand-over for a while.

use super::ContactStatus::{Accepted, CoolingOff, DoNotCall, Elsewhere, Free, Unknown};
use super::*;

const COOLING_OFF_HOURS: u32 = 24;

pub(super) fn owner() -> ListOwner {
    ListOwner::new(&identity(Scope::Campaign), Scope::Account)
}

/// A run that goes by the list.
fn by_the_list(run: &str) -> LedgerOptions {
    let do_not_call = Some(DoNotCallRule { owner: owner(), max_age_days: 31 });
    LedgerOptions { rules: LedgerRules { do_not_call, cooling_off_hours: 0 }, ..options(run) }
}

/// A run that hands nobody over twice in a day.
pub(in crate::ledger) fn cooling(run: &str) -> LedgerOptions {
    let rules = LedgerRules { do_not_call: None, cooling_off_hours: COOLING_OFF_HOURS };
    LedgerOptions { rules, ..options(run) }
}

/// The n-th person's key on the list.
fn listed(n: u32) -> Key {
    let mut key = key(n);
    key.0[0] = u8::try_from(n % 3).unwrap();
    key.0[15] = 0xdd;
    key
}

/// The n-th person, whom the list is asked for.
pub(super) fn asked(n: u32) -> ClaimEntry {
    ClaimEntry { rules: RuleKeys { listed: Some(listed(n)), cooling: None }, ..entry(n) }
}

/// The n-th person as a contact of one of several campaigns, each with a key of its own.
pub(in crate::ledger) fn to(campaign: u8, n: u32) -> ClaimEntry {
    let (mut own, mut person) = (key(n), key(n));
    own.0[14] = campaign;
    person.0[15] = 0xcc;
    ClaimEntry {
        key: own,
        rules: RuleKeys { listed: None, cooling: Some(person) },
        campaign: Campaign::new(&format!("campaign {campaign}")),
        ..entry(n)
    }
}

pub(super) async fn load(
    ledger: &impl DoNotCallList,
    source: &str,
    changes: &[(u32, bool)],
    kind: LoadKind,
    now: Timestamp,
) -> Loaded {
    let mut staged = Staging::new().unwrap();
    for &(n, is_listed) in changes {
        staged.add(listed(n), is_listed).unwrap();
    }
    let load = ListLoad { owner: owner(), source: source.to_owned(), staged, kind, is_whole: true };
    ledger.load_list(load, now).await.unwrap()
}

pub(in crate::ledger) async fn standing(
    ledger: &impl Ledger,
    entries: &[ClaimEntry],
    now: Timestamp,
) -> Vec<ContactStatus> {
    ledger.status_of(entries.iter().map(ClaimEntry::person).collect(), now).await.unwrap()
}

pub(in crate::ledger) async fn hand_over(
    ledger: &impl Ledger,
    entry: ClaimEntry,
    settlement: Settlement,
    now: Timestamp,
) {
    assert_eq!(ledger.claim(vec![entry.clone()], false, now).await.unwrap(), [Free]);
    ledger.settle(vec![(entry, settlement)], now).await.unwrap();
}

pub(in crate::ledger) async fn whoever_is_on_the_list_is_not_claimed_whatever_else_is_known<H: Home>(
    home: &H,
) {
    let today = H::today();
    let ledger = open(home, "first").await;
    send(&ledger, 0..1, accepted()).await;
    send(&ledger, 1..2, Settlement::Unknown).await;
    load(&ledger, "register", &[(0, true), (1, true), (2, true), (40, true)], LoadKind::Change, today).await;
    home.kill(ledger).await;

    let ledger = home.open(by_the_list("second"), today + SignedDuration::from_hours(24)).await.unwrap();
    let people: Vec<_> = (0..5).map(asked).collect();
    let want = [DoNotCall, DoNotCall, DoNotCall, Free, Free];
    assert_eq!(standing(&ledger, &people, today + SignedDuration::from_hours(24)).await, want);
    for retake in [true, false] {
        let claimed =
            ledger.claim(people[..3].to_vec(), retake, today + SignedDuration::from_hours(24)).await.unwrap();
        assert_eq!(claimed, [DoNotCall; 3], "retake: {retake}");
    }
    assert_eq!(ledger.claim(people, true, today + SignedDuration::from_hours(24)).await.unwrap(), want);
    assert_eq!(
        ledger.claim(vec![entry(2)], false, today + SignedDuration::from_hours(24)).await.unwrap(),
        [Free],
        "whom nobody asks for"
    );
}

pub(in crate::ledger) async fn who_comes_onto_the_list_while_a_sync_runs_is_not_in_its_next_claim<H: Home>(
    home: &H,
) {
    let today = H::today();
    let ledger = open(home, "list").await;
    load(&ledger, "register", &[(99, true)], LoadKind::Change, today).await;
    home.kill(ledger).await;
    let ledger = home.open(by_the_list("sync"), today).await.unwrap();
    let people: Vec<_> = (0..4).map(asked).collect();
    assert_eq!(standing(&ledger, &people, today).await, [Free; 4]);
    assert_eq!(ledger.claim(people[..1].to_vec(), false, today).await.unwrap(), [Free]);
    load(&ledger, "register", &[(0, true), (1, true)], LoadKind::Change, today).await;
    load(&ledger, "opted out", &[(2, true)], LoadKind::Change, today).await;
    let claimed = ledger.claim(people[1..].to_vec(), false, today).await.unwrap();
    assert_eq!(claimed, [DoNotCall, DoNotCall, Free]);
    ledger.settle(vec![(people[0].clone(), accepted())], today).await.unwrap();
    assert_eq!(statuses(&ledger, 0..1).await, [Accepted], "who was handed over before is remembered");
}

pub(in crate::ledger) async fn a_source_is_changed_replaced_and_taken_away<H: Home>(home: &H) {
    let ledger = open(home, "list").await;
    let of = async |n: u32| ledger.find_listed(owner(), listed(n)).await.unwrap();
    let all: Vec<_> = (0..2_000).map(|n| (n, true)).collect();
    let loaded = load(&ledger, "register", &all, LoadKind::Change, day(0)).await;
    assert_eq!(loaded, Loaded { added: 2_000, removed: 0, count: 2_000 });
    let loaded = load(&ledger, "register", &all[..1_500], LoadKind::Change, day(1)).await;
    assert_eq!(loaded, Loaded { added: 0, removed: 0, count: 2_000 }, "the same again");
    let changes = [(3, false), (4, false), (5_000, true), (4, true), (6_000, false)];
    let loaded = load(&ledger, "register", &changes, LoadKind::Change, day(2)).await;
    assert_eq!(loaded, Loaded { added: 1, removed: 1, count: 2_000 }, "what is said last of a number counts");
    assert_eq!((of(3).await, of(4).await.len(), of(5_000).await.len()), (vec![], 1, 1));

    load(&ledger, "opted out", &[(4, true), (7, true)], LoadKind::Change, day(2)).await;
    let loaded = load(&ledger, "register", &[(8, true), (9_000, true)], LoadKind::Replace, day(3)).await;
    assert_eq!(loaded, Loaded { added: 1, removed: 1_999, count: 2 });
    assert_eq!(of(4).await, ["opted out"]);
    assert_eq!((of(8).await, of(1_999).await), (vec!["register".to_owned()], vec![]));
    let sources = ledger.list_sources(owner()).await.unwrap();
    let sources: Vec<_> = sources.iter().map(|one| (&*one.name, one.count, one.loaded_at)).collect();
    assert_eq!(sources, [("opted out", 2, Some(day(2))), ("register", 2, Some(day(3)))]);

    let everybodys = ListOwner::new(&identity(Scope::Campaign), Scope::Everywhere);
    assert_eq!(ledger.list_sources(everybodys).await.unwrap(), [], "another list");
    let removed = async |source: &str| ledger.remove_source(owner(), source.to_owned()).await.unwrap();
    assert_eq!((removed("register").await, removed("register").await), (Some(2), None));
    assert_eq!((of(8).await, of(7).await), (vec![], vec!["opted out".to_owned()]));
}

pub(in crate::ledger) async fn without_a_list_that_is_whole_and_new_no_run_begins<H: Home>(home: &H) {
    let today = H::today();
    let days_ago = |n: i64| today - SignedDuration::from_hours(24 * n);
    let refused = async |says: &str| match home.open(by_the_list("refused"), today).await {
        Err(LedgerError::Unusable(why)) => assert!(why.contains(says), "{why}"),
        Err(other) => panic!("{says}: {other}"),
        Ok(_) => panic!("{says}: a run begins"),
    };
    let loaded = async |source: &str, changes: &[(u32, bool)], is_whole, now| {
        let ledger = open(home, "list").await;
        let mut staged = Staging::new().unwrap();
        for &(n, is_listed) in changes {
            staged.add(listed(n), is_listed).unwrap();
        }
        let (source, kind) = (source.to_owned(), LoadKind::Replace);
        let load = ListLoad { owner: owner(), source, staged, kind, is_whole };
        ledger.load_list(load, now).await.unwrap();
        home.kill(ledger).await;
    };
    refused("there is no do-not-call list yet").await;
    loaded("register", &[], true, days_ago(40)).await;
    refused("is empty").await;
    loaded("register", &[(1, true), (2, true)], true, days_ago(32)).await;
    refused("max_age_days").await;
    loaded("register", &[(1, true), (2, true)], true, days_ago(30)).await;
    home.kill(home.open(by_the_list("allowed"), today).await.unwrap()).await;
    loaded("begun", &[(3, true)], false, today).await;
    refused("never loaded to its end").await;
    let ledger = open(home, "list").await;
    ledger.remove_source(owner(), "begun".to_owned()).await.unwrap();
    home.kill(ledger).await;
    home.kill(home.open(by_the_list("allowed again"), today).await.unwrap()).await;
}

pub(in crate::ledger) async fn one_hand_over_keeps_the_next_one_back_over_all_campaigns<H: Home>(home: &H) {
    let today = H::today();
    let hours = |n| today + SignedDuration::from_hours(n);
    let ledger = home.open(cooling("first"), today).await.unwrap();
    hand_over(&ledger, to(1, 0), accepted(), hours(0)).await;
    hand_over(&ledger, to(1, 1), Settlement::Unknown, hours(0)).await;
    let others: Vec<_> = (0..3).map(|n| to(2, n)).collect();
    for (now, want) in [(0, CoolingOff), (23, CoolingOff), (-5, CoolingOff), (24, Free), (100, Free)] {
        assert_eq!(standing(&ledger, &others, hours(now)).await, [want, want, Free], "after {now} hours");
    }
    assert_eq!(standing(&ledger, &[to(1, 0), to(1, 1)], hours(0)).await, [Accepted, Unknown], "their own");
    for retake in [true, false] {
        let claimed = ledger.claim(others[..2].to_vec(), retake, hours(23)).await.unwrap();
        assert_eq!(claimed, [CoolingOff; 2], "retake: {retake}");
    }
    assert_eq!(ledger.claim(others.clone(), false, hours(24)).await.unwrap(), [Free; 3]);
    let third: Vec<_> = (0..3).map(|n| to(3, n)).collect();
    assert_eq!(ledger.claim(third.clone(), false, hours(24)).await.unwrap(), [Elsewhere; 3], "under way");
    let settled = others.into_iter().map(|entry| (entry, accepted())).collect();
    ledger.settle(settled, hours(25)).await.unwrap();
    assert_eq!(standing(&ledger, &third, hours(48)).await, [CoolingOff; 3]);
    assert_eq!(standing(&ledger, &third, hours(49)).await, [Free; 3], "counts from when it was known");
    home.kill(ledger).await;
    let ledger = open(home, "without the rule").await;
    assert_eq!(standing(&ledger, &third, hours(25)).await, [Free; 3]);
}

pub(in crate::ledger) async fn an_attempt_that_was_none_keeps_nobody_back<H: Home>(home: &H) {
    let today = H::today();
    let hours = |n| today + SignedDuration::from_hours(n);
    let ledger = home.open(cooling("first"), today).await.unwrap();
    for (n, settlement, begun) in [(0, rejected(), 0), (1, Settlement::Released, 100)] {
        let standing =
            async |campaign, time| standing(&ledger, &[to(campaign, n)], hours(begun + time)).await;
        hand_over(&ledger, to(1, n), settlement.clone(), hours(begun)).await;
        assert_eq!(standing(2, 0).await, [Free], "{settlement:?}");
        hand_over(&ledger, to(2, n), accepted(), hours(begun)).await;
        assert_eq!(standing(3, 23).await, [CoolingOff], "{settlement:?}");
        hand_over(&ledger, to(3, n), settlement.clone(), hours(begun + 24)).await;
        assert_eq!(standing(4, 24).await, [Free], "{settlement:?}: as before");
    }
}

pub(in crate::ledger) async fn whoever_was_being_handed_over_by_a_run_that_died_waits<H: Home>(home: &H) {
    let today = H::today();
    let ledger = home.open(cooling("first"), today).await.unwrap();
    assert_eq!(ledger.claim(vec![to(1, 0), to(1, 1)], false, today).await.unwrap(), [Free; 2]);
    ledger.settle(vec![(to(1, 1), rejected())], today).await.unwrap();
    home.kill(ledger).await;
    let ledger = home.open(cooling("second"), today).await.unwrap();
    let others = [to(2, 0), to(2, 1)];
    assert_eq!(standing(&ledger, &others, today).await, [CoolingOff, Free]);
    assert_eq!(ledger.claim(others.to_vec(), false, today).await.unwrap(), [CoolingOff, Free]);
    assert_eq!(standing(&ledger, &[to(1, 0)], today).await, [Unknown]);
}

pub(in crate::ledger) async fn the_same_attempt_may_be_made_again<H: Home>(home: &H) {
    let today = H::today();
    let hours = |n| today + SignedDuration::from_hours(n);
    let ledger = home.open(cooling("first"), today).await.unwrap();
    ledger.claim((0..3).map(|n| to(1, n)).collect(), false, hours(0)).await.unwrap();
    home.kill(ledger).await;
    let ledger = home.open(cooling("second"), hours(1)).await.unwrap();
    let retake = async |entry: ClaimEntry, now| ledger.claim(vec![entry], true, now).await.unwrap()[0];
    assert_eq!(retake(to(1, 0), hours(1)).await, Unknown);
    assert_eq!(retake(to(2, 0), hours(1)).await, Elsewhere, "it is under way");
    ledger.settle(vec![(to(1, 0), Settlement::Released)], hours(1)).await.unwrap();
    let without_rules = vec![to(2, 0).key.into()];
    assert_eq!(ledger.status_of(without_rules, hours(1)).await.unwrap(), [Free], "by their key alone");
    assert_eq!(retake(to(2, 0), hours(1)).await, CoolingOff, "it may have been handed over before");
    assert_eq!(retake(to(1, 0), hours(2)).await, Unknown, "and once more");
    ledger.settle(vec![(to(1, 0), accepted())], hours(2)).await.unwrap();
    // Another campaign's hand-over keeps the repeat back, which may be the first that arrives.
    let later = hours(1_000);
    hand_over(&ledger, to(2, 1), accepted(), later).await;
    assert_eq!(retake(to(1, 1), later).await, CoolingOff);
    assert_eq!(retake(to(1, 2), later).await, Unknown);
}

pub(in crate::ledger) async fn who_was_not_delivered_need_not_wait<H: Home>(home: &H) {
    let today = H::today();
    let ledger = home.open(cooling("first"), today).await.unwrap();
    ledger.claim(vec![to(1, 0)], false, today).await.unwrap();
    hand_over(&ledger, to(1, 1), Settlement::Unknown, today).await;
    hand_over(&ledger, to(1, 2), accepted(), today).await;
    home.kill(ledger).await;
    let ledger = home.open(cooling("second"), today).await.unwrap();
    let others: Vec<_> = (0..3).map(|n| to(2, n)).collect();
    for (accepted, want) in [(true, [CoolingOff; 3]), (false, [CoolingOff; 3])] {
        assert_eq!(ledger.settle_unknown("first", accepted, true, today).await.unwrap(), 2);
        assert_eq!(standing(&ledger, &others, today).await, want, "only counted");
    }
    assert_eq!(ledger.settle_unknown("first", false, false, today).await.unwrap(), 2);
    assert_eq!(standing(&ledger, &others, today).await, [Free, Free, CoolingOff]);
}

pub(in crate::ledger) async fn nobody_is_taken_twice_in_one_claim<H: Home>(home: &H) {
    let today = H::today();
    let ledger = home.open(cooling("first"), today).await.unwrap();
    let claimed = ledger.claim(vec![to(2, 0), to(1, 0), to(1, 1)], false, today).await.unwrap();
    assert_eq!(claimed, [Free, Elsewhere, Free]);
    for (settlement, want) in [(rejected(), Free), (accepted(), CoolingOff)] {
        ledger.settle(vec![(to(2, 0), settlement)], today).await.unwrap();
        assert_eq!(ledger.claim(vec![to(1, 0)], false, today).await.unwrap(), [want]);
        ledger.settle(vec![(to(1, 0), rejected())], today).await.unwrap();
    }
}

pub(in crate::ledger) async fn an_attempt_that_is_under_way_is_no_ending<H: Home>(home: &H) {
    let today = H::today();
    let hours = |n| today + SignedDuration::from_hours(n);
    let ledger = home.open(cooling("first"), today).await.unwrap();
    // Of a third campaign somebody is unknown, and comes to be retaken while another campaign hands them over.
    hand_over(&ledger, to(3, 1), Settlement::Unknown, hours(0)).await;
    let later = hours(100);
    for (n, settlement, want) in
        [(0, rejected(), Free), (1, Settlement::Released, Unknown), (2, Settlement::Unknown, CoolingOff)]
    {
        let waiting = to(3, n);
        assert_eq!(ledger.claim(vec![to(1, n)], false, later).await.unwrap(), [Free], "{settlement:?}");
        for retake in [false, true] {
            let before = if n == 1 { Unknown } else { Elsewhere };
            let claimed = if retake { Elsewhere } else { before };
            assert_eq!(standing(&ledger, std::slice::from_ref(&waiting), later).await, [before]);
            let told = ledger.claim(vec![waiting.clone()], retake, later).await.unwrap();
            assert_eq!(told, [claimed], "{settlement:?}, retake: {retake}");
        }
        ledger.settle(vec![(to(1, n), settlement.clone())], later).await.unwrap();
        assert_eq!(ledger.claim(vec![waiting], true, later).await.unwrap(), [want], "{settlement:?}");
    }
}

pub(in crate::ledger) async fn who_waits_still_does_so_under_another_scope<H: Home>(home: &H) {
    let today = H::today();
    let ledger = home.open(cooling("first"), today).await.unwrap();
    hand_over(&ledger, to(1, 0), Settlement::Unknown, today).await;
    home.kill(ledger).await;
    let mut wider = to(1, 0);
    wider.key.0[13] = 0xff;
    let records = home.inspect(identity(Scope::Campaign)).await;
    let pairs = vec![(to(1, 0).key, wider.key)];
    assert!(records.rescope(identity(Scope::Account), pairs, Some(0)).await.unwrap().is_done);
    drop(records);
    let account = LedgerOptions { identity: identity(Scope::Account), ..cooling("second") };
    let ledger = home.open(account, today).await.unwrap();
    assert_eq!(standing(&ledger, &[to(2, 0)], today).await, [CoolingOff]);
    assert_eq!(ledger.claim(vec![wider], true, today).await.unwrap(), [Unknown], "the same attempt");
}

pub(in crate::ledger) async fn a_hand_over_and_a_list_survive_their_run<H: Home>(home: &H) {
    let today = H::today();
    let ledger = home.open(cooling("first"), today).await.unwrap();
    hand_over(&ledger, to(1, 0), accepted(), today).await;
    hand_over(&ledger, to(1, 1), rejected(), today).await;
    load(&ledger, "register", &[(2, true)], LoadKind::Change, today).await;
    ledger.close().await.unwrap();
    drop(ledger);
    let both = LedgerOptions {
        rules: LedgerRules { cooling_off_hours: COOLING_OFF_HOURS, ..by_the_list("second").rules },
        ..options("second")
    };
    let ledger = home.open(both, today).await.unwrap();
    let people = [to(2, 0), to(2, 1), asked(2), to(1, 0)];
    assert_eq!(standing(&ledger, &people, today).await, [CoolingOff, Free, DoNotCall, Accepted]);
    assert_eq!(ledger.claim(vec![to(1, 3)], false, today).await.unwrap(), [Free]);
    assert_eq!(standing(&ledger, &[to(1, 3)], today).await, [Elsewhere]);
}
