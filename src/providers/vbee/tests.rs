mod questions;

use jsonwebtoken::{Algorithm, Header, Validation, decode, encode};
use serde_json::json;

use super::simulator::VbeeSetup;
use super::token::VbeeTokenClaims;
use super::*;
use crate::domain::outcome::Outcome;
use crate::phone::Phone;
use crate::providers::Simulator as _;

fn config(extra: &serde_json::Value) -> VbeeConfig {
    let mut config = json!({
        "credentials": { "auth_type": "api_key", "api_key": "demo-key", "api_secret": "demo-secret" },
        "campaign_id": "64b7f0c2a1d3e4f5a6b7c8d9",
    });
    config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

fn vbee() -> Vbee {
    Vbee::new(&config(&json!({})))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_030).unwrap()
}

fn contact(number: &str) -> Contact {
    Contact::new(Phone::e164(number))
}

fn batch(contacts: Vec<Contact>) -> Batch<'static> {
    Batch::new(Campaign::new("64b7f0c2a1d3e4f5a6b7c8d9"), contacts.leak().iter().collect(), false)
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

/// The claims of a token that is signed with this secret; the clock is not asked.
fn verified(token: &str, secret: &str) -> Option<VbeeTokenClaims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    Some(decode(token, &hmac::verifying_key(&Secret::new(secret)), &validation).ok()?.claims)
}

