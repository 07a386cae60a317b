//! The rules of calling where several connectors and other hands share a database.

use std::collections::BTreeMap;

use super::*;
use crate::ledger::list::{DoNotCallList, ListLoad, LoadKind, Staging};
use crate::ledger::{DoNotCallRule, LedgerRules, RuleKeys, Scope};

const N_RACES: u32 = 100;
const IN_A_RACE: u32 = 8;

fn owner() -> ListOwner {
    ListOwner::new(&suite::identity(Scope::Campaign), Scope::Account)
}

fn by_the_rules(run: &str) -> LedgerOptions {
    let do_not_call = Some(DoNotCallRule { owner: owner(), max_age_days: 31 });
    LedgerOptions { rules: LedgerRules { do_not_call, cooling_off_hours: 24 }, ..options(run) }
}

/// The n-th person for one of two campaigns.
fn to(campaign: u8, n: u32) -> ClaimEntry {
    let with = |place: usize, byte| {
        let mut key = suite::key(n);
        key.0[place] = byte;
        key
    };
    let rules = RuleKeys { listed: Some(with(15, 0xdd)), cooling: Some(with(15, 0xcc)) };
    ClaimEntry { key: with(14, campaign), rules, ..entry(n) }
}

async fn load(ledger: &impl DoNotCallList, people: impl IntoIterator<Item = u32>, now: Timestamp) {
    let mut staged = Staging::new().unwrap();
    people.into_iter().for_each(|n| staged.add(to(0, n).rules.listed.unwrap(), true).unwrap());
    let source = "register".to_owned();
    let load = ListLoad { owner: owner(), source, staged, kind: LoadKind::Change, is_whole: true };
    ledger.load_list(load, now).await.unwrap();
}

/// Two connectors want the same people for two campaigns, at the same time and in other orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_hundred_races_each_person_is_handed_over_once_and_nobody_on_the_list() {
    let (database, now) = (Database::new().await, Database::today());
    let filling = database.open("list").await;
    load(&filling, (0..N_RACES).map(|race| race * IN_A_RACE), now).await;
    filling.close().await.unwrap();
    let open = async |run: &str| Home::open(&database, by_the_rules(run), now).await.unwrap();
    let (one, other) = (open("one").await, open("other").await);
    let mut handed_over: BTreeMap<u32, u32> = BTreeMap::new();
    for race in 0..N_RACES {
        let people = race * IN_A_RACE..(race + 1) * IN_A_RACE;
        let hand_over = async |ledger: &Postgres, campaign: u8, people: Vec<u32>| {
            let entries: Vec<_> = people.iter().map(|&n| to(campaign, n)).collect();
            let statuses = ledger.claim(entries.clone(), false, now).await.unwrap();
            let taken = people
                .into_iter()
                .zip(entries)
                .zip(statuses)
                .filter(|(_, status)| *status == ContactStatus::Free);
            let (numbers, taken): (Vec<_>, Vec<_>) = taken.map(|(one, _)| one).unzip();
            let settlements = taken.into_iter().map(|entry| (entry, suite::accepted())).collect();
            ledger.settle(settlements, now).await.unwrap();
            numbers
        };
        let (first, second) = tokio::join!(
            hand_over(&one, 1, people.clone().collect()),
            hand_over(&other, 2, people.clone().rev().collect())
        );
        for person in first.into_iter().chain(second) {
            *handed_over.entry(person).or_default() += 1;
        }
        assert!(!handed_over.contains_key(&people.start), "race {race}: who is on the list");
    }
    let twice: Vec<_> = handed_over.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!(twice, []);
    assert_eq!(
        handed_over.len(),
        usize::try_from(N_RACES * (IN_A_RACE - 1)).unwrap(),
        "somebody is left out"
    );
}

/// For another campaign, by another run: that has no ending yet, or never will have one.
#[tokio::test]
async fn who_is_being_handed_over_by_another_run_is_decided_by_what_becomes_of_that() {
    let (database, now) = (Database::new().await, Database::today());
    let by_cooling_off = |run: &str| LedgerOptions {
        rules: LedgerRules { do_not_call: None, cooling_off_hours: 24 },
        ..options(run)
    };
    let one = Home::open(&database, by_cooling_off("one"), now).await.unwrap();
    let other = Home::open(&database, by_cooling_off("other"), now).await.unwrap();
    let wanted = |campaign| (0..3).map(|n| to(campaign, n)).collect::<Vec<_>>();
    assert_eq!(one.claim(wanted(1), false, now).await.unwrap(), [ContactStatus::Free; 3]);
    let people = wanted(2).iter().map(ClaimEntry::person).collect();
    assert_eq!(other.status_of(people, now).await.unwrap(), [ContactStatus::Elsewhere; 3]);
    assert_eq!(other.claim(wanted(2), true, now).await.unwrap(), [ContactStatus::Elsewhere; 3]);
    let rejected = Settlement::Rejected { reason: "invalid" };
    one.settle(vec![(to(1, 0), rejected), (to(1, 1), suite::accepted())], now).await.unwrap();
    // Nobody waits for a run that is not there any more: it may have handed them over.
    database.execute("DELETE FROM run WHERE name = 'one'").await;
    let decided = [ContactStatus::Free, ContactStatus::CoolingOff, ContactStatus::CoolingOff];
    assert_eq!(other.claim(wanted(2), true, now).await.unwrap(), decided);
}

/// What another hand took away must not pass for nobody.
#[tokio::test]
async fn a_list_that_somebody_emptied_is_not_an_empty_one() {
    let (database, now) = (Database::new().await, Database::today());
    let filling = database.open("list").await;
    load(&filling, 0..3, now).await;
    filling.close().await.unwrap();
    let ledger = Home::open(&database, by_the_rules("sync"), now).await.unwrap();
    assert_eq!(ledger.claim(vec![to(1, 7)], false, now).await.unwrap(), [ContactStatus::Free]);
    database.execute("DELETE FROM listed WHERE bucket = (SELECT min(bucket) FROM listed)").await;
    let refused = Home::open(&database, by_the_rules("cut"), now).await.err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|why| why.contains("has lost numbers")), "{refused:?}");
    database.execute("DELETE FROM list").await;
    let refused = ledger.claim(vec![to(1, 8)], false, now).await.unwrap_err().to_string();
    assert!(refused.contains("is gone, or empty, since this sync began"), "{refused}");
}
