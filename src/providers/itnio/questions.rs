//! What itnio tells of a job without adding anybody: `taskList` has the jobs, `properties` the script's variables.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::domain::contact::Campaign;
use crate::phone::shown_identifier;
use crate::providers::api::{Reply, Request};
use crate::providers::campaign::{CampaignExistence, CampaignFacts, CampaignScript, QuestionAnswer};
use crate::providers::json;

use super::Itnio;
use super::codes;
use super::constants::{JOBS, JOBS_PER_PAGE, VARIABLES};
use super::envelope::ItnioEnvelope;

/// An account with more jobs is not read to its end.
const MAX_PAGES: usize = 10;

/// Jobs that a message names, of those that there are.
const NAMED_JOBS: usize = 10;

/// The application is not there.
const NO_APPLICATION: i64 = -37;

const UNDOCUMENTED: &str = "an answer that the vendor does not document";

/// One job, as far as it concerns whom it calls.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItnioJob<'a> {
    #[serde(borrow)]
    job_id: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    mode: Option<&'a RawValue>,
    #[serde(borrow)]
    is_dialog_flow_unbind: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ItnioJobPage<'a> {
    #[serde(borrow)]
    total: Option<&'a RawValue>,
    #[serde(borrow)]
    pages: Option<&'a RawValue>,
    #[serde(borrow)]
    records: Vec<ItnioJob<'a>>,
}

/// How far the list of jobs was read.
enum Listing {
    /// This page is to be asked for.
    Unfinished(usize),
    /// The job is on it.
    Found(ItnioFoundJob),
    /// The list is whole, and the job is not on it: these are.
    Absent(Vec<i64>),
    /// There is no such application.
    NoApplication,
    /// Nobody can say.
    Unread(String),
}

/// What the list says of a job; a text that is not there is blank.
struct ItnioFoundJob {
    name: String,
    mode: String,
    is_unbound: Option<bool>,
}

impl Itnio {
    /// First the pages of the list, as far as the job; then, if it may be there, the variables.
    pub(super) fn question(
        &self,
        campaign: &Campaign,
        heard: &[QuestionAnswer],
        now: Timestamp,
    ) -> Option<Request> {
        if heard.last().is_some_and(Result::is_err) {
            // Who does not answer one question answers no other, and a sync waits for it.
            return None;
        }
        let (listing, n_pages) = listing(campaign, heard);
        match listing {
            Listing::Unfinished(page) => {
                let params = json!({ "appId": self.app_id });
                let body = json!({ "current": page, "size": JOBS_PER_PAGE, "params": params });
                Some(self.signed(format!("{}{JOBS}", self.base_url), body.to_string().into(), now))
            }
            Listing::Absent(_) | Listing::NoApplication => None,
            Listing::Found(_) | Listing::Unread(_) if heard.len() > n_pages => None,
            Listing::Found(_) | Listing::Unread(_) => {
                let number: Option<u64> = campaign.as_str().parse().ok();
                let body = json!({ "appId": self.app_id, "jobId": number? });
                Some(self.signed(format!("{}{VARIABLES}", self.base_url), body.to_string().into(), now))
            }
        }
    }

    /// What all answers say together.
    pub(super) fn facts(&self, campaign: &Campaign, heard: &[QuestionAnswer]) -> CampaignFacts {
        let (listing, n_pages) = listing(campaign, heard);
        let job = shown_identifier(campaign.as_str());
        let app = shown_identifier(&self.app_id);
        let mut warnings = Vec::new();
        let existence = match listing {
            Listing::Found(found) => {
                warnings = found.warnings(&job);
                CampaignExistence::Proved(self.proof(&found, &job))
            }
            Listing::Absent(others) => CampaignExistence::Missing(absent(&job, &app, &others)),
            Listing::NoApplication => CampaignExistence::Missing(format!(
                "taskList answers that there is no application {app}; correct vendor.app_id"
            )),
            Listing::Unfinished(_) => {
                let why = heard.last().and_then(|last| last.as_ref().err());
                CampaignExistence::Unproved(format!(
                    "taskList: {}",
                    why.map_or("not asked to its end", String::as_str)
                ))
            }
            Listing::Unread(why) => CampaignExistence::Unproved(format!("taskList: {why}")),
        };
        let variables = match heard.get(n_pages) {
            None => Err("not asked".to_owned()),
            Some(Err(why)) => Err(why.clone()),
            Some(Ok(reply)) => data_of(reply).map_err(|refusal| refusal.why).and_then(|data| names(&data)),
        };
        let script = match variables {
            Ok(variables) => CampaignScript::Known { by: "properties".to_owned(), variables },
            Err(why) => CampaignScript::Unknown(format!("properties: {why}")),
        };
        CampaignFacts { existence, warnings, script }
    }

    fn proof(&self, found: &ItnioFoundJob, job: &str) -> String {
        let mut proof = format!("taskList lists job {job}");
        if !found.name.is_empty() {
            proof.push_str(&format!(", named \"{}\"", self.redactor.masked(&found.name)));
        }
        match found.mode.as_str() {
            "" => proof.push_str(", and does not say how it is started"),
            mode => proof.push_str(&format!(", mode {}", self.redactor.masked(mode))),
        }
        if found.is_unbound.is_none() {
            proof.push_str("; it does not say whether a script is bound to it");
        }
        proof
    }
}

