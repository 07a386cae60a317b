//! itnio's side of `importCustomer`, strict and without a network.
//!
//! It assumes the worst that the vendor's pages allow: every accepted contact is dialled at once, so
//! a repeated request shows as a second call unless `callRecordDup` is on.

use std::collections::HashMap;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::secret::Secret;
use crate::providers::api::{Reply, Request};
use crate::providers::call_log::{CallLog, NumberDisplay};
use crate::providers::simulator::{POISON, Simulator, Twist};
use crate::providers::spoken::ScriptText;

use super::constants::{ENDPOINT, JOBS, JOBS_PER_PAGE, MAX_BATCH};
use super::{codes, sign};

/// The prefix of the API's path, as on the vendor's own host.
const PREFIX: &str = "/aivoice";

/// The application of whoever names no other.
const USUAL_APP: &str = "SANDBOX1";

/// The job of whoever names no other.
pub(super) const USUAL_JOB: u64 = 9;

/// The vendor's limit.
const LONGEST_PHONE: usize = 32;

/// Who may call the simulated API, and with what.
#[derive(Clone, Debug)]
pub struct ItnioSetup {
    /// The Api-Key.
    pub api_key: Secret,
    /// The secret beside it.
    pub api_secret: Secret,
    /// Takes any key and signature.
    pub any_credentials: bool,
    /// The one application of the account; blank: any.
    pub app_id: String,
    /// The jobs of the application; empty: any.
    pub jobs: Vec<u64>,
    /// Variables that the script of every job speaks.
    pub required: Vec<String>,
    /// Variables that a job's script speaks beside those.
    pub required_by_job: HashMap<u64, Vec<String>>,
    /// How far a request's timestamp may be off.
    pub window: Duration,
    /// Answers as for an IP address that is not on the allow-list.
    pub forbidden: bool,
    /// A variable with this text in it makes the vendor refuse the whole request; blank: none does.
    pub poison: String,
    /// How the book writes numbers down.
    pub numbers: NumberDisplay,
}

/// itnio's side.
#[derive(Debug)]
pub struct ItnioSimulator {
    setup: ItnioSetup,
    book: CallLog,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItnioImport {
    app_id: String,
    job_id: u64,
    call_record_dup: Option<bool>,
    customer_persons: Vec<ItnioPerson>,
}

#[derive(Deserialize)]
struct ItnioJobsAsked {
    current: usize,
    size: usize,
    params: ItnioJobsWanted,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItnioJobsWanted {
    app_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItnioVariablesAsked {
    app_id: String,
    job_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItnioPerson {
    name: Option<String>,
    phone_number: String,
    #[serde(rename = "gender")]
    _gender: Option<ItnioGender>,
    #[serde(default)]
    properties: Option<HashMap<String, String>>,
}

/// The empty text is forbidden; null and absence are not.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ItnioGender {
    Male,
    Female,
}

impl ItnioPerson {
    fn words(&self) -> ScriptText<'_> {
        let properties = self.properties.iter().flatten();
        let mut variables: Vec<_> = properties.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        variables.sort_unstable();
        ScriptText { name: self.name.as_deref().unwrap_or_default(), variables }
    }
}

/// A code of the table.
type ItnioRefusal = i64;

impl Default for ItnioSetup {
    /// Invented credentials, any job, nothing required.
    fn default() -> Self {
        Self {
            api_key: Secret::new("sandbox-itnio-key"),
            api_secret: Secret::new("sandbox-itnio-secret"),
            any_credentials: false,
            app_id: USUAL_APP.to_owned(),
            jobs: Vec::new(),
            required: Vec::new(),
            required_by_job: HashMap::new(),
            window: Duration::from_mins(5),
            forbidden: false,
            poison: POISON.to_owned(),
            numbers: NumberDisplay::Masked,
        }
    }
}

impl ItnioSimulator {
    /// An API that has called nobody yet.
    #[must_use]
    pub fn new(setup: ItnioSetup) -> Self {
        let book = CallLog::new(setup.numbers);
        Self { setup, book }
    }

