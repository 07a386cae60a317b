//! Replies of `taskList` in the shape of the vendor's page, of `properties` in those that its client could hand on.

use super::*;
use crate::providers::campaign::{CampaignExistence, CampaignFacts, CampaignScript, QuestionAnswer};

fn job(id: u64, mode: &str, unbound: &serde_json::Value) -> serde_json::Value {
    json!({
        "jobId": id, "name": "Overdue, November", "dialogFlowName": "Reminder", "jobPhoneNumberName": "Line 1",
        "robotCount": 2, "mode": mode, "hangupSms": false, "taskTotal": 0, "taskCompleted": 0,
        "status": "CAN_START", "isDialogFlowUnbind": unbound, "createTime": "2026-11-01 09:00:00",
    })
}

fn page(total: usize, pages: usize, current: usize, jobs: &[serde_json::Value]) -> QuestionAnswer {
    let data = json!({ "total": total, "size": 100, "current": current, "pages": pages, "records": jobs });
    success(&data)
}

fn success(data: &serde_json::Value) -> QuestionAnswer {
    answer(200, &json!({ "status": "0", "reason": "success", "data": data }).to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "an answer may also be none")]
fn answer(status: u16, body: &str) -> QuestionAnswer {
    Ok(Reply { status, body: body.to_owned().into(), ..Reply::default() })
}

fn known() -> QuestionAnswer {
    page(1, 1, 1, &[job(9, "MANUAL", &json!("false"))])
}

/// Hands over these answers one by one, as long as something is asked; gives the paths and what is known then.
fn told(answers: &[QuestionAnswer]) -> (Vec<String>, CampaignFacts) {
    let (vendor, campaign) = (itnio(), Campaign::new("9"));
    let (mut asked, mut heard) = (Vec::new(), Vec::new());
    while let Some(question) = vendor.ask(&campaign, &heard, now()) {
        asked.push(question.url.trim_start_matches("https://api.itniotech.com/aivoice").to_owned());
        let Some(answer) = answers.get(heard.len()) else { break };
        heard.push(answer.clone());
    }
    (asked, vendor.interpret_answers(&campaign, &heard))
}

