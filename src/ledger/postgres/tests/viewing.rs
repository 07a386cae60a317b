//! What a preview does with a database: nothing.

use super::*;
use crate::ledger::suite::{answers, day, fill, options, places};

async fn view(database: &Database) -> Option<PostgresView> {
    Postgres::view(&database.way, &options("view"), None).await.unwrap().map(|(view, _)| view)
}

#[tokio::test]
async fn a_view_foresees_the_next_run_and_writes_no_row() {
    let database = Database::new().await;
    fill(&database).await;
    let rows = "SELECT count(*) + (SELECT count(*) FROM ai_voice_ledger.run) * 1000
        + (SELECT sum(hashtext(contact::text)) FROM ai_voice_ledger.contact) FROM ai_voice_ledger.contact";
    let before = database.number(rows).await;
    let mut foreseen = Vec::new();
    for _ in 0..2 {
        let view = view(&database).await.unwrap();
        foreseen.push(answers(&view).await);
        assert_eq!(places(&view).await, [3, 3, 2], "those of a day, and its own");
        suite::settle(&view, 0..14, suite::accepted()).await;
        view.close().await.unwrap();
    }
    assert_eq!(database.number(rows).await, before);
    let third = database.open("third").await;
    let told = answers(&third).await;
    assert_eq!(places(&third).await, [3, 3, 2], "what a view takes is taken for itself only");
    assert_eq!(told[1].iter().filter(|status| **status == ContactStatus::Held).count(), 2, "{told:?}");
    assert_eq!(foreseen, [told.clone(), told]);
}

#[tokio::test]
async fn where_there_is_no_ledger_a_view_makes_none() {
    let database = Database::new().await;
    assert!(view(&database).await.is_none());
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'ai_voice_ledger'";
    assert_eq!(database.number(schemas).await, 0);
    let expecting = LedgerOptions { expect_existing: true, ..options("view") };
    let refused = Postgres::view(&database.way, &expecting, None).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("there is no ledger here"), "{refused}");
    let later = Postgres::open(&database.way, &options("first"), None, day(0)).await;
    assert!(later.is_ok());
}
