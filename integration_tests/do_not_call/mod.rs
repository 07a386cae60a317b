//! The do-not-call list and cooling off, in the platform's way.

mod company;
mod races;

use serde_json::{Value, json};

use self::company::{
    Company, by_the_list, catalog, complete, counts, failure, record, records, replacing, state, succeeded,
};
use crate::command;

#[test]
fn two_connections_the_list_then_the_people() {
    for company in [Company::new(by_the_list()), Company::shared(by_the_list())] {
        // Without a list nobody is called, and nothing is handed back.
        let refused = company.call("", &["0912345678"]);
        let (kind, message) = failure(&refused);
        assert!(kind == "config_error" && message.contains("`ledger do-not-call load`"), "{kind}: {message}");
        assert_eq!((refused.of_type("STATE").len(), company.called()), (0, (0, 0)));

        // The old prefix of the second number became 033 in 2018.
        let listed = company
            .list(&catalog("register", &json!({})), &records("register", &["0912 345 678", "01632345678"]));
        succeeded(&listed);
        assert_eq!(counts(&listed), (2, 0));
        let people = ["+84912345678", "0332345678", "0987654321"];
        let finished = company.call("", &people);
        succeeded(&finished);
        assert_eq!((counts(&finished), company.called()), ((1, 2), (1, 0)));
        assert!(finished.stdout.contains("do_not_call"), "{}", finished.stdout);
        let text = format!("{}{}", listed.stdout, finished.stdout);
        assert!(people.iter().all(|number| !text.contains(&number[number.len() - 9..])), "{text}");

        // Whoever the source deletes is not on it any more.
        let deleted = json!({ "mobile": "0912345678", "_ab_cdc_deleted_at": "2026-11-26T00:00:00Z" });
        let lines = [record("register", &deleted), state("register", 1)].join("\n");
        succeeded(&company.list(&catalog("register", &json!({})), &lines));
        let finished = company.call("", &people);
        assert_eq!((counts(&finished), company.called()), ((2, 1), (2, 0)), "{}", finished.stdout);
    }
}

