//! Over a real socket, with the connector's own requests: every fault, and what the pages say after it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::faults::{Fault, FaultPlan};
use super::{Sandbox, SandboxOptions};
use crate::domain::batch::{Batch, BatchIds};
use crate::domain::contact::{Campaign, Contact};
use crate::domain::outcome::Outcome;
use crate::domain::reason::Reason;
use crate::phone::Phone;
use crate::providers::api::{Reply, Verdict};
use crate::providers::{Provider, VendorConfig, registry};

const ANN: &str = "+14155550101";
const BEN: &str = "+14155550102";

fn now() -> Timestamp {
    "2026-11-02T03:04:05Z".parse().expect("a time")
}

/// A sandbox, one of its vendors, and an HTTP client between them.
struct Rehearsal {
    sandbox: Sandbox,
    vendor: Arc<dyn Provider>,
    client: reqwest::Client,
}

impl Rehearsal {
    async fn start(vendor: &str, options: SandboxOptions) -> Self {
        Self::against(Sandbox::start(options, now).await.expect("a free port"), vendor)
    }

    fn against(sandbox: Sandbox, vendor: &str) -> Self {
        let config = sandbox.connector_config(vendor).expect("a vendor that is played");
        let config: VendorConfig = serde_json::from_value(config["vendor"].clone()).expect("a good section");
        // The client wants to know whose TLS it would use, though it uses none.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { sandbox, vendor: config.build(), client }
    }

    async fn with(vendor: &str, faults: FaultPlan) -> Self {
        Self::start(vendor, SandboxOptions { faults, ..SandboxOptions::default() }).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.sandbox.address())
    }

    /// Sends a batch, signed as if it were this time.
    async fn send_at(&self, contacts: &[Contact], time: Timestamp) -> reqwest::Result<Reply> {
        let request = self.vendor.build_request(&self.batch(contacts), time);
        let mut call = self.client.request(request.method.clone(), &request.url).body(request.body.clone());
        for (name, value) in &request.headers {
            call = call.header(name.as_ref(), value.expose());
        }
        let response = call.send().await?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        Ok(Reply {
            status: response.status().as_u16(),
            retry_after: header("retry-after").and_then(|wait| wait.parse().ok()).map(Duration::from_secs),
            date: header("date")
                .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
                .map(|date| date.timestamp()),
            body: response.bytes().await?,
            unreadable: None,
        })
    }

    async fn send(&self, contacts: &[Contact]) -> reqwest::Result<Reply> {
        self.send_at(contacts, now()).await
    }

    fn batch<'a>(&self, contacts: &'a [Contact]) -> Batch<'a> {
        let campaign = self.vendor.campaign("").expect("the configured one");
        // Who sends other contacts sends another request.
        let ids = BatchIds { run: 1, request: contacts.len().try_into().expect("a count") };
        Batch { ids, ..Batch::new(campaign, contacts.iter().collect(), false) }
    }

    fn read(&self, contacts: &[Contact], reply: &Reply) -> Verdict {
        self.vendor.interpret(&self.batch(contacts), reply)
    }

    async fn json(&self, path: &str) -> Value {
        let text = self.text(path).await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    async fn text(&self, path: &str) -> String {
        let page = self.client.get(self.url(path)).send().await.expect("the sandbox answers");
        page.text().await.expect("a whole page")
    }

    /// How many calls there would be, and how often the fault has struck.
    async fn calls_and_strikes(&self, fault: Fault) -> (u64, u64) {
        let calls = self.json("/calls?format=json").await["calls"].as_u64();
        let strikes = self.json("/faults").await["injected"][fault.name()].as_u64();
        (calls.expect("a count"), strikes.expect("a count"))
    }
}

fn contact(number: &str, name: &str) -> Contact {
    Contact { name: Some(name.into()), ..Contact::new(Phone::e164(number)) }
}

fn ann_and_ben() -> Vec<Contact> {
    vec![contact(ANN, "Ann"), contact(BEN, "Ben")]
}

