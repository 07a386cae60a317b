//! Streams that fill the do-not-call list.

use super::*;

#[test]
fn a_row_of_the_list_is_read_as_it_would_be_dialled() {
    let entry = json!({ "role": "do_not_call", "only_when": "channel = 'V'" });
    let mut config = people(&entry, &json!([]));
    config.phone.default_region = "VN".to_owned();
    config.phone.allowed_countries = vec!["VN".to_owned()];
    config.phone.several_numbers = crate::config::SeveralNumbers::FirstValid;
    let key = [vec!["id".to_owned()]];
    let shape = StreamShape { primary_key: &key, ..shape("people", UNKNOWN) };
    let mapping = compiled(&config, &with_fields(), &shape);
    for (name, data, want) in [
        ("a number", r#"{"id":1,"phone":"0912345678","channel":"V"}"#, "listed +84912345678 "),
        (
            "of a country that is not called",
            r#"{"phone":"+4915123456789","channel":"V"}"#,
            "listed +4915123456789 ",
        ),
        ("an old prefix", r#"{"phone":"01632345678","channel":"V"}"#, "listed +84332345678 "),
        ("with an extension", r#"{"phone":"0912345678 ext. 9","channel":"V"}"#, "listed +84912345678 "),
        (
            "two numbers",
            r#"{"id":2,"phone":"0912345678, 0912345679","channel":"V"}"#,
            "listed multiple_numbers 2",
        ),
        ("no number", r#"{"id":3,"phone":" ","channel":"V"}"#, "listed missing 3"),
        ("left out", r#"{"id":4,"phone":"0912345678","channel":"S"}"#, "listed only_when 4"),
        ("nobody can say", r#"{"id":5,"phone":"0912345678"}"#, "listed condition_unknown 5"),
        ("deleted", r#"{"phone":"0912345678","_ab_cdc_deleted_at":"2026-11-26"}"#, "taken off +84912345678 "),
        ("deleted, nameless", r#"{"id":6,"_ab_cdc_deleted_at":"2026-11-26"}"#, "taken off missing 6"),
    ] {
        assert_eq!(shown(&map(&mapping, data)), want, "{name}");
    }
}

#[test]
fn a_row_that_is_left_out_says_whose_it_is_so_that_what_is_kept_of_it_hides_them() {
    let entry = json!({ "role": "do_not_call", "only_when": "channel = 'V'" });
    for (name, format, phone, channel, number) in [
        ("an identifier, left out", "as_is", "x8f0a92bTT", "\"S\"", Some("x8f0a92bTT")),
        ("an identifier, nobody can say", "as_is", "x8f0a92bTT", "null", Some("x8f0a92bTT")),
        ("an identifier on the list", "as_is", "x8f0a92bTT", "\"V\"", None),
        ("a number, left out", "digits", "0912345678", "\"S\"", Some("+84912345678")),
        ("no number", "digits", "n/a", "\"V\"", None),
    ] {
        let mut config = people(&entry, &json!([]));
        config.phone.default_region = if format == "as_is" { "" } else { "VN" }.to_owned();
        let vendor = json!({
            "vendor_type": "itnio", "api_key": "k", "api_secret": "s", "app_id": "a", "job_id": 9, "phone_format": format,
        });
        config.vendor = serde_json::from_value(vendor).unwrap();
        let key = [vec!["id".to_owned()]];
        let shape = StreamShape { primary_key: &key, ..shape("people", UNKNOWN) };
        let mapping = compiled(&config, &config.vendor.build(), &shape);
        let row = format!(r#"{{"id":"{phone}","phone":"{phone}","channel":{channel}}}"#);
        let Mapped::Listed { phone: hidden, primary_key, .. } = map(&mapping, &row) else {
            panic!("{name}: a list is filled")
        };
        assert_eq!(hidden.as_ref().map(|phone| phone.expose()), number, "{name}");
        assert!(!primary_key.contains(phone) || phone == "n/a", "{name}: {primary_key}");
    }
}
