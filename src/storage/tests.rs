//! Rows and objects, as they are read by others.

use std::io::Read;

use flate2::read::GzDecoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::ObjectStorageConfig;
use crate::domain::columns::ColumnsKeeper;
use crate::domain::contact::Campaign;
use crate::domain::decision::Decision;
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::domain::stream_name::StreamName;
use crate::phone::Phone;

const RECORD: &str = r#"{"id": 7, "mobile": "+1 415 555 0123", "name": "An, \"A\"", "sum": 12.50}"#;

fn run() -> Run {
    Run { sync_id: "41".into(), id: "41-0a".into(), started: "2026-11-22T10:33:12.345Z".parse().unwrap() }
}

fn rejects(settings: &Value) -> Rejects {
    let mut section = json!({ "storage_type": "Local", "path": "/x" });
    section.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let config: ObjectStorageConfig = serde_json::from_value(section).unwrap();
    Rejects::new(&config, run()).unwrap().unwrap()
}

fn stream(name: &str) -> StreamName {
    StreamName { namespace: "crm".into(), name: name.into() }
}

fn add(rejects: &mut Rejects, stream: &StreamName, outcome: &Outcome, record: &str) {
    let (campaign, phone) = (Campaign::new("12"), Phone::e164("+14155550123"));
    let decision = Decision {
        stream,
        generation_id: 3,
        primary_key: "7",
        line: 29,
        extracted_at: 1_795_343_592_345,
        outcome,
        is_held: false,
        campaign: Some(&campaign),
        phone: Some(&phone),
        at: Timestamp::UNIX_EPOCH,
        record: Some(&ColumnsKeeper::default().keep(record)),
    };
    rejects.add(&decision).unwrap();
}

/// What waits, as it is put.
fn taken(rejects: &mut Rejects) -> Vec<Object> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut objects = Vec::new();
        for part in rejects.parts.take() {
            objects.push(part.packed().await.unwrap());
        }
        objects
    })
}

/// The only object with one vendor's refusal in it.
fn object(settings: &Value) -> Object {
    let mut rejects = rejects(settings);
    let words = "no balance, \"sorry\"".into();
    add(&mut rejects, &stream("people"), &Outcome::Rejected(Reason::Other, Some(words)), RECORD);
    let mut objects = taken(&mut rejects);
    assert_eq!(objects.len(), 1);
    assert!(rejects.parts.is_empty() && rejects.parts.take().is_empty(), "nothing is put for no rows");
    objects.remove(0)
}

