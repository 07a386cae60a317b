//! Connections that break, doors that stay shut, certificates that are not believed.

use super::*;
use crate::ledger::suite::{claim, day, settle, statuses};

use ContactStatus::{Accepted, Elsewhere, Free, Unknown};

const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn open_error(url: &str) -> LedgerError {
    match Postgres::open(url, &options("first"), None, day(0)).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

fn assert_says(error: &LedgerError, is_unusable: bool, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(matches!(error, LedgerError::Unusable(_)), is_unusable, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} in: {text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    assert_eq!(claim(&ledger, 0..2).await, [Free; 2]);
    database.execute(TERMINATE).await;
    settle(&ledger, 0..1, suite::accepted()).await;
    database.execute(TERMINATE).await;
    assert_eq!(statuses(&ledger, 0..3).await, [Accepted, Elsewhere, Free]);
    database.execute(TERMINATE).await;
    assert_eq!(claim(&ledger, 1..4).await, [Elsewhere, Free, Free], "still the same run");
}

#[tokio::test]
async fn the_answer_to_a_claim_may_be_lost() {
    let database = Database::new().await;
    let dead = database.open("dead").await;
    claim(&dead, 0..1).await;
    database.kill(dead).await;
    let ledger = database.open("first").await;
    // The claim is committed, and nobody heard of it: it is made again under its number.
    let entries = [entry(0), entry(1)];
    let entries: Vec<&ClaimEntry> = entries.iter().collect();
    let unheard = ledger.take(&entries, 77, true, &Vec::new(), day(0)).await.unwrap();
    let heard = ledger.take(&entries, 77, true, &Vec::new(), day(0)).await.unwrap();
    assert_eq!(heard, unheard);
    assert_eq!((heard[&entries[0].key], heard[&entries[1].key]), (Unknown, Free));
    assert_eq!(
        ledger.take(&entries, 78, true, &Vec::new(), day(0)).await.unwrap(),
        HashMap::new(),
        "another claim gets nothing"
    );
}

/// The server is stopped in the middle of a claim: it waits for a lock, its connection is cut, and
/// what it asked for is asked again.
#[tokio::test]
async fn a_claim_survives_the_end_of_its_connection() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..1).await;
    settle(&ledger, 0..1, suite::rejected()).await;
    let blocker = harness::connect(&database.url).await;
    blocker.batch_execute("BEGIN; SELECT FROM ai_voice_ledger.contact FOR UPDATE").await.unwrap();
    let cut = async {
        database.somebody_waits(1).await;
        blocker.batch_execute(TERMINATE).await.unwrap();
        blocker.batch_execute("COMMIT").await.unwrap();
    };
    let (claimed, ()) = tokio::join!(claim(&ledger, 0..2), cut);
    assert_eq!(claimed, [Free; 2]);
}

/// A deadlock that the order of keys does not prevent, made by somebody else's statements.
#[tokio::test]
async fn the_victim_of_a_deadlock_tries_again() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..2).await;
    settle(&ledger, 0..2, suite::rejected()).await;
    let lock = |n: u32| {
        let key = u128::from_be_bytes(suite::key(n).0);
        format!("SELECT FROM ai_voice_ledger.contact WHERE key = '\\x{key:032x}' FOR UPDATE")
    };
    let other = harness::connect(&database.url).await;
    other.batch_execute(&format!("SET deadlock_timeout TO '1min'; BEGIN; {}", lock(1))).await.unwrap();
    let cross = async {
        database.somebody_waits(1).await;
        other.batch_execute(&format!("{}; COMMIT", lock(0))).await.unwrap();
    };
    let (claimed, ()) = tokio::join!(claim(&ledger, 0..2), cross);
    assert_eq!(claimed, [Free; 2]);
}

#[tokio::test]
async fn endings_are_settled_twice_without_harm() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..4).await;
    for _ in 0..2 {
        settle(&ledger, 0..1, suite::accepted()).await;
        settle(&ledger, 1..2, suite::rejected()).await;
        settle(&ledger, 2..3, Settlement::Unknown).await;
        settle(&ledger, 3..4, Settlement::Released).await;
        assert_eq!(statuses(&ledger, 0..4).await, [Accepted, Free, Unknown, Free]);
    }
}

