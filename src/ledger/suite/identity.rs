//! With what a ledger was made it is used; and how people come over to another scope.

use super::ContactStatus::{Accepted, Free, Unknown};
use super::*;

/// What people are known by under another scope.
fn other(n: u32) -> Key {
    let mut key = key(n);
    key.0[15] = 0xff;
    key
}

fn within(scope: Scope, run: &str) -> LedgerOptions {
    LedgerOptions { identity: identity(scope), ..options(run) }
}

pub(in crate::ledger) async fn another_scope_is_refused_whatever_the_account_is_spelled_like(
    home: &impl Home,
) {
    home.kill(home.open(within(Scope::Account, "first"), day(0)).await.unwrap()).await;
    for account in ["itnio/INVENTED", "itnio/ invented"] {
        let spelled = |scope, run| {
            let mut options = within(scope, run);
            account.clone_into(&mut options.identity.account);
            options
        };
        for scope in [Scope::Campaign, Scope::Everywhere] {
            let Err(LedgerError::Unusable(why)) = home.open(spelled(scope, "other"), day(0)).await else {
                panic!("{scope:?} is let in for {account}")
            };
            assert!(why.contains("rescope"), "{why}");
        }
        home.kill(home.open(spelled(Scope::Account, "again"), day(0)).await.unwrap()).await;
    }
}

pub(in crate::ledger) async fn two_accounts_share_a_ledger_each_within_its_scope(home: &impl Home) {
    home.kill(home.open(within(Scope::Campaign, "first"), day(0)).await.unwrap()).await;
    let beside = |scope| {
        let mut options = within(scope, "second");
        "vbee/".clone_into(&mut options.identity.account);
        options
    };
    assert!(home.open(beside(Scope::Everywhere), day(0)).await.is_err(), "two keys of one person");
    home.kill(home.open(beside(Scope::Account), day(0)).await.unwrap()).await;
    assert!(home.open(beside(Scope::Campaign), day(0)).await.is_err(), "it has one of its own now");
    home.kill(home.open(within(Scope::Campaign, "third"), day(0)).await.unwrap()).await;
}

pub(in crate::ledger) async fn people_are_brought_over_with_what_is_known_of_them(home: &impl Home) {
    let ledger = home.open(within(Scope::Campaign, "first"), day(0)).await.unwrap();
    send(&ledger, 0..2, accepted()).await;
    send(&ledger, 2..3, Settlement::Unknown).await;
    send(&ledger, 3..4, rejected()).await;
    send(&ledger, 4..6, accepted()).await;
    home.kill(ledger).await;
    // The fifth person's record is missing; two keys of the first one become one.
    let pairs: Vec<_> = [0, 1, 2, 3, 9].map(|n| (key(n), other(n))).into_iter().collect();
    let pairs = [pairs, vec![(key(5), other(0))]].concat();
    let wider = identity(Scope::Account);

    let records = home.inspect(identity(Scope::Campaign)).await;
    for (leave, is_done) in [(None, false), (Some(0), false), (Some(1), true)] {
        let done = records.rescope(wider.clone(), pairs.clone(), leave).await.unwrap();
        assert_eq!(done, Rescoped { brought: 3, left: 1, is_done }, "{leave:?}");
    }
    drop(records);
    assert!(home.open(within(Scope::Campaign, "second"), day(0)).await.is_err(), "the scope is another");
    let ledger = home.open(within(Scope::Account, "third"), day(0)).await.unwrap();
    let status = ledger.status_of(known_by([0, 1, 2, 3, 9].map(other)), day(0)).await.unwrap();
    assert_eq!(status, [Accepted, Accepted, Unknown, Free, Free]);
    assert_eq!(
        ledger.settle_unknown("first", true, false, day(0)).await.unwrap(),
        1,
        "it can be decided still"
    );
    let found = ledger.find_contacts(vec![other(1)]).await.unwrap();
    assert_eq!((found[0].run.as_str(), found[0].primary_key.as_str(), found[0].at), ("first", "[1]", day(0)));
    assert_eq!(
        ledger.find_contacts(vec![key(0), key(1), key(2)]).await.unwrap(),
        [],
        "nobody is there twice"
    );
}

pub(in crate::ledger) async fn of_two_keys_that_become_one_the_confirmed_call_counts(home: &impl Home) {
    let ledger = home.open(within(Scope::Campaign, "first"), day(0)).await.unwrap();
    let outcomes = |n: u32| match n {
        0 => accepted(),
        1 => rejected(),
        _ => Settlement::Unknown,
    };
    // Each two of the three, in both orders of time.
    let couples: Vec<_> = (0..9_u32).map(|n| (n / 3, n % 3)).collect();
    let mut pairs = Vec::new();
    for today in 1..=2 {
        for (&(one, two), n) in couples.iter().zip(0..) {
            let (outcome, person) = if today == 1 { (one, 2 * n) } else { (two, 2 * n + 1) };
            ledger.claim(vec![entry(person)], false, day(today)).await.unwrap();
            ledger.settle(vec![(entry(person), outcomes(outcome))], day(today)).await.unwrap();
            pairs.push((key(person), other(2 * n)));
        }
    }
    home.kill(ledger).await;
    for order in ["forward", "backward"] {
        let records = home.inspect(identity(Scope::Campaign)).await;
        pairs.reverse();
        let counted = records.rescope(identity(Scope::Account), pairs.clone(), None).await.unwrap();
        assert_eq!((counted.brought, counted.left), (8, 0), "{order}");
    }
    let records = home.inspect(identity(Scope::Campaign)).await;
    assert!(records.rescope(identity(Scope::Account), pairs, Some(0)).await.unwrap().is_done);
    drop(records);
    let ledger = home.open(within(Scope::Account, "second"), day(2)).await.unwrap();
    for (&(one, two), n) in couples.iter().zip(0..) {
        let want = match (one, two) {
            (0, _) | (_, 0) => Accepted,
            (1, 1) => Free,
            _ => Unknown,
        };
        let new = other(2 * n);
        assert_eq!(ledger.status_of(known_by([new]), day(2)).await.unwrap(), [want], "{one} and {two}");
        let found = ledger.find_contacts(vec![new]).await.unwrap();
        let at = if two == 1 { day(1) } else { day(2) };
        assert!(want == Free || found[0].at == at, "{one} and {two}: called last at {}", found[0].at);
    }
}

pub(in crate::ledger) async fn the_campaign_of_each_person_is_known(home: &impl Home) {
    let ledger = open(home, "first").await;
    let to = |campaign, n| ClaimEntry { campaign: Campaign::new(campaign), ..entry(n) };
    for (campaign, n) in [("spring", 0), ("autumn", 2)] {
        ledger.claim(vec![to(campaign, n)], false, day(0)).await.unwrap();
    }
    home.kill(ledger).await;
    let records = home.inspect(identity(Scope::Campaign)).await;
    let campaigns = records.campaigns_of([2, 1, 0, 2].map(key).to_vec()).await.unwrap();
    assert_eq!(
        campaigns,
        [Some("autumn".to_owned()), None, Some("spring".to_owned()), Some("autumn".to_owned())]
    );
}
