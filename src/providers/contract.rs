//! What every vendor must keep. A rule about vendors goes here, not into each.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::domain::contact::{Contact, Gender};
use crate::phone::Phone;

use super::VendorConfig;
use super::api::{Repeats, Reply, Verdict};
use super::call_log::CallTotals;
use super::campaign::CampaignExistence;
use super::fuzz::texts;
use super::registry;
use super::simulator::{Simulator, SimulatorOptions, Twist};
use crate::domain::batch::Batch;
use crate::domain::outcome::Outcome;

const ROOT: &str = "http://127.0.0.1:8080/";

/// Every vendor's other side.
fn simulators() -> Vec<Box<dyn Simulator>> {
    registry::simulators(&SimulatorOptions::default())
}

/// The credentials in a configuration: what the form calls a secret.
fn secrets(config: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let form = settings.into_generator().into_root_schema_for::<VendorConfig>();
    secret_names(form.as_value(), &mut names);
    let mut found = Vec::new();
    texts_of(config, &names, &mut found);
    assert!(!found.is_empty(), "no vendor is without a credential: {config}");
    found
}

fn secret_names(schema: &Value, names: &mut Vec<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if property["airbyte_secret"] == true {
            names.push(name.clone());
        }
        secret_names(property, names);
    }
    schema["oneOf"].as_array().into_iter().flatten().for_each(|option| secret_names(option, names));
}

/// The texts behind these names, at any depth.
fn texts_of(value: &Value, names: &[String], found: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        found.extend(value.as_str().filter(|_| names.contains(name)).map(str::to_owned));
        texts_of(value, names, found);
    }
}

/// The configuration with other credentials.
fn with_other_secrets(mut config: Value) -> Value {
    for secret in secrets(&config) {
        config = serde_json::from_str(&config.to_string().replace(&secret, "another-secret")).unwrap();
    }
    config
}

fn config(json: Value) -> VendorConfig {
    serde_json::from_value(json).expect("a simulator's own configuration fits")
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn number(index: usize) -> String {
    format!("+1415555{:04}", 100 + index)
}

fn contacts(n_contacts: usize) -> Vec<Contact> {
    let contact = |index| {
        let mut contact = Contact::new(Phone::e164(&number(index)));
        contact.name = Some("Nguyễn Văn An".into());
        contact.gender = Some(Gender::Female);
        contact.variables.push("ho_ten", "An");
        contact
    };
    (0..n_contacts).map(contact).collect()
}

fn batch(vendor: &dyn super::Provider, contacts: Vec<Contact>) -> Batch<'static> {
    Batch::new(vendor.campaign("").unwrap(), contacts.leak().iter().collect(), false)
}

#[test]
fn a_vendor_has_one_name() {
    for simulator in simulators() {
        let section = simulator.connector_config(ROOT);
        assert_eq!(section["vendor_type"], simulator.name());
        assert_eq!(config(section).build().name(), simulator.name());
    }
}

#[test]
fn a_full_batch_is_accepted_whole_and_in_order() {
    for mut simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let n_contacts = vendor.limits().max_batch;
        let batch = batch(&*vendor, contacts(n_contacts));
        let request = vendor.build_request(&batch, now());
        assert_eq!(request.url, format!("http://127.0.0.1:8080{}", simulator.path()), "{}", vendor.name());
        assert_eq!(request.method, simulator.method(), "{}", vendor.name());
        let Verdict::Settled(outcomes) = vendor.interpret(&batch, &simulator.answer(&request, now())) else {
            panic!("{}", vendor.name())
        };
        assert_eq!(outcomes.len(), n_contacts, "{}", vendor.name());
        assert!(outcomes.iter().all(|outcome| outcome.name() == "accepted"), "{}", vendor.name());
        assert_eq!(
            usize::try_from(simulator.call_log().totals().people),
            Ok(n_contacts),
            "{}",
            vendor.name()
        );
    }
}

fn names(verdict: &Verdict) -> Vec<&'static str> {
    let Verdict::Settled(outcomes) = verdict else { panic!("{verdict:?}") };
    outcomes.iter().map(Outcome::name).collect()
}

