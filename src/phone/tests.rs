use proptest::prelude::*;
use rlibphonenumber::PHONE_NUMBER_UTIL;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::*;
use crate::domain::reason::Reason;

#[derive(Deserialize)]
struct Row {
    id: String,
    input_json: Box<str>,
    default_region: String,
    options: String,
    expected_e164: String,
    reject_reason: String,
    note: String,
}

/// Reads a JSON text as the mapping does: strings unescaped, numbers as they were written.
fn normalise(rules: &PhoneRules, json: &str) -> Result<Phone, PhoneRefusal> {
    let json: &RawValue = serde_json::from_str(json).unwrap();
    let text: String;
    let input = match json.get().as_bytes()[0] {
        b'"' => {
            text = serde_json::from_str(json.get()).unwrap();
            PhoneInput::Text(&text)
        }
        b'n' => PhoneInput::Absent,
        b't' | b'f' | b'[' | b'{' => PhoneInput::Other,
        _ => PhoneInput::Number(json.get()),
    };
    rules.normalise(input, None)
}

/// The number, or the code of the reason.
fn outcome(result: &Result<Phone, PhoneRefusal>) -> &str {
    match result {
        Ok(phone) => phone.expose(),
        Err(refusal) => refusal.reason.code(),
    }
}

fn rules(default_region: &str, options: &str) -> PhoneRules {
    let mut rules = PhoneRules { default_region: region(default_region), ..PhoneRules::default() };
    for option in options.split_whitespace() {
        match option {
            "vn_old=convert" => rules.convert_vn_old_prefix = true,
            "multi=first_valid" => rules.first_of_several = true,
            "extension=drop" => rules.drop_extension = true,
            "as_is" => rules.as_is = true,
            other => panic!("unknown option {other}"),
        }
    }
    rules
}