#[tokio::test]
async fn without_faults_everybody_is_called_once() {
    for vendor in registry::names() {
        let rehearsal = Rehearsal::with(vendor, FaultPlan::none()).await;
        let contacts = ann_and_ben();
        let reply = rehearsal.send(&contacts).await.expect("an answer");
        assert_eq!(reply.date, Some(now()), "{vendor}");
        let Verdict::Settled(outcomes) = rehearsal.read(&contacts, &reply) else {
            panic!("{vendor}: {reply:?}")
        };
        assert!(outcomes.iter().all(|one| matches!(one, Outcome::Accepted { .. })), "{vendor}: {outcomes:?}");
        let calls = rehearsal.json("/calls?format=json").await;
        assert_eq!((&calls["people"], &calls["calls"]), (&2.into(), &2.into()), "{vendor}");
        rehearsal.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_refusing_fault_takes_nobody() {
    for (fault, status, retry_after) in [
        (Fault::Busy, 503, None),
        (Fault::Throttled, 429, Some(Duration::from_secs(1))),
        (Fault::ProxyPage, 502, None),
    ] {
        for vendor in registry::names() {
            let rehearsal = Rehearsal::with(vendor, FaultPlan::always(fault)).await;
            let reply = rehearsal.send(&ann_and_ben()).await.expect("an answer");
            assert_eq!((reply.status, reply.retry_after), (status, retry_after), "{vendor} {fault:?}");
            assert_eq!(rehearsal.calls_and_strikes(fault).await, (0, 1), "{vendor} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_lost_answer_may_or_may_not_have_taken_the_batch() {
    for (fault, n_calls) in [(Fault::DropBefore, 0), (Fault::DropAfter, 2), (Fault::CutOff, 2)] {
        for vendor in registry::names() {
            let rehearsal = Rehearsal::with(vendor, FaultPlan::always(fault)).await;
            let sent = rehearsal.send(&ann_and_ben()).await;
            let error = sent.expect_err("no whole answer");
            assert!(!error.is_connect(), "{vendor} {fault:?}: {error:?}");
            // Only a cut answer has a beginning.
            assert_eq!(error.is_body() || error.is_decode(), fault == Fault::CutOff, "{fault:?}: {error:?}");
            assert_eq!(rehearsal.calls_and_strikes(fault).await, (n_calls, 1), "{vendor} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_answer_is_whole() {
    let mut faults = FaultPlan::always(Fault::Slow);
    faults.slow_for = Duration::from_millis(2);
    let rehearsal = Rehearsal::with("itnio", faults).await;
    let contacts = ann_and_ben();
    let reply = rehearsal.send(&contacts).await.expect("an answer");
    assert!(matches!(rehearsal.read(&contacts, &reply), Verdict::Settled(_)));
    assert_eq!(rehearsal.calls_and_strikes(Fault::Slow).await, (2, 1));
}

#[tokio::test]
async fn who_corrects_the_clock_gets_through() {
    let rehearsal = Rehearsal::with("itnio", FaultPlan::always(Fault::WrongClock)).await;
    let contacts = ann_and_ben();
    let reply = rehearsal.send(&contacts).await.expect("an answer");
    let ahead = now() + SignedDuration::from_mins(10);
    assert_eq!(reply.date, Some(ahead));
    assert_eq!(rehearsal.read(&contacts, &reply), Verdict::ClockOff { server_time: Some(ahead) });
    let reply = rehearsal.send_at(&contacts, ahead).await.expect("an answer");
    assert!(matches!(rehearsal.read(&contacts, &reply), Verdict::Settled(_)), "{reply:?}");
    assert_eq!(rehearsal.calls_and_strikes(Fault::WrongClock).await, (2, 2));
}

#[tokio::test]
async fn a_refusal_without_a_name_leaves_everybody_unknown() {
    let rehearsal = Rehearsal::with("itnio", FaultPlan::always(Fault::NamelessLine)).await;
    let contacts = ann_and_ben();
    let reply = rehearsal.send(&contacts).await.expect("an answer");
    let verdict = rehearsal.read(&contacts, &reply);
    let Verdict::Settled(outcomes) = &verdict else { panic!("{verdict:?}") };
    assert!(outcomes.iter().all(|one| matches!(one, Outcome::Unknown(_))), "{verdict:?}");
    assert_eq!(rehearsal.calls_and_strikes(Fault::NamelessLine).await.1, 1);
}

#[tokio::test]
async fn a_poisonous_number_spoils_its_batch_and_no_other() {
    let plan: FaultPlan = "poison=0.5".parse().expect("a good plan");
    let numbers = || (100..150).map(|n| format!("+14155550{n}"));
    let (bad, good): (Vec<_>, Vec<_>) = numbers().partition(|number| plan.poisons(number, 4));
    let contacts = |numbers: &[String]| numbers.iter().map(|one| contact(one, "Ann")).collect::<Vec<_>>();
    let (bad, good) = (contacts(&bad[..1]), contacts(&good));
    let mixed = [bad.clone(), good.clone()].concat();
    for vendor in registry::names() {
        let options = SandboxOptions { faults: plan.clone(), seed: 4, ..SandboxOptions::default() };
        let rehearsal = Rehearsal::start(vendor, options).await;
        for _ in 0..2 {
            let reply = rehearsal.send(&mixed).await.expect("an answer");
            match (vendor, rehearsal.read(&mixed, &reply)) {
                ("itnio", verdict) => assert!(matches!(verdict, Verdict::Split { .. }), "{verdict:?}"),
                (_, Verdict::Settled(outcomes)) => {
                    assert!(matches!(outcomes[0], Outcome::Rejected(..)), "{:?}", outcomes[0]);
                    assert!(outcomes[1..].iter().all(|one| matches!(one, Outcome::Accepted { .. })));
                }
                (_, verdict) => panic!("{vendor}: {verdict:?}"),
            }
        }
        let n_strikes = rehearsal.calls_and_strikes(Fault::Poison).await.1;
        assert_eq!(n_strikes, 2, "{vendor}");
        let reply = rehearsal.send(&good).await.expect("an answer");
        assert!(matches!(rehearsal.read(&good, &reply), Verdict::Settled(_)), "{vendor}");
        assert_eq!(rehearsal.calls_and_strikes(Fault::Poison).await.1, n_strikes, "{vendor}");
    }
}

#[tokio::test]
async fn a_contact_without_a_required_variable_is_refused() {
    let options =
        SandboxOptions { required_variables: vec!["so_tien".to_owned()], ..SandboxOptions::default() };
    let rehearsal = Rehearsal::start("itnio", options).await;
    let mut contacts = ann_and_ben();
    contacts[0].variables.push("so_tien", "100000");
    let reply = rehearsal.send(&contacts).await.expect("an answer");
    let verdict = rehearsal.read(&contacts, &reply);
    let Verdict::Settled(outcomes) = &verdict else { panic!("{verdict:?}") };
    assert!(matches!(outcomes[0], Outcome::Accepted { .. }), "{verdict:?}");
    assert!(matches!(outcomes[1], Outcome::Rejected(Reason::MissingVariable, _)), "{verdict:?}");
}

#[tokio::test]
async fn a_connection_survives_an_answer_and_many_faults_in_a_row() {
    let options = SandboxOptions {
        faults: "drop_after=0.3,busy=0.3".parse().expect("a plan"),
        ..SandboxOptions::default()
    };
    let rehearsal = Rehearsal::start("vbee", options).await;
    let contacts = ann_and_ben();
    let mut n_lost = 0;
    for _ in 0..50 {
        n_lost += u64::from(rehearsal.send(&contacts).await.is_err());
    }
    let injected = rehearsal.json("/faults").await["injected"].clone();
    assert_eq!(injected["drop_after"], n_lost, "each lost answer is a fault, each fault a lost answer");
    assert!(n_lost > 0 && injected["busy"] != 0, "{injected}");
    assert_eq!(rehearsal.json("/calls?format=json").await["requests"], 50);
}

#[tokio::test]
async fn a_name_cannot_become_a_part_of_the_page() {
    let rehearsal = Rehearsal::with("itnio", FaultPlan::none()).await;
    let contacts = [contact(ANN, "<script>alert('Ann')</script>")];
    rehearsal.send(&contacts).await.expect("an answer");
    let page = rehearsal.text("/calls").await;
    assert!(page.contains("&lt;script&gt;alert"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("14****101") && !page.contains("4155550101"), "{page}");
}

#[tokio::test]
async fn numbers_are_shown_whole_when_asked_for() {
    let options = SandboxOptions { show_numbers: true, ..SandboxOptions::default() };
    let rehearsal = Rehearsal::start("itnio", options).await;
    rehearsal.send(&ann_and_ben()).await.expect("an answer");
    assert!(rehearsal.text("/calls").await.contains("14155550101"));
}

#[tokio::test]
async fn who_asks_for_json_gets_it() {
    let rehearsal = Rehearsal::with("vbee", FaultPlan::none()).await;
    rehearsal.send(&ann_and_ben()).await.expect("an answer");
    let n_entries = async |path: &str| {
        let asked = rehearsal.client.get(rehearsal.url(path)).header("accept", "application/json");
        let text = asked.send().await.expect("an answer").text().await.expect("a text");
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        json["entries"].as_array().map(Vec::len)
    };
    assert_eq!(n_entries("/calls").await, Some(2));
    assert_eq!(n_entries("/calls?entries=1").await, Some(1));
    assert_eq!(n_entries("/calls?entries=all").await, Some(2));
    assert_eq!(n_entries("/calls?format=html").await, None);
}

#[tokio::test]
async fn a_reset_forgets_everybody() {
    let rehearsal = Rehearsal::with("vbee", FaultPlan::none()).await;
    rehearsal.send(&ann_and_ben()).await.expect("an answer");
    let reset = rehearsal.client.post(rehearsal.url("/reset")).send().await.expect("an answer");
    assert_eq!(reset.url().path(), "/calls");
    let calls = rehearsal.json("/calls?format=json").await;
    assert_eq!((&calls["calls"], &calls["requests"]), (&0.into(), &0.into()));
}

#[tokio::test]
async fn an_immense_body_is_refused() {
    let rehearsal = Rehearsal::with("itnio", FaultPlan::none()).await;
    let body = vec![b' '; 16 * 1024 * 1024 + 1];
    let url = rehearsal.vendor.probe(now()).url;
    let answer = rehearsal.client.post(url).body(body).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 413);
}

#[tokio::test]
async fn the_first_page_says_what_to_paste() {
    let rehearsal = Rehearsal::with("itnio", FaultPlan::all()).await;
    let page = rehearsal.text("/").await;
    for vendor in registry::names() {
        let config = rehearsal.sandbox.connector_config(vendor).expect("a vendor that is played");
        let (config, mistakes) = crate::config::read_config(&config.to_string());
        assert_eq!(mistakes, []);
        assert_eq!(config.expect("a whole configuration").phone.default_region, "VN");
        assert!(page.contains(&format!("vendor_type&quot;: &quot;{vendor}")), "{page}");
    }
    assert!(page.contains("drop_after=0.02"), "{page}");
    assert!(rehearsal.sandbox.connector_config("acme").is_none());
}

#[tokio::test]
async fn a_stopped_sandbox_is_gone() {
    let rehearsal = Rehearsal::with("itnio", FaultPlan::none()).await;
    rehearsal.send(&ann_and_ben()).await.expect("an answer");
    let url = rehearsal.url("/");
    rehearsal.sandbox.stop().await;
    let error = rehearsal.client.get(url).send().await.expect_err("nobody listens");
    assert!(error.is_connect(), "{error:?}");
}

#[test]
fn only_what_is_printed_is_known_unless_any_campaign_is_asked_for() {
    for any_campaign in [false, true] {
        let options = SandboxOptions { any_campaign, ..SandboxOptions::default() };
        for mut simulator in super::vendors::simulators(&options) {
            if !["itnio", "vbee"].contains(&simulator.name()) {
                continue;
            }
            let section = simulator.connector_config("http://127.0.0.1:1");
            let vendor = serde_json::from_value::<VendorConfig>(section).expect("a good section").build();
            let contact = contact(ANN, "Ann");
            for (campaign, is_known) in
                [(vendor.campaign("").expect("its own"), true), (Campaign::new("77"), any_campaign)]
            {
                let batch = Batch::new(campaign, vec![&contact], false);
                let reply = simulator.answer(&vendor.build_request(&batch, now()), now());
                let is_taken = matches!(vendor.interpret(&batch, &reply), Verdict::Settled(_));
                assert_eq!(is_taken, is_known, "{} {}", vendor.name(), batch.campaign.as_str());
            }
        }
    }
}

#[tokio::test]
async fn the_last_runs_reports_are_shown_to_whoever_may_ask_and_nothing_else_of_the_disk() {
    let outside = tempfile::tempdir().expect("a folder");
    let folder = outside.path().join("kept");
    std::fs::create_dir_all(folder.join("41 a")).expect("a folder");
    std::fs::write(folder.join("41 a/report.html"), "<h1>a report</h1>").expect("a file");
    std::fs::write(folder.join("41 a/report.json"), r#"{"verdict":"5 <people>."}"#).expect("a file");
    std::fs::write(outside.path().join("report.html"), "a secret").expect("a file");
    let none = Rehearsal::with("itnio", FaultPlan::none()).await;
    assert!(none.text("/reports").await.contains("--reports DIR"));
    assert!(none.sandbox.connector_config("itnio").expect("one")["object_storage_config"].is_null());

    let options = SandboxOptions { reports: Some(folder.clone()), ..SandboxOptions::default() };
    let rehearsal = Rehearsal::start("itnio", options).await;
    let config = rehearsal.sandbox.connector_config("itnio").expect("one");
    assert_eq!(config["object_storage_config"]["path"], folder.to_str().expect("UTF-8"));
    let list = rehearsal.text("/reports").await;
    assert!(
        list.contains("5 &lt;people&gt;.")
            && list.replace("&#x2f;", "/").contains("\"/reports/41%20a/report.html\""),
        "{list}"
    );
    let ask = async |path: &str, host: Option<&str>| {
        let mut asked = rehearsal.client.get(rehearsal.url(path));
        if let Some(host) = host {
            asked = asked.header("host", host);
        }
        asked.send().await.expect("an answer")
    };
    let page = ask("/reports/41%20a/report.html", None).await;
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    assert_eq!(page.text().await.expect("a page"), "<h1>a report</h1>");
    for path in [
        "/reports/..%2freport.html",
        "/reports/41%20a/..%2f..%2freport.html",
        "/reports/41%20a/report.json",
        "/reports/%00",
    ] {
        assert_eq!(ask(path, None).await.status(), 404, "{path}");
    }
    for path in ["/reports", "/reports/41%20a/report.html"] {
        assert_eq!(ask(path, Some("evil.example:80")).await.status(), 421, "{path}");
    }
}
