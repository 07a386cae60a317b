//! Every wait ends, says what it waited for, and can be given up.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::*;
use crate::ledger::suite::{claim, day, settle, statuses};

use ContactStatus::{Accepted, Free};

/// Short, but longer than a busy machine takes for what does not wait.
const BRIEF: Duration = Duration::from_secs(2);

fn hasty() -> Timing {
    Timing {
        statement: BRIEF,
        grace: Duration::from_millis(500),
        retry_for: Duration::ZERO,
        ..Timing::default()
    }
}

/// The four questions of a run, and the words for what each waits for.
async fn ask(ledger: &Postgres, which: usize) -> Result<(), LedgerError> {
    match which {
        0 => ledger.status_of(vec![entry(0).person()], day(0)).await.map(drop),
        1 => ledger.claim(vec![entry(0)], false, day(0)).await.map(drop),
        2 => ledger.settle(vec![(entry(0), suite::accepted())], day(0)).await,
        _ => ledger.close().await,
    }
}
const WORDS: [&str; 4] =
    ["looking people up", "claiming people", "writing what became of people", "ending the run"];

fn assert_gave_up(which: usize, started: Instant, answer: &Result<(), LedgerError>, words: &str) {
    let Err(LedgerError::Unavailable(why)) = answer else { panic!("{}: {answer:?}", WORDS[which]) };
    assert!(why.contains(WORDS[which]) && why.contains(words), "{}: {why}", WORDS[which]);
    assert!(started.elapsed() < BRIEF * 4, "{}: {:?}", WORDS[which], started.elapsed());
}

#[tokio::test]
async fn a_locked_table_is_waited_for_with_a_bound_and_named() {
    let database = Database::new().await;
    let ledgers = [database.open_with("0", hasty()).await, database.open_with("1", hasty()).await];
    let other = harness::connect(&database.url).await;
    other.batch_execute("BEGIN; LOCK TABLE ai_voice_ledger.contact, ai_voice_ledger.run").await.unwrap();
    for which in 0..4 {
        let started = Instant::now();
        let answer = ask(&ledgers[0], which).await;
        assert_gave_up(which, started, &answer, "another program holds a lock on the ledger's tables");
    }
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(claim(&ledgers[1], 0..1).await, [Free], "and afterwards it goes on");
}

/// Between client and server, until the cable is cut: nothing comes through any more, and nobody says so.
async fn cable(database: &Database) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let cut = Arc::new(AtomicBool::new(false));
    let is_cut = Arc::clone(&cut);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", server().port)).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(relay(from_client, to_server, Arc::clone(&is_cut)));
            tokio::spawn(relay(from_server, to_client, Arc::clone(&is_cut)));
        }
    });
    (database.url.replace(&format!(":{}/", server().port), &format!(":{port}/")), cut)
}

async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, is_cut: Arc<AtomicBool>) {
    let mut bytes = [0; 4096];
    while let Ok(n_read @ 1..) = from.read(&mut bytes).await {
        if !is_cut.load(Ordering::Relaxed) && to.write_all(&bytes[..n_read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_cut_cable_is_noticed_with_a_bound() {
    let database = Database::new().await;
    let (url, cut) = cable(&database).await;
    let url = format!("{url}?connect_timeout=1");
    let (ledger, _) = Postgres::open_with(&url, &options("first"), None, day(0), hasty()).await.unwrap();
    assert_eq!(claim(&ledger, 0..1).await, [Free]);
    cut.store(true, Ordering::Relaxed);
    for which in 0..4 {
        let started = Instant::now();
        assert_gave_up(which, started, &ask(&ledger, which).await, "no answer in time");
    }
    cut.store(false, Ordering::Relaxed);
    settle(&ledger, 0..1, suite::accepted()).await;
    assert_eq!(statuses(&ledger, 0..2).await, [Accepted, Free], "and it mends itself");
}

/// Who stops waiting leaves neither an open transaction nor a connection that is out of step.
#[tokio::test]
async fn a_wait_can_be_given_up_at_any_time() {
    let database = Database::new().await;
    let ledger = database.open("first").await;
    claim(&ledger, 0..1).await;
    settle(&ledger, 0..1, suite::accepted()).await;
    for round in 0_u64..40 {
        let other = harness::connect(&database.url).await;
        other.batch_execute("BEGIN; LOCK TABLE ai_voice_ledger.contact").await.unwrap();
        let patience = Duration::from_micros(round * round * 20);
        for which in 0..3 {
            assert!(timeout(patience, ask(&ledger, which)).await.is_err(), "the table is locked");
        }
        other.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(statuses(&ledger, 0..2).await, [Accepted, Free], "round {round}");
    }
    let open = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(database.number(open).await, 0);
    assert_eq!(claim(&ledger, 1..2).await, [Free]);
}

/// While it opens, a transaction spans several questions: given up, its connection goes with it.
#[tokio::test]
async fn an_opening_that_is_given_up_leaves_nothing_behind() {
    let database = Database::new().await;
    for round in 0_u64..30 {
        let (options, nobody) = (options("first"), entry(0));
        let opening = Postgres::probe(&database.url, &options, None, &nobody, day(0));
        drop(timeout(Duration::from_micros(round * round * 40), opening).await);
    }
    let made = "SELECT count(*) FROM pg_namespace WHERE nspname = 'ai_voice_ledger'";
    assert_eq!(database.number(made).await, 0);
    let ledger = database.open("second").await;
    assert_eq!(claim(&ledger, 0..1).await, [Free]);
}

/// Who cannot say that it lives says at least why.
#[tokio::test]
async fn a_lease_that_could_not_be_renewed_says_what_was_in_the_way() {
    let database = Database::new().await;
    let short = Timing {
        lease: Duration::from_secs(6),
        heartbeat: Duration::from_millis(50),
        statement: BRIEF,
        retry_for: Duration::ZERO,
        ..Timing::default()
    };
    let ledger = database.open_with("first", short).await;
    let other = harness::connect(&database.url).await;
    other.batch_execute("BEGIN; LOCK TABLE ai_voice_ledger.run").await.unwrap();
    let started = Instant::now();
    while ledger.run.check().is_ok() {
        assert!(started.elapsed() < BRIEF * 8, "the lease is over some time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let Err(LedgerError::Unavailable(why)) = ledger.claim(vec![entry(0)], false, day(0)).await else {
        panic!("it was claimed")
    };
    for word in ["could not renew its lease in time", "lock timeout", "renewing the lease"] {
        assert!(why.contains(word), "{word} in: {why}");
    }
}
