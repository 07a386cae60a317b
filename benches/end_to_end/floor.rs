//! The floor: a program of well-kept libraries that does the least for the same contacts.
//!
//! It knows the sample's columns, itnio's body and nothing else: no configuration, no other columns,
//! no dedupe, no retry, no ledger, no outcome of a record. A number that it cannot read, an answer
//! other than success, a line that it does not expect ends it. A yardstick, not a product.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::{self, BufRead, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use md5::{Digest, Md5};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The floor.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the contacts go.
    #[arg(long)]
    url: String,
    /// Requests under way at once.
    #[arg(long, default_value_t = 8)]
    in_flight: usize,
    /// Contacts in a request.
    #[arg(long, default_value_t = 100)]
    batch_size: usize,
}

/// What the reading thread passes on, in order.
enum Work {
    /// A request's body.
    Batch(Vec<u8>),
    /// A line to be handed back when every batch before it is acknowledged.
    State(String),
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    record: Option<Record<'a>>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    data: Row<'a>,
}

/// The columns that are needed.
#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    full_name: Cow<'a, str>,
    #[serde(borrow)]
    mobile: Cow<'a, str>,
    #[serde(borrow)]
    sex: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id_last4: Cow<'a, str>,
    amount_due: u64,
    #[serde(borrow)]
    due_date: Cow<'a, str>,
    #[serde(borrow)]
    contract_no: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Import<'a> {
    app_id: &'a str,
    job_id: u64,
    call_record_dup: bool,
    customer_persons: &'a [Person],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    name: String,
    phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<&'static str>,
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    ho_ten: String,
    bon_so_cuoi: String,
    so_tien: String,
    ngay_den_han: String,
    ma_hop_dong: String,
}

#[derive(Deserialize)]
struct Answer<'a> {
    status: &'a str,
}

const KEY: &str = "sandbox-itnio-key";
const SECRET: &str = "sandbox-itnio-secret";

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let Arguments { url, in_flight, batch_size } = Arguments::parse();
    let (sender, receiver) = mpsc::channel(2 * in_flight);
    let reader = std::thread::spawn(move || read(batch_size, &sender));
    deliver(&url, in_flight, receiver).await?;
    reader.join().expect("the reading thread ended well")
}

/// Reads, maps and writes bodies until the input ends.
fn read(batch_size: usize, sender: &mpsc::Sender<Work>) -> io::Result<()> {
    let pass_on = |work| sender.blocking_send(work).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe));
    let mut input = io::stdin().lock();
    let mut people = Vec::with_capacity(batch_size);
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = std::str::from_utf8(&line).expect("UTF-8");
        let message: Line<'_> = sonic_rs::from_str(text).expect("a message of the sample");
        match message.record {
            Some(record) => people.push(map(record.data)),
            None if message.kind == "STATE" => {
                // A batch may not wait for records behind its STATE that never come.
                if !people.is_empty() {
                    pass_on(Work::Batch(body(&people)))?;
                    people.clear();
                }
                pass_on(Work::State(text.to_owned()))?;
            }
            None => {}
        }
        if people.len() == batch_size {
            pass_on(Work::Batch(body(&people)))?;
            people.clear();
        }
    }
    if people.is_empty() { Ok(()) } else { pass_on(Work::Batch(body(&people))) }
}

fn map(row: Row<'_>) -> Person {
    // Two spellings of spreadsheets, which the library reads as other numbers.
    let written = row.mobile.trim_start_matches('\'');
    let written = written.strip_suffix(".0").unwrap_or(written);
    let number = PHONE_NUMBER_UTIL.parse(written, Some(Region::VN)).expect("a number");
    assert!(number.is_valid(), "every number of the sample can be called");
    let e164 = number.format_as(PhoneNumberFormat::E164);
    Person {
        name: row.full_name.clone().into_owned(),
        phone_number: e164.trim_start_matches('+').to_owned(),
        gender: row.sex.map(|sex| if sex == "nam" { "MALE" } else { "FEMALE" }),
        properties: Properties {
            ho_ten: row.full_name.into_owned(),
            bon_so_cuoi: row.id_last4.into_owned(),
            so_tien: row.amount_due.to_string(),
            ngay_den_han: row.due_date.into_owned(),
            ma_hop_dong: row.contract_no.into_owned(),
        },
    }
}

fn body(people: &[Person]) -> Vec<u8> {
    let import = Import { app_id: "SANDBOX1", job_id: 9, call_record_dup: true, customer_persons: people };
    sonic_rs::to_vec(&import).expect("texts can be written")
}

/// Keeps so many requests under way; hands each STATE back when every batch before it is acknowledged.
async fn deliver(url: &str, in_flight: usize, mut work: mpsc::Receiver<Work>) -> io::Result<()> {
    // The client wants to know whose TLS it would use, though it uses none.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut under_way = JoinSet::new();
    let mut open = BTreeSet::new();
    let mut states = VecDeque::new();
    let mut n_batches = 0_u64;
    let mut is_open = true;
    let mut output = io::stdout().lock();
    while is_open || !under_way.is_empty() {
        tokio::select! {
            biased;
            Some(ended) = under_way.join_next() => {
                open.remove(&ended.expect("every request is answered"));
            }
            next = work.recv(), if is_open && under_way.len() < in_flight => match next {
                Some(Work::Batch(body)) => {
                    under_way.spawn(post(client.clone(), url.to_owned(), body, n_batches));
                    open.insert(n_batches);
                    n_batches += 1;
                }
                Some(Work::State(line)) => states.push_back((n_batches, line)),
                None => is_open = false,
            },
        }
        let acknowledged = open.first().copied().unwrap_or(n_batches);
        while let Some((_, line)) = states.pop_front_if(|(before, _)| *before <= acknowledged) {
            output.write_all(line.as_bytes())?;
            output.flush()?;
        }
    }
    Ok(())
}

/// Sends one batch; gives its number back.
async fn post(client: reqwest::Client, url: String, body: Vec<u8>, batch: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a signature needs the time, and nobody holds this clock")]
    let now = SystemTime::now();
    let timestamp = now.duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs().to_string();
    let signed = Md5::new().chain_update(KEY).chain_update(SECRET).chain_update(&timestamp).finalize();
    let sign = signed.iter().fold(String::with_capacity(32), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a text cannot fail");
        hex
    });
    let request = client.post(url).header("Content-Type", "application/json;charset=UTF-8");
    let request = request.header("Api-Key", KEY).header("Timestamp", timestamp).header("Sign", sign);
    let answer = request.body(body).send().await.expect("an answer").bytes().await.expect("a whole answer");
    let answer: Answer<'_> = sonic_rs::from_slice(&answer).expect("an answer of the vendor");
    assert_eq!(answer.status, "0", "the vendor takes everybody");
    batch
}
