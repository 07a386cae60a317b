//! A number in every spelling that a formatter makes of it, in both vendors' words: nobody reads it in a log, and the
//! person whom it names is found.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::VendorConfig;
use super::api::{Reply, Verdict};
use crate::domain::batch::Batch;
use crate::domain::contact::{Campaign, Contact};
use crate::domain::outcome::Outcome;
use crate::phone::Phone;

/// +84 910 000 007.
const SPELLINGS: [&str; 46] = [
    "84910000007",
    "+84910000007",
    "84,910,000,007",
    "84_910_000_007",
    "84'910'000'007",
    "84’910’000’007",
    "84·910·000·007",
    "84.910.000.007",
    "84 910 000 007",
    "84\u{a0}910\u{a0}000\u{a0}007",
    "84\u{202f}910\u{202f}000\u{202f}007",
    "84–910–000–007",
    "84‑910‑000‑007",
    "84 – 910 – 000 – 007",
    "84 / 910 / 000 / 007",
    "84|910|000|007",
    "84:910:000:007",
    "84~910~000~007",
    "84+910+000+007",
    "84\n910\r\n000\t007",
    "8-4-9-1-0-0-0-0-0-0-7",
    "[84][910][000][007]",
    "(+84) 910-000-007",
    "+84 (0) 910 000 007",
    "+84(0)910000007",
    "0084 910 000 007",
    "0910.000.007",
    "910 000 007",
    "84910000007.0",
    "8.4910000007E+10",
    "%2B84910000007",
    "84%20910%20000%20007",
    "%38%34%39%31%30%30%30%30%30%30%37",
    "84&nbsp;910&nbsp;000&nbsp;007",
    "84&#8239;910&#x202f;000&#8239;007",
    "84\\u00a0910\\u00a0000\\u00a0007",
    "\\u0038\\u0034910000007",
    "84<b>910</b>000<br/>007",
    "８４９１００００００７",
    "＋８４（０）９１０－０００－００７",
    "٨٤٩١٠٠٠٠٠٠٧",
    "8\u{fe0f}\u{20e3}4\u{fe0f}\u{20e3}9\u{fe0f}\u{20e3}10000007",
    "8\u{200b}4\u{200b}9\u{200b}1\u{200b}0\u{200b}0\u{200b}0\u{200b}0\u{200b}0\u{200b}0\u{200b}7",
    "\u{202a}84910000007\u{202c}",
    r#"{"code":"84","number":"910000007"}"#,
    r#"{"a": "84910", "b": "000007"}"#,
];

fn vendor(config: Value) -> impl Fn(&Batch, Value) -> Verdict {
    let vendor = serde_json::from_value::<VendorConfig>(config).unwrap().build();
    move |batch: &Batch, body: Value| {
        vendor.interpret(batch, &Reply { status: 200, body: body.to_string().into(), ..Reply::default() })
    }
}

fn itnio() -> impl Fn(&Batch, Value) -> Verdict {
    vendor(
        json!({ "vendor_type": "itnio", "api_key": "key", "api_secret": "secret", "app_id": "A", "job_id": 9 }),
    )
}

fn vbee() -> impl Fn(&Batch, Value) -> Verdict {
    vendor(json!({
        "vendor_type": "vbee", "campaign_id": "c",
        "credentials": { "auth_type": "api_key", "api_key": "demo-key", "api_secret": "demo-secret" },
    }))
}

fn batch(numbers: &[&str]) -> Batch<'static> {
    let contacts: Vec<_> = numbers.iter().map(|number| Contact::new(Phone::e164(number))).collect();
    Batch::new(Campaign::new("9"), contacts.leak().iter().collect(), false)
}

fn names(verdict: &Verdict) -> Vec<&'static str> {
    let Verdict::Settled(outcomes) = verdict else { return vec!["not settled"] };
    outcomes.iter().map(Outcome::name).collect()
}

/// Whether the digits of a number can be read in a text, whatever stands between them.
fn holds(text: &str, number: &str) -> bool {
    let shown: String = text.chars().filter_map(|c| char::from_digit(c.to_digit(10)?, 10)).collect();
    shown.contains(number)
}