fn holds_every_row(table: &[u8]) {
    let mut failures = Vec::new();
    for row in csv::Reader::from_reader(table).deserialize() {
        let Row { id, input_json, default_region, options, expected_e164, reject_reason, note } =
            row.unwrap();
        let got = normalise(&rules(&default_region, &options), &input_json);
        let want = if reject_reason.is_empty() { &expected_e164 } else { &reject_reason };
        let got = outcome(&got);
        if got != want {
            failures
                .push(format!("row {id}: {input_json} in {default_region:?} ({note}): {got}, not {want}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn holds_every_row_of_the_given_table() {
    holds_every_row(include_bytes!("fixtures/phone_vectors.csv"));
}

#[test]
fn holds_every_row_of_our_own_table() {
    holds_every_row(include_bytes!("fixtures/more_vectors.csv"));
}

#[test]
fn a_refusal_says_what_would_help() {
    for (text, want) in [
        ("01662345678", "retired Vietnamese prefix: set `phone.vn_old_prefix` to `convert`"),
        ("084987654321", "a 0 stands before the country code"),
        ("+999123456789", "no country has the code after the plus"),
        ("+39 (0) 312 345 6789", "with the 0 in brackets it is one number, without it another"),
        (
            "+52 1 55 1234 5678",
            "Mexico dropped the 1 after +52 (and 01, 044, 045) in 2019: write +52 and the ten digits behind it",
        ),
    ] {
        let refusal = rules("VN", "").normalise(PhoneInput::Text(text), None).unwrap_err();
        assert_eq!(refusal.hint, Some(want), "{text}");
    }
}

#[test]
fn the_records_own_region_comes_before_the_default_one() {
    let rules = rules("VN", "");
    let read = |region| rules.normalise(PhoneInput::Text("13612345678"), region);
    assert_eq!(outcome(&read(Some(Region::CN))), "+8613612345678");
    assert_eq!(outcome(&read(Some(Region::US))), "+13612345678");
    assert_eq!(outcome(&read(None)), "too_long");
}

#[test]
fn a_country_code_without_a_plus_is_no_beginning_of_a_strangers_number() {
    for (text, region, want) in [
        ("4915123456789", "DE", "ambiguous_number"),
        ("49 151 23456789", "DE", "ambiguous_number"),
        ("491761234567", "DE", "ambiguous_number"),
        ("62811987654", "ID", "ambiguous_number"),
        ("62 21 5678123", "ID", "ambiguous_number"),
        ("46 8 123 456", "SE", "ambiguous_number"),
        ("+4915123456789", "DE", "+4915123456789"),
        ("004915123456789", "DE", "+4915123456789"),
        ("015123456789", "DE", "+4915123456789"),
        ("14155552671", "US", "+14155552671"),
        ("84987654321", "VN", "+84987654321"),
        ("846123456", "VN", "+84846123456"),
        ("8613612345678", "CN", "+8613612345678"),
        ("33612345678", "FR", "+33612345678"),
    ] {
        assert_eq!(outcome(&rules(region, "").normalise(PhoneInput::Text(text), None)), want, "{text}");
    }
}

/// Every kind of number of every country, with its code and without a plus: itself, or nobody.
#[test]
fn a_number_with_its_code_alone_never_rings_a_stranger() {
    use rlibphonenumber::PhoneNumberType::{FixedLine, Mobile};
    let mut n_read = 0;
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        for kind in [FixedLine, Mobile] {
            let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else {
                continue;
            };
            let phone = example.format_as(PhoneNumberFormat::E164).to_string();
            for n_cut in 0..3 {
                let whole = phone.get(..phone.len() - n_cut).unwrap();
                let want = PhoneRules::default().normalise(PhoneInput::Text(whole), None);
                let read = PhoneRules::default().normalise(PhoneInput::Text(&whole[1..]), Some(region));
                let is_right = match (&want, &read) {
                    (Ok(want), Ok(read)) => want == read,
                    (Ok(_), Err(refusal)) => refusal.reason == Reason::AmbiguousNumber,
                    (Err(_), _) => true,
                };
                assert!(is_right, "{whole} in {region:?}: {}", outcome(&read));
                n_read += usize::from(want.is_ok() && read.is_ok());
            }
        }
    }
    assert!(n_read > 300, "{n_read}");
}

/// What is usual in a country is taken neither for a count nor for a code.
#[test]
fn a_number_as_its_country_writes_it_is_called() {
    use rlibphonenumber::PhoneNumberType::{FixedLine, Mobile};
    let mut n_read = 0;
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        for kind in [FixedLine, Mobile] {
            let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else {
                continue;
            };
            for format in [PhoneNumberFormat::National, PhoneNumberFormat::International] {
                let written = example.format_as(format).to_string();
                let Err(refusal) = PhoneRules::default().normalise(PhoneInput::Text(&written), Some(region))
                else {
                    n_read += 1;
                    continue;
                };
                let doubts = [Reason::MultipleNumbers, Reason::AmbiguousNumber];
                assert!(!doubts.contains(&refusal.reason), "{written} in {region:?}: {refusal:?}");
            }
        }
    }
    assert!(n_read > 800, "{n_read}");
}

#[test]
fn a_count_beside_a_number_is_no_part_of_it() {
    for (text, region, want) in [
        ("0812345678 (2)", "ID", "multiple_numbers"),
        ("+62 812345678 (2)", "ID", "multiple_numbers"),
        ("+49 30 901820 (2)", "DE", "multiple_numbers"),
        ("+49 30 901823 (0) 5", "DE", "multiple_numbers"),
        ("2) 030 901822", "DE", "multiple_numbers"),
        ("2. 030 901823", "DE", "multiple_numbers"),
        ("(2) 030 901824", "DE", "multiple_numbers"),
        ("2 030 901824", "DE", "multiple_numbers"),
        ("0812345670 - 2", "ID", "multiple_numbers"),
        ("0812345670-2", "ID", "multiple_numbers"),
        ("081234567892 1", "ID", "multiple_numbers"),
        ("0812345678 1 2", "ID", "multiple_numbers"),
        ("0812345678 (2) Zalo", "ID", "multiple_numbers"),
        ("Tel. 0812345678 [2]", "ID", "multiple_numbers"),
        ("01) 0812345678", "ID", "multiple_numbers"),
        ("Tel (02) 9374 4000", "AU", "+61293744000"),
        ("089 123 45 67", "DE", "+49891234567"),
        ("0511 1234 56 78", "DE", "+4951112345678"),
        ("06 1234567 (2)", "IT", "multiple_numbers"),
        ("0664 1234567 (2)", "AT", "multiple_numbers"),
        ("0987654321 (2)", "VN", "multiple_numbers"),
        ("1. 0987654321", "VN", "multiple_numbers"),
        ("098 765 43 21", "VN", "+84987654321"),
        ("84.987.654.321", "VN", "+84987654321"),
        ("84 0987654321", "VN", "+84987654321"),
        ("(212) 555-2671", "US", "+12125552671"),
        ("1 (415) 555-2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("(02) 9374 4000", "AU", "+61293744000"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("08-123 456 78", "SE", "+46812345678"),
        ("01 23 45 67 89", "FR", "+33123456789"),
        ("030 90 18 20", "DE", "+4930901820"),
        ("+48 (0) 22 123 45 67", "PL", "+48221234567"),
    ] {
        assert_eq!(outcome(&rules(region, "").normalise(PhoneInput::Text(text), None)), want, "{text}");
    }
}

#[test]
fn only_allowed_countries_are_called() {
    let rules = PhoneRules { allowed_countries: vec![Region::VN, Region::CA], ..rules("VN", "") };
    for (text, want) in [
        ("0987654321", "+84987654321"),
        ("+8613812345678", "country_not_allowed"),
        ("+14165550123", "+14165550123"),
        ("+14155552671", "country_not_allowed"),
        ("19001234", "type_not_allowed"),
    ] {
        assert_eq!(outcome(&rules.normalise(PhoneInput::Text(text), None)), want, "{text}");
    }
}

#[test]
fn a_region_is_two_letters_of_a_country_with_telephones() {
    for (code, want) in [
        ("VN", Some(Region::VN)),
        (" cn ", Some(Region::CN)),
        ("UK", None),
        ("ZZ", None),
        ("001", None),
        ("V1", None),
        ("é", None),
        ("", None),
    ] {
        assert_eq!(region(code), want, "{code:?}");
    }
}

#[test]
fn a_number_is_written_as_the_vendor_wants_it() {
    use WireFormat::{AsIs, Digits, E164, National};
    for (number, format, want) in [
        ("+84987654321", Digits, "84987654321"),
        ("+84987654321", E164, "+84987654321"),
        ("+84987654321", National, "0987654321"),
        ("+8613000000000", National, "13000000000"),
        ("+861012345678", National, "01012345678"),
        ("+14155552671", National, "4155552671"),
        ("+390669812345", National, "0669812345"),
        ("+84987654321", AsIs, "+84987654321"),
    ] {
        assert_eq!(Phone::e164(number).wire(format), want, "{number} as {format:?}");
    }
    for format in [Digits, E164, National, AsIs] {
        assert_eq!(Phone::opaque("+aGVsbG8=").wire(format), "+aGVsbG8=", "{format:?}");
    }
}

#[test]
fn a_phone_masks_itself() {
    for (phone, want) in [
        (Phone::e164("+84987654321"), "+84****321"),
        (Phone::e164("+14155552671"), "+1****671"),
        (Phone::e164("+79161234567"), "+7****567"),
        (Phone::e164("+8801712345678"), "+880****678"),
        (Phone::e164("+390669812345"), "+39****345"),
        (Phone::e164("+6591234567"), "+65****567"),
        (Phone::e164("+29022158"), "+290****"),
        (Phone::e164("+84"), "+84****"),
        (Phone::e164("+"), "****"),
        (Phone::e164("0987654321"), "09****"),
        (Phone::opaque("aGVsbG8gd29ybGQ"), "aG****"),
        (Phone::opaque("密文密文密文密文"), "密文****"),
        (Phone::opaque("short"), "****"),
        (Phone::opaque(""), "****"),
    ] {
        assert_eq!(format!("{phone}"), want);
        assert_eq!(format!("{phone:?}"), want);
    }
}

/// What warehouses hold: digits with something around and between them, and anything at all.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        r"[+0]{0,2}[1-9][0-9]{4,14}",
        r"[+(0]{0,2}[0-9]{1,4}[ .\-)]{1,2}[0-9]{2,4}[ .\-]?[0-9]{2,5}",
        r"[+]?[0-9]{7,13}[.,][0-9]{1,3}",
        r"[0-9][.,]?[0-9]{0,11}[eE][+-]?[0-9]{1,3}",
        r"[0-9]{6,11}[ ;,/|x\n\-#*]{1,3}[0-9]{1,11}",
        r"[\PC\p{Nd}\p{Zs}\p{Cf}\p{Pd}]{0,40}",
    ]
}

fn regions() -> impl Strategy<Value = Option<Region>> {
    let mut all: Vec<_> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    all.sort();
    proptest::option::of(proptest::sample::select(all))
}

fn lenient() -> PhoneRules {
    rules("", "vn_old=convert multi=first_valid extension=drop")
}

/// A number that exists, in the ways in which its country writes it, and its country.
fn written_numbers() -> impl Strategy<Value = (String, Phone, Region)> {
    use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType};
    let formats = [
        PhoneNumberFormat::E164,
        PhoneNumberFormat::International,
        PhoneNumberFormat::National,
        PhoneNumberFormat::RFC3966,
    ];
    let regions = PHONE_NUMBER_UTIL.get_supported_regions().collect::<std::collections::BTreeSet<_>>();
    let mut all = Vec::new();
    for region in regions {
        let Ok(number) =
            PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, PhoneNumberType::Mobile)
        else {
            continue;
        };
        let phone = Phone::e164(&number.format_as(PhoneNumberFormat::E164));
        all.extend(formats.map(|format| (number.format_as(format).to_string(), phone.clone(), region)));
    }
    all.retain(|(written, phone, region)| {
        PhoneRules::default().normalise(PhoneInput::Text(written), Some(*region)).as_ref() == Ok(phone)
    });
    assert!(all.len() > 600, "{}", all.len());
    proptest::sample::select(all)
}

