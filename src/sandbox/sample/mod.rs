//! A sample extract of a warehouse: overdue customers, with the troubles that such a table has.
//!
//! Every record is a pure function of the seed and its place, so that a sample of any length costs
//! no memory, and what should become of it is known beforehand (`Trouble`).
//!
//! The numbers are valid for the phone library but begin with 030 and 031, which Vietnam has given
//! to no operator: a sample that is sent to a real vendor by mistake rings nobody.

mod mapping;
mod person;

use serde_json::{Value, json};

use person::Person;

pub use mapping::{REQUIRED_VARIABLE, stream};
pub use person::Trouble;

/// The stream of the sample.
pub const STREAM: &str = "overdue_customers";

/// The stream's namespace.
pub const NAMESPACE: &str = "crm";

/// Records in a sample of the usual length.
pub const USUAL_RECORDS: u64 = 2500;

/// Records from one STATE to the next.
const RECORDS_PER_STATE: u64 = 500;

/// 2026-11-02T00:00:00Z; the sample does not depend on the day it is made.
const FIRST_UPDATE: i64 = 1_793_577_600;

/// The lines of the sample: records, a STATE after every 500 and after the last, the end.
#[derive(Clone, Debug)]
pub struct Sample {
    seed: u64,
    is_clean: bool,
    n_records: u64,
    next_record: u64,
    n_states: u64,
    /// The last record that a STATE covers is at this place.
    covered: u64,
    complete: bool,
}

/// How many records have which trouble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleTally {
    /// Nothing is wrong with them.
    pub good: u64,
    /// Nobody can be called.
    pub bad_numbers: u64,
    /// The person was there before.
    pub duplicates: u64,
    /// The required variable is null.
    pub required_missing: u64,
    /// The customer does not want to be called.
    pub no_consent: u64,
}

impl Sample {
    /// A sample of this many records.
    #[must_use]
    pub fn new(n_records: u64, seed: u64) -> Self {
        Self { seed, is_clean: false, n_records, next_record: 0, n_states: 0, covered: 0, complete: false }
    }

    /// The same customers without their troubles: every record is somebody who can be called.
    #[must_use]
    pub fn without_troubles(self) -> Self {
        Self { is_clean: true, ..self }
    }

    /// What the whole sample holds.
    #[must_use]
    pub fn tally(&self) -> SampleTally {
        let mut tally = SampleTally::default();
        for place in 0..self.n_records {
            *match self.trouble(place) {
                Trouble::None => &mut tally.good,
                Trouble::BadNumber => &mut tally.bad_numbers,
                Trouble::Duplicate => &mut tally.duplicates,
                Trouble::RequiredMissing => &mut tally.required_missing,
                Trouble::NoConsent => &mut tally.no_consent,
            } += 1;
        }
        tally
    }

    fn trouble(&self, place: u64) -> Trouble {
        if self.is_clean { Trouble::None } else { person::trouble(self.seed, place) }
    }

    fn record(&self, place: u64) -> Value {
        let person = Person::at(self.seed, place, self.trouble(place));
        json!({"type": "RECORD", "record": {
            "namespace": NAMESPACE,
            "stream": STREAM,
            "data": person.columns(place, &updated_at(place)),
            "emitted_at": milliseconds(place),
        }})
    }

    fn state(&self) -> Value {
        let last = self.next_record.saturating_sub(1);
        json!({"type": "STATE", "state": {
            "type": "STREAM",
            "stream": {
                "stream_descriptor": {"name": STREAM, "namespace": NAMESPACE},
                "stream_state": {"updated_at": updated_at(last), "id": last + 1},
            },
            "sourceStats": {"recordCount": self.next_record - self.covered},
            "id": self.n_states,
        }})
    }

    fn end(&self) -> Value {
        json!({"type": "TRACE", "trace": {
            "type": "STREAM_STATUS",
            "emitted_at": milliseconds(self.n_records),
            "stream_status": {
                "stream_descriptor": {"name": STREAM, "namespace": NAMESPACE},
                "status": "COMPLETE",
            },
        }})
    }
}

impl Iterator for Sample {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let uncovered = self.next_record - self.covered;
        if uncovered == RECORDS_PER_STATE || (uncovered > 0 && self.next_record == self.n_records) {
            self.n_states += 1;
            let state = self.state();
            self.covered = self.next_record;
            return Some(state.to_string());
        }
        if self.next_record < self.n_records {
            let record = self.record(self.next_record);
            self.next_record += 1;
            return Some(record.to_string());
        }
        if self.complete {
            return None;
        }
        self.complete = true;
        Some(self.end().to_string())
    }
}

/// The configured catalog that goes with the sample.
#[must_use]
pub fn catalog() -> Value {
    let text = || json!({"type": ["null", "string"]});
    json!({"streams": [{
        "stream": {
            "name": STREAM,
            "namespace": NAMESPACE,
            "json_schema": {"type": "object", "properties": {
                "id": {"type": "integer"},
                "full_name": text(),
                "mobile": text(),
                "sex": text(),
                "id_last4": text(),
                "amount_due": {"type": ["null", "integer"]},
                "due_date": {"type": ["null", "string"], "format": "date"},
                "contract_no": text(),
                "consent": text(),
                "updated_at": {"type": "string", "format": "date-time"},
            }},
            "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_primary_key": [["id"]],
        },
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": ["updated_at"],
        "primary_key": [["id"]],
        "generation_id": 1,
        "minimum_generation_id": 0,
        "sync_id": 1,
    }]})
}

fn milliseconds(place: u64) -> i64 {
    seconds(place).saturating_mul(1000)
}

fn updated_at(place: u64) -> String {
    jiff::Timestamp::from_second(seconds(place)).unwrap_or_default().to_string()
}

