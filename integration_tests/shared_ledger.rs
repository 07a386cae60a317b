//! The real binary and a real PostgreSQL, with what stands in front of it.

use std::thread;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::command::{self, Finished, Folder};
use crate::extract::{self, Extract, extract};
use crate::postgres_server::pooler::Pooler;
use crate::postgres_server::{self as postgres, Server, server};
use crate::rehearsal::Rehearsal;

/// A connection to the Vbee sandbox with a database of its own.
struct Connection {
    rehearsal: Rehearsal,
    runtime: Runtime,
    /// The database, by the shortest way.
    database: String,
    folder: Folder,
    catalog: String,
}

impl Connection {
    fn new() -> Self {
        Self::on(server())
    }

    fn on(server: &Server) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let database = runtime.block_on(server.database());
        let folder = Folder::new();
        let catalog = folder.file("catalog.json", &extract::catalog());
        Self { rehearsal: Rehearsal::new("none", &[]), runtime, database, folder, catalog }
    }

    /// A configuration whose ledger is found on this way.
    fn config(&self, way: &str) -> String {
        let sections = json!({
            "streams": extract::streams("vbee"),
            "ledger": { "ledger_type": "postgres", "url": way },
            "delivery": { "max_requests_per_second": 0, "batch_size": 20 },
        });
        self.folder.file("config.json", &self.rehearsal.config("vbee", &sections).to_string())
    }

    fn check(&self, way: &str) -> Value {
        let finished = command::run(["check", "--config", &self.config(way)], b"");
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""));
        finished.messages()[0]["connectionStatus"].clone()
    }

    fn write(&self, way: &str, lines: &[u8]) -> Finished {
        command::run(["write", "--config", &self.config(way), "--catalog", &self.catalog], lines)
    }

    fn number(&self, sql: &str) -> i64 {
        let asking =
            async { postgres::connect(&self.database).await.query_one(sql, &[]).await.unwrap().get(0) };
        self.runtime.block_on(asking)
    }

    fn execute(&self, sql: &str) {
        self.runtime.block_on(postgres::execute(&self.database, sql));
    }

    fn assert_called_once(&self, people: u64) {
        let calls = self.rehearsal.ask("/calls?format=json");
        assert_eq!((&calls["people"], &calls["called_more_than_once"]), (&json!(people), &json!(0)));
    }
}

/// Platforms check before each sync.
#[test]
fn a_check_leaves_nothing_behind() {
    let connection = Connection::new();
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'ai_voice_ledger'";
    let status = connection.check(&connection.database);
    assert!(status["message"].as_str().unwrap().contains("the first sync makes it"), "{status}");
    assert_eq!(connection.number(schemas), 0);
    let Extract { lines, expected, .. } = extract(100, 100, 7);
    assert_eq!(connection.write(&connection.database, &lines).code, 0);
    let rows = "SELECT (SELECT count(*) FROM ai_voice_ledger.run) * 1000
        + (SELECT count(*) FROM ai_voice_ledger.contact)";
    let before = connection.number(rows);
    for _ in 0..10 {
        let status = connection.check(&connection.database);
        let told = status["message"].as_str().unwrap();
        let end = "nobody is called twice, whatever happens to a sync. But the vendor's address is this machine's own, so \
                   this is taken for a rehearsal: the ledger keeps its people apart, and serves nobody who is called by \
                   another address.";
        assert!(told.contains(end), "{status}");
    }
    assert_eq!(connection.number(rows), before);
    connection.assert_called_once(expected.people);
}

#[test]
fn a_baseline_beside_a_sync_says_whom_that_sync_holds() {
    let connection = Connection::new();
    let Extract { lines, expected, .. } = extract(100, 100, 7);
    let config = connection.config(&connection.database);
    let baseline = |yes: &[&str]| {
        let named = ["ledger", "baseline", "--config", &config, "--catalog", &connection.catalog];
        command::run([&named, yes].concat(), &lines)
    };
    assert_eq!(baseline(&["--yes"]).code, 0);
    connection.execute(
        "INSERT INTO ai_voice_ledger.run (name, started, heartbeat, expires)
        VALUES ('living', now(), now(), now() + interval '1 hour');
        UPDATE ai_voice_ledger.contact SET outcome = NULL, run = NULL, at = NULL, claim = 1, claimed_at = now(),
            claimed_by = (SELECT id FROM ai_voice_ledger.run WHERE name = 'living')
        WHERE key IN (SELECT key FROM ai_voice_ledger.contact ORDER BY key LIMIT 5);
        INSERT INTO ai_voice_ledger.meta (name, value)
        SELECT 'route ' || id, (SELECT value FROM ai_voice_ledger.meta WHERE starts_with(name, 'route ') LIMIT 1)
        FROM ai_voice_ledger.run WHERE name = 'living'",
    );
    for (yes, code, told) in [(&[][..], 0, "0 people would be"), (&["--yes"], 1, "0 people are now")] {
        let finished = baseline(yes);
        let stdout = &finished.stdout;
        assert_eq!(finished.code, code, "{stdout}");
        assert!(
            stdout.contains("5 people are held by a sync that runs now") && stdout.contains(told),
            "{stdout}"
        );
    }
    connection.execute("UPDATE ai_voice_ledger.run SET expires = now() WHERE name = 'living'");
    let finished = baseline(&["--yes"]);
    assert!(finished.stdout.starts_with("5 people are now remembered"), "{}", finished.stdout);
    assert_eq!(connection.write(&connection.database, &lines).code, 0);
    connection.assert_called_once(0);
    assert!(expected.people > 5);
}

