//! The journal, its way into the table, and what a crash leaves on that way.

use std::collections::BTreeSet;
use std::fs;

use rusqlite::Connection;

use super::*;
use crate::domain::contact::Campaign;
use crate::ledger::sqlite::schema::{MIGRATIONS, migrate};
use crate::ledger::sqlite::seal::Seal;
use crate::ledger::suite::{
    accepted, claim, cooling, day, entry, hand_over, key, known_by, options, rejected, send, settle,
    standing, statuses, to,
};

/// The rows of some tables in a file that nobody uses.
fn counts<const N: usize>(folder: &Folder, tables: [&str; N]) -> [i64; N] {
    let connection = Connection::open(folder.file()).unwrap();
    tables.map(|table| {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    })
}

const TABLES: [&str; 3] = ["contact", "intent", "ending"];

#[tokio::test]
async fn endings_wait_in_the_journal_and_are_merged_in_the_end() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    for start in (0..1_000).step_by(100) {
        send(&ledger, start..start + 50, accepted()).await;
        send(&ledger, start + 50..start + 100, Settlement::Released).await;
    }
    assert_eq!(counts(&copy(&folder.0), TABLES), [0, 20, 20], "one row a claim, and one a settlement");
    ledger.close().await.unwrap();
    assert_eq!(counts(&folder, TABLES), [500, 0, 0]);
    assert_eq!(counts(&folder, ["word"]), [3]);
}

#[tokio::test]
async fn a_full_journal_is_merged_and_claims_that_live_stay() {
    let home = Merging(Folder::new(), 50);
    let ledger = home.open(options("first"), day(0)).await.unwrap();
    send(&ledger, 0..30, accepted()).await;
    claim(&ledger, 30..60).await;
    settle(&ledger, 35..60, rejected()).await;
    claim(&ledger, 60..70).await;
    let [merged, intents, settlements] = counts(&copy(&home.0.0), TABLES);
    assert_eq!((merged, intents, settlements), (55, 2, 0), "the begun claim, shortened, and the new one");
    settle(&ledger, 30..31, Settlement::Unknown).await;
    drop(ledger);
    let ledger = home.open(options("second"), day(0)).await.unwrap();
    let known = ledger.find_contacts((0..70).map(key).collect()).await.unwrap();
    let outcomes: BTreeSet<_> = known.iter().map(|found| found.outcome.as_str()).collect();
    assert_eq!((known.len(), outcomes), (70, ["accepted", "rejected", "unknown"].into()));
    assert_eq!(
        statuses(&ledger, 28..32).await,
        [ContactStatus::Accepted, ContactStatus::Accepted, ContactStatus::Unknown, ContactStatus::Unknown]
    );
    assert_eq!(statuses(&ledger, 35..60).await, [ContactStatus::Free; 25]);
    assert_eq!(statuses(&ledger, 60..70).await, [ContactStatus::Unknown; 10]);
}

/// No table is asked about people whose keys are in none: what came into one since a look-up counts.
#[tokio::test]
async fn whoever_was_free_at_a_look_up_is_sent_once_wherever_that_is_written() {
    for (name, is_merged) in [("in the journal", false), ("in the tables", true)] {
        let folder = Folder::new();
        let ledger = folder.open(cooling("run"), day(0)).await.unwrap();
        let campaigns = [to(1, 7), to(2, 7)];
        assert_eq!(standing(&ledger, &campaigns, day(0)).await, [ContactStatus::Free; 2], "{name}");
        hand_over(&ledger, to(1, 7), accepted(), day(0)).await;
        if is_merged {
            ledger.worker.call(Store::merge).await.unwrap();
        }
        let claimed = ledger.claim(campaigns.to_vec(), false, day(0)).await.unwrap();
        assert_eq!(claimed, [ContactStatus::Accepted, ContactStatus::CoolingOff], "{name}");
    }
}

/// The run dies when its merge is partly on the disk.
#[tokio::test]
async fn a_crash_in_a_merge_loses_nothing() {
    let folder = Folder::new();
    let ledger = folder.open(options("first"), day(0)).await.unwrap();
    send(&ledger, 0..3_000, accepted()).await;
    send(&ledger, 3_000..4_000, Settlement::Unknown).await;
    claim(&ledger, 4_000..5_000).await;
    let path = folder.0.clone();
    let left = ledger.worker.call(move |store| {
        // With so small a cache what is not committed is written, too.
        store.connection.execute_batch("PRAGMA cache_size = 1")?;
        let log = path.join("ledger.db-wal");
        let before = fs::metadata(&log).unwrap().len();
        store.merge()?;
        let after = fs::metadata(&log).unwrap().len();
        assert!(after > before + 4_096, "the merge is in the log: {before} and then {after} bytes");
        Ok(copy(&path))
    });
    let left = left.await.unwrap();
    assert_eq!(counts(&copy(&left.0), TABLES), [0, 3, 2], "of the merge nothing counts");
    drop(ledger);
    for (when, folder, n_unknown) in [("in the merge", left, 1_000), ("after it", folder, 1_000)] {
        let (next, opened) = Sqlite::open(&folder.file(), &options("second"), None, day(0)).unwrap();
        assert_eq!(opened.recovered_unknown, n_unknown, "{when}");
        assert_eq!(statuses(&next, 0..3_000).await, [ContactStatus::Accepted; 3_000], "{when}");
        assert_eq!(statuses(&next, 3_000..5_000).await, [ContactStatus::Unknown; 2_000], "{when}");
        next.close().await.unwrap();
        assert_eq!(counts(&folder, TABLES), [5_000, 0, 0], "{when}");
    }
}