#[test]
fn a_spelled_number_is_masked_in_every_text() {
    let batch = batch(&["+84987654321", "+84910000007"]);
    for spelled in SPELLINGS {
        for (name, verdict) in [
            (
                "itnio's reason",
                itnio()(&batch, json!({ "status": "-32", "reason": format!("no job for {spelled}") })),
            ),
            (
                "itnio's line",
                itnio()(&batch, json!({ "status": "0", "data": [format!("{spelled} is blocked")] })),
            ),
            ("itnio's map", itnio()(&batch, json!({ "status": "0", "data": { spelled: "blocked" } }))),
            ("Vbee's message", vbee()(&batch, json!({ "status": 0, "code": 1201, "message": spelled }))),
            (
                "Vbee's refusal",
                vbee()(&batch, json!({ "status": 0, "code": 1403, "message": format!("x{spelled}") })),
            ),
        ] {
            let text = format!("{verdict:?}");
            assert!(!holds(&text, "910000007"), "{name}: {spelled} in {text}");
        }
    }
}

#[test]
fn a_spelled_number_names_its_person() {
    let batch = batch(&["+84987654321", "+84910000007"]);
    for spelled in SPELLINGS {
        for (name, data) in [
            ("behind a label", json!([format!("The customer is blocked,Phone Number:{spelled}")])),
            ("in front", json!([format!("{spelled}: the customer is blocked")])),
            ("in the middle", json!([format!("the customer {spelled} is blocked")])),
            ("in its place", json!([{ "phoneNumber": spelled, "reason": "blocked" }])),
            ("as a key", json!({ spelled: "blocked" })),
        ] {
            let verdict = itnio()(&batch, json!({ "status": "0", "data": data }));
            assert_eq!(names(&verdict), ["accepted", "rejected"], "itnio, {name}: {spelled}");
        }
        let added = json!([{ "contact_id": "a", "so_dien_thoai": spelled }]);
        let verdict = vbee()(&batch, json!({ "status": 1, "result": added }));
        let is_a_number = !spelled.contains(['{', 'E']) && spelled != "84910000007.0";
        let want = if is_a_number { vec!["rejected", "accepted"] } else { vec!["not settled"] };
        assert_eq!(names(&verdict), want, "Vbee: {spelled}");
    }
}

#[test]
fn several_numbers_in_one_place_name_each_of_theirs() {
    let batch = batch(&["+84987654321", "+84910000007", "+84912345678"]);
    for (data, want) in [
        (json!(["blocked,Phone Number:84987654321, 84910000007"]), ["rejected", "rejected", "accepted"]),
        (json!(["blocked,Phone Number:84987654321/84,910,000,007"]), ["rejected", "rejected", "accepted"]),
        (
            json!([{ "areaCode": "84", "phone1": "849100", "phone2": "00007", "msg": "x" }]),
            ["accepted", "rejected", "accepted"],
        ),
        (json!([{ "customer": "84,910,000,007", "msg": "x" }]), ["accepted", "rejected", "accepted"]),
        (json!([{ "code": "84", "rest": "910000007", "msg": "x" }]), ["accepted", "rejected", "accepted"]),
        (json!([{ "phone": "84", "rest": "910000007", "msg": "x" }]), ["accepted", "rejected", "accepted"]),
        // A stranger is named: what stands beside is not about him.
        (json!([{ "phone": "84900000000", "like": "84910000007", "msg": "x" }]), ["unknown"; 3]),
        (json!({ "84910000007": { "reason": "blocked" } }), ["accepted", "rejected", "accepted"]),
        (json!({ "84910000007": [] }), ["accepted", "rejected", "accepted"]),
        (json!(["on 2026-11-22 10:33:12 84,910,000,007 was blocked"]), ["accepted", "rejected", "accepted"]),
        // Two in one sentence are none.
        (json!(["84987654321 or 0910 000 007 is blocked"]), ["unknown", "unknown", "unknown"]),
        (json!(["1484987654321 is blocked"]), ["unknown", "unknown", "unknown"]),
    ] {
        let verdict = itnio()(&batch, json!({ "status": "0", "data": data.clone() }));
        assert_eq!(names(&verdict), want, "{data}");
    }
}

