//! What a preview does with a database: nothing.

use super::*;
use crate::ledger::suite::{
    Home, answers, answers_by_rules, by_rules, day, fill, fill_rules, n_places, options,
};

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
        assert_eq!(n_places(&view).await, [3, 3, 2], "those of a day, and its own");
        suite::settle(&view, 0..14, suite::accepted()).await;
        view.close().await.unwrap();
    }
    assert_eq!(database.number(rows).await, before);
    let third = database.open("third").await;
    let told = answers(&third).await;
    assert_eq!(n_places(&third).await, [3, 3, 2], "what a view takes is taken for itself only");
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

#[tokio::test]
async fn a_view_goes_by_the_rules_of_calling_as_the_next_run_does() {
    let database = Database::new().await;
    let see = async || Postgres::view(&database.way, &by_rules("view"), None).await;
    for is_there in [false, true] {
        if is_there {
            database.open("before the list").await.close().await.unwrap();
        }
        let refused = see().await.map(drop).unwrap_err().to_string();
        assert!(refused.contains("there is no do-not-call list yet"), "{refused}");
    }
    fill_rules(&database).await;
    let (view, _) = see().await.unwrap().unwrap();
    let foreseen = answers_by_rules::<Database>(&view).await;
    let next = suite::Home::open(&database, by_rules("next"), Database::today()).await.unwrap();
    assert_eq!(foreseen, answers_by_rules::<Database>(&next).await);
    assert_eq!(foreseen[1][..3], [ContactStatus::DoNotCall, ContactStatus::DoNotCall, ContactStatus::Free]);
    assert_eq!(foreseen[0][6..8], [ContactStatus::CoolingOff; 2]);
    let retaken_just_now = ContactStatus::Elsewhere;
    assert_eq!(foreseen[1][6..8], [ContactStatus::CoolingOff, retaken_just_now]);
}
