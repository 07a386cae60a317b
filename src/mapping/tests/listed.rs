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
