//! What a ledger is found to be when it is opened.

use super::*;
use crate::ledger::any::Backend;
use crate::ledger::suite::{claim, day, identity, settle, statuses};
use crate::ledger::{AnyLedger, KeyHasher, Scope};

async fn open(
    database: &Database,
    options: &LedgerOptions,
    hash_key: Option<&str>,
) -> Result<OpenedLedger, LedgerError> {
    Postgres::open(&database.url, options, hash_key, day(0)).await.map(|(_, opened)| opened)
}

async fn assert_unusable(database: &Database, options: &LedgerOptions, hash_key: Option<&str>, word: &str) {
    match open(database, options, hash_key).await {
        Err(LedgerError::Unusable(why)) => assert!(why.contains(word), "{word} in: {why}"),
        Err(other) => panic!("{word}: {other:?}"),
        Ok(_) => panic!("{word}: it was opened"),
    }
}

fn expecting(run: &str) -> LedgerOptions {
    LedgerOptions { expect_existing: true, ..options(run) }
}

#[tokio::test]
async fn a_newer_ledger_is_left_alone() {
    let database = Database::new().await;
    open(&database, &options("first"), None).await.unwrap();
    database.execute("UPDATE meta SET value = '99' WHERE name = 'schema_version'").await;
    assert_unusable(&database, &options("second"), None, "use the newer program").await;
    assert!(matches!(
        Postgres::inspect(&database.url, &identity(Scope::Campaign), None).await,
        Err(LedgerError::Unusable(_))
    ));
    database.execute("DELETE FROM meta WHERE name = 'schema_version'").await;
    assert_unusable(&database, &options("third"), None, "version is missing").await;
}

#[tokio::test]
async fn an_expected_ledger_must_be_there_and_remember() {
    let database = Database::new().await;
    assert_unusable(&database, &expecting("first"), None, "one is expected").await;
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'ai_voice_ledger'";
    assert_eq!(database.number(schemas).await, 0, "a refusal makes nothing");
    let ledger = database.open("second").await;
    assert_unusable(&database, &expecting("third"), None, "is empty").await;
    open(&database, &options("fourth"), None).await.unwrap();
    claim(&ledger, 0..1).await;
    open(&database, &expecting("fifth"), None).await.unwrap();
    database.execute("TRUNCATE contact").await;
    assert_unusable(&database, &options("sixth"), None, "is empty").await;
    assert_unusable(&database, &expecting("seventh"), None, "is empty").await;
}

/// Whatever this machine's clock shows.
#[tokio::test]
async fn a_database_goes_by_its_servers_clock() {
    let database = Database::new().await;
    let (ledger, opened) = Postgres::open(&database.url, &options("first"), None, day(0)).await.unwrap();
    let servers = opened.clock.unwrap();
    let ledger = AnyLedger::new(Backend::Postgres(ledger), opened.ahead_of(day(0)));
    claim(&ledger, 0..1).await;
    settle(&ledger, 0..1, suite::accepted()).await;
    let found = database.open("second").await.find_contacts(vec![entry(0).key]).await.unwrap();
    assert_eq!(found[0].at.as_millisecond(), servers.as_millisecond());
}

#[tokio::test]
async fn released_people_leave_a_ledger_that_is_not_empty() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..2).await;
    settle(&ledger, 0..2, Settlement::Released).await;
    assert_eq!(ledger.status().await.unwrap(), []);
    open(&database, &options("second"), None).await.unwrap();
}

#[tokio::test]
async fn a_ledger_keeps_its_hash_key() {
    let random = Database::new().await;
    let made = open(&random, &options("first"), None).await.unwrap().hasher;
    let kept = open(&random, &options("second"), None).await.unwrap().hasher;
    assert_eq!(made.key("a", "b"), kept.key("a", "b"));
    assert_unusable(&random, &options("third"), Some("another"), "not the ledger's").await;
    let other = open(&Database::new().await, &options("first"), None).await.unwrap().hasher;
    assert_ne!(made.key("a", "b"), other.key("a", "b"), "each ledger has its own");

    let configured = Database::new().await;
    let given = open(&configured, &options("first"), Some("given-key")).await.unwrap().hasher;
    assert_eq!(given.key("a", "b"), KeyHasher::new("given-key").key("a", "b"));
    open(&configured, &options("second"), Some("given-key")).await.unwrap();
    assert_unusable(&configured, &options("third"), Some("another"), "not the ledger's").await;
    assert_unusable(&configured, &options("fourth"), None, "configure the same one").await;
    let told =
        configured.number("SELECT count(*) FROM ai_voice_ledger.meta WHERE value LIKE '%given-key%'").await;
    assert_eq!(told, 0, "a configured key is not kept beside what it hides");
}

