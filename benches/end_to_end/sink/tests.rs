use destination_ai_voice::domain::batch::Batch;
use destination_ai_voice::domain::contact::Contact;
use destination_ai_voice::domain::outcome::Outcome;
use destination_ai_voice::phone::Phone;
use destination_ai_voice::providers::VendorConfig;
use destination_ai_voice::providers::api::{Reply, Verdict};
use destination_ai_voice::providers::registry;
use destination_ai_voice::providers::simulator::SimulatorOptions;
use jiff::Timestamp;

use super::*;

fn contacts(n_contacts: usize) -> Vec<Contact> {
    let contact = |index| {
        let mut contact = Contact::new(Phone::e164(&format!("+1415555{:04}", 100 + index)));
        contact.variables.push("note", "\"phoneNumber\": \"1\", \"phone_number\": \"1\"");
        contact
    };
    (0..n_contacts).map(contact).collect()
}

#[test]
fn a_batch_that_is_taken_unread_is_accepted_whole() {
    for (name, path, shortcut) in VENDORS {
        let simulators = registry::simulators(&SimulatorOptions::default());
        let simulator = simulators.iter().find(|one| one.name() == name).expect("there is this vendor");
        assert_eq!(path, simulator.path());
        let section = simulator.connector_config("http://127.0.0.1:1");
        let vendor = serde_json::from_value::<VendorConfig>(section).expect("it fits").build();
        let counted = Counted::new(name, shortcut);
        for n_contacts in [0, 1, vendor.limits().max_batch] {
            let campaign = vendor.campaign("").expect("the configured one");
            let contacts = contacts(n_contacts);
            let batch = Batch::new(campaign, contacts.iter().collect(), false);
            let request = vendor.build_request(&batch, Timestamp::UNIX_EPOCH);
            assert!(request.header(shortcut.credential).is_some(), "{name}");
            assert_eq!(counted.answer(&HeaderMap::new(), &request.body).status().as_u16(), 401, "{name}");
            let numbers = shortcut.numbers(&request.body);
            assert_eq!(numbers.len(), n_contacts, "{name}");
            let reply = Reply { status: 200, body: (shortcut.answer)(&numbers), ..Reply::default() };
            if n_contacts == 0 {
                assert_eq!(vendor.interpret_probe(&reply, Timestamp::UNIX_EPOCH), Ok(()), "{name}");
                continue;
            }
            let Verdict::Settled(outcomes) = vendor.interpret(&batch, &reply) else { panic!("{name}") };
            assert_eq!(outcomes.len(), n_contacts, "{name}");
            let taken = |outcome: &Outcome| matches!(outcome, Outcome::Accepted { .. });
            assert!(outcomes.iter().all(taken), "{name}");
        }
    }
}

#[test]
fn who_shows_credentials_is_counted_and_a_reset_forgets_it() {
    let counted = Arc::new(Counted::new("itnio", VENDORS[0].2));
    let headers =
        HeaderMap::from_iter([(http::HeaderName::from_static("sign"), http::HeaderValue::from_static("s"))]);
    let body = Bytes::from_static(br#"{"list":[{"phoneNumber":"1"},{"phoneNumber":"2"}]}"#);
    assert_eq!(counted.answer(&headers, &body).status().as_u16(), 200);
    assert_eq!(counted.answer(&HeaderMap::new(), &body).status().as_u16(), 401);
    let Totals { requests, contacts, bytes } = counted.totals();
    assert_eq!((requests, contacts, bytes), (2, 2, 100));
    drop(reset(&[Arc::clone(&counted)]));
    assert_eq!(counted.totals().requests, 0);
}
