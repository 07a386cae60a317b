use proptest::prelude::*;

use super::*;

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        Just(r#""\ud800""#.to_owned()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            members(inner),
        ]
    })
}

/// An object with names that the mappings want, and others; some come twice.
fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![
        proptest::sample::select(vec![
            "phone",
            "phone_number",
            "name",
            "gender",
            "a",
            "a.b",
            "b",
            "_ab_cdc_deleted_at",
            r"\ud800",
        ])
        .prop_map(str::to_owned),
        "[a-z_\u{302}é]{0,3}",
    ];
    let member = (name, value).prop_map(|(name, value)| format!(r#""{name}": {value}"#));
    proptest::collection::vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(",")))
}

fn mappings() -> Vec<Mapping> {
    let configured = people(
        &json!({ "campaign": "{{ record.a }}", "only_when": "NOT b OR b > \"a.b\" OR a.b IS NULL" }),
        &json!([
            { "field": "name", "template": "{{ record.a.b }} {{ record.b[:2] }} {{ record.a ~ record.b }}" },
            { "field": "gender", "column": "gender" },
            { "field": "x", "column": "a.b", "required": true },
            { "field": "y", "template": "{{ record.a }}-{{ record.b.a }}" },
        ]),
    );
    let identity = config(&json!([]), &json!({}));
    let stream = shape("people", UNKNOWN);
    vec![
        compiled(&configured, &with_fields(), &stream),
        compiled(&identity, &with_fields(), &stream),
        compiled(&identity, &bare(), &stream),
    ]
}

proptest! {
    #[test]
    fn any_object_becomes_one_contact_or_one_refusal(data in members(json())) {
        for mapping in mappings() {
            match map(&mapping, &data) {
                Mapped::Contact { contact, .. } => {
                    let mut names: Vec<_> = contact.variables.iter().map(|(name, _)| name.to_owned()).collect();
                    prop_assert!(contact.variables.iter().all(|(_, value)| !value.trim().is_empty()));
                    let all = names.len();
                    names.sort_unstable();
                    names.dedup();
                    prop_assert_eq!(names.len(), all, "a variable came twice");
                }
                Mapped::Refused { outcome: Outcome::Suppressed(..) | Outcome::Invalid(..), .. } => {}
                Mapped::Refused { outcome, .. } => prop_assert!(false, "{:?} is not the mapping's to say", outcome),
                Mapped::Listed { .. } => prop_assert!(false, "nobody fills a list"),
            }
        }
    }
}