/// What there is outside of PostgreSQL's own schemas and the ledger's.
const ELSEWHERE: &str = "SELECT count(*) FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE nspname NOT IN ('ai_voice_ledger', 'pg_catalog', 'information_schema', 'pg_toast')";

#[test]
fn a_sync_works_behind_a_pooler_by_transaction() {
    let connection = Connection::new();
    let pooler = Pooler::start("transaction");
    let way = pooler.url(&connection.database);
    assert_eq!(connection.check(&way)["status"], "SUCCEEDED");
    let Extract { lines, expected, states, .. } = extract(1_500, 100, 7);
    for run in 1..=2 {
        let finished = connection.write(&way, &lines);
        assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "run {run}: {}", finished.stdout);
        assert_eq!(finished.of_type("STATE").len(), states.len(), "run {run}");
        connection.assert_called_once(expected.people);
    }
    assert_eq!(connection.number(ELSEWHERE), 0);
    let open = "SELECT count(*) FROM ai_voice_ledger.run WHERE ended IS NULL";
    assert_eq!(connection.number(open), 0, "each run ended its lease");
}

#[test]
fn two_syncs_at_once_behind_a_pooler_call_each_person_once() {
    let connection = Connection::new();
    let pooler = Pooler::start("transaction");
    let way = pooler.url(&connection.database);
    let Extract { lines, expected, .. } = extract(1_500, 100, 7);
    let config = connection.config(&way);
    let arguments = ["write", "--config", &config, "--catalog", &connection.catalog];
    thread::scope(|scope| {
        let other = scope.spawn(|| command::run(arguments, &lines));
        let one = command::run(arguments, &lines);
        for finished in [one, other.join().unwrap()] {
            assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{}", finished.stdout);
        }
    });
    connection.assert_called_once(expected.people);
}

/// A crash each time that so many more people were called.
fn outlive(connection: &Connection, way: &str, crash: impl Fn()) {
    let Extract { lines, expected, states, .. } = extract(3_000, 100, 7);
    let config = connection.config(way);
    let arguments = ["write", "--config", &config, "--catalog", &connection.catalog];
    let finished = thread::scope(|scope| {
        let writing = scope.spawn(|| command::run(arguments, &lines));
        for n_called in [200, 900, 1_600] {
            let called = || connection.rehearsal.ask("/calls?format=json")["people"].as_u64();
            while called() < Some(n_called) && !writing.is_finished() {
                thread::yield_now();
            }
            assert!(!writing.is_finished(), "the sync was over before the crash");
            crash();
        }
        writing.join().unwrap()
    });
    assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{}", finished.stdout);
    assert_eq!(finished.of_type("STATE").len(), states.len());
    connection.assert_called_once(expected.people);
}

#[test]
fn a_sync_outlives_crashes_of_its_database() {
    let connection = Connection::on(postgres::crashing());
    outlive(&connection, &connection.database, || postgres::crashing().crash());
}

#[test]
fn a_sync_outlives_crashes_of_its_pooler() {
    let connection = Connection::new();
    let pooler = Pooler::start("transaction");
    outlive(&connection, &pooler.url(&connection.database), || pooler.crash());
}

#[test]
fn what_cannot_be_written_to_is_refused_before_the_first_request() {
    let connection = Connection::new();
    let by_statement = Pooler::start("statement");
    let name = connection.database.rsplit('/').next().unwrap();
    let read_only = format!(
        "CREATE ROLE reader_{name} LOGIN SUPERUSER PASSWORD 's3cret';
        ALTER ROLE reader_{name} SET default_transaction_read_only TO on"
    );
    connection.execute(&read_only);
    let reader = connection.database.replace("postgres:s3cret%401@", &format!("reader_{name}:s3cret@"));
    for (name, way, failure, words) in [
        ("statement", by_statement.url(&connection.database), "config_error", "by session or by transaction"),
        ("standby", postgres::standby().url("postgres"), "transient_error", "connect to the primary"),
        ("reader", reader, "config_error", "set `default_transaction_read_only` off"),
    ] {
        let status = connection.check(&way);
        let told = status["message"].as_str().unwrap();
        assert!(status["status"] == "FAILED" && told.contains(words), "{name}: {status}");
        let finished = connection.write(&way, &extract(20, 10, 7).lines);
        let trace = &finished.of_type("TRACE")[0]["trace"]["error"];
        assert_eq!((finished.code, &trace["failure_type"]), (1, &json!(failure)), "{name}: {trace}");
        assert!(trace["message"].as_str().unwrap().contains(words), "{name}: {trace}");
        assert_eq!(finished.of_type("STATE").len(), 0, "{name}");
    }
    connection.assert_called_once(0);
    assert_eq!(connection.number(ELSEWHERE), 0);
}