#[test]
fn a_question_is_asked_as_the_vendor_documents_it() {
    let (vendor, campaign) = (itnio(), Campaign::new("9"));
    let jobs = vendor.ask(&campaign, &[], now()).unwrap();
    assert_eq!(jobs.url, "https://api.itniotech.com/aivoice/taskList");
    assert_eq!(body(&jobs), r#"{"current":1,"size":100,"params":{"appId":"LILIN888"}}"#);
    assert_eq!(jobs.header("sign"), Some("05d7a50893e22a5c4bb3216ae3396c7c"));
    let variables = vendor.ask(&campaign, &[known()], now()).unwrap();
    assert_eq!(variables.url, "https://api.itniotech.com/aivoice/properties");
    assert_eq!(body(&variables), r#"{"appId":"LILIN888","jobId":9}"#);
}

/// Holds what answers prove against what they should, with the paths that were asked.
fn hold(cases: Vec<(&str, Vec<QuestionAnswer>, usize, &str)>) {
    for (name, answers, n_lists, want) in cases {
        let (paths, facts) = told(&answers);
        let (existence, has_variables) = match facts.existence {
            CampaignExistence::Proved(by) => (format!("proved: {by}"), true),
            CampaignExistence::Missing(why) => (format!("missing: {why}"), false),
            CampaignExistence::Unproved(why) => {
                (format!("unproved: {why}"), answers.iter().all(Result::is_ok))
            }
        };
        let mut asked = vec!["/taskList"; n_lists];
        asked.extend(has_variables.then_some("/properties"));
        assert_eq!(paths, asked, "{name}");
        assert!(existence.contains(want), "{name}: {existence}");
    }
}

#[test]
fn only_a_list_of_the_documented_shape_proves_that_there_is_a_job_or_none() {
    let full: Vec<_> = (100..200).map(|id| job(id, "MANUAL", &json!("false"))).collect();
    let others = [job(12, "MANUAL", &json!("false")), job(90, "AUTO", &json!("false"))];
    let mut odd = job(9, "", &json!("maybe"));
    odd["mode"] = json!(null);
    let as_texts = json!({ "records": [{ "jobId": "9", "mode": "MANUAL", "isDialogFlowUnbind": 0 }] });
    let second = page(101, 2, 2, &[job(9, "MANUAL", &json!("0"))]);
    let no_application = answer(200, r#"{"status":"-37","reason":"Application does not exist"}"#);
    let (there, none) =
        ("proved: taskList lists job 9", "missing: job 9 is none of app LILIN888 (taskList has: ");
    hold(vec![
        ("there", vec![known()], 1, "proved: taskList lists job 9, named \"Overdue, November\", mode MANUAL"),
        ("as a text", vec![success(&as_texts)], 1, "proved: taskList lists job 9, mode MANUAL"),
        ("on the second page", vec![page(101, 2, 1, &full), second], 2, there),
        (
            "in odd words",
            vec![page(1, 1, 1, &[odd])],
            1,
            "does not say how it is started; it does not say whether",
        ),
        ("others", vec![page(2, 1, 1, &others)], 1, &format!("{none}12, 90); correct vendor.job_id")),
        ("no job at all", vec![page(0, 0, 1, &[])], 1, &format!("{none}there is none)")),
        (
            "no such application",
            vec![no_application],
            1,
            "missing: taskList answers that there is no application LILIN888",
        ),
    ]);
}

#[test]
fn what_nobody_documented_proves_neither_that_there_is_a_job_nor_that_there_is_none() {
    let others = [job(12, "MANUAL", &json!("false"))];
    let undocumented = "unproved: taskList: an answer that the vendor does not document";
    hold(vec![
        ("a list that is cut", vec![page(300, 1, 1, &others)], 1, "its list of jobs is shorter than it says"),
        ("a job without an id", vec![success(&json!({ "records": [{ "name": "x" }] }))], 1, undocumented),
        ("no records", vec![success(&json!({ "total": 0 }))], 1, undocumented),
        ("nothing", vec![success(&json!(null))], 1, "unproved: taskList: success without data"),
        ("a list of another kind", vec![success(&json!([]))], 1, undocumented),
        ("not there", vec![answer(404, "Not Found")], 1, "unproved: taskList: HTTP 404"),
        ("a page", vec![answer(200, "<html>")], 1, undocumented),
        (
            "behind an error",
            vec![known().map(|reply| Reply { status: 500, ..reply })],
            1,
            "unproved: taskList: HTTP 500",
        ),
        (
            "another code",
            vec![answer(200, r#"{"status":"-50","reason":"x"}"#)],
            1,
            "code -50, the application has no",
        ),
        ("nobody's code", vec![answer(200, r#"{"status":"-999"}"#)], 1, "code -999, which is not known here"),
        (
            "no answer",
            vec![Err("no answer within 5 s".to_owned())],
            1,
            "unproved: taskList: no answer within 5 s",
        ),
    ]);
}

#[test]
fn a_list_without_an_end_is_read_to_a_bound() {
    let full: Vec<_> = (100..200).map(|id| job(id, "MANUAL", &json!("false"))).collect();
    let pages: Vec<_> = (1..40).map(|current| page(4000, 40, current, &full)).collect();
    let (asked, facts) = told(&pages);
    assert_eq!(asked.len(), 11, "ten pages, and the variables");
    let CampaignExistence::Unproved(why) = facts.existence else { panic!("{facts:?}") };
    assert!(why.contains("not among the first 1000"), "{why}");
}

#[test]
fn a_job_that_dials_at_once_or_has_no_script_is_warned_of() {
    for (mode, unbound, want) in [
        ("MANUAL", json!("false"), vec![]),
        ("MANUAL", json!(false), vec![]),
        ("MANUAL", json!("N"), vec![]),
        ("MANUAL", json!(null), vec![]),
        ("AUTO", json!("false"), vec!["job 9 is automatic"]),
        ("auto", json!("0"), vec!["job 9 is automatic"]),
        ("MANUAL", json!("true"), vec!["no call script is bound to job 9"]),
        ("MANUAL", json!(1), vec!["no call script is bound to job 9"]),
        ("AUTO", json!("YES"), vec!["job 9 is automatic", "no call script is bound to job 9"]),
    ] {
        let (_, facts) = told(&[page(1, 1, 1, &[job(9, mode, &unbound)])]);
        assert_eq!(facts.warnings.len(), want.len(), "{mode} {unbound}: {:?}", facts.warnings);
        for (warning, want) in facts.warnings.iter().zip(want) {
            assert!(warning.starts_with(want), "{mode} {unbound}: {warning}");
        }
    }
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn the_variables_are_read_in_whatever_list_they_stand() {
    let some = Some(vec!["ho_ten", "证件后4位"]);
    for (name, data, want) in [
        ("texts", json!(["ho_ten", " 证件后4位 "]), some.clone()),
        ("objects", json!([{ "name": "ho_ten", "type": "TEXT" }, { "name": "证件后4位" }]), some.clone()),
        ("a map", json!({ "ho_ten": "", "证件后4位": null }), some),
        ("none", json!([]), Some(vec![])),
        ("nothing", json!(null), None),
        ("numbers", json!([1, 2]), None),
        ("a blank name", json!(["ho_ten", ""]), None),
        ("objects without names", json!([{ "id": 1 }]), None),
        ("a page of them", json!({ "total": 0, "records": [] }), None),
        ("a text", json!("ho_ten"), None),
    ] {
        let (_, facts) = told(&[known(), success(&data)]);
        match (&facts.script, want) {
            (CampaignScript::Known { by, variables }, Some(want)) => {
                assert_eq!((by.as_str(), variables), ("properties", &texts(&want)), "{name}");
            }
            (CampaignScript::Unknown(why), None) => assert!(why.starts_with("properties: "), "{name}: {why}"),
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
    for answer in [answer(404, ""), Err("lost".to_owned()), answer(200, r#"{"status":"-32"}"#)] {
        let (_, facts) = told(&[known(), answer]);
        assert!(
            matches!(facts.existence, CampaignExistence::Proved(_)) && facts.variables().is_empty(),
            "{facts:?}"
        );
        assert!(matches!(facts.script, CampaignScript::Unknown(_)), "{facts:?}");
    }
}

#[test]
fn what_the_vendor_says_of_a_job_gives_nothing_away() {
    let mut spoilt = job(9, "bDqJFiq9", &json!("x"));
    spoilt["name"] = json!("call 0912345678 with 7bz1lzh9");
    let (_, facts) = told(&[page(1, 1, 1, &[spoilt])]);
    let shown = format!("{facts:?}");
    for hidden in ["0912345678", "7bz1lzh9", "bDqJFiq9"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
