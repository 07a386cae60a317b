use super::*;
use crate::phone::Phone;
use crate::providers::VendorConfig;
use crate::providers::call_log::NumberDisplay;
use crate::providers::simulator::Simulator as _;

use simulator::PigeonSimulator;

fn pigeon() -> Pigeon {
    let section = PigeonSimulator::new(NumberDisplay::default()).connector_config("http://127.0.0.1:1");
    Pigeon::new(&serde_json::from_value(section).unwrap())
}

#[test]
fn the_example_fits() {
    let example: Value = serde_json::from_str(include_str!("fixtures/example.json")).unwrap();
    let config: VendorConfig = serde_json::from_value(example["vendor"].clone()).unwrap();
    assert_eq!(config.mistakes(), []);
    assert_eq!(config.build().name(), "pigeon");
}

#[test]
fn a_request_is_what_the_vendors_page_shows() {
    let mut contact = Contact::new(Phone::e164("+14155550101"));
    contact.variables.push("ho_ten", "An");
    let request = pigeon()
        .build_request(&Batch::new(Campaign::new("overdue"), vec![&contact], false), Timestamp::UNIX_EPOCH);
    assert_eq!((request.method.as_str(), &*request.url), ("PUT", "http://127.0.0.1:1/v1/calls"));
    assert_eq!(request.header("authorization"), Some("Bearer sandbox-pigeon-token"));
    assert_eq!(request.header("idempotency-key"), Some("00000000000000000000000000000000"));
    insta::assert_snapshot!(std::str::from_utf8(&request.body).unwrap(), @r#"{"list":"overdue","rows":[{"row_id":"c33f4591f5579e674cca224d82395663","phone_number":"+14155550101","properties":{"ho_ten":"An"}}]}"#);
}

#[test]
fn what_cannot_work_is_a_mistake_with_its_place() {
    for (at, value) in [
        ("vendor.token", "two words"),
        ("vendor.phone_format", "national"),
        ("vendor.phone_format", "as_is"),
        ("vendor.base_url", "http://api.pigeon.example"),
        ("vendor.base_url", "https://api.pigeon.example/v1"),
    ] {
        let mut section =
            PigeonSimulator::new(NumberDisplay::default()).connector_config("http://127.0.0.1:1");
        section[at.trim_start_matches("vendor.")] = value.into();
        let config: VendorConfig = serde_json::from_value(section).unwrap();
        let found: Vec<_> = config.mistakes().into_iter().map(|mistake| mistake.at).collect();
        assert_eq!(found, [at], "{value}");
    }
}
