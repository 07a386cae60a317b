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
    LedgerOptions { identity: identity(scope), ..terms(run) }
}

pub(in crate::ledger) async fn another_scope_is_refused_whatever_the_account_is_spelled_like(
    home: &impl Home,
) {
    home.kill(home.open(within(Scope::Account, "first"), day(0)).await.unwrap()).await;
    for account in ["itnio/INVENTED", "itnio/ invented"] {
        let spelled = |scope, run| {
            let mut terms = within(scope, run);
            account.clone_into(&mut terms.identity.account);
            terms
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
        let mut terms = within(scope, "second");
        "vbee/".clone_into(&mut terms.identity.account);
        terms
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
    let status = ledger.status_of([0, 1, 2, 3, 9].map(other).to_vec(), day(0)).await.unwrap();
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