#[test]
fn an_entry_that_says_nothing_is_an_entry() {
    let batch = batch(&["+84987654321", "+84910000007"]);
    for data in [
        json!([{}]),
        json!([[]]),
        json!([null]),
        json!([""]),
        json!([0]),
        json!([false]),
        json!([{ "x": null }]),
        json!([{ "x": [] }]),
        json!([{ "phone": null, "reason": null }]),
        json!([[[]]]),
        json!([[{}]]),
        json!({ "failed": [{}] }),
        json!({ "failed": [[]] }),
        json!("[{}]"),
        json!("[[]]"),
    ] {
        let verdict = itnio()(&batch, json!({ "status": "0", "data": data.clone() }));
        assert_eq!(names(&verdict), ["unknown", "unknown"], "itnio: {data}");
        let verdict = itnio()(&batch, json!({ "status": "-35", "data": data.clone() }));
        assert!(matches!(verdict, Verdict::Split { .. }), "itnio, refused: {data}");
    }
    for data in [json!([]), json!({}), json!(null), json!(""), json!("[]"), json!({ "failed": [], "x": {} })]
    {
        let verdict = itnio()(&batch, json!({ "status": "0", "data": data.clone() }));
        assert_eq!(names(&verdict), ["accepted", "accepted"], "nobody is refused: {data}");
    }
    let known = json!({ "contact_id": "a", "so_dien_thoai": "+84987654321" });
    for odd in [
        json!({}),
        json!([]),
        json!(null),
        json!(""),
        json!(0),
        json!({ "so_dien_thoai": {} }),
        json!([known]),
    ] {
        let verdict = vbee()(&batch, json!({ "status": 1, "result": [odd.clone()] }));
        assert!(matches!(verdict, Verdict::Unclear { .. }), "Vbee: {odd}");
        let verdict = vbee()(&batch, json!({ "status": 1, "result": [known, odd.clone()] }));
        assert_eq!(names(&verdict), ["accepted", "unknown"], "Vbee, beside one that is known: {odd}");
    }
    for odd in
        [json!({}), known.clone(), json!(known.to_string()), json!("[]"), json!(1), json!(true), json!(null)]
    {
        let verdict = vbee()(&batch, json!({ "status": 1, "result": odd.clone() }));
        assert!(matches!(verdict, Verdict::Unclear { .. }), "Vbee, not a list: {odd}");
    }
}

/// A number in groups, with the same sign between all, in one of the alphabets.
fn spelled() -> impl Strategy<Value = (String, String)> {
    let signs = [
        "",
        " ",
        ",",
        ".",
        "'",
        "_",
        "-",
        "·",
        "–",
        " - ",
        " / ",
        "%20",
        "%2E",
        "&nbsp;",
        "&#8201;",
        "\\u2009",
        "\u{200b}",
        "\u{2060}\u{200d}\u{200b}\u{feff}",
        "\u{a0}",
        ")(",
        "\",\"",
        "\r\n",
        "  \t ",
        "<br>",
        "٬",
        "、",
    ];
    let before = ["", "+", "00", "%2B", "＋", "(+", "tel:", "số "];
    (
        "[1-9][0-9]{9,14}",
        proptest::collection::vec(1..5_usize, 15),
        proptest::sample::select(signs.to_vec()),
        proptest::sample::select(before.to_vec()),
        proptest::sample::select(vec![0x30_u32, 0xFF10, 0x660, 0x966, 0x1D7CE]),
    )
        .prop_map(|(digits, groups, sign, before, zero)| {
            let (mut spelled, mut rest) = (before.to_owned(), digits.as_str());
            for n_digits in groups {
                let (group, after) = rest.split_at(n_digits.min(rest.len()));
                spelled
                    .extend(group.bytes().filter_map(|byte| char::from_u32(zero + u32::from(byte - b'0'))));
                if after.is_empty() {
                    break;
                }
                spelled.push_str(sign);
                rest = after;
            }
            (digits, spelled)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_spelling_of_a_number_survives_and_each_names_its_person(
        (digits, spelled) in spelled(), words in "[a-zà-ỹ客户]{0,8}",
    ) {
        let batch = batch(&["+84987654321", &format!("+{digits}")]);
        let line = format!("{words} {spelled} {words}");
        let verdict = itnio()(&batch, json!({ "status": "0", "data": [line.clone()] }));
        prop_assert_eq!(names(&verdict), ["accepted", "rejected"], "{}", &line);
        let refused = vbee()(&batch, json!({ "status": 0, "code": 1201, "message": line.clone() }));
        // The digits of the code, of the campaign and of the mask, read in one row, are nobody's number.
        let own = format!("12019{}", &digits[digits.len() - 3..]);
        prop_assume!(!own.contains(&digits[digits.len() - 7..]));
        for text in [format!("{verdict:?}"), format!("{refused:?}")] {
            prop_assert!(!holds(&text, &digits[digits.len() - 7..]), "{} in {}", &line, text);
        }
    }
}
