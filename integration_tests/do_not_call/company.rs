//! A company whose connections share a ledger: one for the list, others for the people.

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::command::{self, Finished, Folder};
use crate::postgres_server::server;
use crate::rehearsal::Rehearsal;

/// It calls through the sandbox.
pub(super) struct Company {
    rehearsal: Rehearsal,
    pub(super) folder: Folder,
    ledger: Value,
    rules: Value,
    pub(super) kept: Value,
}

impl Company {
    pub(super) fn new(rules: Value) -> Self {
        let folder = Folder::new();
        let ledger = json!({ "ledger_type": "sqlite", "path": folder.path("ledger.sqlite") });
        let kept = json!({ "storage_type": "None" });
        Self { rehearsal: Rehearsal::of_any_campaign(), folder, ledger, rules, kept }
    }

    /// The same with a database of its own.
    pub(super) fn shared(rules: Value) -> Self {
        let runtime = Runtime::new().unwrap();
        let url = runtime.block_on(server().database());
        let ledger = json!({ "ledger_type": "postgres", "url": url });
        Self { ledger, ..Self::new(rules) }
    }

    /// A connection of one stream, which goes to a campaign of the sandbox.
    pub(super) fn config(&self, name: &str, role: &str, campaign: &str) -> String {
        let sections = json!({
            "streams": [{
                "stream": name, "role": role, "campaign": campaign,
                "fields": [{ "field": "phone_number", "column": "mobile" }],
            }],
            "ledger": self.ledger,
            "object_storage_config": self.kept,
            "rules": self.rules,
            "delivery": { "max_requests_per_second": 0, "batch_size": 2, "max_requests_in_flight": 1 },
        });
        let config = self.rehearsal.config("itnio", &sections).to_string();
        self.folder.file(&format!("{name}-{campaign}.json"), &config)
    }

    pub(super) fn write(&self, config: &str, catalog: &Value, lines: &str) -> Finished {
        let catalog =
            self.folder.file(&format!("catalog-{:x}.json", fastrand::u64(..)), &catalog.to_string());
        command::run(["write", "--config", config, "--catalog", &catalog], lines.as_bytes())
    }

    /// A sync of the list.
    pub(super) fn list(&self, catalog: &Value, lines: &str) -> Finished {
        self.write(&self.config("register", "do_not_call", ""), catalog, lines)
    }

    /// A sync of people.
    pub(super) fn call(&self, campaign: &str, numbers: &[&str]) -> Finished {
        let catalog = catalog("customers", &json!({}));
        self.write(&self.config("customers", "contacts", campaign), &catalog, &records("customers", numbers))
    }

    pub(super) fn ledger(&self, arguments: &[&str]) -> Finished {
        let config = self.config("customers", "contacts", "");
        let whole = ["ledger", "do-not-call"].iter().chain(arguments).copied().chain(["--config", &config]);
        command::run(whole, b"")
    }

    pub(super) fn called(&self) -> (u64, u64) {
        let calls = self.rehearsal.ask("/calls?format=json");
        (calls["people"].as_u64().unwrap(), calls["called_more_than_once"].as_u64().unwrap())
    }
}

pub(super) fn by_the_list() -> Value {
    json!({ "do_not_call": { "enabled": true } })
}

pub(super) fn catalog(stream: &str, more: &Value) -> Value {
    let mut entry = json!({
        "stream": { "name": stream, "json_schema": {} }, "sync_mode": "incremental", "destination_sync_mode": "append",
    });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "streams": [entry] })
}

pub(super) fn replacing(generation: i64) -> Value {
    let more = json!({
        "sync_mode": "full_refresh", "destination_sync_mode": "overwrite",
        "generation_id": generation, "minimum_generation_id": generation, "sync_id": generation,
    });
    catalog("register", &more)
}

pub(super) fn record(stream: &str, data: &Value) -> String {
    json!({ "type": "RECORD", "record": { "stream": stream, "data": data, "emitted_at": 1_763_712_000_000_i64 } })
        .to_string()
}

pub(super) fn state(stream: &str, n: usize) -> String {
    let of_stream = json!({ "stream_descriptor": { "name": stream }, "stream_state": { "n": n } });
    json!({ "type": "STATE", "state": { "type": "STREAM", "stream": of_stream } }).to_string()
}

pub(super) fn complete(stream: &str) -> String {
    let status = json!({ "stream_descriptor": { "name": stream }, "status": "COMPLETE" });
    let trace = json!({ "type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": status });
    json!({ "type": "TRACE", "trace": trace }).to_string()
}

/// Records of these numbers, and a STATE behind them.
pub(super) fn records(stream: &str, numbers: &[&str]) -> String {
    let rows = numbers.iter().map(|number| record(stream, &json!({ "mobile": number })));
    let lines: Vec<_> = rows.chain([state(stream, numbers.len())]).collect();
    lines.join("\n")
}

/// How the last STATE was counted: taken, and rejected.
pub(super) fn counts(finished: &Finished) -> (u64, u64) {
    let states = finished.of_type("STATE");
    let stats = &states.last().unwrap_or_else(|| panic!("{}", finished.stdout))["state"]["destinationStats"];
    let count = |name: &str| {
        let count = stats[name].as_f64().unwrap();
        serde_json::from_str(&format!("{count:.0}")).unwrap()
    };
    (count("recordCount"), count("rejectedRecordCount"))
}

pub(super) fn failure(finished: &Finished) -> (String, String) {
    let error = &finished.of_type("TRACE")[0]["trace"]["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(finished.code, 1, "{}", finished.stdout);
    (text("failure_type"), text("message"))
}

pub(super) fn succeeded(finished: &Finished) {
    assert_eq!((finished.code, finished.stderr.as_str()), (0, ""), "{}", finished.stdout);
}