    /// The checks of the headers, in the order of the vendor's table.
    fn authenticate(&self, request: &Request, now: Timestamp) -> Result<(), ItnioRefusal> {
        if self.setup.any_credentials {
            return Ok(());
        }
        let present = |name, missing| request.header(name).filter(|value| !value.is_empty()).ok_or(missing);
        let signature = present("sign", -57)?;
        let timestamp = present("timestamp", -58)?;
        let api_key = present("api-key", -59)?;
        if self.setup.forbidden {
            return Err(-6);
        }
        let wanted = sign::sign(&self.setup.api_key, &self.setup.api_secret, timestamp);
        if api_key != self.setup.api_key.expose() || !signature.eq_ignore_ascii_case(&wanted) {
            return Err(-1);
        }
        let seconds: i64 = timestamp.parse().map_err(|_| -4)?;
        let off = now.as_second().abs_diff(seconds);
        if off > self.setup.window.as_secs() { Err(-4) } else { Ok(()) }
    }

    /// The checks of the body; what passes concerns single contacts only.
    fn admit(&self, request: &Request, now: Timestamp) -> Result<ItnioImport, ItnioRefusal> {
        self.authenticate(request, now)?;
        let import: ItnioImport = serde_json::from_slice(&request.body).map_err(|_| -27)?;
        self.admit_to(&import.app_id)?;
        self.find_job(import.job_id)?;
        if import.customer_persons.len() > MAX_BATCH {
            return Err(-56);
        }
        let all_fit = import.customer_persons.iter().all(|person| self.fits(person));
        if import.customer_persons.is_empty() || !all_fit {
            return Err(-27);
        }
        Ok(import)
    }

    fn admit_to(&self, app_id: &str) -> Result<(), ItnioRefusal> {
        let is_own = self.setup.app_id.is_empty() || app_id == self.setup.app_id;
        if is_own { Ok(()) } else { Err(-37) }
    }

    fn find_job(&self, job_id: u64) -> Result<(), ItnioRefusal> {
        let is_own = self.setup.jobs.is_empty() || self.setup.jobs.contains(&job_id);
        if is_own { Ok(()) } else { Err(-32) }
    }

    fn fits(&self, person: &ItnioPerson) -> bool {
        let length = person.phone_number.trim().chars().count();
        let poison = self.setup.poison.as_str();
        let is_poison = |value: &String| !poison.is_empty() && value.contains(poison);
        (1..=LONGEST_PHONE).contains(&length)
            && !person.properties.iter().flat_map(HashMap::values).any(is_poison)
    }

    /// Calls whom the job takes; gives a line for each other one.
    fn import(&mut self, import: &ItnioImport, now: Timestamp, twist: Twist) -> Vec<String> {
        let job = import.job_id.to_string();
        let recognises_called = import.call_record_dup.unwrap_or(false);
        let mut lines = Vec::new();
        for (position, person) in import.customer_persons.iter().enumerate() {
            let number = &person.phone_number;
            if position == 0 && twist == Twist::NamelessLine {
                lines.push("Customer information is abnormal".to_owned());
            } else if recognises_called && self.book.times_called(&job, number) > 0 {
                lines.push(format!("The customer already exists in this task,Phone Number:{number}"));
            } else if !self.is_complete(import.job_id, person) {
                lines.push(format!("Customer custom property is incomplete,Phone Number:{number}"));
            } else {
                self.book.call(&job, number, &person.words(), now);
            }
        }
        lines
    }

    /// The variables that the script of a job speaks.
    fn script(&self, job_id: u64) -> impl Iterator<Item = &String> {
        let by_job = self.setup.required_by_job.get(&job_id).into_iter().flatten();
        self.setup.required.iter().chain(by_job)
    }

