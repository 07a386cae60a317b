mod questions;

use std::collections::HashMap;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::simulator::ItnioSetup;
use super::*;
use crate::domain::contact::Gender;
use crate::domain::outcome::Outcome;
use crate::phone::Phone;
use crate::providers::api::Blame;
use crate::providers::{Simulator as _, Twist};

fn config(extra: &serde_json::Value) -> ItnioConfig {
    let mut config =
        json!({ "api_key": "bDqJFiq9", "api_secret": "7bz1lzh9", "app_id": " LILIN888 ", "job_id": "9" });
    config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

fn itnio() -> Itnio {
    Itnio::new(&config(&json!({})))
}

/// The moment of the vendor's own signature.
fn now() -> Timestamp {
    Timestamp::from_second(1_630_468_800).unwrap()
}

fn contact(number: &str) -> Contact {
    Contact::new(Phone::e164(number))
}

fn batch(contacts: Vec<Contact>) -> Batch<'static> {
    Batch::new(Campaign::new("9"), contacts.leak().iter().collect(), false)
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

#[test]
fn an_identifier_that_begins_with_digits_is_one() {
    let vendor = Itnio { format: crate::phone::WireFormat::AsIs, ..itnio() };
    let ids = ["9f2c77aa01b34d0e", "12345678ab", "b7e1"];
    let batch = batch(ids.iter().map(|id| Contact::new(Phone::opaque(id))).collect());
    let exists = "The customer already exists in this task,Phone Number:";
    for (data, want) in [
        (json!([format!("{exists}9f2c77aa01b34d0e")]), ["duplicate", "accepted", "accepted"]),
        (json!([format!("{exists}12345678ab.")]), ["accepted", "duplicate", "accepted"]),
        (
            json!(format!("{exists}9f2c77aa01b34d0e，{exists}12345678ab")),
            ["duplicate", "duplicate", "accepted"],
        ),
        (json!({ "9f2c77aa01b34d0e": [] }), ["rejected", "accepted", "accepted"]),
    ] {
        let body = json!({ "status": "0", "data": data }).to_string();
        let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
        let Verdict::Settled(outcomes) = vendor.interpret(&batch, &reply) else { panic!("{data}") };
        assert_eq!(outcomes.iter().map(Outcome::name).collect::<Vec<_>>(), want, "{data}");
    }
}

#[test]
fn a_request_is_what_the_vendors_page_shows() {
    let mut full = contact("+14155550101");
    full.name = Some("Jack \"J\"".into());
    full.gender = Some(Gender::Male);
    full.variables.push("证件后4位", "0235");
    full.variables.push("income", "3000");
    let request = itnio().build_request(&batch(vec![full, contact("+14155550102")]), now());
    assert_eq!(request.url, "https://api.itniotech.com/aivoice/importCustomer");
    for (name, want) in [
        ("content-type", "application/json;charset=UTF-8"),
        ("api-key", "bDqJFiq9"),
        ("timestamp", "1630468800"),
        ("sign", "05d7a50893e22a5c4bb3216ae3396c7c"),
    ] {
        assert_eq!(request.header(name), Some(want), "{name}");
    }
    insta::assert_snapshot!(body(&request), @r#"{"appId":"LILIN888","jobId":9,"callRecordDup":true,"customerPersons":[{"name":"Jack \"J\"","phoneNumber":"14155550101","gender":"MALE","properties":{"证件后4位":"0235","income":"3000"}},{"phoneNumber":"14155550102"}]}"#);
}

#[test]
fn the_probe_has_no_customers() {
    insta::assert_snapshot!(body(&itnio().probe(now())), @r#"{"appId":"LILIN888","jobId":9,"callRecordDup":true,"customerPersons":[]}"#);
}

#[test]
fn a_large_job_id_stays_the_same_integer() {
    let campaign = itnio().campaign(" 9007199254740993 ").unwrap();
    let request = itnio().build_request(&Batch { campaign, ..batch(Vec::new()) }, now());
    assert!(body(&request).contains("\"jobId\":9007199254740993,"), "{}", body(&request));
}

#[test]
fn a_campaign_is_a_positive_integer() {
    for (id, want) in [("", Some("9")), (" \n", Some("9")), ("12", Some("12")), (" 012 ", Some("12"))] {
        assert_eq!(itnio().campaign(id).ok().as_ref().map(Campaign::as_str), want, "{id}");
    }
    for id in ["0", "-1", "+1", "9.0", "1e3", "nine", "18446744073709551616", "1 2"] {
        assert!(itnio().campaign(id).is_err(), "{id}");
    }
}

#[test]
fn mistakes_name_their_place() {
    for (extra, want) in [
        (json!({}), vec![]),
        (json!({ "job_id": "", "app_id": "", "api_key": "" }), vec![]),
        (json!({ "job_id": "nine" }), vec!["vendor.job_id"]),
        (json!({ "job_id": 0 }), vec!["vendor.job_id"]),
        (json!({ "api_key": "a b" }), vec!["vendor.api_key"]),
        (
            json!({ "base_url": "http://api.itniotech.com", "job_id": "x" }),
            vec!["vendor.job_id", "vendor.base_url"],
        ),
    ] {
        let found = config(&extra).mistakes();
        assert_eq!(found.iter().map(|one| one.at.as_str()).collect::<Vec<_>>(), want, "{extra}");
    }
}

#[test]
fn repeats_are_safe_only_while_called_numbers_are_skipped() {
    assert_eq!(itnio().limits().repeats, Repeats::KnownByContact);
    let careless = Itnio::new(&config(&json!({ "skip_already_called": false })));
    assert_eq!(careless.limits().repeats, Repeats::CallAgain);
    assert!(body(&careless.probe(now())).contains("\"callRecordDup\":false"));
}

#[test]
fn an_empty_list_that_is_missed_proves_that_all_else_is_right() {
    for code in ["0", "-22", "-27", "-35", "-45"] {
        let reply =
            Reply { status: 200, body: format!("{{\"status\":\"{code}\"}}").into(), ..Reply::default() };
        assert_eq!(itnio().interpret_probe(&reply, now()), Ok(()), "{code}");
    }
    for code in ["-1", "-4", "-6", "-32", "-37", "-46", "-99"] {
        let reply =
            Reply { status: 200, body: format!("{{\"status\":\"{code}\"}}").into(), ..Reply::default() };
        assert!(itnio().interpret_probe(&reply, now()).is_err(), "{code}");
    }
    let reply = Reply { status: 500, body: "{\"status\":\"-27\"}".into(), ..Reply::default() };
    assert!(itnio().interpret_probe(&reply, now()).is_err());
}

#[test]
fn a_halt_says_what_is_wrong_where_to_look_and_what_to_change() {
    let body = r#"{"status":"-32","reason":"no job for bDqJFiq9 and 14155550101"}"#;
    let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
    let Verdict::Halt { blame: Blame::User, why } =
        itnio().interpret(&batch(vec![contact("+14155550101")]), &reply)
    else {
        panic!("no halt")
    };
    insta::assert_snapshot!(why, @r#"code -32, the outbound job does not exist: vendor.job_id (or the stream's campaign) is not a job of vendor.app_id; compare both with the itniotech console (job 9, app LILIN888; the vendor says "no job for *** and ****101")"#);
}

#[test]
fn a_missing_variable_is_told_with_those_that_are_there() {
    let mut one = contact("+14155550101");
    one.variables.push("income", "3000");
    let body = r#"{"status":"0","data":["Customer custom property is incomplete,Phone Number:14155550101"]}"#;
    let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
    let Verdict::Settled(outcomes) = itnio().interpret(&batch(vec![one]), &reply) else {
        panic!("not settled")
    };
    let [Outcome::Rejected(_, Some(detail))] = &outcomes[..] else { panic!("{outcomes:?}") };
    insta::assert_snapshot!(detail, @"Customer custom property is incomplete; variables of this contact: income");
}

#[test]
fn waits_as_long_as_the_vendor_asks() {
    for (status, body) in [(429, ""), (200, r#"{"status":"-46"}"#)] {
        let retry_after = Some(Duration::from_secs(7));
        let reply = Reply { status, retry_after, body: body.into(), ..Reply::default() };
        let verdict = itnio().interpret(&batch(Vec::new()), &reply);
        assert!(matches!(verdict, Verdict::Again { after, .. } if after == retry_after), "{status}");
    }
}

#[test]
fn the_clock_is_off_by_what_the_server_says() {
    let mut simulator = ItnioSimulator::new(ItnioSetup::default());
    let vendor =
        Itnio::new(&serde_json::from_value(simulator.connector_config("http://127.0.0.1:1")).unwrap());
    let batch = batch(vec![contact("+14155550101")]);
    let ahead = SignedDuration::from_secs(600);
    let reply = simulator.answer_with(&vendor.build_request(&batch, now()), now(), Twist::WrongClock(ahead));
    let Verdict::ClockOff { server_time: Some(server_time) } = vendor.interpret(&batch, &reply) else {
        panic!("{reply:?}")
    };
    let again =
        simulator.answer_with(&vendor.build_request(&batch, server_time), now(), Twist::WrongClock(ahead));
    assert!(matches!(vendor.interpret(&batch, &again), Verdict::Settled(_)));
}

/// The code that the simulator gives to a body or with headers that are not ours.
fn code_of(setup: ItnioSetup, change: impl Fn(&mut Request)) -> String {
    let mut simulator = ItnioSimulator::new(setup);
    let config = serde_json::from_value(simulator.connector_config("http://127.0.0.1:1")).unwrap();
    let mut request = Itnio::new(&config).build_request(&batch(vec![contact("+14155550101")]), now());
    change(&mut request);
    let reply = simulator.answer(&request, now());
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(simulator.call_log().totals().people, u64::from(body["status"] == "0"));
    body["status"].as_str().unwrap().to_owned()
}

fn set_header(request: &mut Request, name: &str, value: &str) {
    request.headers.retain(|(key, _)| key != name);
    request.headers.push((name.to_owned().into(), Secret::new(value)));
}

#[test]
fn the_simulator_is_strict_about_headers() {
    assert_eq!(code_of(ItnioSetup::default(), |_| {}), "0");
    for (name, value, want) in [
        ("Sign", "", "-57"),
        ("Timestamp", "", "-58"),
        ("Api-Key", "", "-59"),
        ("Api-Key", "another", "-1"),
        ("Sign", "05d7a50893e22a5c4bb3216ae3396c7c", "-1"),
        ("Timestamp", "1630468801", "-1"),
    ] {
        assert_eq!(
            code_of(ItnioSetup::default(), |request| set_header(request, name, value)),
            want,
            "{name} {value}"
        );
    }
    let upper = |request: &mut Request| {
        let sign = request.header("sign").unwrap().to_ascii_uppercase();
        set_header(request, "Sign", &sign);
    };
    assert_eq!(code_of(ItnioSetup::default(), upper), "0");
    assert_eq!(code_of(ItnioSetup { forbidden: true, ..ItnioSetup::default() }, |_| {}), "-6");
    assert_eq!(code_of(ItnioSetup { jobs: vec![7], ..ItnioSetup::default() }, |_| {}), "-32");
}

#[test]
fn the_simulator_is_strict_about_bodies() {
    let person = |extra: &str| format!("{{\"phoneNumber\":\"14155550101\"{extra}}}");
    let body = |job: &str, persons: &str| {
        format!("{{\"appId\":\"SANDBOX1\",\"jobId\":{job},\"customerPersons\":[{persons}]}}")
    };
    for (body, want) in [
        (body("9", &person("")), "0"),
        (body("9", &person(",\"gender\":null")), "0"),
        (body("9", &person(",\"gender\":\"\"")), "-27"),
        (body("9", &person(",\"gender\":\"male\"")), "-27"),
        (body("9", &person(",\"properties\":{\"income\":3000}")), "-27"),
        (body("9", &person(",\"properties\":{\"note\":\"POISON\"}")), "-27"),
        (body("9", "{\"name\":\"Jack\"}"), "-27"),
        (body("9", "{\"phoneNumber\":\"\"}"), "-27"),
        (body("9", &format!("{{\"phoneNumber\":\"{}\"}}", "1".repeat(33))), "-27"),
        (body("\"9\"", &person("")), "-27"),
        (body("9.0", &person("")), "-27"),
        (body("9", ""), "-27"),
        (body("9", &vec![person(""); 101].join(",")), "-56"),
        (body("9", &person("")).replace("SANDBOX1", "SANDBOX2"), "-37"),
        ("{".to_owned(), "-27"),
    ] {
        let got = code_of(ItnioSetup::default(), |request| request.body = body.clone().into());
        assert_eq!(got, want, "{body:.120}");
    }
}

#[test]
fn the_simulator_wants_the_scripts_variables() {
    let setup = ItnioSetup {
        jobs: vec![9],
        required: vec!["name_spoken".to_owned()],
        required_by_job: HashMap::from([(9, vec!["income".to_owned()])]),
        ..ItnioSetup::default()
    };
    let mut simulator = ItnioSimulator::new(setup);
    let vendor =
        Itnio::new(&serde_json::from_value(simulator.connector_config("http://127.0.0.1:1")).unwrap());
    let filled = |number: &str, values: [&str; 2]| {
        let mut contact = contact(number);
        for (name, value) in ["name_spoken", "income"].into_iter().zip(values) {
            contact.variables.push(name, value);
        }
        contact
    };
    let batch = batch(vec![
        filled("+14155550101", ["An", "3000"]),
        filled("+14155550102", ["An", " "]),
        contact("+14155550103"),
    ]);
    let Verdict::Settled(outcomes) =
        vendor.interpret(&batch, &simulator.answer(&vendor.build_request(&batch, now()), now()))
    else {
        panic!("not settled")
    };
    let names: Vec<_> = outcomes.iter().map(Outcome::name).collect();
    assert_eq!(names, ["accepted", "rejected", "rejected"]);
}

#[test]
fn the_simulator_calls_again_when_called_numbers_are_not_skipped() {
    let mut simulator = ItnioSimulator::new(ItnioSetup::default());
    let mut config = simulator.connector_config("http://127.0.0.1:1");
    config["skip_already_called"] = json!(false);
    let vendor = Itnio::new(&serde_json::from_value(config).unwrap());
    let batch = batch(vec![contact("+14155550101")]);
    for _ in 0..2 {
        simulator.answer(&vendor.build_request(&batch, now()), now());
    }
    assert_eq!(simulator.call_log().totals().called_again, 1);
    assert_eq!(simulator.call_log().times_called("9", "14155550101"), 2);
}
