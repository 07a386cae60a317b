use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// What is never spoken unless somebody is called so.
const NEVER: [&str; 8] = ["None", "null", "nan", "NaN", "inf", "undefined", "[]", "{}"];

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just(r#""""#.to_owned()),
        Just(r#"" ""#.to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?",
        "\"[A-Z0-9 .,'đÁỄ\u{301}-]{0,12}\"",
        Just(r#""2026-03-05T10:00:00Z""#.to_owned()),
        Just(r#""\u0000\ud800""#.to_owned()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(("[a-c]", inner), 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// An expression of columns, operators and chains of filters.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec!["record.a", "record.b", "record.c.a", "record['c']", "now", "'X'", "2", "0.5", "true"]),
        Just("[record.a, record.b]"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let filter = select(vec![
            "upper",
            "lower",
            "title",
            "capitalize",
            "trim",
            "string",
            "first",
            "last",
            "length",
            "reverse",
            "sort",
            "unique",
            "min",
            "max",
            "sum",
            "join(', ')",
            "split",
            "split('A')",
            "round",
            "round(2)",
            "abs",
            "int",
            "float",
            "thousands",
            "thousands(',')",
            "date",
            "date('%d')",
            "truncate(5)",
            "replace('A', 'B')",
            "replace('A', record.b)",
            "default('Z')",
            "default(record.b)",
            "list",
            "items",
            "map(attribute='a')",
        ]);
        let operator =
            select(vec!["~", "+", "-", "*", "/", "//", "%", "**", "==", "<", "in", "and", "or", "!="]);
        let context = select(vec![
            "({})[:2]",
            "({})[-1]",
            "({}).a",
            "not ({})",
            "-({})",
            "[{}]",
            "'%s' | format({})",
            "({}) if record.a else 'Y'",
            "({}) if record.b",
            "({}) is defined",
        ]);
        prop_oneof![
            4 => (inner.clone(), filter).prop_map(|(of, filter)| format!("({of}) | {filter}")),
            2 => (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            1 => (inner, context).prop_map(|(of, context)| context.replace("{}", &of)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn nothing_is_never_spoken_whatever_is_made_of_it(
        expressions in proptest::collection::vec(expression(), 1..3),
        a in value(), b in value(), c in value(),
    ) {
        let emitted: Vec<_> = expressions.iter().map(|expression| format!("{{{{ {expression} }}}}")).collect();
        let record = format!(r#"{{"a":{a},"b":{b},"c":{c}}}"#);
        for template in [emitted.join(" "), format!("Anh {}", emitted.join(" "))] {
            let said = said(&template, &record);
            if said.starts_with("mistake: ") || said.starts_with("refused: ") {
                continue;
            }
            prop_assert!(said.len() <= 64 * 1024);
            for never in NEVER {
                prop_assert!(!said.contains(never), "{template} of {record} says {said}");
            }
            prop_assert!(template.starts_with('{') || said == "-" || said.len() > "Anh ".len() || template.contains(" if record.b"), "{template} of {record} says {said}");
        }
    }
}
