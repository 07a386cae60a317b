//! Replies of `GET scenarios/:id` in the shape of the vendor's page.

use super::*;
use crate::providers::campaign::{CampaignExistence, CampaignScript, QuestionAnswer};

#[expect(clippy::unnecessary_wraps, reason = "an answer may also be none")]
fn answer(status: u16, body: &serde_json::Value) -> QuestionAnswer {
    Ok(Reply { status, body: body.to_string().into(), ..Reply::default() })
}

fn scenario(fields: &serde_json::Value) -> serde_json::Value {
    json!({
        "status": 1,
        "result": {
            "id": "65f0c0ffee0000000000beef", "status": "DRAFT", "personalized_fields": fields,
            "call_config": { "allow_duplicate_phone": false, "max_concurrent": 1, "re_call": {} },
        },
    })
}

fn with_scenario(id: &str) -> Vbee {
    let mut config = serde_json::to_value(json!({
        "credentials": { "auth_type": "api_key", "api_key": "demo-key", "api_secret": "demo-secret" },
        "campaign_id": "65f0c0ffee0000000000cafe",
    }))
    .unwrap();
    config["scenario_id"] = json!(id);
    Vbee::new(&serde_json::from_value(config).unwrap())
}

#[test]
fn a_scenario_is_read_only_where_its_id_is_given_and_for_its_campaign() {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let own = Campaign::new("65f0c0ffee0000000000cafe");
    for (id, campaign, want) in [
        (
            " 65f0c0ffee0000000000beef ",
            &own,
            Some("https://aicall.vbee.ai/api/v1/public-api/scenarios/65f0c0ffee0000000000beef"),
        ),
        ("65f0c0ffee0000000000beef", &Campaign::new("another"), None),
        ("", &own, None),
    ] {
        let vendor = with_scenario(id);
        let asked = vendor.ask(campaign, &[], now);
        assert_eq!(asked.as_ref().map(|asked| asked.url.as_str()), want, "{id:?}");
        let Some(asked) = asked else {
            let facts = vendor.interpret_answers(campaign, &[]);
            let CampaignScript::Unknown(why) = facts.script else { panic!("{facts:?}") };
            assert!(why.contains("vendor.scenario_id"), "{why}");
            continue;
        };
        assert_eq!((asked.method.as_str(), asked.body.len()), ("GET", 0));
        assert!(asked.header("authorization").unwrap().starts_with("Bearer "));
        assert_eq!(vendor.ask(campaign, &[answer(404, &json!({}))], now), None, "one question");
    }
}

#[test]
fn the_personal_fields_are_read_from_a_documented_answer_and_no_other() {
    let number = json!({ "name": "Số điện thoại", "reading_type": "TEXT" });
    let told = Some(vec!["ho_va_ten", "so_tien"]);
    for (name, answer, want) in [
        (
            "documented",
            answer(
                200,
                &scenario(
                    &json!([number, { "name": "Họ và tên", "reading_type": "TEXT" }, { "name": "Số tiền", "reading_type": "CURRENCY" }]),
                ),
            ),
            told,
        ),
        ("the number alone", answer(200, &scenario(&json!([number]))), Some(vec![])),
        ("no fields", answer(200, &json!({ "status": 1, "result": {} })), None),
        ("fields without names", answer(200, &scenario(&json!([{ "reading_type": "TEXT" }]))), None),
        ("no result", answer(200, &json!({ "status": 1 })), None),
        ("a refusal", answer(200, &json!({ "status": 0, "code": 9999, "message": "Uknown error" })), None),
        ("unauthorised", answer(401, &json!({ "status": 0, "code": 401, "message": "Unauthorized" })), None),
        ("not there", answer(404, &json!("Not Found")), None),
        ("behind an error", answer(500, &scenario(&json!([number]))), None),
        ("no answer", Err("lost".to_owned()), None),
    ] {
        let (vendor, campaign) =
            (with_scenario("65f0c0ffee0000000000beef"), Campaign::new("65f0c0ffee0000000000cafe"));
        let facts = vendor.interpret_answers(&campaign, &[answer]);
        assert!(
            matches!(facts.existence, CampaignExistence::Unproved(_)),
            "{name}: no campaign is proved by a scenario"
        );
        match (&facts.script, want) {
            (CampaignScript::Known { by, variables }, Some(want)) => {
                let want: Vec<_> = want.iter().map(ToString::to_string).collect();
                assert_eq!((by.as_str(), variables), ("scenario 65f0c0ffee0000000000beef", &want), "{name}");
            }
            (CampaignScript::Unknown(why), None) => {
                assert!(why.starts_with("scenario 65f0c0ff"), "{name}: {why}");
            }
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn an_id_that_could_be_a_part_of_an_address_is_a_mistake() {
    use crate::providers::section::VendorSection;
    for (id, is_right) in
        [("", true), ("65f0c0ffee0000000000beef", true), ("a/submit", false), ("a?b", false), ("..", false)]
    {
        let config = json!({
            "credentials": { "auth_type": "api_key", "api_key": "k", "api_secret": "s" },
            "campaign_id": "c", "scenario_id": id,
        });
        let config: VbeeConfig = serde_json::from_value(config).unwrap();
        let found = config.mistakes();
        assert_eq!(found.is_empty(), is_right, "{id}: {found:?}");
    }
}
