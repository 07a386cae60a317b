//! A warehouse extract whose right outcome is known beforehand.

use serde_json::{Value, json};

/// How many records of each kind an extract has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Different people with a number that can be called.
    pub(crate) people: u64,
    /// Further records of the same people, written in another way.
    pub(crate) repeated: u64,
    /// Records without a number that can be called.
    pub(crate) invalid: u64,
}

/// The protocol's lines of an extract, and what must become of them.
pub(crate) struct Extract {
    pub(crate) lines: Vec<u8>,
    pub(crate) states: Vec<String>,
    pub(crate) expected: Expected,
}

impl Expected {
    pub(crate) fn records(&self) -> u64 {
        self.people + self.repeated + self.invalid
    }
}

/// Writes the number of person `n` (up to 20 million), in one of several ways.
fn number(n: u64, way: u64) -> String {
    let prefix = if n < 10_000_000 { "98" } else { "97" };
    let digits = format!("{:07}", n % 10_000_000);
    let (a, b) = digits.split_at(3);
    match way % 5 {
        0 => format!("+84{prefix}{digits}"),
        1 => format!("0{prefix}{digits}"),
        2 => format!("0{prefix} {a} {b}"),
        3 => format!("(+84) {prefix}-{a}.{b}"),
        _ => format!("84{prefix}{digits}.0"),
    }
}

/// One of the ways in which a number is no number.
fn no_number(n: u64) -> Value {
    match n % 5 {
        0 => Value::Null,
        1 => json!("n/a"),
        2 => json!("O987654321"),
        3 => json!("8.49876E+10"),
        _ => json!("098****321"),
    }
}

/// Makes the lines of record `n` and of the state behind it.
pub(crate) struct Lines {
    rng: fastrand::Rng,
    people: u64,
    n_states: u64,
    pub(crate) expected: Expected,
}

pub(crate) const STREAMS: [&str; 2] = ["contacts", "leads"];

impl Lines {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), people: 0, n_states: 0, expected: Expected::default() }
    }

    /// The next `n` records with a state every `state_every`; gives the states, too.
    pub(crate) fn extract(&mut self, n: u64, state_every: u64) -> (Vec<u8>, Vec<String>) {
        let (mut bytes, mut states) = (Vec::new(), Vec::new());
        let before = self.expected.records();
        for record in before + 1..=before + n {
            self.record(record, &mut bytes);
            // At the end each stream has one, so that every record is spoken for.
            let is_last = record == before + n;
            let n_states = u64::from(record.is_multiple_of(state_every)) + 2 * u64::from(is_last);
            for _ in 0..n_states {
                let state = Self::state(self.n_states);
                self.n_states += 1;
                bytes.extend_from_slice(state.as_bytes());
                bytes.push(b'\n');
                states.push(state);
            }
        }
        (bytes, states)
    }

    pub(crate) fn record(&mut self, n: u64, into: &mut Vec<u8>) {
        self.padded_record(n, 0, into);
    }

    /// A record with a long text in a column that nobody maps.
    pub(crate) fn padded_record(&mut self, n: u64, padding: usize, into: &mut Vec<u8>) {
        let drawn = self.rng.u32(0..100);
        let mobile = if drawn < 3 {
            self.expected.invalid += 1;
            no_number(n)
        } else if drawn < 6 && self.people > 0 {
            self.expected.repeated += 1;
            json!(number(self.rng.u64(0..self.people), n))
        } else {
            self.expected.people += 1;
            self.people += 1;
            json!(number(self.people - 1, n))
        };
        let stream = STREAMS[usize::from(n.is_multiple_of(7))];
        let sex = match n % 3 {
            0 => "nam",
            1 => "nữ",
            _ => "x",
        };
        let data = json!({
            "id": n, "mobile": mobile, "full_name": format!("Nguyễn Văn \"{n}\""), "sex": sex,
            "amount_due": 1_500_000 + n, "id_last4": format!("{:04}", n % 10_000), "note": "x".repeat(padding),
        });
        let message = json!({ "type": "RECORD", "record": { "stream": stream, "namespace": "crm", "data": data, "emitted_at": 1_795_305_451_267_u64 } });
        into.extend_from_slice(message.to_string().as_bytes());
        into.push(b'\n');
    }

    /// A state of the streams in turn, with everything that a careless echo would lose.
    pub(crate) fn state(id: u64) -> String {
        let stream = STREAMS[usize::from(id.is_multiple_of(2))];
        format!(
            r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{stream}","namespace":"crm"}},"stream_state":{{"cursor": 12345678901234567890123,"f":1.10,"n":null}}}},"id":{id},"later":["x", 1e3]}},"record":null}}"#
        )
    }
}

/// An extract of `n` records with a state every `state_every`.
pub(crate) fn extract(n: u64, state_every: u64, seed: u64) -> Extract {
    let mut lines = Lines::new(seed);
    let (bytes, states) = lines.extract(n, state_every);
    Extract { lines: bytes, states, expected: lines.expected }
}

/// The catalog of an extract.
pub(crate) fn catalog() -> String {
    let stream = |name: &str| {
        let columns = ["id", "mobile", "full_name", "sex", "amount_due", "id_last4", "note"];
        let properties: serde_json::Map<_, _> =
            columns.iter().map(|column| (column.to_string(), json!({}))).collect();
        json!({
            "stream": { "name": name, "namespace": "crm", "json_schema": { "type": "object", "properties": properties } },
            "sync_mode": "incremental", "destination_sync_mode": "append",
        })
    };
    json!({ "streams": STREAMS.map(stream) }).to_string()
}

/// The mapping that fits an extract, for a vendor.
pub(crate) fn streams(vendor: &str) -> Value {
    let variables: &[(&str, &str)] = match vendor {
        "itnio" => {
            &[("name", "full_name"), ("gender", "sex"), ("证件后4位", "id_last4"), ("欠款金额", "amount_due")]
        }
        _ => &[("ho_ten", "full_name"), ("so_tien", "amount_due")],
    };
    let mut fields = vec![json!({ "field": "phone_number", "column": "mobile" })];
    fields.extend(variables.iter().map(|(field, column)| json!({ "field": field, "column": column })));
    STREAMS.map(|stream| json!({ "stream": stream, "fields": fields })).into()
}
