//! What stands between: PgBouncer in its three modes, and poolers that keep their word less well.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread;

use super::*;
use crate::ledger::suite::{claim, day, settle, statuses};

use ContactStatus::{Accepted, Free};

fn by_transaction() -> &'static Pooler {
    static POOLER: OnceLock<Pooler> = OnceLock::new();
    POOLER.get_or_init(|| Pooler::start("transaction"))
}

ledger_suite! { Database::behind(by_transaction()).await }

/// Two server connections for each client, and after each answer that ends a transaction (or, if it
/// is `torn`, after any answer) the other one has its turn. Gives its port.
fn toy_pooler(torn: bool) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            // A client that goes away ends its thread.
            thread::spawn(move || serve(&mut client?, torn));
        }
    });
    port
}

fn serve(client: &mut TcpStream, torn: bool) -> io::Result<()> {
    let startup = body(client, Vec::new())?;
    let mut servers = Vec::new();
    let mut greeting = Vec::new();
    for _ in 0..2 {
        let mut connection = TcpStream::connect(("127.0.0.1", server().port))?;
        connection.write_all(&startup)?;
        greeting = answer(&mut connection)?.0;
        servers.push(connection);
    }
    client.write_all(&greeting)?;
    loop {
        let mut asked = Vec::new();
        loop {
            let message = message(client)?;
            let kind = message[0];
            asked.extend(message);
            match kind {
                b'X' => return Ok(()),
                b'Q' | b'S' => break,
                _ => {}
            }
        }
        servers[0].write_all(&asked)?;
        let (bytes, status) = answer(&mut servers[0])?;
        client.write_all(&bytes)?;
        if torn || status == b'I' {
            servers.swap(0, 1);
        }
    }
}

/// Everything up to the server's word that it is ready, and in which state.
fn answer(from: &mut TcpStream) -> io::Result<(Vec<u8>, u8)> {
    let mut bytes = Vec::new();
    loop {
        let message = message(from)?;
        bytes.extend(&message);
        if message[0] == b'Z' {
            return Ok((bytes, message[5]));
        }
    }
}

fn message(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut kind = [0];
    from.read_exact(&mut kind)?;
    body(from, kind.to_vec())
}

fn body(from: &mut TcpStream, mut message: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    message.extend(length);
    let start = message.len();
    message.resize(start + usize::try_from(u32::from_be_bytes(length)).unwrap() - 4, 0);
    from.read_exact(&mut message[start..])?;
    Ok(message)
}

async fn behind_a_toy(torn: bool) -> Database {
    let database = Database::new().await;
    let role = format!(
        "DO $$ BEGIN
            PERFORM pg_advisory_xact_lock(1);
            IF to_regrole('{TRUSTED}') IS NULL THEN CREATE ROLE {TRUSTED} LOGIN SUPERUSER; END IF;
        END $$"
    );
    harness::execute(&server().url("postgres"), &role).await;
    let name = database.url.rsplit('/').next().unwrap();
    let way = format!("postgres://{TRUSTED}@127.0.0.1:{}/{name}?sslmode=disable", toy_pooler(torn));
    Database { way, ..database }
}

/// The life of a run.
async fn live(database: &Database) {
    let (ledger, _) = Postgres::open(&database.way, &options("first"), None, day(0)).await.unwrap();
    assert_eq!(claim(&ledger, 0..3).await, [Free; 3]);
    settle(&ledger, 0..3, suite::accepted()).await;
    assert_eq!(statuses(&ledger, 2..4).await, [Accepted, Free]);
    ledger.close().await.unwrap();
    // A pooler by session has its connections back then.
    drop(ledger);
    let (second, _) = Postgres::open(&database.way, &options("second"), None, day(0)).await.unwrap();
    assert_eq!(claim(&second, 2..4).await, [Accepted, Free]);
    settle(&second, 3..4, Settlement::Released).await;
    second.close().await.unwrap();
    drop(second);
    let (records, _) =
        Postgres::inspect(&database.way, &suite::identity(crate::ledger::Scope::Campaign), None)
            .await
            .unwrap();
    assert_eq!(records.status().await.unwrap().len(), 1);
    drop(records);
    Postgres::probe(&database.way, &options("check"), None, &entry(9), day(0)).await.unwrap();
}

/// Nothing is anywhere but in the schema.
async fn assert_kept_to_itself(database: &Database) {
    let elsewhere = "SELECT count(*) FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname NOT IN ('ai_voice_ledger', 'pg_catalog', 'information_schema', 'pg_toast')";
    assert_eq!(database.number(elsewhere).await, 0);
    let inside = "SELECT count(*) FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname = 'ai_voice_ledger' AND relkind IN ('r', 'v')";
    assert_eq!(database.number(inside).await, 8);
}