#[tokio::test]
async fn inspection_needs_no_run_and_makes_nothing() {
    let database = Database::new().await;
    let Err(LedgerError::Unusable(why)) =
        Postgres::inspect(&database.url, &identity(Scope::Campaign), None).await
    else {
        panic!("opened")
    };
    assert!(why.contains("no ledger here yet"), "{why}");
    let ledger = database.open("first").await;
    claim(&ledger, 0..2).await;
    settle(&ledger, 0..1, Settlement::Unknown).await;
    let runs = "SELECT count(*) FROM ai_voice_ledger.run";
    let (records, opened) = Postgres::inspect(&database.url, &identity(Scope::Campaign), None).await.unwrap();
    assert_eq!((database.number(runs).await, opened.recovered_unknown), (1, 0));
    let outcomes: Vec<_> = records.status().await.unwrap().into_iter().map(|row| row.outcome).collect();
    assert_eq!(outcomes, ["claimed", "unknown"]);
    assert_eq!(records.settle_unknown("first", true, false, day(1)).await.unwrap(), 1);
    assert_eq!(statuses(&ledger, 0..2).await, [ContactStatus::Accepted, ContactStatus::Elsewhere]);
}

/// What `check` does, before each sync and more often.
#[tokio::test]
async fn a_rehearsal_leaves_nothing_behind() {
    let database = Database::new().await;
    let (check, nobody) = (options("check"), entry(99));
    let probe = async |options: &LedgerOptions| {
        Postgres::probe(&database.url, options, None, &nobody, day(0)).await.unwrap().is_there
    };
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'ai_voice_ledger'";
    for _ in 0..10 {
        assert!(!probe(&check).await, "there is none yet");
        assert_eq!(database.number(schemas).await, 0);
    }
    let refused = Postgres::probe(&database.url, &expecting("check"), None, &nobody, day(0)).await;
    assert!(refused.unwrap_err().to_string().contains("one is expected"));

    let dead = database.open("dead").await;
    claim(&dead, 0..2).await;
    database.kill(dead).await;
    let rows = "SELECT (SELECT count(*) FROM ai_voice_ledger.run) * 100
        + (SELECT count(*) FROM ai_voice_ledger.contact) * 10
        + (SELECT count(*) FROM ai_voice_ledger.run WHERE ended IS NULL)";
    for _ in 0..10 {
        assert!(probe(&expecting("check")).await);
        assert_eq!(database.number(rows).await, 121, "one run with two contacts, and not buried");
    }
    let (_, opened) = Postgres::open(&database.url, &options("next"), None, day(0)).await.unwrap();
    assert_eq!(opened.recovered_unknown, 2, "that is the next run's news");
}

#[tokio::test]
async fn ledgers_in_two_schemas_know_nothing_of_each_other() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..1).await;
    let url = format!("{}?schema=other_1", database.url);
    let (other, _) = Postgres::open(&url, &options("second"), None, day(0)).await.unwrap();
    assert_eq!(claim(&other, 0..1).await, [ContactStatus::Free]);
}

#[tokio::test]
async fn the_tables_name_nobody() {
    let database = Database::new().await;
    let (ledger, opened) = Postgres::open(&database.url, &options("first"), None, day(0)).await.unwrap();
    let contact = ClaimEntry { key: opened.hasher.key("itnio/9", "+14155550123"), ..entry(0) };
    ledger.claim(vec![contact.clone()], false, day(0)).await.unwrap();
    let nul = Settlement::Accepted { contact_id: Some("a\0b".into()) };
    ledger.settle(vec![(contact, nul)], day(0)).await.unwrap();
    for table in ["meta", "run", "contact"] {
        for number in ["4155550123", "0123"] {
            let sql =
                format!("SELECT count(*) FROM ai_voice_ledger.{table} AS t WHERE t::text LIKE '%{number}%'");
            assert_eq!(database.number(&sql).await, 0, "{table}");
        }
    }
    let columns = database.number(
        "SELECT count(*) FROM information_schema.columns
        WHERE table_schema = 'ai_voice_ledger' AND table_name = 'contact'",
    );
    assert_eq!(columns.await, 12, "a new column must be thought about here");
}

/// What a run found out about the ledger when it looked must still be so when it is registered.
#[tokio::test]
async fn nobody_makes_another_ledger_of_it_between_a_runs_look_and_its_registration() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    suite::send(&ledger, 0..2, suite::accepted()).await;
    ledger.close().await.unwrap();
    let records = database.inspect(suite::identity(Scope::Campaign)).await;
    let slow = harness::connect(&database.url).await;
    slow.batch_execute("BEGIN; LOCK TABLE ai_voice_ledger.run IN SHARE MODE").await.unwrap();
    let (way, options) = (database.way.clone(), options("starting"));
    let starting = tokio::spawn(async move { Postgres::open(&way, &options, None, suite::day(0)).await });
    database.somebody_waits(1).await;
    let pairs: Vec<_> = (0..2).map(|n| (suite::key(n), suite::key(100 + n))).collect();
    let mut rescoping =
        tokio::spawn(async move { records.rescope(suite::identity(Scope::Account), pairs, Some(0)).await });
    // Or it is over already.
    tokio::select! {
        () = database.somebody_waits(2) => {}
        rescoped = &mut rescoping => assert!(rescoped.is_ok()),
    }
    slow.batch_execute("COMMIT").await.unwrap();
    let started = starting.await.unwrap();
    let rescoped = rescoping.await.unwrap().unwrap();
    assert!(started.is_ok() && !rescoped.is_done, "a run lives by the old scope: {rescoped:?}");
    let ledger = started.unwrap().0;
    assert_eq!(suite::statuses(&ledger, 0..2).await, [ContactStatus::Accepted; 2]);
}
