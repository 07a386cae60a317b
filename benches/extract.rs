//! What all measurements read: the project's own sample without its troubles, in the width and the
//! number of streams that is asked for.

#![expect(clippy::indexing_slicing, reason = "of JSON, whose shape the sample's own tests hold")]

use destination_ai_voice::providers::api::ContactShape;
use destination_ai_voice::providers::registry;
use destination_ai_voice::providers::simulator::{Simulator, SimulatorOptions};
use destination_ai_voice::sandbox::sample::{self, Sample};
use serde_json::{Map, Value, json};

/// The sample is the same each time.
const SEED: u64 = 1;

/// How big an extract is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extract {
    pub(crate) n_records: u64,
    /// Columns beside the sample's own; only identity mapping uses them.
    pub(crate) n_more_columns: usize,
    /// Bytes in one more column.
    pub(crate) n_more_bytes: usize,
    /// The records come in turns, as many of each stream as there are to a STATE.
    pub(crate) n_streams: usize,
    /// The columns are called like the contact's fields.
    pub(crate) is_named_for_identity: bool,
}

/// From a column to a field or a variable of the contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Each of eight fields names its column; two name the same.
    Columns,
    /// Nothing is configured: every column is a field or a variable.
    Identity,
    /// As `Columns`, with templates for two of the fields.
    Templates,
    /// As `Columns`, for those whom a condition of three comparisons lets pass.
    Condition,
}

/// True of everybody in the sample.
const CONDITION: &str = "consent = 'yes' AND amount_due > 0 AND full_name <> ''";

impl Extract {
    /// The lines that a platform would send.
    pub(crate) fn lines(self) -> impl Iterator<Item = String> {
        let mut n_states = 0;
        let sample = Sample::new(self.n_records, SEED).without_troubles();
        sample
            .flat_map(move |line| {
                let mut message: Value = serde_json::from_str(&line).expect("the sample is JSON");
                let name = self.name(n_states % self.n_streams);
                match message["type"].as_str() {
                    Some("RECORD") => {
                        message["record"]["stream"] = name.into();
                        self.widen(&mut message["record"]["data"]);
                        vec![message]
                    }
                    Some("STATE") => {
                        n_states += 1;
                        message["state"]["stream"]["stream_descriptor"]["name"] = name.into();
                        vec![message]
                    }
                    _ => (0..self.n_streams).map(|stream| self.end(message.clone(), stream)).collect(),
                }
            })
            .map(|message| message.to_string())
    }

    /// The configured catalog that goes with the lines.
    pub(crate) fn catalog(self) -> Value {
        let mut catalog = sample::catalog();
        let first = catalog["streams"][0].take();
        let stream = |index| {
            let mut stream = first.clone();
            stream["stream"]["name"] = self.name(index).into();
            let mut columns = Map::new();
            for (name, schema) in
                first["stream"]["json_schema"]["properties"].as_object().into_iter().flatten()
            {
                columns.insert(self.column(name).to_owned(), schema.clone());
            }
            for (name, _) in self.more() {
                columns.insert(name, json!({"type": ["null", "string"]}));
            }
            stream["stream"]["json_schema"]["properties"] = columns.into();
            stream
        };
        catalog["streams"] = (0..self.n_streams).map(stream).collect();
        catalog
    }

    /// The `streams` section of a configuration.
    pub(crate) fn streams(self, way: Way, shape: ContactShape) -> Value {
        if way == Way::Identity {
            return json!([]);
        }
        let mut mapped = sample::stream(shape);
        mapped["only_when"] = if way == Way::Condition { CONDITION } else { "" }.into();
        let fields = mapped["fields"].as_array_mut().expect("the sample's mapping lists fields");
        match way {
            Way::Templates => {
                for field in fields.iter_mut().filter(|field| field["field"] == "so_tien") {
                    *field = json!({"field": "so_tien", "template": "{{ record.amount_due }} đồng"});
                }
            }
            Way::Columns | Way::Condition | Way::Identity => {
                fields.retain(|field| field["template"].is_null());
            }
        }
        let stream = |index| {
            let mut stream = mapped.clone();
            stream["stream"] = self.name(index).into();
            stream
        };
        (0..self.n_streams).map(stream).collect()
    }

    fn name(self, stream: usize) -> String {
        if self.n_streams == 1 { sample::STREAM.to_owned() } else { format!("{}_{stream}", sample::STREAM) }
    }

    /// What a column of the sample is called here.
    fn column(self, name: &str) -> &str {
        match name {
            "mobile" if self.is_named_for_identity => "phone_number",
            "full_name" if self.is_named_for_identity => "name",
            "sex" if self.is_named_for_identity => "gender",
            other => other,
        }
    }

    fn more(self) -> impl Iterator<Item = (String, String)> {
        let column = |index| (format!("column_{index:03}"), format!("giá trị {index:03} của khách"));
        let long = (self.n_more_bytes > 0)
            .then(|| ("note".to_owned(), "ghi nhớ ".repeat(self.n_more_bytes / 11 + 1)));
        (0..self.n_more_columns).map(column).chain(long)
    }

    fn widen(self, data: &mut Value) {
        let columns = std::mem::take(data.as_object_mut().expect("a record is an object"));
        let own = columns.into_iter().map(|(name, value)| (self.column(&name).to_owned(), value));
        *data = own.chain(self.more().map(|(name, value)| (name, value.into()))).collect();
    }

    fn end(self, mut trace: Value, stream: usize) -> Value {
        trace["trace"]["stream_status"]["stream_descriptor"]["name"] = self.name(stream).into();
        trace
    }
}

/// Every vendor's other side, by its name.
pub(crate) fn simulators() -> impl Iterator<Item = (&'static str, Box<dyn Simulator>)> {
    let simulators = registry::simulators(&SimulatorOptions::default());
    simulators.into_iter().map(|simulator| (simulator.name(), simulator))
}
