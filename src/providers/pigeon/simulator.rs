//! The vendor's side as far as it is documented, for rehearsals and tests. Strict, in memory.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::providers::api::{Reply, Request};
use crate::providers::call_log::{CallLog, NumberDisplay};
use crate::providers::simulator::{POISON, Simulator, Twist};
use crate::providers::spoken::ScriptText;

use super::constants::{ENDPOINT, MAX_BATCH};

/// Invented.
const TOKEN: &str = "sandbox-pigeon-token";

/// A row with this text in a variable is put off the first time it comes.
const BUSY: &str = "BUSY";

/// Pigeon's side.
#[derive(Debug)]
pub(super) struct PigeonSimulator {
    book: CallLog,
    /// What was answered under which key, and to what.
    answered: HashMap<String, (Bytes, Value)>,
    put_off: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PigeonImport {
    list: String,
    rows: Vec<PigeonImportRow>,
}

#[derive(Deserialize)]
struct PigeonImportRow {
    row_id: String,
    phone_number: String,
    properties: HashMap<String, String>,
}

/// An answer that adds nobody: a status, and a word of the vendor's table.
type PigeonRefusal = (u16, &'static str);

impl PigeonSimulator {
    /// An API that has called nobody yet.
    pub(super) fn new(numbers: NumberDisplay) -> Self {
        Self { book: CallLog::new(numbers), answered: HashMap::new(), put_off: HashSet::new() }
    }

    fn handle(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Result<Value, PigeonRefusal> {
        if request.header("authorization") != Some(&*format!("Bearer {TOKEN}")) {
            return Err((401, "bad_token"));
        }
        let key = request.header("idempotency-key").filter(|key| !key.is_empty());
        let key = key.ok_or((400, "malformed"))?.to_owned();
        match self.answered.get(&key) {
            Some((body, answer)) if *body == request.body => return Ok(answer.clone()),
            Some(_) => return Err((409, "key_reused")),
            None => {}
        }
        let import: PigeonImport = serde_json::from_slice(&request.body).map_err(|_| (400, "malformed"))?;
        if import.rows.len() > MAX_BATCH {
            return Err((413, "malformed"));
        }
        self.book.note_contacts(import.rows.len());
        let mut rows: Vec<_> = import.rows.iter().map(|row| self.add(&import.list, row, now)).collect();
        if let (Twist::NamelessLine, Some(Value::Object(first))) = (twist, rows.first_mut()) {
            first.remove("row_id");
        }
        let answer = json!({ "rows": rows });
        // Nobody is in the probe, so nothing of it need be remembered.
        if !import.rows.is_empty() {
            self.answered.insert(key, (request.body.clone(), answer.clone()));
        }
        Ok(answer)
    }

    fn add(&mut self, list: &str, row: &PigeonImportRow, now: Timestamp) -> Value {
        let PigeonImportRow { row_id, phone_number, properties } = row;
        let says = |text: &str| properties.values().any(|value| value.contains(text));
        if says(POISON) {
            return json!({ "row_id": row_id, "status": "refused", "reason": "not to our taste" });
        }
        if says(BUSY) && self.put_off.insert(row_id.clone()) {
            return json!({ "row_id": row_id, "status": "busy" });
        }
        let variables = properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let words = ScriptText { name: properties.get("ho_ten").map_or("", String::as_str), variables };
        let times = self.book.call(list, phone_number, &words, now);
        json!({ "row_id": row_id, "status": "queued", "call_id": format!("call-{times}") })
    }
}

impl Simulator for PigeonSimulator {
    fn name(&self) -> &'static str {
        "pigeon"
    }

    fn path(&self) -> &'static str {
        ENDPOINT
    }

    fn method(&self) -> Method {
        Method::PUT
    }

    fn judges_time(&self) -> bool {
        false
    }

    fn answer_with(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply {
        self.book.note_request();
        let (status, body) = match self.handle(request, now, twist) {
            Ok(answer) => (200, answer),
            Err((status, error)) => (status, json!({ "error": error })),
        };
        let date = Some(twist.vendors_clock(now));
        Reply { status, date, body: body.to_string().into(), ..Reply::default() }
    }

    fn call_log(&self) -> &CallLog {
        &self.book
    }

    fn connector_config(&self, root: &str) -> Value {
        json!({
            "vendor_type": "pigeon",
            "token": TOKEN,
            "list": "overdue",
            "base_url": root.trim_end_matches('/'),
        })
    }
}