impl ItnioFoundJob {
    fn warnings(&self, job: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.mode.eq_ignore_ascii_case("AUTO") {
            warnings.push(format!(
                "job {job} is automatic (mode AUTO): whoever is added to it may be dialled at once"
            ));
        }
        if self.is_unbound == Some(true) {
            warnings.push(format!(
                "no call script is bound to job {job} (isDialogFlowUnbind): bind one in the itniotech console, or the vendor takes nobody"
            ));
        }
        warnings
    }
}

/// What the answers say of the job, and how many of them are pages of the list.
fn listing(campaign: &Campaign, heard: &[QuestionAnswer]) -> (Listing, usize) {
    let mut others = Vec::new();
    for (n_before, answer) in heard.iter().enumerate() {
        let page = n_before + 1;
        let Ok(reply) = answer else { return (Listing::Unfinished(page), page) };
        let data = match data_of(reply) {
            Ok(data) => data,
            Err(refusal) if refusal.code == Some(NO_APPLICATION) => return (Listing::NoApplication, page),
            Err(refusal) => return (Listing::Unread(refusal.why), page),
        };
        let Ok(jobs) = serde_json::from_str::<ItnioJobPage<'_>>(&data) else {
            return (Listing::Unread(UNDOCUMENTED.to_owned()), page);
        };
        for job in &jobs.records {
            let Some(id) = json::integer(job.job_id) else {
                return (Listing::Unread(UNDOCUMENTED.to_owned()), page);
            };
            if campaign.as_str() == id.to_string() {
                return (Listing::Found(found(job)), page);
            }
            others.push(id);
        }
        if !is_last(&jobs, page) {
            continue;
        }
        let is_whole = json::integer(jobs.total)
            .is_none_or(|total| usize::try_from(total).is_ok_and(|total| others.len() >= total));
        let listing = if is_whole {
            Listing::Absent(others)
        } else {
            Listing::Unread("its list of jobs is shorter than it says".to_owned())
        };
        return (listing, page);
    }
    if heard.len() >= MAX_PAGES {
        let why = format!("the job is not among the first {} of the application", MAX_PAGES * JOBS_PER_PAGE);
        return (Listing::Unread(why), heard.len().min(MAX_PAGES));
    }
    (Listing::Unfinished(heard.len() + 1), heard.len())
}

fn is_last(jobs: &ItnioJobPage<'_>, page: usize) -> bool {
    let pages = json::integer(jobs.pages).and_then(|pages| usize::try_from(pages).ok());
    jobs.records.is_empty() || pages.map_or(jobs.records.len() < JOBS_PER_PAGE, |pages| page >= pages)
}

fn found(job: &ItnioJob<'_>) -> ItnioFoundJob {
    let text = |value| json::text(value).unwrap_or_default().trim().to_owned();
    // The page calls it a text and does not say which: these are the usual ones.
    let word = job.is_dialog_flow_unbind.map(RawValue::get).unwrap_or_default();
    let is_unbound = match word.trim_matches('"').trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" => Some(true),
        "false" | "0" | "no" | "n" => Some(false),
        _ => None,
    };
    ItnioFoundJob { name: text(job.name), mode: text(job.mode), is_unbound }
}

fn absent(job: &str, app: &str, others: &[i64]) -> String {
    let named: Vec<_> = others.iter().take(NAMED_JOBS).map(i64::to_string).collect();
    let listed = match others.len() {
        0 => "there is none".to_owned(),
        n_jobs if n_jobs > NAMED_JOBS => format!("{}, … ({n_jobs} in all)", named.join(", ")),
        _ => named.join(", "),
    };
    format!(
        "job {job} is none of app {app} (taskList has: {listed}); correct vendor.job_id, or the stream's campaign, or vendor.app_id"
    )
}

/// An answer that tells nothing.
struct ItnioSilence {
    code: Option<i64>,
    why: String,
}

/// The `data` of an answer that says success.
fn data_of(reply: &Reply) -> Result<String, ItnioSilence> {
    let silent = |why: String| ItnioSilence { code: None, why };
    if let Some(why) = &reply.unreadable {
        return Err(silent(format!("HTTP {}: {why}", reply.status)));
    }
    let text = json::text_of(&reply.body);
    let envelope = ItnioEnvelope::parse(&text);
    match envelope {
        Some(envelope) if (200..500).contains(&reply.status) && envelope.code != 0 => {
            let meaning = codes::lookup(envelope.code).map_or("which is not known here", |row| row.meaning);
            Err(ItnioSilence {
                code: Some(envelope.code),
                why: format!("code {}, {meaning}", json::shown_code(envelope.code)),
            })
        }
        Some(envelope) if (200..300).contains(&reply.status) => {
            let data = envelope.data.map(RawValue::get).filter(|data| *data != "null");
            data.map(str::to_owned).ok_or_else(|| silent("success without data".to_owned()))
        }
        _ if (200..300).contains(&reply.status) => Err(silent(UNDOCUMENTED.to_owned())),
        _ => Err(silent(format!("HTTP {}", reply.status))),
    }
}

/// The names in a list of variables: texts, objects with a `name`, or the keys of a map of texts. The vendor's client
/// hands the list on unread, so that its form is not known.
fn names(data: &str) -> Result<Vec<String>, String> {
    let unknown = || UNDOCUMENTED.to_owned();
    let name = |entry: &Value| {
        let text = entry.as_str().or_else(|| entry.get("name")?.as_str());
        text.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
    };
    match serde_json::from_str(data).map_err(|_| unknown())? {
        Value::Array(entries) => entries.iter().map(name).collect::<Option<_>>().ok_or_else(unknown),
        Value::Object(map) if map.values().all(|value| value.is_string() || value.is_null()) => {
            Ok(map.keys().cloned().collect())
        }
        _ => Err(unknown()),
    }
}
