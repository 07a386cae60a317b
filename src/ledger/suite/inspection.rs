//! What people are told about a ledger, and what they decide.

use super::ContactStatus::{Accepted, Elsewhere, Free, Unknown};
use super::*;

pub(in crate::ledger) async fn status_counts(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..3, accepted()).await;
    send(&ledger, 3..5, Settlement::Unknown).await;
    send(&ledger, 5..6, rejected()).await;
    claim(&ledger, 6..8).await;
    home.kill(ledger).await;

    let ledger = open(home, "second").await;
    let autumn = |n| ClaimEntry { campaign: Campaign::new("autumn"), ..entry(n) };
    ledger.claim(vec![autumn(8), autumn(9)], false, day(0)).await.unwrap();
    ledger.settle(vec![(autumn(8), accepted())], day(0)).await.unwrap();
    // Unknown before, claimed now: counted once.
    ledger.claim(vec![entry(3)], true, day(0)).await.unwrap();

    let row = |campaign: &str, outcome: &str, run: &str, count| StatusRow {
        campaign: campaign.to_owned(),
        outcome: outcome.to_owned(),
        run: run.to_owned(),
        count,
    };
    let mut status = ledger.status().await.unwrap();
    status.sort();
    let want = [
        row("autumn", "accepted", "second", 1),
        row("autumn", "claimed", "second", 1),
        row("spring", "accepted", "first", 3),
        row("spring", "claimed", "second", 1),
        row("spring", "rejected", "first", 1),
        row("spring", "unknown", "first", 3),
    ];
    assert_eq!(status, want);
}

pub(in crate::ledger) async fn find_tells_everything(home: &impl Home) {
    let ledger = open(home, "first").await;
    let contact = |n: u32, campaign: &str| ClaimEntry {
        campaign: Campaign::new(campaign),
        stream: format!("stream {n}").into(),
        primary_key: format!("[\"schlüssel\",{n}]").into(),
        ..entry(n)
    };
    let contacts = [contact(0, "a"), contact(1, "b"), contact(2, "c"), contact(3, "d"), contact(4, "e")];
    ledger.claim(contacts.to_vec(), false, day(1)).await.unwrap();
    let taken = Settlement::Accepted { contact_id: Some("vendor's own".into()) };
    let [first, second, third, ..] = contacts;
    let settlements = vec![(first, taken), (second, rejected()), (third, Settlement::Unknown)];
    ledger.settle(settlements, day(2)).await.unwrap();

    let found = |n: u32, campaign: &str, outcome: &str, at| FoundContact {
        campaign: campaign.to_owned(),
        outcome: outcome.to_owned(),
        reason: String::new(),
        contact_id: String::new(),
        stream: format!("stream {n}"),
        primary_key: format!("[\"schlüssel\",{n}]"),
        run: "first".to_owned(),
        at,
    };
    let want = [
        FoundContact { contact_id: "vendor's own".to_owned(), ..found(0, "a", "accepted", day(2)) },
        FoundContact { reason: "invalid_number".to_owned(), ..found(1, "b", "rejected", day(2)) },
        found(2, "c", "unknown", day(2)),
        found(3, "d", "claimed", day(1)),
    ];
    assert_eq!(sorted(ledger.find_contacts((0..4).map(key).collect()).await.unwrap()), want);
    assert_eq!(ledger.find_contacts(vec![key(77)]).await.unwrap(), [], "nothing is known of a stranger");
    home.kill(ledger).await;

    let ledger = open(home, "second").await;
    let want = [found(3, "d", "unknown", day(1)), found(4, "e", "unknown", day(1))];
    assert_eq!(
        sorted(ledger.find_contacts(vec![key(3), key(4)]).await.unwrap()),
        want,
        "when it was claimed"
    );
}

pub(in crate::ledger) async fn deciding_settles_the_unknown_of_one_run(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, Settlement::Unknown).await;
    send(&ledger, 2..3, accepted()).await;
    home.kill(ledger).await;
    let ledger = open(home, "second").await;
    send(&ledger, 3..6, Settlement::Unknown).await;
    claim(&ledger, 6..7).await;

    assert_eq!(ledger.settle_unknown("nobody", true, false, day(1)).await.unwrap(), 0);
    assert_eq!(ledger.settle_unknown("first", true, false, day(1)).await.unwrap(), 2);
    assert_eq!(
        statuses(&ledger, 0..7).await,
        [Accepted, Accepted, Accepted, Unknown, Unknown, Unknown, Elsewhere]
    );
    assert_eq!(ledger.settle_unknown("second", false, false, day(1)).await.unwrap(), 3);
    assert_eq!(statuses(&ledger, 3..7).await, [Free, Free, Free, Elsewhere]);
    assert_eq!(ledger.settle_unknown("first", false, false, day(1)).await.unwrap(), 0, "nothing is left");
    assert_eq!(ledger.settle_unknown("second", true, false, day(1)).await.unwrap(), 0, "nothing is left");
    assert_eq!(claim(&ledger, 3..4).await, [Free]);
    home.kill(ledger).await;
    let ledger = open(home, "third").await;
    assert_eq!(statuses(&ledger, 0..5).await, [Accepted, Accepted, Accepted, Unknown, Free]);
}

pub(in crate::ledger) async fn a_dry_run_only_counts(home: &impl Home) {
    let ledger = open(home, "first").await;
    send(&ledger, 0..2, Settlement::Unknown).await;
    for accepted in [true, false] {
        assert_eq!(ledger.settle_unknown("first", accepted, true, day(1)).await.unwrap(), 2);
        assert_eq!(statuses(&ledger, 0..2).await, [Unknown; 2]);
    }
}

/// A backend may find people in any order.
fn sorted(mut found: Vec<FoundContact>) -> Vec<FoundContact> {
    found.sort_by(|one, other| one.stream.cmp(&other.stream));
    found
}