#[tokio::test]
async fn a_run_needs_no_connection_of_its_own() {
    let database = behind_a_toy(false).await;
    live(&database).await;
    assert_kept_to_itself(&database).await;
}

/// Through the pooler itself one sees what its connections were left with.
#[tokio::test]
async fn nothing_is_left_on_connections_that_others_use_next() {
    let database = Database::behind(by_transaction()).await;
    live(&database).await;
    assert_kept_to_itself(&database).await;
    let others = harness::connect(&database.way).await;
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 3 {
        // What PgBouncer sets by itself is not ours.
        let left = "SELECT pg_backend_pid()::text,
                (SELECT count(*) FROM pg_prepared_statements)::text,
                (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())::text,
                (SELECT string_agg(name, ' ') FROM pg_settings WHERE source = 'session' AND name NOT IN
                    ('application_name', 'client_encoding', 'DateStyle', 'TimeZone',
                    'standard_conforming_strings'))";
        for message in others.simple_query(left).await.unwrap() {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                assert_eq!((row.get(1), row.get(2), row.get(3)), (Some("0"), Some("0"), None));
                seen.insert(row.get(0).unwrap().to_owned());
            }
        }
    }
}

#[tokio::test]
async fn a_pooler_by_session_is_as_none() {
    let pooler = Pooler::start("session");
    let database = Database::behind(&pooler).await;
    live(&database).await;
    assert_kept_to_itself(&database).await;
}

#[tokio::test]
async fn poolers_that_break_transactions_are_refused_before_anything_is_made() {
    let by_statement = Pooler::start("statement");
    for (name, database) in
        [("statement", Database::behind(&by_statement).await), ("torn", behind_a_toy(true).await)]
    {
        for (verb, refused) in [
            ("open", Postgres::open(&database.way, &options("first"), None, day(0)).await.map(drop)),
            (
                "rehearse",
                Postgres::probe(&database.way, &options("c"), None, &entry(0), day(0)).await.map(drop),
            ),
        ] {
            match refused {
                Err(LedgerError::Unusable(why)) => {
                    let remedy = "a pooler must pool by session or by transaction";
                    assert!(why.contains(remedy), "{name} {verb}: {why}");
                }
                other => panic!("{name} {verb}: {other:?}"),
            }
        }
        let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'ai_voice_ledger'";
        assert_eq!(database.number(schemas).await, 0, "{name}");
    }
}

/// What is looked at is what two runs get of the same people.
#[tokio::test]
async fn two_runs_behind_a_pooler_claim_each_person_once() {
    let database = Database::behind(by_transaction()).await;
    let (one, other) = (database.open("one").await, database.open("other").await);
    for batch in 0..20 {
        let people = || (batch * 50..batch * 50 + 100).map(entry).collect::<Vec<_>>();
        let (first, second) =
            tokio::join!(one.claim(people(), false, day(0)), other.claim(people(), false, day(0)));
        for (person, pair) in first.unwrap().into_iter().zip(second.unwrap()).enumerate() {
            assert_ne!(pair, (Free, Free), "person {person} of batch {batch}");
        }
    }
    let people = database.number("SELECT count(*) FROM ai_voice_ledger.contact").await;
    assert_eq!(people, 1_050, "and everybody by somebody");
}

/// One batch after the other, while what is between falls over; in the end everybody was claimed by this
/// run and settled, whatever had to be asked again.
async fn outlive(ledger: &Postgres, crash: impl Fn()) {
    for batch in 0..40 {
        let people = batch * 20..(batch + 1) * 20;
        if batch % 16 == 8 {
            crash();
        }
        assert_eq!(claim(ledger, people.clone()).await, [Free; 20], "batch {batch}");
        settle(ledger, people, suite::accepted()).await;
    }
    assert_eq!(statuses(ledger, 0..800).await, [Accepted; 800]);
}

#[tokio::test]
async fn a_run_outlives_crashes_of_its_pooler() {
    let pooler = Pooler::start("transaction");
    let database = Database::behind(&pooler).await;
    outlive(&database.open("first").await, || pooler.crash()).await;
}

#[tokio::test]
async fn a_run_outlives_crashes_of_its_server() {
    let server = harness::crashing();
    let url = server.database().await;
    let (ledger, _) = Postgres::open(&url, &options("first"), None, day(0)).await.unwrap();
    outlive(&ledger, || server.crash()).await;
    ledger.close().await.unwrap();
}
