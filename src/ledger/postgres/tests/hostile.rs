//! Settings of roles and databases, tables and functions of others, rights that are missing.

use super::*;
use crate::ledger::suite::{claim, day, settle, statuses};

use ContactStatus::{Accepted, Free};

/// Others' things under names that the ledger's statements use.
const SHADOWS: &str = "
    CREATE SCHEMA evil;
    CREATE TABLE evil.meta (name text, value text);
    CREATE TABLE evil.run (id bigint);
    CREATE TABLE evil.contact (key bytea);
    CREATE VIEW evil.known AS SELECT 1;
    CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'infinity'::timestamptz $$;
    CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'on' $$;
    CREATE FUNCTION evil.never(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
    CREATE OPERATOR evil.> (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = evil.never);
    CREATE FUNCTION evil.equal(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
    CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.equal);";

/// Sets something for everybody who comes to this database.
async fn set(database: &Database, setting: &str) {
    let name = database.url.rsplit('/').next().unwrap();
    harness::execute(&database.url, &format!("ALTER DATABASE {name} SET {setting}")).await;
}

/// A role of a test's own that may do nothing yet, and its way to the database.
async fn clerk(database: &Database, options: &str) -> (String, String) {
    let role = format!("clerk_of_{}", database.url.rsplit('/').next().unwrap());
    let sql = format!("CREATE ROLE {role} LOGIN PASSWORD 's3cret' {options}");
    harness::execute(&database.url, &sql).await;
    let way = database.url.replace("postgres:s3cret%401@", &format!("{role}:s3cret@"));
    (role, way)
}

async fn probe(way: &str) -> Result<bool, LedgerError> {
    let probed = Postgres::probe(way, &options("check"), None, &entry(99), day(0)).await;
    probed.map(|probed| probed.is_there)
}

#[track_caller]
fn assert_refused<T>(answer: Result<T, LedgerError>, is_unusable: bool, words: &[&str]) {
    let Err(error) = answer else { panic!("it was let in: {words:?}") };
    let text = error.to_string();
    assert_eq!(matches!(error, LedgerError::Unusable(_)), is_unusable, "{text}");
    for word in words {
        assert!(text.contains(word), "{word} in: {text}");
    }
}

#[tokio::test]
async fn whatever_is_set_for_a_role_or_a_database_the_ledger_works() {
    for settings in [
        "search_path TO evil, pg_catalog; row_security TO off; client_encoding TO 'LATIN1'",
        "search_path TO ''; statement_timeout TO '500ms'; lock_timeout TO '1ms'; synchronous_commit TO off;
        idle_in_transaction_session_timeout TO '1ms'; idle_session_timeout TO '1s'",
        "default_transaction_isolation TO 'serializable'; default_transaction_deferrable TO on",
        "default_transaction_isolation TO 'repeatable read'; bytea_output TO 'escape'; array_nulls TO off;
        standard_conforming_strings TO off; backslash_quote TO off; quote_all_identifiers TO on",
        "DateStyle TO 'German, DMY'; IntervalStyle TO 'sql_standard'; TimeZone TO 'Asia/Ho_Chi_Minh';
        exit_on_error TO on; enable_indexscan TO off; plan_cache_mode TO force_generic_plan",
    ] {
        let database = Database::new().await;
        harness::execute(&database.url, SHADOWS).await;
        for setting in settings.split(';') {
            set(&database, setting).await;
        }
        let ledger = database.open("first").await;
        assert_eq!(claim(&ledger, 0..3).await, [Free; 3], "{settings}");
        settle(&ledger, 0..2, suite::accepted()).await;
        settle(&ledger, 2..3, Settlement::Released).await;
        assert_eq!(statuses(&ledger, 0..3).await, [Accepted, Accepted, Free], "{settings}");
        ledger.close().await.unwrap();
        assert!(probe(&database.url).await.unwrap(), "{settings}");
        let ours = "SELECT count(*)::bigint FROM ai_voice_ledger.contact";
        assert_eq!(database.number(ours).await, 3, "{settings}");
        let theirs = "SELECT (SELECT count(*) FROM evil.contact) + (SELECT count(*) FROM evil.meta)
            + (SELECT count(*) FROM evil.run)";
        assert_eq!(database.number(theirs).await, 0, "{settings}");
    }
}

/// A trigger sees what the statement that fired it was run with.
#[tokio::test]
async fn a_claim_is_on_disk_whatever_is_set_and_a_stricter_setting_stays() {
    for (set_to, want) in [("off", "on"), ("local", "local"), ("on", "on"), ("remote_apply", "remote_apply")]
    {
        let database = Database::new().await;
        database.open("first").await.close().await.unwrap();
        let spy = "
            CREATE TABLE public.seen (setting text);
            CREATE FUNCTION public.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.seen VALUES (pg_catalog.current_setting('synchronous_commit'));
                RETURN NEW;
            END $$;
            CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON ai_voice_ledger.contact
                FOR EACH ROW EXECUTE FUNCTION public.spy()";
        harness::execute(&database.url, spy).await;
        set(&database, &format!("synchronous_commit TO {set_to}")).await;
        let ledger = database.open("second").await;
        claim(&ledger, 0..1).await;
        settle(&ledger, 0..1, suite::accepted()).await;
        let seen = format!("SELECT count(*) FROM public.seen WHERE setting = '{want}'");
        let all = "SELECT count(*) FROM public.seen";
        assert_eq!((database.number(&seen).await, database.number(all).await), (3, 3), "{set_to}");
    }
}

/// Rows that a policy hides would be people who are called again.
#[tokio::test]
async fn a_row_that_is_hidden_is_an_error() {
    let database = Database::new().await;
    let (role, way) = clerk(&database, "").await;
    harness::execute(&database.url, &format!("CREATE SCHEMA ai_voice_ledger AUTHORIZATION {role}")).await;
    let (ledger, _) = Postgres::open(&way, &options("first"), None, day(0)).await.unwrap();
    claim(&ledger, 0..1).await;
    let hide = "ALTER TABLE contact ENABLE ROW LEVEL SECURITY; ALTER TABLE contact FORCE ROW LEVEL SECURITY";
    database.execute(hide).await;
    assert_refused(
        ledger.status_of(vec![entry(0).person()], day(0)).await,
        true,
        &["row-level security", "looking people up"],
    );
    assert_refused(probe(&way).await, true, &["row-level security"]);
}

#[tokio::test]
async fn missing_rights_are_told_before_anybody_is_claimed() {
    let owner = "make the user the owner of the ledger's schema";
    for (grants, words) in [
        ("", ["permission denied for database", owner]),
        ("CREATE SCHEMA ai_voice_ledger", ["permission denied for schema", owner]),
    ] {
        let database = Database::new().await;
        let (_, way) = clerk(&database, "").await;
        harness::execute(&database.url, grants).await;
        assert_refused(probe(&way).await, true, &words);
        let opened = Postgres::open(&way, &options("first"), None, day(0)).await;
        assert_refused(opened, true, &words);
    }
    for (table, right) in [
        ("contact", "INSERT"),
        ("contact", "UPDATE"),
        ("run", "INSERT"),
        ("run", "UPDATE"),
        ("meta", "INSERT"),
    ] {
        let database = Database::new().await;
        let (role, way) = clerk(&database, "").await;
        database.open("first").await.close().await.unwrap();
        let grants = format!(
            "GRANT USAGE ON SCHEMA ai_voice_ledger TO {role};
             GRANT ALL ON ALL TABLES IN SCHEMA ai_voice_ledger TO {role};
             REVOKE {right} ON {table} FROM {role}"
        );
        database.execute(&grants).await;
        assert_refused(probe(&way).await, true, &["permission denied for table", table, owner]);
        database.execute(&format!("GRANT ALL ON {table} TO {role}")).await;
        assert!(probe(&way).await.unwrap(), "{right} on {table}");
    }
}

#[tokio::test]
async fn where_nothing_may_be_written_the_remedy_is_told() {
    let database = Database::new().await;
    database.open("first").await.close().await.unwrap();
    set(&database, "default_transaction_read_only TO on").await;
    for refused in [
        probe(&database.url).await.map(drop),
        Postgres::open(&database.url, &options("second"), None, day(0)).await.map(drop),
    ] {
        assert_refused(refused, true, &["takes no writes", "set `default_transaction_read_only` off"]);
    }
    let standby = harness::standby();
    for refused in [
        probe(&standby.url("postgres")).await.map(drop),
        Postgres::open(&standby.url("postgres"), &options("first"), None, day(0)).await.map(drop),
    ] {
        assert_refused(refused, false, &["is a standby", "connect to the primary"]);
    }
}

#[tokio::test]
async fn of_several_hosts_the_one_that_takes_writes_is_used() {
    let (standby, database) = (harness::standby(), Database::new().await);
    let host = |url: &str| url.split(['@', '/']).nth(3).unwrap_or_default().to_owned();
    let [reads, writes] = [host(&standby.url("postgres")), host(&database.url)];
    for hosts in [format!("{reads},{writes}"), format!("{writes},{reads}")] {
        let way = database.url.replace(&writes, &hosts);
        assert!(way.contains(&hosts), "{way}");
        assert!(probe(&way).await.is_ok(), "{hosts}");
        let (ledger, _) = Postgres::open(&way, &options("run"), None, day(0)).await.unwrap();
        ledger.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_run_without_its_second_connection_does_not_begin() {
    let database = Database::new().await;
    let (role, way) = clerk(&database, "CONNECTION LIMIT 1").await;
    harness::execute(&database.url, &format!("CREATE SCHEMA ai_voice_ledger AUTHORIZATION {role}")).await;
    let hasty = Timing { retry_for: Duration::ZERO, ..Timing::default() };
    let opened = Postgres::open_with(&way, &options("first"), None, day(0), hasty).await;
    for refused in [opened.map(drop), probe(&way).await.map(drop)] {
        assert_refused(refused, false, &["too many connections", "each connector takes two"]);
    }
}

/// A trigger that says what a server, a pooler or a rule could say.
#[tokio::test]
async fn every_refusal_comes_with_its_remedy() {
    let database = Database::new().await;
    let hasty = Timing { retry_for: Duration::ZERO, ..Timing::default() };
    let ledger = database.open_with("first", hasty).await;
    for (code, is_unusable, remedy) in [
        ("42P05", true, "a pooler must pool by session or by transaction"),
        ("26000", true, "a pooler must pool by session or by transaction"),
        ("25006", false, "connect to the primary"),
        ("42501", true, "make the user the owner"),
        ("53300", false, "allow the user more connections"),
        ("53100", false, "more disk"),
        ("57P03", false, "the database starts or stops"),
        ("57P01", false, "the database starts or stops"),
        ("57014", false, "busy or blocked"),
        ("55P03", false, "another program holds a lock"),
        ("40001", false, "another program changes the ledger's tables"),
        ("40P01", false, "another program changes the ledger's tables"),
        ("42P01", true, "give the ledger a schema of its own"),
        ("42703", true, "give the ledger a schema of its own"),
        ("42P07", true, "give the ledger a schema of its own"),
        ("08P01", false, "that is a pooler's word"),
        ("XX000", true, "see the database's log"),
    ] {
        let refuse = format!(
            "CREATE OR REPLACE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{code}'; END $$;
             DROP TRIGGER IF EXISTS refuse ON contact;
             CREATE TRIGGER refuse BEFORE INSERT ON contact EXECUTE FUNCTION public.refuse()"
        );
        database.execute(&refuse).await;
        let answer = ledger.claim(vec![entry(0)], false, day(0)).await;
        assert_refused(answer, is_unusable, &["not now while claiming people", remedy]);
    }
    database.execute("DROP TRIGGER refuse ON contact").await;
    assert_eq!(statuses(&ledger, 0..1).await, [Free]);
    assert_eq!(claim(&ledger, 0..1).await, [Free]);
}