fn label() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "SĐT",
        "số điện thoại",
        "so dt",
        "Zalo",
        "ZALO/Viber",
        "Tel",
        "Phone number",
        "mobile",
        "WhatsApp",
        "手机",
        "微信",
        "座机",
        "📞",
        "di động",
        "",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_around_a_number_does_not_change_whom_it_means(
        (written, phone, region) in written_numbers(), before in label(), after in label(),
        colon in proptest::sample::select(vec![":", " ", ": ", " - ", "：", ". ", ";", " (", "\u{a0}"]),
        bracket in proptest::sample::select(vec![" ", " (", "（", " - ", ", "]),
    ) {
        let before = if before.is_empty() { String::new() } else { format!("{before}{colon}") };
        let after = if after.is_empty() { String::new() } else { format!("{bracket}{after})") };
        let text = format!("{before}{written}{after}");
        let read = PhoneRules::default().normalise(PhoneInput::Text(&text), Some(region));
        prop_assert_eq!(read.as_ref().map(Phone::expose), Ok(phone.expose()), "{} in {:?}", text, region);
    }

    #[test]
    fn a_text_without_labels_stays_as_it_is(text in values(), name in "[A-Z][a-zà-öø-žạ-ỹ]{3,7}") {
        if !text.contains(char::is_alphabetic) {
            prop_assert_eq!(labels::take_off(&text), text.as_str());
            // A name is no label, whatever else is one.
            for named in [format!("{name}: {text}"), format!("SĐT {name}: {text}"), format!("{text} ({name}, Zalo)")] {
                if text.contains(|c: char| c.is_ascii_digit()) && !["Phone", "Mobile", "Zalo", "Viber"].contains(&name.as_str()) {
                    prop_assert_eq!(labels::take_off(&named), named.as_str());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_is_e164_and_stays_so_in_every_region(
        text in values(), region in regions(), other in regions(), lenient_rules in any::<bool>(),
    ) {
        let rules = if lenient_rules { lenient() } else { PhoneRules::default() };
        if let Ok(phone) = rules.normalise(PhoneInput::Text(&text), region) {
            let digits = phone.expose().strip_prefix('+').expect("E.164 begins with a plus");
            prop_assert!((7..=15).contains(&digits.len()), "{}", phone.expose());
            prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", phone.expose());
            prop_assert_eq!(rules.normalise(PhoneInput::Text(phone.expose()), other), Ok(phone));
        }
    }

    #[test]
    fn nothing_makes_it_panic(text in any::<String>(), raw in r"\PC{0,12}", region in regions(), as_is in any::<bool>()) {
        let rules = PhoneRules { as_is, ..lenient() };
        for input in [PhoneInput::Text(&text), PhoneInput::Number(&text), PhoneInput::Number(&raw)] {
            let shown = format!("{:?}", rules.normalise(input, region));
            prop_assert!(!shown.is_empty());
        }
    }

    #[test]
    fn a_shown_number_hides_all_but_its_code_and_its_end(number in r"\+[1-9][0-9]{0,14}") {
        let shown = Phone::e164(&number).to_string();
        let (code, end) = shown.split_once("****").expect("there are stars");
        prop_assert!(code.len() <= 4 && number.starts_with(code), "{}", shown);
        prop_assert!(end.len() <= 3 && number.ends_with(end), "{}", shown);
        prop_assert!(end.is_empty() || number.len() - code.len() >= 7, "{}", shown);
    }

    #[test]
    fn masked_words_hold_no_number(text in r"[a-z 0-9٠-٩+.,()\-]{0,40}") {
        let masked = mask_numbers(&text);
        let mut run = 0;
        for c in masked.replace("****", "x").chars() {
            run = if c.is_numeric() { run + 1 } else { 0 };
            prop_assert!(run < 6, "{} in {}", masked, text);
        }
    }
}

#[test]
fn a_number_is_found_in_a_text_however_it_is_written() {
    let phone = Phone::e164("+84987654321");
    for (text, want) in [
        ("84987654321", true),
        ("+84 987 654 321", true),
        ("cust-0987654321", true),
        ("0987654321@example.com", true),
        ("(098) 765-43-21", true),
        ("０９８７６５４３２１", true),
        ("۰۹۸۷۶۵۴۳۲۱", true),
        ("1-987654321-2", true),
        ("087654321", false),
        ("98765432", false),
        ("customer 17", false),
        ("", false),
    ] {
        assert_eq!(phone.occurs_in(text), want, "{text}");
    }
    assert!(!Phone::opaque("9").occurs_in("19") && !Phone::e164("+29025123").occurs_in("order 25123"));
    let encrypted = Phone::opaque("9f2c77aa");
    assert!(encrypted.occurs_in("key 9f2c77aa") && !encrypted.occurs_in("key 9f2c"));
}