    /// A page of the application's jobs: all are started by hand, and have a script.
    fn list_jobs(&self, request: &Request) -> Result<Value, ItnioRefusal> {
        let asked: ItnioJobsAsked = serde_json::from_slice(&request.body).map_err(|_| -27)?;
        self.admit_to(&asked.params.app_id)?;
        if asked.current == 0 || !(1..=JOBS_PER_PAGE).contains(&asked.size) {
            return Err(-27);
        }
        let job = |id: &u64| {
            json!({
                "jobId": id, "name": format!("Rehearsal {id}"), "dialogFlowName": "A script", "robotCount": 1,
                "mode": "MANUAL", "status": "CAN_START", "isDialogFlowUnbind": "false",
            })
        };
        let jobs = &self.setup.jobs;
        let (before, pages) =
            ((asked.current - 1).saturating_mul(asked.size), jobs.len().div_ceil(asked.size));
        let records: Vec<_> = jobs.iter().skip(before).take(asked.size).map(job).collect();
        Ok(json!({
            "total": jobs.len(), "size": asked.size, "current": asked.current, "pages": pages, "records": records,
        }))
    }

    /// The variables of a job's script; null where nobody has said which these are.
    fn list_variables(&self, request: &Request) -> Result<Value, ItnioRefusal> {
        let asked: ItnioVariablesAsked = serde_json::from_slice(&request.body).map_err(|_| -27)?;
        self.admit_to(&asked.app_id)?;
        self.find_job(asked.job_id)?;
        let variables: Vec<_> = self.script(asked.job_id).collect();
        Ok(if variables.is_empty() { Value::Null } else { json!(variables) })
    }

    fn is_complete(&self, job_id: u64, person: &ItnioPerson) -> bool {
        self.script(job_id).all(|name| {
            let value = person.properties.as_ref().and_then(|properties| properties.get(name));
            value.is_some_and(|value| !value.trim().is_empty())
        })
    }
}

impl Simulator for ItnioSimulator {
    fn name(&self) -> &'static str {
        "itnio"
    }

    fn path(&self) -> &'static str {
        "/aivoice/importCustomer"
    }

    fn judges_time(&self) -> bool {
        true
    }

    fn answer_with(&mut self, request: &Request, now: Timestamp, twist: Twist) -> Reply {
        let now = twist.vendors_clock(now);
        self.book.note_request();
        if !request.url.ends_with(ENDPOINT) {
            return Reply { status: 404, date: Some(now), body: "Not Found".into(), ..Reply::default() };
        }
        let lines = self.admit(request, now).map(|import| {
            self.book.note_contacts(import.customer_persons.len());
            json!(self.import(&import, now, twist))
        });
        envelope(lines, now)
    }

    /// Whoever takes contacts for every job has no list of them.
    fn questions(&self) -> Vec<(Method, &'static str)> {
        let paths =
            if self.setup.jobs.is_empty() { &[][..] } else { &["/aivoice/taskList", "/aivoice/properties"] };
        paths.iter().map(|path| (Method::POST, *path)).collect()
    }

    fn tell(&self, request: &Request, now: Timestamp) -> Reply {
        let is_list = request.url.ends_with(JOBS);
        let told = self
            .authenticate(request, now)
            .and_then(|()| if is_list { self.list_jobs(request) } else { self.list_variables(request) });
        envelope(told, now)
    }

    fn call_log(&self) -> &CallLog {
        &self.book
    }

    fn connector_config(&self, root: &str) -> Value {
        json!({
            "vendor_type": "itnio",
            "api_key": self.setup.api_key.expose(),
            "api_secret": self.setup.api_secret.expose(),
            "app_id": if self.setup.app_id.is_empty() { USUAL_APP } else { &self.setup.app_id },
            "job_id": self.setup.jobs.first().unwrap_or(&USUAL_JOB),
            "base_url": format!("{}{PREFIX}", root.trim_end_matches('/')),
        })
    }
}

fn envelope(told: Result<Value, ItnioRefusal>, now: Timestamp) -> Reply {
    let body = match told {
        Ok(data) => json!({ "status": "0", "reason": "success", "data": data }),
        Err(code) => {
            let reason = codes::lookup(code).map_or("", |row| row.meaning);
            json!({ "status": code.to_string(), "reason": reason, "data": null })
        }
    };
    Reply { status: 200, date: Some(now), body: body.to_string().into(), ..Reply::default() }
}