#[tokio::test]
async fn a_refused_door_says_what_to_do() {
    let database = Database::new().await;
    let url = &database.url;
    let place = format!("127.0.0.1:{}/", server().port);
    for (changed, words) in [
        (
            url.replace("s3cret%401", "s3cret-wrong"),
            ["password authentication failed", "check user, password"],
        ),
        (url.replace("/test_", "/missing_"), ["does not exist", "create the database"]),
        (format!("{url}?sslrootcert=/nowhere/s.pem&sslmode=verify-ca"), ["/nowhere/s.pem", "sslrootcert"]),
    ] {
        let error = open_error(&changed).await;
        assert_says(&error, true, &[&place, words[0], words[1]]);
    }
    let closed = url.replace(&format!(":{}", server().port), ":1");
    assert_says(&open_error(&closed).await, false, &["127.0.0.1:1/test_", "can be reached from here"]);
}

#[tokio::test]
async fn a_role_without_rights_is_told_what_it_needs() {
    let database = Database::new().await;
    let role = format!("clerk_{}", database.url.rsplit('_').next().unwrap());
    harness::execute(&database.url, &format!("CREATE ROLE {role} LOGIN PASSWORD 's3cret'")).await;
    let poor = database.url.replace("postgres:s3cret%401@", &format!("{role}:s3cret@"));
    assert_says(&open_error(&poor).await, true, &["permission denied", "make the user the owner"]);
    harness::execute(&database.url, &format!("CREATE SCHEMA ai_voice_ledger AUTHORIZATION {role}")).await;
    let (ledger, _) = Postgres::open(&poor, &options("first"), None, day(0)).await.unwrap();
    assert_eq!(claim(&ledger, 0..1).await, [Free]);
}

#[tokio::test]
async fn certificates_are_checked_as_far_as_asked() {
    let database = Database::new().await;
    let named = database.url.replace("127.0.0.1", "localhost");
    let root = server().folder.join("root.pem").display().to_string();
    let own = server().folder.join("server.pem").display().to_string();
    let stranger = server().folder.join("self.pem").display().to_string();
    for (url, query, want) in [
        (&database.url, "sslmode=disable".to_owned(), Ok(false)),
        (&database.url, String::new(), Ok(true)),
        (&database.url, "sslmode=prefer".to_owned(), Ok(true)),
        (&database.url, "sslmode=require".to_owned(), Ok(true)),
        (&named, "sslmode=verify-ca".to_owned(), Err("UnknownIssuer")),
        (&named, "sslmode=verify-full".to_owned(), Err("UnknownIssuer")),
        (&named, format!("sslmode=verify-full&sslrootcert={root}"), Ok(true)),
        (&named, format!("sslmode=verify-full&sslrootcert={own}"), Ok(true)),
        (&named, format!("sslmode=verify-full&sslrootcert={stranger}"), Err("UnknownIssuer")),
        (&named, format!("sslmode=require&sslrootcert={stranger}"), Err("UnknownIssuer")),
        // The certificate is for localhost.
        (&database.url, format!("sslmode=verify-full&sslrootcert={root}"), Err("not valid for name")),
        (&database.url, format!("sslmode=verify-full&sslrootcert={own}"), Err("not valid for name")),
        (&database.url, format!("sslmode=verify-ca&sslrootcert={root}"), Ok(true)),
    ] {
        let opened = Postgres::open(&format!("{url}?{query}"), &options("first"), None, day(0)).await;
        match (opened, want) {
            (Ok(_), Ok(is_encrypted)) => {
                let counted = database.number(
                    "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                        WHERE ssl AND datname = current_database() AND pid <> pg_backend_pid()",
                );
                assert_eq!(counted.await > 0, is_encrypted, "{query}");
            }
            (Err(error), Err(why)) => assert_says(&error, true, &[why, "sslrootcert"]),
            (Ok(_), Err(why)) => panic!("{query} was believed; {why} was expected"),
            (Err(error), Ok(_)) => panic!("{query}: {error}"),
        }
        harness::execute(&database.url, TERMINATE).await;
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_refused_where_it_is_required() {
    let database = Database::new().await;
    let folder = server().folder.display().to_string().replace('/', "%2F");
    // On its socket in the file system, the server offers no TLS.
    let socket = database.url.replace("127.0.0.1", &folder);
    let (ledger, _) = Postgres::open(&socket, &options("first"), None, day(0)).await.unwrap();
    assert_eq!(claim(&ledger, 0..1).await, [Free]);
    let error = open_error(&format!("{socket}?sslmode=require")).await;
    assert_says(&error, true, &["TLS", "sslmode"]);
}