/// A merge fails when the disk is full: the claim that needed it fails, and nothing else is lost.
#[tokio::test]
async fn a_merge_that_fails_changes_nothing() {
    let home = Merging(Folder::new(), 2_000);
    let ledger = home.open(options("first"), day(0)).await.unwrap();
    send(&ledger, 0..3_000, accepted()).await;
    let fill = |limit: i64| {
        ledger.worker.call(move |store| {
            let n_pages: i64 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            let limit = if limit == 0 { n_pages } else { limit };
            store.connection.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(()))
        })
    };
    fill(0).await.unwrap();
    let refused = ledger.claim(vec![entry(3_000)], false, day(0)).await;
    assert!(matches!(refused, Err(LedgerError::Unusable(_))), "{refused:?}");
    assert!(ledger.close().await.is_err());
    assert_eq!(statuses(&ledger, 0..3_000).await, [ContactStatus::Accepted; 3_000]);
    assert_eq!(statuses(&ledger, 3_000..3_001).await, [ContactStatus::Free]);
    fill(i64::from(i32::MAX)).await.unwrap();
    assert_eq!(claim(&ledger, 2_999..3_001).await, [ContactStatus::Accepted, ContactStatus::Free]);
    ledger.close().await.unwrap();
    assert_eq!(counts(&home.0, TABLES), [3_000, 1, 0]);
}

/// What the first version left: a table, and a dead run's claims.
#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let folder = Folder::new();
    let mut connection = Connection::open(folder.file()).unwrap();
    let old = connection.transaction().unwrap();
    migrate(&old, &MIGRATIONS[..1]).unwrap();
    let packed = "5a5a5a5a000000015a5a5a5a5a5a5a5a" // who: the first person
        .to_owned() + "0100000000000000" // campaign
        + "0200000000000000" // stream
        + "0300000000000000" + "5b315d"; // primary key
    old.execute_batch(&format!(
        "INSERT INTO word VALUES (1, 'spring'), (2, 'public.customers'), (3, 'old');
         INSERT INTO contact VALUES (x'5a5a5a5a000000005a5a5a5a5a5a5a5a', 1, 0, 1, 2, 3, NULL, '[0]', 'c-0');
         INSERT INTO intent VALUES (7, 3, 86400000, x'{packed}');
         INSERT INTO meta VALUES ('used', 'yes');"
    ))
    .unwrap();
    old.commit().unwrap();
    drop(connection);
    let (ledger, opened) = Sqlite::open(&folder.file(), &options("new"), Some("a secret"), day(0)).unwrap();
    assert_eq!(opened.recovered_unknown, 1);
    let want = [ContactStatus::Accepted, ContactStatus::Unknown, ContactStatus::Free];
    assert_eq!(statuses(&ledger, 0..3).await, want);
    send(&ledger, 2..3, accepted()).await;
    let found = ledger.find_contacts((0..3).map(key).collect()).await.unwrap();
    let told: Vec<_> =
        found.iter().map(|found| (&*found.contact_id, &*found.primary_key, &*found.run)).collect();
    assert_eq!(told, [("c-0", "[0]", "old"), ("", "[1]", "old"), ("", "[2]", "new")]);
}