#[test]
fn a_resend_that_is_called_safe_calls_nobody_again() {
    for mut simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let mut batch = batch(&*vendor, contacts(3));
        let mut send = |batch: &Batch| {
            let reply = simulator.answer(&vendor.build_request(batch, now()), now());
            (vendor.interpret(batch, &reply), simulator.call_log().totals().called_again)
        };
        send(&batch);
        for (maybe_sent, recognised) in [(false, "duplicate"), (true, "accepted")] {
            batch.maybe_sent = maybe_sent;
            let (verdict, called_again) = send(&batch);
            match vendor.limits().repeats {
                Repeats::CallAgain => assert_eq!(called_again, 3, "{}", vendor.name()),
                Repeats::KnownByContact => {
                    assert_eq!(
                        (names(&verdict), called_again),
                        (vec![recognised; 3], 0),
                        "{}",
                        vendor.name()
                    );
                }
                // The answer is the first one's.
                Repeats::KnownByKey => {
                    assert_eq!(
                        (names(&verdict), called_again),
                        (vec!["accepted"; 3], 0),
                        "{}",
                        vendor.name()
                    );
                }
            }
        }
        batch.ids.request += 1;
        let (_, called_again) = send(&batch);
        let want = if vendor.limits().repeats.allow_other_request() { 0 } else { 3 };
        assert_eq!(called_again, want, "{}: the same people in another request", vendor.name());
    }
}

#[test]
fn the_probe_adds_nobody_and_shows_that_all_is_well() {
    for mut simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let reply = simulator.answer(&vendor.probe(now()), now());
        assert_eq!(vendor.interpret_probe(&reply, now()), Ok(()), "{}", vendor.name());
        assert_eq!(simulator.call_log().totals().contacts, 0, "{}", vendor.name());
        assert_eq!(simulator.call_log().totals().people, 0, "{}", vendor.name());
    }
}

#[test]
fn the_probe_tells_wrong_credentials_from_a_vendor_that_is_not_well() {
    for mut simulator in simulators() {
        let vendor = config(with_other_secrets(simulator.connector_config(ROOT))).build();
        let why = vendor.interpret_probe(&simulator.answer(&vendor.probe(now()), now()), now()).unwrap_err();
        assert!(why.contains("vendor."), "{why}");
        assert!(!why.contains("another-secret"), "{why}");
        for status in [200, 429, 500, 503] {
            let reply = Reply { status, body: "<html>".into(), ..Reply::default() };
            let why = vendor.interpret_probe(&reply, now()).unwrap_err();
            assert!(why.contains("is not well now"), "{}: {why}", vendor.name());
        }
    }
}

#[test]
fn the_probe_says_by_how_much_the_clock_is_off() {
    for mut simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let behind = Twist::WrongClock(SignedDuration::from_secs(-601));
        let reply = simulator.answer_with(&vendor.probe(now()), now(), behind);
        match vendor.interpret_probe(&reply, now()) {
            Err(why) => assert!(why.contains("601 s ahead"), "{}: {why}", vendor.name()),
            Ok(()) => assert!(!simulator.judges_time(), "{}", vendor.name()),
        }
    }
}

#[test]
fn an_entry_that_names_nobody_leaves_nobody_accepted_without_proof() {
    for mut simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let batch = batch(&*vendor, contacts(2));
        let reply = simulator.answer_with(&vendor.build_request(&batch, now()), now(), Twist::NamelessLine);
        let Verdict::Settled(outcomes) = vendor.interpret(&batch, &reply) else {
            panic!("{}", vendor.name())
        };
        assert_eq!(outcomes.first().map(Outcome::name), Some("unknown"), "{}", vendor.name());
    }
}

#[test]
fn a_poisonous_contact_is_never_accepted() {
    for mut simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let mut contacts = contacts(2);
        contacts[1].variables.push("note", "a POISON b");
        let batch = batch(&*vendor, contacts);
        match vendor.interpret(&batch, &simulator.answer(&vendor.build_request(&batch, now()), now())) {
            Verdict::Split { .. } => assert_eq!(simulator.call_log().totals().people, 0, "{}", vendor.name()),
            Verdict::Settled(outcomes) => assert_eq!(outcomes[1].name(), "rejected", "{}", vendor.name()),
            other => panic!("{}: {other:?}", vendor.name()),
        }
    }
}

#[test]
fn each_attempt_is_signed_afresh_where_the_vendor_judges_its_time_and_else_is_the_same() {
    for simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let batch = batch(&*vendor, contacts(1));
        let later = Timestamp::from_second(1_700_000_100).unwrap();
        let (one, other) = (vendor.build_request(&batch, now()), vendor.build_request(&batch, later));
        assert_eq!(one.body, other.body, "{}", vendor.name());
        assert_eq!(one.headers != other.headers, simulator.judges_time(), "{}", vendor.name());
    }
}

#[test]
fn a_request_shows_no_credential_and_no_number() {
    for simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let shown = format!("{:?}", vendor.build_request(&batch(&*vendor, contacts(1)), now()));
        let mut hidden = secrets(&simulator.connector_config(ROOT));
        hidden.extend(["Bearer", "4155550100", "Nguyễn"].map(str::to_owned));
        for hidden in hidden {
            assert!(!shown.contains(&hidden), "{hidden} in {shown}");
        }
    }
}

