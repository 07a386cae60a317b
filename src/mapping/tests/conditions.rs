use super::*;

fn judged(only_when: &str, members: &str) -> String {
    let config = people(&json!({ "only_when": only_when }), &json!([]));
    let mapping = compiled(&config, &with_fields(), &shape("people", UNKNOWN));
    shown(&map(&mapping, &format!(r#"{{"phone":"+84987654321"{members}}}"#)))
}

const CALLED: &str = "9 +84987654321";

#[test]
fn only_true_lets_a_record_pass() {
    let no = "suppressed only_when -";
    let unfit = |what: &str| {
        format!(
            "suppressed only_when only_when gave {what}, not true or false; \
             write a comparison such as record.consent == 'yes'"
        )
    };
    let failed = "invalid template_failed only_when: invalid operation (line 1)".to_owned();
    for (only_when, members, want) in [
        ("record.consent == 'yes'", r#","consent":"yes""#, CALLED.to_owned()),
        ("record.consent == 'yes'", r#","consent":"Yes""#, no.to_owned()),
        ("record.consent == 'yes'", "", no.to_owned()),
        ("record.consent", r#","consent":true"#, CALLED.to_owned()),
        ("record.consent", r#","consent":"yes""#, unfit("text")),
        ("record.consent", r#","consent":1"#, unfit("a number")),
        ("record.consent", r#","consent":[true]"#, unfit("a list or an object")),
        ("record.consent", r#","consent":null"#, unfit("nothing")),
        ("record.consent", "", unfit("nothing")),
        ("record.a.b == 1", r#","a":{"b":1.0}"#, CALLED.to_owned()),
        ("record['a b'] == 1", r#","a b":1"#, CALLED.to_owned()),
        ("record.a + 1 == 2", r#","a":"x""#, failed),
        ("stream == 'people' and sync_id == '77'", "", CALLED.to_owned()),
    ] {
        assert_eq!(judged(only_when, members), want, "{only_when} of {members}");
    }
}

#[test]
fn ordering_compares_like_with_like_or_nothing() {
    let missing = format!("suppressed only_when {}", super::super::order::NOTHING);
    let different = format!("suppressed only_when {}", super::super::order::DIFFERENT);
    for (only_when, members, want) in [
        ("record.days < 30", r#","days":7"#, CALLED),
        ("record.days < 30", r#","days":30.5"#, "suppressed only_when -"),
        ("record.days < 30", "", &missing),
        ("record.days < 30", r#","days":null"#, &missing),
        ("record.amount > 100", r#","amount":"7""#, &different),
        ("record.amount|float > 100", r#","amount":"700.5""#, CALLED),
        ("100 < record.amount", r#","amount":"7""#, &different),
        ("record.amount > -1", r#","amount":"7""#, &different),
        ("record.a < record.b", r#","a":1,"b":2"#, CALLED),
        ("record.a < record.b", r#","a":1"#, &missing),
        ("record.a > record.b", r#","a":1"#, &missing),
        ("record.due < now", r#","due":"2026-01-01""#, CALLED),
        ("record.due < now", r#","due":20260101"#, &different),
        ("record.days is none or record.days < 30", r#","days":null"#, CALLED),
        ("record.days is undefined or record.days < 30", "", CALLED),
        ("record['days'] < 30", "", &missing),
    ] {
        assert_eq!(judged(only_when, members), want, "{only_when} of {members}");
    }
}