/// What a run of version 0.1.0 left that died behind its first merge: of one claim one contact is in the table, which a
/// mark says, one is settled, and one has no ending.
#[tokio::test]
async fn a_file_of_version_0_1_0_is_taken_up_where_its_run_died() {
    let folder = Folder::new();
    let old = Connection::open(folder.file()).unwrap();
    migrate(&old, MIGRATIONS).unwrap();
    let who = |n: u32| format!("5a5a5a5a{n:08x}5a5a5a5a5a5a5a5a");
    let claimed = |n: u32| {
        who(n)
            + "0100000000000000"
            + "0200000000000000"
            + "0300000000000000"
            + &format!("5b{:02x}5d", 0x30 + n)
    };
    let in_the_table = "0000".to_owned();
    let accepted = "0101".to_owned() + "005c260500000000" + "00" + "04" + "632d31";
    old.execute_batch(&format!(
        "INSERT INTO word VALUES (1, 'spring'), (2, 'public.customers'), (3, 'old');
         INSERT INTO contact VALUES (x'{}', 1, 0, 1, 2, 3, NULL, '[0]', 'c-0');
         INSERT INTO intent VALUES (7, 3, 86400000, x'{}');
         INSERT INTO ending VALUES (7, x'{in_the_table}{accepted}');
         INSERT INTO meta VALUES ('used', 'yes');",
        who(0),
        [0, 1, 2].map(claimed).concat()
    ))
    .unwrap();
    let (mut seal, _) = Seal::read_seal(&old, false).unwrap();
    // To write the seal is an opening, whose row is sealed, too.
    seal.watch(&old).unwrap();
    seal.write(&old).unwrap();
    drop(old);
    let (ledger, opened) = Sqlite::open(&folder.file(), &options("new"), Some("a secret"), day(0)).unwrap();
    assert_eq!(opened.recovered_unknown, 1);
    let found = ledger.find_contacts((0..4).map(key).collect()).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|found| (&*found.outcome, &*found.contact_id, &*found.primary_key, found.at.as_second()))
        .collect();
    let want =
        [("accepted", "c-0", "[0]", 0), ("accepted", "c-1", "[1]", 86_400), ("unknown", "", "[2]", 86_400)];
    assert_eq!(told, want);
    ledger.close().await.unwrap();
    assert_eq!(counts(&folder, TABLES), [3, 0, 0]);
}

/// A claim, and how its contacts end.
type Batch = Vec<(u32, Option<Settlement>)>;

/// Batches that share people, and texts of all kinds.
fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let settlement = prop_oneof![
        3 => proptest::option::of("[a-zü0-9-]{0,20}").prop_map(|id| Some(Settlement::Accepted { contact_id: id.map(Into::into) })),
        1 => Just(Some(rejected())),
        1 => Just(Some(Settlement::Unknown)),
        1 => Just(Some(Settlement::Released)),
        1 => Just(None),
    ];
    let batch = proptest::collection::btree_map(0..400_u32, settlement, 0..60);
    proptest::collection::vec(batch.prop_map(|batch| batch.into_iter().collect()), 1..12)
}

/// A person, somewhere among all keys.
fn stranger(n: u32, batch: usize) -> ClaimEntry {
    ClaimEntry {
        rules: RuleKeys::default(),
        key: Key(blake3::hash(&n.to_be_bytes()).as_bytes()[..16].try_into().unwrap()),
        campaign: Campaign::new(&format!("campaign {}", n % 3)),
        stream: format!("stream {}", batch % 2).into(),
        primary_key: "ü".repeat(usize::try_from(n % 7).unwrap()).into(),
    }
}

async fn play(ledger: &Sqlite, batches: &[Batch]) {
    for (number, batch) in (0..).zip(batches) {
        let now = day(i64::from(number));
        let number = usize::try_from(number).unwrap();
        let entries = batch.iter().map(|(n, _)| stranger(*n, number)).collect();
        ledger.claim(entries, true, now).await.unwrap();
        let ended =
            batch.iter().filter_map(|(n, settlement)| Some((stranger(*n, number), settlement.clone()?)));
        let (odd, even): (Vec<_>, Vec<_>) = ended.partition(|(entry, _)| entry.key.0[15] % 2 == 1);
        ledger.settle(odd, now).await.unwrap();
        ledger.settle(even, now).await.unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]
    /// Whether everything is merged at once, now and then, or in the end: the ledger says the same.
    #[test]
    fn when_a_journal_is_merged_makes_no_difference(batches in batches(), n_journaled in 1..100_usize) {
        run(async {
            let homes = [0, n_journaled, usize::MAX].map(|limit| Merging(Folder::new(), limit));
            let everybody: Vec<Key> = (0..400).map(|n| stranger(n, 0).key).collect();
            let mut said = Vec::new();
            for home in homes {
                let ledger = home.open(options("first"), day(0)).await.unwrap();
                play(&ledger, &batches).await;
                let before = ledger.status_of(known_by(everybody.clone()), day(20)).await.unwrap();
                drop(ledger);
                let ledger = home.open(options("second"), day(20)).await.unwrap();
                let after = ledger.status_of(known_by(everybody.clone()), day(20)).await.unwrap();
                let found = ledger.find_contacts(everybody.clone()).await.unwrap();
                said.push((before, after, found, ledger.status().await.unwrap()));
            }
            assert!(said[0] == said[1] && said[1] == said[2], "{said:?}");
        });
    }
}
