use super::*;

use crate::phone::WireFormat;

/// Identity mapping with this `phone` section and wire format.
fn configured(phone: &Value, format: WireFormat) -> Config {
    let mut config = config(&json!([]), phone);
    let crate::providers::VendorConfig::Itnio(itnio) = &mut config.vendor else {
        panic!("itnio was configured")
    };
    itnio.phone_format = format;
    config
}

#[test]
fn the_records_own_region_goes_before_the_default_one() {
    let phone = json!({ "default_region": "vn", "region_column": "country" });
    let mapping = compiled(&configured(&phone, WireFormat::E164), &with_fields(), &shape("people", UNKNOWN));
    for (name, data, want) in [
        ("default", r#"{"phone_number":"0987654321"}"#, "9 +84987654321"),
        ("blank", r#"{"phone_number":"0987654321","country":" "}"#, "9 +84987654321 "),
        ("its own", r#"{"phone_number":"13612345678","country":"cn"}"#, "9 +8613612345678 country=cn"),
        (
            "no country",
            r#"{"phone_number":"0987654321","country":"Vietnam"}"#,
            "invalid no_country the region column does not hold a two-letter country such as VN",
        ),
        ("a number", r#"{"phone_number":84987654321}"#, "9 +84987654321"),
        ("missing", r#"{"phone_number":"N/A"}"#, "invalid missing -"),
        ("another type", r#"{"phone_number":["0987654321"]}"#, "invalid wrong_type -"),
    ] {
        assert_eq!(shown(&map(&mapping, data)), want.trim(), "{name}");
    }
}

#[test]
fn encrypted_identifiers_are_not_read() {
    let phone = json!({ "region_column": "country" });
    let mapping = compiled(&configured(&phone, WireFormat::AsIs), &with_fields(), &shape("people", UNKNOWN));
    let mapped = map(&mapping, r#"{"phone_number":" a1B2-xyz ","country":"nowhere"}"#);
    assert_eq!(shown(&mapped), "9 a1B2-xyz country=nowhere");
}

#[test]
fn the_national_format_calls_one_country() {
    let phone = json!({ "default_region": "VN", "allowed_countries": ["VN", "CN"] });
    let mapping =
        compiled(&configured(&phone, WireFormat::National), &with_fields(), &shape("people", UNKNOWN));
    for (data, want) in [
        (r#"{"phone_number":"0987654321"}"#, "9 +84987654321"),
        (r#"{"phone_number":"+8613612345678"}"#, "invalid country_not_allowed -"),
    ] {
        let shown = shown(&map(&mapping, data));
        assert!(shown.starts_with(want.trim_end_matches(" -")), "{data}: {shown}");
    }
}

#[test]
fn the_national_format_needs_its_country() {
    for (phone, want) in [
        (json!({}), "phone.default_region"),
        (json!({ "default_region": "VN", "allowed_countries": ["CN"] }), "phone.allowed_countries"),
    ] {
        let found =
            mistakes(&configured(&phone, WireFormat::National), &with_fields(), &[shape("a", UNKNOWN)]);
        assert!(found.starts_with(&format!("{want}: phone_format is national")), "{phone}: {found}");
        assert_eq!(found.lines().count(), 1, "{phone}: {found}");
    }
}