fn table(body: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(body);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_row_has_the_platforms_columns_in_their_order() {
    let object = object(&json!({}));
    assert_eq!(object.name, "41/crm/people/2026_11_22_1795343592345_0.csv");
    let [head, row] = &table(&object.body)[..] else { panic!("{object:?}") };
    assert_eq!(
        head.join(","),
        "_airbyte_raw_id,_airbyte_extracted_at,_airbyte_meta,_airbyte_generation_id,_airbyte_data"
    );
    assert!(crate::phone::is_uuid(&row[0]), "{row:?}");
    assert_eq!(row[1..4], ["1795343592345", r#"{"sync_id":41,"changes":[]}"#, "3"]);
    let data: Value = serde_json::from_str(&row[4]).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&data).unwrap(), @r#"
    {
      "rejected_reason": "other",
      "rejected_field": "",
      "rejected_message": "The vendor refused the contact with words that this program does not know.",
      "outcome": "rejected",
      "code": "other",
      "remedy": "Read the vendor's words beside this code.",
      "stream": "crm.people",
      "primary_key": "7",
      "line": 29,
      "campaign": "12",
      "vendor_message": "no balance, \"sorry\"",
      "safe_to_replay": "after_fix",
      "record": {
        "id": 7,
        "mobile": "****123",
        "name": "An, \"A\"",
        "sum": 12.5
      }
    }
    "#);
}

#[test]
fn every_format_holds_the_same() {
    let nested = object(&json!({}));
    let data: Value = serde_json::from_str(&table(&nested.body)[1][4]).unwrap();
    let flattening = "Root level flattening";
    let flat = object(&json!({ "format": { "format_type": "CSV", "flattening": flattening } }));
    let [head, row] = &table(&flat.body)[..] else { panic!("{flat:?}") };
    for (column, value) in head.iter().zip(row).skip(4) {
        let want = match &data[column] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!(text));
        assert_eq!(same(value), same(&want), "{column}");
    }
    assert_eq!(head.len(), 4 + data.as_object().unwrap().len());
    for (format, packed) in [("", ""), (flattening, ""), ("", "GZIP")] {
        let mut settings = json!({ "format": { "format_type": "JSONL" } });
        if !format.is_empty() {
            settings["format"]["flattening"] = json!(format);
        }
        if !packed.is_empty() {
            settings["compression"] = json!({ "compression_type": packed });
        }
        let object = object(&settings);
        let mut text = String::new();
        if packed.is_empty() {
            assert!(object.name.ends_with("_0.jsonl"), "{}", object.name);
            text.push_str(str::from_utf8(&object.body).unwrap());
        } else {
            assert!(object.name.ends_with("_0.jsonl.gz"), "{}", object.name);
            GzDecoder::new(&*object.body).read_to_string(&mut text).unwrap();
        }
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let parts = if format.is_empty() { line["_airbyte_data"].take() } else { line.clone() };
        for (name, value) in data.as_object().unwrap() {
            assert_eq!(&parts[name], value, "{name}");
        }
        assert_eq!(line["_airbyte_meta"], json!({ "sync_id": 41, "changes": [] }));
    }
}

#[test]
fn a_record_is_kept_as_the_user_chose() {
    let record = |choice: &str| {
        let object = object(&json!({ "rejected_record": choice }));
        let text = table(&object.body)[1][4].clone();
        let has_number = text.contains("555 0123") || text.contains("4155550123");
        (serde_json::from_str::<Value>(&text).unwrap()["record"].clone(), has_number, text)
    };
    let (masked, shows, _) = record("masked");
    assert_eq!(
        (masked["mobile"].as_str(), masked["name"].as_str(), shows),
        (Some("****123"), Some("An, \"A\""), false)
    );
    let (whole, shows, text) = record("whole");
    assert_eq!((&whole["mobile"], shows), (&json!("+1 415 555 0123"), true));
    assert!(text.contains(RECORD), "as it came, and not merely the same: {text}");
    let (none, shows, text) = record("none");
    assert!(none.is_null() && !shows && !text.contains("\"record\""), "{text}");
}

#[test]
fn what_waits_is_bounded_and_every_part_has_a_name_of_its_own() {
    let mut rejects = rejects(&json!({
        "rejected_record": "whole", "path_format": "{sync_id}", "file_name_format": "{part_number}{format_extension}",
    }));
    let record = json!({ "text": "x".repeat(1 << 20) }).to_string();
    let (mut names, mut n_added) = (Vec::new(), 0);
    while names.len() < 6 {
        for name in ["people", "debtors"] {
            add(&mut rejects, &stream(name), &Outcome::Invalid(Reason::TooShort, None), &record);
            n_added += 1;
        }
        if rejects.parts.is_full() {
            names.extend(taken(&mut rejects).into_iter().map(|object| object.name));
            assert!(!rejects.parts.is_full());
        }
    }
    assert_eq!(names, ["41/1.csv", "41/0.csv", "41/3.csv", "41/2.csv", "41/5.csv", "41/4.csv"]);
    assert!((12..=14).contains(&n_added), "three times four megabytes: {n_added}");
}

#[tokio::test]
async fn an_object_never_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "storage_type": "Local", "path": folder.path() });
    let config = serde_json::from_value(config).unwrap();
    let store =
        Store::new(&config, &Network::default(), Patience::Long, Timestamp::UNIX_EPOCH).unwrap().unwrap();
    let object = Object { name: "1/a.csv".into(), kind: "text/csv", body: Bytes::from_static(b"rows") };
    let (one, two) = (store.put(&object).await.unwrap(), store.put(&object).await.unwrap());
    assert_eq!(one, "1/a.csv");
    assert!(two.starts_with("1/a_"), "{two}");
    assert_eq!(store.list("1/").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_rehearsal_proves_a_folder_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for (name, stays) in [("made", false), ("there", true)] {
        let path = folder.path().join(name);
        if stays {
            std::fs::create_dir(&path).unwrap();
        }
        let store = Store::Local(Local::new(path.to_str().unwrap()));
        let proved = store.rehearse().await.unwrap();
        assert!(proved.starts_with("An object was put into the folder"), "{proved}");
        assert_eq!(path.exists(), stays, "{name}");
        assert!(!stays || path.read_dir().unwrap().next().is_none(), "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_as_it_was_written(name in "\\PC{0,20}", words in "(?s).{0,40}", key in "\\PC{0,8}") {
        let record = json!({ &key: words }).to_string();
        let mut settings = json!({ "rejected_record": "whole" });
        for format in ["CSV", "JSONL"] {
            settings["format"] = json!({ "format_type": format });
            let mut rejects = rejects(&settings);
            let outcome = Outcome::Rejected(Reason::Other, Some(words.clone().into()));
            add(&mut rejects, &stream(&name), &outcome, &record);
            let object = taken(&mut rejects).remove(0);
            let data: Value = if format == "CSV" {
                serde_json::from_str(&table(&object.body)[1][4]).unwrap()
            } else {
                serde_json::from_slice::<Value>(&object.body).unwrap()["_airbyte_data"].take()
            };
            prop_assert_eq!(&data["vendor_message"], &json!(words));
            prop_assert_eq!(&data["record"][&key], &json!(words));
            prop_assert!(object.name.split('/').all(|step| !step.is_empty() && step != ".." && step != "."));
        }
    }
}