#[test]
fn a_simulators_configuration_has_no_mistakes() {
    for simulator in simulators() {
        let config = config(simulator.connector_config(ROOT));
        assert_eq!(config.mistakes(), [], "{}", config.build().name());
        assert!(
            config
                .build()
                .build_request(&batch(&*config.build(), Vec::new()), now())
                .url
                .starts_with(config.base_url())
        );
    }
}

/// Pieces that vendors' answers are made of, and what must not come out again.
fn piece() -> impl Strategy<Value = String> {
    let known = [
        "14155550100",
        "+14155550101",
        "+1 415-555-0100",
        "4155550101",
        "sandbox-itnio-key",
        "sandbox-itnio-secret",
        "s4ndb0x!",
        "5a9d0b0c-5a9d-4b0c-8a9d-5a9d0b0c5a9d",
        "already exists",
        "property is incomplete",
        ",Phone Number:",
        "手机号：",
        " ",
        "\"",
        "\\",
        "x",
    ];
    prop_oneof![
        3 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-60_i64..2000).prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    let key = prop_oneof![
        proptest::sample::select(vec![
            "phoneNumber",
            "so_dien_thoai",
            "phone_number",
            "reason",
            "contact_id"
        ])
        .prop_map(str::to_owned),
        words(),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let codes =
        vec![json!("0"), json!(0), json!(1), json!(-27), json!("-35"), json!(1403), json!(1402), json!("-1")];
    let code = proptest::sample::select(codes);
    let envelope = (code.clone(), code, words(), value()).prop_map(|(status, code, words, data)| {
        json!({ "status": status, "code": code, "reason": words, "message": words, "data": data, "result": data })
    });
    prop_oneof![
        4 => envelope.prop_map(|envelope| envelope.to_string().into_bytes()),
        1 => value().prop_map(|value| value.to_string().into_bytes()),
        1 => words().prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_reply_is_read_without_panic_and_without_giving_anything_away(
        status in prop_oneof![
            4 => Just(200_u16),
            2 => proptest::sample::select(vec![201, 302, 400, 401, 404, 408, 413, 429, 500, 503]),
            1 => any::<u16>(),
        ],
        body in body(),
        maybe_sent: bool,
    ) {
        for simulator in simulators() {
            let vendor = config(simulator.connector_config(ROOT)).build();
            let batch = Batch { maybe_sent, ..batch(&*vendor, contacts(2)) };
            let reply = Reply { status, body: body.clone().into(), ..Reply::default() };
            let verdict = vendor.interpret(&batch, &reply);
            if let Verdict::Settled(outcomes) = &verdict {
                prop_assert_eq!(outcomes.len(), 2);
            }
            let mut texts = texts(&verdict);
            texts.extend(vendor.interpret_probe(&reply, now()).err());
            let mut hidden = secrets(&simulator.connector_config(ROOT));
            hidden.extend(["4155550100".to_owned(), "4155550101".to_owned()]);
            for text in texts {
                for hidden in &hidden {
                    prop_assert!(!text.contains(hidden), "{} in {}", hidden, text);
                }
            }
        }
    }
}

#[test]
fn questions_about_a_campaign_only_read_and_prove_it_to_its_own_simulator() {
    for simulator in simulators() {
        let vendor = config(simulator.connector_config(ROOT)).build();
        let campaign = vendor.campaign("").unwrap();
        let (mut heard, mut paths) = (Vec::new(), Vec::new());
        while let Some(mut question) = vendor.ask(&campaign, &heard, now()) {
            let path = question.url.trim_start_matches("http://127.0.0.1:8080").to_owned();
            assert_ne!(path, simulator.path(), "{}: nobody is added by a question", vendor.name());
            assert!(!String::from_utf8_lossy(&question.body).contains("hone"), "{}", vendor.name());
            question.url.clone_from(&path);
            paths.push((question.method.clone(), path));
            heard.push(Ok(simulator.tell(&question, now())));
            assert!(heard.len() < 16, "{} asks without an end", vendor.name());
        }
        let known = simulator.questions();
        for (method, path) in &paths {
            assert!(known.iter().any(|(one, other)| one == method && other == path), "{method} {path}");
        }
        let facts = vendor.interpret_answers(&campaign, &heard);
        assert_eq!(matches!(facts.existence, CampaignExistence::Proved(_)), !paths.is_empty(), "{facts:?}");
        assert_eq!(simulator.call_log().totals(), CallTotals::default(), "{}", vendor.name());
    }
}
