//! People are forgotten while syncs run.

use super::*;
use crate::ledger::suite::{day, key, rejected, send, statuses};

/// The statement that forgets has seen everybody free, and waits for a claim that is about to be written.
#[tokio::test]
async fn whoever_is_claimed_meanwhile_is_not_forgotten() {
    for by_name in [false, true] {
        let database = Database::new().await;
        let ledger = database.open("first").await;
        send(&ledger, 0..3, rejected()).await;
        let claiming = harness::connect(&database.url).await;
        let claim = format!(
            "BEGIN; UPDATE ai_voice_ledger.contact SET claimed_by = {}, claimed_at = now() WHERE primary_key = '[1]'",
            ledger.run.id
        );
        claiming.batch_execute(&claim).await.unwrap();
        let retention = Retention {
            account: suite::identity(Scope::Campaign),
            now: day(10),
            old: day(1),
            called_again: None,
            is_rejected_only: false,
        };
        let forgetting = async {
            if by_name {
                ledger.forget_people((0..3).map(key).collect()).await.unwrap()
            } else {
                ledger.forget_old(retention, None, 100, true).await.unwrap().unneeded
            }
        };
        let committing = async {
            database.somebody_waits(1).await;
            claiming.batch_execute("COMMIT").await.unwrap();
        };
        let (n_forgotten, ()) = tokio::join!(forgetting, committing);
        assert_eq!(n_forgotten, 2, "by name: {by_name}");
        let want = [ContactStatus::Free, ContactStatus::Elsewhere, ContactStatus::Free];
        assert_eq!(statuses(&ledger, 0..3).await, want, "by name: {by_name}");
    }
}