/// One customer was touched every seven seconds.
fn seconds(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX).saturating_mul(7).saturating_add(FIRST_UPDATE)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;
    use crate::phone::{PhoneInput, PhoneRules, region};

    fn lines(n_records: u64, seed: u64) -> Vec<Value> {
        Sample::new(n_records, seed)
            .map(|line| serde_json::from_str(&line).expect("a line is JSON"))
            .collect()
    }

    fn records(n_records: u64, seed: u64) -> Vec<Value> {
        let lines = lines(n_records, seed).into_iter();
        lines.filter(|line| line["type"] == "RECORD").map(|line| line["record"]["data"].clone()).collect()
    }

    #[test]
    fn states_cover_every_record_and_the_end_comes_last() {
        for (n_records, want_states) in
            [(0, vec![]), (1, vec![1]), (500, vec![500]), (1200, vec![500, 500, 200])]
        {
            let lines = lines(n_records, 1);
            let states: Vec<_> = lines.iter().filter(|line| line["type"] == "STATE").collect();
            let counts = states.iter().map(|line| line["state"]["sourceStats"]["recordCount"].as_u64());
            assert_eq!(counts.collect::<Vec<_>>(), want_states.into_iter().map(Some).collect::<Vec<_>>());
            let [.., end] = lines.as_slice() else { panic!("nothing at all for {n_records}") };
            assert_eq!(end["trace"]["stream_status"]["status"], "COMPLETE", "{n_records}");
            if n_records > 0 {
                assert_eq!(lines[lines.len() - 2]["type"], "STATE", "{n_records}");
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_sample() {
        assert!(Sample::new(300, 5).eq(Sample::new(300, 5)));
        assert!(!Sample::new(300, 5).eq(Sample::new(300, 6)));
        assert_eq!(records(300, 5)[..100], records(100, 5), "a longer sample begins with the shorter one");
    }

    #[test]
    fn troubles_are_as_frequent_as_promised() {
        let tally = Sample::new(20_000, 1).tally();
        assert!((500..700).contains(&tally.bad_numbers), "{tally:?}");
        for share in [tally.duplicates, tally.required_missing, tally.no_consent] {
            assert!((320..480).contains(&share), "{tally:?}");
        }
        let SampleTally { good, bad_numbers, duplicates, required_missing, no_consent } = tally;
        assert_eq!(good + bad_numbers + duplicates + required_missing + no_consent, 20_000);
    }

    #[test]
    fn records_have_the_trouble_that_the_tally_counts() {
        let rules = PhoneRules { default_region: region("VN"), ..PhoneRules::default() };
        let records = records(4000, 3);
        let mut good = HashMap::new();
        let mut refusals = BTreeSet::new();
        for (place, record) in (0..).zip(&records) {
            let mobile = record["mobile"].as_str();
            let input = mobile.map_or(PhoneInput::Absent, PhoneInput::Text);
            let phone = rules.normalise(input, None);
            let trouble = person::trouble(3, place);
            let first = phone.as_ref().ok().and_then(|phone| good.get(phone).copied());
            match trouble {
                Trouble::BadNumber => assert!(phone.is_err(), "{record}"),
                Trouble::Duplicate => {
                    assert!(phone.is_ok() && first.is_some_and(|first| first != mobile), "{record}");
                }
                _ => assert!(phone.is_ok() && first.is_none(), "{record}"),
            }
            match phone {
                Ok(phone) if trouble == Trouble::None => drop(good.insert(phone, mobile)),
                Ok(_) => {}
                Err(refusal) => drop(refusals.insert(refusal.reason.code())),
            }
            assert_eq!(record["id_last4"].is_null(), trouble == Trouble::RequiredMissing, "{record}");
            assert_eq!(record["consent"] == "no", trouble == Trouble::NoConsent, "{record}");
        }
        let refusals: Vec<_> = refusals.into_iter().collect();
        let want =
            "contains_letters masked missing multiple_numbers placeholder precision_lost too_long too_short";
        assert_eq!(refusals.join(" "), want);
    }

    #[test]
    fn a_sample_without_troubles_is_people_who_can_be_called() {
        let sample = Sample::new(2000, 3).without_troubles();
        assert_eq!(sample.tally(), SampleTally { good: 2000, ..SampleTally::default() });
        let rules = PhoneRules { default_region: region("VN"), ..PhoneRules::default() };
        let mut numbers = BTreeSet::new();
        for line in sample {
            let line: Value = serde_json::from_str(&line).expect("a line is JSON");
            let Some(record) = line["record"]["data"].as_object() else { continue };
            let mobile = record["mobile"].as_str().expect("a number");
            let phone = rules.normalise(PhoneInput::Text(mobile), None).expect("a good number");
            assert!(numbers.insert(phone.expose().to_owned()), "{mobile} was there before");
            assert!(record["id_last4"].is_string() && record["consent"] == "yes", "{record:?}");
        }
        assert_eq!(numbers.len(), 2000);
    }

    #[test]
    fn the_catalog_and_the_mapping_know_the_columns() {
        let catalog = catalog();
        let columns = &catalog["streams"][0]["stream"]["json_schema"]["properties"];
        let names = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(columns), names(&records(1, 1)[0]));
        for (name, gender) in [(true, true), (false, false)] {
            let stream = stream(crate::providers::api::ContactShape { name, gender, reserved: &[] });
            for field in stream["fields"].as_array().expect("a list") {
                let column = field["column"].as_str();
                assert!(column.is_none_or(|column| columns.get(column).is_some()), "{field}");
            }
            assert_eq!(stream.to_string().contains("\"gender\""), gender);
        }
    }
}