#[test]
fn a_refresh_that_ended_well_replaces_at_once_and_one_that_broke_off_changes_nothing() {
    let company = Company::new(by_the_list());
    let whole = |numbers: &[&str]| [records("register", numbers), complete("register")].join("\n");
    succeeded(&company.list(&replacing(1), &whole(&["0912345678", "0912345679"])));
    let is_on = |number: &str| !company.ledger(&["find", number]).stdout.contains("is not on");
    assert!(is_on("0912345678") && is_on("0912345679"));

    let broken = company.list(&replacing(2), &records("register", &["0987654321"]));
    assert_eq!((failure(&broken).0.as_str(), broken.of_type("STATE").len()), ("transient_error", 0));
    assert!(is_on("0912345678") && !is_on("0987654321"), "a refresh that broke off");

    let lines = [
        record("register", &json!({ "mobile": "0987654321" })),
        record("register", &json!({ "id": 7, "mobile": "12 34" })),
        complete("register"),
    ];
    let mut of_keys = replacing(2);
    of_keys["streams"][0]["primary_key"] = json!([["id"]]);
    let unreadable = company.list(&of_keys, &lines.join("\n"));
    let (kind, message) = failure(&unreadable);
    assert_eq!(kind, "config_error");
    for part in ["line 2", "primary key 7", "too_short", "register"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(is_on("0912345678") && !is_on("0987654321"), "a row that cannot be read");

    let replaced = company.list(&replacing(2), &whole(&["0987654321"]));
    succeeded(&replaced);
    assert_eq!(replaced.of_type("STATE").len(), 1);
    assert!(!is_on("0912345678") && is_on("0987654321"));
    succeeded(&company.list(&replacing(3), &whole(&[])));
    let (_, message) = failure(&company.call("", &["0912345678"]));
    assert!(message.contains("is empty"), "{message}");

    // A platform that does not say how a source ended: a STATE behind the last record is what there is.
    let unsaid =
        catalog("register", &json!({ "sync_mode": "full_refresh", "destination_sync_mode": "overwrite" }));
    let no_state = record("register", &json!({ "mobile": "0912345670" }));
    assert_eq!(failure(&company.list(&unsaid, &no_state)).0, "transient_error");
    assert!(!is_on("0912345670"));
    succeeded(&company.list(&unsaid, &records("register", &["0912345671"])));
    assert!(is_on("0912345671"));
}

/// PyAirbyte numbers each generation and each sync 1, and says of most streams that they are incremental.
#[test]
fn what_is_new_never_takes_the_place_of_a_list() {
    let company = Company::new(by_the_list());
    let sync = |sync_mode: &str, destination_sync_mode: &str, numbers: &[&str]| {
        let more = json!({
            "sync_mode": sync_mode, "destination_sync_mode": destination_sync_mode,
            "generation_id": 1, "minimum_generation_id": 1, "sync_id": 1,
        });
        let lines = [records("register", numbers), complete("register")].join("\n");
        company.list(&catalog("register", &more), &lines)
    };
    let is_on = |number: &str| !company.ledger(&["find", number]).stdout.contains("is not on");
    succeeded(&sync("incremental", "append_dedup", &["0912345678"]));
    succeeded(&sync("incremental", "append_dedup", &["0912345679"]));
    assert!(is_on("0912345678") && is_on("0912345679"), "what came later is added");
    let refused = sync("incremental", "overwrite", &["0987654321"]);
    let (kind, message) = failure(&refused);
    assert!(kind == "config_error" && message.contains("register is read incrementally"), "{message}");
    assert_eq!(refused.of_type("STATE").len(), 0);
    assert!(is_on("0912345678") && !is_on("0987654321"));
    succeeded(&sync("full_refresh", "append_dedup", &["0987654321"]));
    assert!(is_on("0912345678") && is_on("0987654321"), "a full refresh that is merged");
    succeeded(&sync("full_refresh", "overwrite", &["0987654321"]));
    assert!(!is_on("0912345678") && is_on("0987654321"), "one that overwrites");
}

#[test]
fn a_sync_with_both_roles_is_refused() {
    let company = Company::new(json!({}));
    let config = company.config("register", "do_not_call", "");
    let mut both: Value = serde_json::from_str(&std::fs::read_to_string(&config).unwrap()).unwrap();
    both["streams"].as_array_mut().unwrap().push(json!({ "stream": "customers" }));
    let config = company.folder.file("both.json", &both.to_string());
    let refused = company.write(&config, &catalog("register", &json!({})), "");
    let (kind, message) = failure(&refused);
    assert!(kind == "config_error" && message.contains("streams[1].role"), "{message}");
}

#[test]
fn a_list_is_loaded_looked_at_and_taken_away_by_commands() {
    let company = Company::shared(json!({ "do_not_call": { "enabled": true, "scope": "everywhere" } }));
    let csv = company.folder.file(
        "register.csv",
        "\u{feff}id,So dien thoai\n1,0912345678\n2,\"+84 (0)163 234 5678\"\n3,1800 1234\n",
    );
    let loaded = company.ledger(&["load", &csv, "--column", "So dien thoai"]);
    assert_eq!(loaded.code, 0, "{}", loaded.stdout);
    assert!(loaded.stdout.contains("2 numbers were added to source register.csv"), "{}", loaded.stdout);
    assert!(
        loaded.stdout.contains("1 rows hold a number of a kind that is never called"),
        "{}",
        loaded.stdout
    );
    let jsonl = company
        .folder
        .file("more.jsonl", "{\"phone_number\":84987654321}\n\n{\"phone_number\":\"0912345678\"}\n");
    succeeded(&company.ledger(&["load", &jsonl]));
    let found = company.ledger(&["find", "0332345678"]).stdout;
    assert!(
        found.contains("is on the do-not-call list, from register.csv") && !found.contains("332345678"),
        "{found}"
    );
    assert!(company.ledger(&["find", "0912345678"]).stdout.contains("more.jsonl, register.csv"));
    let status = company.ledger(&["status"]).stdout;
    assert!(status.contains("register.csv") && status.lines().count() == 3, "{status}");

    let bad = company.folder.file("bad.csv", "phone_number\n0987654322\n09\n");
    let refused = company.ledger(&["load", &bad, "--replace", "--source", "register.csv"]);
    assert!(refused.code == 1 && refused.stdout.contains("line 3 of the file"), "{}", refused.stdout);
    assert!(company.ledger(&["find", "0987654322"]).stdout.contains("is not on"), "nothing was changed");
    let misnamed = company.ledger(&["load", &bad, "--column", "phone_numbr"]);
    assert!(misnamed.stdout.contains("did you mean `phone_number`?"), "{}", misnamed.stdout);

    let good = company.folder.file("good.csv", "phone_number\n0987654322\n");
    let replaced = company.ledger(&["load", &good, "--replace", "--source", "register.csv"]);
    assert!(
        replaced.stdout.contains("1 numbers were added") && replaced.stdout.contains("2 taken off"),
        "{}",
        replaced.stdout
    );
    assert_eq!(counts(&company.call("", &["0332345678", "0987654322", "0987654321"])), (1, 2));
    let counted = company.ledger(&["remove", "--source", "more.jsonl"]).stdout;
    assert!(counted.contains("add --yes"), "{counted}");
    succeeded(&company.ledger(&["remove", "--source", "more.jsonl", "--yes"]));
    assert_eq!(counts(&company.call("", &["0332345678", "0987654322", "0987654321"])), (2, 1));
    let unknown = company.ledger(&["remove", "--source", "other", "--yes"]);
    assert!(unknown.code == 1 && unknown.stdout.contains("register.csv"), "{}", unknown.stdout);
}

#[test]
fn a_list_that_is_loaded_while_a_sync_has_the_file_waits_its_turn_in_words() {
    let company = Company::new(json!({}));
    let csv = company.folder.file("register.csv", "phone_number\n0912345678\n");
    succeeded(&company.ledger(&["load", &csv]));
    let path = company.folder.path("ledger.sqlite");
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM ending; COMMIT")
        .unwrap();
    let refused = company.ledger(&["load", &csv]);
    assert!(refused.code == 1 && refused.stdout.contains("another run is using"), "{}", refused.stdout);
}

#[test]
fn one_campaign_after_the_other_within_the_cooling_off() {
    for company in [
        Company::new(json!({ "cooling_off_hours": 24 })),
        Company::shared(json!({ "cooling_off_hours": 24 })),
    ] {
        let people = ["0912345678", "0912345679"];
        let first = company.call("", &people[..1]);
        succeeded(&first);
        assert_eq!(counts(&first), (1, 0));
        let second = company.call("77", &people);
        succeeded(&second);
        assert_eq!((counts(&second), company.called()), ((1, 1), (2, 0)));
        assert!(second.stdout.contains("cooling_off"), "{}", second.stdout);
        assert_eq!(counts(&company.call("", &people[..1])), (1, 0), "the same campaign has called them");
    }
}

#[test]
fn a_lists_sync_keeps_the_rows_that_put_nobody_onto_it_and_reports_on_the_list() {
    let mut company = Company::new(by_the_list());
    let kept = company.folder.path("kept");
    company.kept = json!({ "storage_type": "Local", "path": kept, "format": { "format_type": "JSONL" } });
    let of_sync = |sync: i64, lines: &[String]| {
        let finished = company.list(&replacing(sync), &lines.join("\n"));
        let folder = std::path::Path::new(&kept).join(sync.to_string());
        let report: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("report.json")).unwrap()).unwrap();
        let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
        assert!(page.contains(report["verdict"].as_str().unwrap().split('(').next().unwrap()), "{page}");
        let rows: String = std::fs::read_dir(folder.join("register"))
            .map(|parts| parts.map(|part| std::fs::read_to_string(part.unwrap().path()).unwrap()).collect())
            .unwrap_or_default();
        for text in [&rows, &page, &finished.stdout] {
            assert!(!text.contains("12345678") && !text.contains("80012345"), "{text}");
        }
        let codes: Vec<_> = rows
            .lines()
            .map(|row| {
                serde_json::from_str::<Value>(row).unwrap()["_airbyte_data"]["code"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        (finished, report, codes)
    };
    let row = |mobile: &str| record("register", &json!({ "mobile": mobile }));
    let good = [row("0912345678"), row("1800 123456"), state("register", 2), complete("register")];
    let (finished, report, codes) = of_sync(7, &good);
    succeeded(&finished);
    assert_eq!((counts(&finished), codes), ((1, 1), vec!["type_not_allowed".to_owned()]));
    assert_eq!(
        (&report["run"]["kind"], &report["run"]["ending"]),
        (&json!("do_not_call_list"), &json!("complete"))
    );
    assert_eq!(report["loads"][0]["left_out"], 1, "{report}");
    assert_eq!((&report["list"][0]["numbers"], &report["list"][0]["age_days"]), (&json!(1), &json!(0)));

    // All rows that cannot be read are there, not the first one alone; nothing is changed.
    let bad = [row("0912345679"), row("12 34"), row(""), state("register", 3), complete("register")];
    let (finished, report, codes) = of_sync(8, &bad);
    let (kind, message) = failure(&finished);
    assert!(kind == "config_error" && message.contains("line 2"), "{message}");
    assert_eq!(
        (finished.of_type("STATE").len(), codes),
        (0, vec!["too_short".to_owned(), "missing".to_owned()])
    );
    assert_eq!((&report["loads"][0]["unreadable"], &report["list"][0]["numbers"]), (&json!(2), &json!(1)));
    assert!(report["verdict"].as_str().unwrap().ends_with("no change of it is confirmed."), "{report}");
}

#[test]
fn a_sync_that_the_list_does_not_let_begin_leaves_a_report_that_says_so() {
    let mut company = Company::new(by_the_list());
    let kept = company.folder.path("kept");
    company.kept = json!({ "storage_type": "Local", "path": kept });
    let refused = company.call("", &["0912345678"]);
    assert_eq!(failure(&refused).0, "config_error");
    let runs: Vec<_> = std::fs::read_dir(&kept).unwrap().map(|run| run.unwrap().path()).collect();
    let report = std::fs::read_to_string(runs[0].join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["run"]["ending"], "config_error");
    let verdict = report["verdict"].as_str().unwrap();
    assert!(verdict.contains("do-not-call") && verdict.ends_with("no record was read."), "{verdict}");
    assert!(verdict.starts_with("TRIAL, sent to 127.0.0.1:"), "{verdict}");
    let first = refused.of_type("LOG")[0]["log"]["message"].as_str().unwrap().to_owned();
    assert!(first.contains("vendor: itnio, TRIAL, sent to 127.0.0.1:"), "{first}");
}

#[test]
fn a_tap_fills_the_list() {
    let company = Company::new(by_the_list());
    let config = company.config("register", "do_not_call", "");
    let schema = json!({ "type": "SCHEMA", "stream": "register", "schema": { "properties": { "mobile": {} } }, "key_properties": [] });
    let row = |data: Value| json!({ "type": "RECORD", "stream": "register", "record": data, "version": 1 });
    let version = json!({ "type": "ACTIVATE_VERSION", "stream": "register", "version": 1 });
    let state = |n| json!({ "type": "STATE", "value": { "n": n } });
    let tap = |lines: &[Value]| {
        let lines: Vec<_> = [schema.clone()].iter().chain(lines).map(Value::to_string).collect();
        let finished = command::run(["--config", &config], lines.join("\n").as_bytes());
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        finished.stdout
    };
    let told =
        tap(&[row(json!({ "mobile": "0912345678" })), row(json!({ "mobile": "0912345679" })), state(1)]);
    assert_eq!(told, "{\"n\":1}\n");
    let deleted = json!({ "mobile": "0912345679", "_sdc_deleted_at": "2026-11-26T00:00:00Z" });
    tap(&[row(json!({ "mobile": "0912345670" })), row(deleted), state(2), version]);
    assert_eq!(counts(&company.call("", &["0912345678", "0912345679", "0912345670"])), (1, 2));
}