#[test]
fn a_request_is_what_the_vendors_samples_send() {
    let mut full = contact("+14155550101");
    full.variables.push("ho_ten", "Nguyễn \"An\"");
    full.variables.push("danh_xung", "Anh");
    let request = vbee().build_request(&batch(vec![full, contact("+14155550102")]), now());
    assert_eq!(request.url, "https://aicall.vbee.ai/api/v1/public-api/campaign");
    assert_eq!(request.header("content-type"), Some("application/json"));
    insta::assert_snapshot!(body(&request), @r#"{"campaign_id":"64b7f0c2a1d3e4f5a6b7c8d9","contacts":[{"phone_number":"+14155550101","ho_ten":"Nguyễn \"An\"","danh_xung":"Anh"},{"phone_number":"+14155550102"}]}"#);
}

#[test]
fn the_probe_has_no_contacts() {
    insta::assert_snapshot!(body(&vbee().probe(now())), @r#"{"campaign_id":"64b7f0c2a1d3e4f5a6b7c8d9","contacts":[]}"#);
}

#[test]
fn a_reserved_name_never_reaches_the_vendor() {
    let mut one = contact("+14155550101");
    for name in body::RESERVED {
        one.variables.push(name, "+14155550199");
    }
    let request = vbee().build_request(&batch(vec![one]), now());
    assert!(body(&request).ends_with(r#"[{"phone_number":"+14155550101"}]}"#), "{}", body(&request));
}

#[test]
fn the_token_says_what_the_golden_one_says() {
    // Signed by another library, with the members of its header in another order.
    let golden = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcGlLZXkiOiJkZW1vLWtleSIsImlhdCI6MTcwMDAwMDAwMH0.7X9qwCCMvPjm59hIki08egF6xEo12OoBFkB_igwVHIY";
    let without_iat = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcGlLZXkiOiJkZW1vLWtleSJ9.HIoOveLxwwEITyJ9b8rKqZXX5GOb-Uet4alWjs9i8v4";
    let request = vbee().probe(now());
    let ours = request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    for (name, token, iat) in [
        ("golden", golden, Some(1_700_000_000)),
        ("without iat", without_iat, None),
        ("ours", ours, Some(1_700_000_000)),
    ] {
        let claims = verified(token, "demo-secret").unwrap_or_else(|| panic!("{name}"));
        assert_eq!((claims.api_key.as_str(), claims.iat), ("demo-key", iat), "{name}");
        assert!(verified(token, "demo-secret2").is_none(), "{name}");
    }
    assert_eq!(ours.split('.').nth(1), golden.split('.').nth(1), "the claims are the same bytes");
}

#[test]
fn a_secret_of_eight_characters_signs() {
    let key = hmac::signing_key(&Secret::new("12345678"));
    let token = token::sign(&Secret::new("demo-key"), &key, now());
    assert!(verified(token.expose(), "12345678").is_some());
}

#[test]
fn a_ready_token_is_sent_as_it_is() {
    for pasted in ["a.b.c", " a.b.c\n", "Bearer a.b.c", "bearer  a.b.c"] {
        let credentials = json!({ "credentials": { "auth_type": "access_token", "access_token": pasted } });
        let request = Vbee::new(&config(&credentials)).probe(now());
        assert_eq!(request.header("authorization"), Some("Bearer a.b.c"), "{pasted}");
        assert_eq!(config(&credentials).mistakes(), [], "{pasted}");
    }
}

#[test]
fn a_campaign_is_a_short_word() {
    assert_eq!(vbee().campaign(" ").unwrap().as_str(), "64b7f0c2a1d3e4f5a6b7c8d9");
    assert_eq!(vbee().campaign(" abc ").unwrap().as_str(), "abc");
    for id in ["a b", &"a".repeat(65)] {
        assert!(vbee().campaign(id).is_err(), "{id}");
    }
}

#[test]
fn mistakes_name_their_place() {
    for (extra, want) in [
        (json!({ "campaign_id": "" }), vec![]),
        (json!({ "phone_format": "national" }), vec![]),
        (json!({ "campaign_id": "a b" }), vec!["vendor.campaign_id"]),
        (json!({ "phone_format": "as_is" }), vec!["vendor.phone_format"]),
        (json!({ "base_url": "https://aicall.vbee.ai /api" }), vec!["vendor.base_url"]),
        (
            json!({ "base_url": "https://aicall.vbee.ai/api/v1/public-api/campaign/" }),
            vec!["vendor.base_url"],
        ),
        (
            json!({ "credentials": { "auth_type": "access_token", "access_token": "a b" } }),
            vec!["vendor.credentials.access_token"],
        ),
    ] {
        let found = config(&extra).mistakes();
        assert_eq!(found.iter().map(|one| one.at.as_str()).collect::<Vec<_>>(), want, "{extra}");
    }
}

#[test]
fn an_empty_list_that_is_missed_proves_that_the_credentials_are_right() {
    for (body, want) in [
        (r#"{"status":1,"result":[]}"#, true),
        (r#"{"status":1}"#, true),
        (r#"{"status":0,"code":1402}"#, true),
        (r#"{"status":0,"code":1403}"#, true),
        (r#"{"status":0,"code":1201}"#, false),
        (r#"{"status":0,"code":401}"#, false),
        (r#"{"status":0,"code":500}"#, false),
        (r#"{"status":0,"code":4242}"#, false),
    ] {
        let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
        assert_eq!(vbee().interpret_probe(&reply, now()).is_ok(), want, "{body}");
    }
}

#[test]
fn the_vendors_ids_are_kept() {
    let body = r#"{"status":1,"result":[{"contact_id":"b","so_dien_thoai":"+14155550102"},{"contact_id":"a","so_dien_thoai":"+14155550101"}]}"#;
    let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
    let accepted = |id: &str| Outcome::Accepted { contact_id: Some(id.into()) };
    assert_eq!(
        vbee().interpret(&batch(vec![contact("+14155550101"), contact("+14155550102")]), &reply),
        Verdict::Settled(vec![accepted("a"), accepted("b")])
    );
}

#[test]
fn a_halt_says_what_is_wrong_where_to_look_and_what_to_change() {
    let body = r#"{"status":0,"code":1201,"message":"Application demo-key is not found"}"#;
    let reply = Reply { status: 200, body: body.into(), ..Reply::default() };
    let Verdict::Halt { why, .. } = vbee().interpret(&batch(Vec::new()), &reply) else { panic!("no halt") };
    insta::assert_snapshot!(why, @r#"code vbee:1201, the application is not found: no application has this API key; copy vendor.credentials again from AICall → Applications → your application (campaign 64b7f0c2a1d3e4f5a6b7c8d9; the vendor says "Application *** is not found")"#);
}

/// Status and code that the simulator gives to a changed request.
fn answer_to(setup: VbeeSetup, change: impl Fn(&mut Request)) -> (u16, i64) {
    let mut simulator = VbeeSimulator::new(setup);
    let config = serde_json::from_value(simulator.connector_config("http://127.0.0.1:1")).unwrap();
    let mut request = Vbee::new(&config).build_request(&batch(vec![contact("+14155550101")]), now());
    change(&mut request);
    let reply = simulator.answer(&request, now());
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(simulator.call_log().totals().people, u64::from(body["status"] == 1));
    (reply.status, body["code"].as_i64().unwrap_or_default())
}

#[test]
fn the_simulator_is_strict_about_tokens() {
    assert_eq!(answer_to(VbeeSetup::default(), |_| {}), (200, 0));
    let key = VbeeSetup::default().api_key;
    let secret = VbeeSetup::default().api_secret;
    let signed = |algorithm, api_key: &str, secret: &str, iat: Option<i64>| {
        let claims = VbeeTokenClaims { api_key: api_key.to_owned(), iat };
        let key = hmac::signing_key(&Secret::new(secret));
        format!("Bearer {}", encode(&Header::new(algorithm), &claims, &key).unwrap())
    };
    let (key, secret) = (key.expose(), secret.expose());
    for (name, header, want) in [
        ("no iat", signed(Algorithm::HS256, key, secret, None), (200, 0)),
        ("old", signed(Algorithm::HS256, key, secret, Some(1)), (200, 0)),
        ("a little early", signed(Algorithm::HS256, key, secret, Some(1_700_000_090)), (200, 0)),
        ("from the future", signed(Algorithm::HS256, key, secret, Some(1_700_000_091)), (401, 401)),
        ("wrong secret", signed(Algorithm::HS256, key, "another", None), (401, 401)),
        ("wrong algorithm", signed(Algorithm::HS512, key, secret, None), (401, 401)),
        ("unknown application", signed(Algorithm::HS256, "another", secret, None), (200, 1201)),
        ("no token", "Bearer ".to_owned(), (401, 401)),
        ("another scheme", "Basic abc".to_owned(), (401, 401)),
    ] {
        let change = |request: &mut Request| {
            request.headers.retain(|(name, _)| name != "Authorization");
            request.headers.push((Cow::Borrowed("Authorization"), Secret::new(&header)));
        };
        assert_eq!(answer_to(VbeeSetup::default(), change), want, "{name}");
    }
}

#[test]
fn the_simulator_is_strict_about_bodies() {
    let with = |contacts: &str| format!("{{\"campaign_id\":\"a\",\"contacts\":[{contacts}]}}");
    let good = "{\"phone_number\":\"+14155550101\"}";
    for (body, want) in [
        (with(good), (200, 0)),
        (with("{\"phone_number\":\"0987654321\"}"), (200, 0)),
        (with(""), (200, 1403)),
        (with("{\"phone_number\":\"12\"}"), (200, 1403)),
        (with("{\"phone_number\":\"098765432\"}"), (200, 1403)),
        (with("{\"phone_number\":14155550101}"), (200, 1403)),
        (with("{\"phone_number\":\"+14155550101\",\"note\":\"POISON\"}"), (200, 1403)),
        (with(&vec![good; 501].join(",")), (413, 413)),
        ("{".to_owned(), (400, 400)),
    ] {
        let got = answer_to(VbeeSetup::default(), |request| request.body = body.clone().into());
        assert_eq!(got, want, "{body:.100}");
    }
    assert_eq!(
        answer_to(VbeeSetup { campaigns: vec!["b".to_owned()], ..VbeeSetup::default() }, |_| {}),
        (200, 1402)
    );
}

#[test]
fn the_simulator_gives_contacts_back_as_the_vendor_does() {
    let mut simulator = VbeeSimulator::new(VbeeSetup::default());
    let vendor =
        Vbee::new(&serde_json::from_value(simulator.connector_config("http://127.0.0.1:1")).unwrap());
    let mut one = contact("+14155550101");
    one.variables.push("ho_ten", "An");
    let reply = simulator.answer(&vendor.build_request(&batch(vec![one]), now()), now());
    let body = std::str::from_utf8(&reply.body).unwrap();
    let id = body.rsplit('"').find(|part| part.len() == 36).unwrap();
    let form: String = id.chars().map(|c| if c.is_ascii_hexdigit() { 'x' } else { c }).collect();
    assert_eq!(form, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    insta::assert_snapshot!(body.replace(id, "…"), @r#"{"result":[{"ho_ten":"An","so_dien_thoai":"+14155550101","contact_id":"…"}],"status":1}"#);
}

#[test]
fn the_simulator_leaves_out_who_cannot_be_called() {
    let mut simulator = VbeeSimulator::new(VbeeSetup::default());
    let vendor =
        Vbee::new(&serde_json::from_value(simulator.connector_config("http://127.0.0.1:1")).unwrap());
    let batch = batch(vec![contact("+14155550101"), contact("+84123"), contact("+14155550103")]);
    let reply = simulator.answer(&vendor.build_request(&batch, now()), now());
    let Verdict::Settled(outcomes) = vendor.interpret(&batch, &reply) else { panic!("{reply:?}") };
    let names: Vec<_> = outcomes.iter().map(Outcome::name).collect();
    assert_eq!(names, ["accepted", "rejected", "accepted"]);
}
